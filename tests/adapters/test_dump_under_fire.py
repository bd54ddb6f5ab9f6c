"""Backup and restore are killed at any moment: all or nothing is there, and no child goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from migdocs.adapters.database.dump import folder as folders
from migdocs.commands.apply import apply
from migdocs.commands.backup import backup, offered, restore
from migdocs.commands.status import history, status
from migdocs.commands.target import Target
from migdocs.core.model import Migration, Script

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 3000
BOOKS = Migration(
    "1",
    Script(
        "1.sql",
        f"create table book as select n, 'title ' || n as title from generate_series(1, {ROWS}) n;",
    ),
)
LOSS = Migration("2", Script("2.sql", "alter table book drop title; create table page ();"))
MIGRATIONS = [BOOKS, LOSS]
MOMENTS, GROUPS = 40, 4


def value(url: str, query: str) -> Any:
    """Give the one value that a query finds."""
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def killed(moment: float, work: Callable[[], object]) -> float:
    """Begin in a process of its own, kill it after some seconds; give how long it ran."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            work()
            os._exit(0)
        os._exit(1)
    ended, status = 0, 0
    while not ended and time.monotonic() - start < moment:
        time.sleep(0.001)
        ended, status = os.waitpid(child, os.WNOHANG)
    if not ended:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert status == 0
    return time.monotonic() - start


def children(folder: Path) -> list[str]:
    """Name the programs that still work in a folder."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and int(place.name) != os.getpid():
            try:
                line = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if f"{folder}/" in line and ("pg_" in line or "psql" in line):
                found.append(line)
    return found


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


def alone(url: str, folder: Path) -> bool:
    """Tell whether no program and no session of the killed run is left."""
    query = "select count(*) from pg_stat_activity where datname = current_database()"
    return not children(folder) and value(url, f"{query} and pid <> pg_backend_pid()") == 0


def moments(whole: float, group: int) -> list[float]:
    """Give a group's moments, spread over a whole run and a little more."""
    return [whole * 1.1 * number / MOMENTS for number in range(group, MOMENTS, GROUPS)]


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_backup_that_is_killed_is_whole_or_not_there(
    database: str, tmp_path: Path, group: int
) -> None:
    """What has a dump's name can be restored; the next run sweeps what is left of others."""
    target = Target(database)
    apply([BOOKS], target)
    work = partial(backup, target, tmp_path, 7)
    whole = killed(60, work)
    for moment in moments(whole, group):
        killed(moment, work)
        wait_for(lambda: alone(database, tmp_path))
        for item in folders.backups(tmp_path):
            assert item.label
            subprocess.run(["pg_restore", "--list", item.path], check=True, capture_output=True)
        assert value(database, "select count(title) from book") == ROWS
    backup(target, tmp_path, 7)
    names = {path.name for path in tmp_path.iterdir()}
    assert not {name for name in names if name.endswith(".partial")}
    assert offered(target, tmp_path)


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_restore_that_is_killed_did_all_or_nothing(
    database: str, tmp_path: Path, group: int
) -> None:
    """Table, rows and ledger are all before or all after; 'status' says which, no line is lost."""
    target = Target(database)
    apply([BOOKS], target)
    made = backup(target, tmp_path, 7).backup.path
    work = partial(restore, target, made, tmp_path)
    apply(MIGRATIONS, target)
    whole = killed(60, work)
    for moment in moments(whole, group):
        if status(MIGRATIONS, target).state.applied == ("1",):
            apply(MIGRATIONS, target)
        before = history(target)
        killed(moment, work)
        wait_for(lambda: alone(database, tmp_path))
        applied = status(MIGRATIONS, target).state.applied
        page = value(database, "select to_regclass('page')::text")
        assert (applied, page) in ((("1", "2"), "page"), (("1",), None))
        if applied == ("1",):
            assert value(database, "select count(title) from book") == ROWS
        now = history(target)
        assert now[: len(before)] == before
        added = [event.action for event in now[len(before) :]]
        assert added == ([] if applied == ("1", "2") else ["restore", "repair"])
    backup(target, tmp_path, 7)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
