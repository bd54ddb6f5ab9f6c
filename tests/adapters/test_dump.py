"""A backup is complete or absent, and a restore brings back all of it, or nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from migdocs.adapters import dump, sandbox
from migdocs.adapters.sandbox import programs
from migdocs.commands.apply import apply
from migdocs.commands.backup import backup, newest, restore
from migdocs.commands.rollback import rollback
from migdocs.commands.status import history, status
from migdocs.commands.target import Target
from migdocs.core.errors import DatabaseError, MachineError, UsageError
from migdocs.core.model import Migration, Script

if TYPE_CHECKING:
    from pathlib import Path

BOOKS = Migration(
    "1",
    Script("1.sql", "create table book (title text); insert into book values ('Ulysses');"),
    Script("1_rollback.sql", "drop table book;"),
)
LOSS = Migration(
    "2",
    Script("2.sql", "alter table book drop title; create table page (); create type t as enum ();"),
    Script("2_rollback.sql", "alter table book add title text; drop table page; drop type t;"),
)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """Give what a query finds."""
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_a_backup_can_be_read_and_only_by_us(database: str, tmp_path: Path) -> None:
    """It has a name that says what it is of and when it was made."""
    apply([BOOKS], Target(database))
    made = backup(Target(database), tmp_path / "backups", 7).backup
    assert made.path.name == f"{made.database}-{made.at}.dump"
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in made.path.parent.iterdir()} == {made.path.name, ".gitignore"}
    assert newest(tmp_path / "backups") == made.path


def test_a_restore_brings_back_what_a_rollback_cannot(database: str, tmp_path: Path) -> None:
    """Rows that a migration dropped are there again; what it made is gone."""
    apply([BOOKS], Target(database))
    made = backup(Target(database), tmp_path, 7).backup
    apply([BOOKS, LOSS], Target(database))
    done = restore(Target(database), made.path, tmp_path)
    assert rows(database, "select title from book") == [("Ulysses",)]
    assert rows(database, "select to_regclass('page'), to_regtype('t')") == [(None, None)]
    assert done.before.path.exists()
    assert done.before.path != made.path


def test_a_restore_loses_no_line_of_the_ledger(database: str, tmp_path: Path) -> None:
    """What ran after the backup stays in it, and that it no longer holds."""
    apply([BOOKS], Target(database))
    made = backup(Target(database), tmp_path, 7).backup
    apply([BOOKS, LOSS], Target(database))
    before = history(Target(database))
    restore(Target(database), made.path, tmp_path)
    after = history(Target(database))
    assert after[: len(before)] == before
    (last,) = after[len(before) :]
    assert (last.migration, last.action) == ("2", "repair")
    assert last.reason == f"restored from {made.path.name}"
    found = status([BOOKS, LOSS], Target(database)).state
    assert (found.applied, found.pending) == (("1",), ("2",))


def test_a_restore_of_a_time_before_the_ledger_keeps_it(database: str, tmp_path: Path) -> None:
    """The first backup is older than the first migration."""
    made = backup(Target(database), tmp_path, 7).backup
    apply([BOOKS], Target(database))
    restore(Target(database), made.path, tmp_path)
    assert status([BOOKS], Target(database)).state.pending == ("1",)
    assert [event.action for event in history(Target(database))] == ["apply", "repair"]


def test_a_restore_after_a_rollback_says_applied_again(database: str, tmp_path: Path) -> None:
    """The ledger follows the database both ways."""
    apply([BOOKS], Target(database))
    made = backup(Target(database), tmp_path, 7).backup
    rollback([BOOKS], Target(database))
    restore(Target(database), made.path, tmp_path)
    assert status([BOOKS], Target(database)).state.applied == ("1",)
    assert rows(database, "select title from book") == [("Ulysses",)]


def test_a_restore_that_fails_leaves_the_database_as_it_is(database: str, tmp_path: Path) -> None:
    """All of it is one transaction; an open one of the application stands in the way."""
    apply([BOOKS], Target(database))
    made = backup(Target(database), tmp_path, 7).backup
    apply([BOOKS, LOSS], Target(database))
    limited = f"{database}&options=-c%20lock_timeout%3D200ms"
    with psycopg.connect(database) as application:
        application.execute("select from page")
        with pytest.raises(DatabaseError, match="lock timeout"):
            restore(Target(limited), made.path, tmp_path)
    assert rows(database, "select to_regclass('page')::text") == [("page",)]
    assert status([BOOKS, LOSS], Target(database)).state.applied == ("1", "2")


def test_objects_of_every_kind_are_replaced(database: str, tmp_path: Path) -> None:
    """Schemas, views, functions, domains, sequences and partitions that came later are gone."""
    made = backup(Target(database), tmp_path, 7).backup
    with psycopg.connect(database) as connection:
        connection.execute(
            """
            create schema other; create table other.t ();
            create table parted (id int) partition by list (id);
            create table part partition of parted default;
            create view seen as select * from parted; create materialized view kept as select 1;
            create domain short as text; create sequence counted; create type pair as (a int);
            create function f(short) returns int language sql as 'select 1';
            create aggregate total (int) (sfunc = int4pl, stype = int);
            """
        )
    restore(Target(database), made.path, tmp_path)
    tables = "select tablename from pg_tables where schemaname = 'public'"
    assert rows(database, tables) == [("migdocs_ledger",)]
    assert rows(database, "select to_regnamespace('other'), to_regtype('short')") == [(None, None)]
    left = "select proname from pg_proc where pronamespace = 'public'::regnamespace"
    assert rows(database, left) == []


def test_half_a_dump_is_no_backup(database: str, tmp_path: Path) -> None:
    """A file that breaks off is refused before anything is touched."""
    apply([BOOKS], Target(database))
    made = backup(Target(database), tmp_path, 7).backup
    half = tmp_path / "half.dump"
    half.write_bytes(made.path.read_bytes()[:600])
    with pytest.raises(MachineError, match=r"half\.dump: is no complete dump"):
        restore(Target(database), half, tmp_path)
    assert status([BOOKS], Target(database)).state.applied == ("1",)


def test_a_dump_that_is_not_there_is_named_as_such(database: str, tmp_path: Path) -> None:
    """Before anything is done: no backup either."""
    with pytest.raises(MachineError, match=r"nope\.dump: there is no such file"):
        restore(Target(database), tmp_path / "nope.dump", tmp_path)
    assert not list(tmp_path.iterdir())


def test_old_backups_go_and_the_newest_never_does(database: str, tmp_path: Path) -> None:
    """Other databases' and other files are not ours to remove."""
    made = backup(Target(database), tmp_path, 7).backup
    old = (datetime.now(UTC) - timedelta(days=8)).strftime(dump.STAMP)
    stale = tmp_path / f"{made.database}-{old}.dump"
    others = [tmp_path / f"other-{old}.dump", tmp_path / "notes.txt"]
    for path in (stale, *others):
        path.write_text("x")
    assert backup(Target(database), tmp_path, 7).pruned == (stale,)
    assert all(path.exists() for path in (*others, made.path))
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / stale.name).write_text("x")
    assert dump.prune(alone, made.database, 7) == ()


def test_no_backup_to_restore_says_how_one_is_made(tmp_path: Path) -> None:
    """Also where the folder is not there."""
    with pytest.raises(UsageError, match="no backup") as caught:
        newest(tmp_path / "none")
    assert "migdocs backup" in caught.value.hint


def test_a_folder_that_cannot_be_written_to(database: str, tmp_path: Path) -> None:
    """Exit code 3, with the folder's path."""
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="no backup can be written here") as caught:
        backup(Target(database), tmp_path / "file" / "backups", 7)
    assert caught.value.exit_code == 3
    assert "backup_dir" in caught.value.hint


def test_a_disk_that_is_full_leaves_nothing(database: str, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk."""
    apply([BOOKS], Target(database))
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from migdocs.commands.backup import backup; from migdocs.commands.target import Target\n"
        "from migdocs.core.errors import MachineError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))\n"
        "try: backup(Target(sys.argv[1]), Path(sys.argv[2]), 7)\n"
        "except MachineError as error: print(error)\n"
    )
    command = [sys.executable, "-c", code, database, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "pg_dump" in said
    assert list(tmp_path.iterdir()) == []


def test_an_older_pg_dump_is_refused_with_the_reason() -> None:
    """It would not know all that a newer server has."""
    with pytest.raises(MachineError, match=r"pg_dump \d+ is older than the server, PostgreSQL 99"):
        dump.find_tools(programs.folders(), 99)
    with pytest.raises(MachineError, match="no pg_dump here") as caught:
        dump.find_tools([], 15)
    assert "migdocs[embedded]" in caught.value.hint


def test_the_name_of_a_database_cannot_lead_out_of_the_folder(
    postgres: sandbox.Server, tmp_path: Path
) -> None:
    """A name is anything, also a path."""
    url = postgres.create_database("../..//x y")
    made = backup(Target(url), tmp_path / "in", 7).backup
    assert made.path.parent == tmp_path / "in"
    assert made.path.name.startswith("_.._x_y-") or made.path.name.startswith("_")
    assert os.listdir(tmp_path) == ["in"]  # noqa: PTH208 - what is there, hidden or not
