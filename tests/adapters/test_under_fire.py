"""What a runner meets in the night: rivals, kills, locks, lost servers. No script runs twice."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from migdocs.adapters import sandbox
from migdocs.commands import target as targets
from migdocs.commands.apply import apply
from migdocs.commands.repair import repair
from migdocs.commands.status import status
from migdocs.core.errors import DatabaseError, MigdocsError
from migdocs.core.ledger.gate import Owner
from migdocs.core.model import Migration, Script
from migdocs.core.settings import SessionOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from migdocs.core.event import Event

RUNNER = """
import sys
from migdocs.commands.apply import apply
from migdocs.commands.target import Target
from migdocs.core.errors import MigdocsError
from migdocs.core.ledger.gate import Owner
from migdocs.core.model import Migration, Script
from migdocs.core.settings import SessionOptions
migrations = [Migration(str(n), Script(f"{n}.sql", text)) for n, text in enumerate(sys.argv[2:])]
try:
    options, owner = SessionOptions(lock_timeout=0), lambda: Owner(take_over=True)
    apply(migrations, Target(sys.argv[1], options, notify=print, owner=owner))
except MigdocsError as error:
    print(error)
    sys.exit(error.exit_code)
"""
SLEEPS = "pg_sleep(30)"
# What is in the way is made before the first script runs: tables without a history.
Target = functools.partial(targets.Target, owner=lambda: Owner(take_over=True))


def migrations(*texts: str) -> list[Migration]:
    """Give migrations 0, 1, 2 … of some scripts' texts."""
    return [Migration(str(n), Script(f"{n}.sql", text)) for n, text in enumerate(texts)]


@contextlib.contextmanager
def runner(url: str, *texts: str) -> Iterator[subprocess.Popen[str]]:
    """Apply scripts in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", RUNNER, url, *texts], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def run(url: str, *statements: str) -> None:
    """Run statements, each on its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def value(url: str, query: str) -> Any:
    """Give the one value that a query finds."""
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def wait_for(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def doing(url: str, what: str) -> bool:
    """Tell whether migdocs, or its psql, runs a statement at this moment."""
    query = "select exists (select from pg_stat_activity where datname = current_database()"
    query += " and application_name in ('migdocs', 'psql') and state = 'active'"
    query += f" and query ilike '%{what}%')"
    return bool(value(url, query))


def hold_snapshot(reader: psycopg.Connection[Any]) -> None:
    """Begin what a concurrent index build must wait for."""
    reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    reader.execute("select from a")


# --- rivals -------------------------------------------------------------------------------------


def test_two_runners_at_once_fifty_times(database: str) -> None:
    """Every script runs once, whoever comes first; each round has a ledger of its own."""
    for number in range(50):
        texts = (f"create table a{number} ();", f"alter table a{number} add id int;")
        target = Target(database, SessionOptions(ledger=f"public.ledger_{number}"))
        done: list[Event] = []
        start = threading.Barrier(2)

        def work(texts: tuple[str, ...] = texts, target: Target = target) -> None:
            start.wait()  # noqa: B023 - both threads end within the round
            done.extend(apply(migrations(*texts), target))  # noqa: B023

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(event.migration for event in done) == ["0", "1"]
    assert value(database, "select count(id) from a49") == 0


def test_two_processes_at_once(database: str) -> None:
    """The second waits, says for whom, and finds nothing to do."""
    texts = ("create table a (id int);", "select pg_sleep(1); insert into a values (1);")
    with runner(database, *texts) as first, runner(database, *texts) as second:
        said = [process.communicate()[0] for process in (first, second)]
        assert (first.returncode, second.returncode) == (0, 0)
    assert value(database, "select count(*) from a") == 1
    assert any("waiting for another migdocs: process" in text for text in said)


def test_a_runner_that_waits_too_long_says_who_is_at_work(database: str) -> None:
    """It gives up in time, with exit code 4."""
    with runner(database, f"select {SLEEPS};"):
        wait_for(lambda: doing(database, SLEEPS))
        with pytest.raises(DatabaseError, match=r"another migdocs is at work here: process \d+"):
            apply(migrations("select 1;"), Target(database, SessionOptions(patience=0.3)))
        assert "migdocs" in status([], Target(database)).at_work


# --- kill -9 ------------------------------------------------------------------------------------


def test_killed_in_a_statement(database: str) -> None:
    """The server notices, nothing of the script stays, the next run does it once."""
    texts = ("create table a (id int);", "insert into a values (1); select pg_sleep(30);")
    with runner(database, *texts) as process:
        wait_for(lambda: doing(database, SLEEPS))
        process.send_signal(signal.SIGKILL)
    began = time.monotonic()
    assert status(migrations(*texts), Target(database)).state.pending == ("1",)
    wait_for(lambda: not doing(database, SLEEPS), 5)
    assert time.monotonic() - began < 5
    apply(
        [*migrations(texts[0]), Migration("1", Script("1.sql", "insert into a values (1);"))],
        Target(database),
    )
    assert value(database, "select count(*) from a") == 1


def test_killed_between_the_last_statement_and_the_ledger_row(database: str) -> None:
    """Both are one transaction: both stay or neither, and the next run makes it one."""
    apply(migrations("create table a (id int);"), Target(database))
    texts = ("create table a (id int);", "insert into a values (1);")
    with psycopg.connect(database) as blocker:
        blocker.execute("lock table migdocs_ledger in share mode")
        with runner(database, *texts) as process:
            wait_for(lambda: doing(database, 'insert into "public"."migdocs_ledger"'))
            process.send_signal(signal.SIGKILL)
        blocker.rollback()
    wait_for(lambda: not doing(database, "migdocs_ledger"))
    found = status(migrations(*texts), Target(database)).state
    assert value(database, "select count(*) from a") == len(found.applied) - 1
    apply(migrations(*texts), Target(database))
    assert value(database, "select count(*) from a") == 1


def test_killed_in_the_commit(database: str) -> None:
    """Committed or not, the ledger row and the script agree."""
    run(
        database,
        "create table a (id int)",
        "create function slow() returns trigger language plpgsql as"
        " $$ begin perform pg_sleep(2); return null; end $$",
        "create constraint trigger t after insert on a deferrable initially deferred"
        " for each row execute function slow()",
    )
    with runner(database, "insert into a values (1);") as process:
        wait_for(lambda: doing(database, "commit"))
        process.send_signal(signal.SIGKILL)
    wait_for(lambda: not doing(database, "commit"))
    found = status(migrations("insert into a values (1);"), Target(database)).state
    assert value(database, "select count(*) from a") == len(found.applied)
    apply(migrations("insert into a values (1);"), Target(database))
    assert value(database, "select count(*) from a") == 1


def test_killed_in_the_rows_of_a_copy(database: str) -> None:
    """No row stays, and the next run sends them all."""
    run(
        database,
        "create table a (id int)",
        "create function slow() returns trigger language plpgsql as"
        " $$ begin perform pg_sleep(0.05); return new; end $$",
        "create trigger t before insert on a for each row execute function slow()",
    )
    text = "copy a from stdin;\n" + "".join(f"{n}\n" for n in range(50)) + "\\.\n"
    with runner(database, text) as process:
        wait_for(lambda: doing(database, "copy a"))
        process.send_signal(signal.SIGKILL)
    run(database, "drop trigger t on a")
    assert status(migrations(text), Target(database)).state.pending == ("0",)
    apply(migrations(text), Target(database))
    assert value(database, "select count(*) from a") == 50


def test_killed_in_a_concurrent_index(database: str) -> None:
    """It is half done, and the next run drops what is left and builds it."""
    run(database, "create table a (id int)")
    text = "create index concurrently a_id on a (id);"
    with psycopg.connect(database) as reader:
        hold_snapshot(reader)
        with runner(database, text) as process:
            wait_for(lambda: doing(database, "index concurrently"))
            process.send_signal(signal.SIGKILL)
        wait_for(lambda: not doing(database, "index concurrently"))
    assert status(migrations(text), Target(database)).state.half_done == ("0",)
    apply(migrations(text), Target(database))
    assert value(database, "select indisvalid from pg_index where indrelid = 'a'::regclass")
    assert status(migrations(text), Target(database)).state.applied == ("0",)


def test_killed_between_two_statements_outside_a_transaction(database: str) -> None:
    """Nobody can know what stays: it is shown, everything stops, and a repair ends it."""
    text = f"vacuum; create table a (); select {SLEEPS};"
    with runner(database, text) as process:
        wait_for(lambda: doing(database, SLEEPS))
        process.send_signal(signal.SIGKILL)
    wait_for(lambda: not doing(database, SLEEPS))
    found = status(migrations(text), Target(database)).state
    assert (found.half_done, found.pending) == (("0",), ())
    with pytest.raises(MigdocsError, match="half done: its apply ran outside"):
        apply(migrations(text, "create table b ();"), Target(database))
    repair(migrations(text), Target(database), "0", reason="the table is there", state="applied")
    apply(migrations(text, "create table b ();"), Target(database))
    assert value(database, "select to_regclass('b') is not null")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_in_a_statement(database: str, end: signal.Signals) -> None:
    """Ctrl-C is in the ledger where there was time; nothing of the script stays."""
    text = f"create table a (); select {SLEEPS};"
    with runner(database, text) as process:
        wait_for(lambda: doing(database, SLEEPS))
        process.send_signal(end)
        process.wait(10)
    wait_for(lambda: not doing(database, SLEEPS), 5)
    assert value(database, "select to_regclass('a')") is None
    found = status(migrations(text), Target(database))
    assert found.state.pending == ("0",)
    if end == signal.SIGINT:
        assert found.last["0"].error == "interrupted"


# --- the server ---------------------------------------------------------------------------------


def test_a_server_that_stops_in_a_script_leaves_nothing_of_it() -> None:
    """The error says so, and after the start the next run does it once."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(sandbox.server())
        url = server.create_database("x")
        assert server.folder is not None
        process = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
        text = f"create table a (); select {SLEEPS};"
        threading.Timer(0.7, os.kill, (process, signal.SIGINT)).start()
        with pytest.raises(DatabaseError, match=r"^0\.sql:1"):
            apply(migrations(text), Target(url))
        wait_for(lambda: not (server.folder / "data" / "postmaster.pid").exists())  # type: ignore[operator]  # asserted above
        assert server.binaries is not None
        (server.folder / "log").unlink()  # its keeper's, which the server alone may not write to
        sandbox._start(server.binaries, server.folder, sandbox.EVERY_SERVER)
        stack.callback(sandbox._control, server.binaries, server.folder, "stop", "-m", "immediate")
        assert status(migrations(text), Target(url)).state.pending == ("0",)


def test_a_session_that_an_administrator_ends(database: str) -> None:
    """The script is named, and that it was rolled back."""
    text = f"create table a (); select {SLEEPS};"
    ended = "select pg_terminate_backend(pid) from pg_stat_activity where query ilike '%pg_sleep%'"
    ended += " and application_name = 'migdocs'"
    killer = threading.Timer(0.5, lambda: value(database, ended))
    killer.start()
    with pytest.raises(DatabaseError, match=r"0\.sql:1: terminating connection due to admin"):
        apply(migrations(text), Target(database))
    killer.join()
    assert value(database, "select to_regclass('a')") is None


# --- locks --------------------------------------------------------------------------------------


def test_a_lock_that_stays_is_given_up_in_time_and_its_holder_named(database: str) -> None:
    """Tried again with pauses, then exit code 4 and who it was; never what they run."""
    run(database, "create table a (id int)")
    said: list[str] = []
    options = SessionOptions(lock_timeout=0.3, attempts=2)
    with psycopg.connect(database, application_name="report") as holder:
        holder.execute("select 'secret' from a")
        with pytest.raises(DatabaseError, match=r"0\.sql:1: .*lock timeout \(55P03\)") as caught:
            apply(
                migrations("alter table a add b int;"),
                Target(database, options, notify=said.append),
            )
        blocked_by = f"Blocked by process {holder.info.backend_pid} (report, role postgres)"
    assert f"{blocked_by}, idle in transaction since" in caught.value.hint
    assert "secret" not in caught.value.hint + "".join(said)
    assert any("attempt 2 in" in line for line in said)


def test_a_lock_that_goes_is_waited_for(database: str) -> None:
    """The whole transaction is tried again, and runs once."""
    run(database, "create table a (id int)")
    with psycopg.connect(database) as holder:
        holder.execute("select from a")
        release = threading.Timer(0.5, holder.rollback)
        release.start()
        text = "insert into a values (1); alter table a add b int;"
        apply(migrations(text), Target(database, SessionOptions(lock_timeout=0.2)))
        release.join()
    assert value(database, "select count(*) from a") == 1


def test_a_time_limit_for_locks_does_not_break_a_concurrent_index(database: str) -> None:
    """The build waits for older transactions longer than any lock may be waited for."""
    run(database, "create table a (id int)")
    with psycopg.connect(database) as reader:
        hold_snapshot(reader)
        release = threading.Timer(0.6, reader.rollback)
        release.start()
        text = "create index concurrently a_id on a (id);"
        apply(migrations(text), Target(database, SessionOptions(lock_timeout=0.1, attempts=1)))
        release.join()
    assert value(database, "select indisvalid from pg_index where indrelid = 'a'::regclass")


def test_a_deadlock_is_tried_again(database: str) -> None:
    """PostgreSQL ends one of the two; ours is run again whole."""
    run(database, "create table a (id int)", "create table b (id int)")
    with psycopg.connect(database) as rival:
        rival.execute("set deadlock_timeout = '1h'; lock table b")
        grab = threading.Timer(0.3, lambda: rival.execute("lock table a"))
        grab.start()
        text = "insert into a values (1); select pg_sleep(0.6); lock table b;"
        release = threading.Timer(2.5, lambda: (grab.join(), rival.rollback()))
        release.start()
        apply(migrations(text), Target(database, SessionOptions(lock_timeout=0)))
        release.join()
    assert value(database, "select count(*) from a") == 1


def test_a_script_that_drops_the_lock_is_refused(database: str) -> None:
    """Another runner could come in between."""
    with pytest.raises(DatabaseError, match="lock"):
        apply(migrations("discard all;", "select 1;"), Target(database))


def children(parent: int, name: str) -> list[int]:
    """Give the numbers of the programs of a name that a process started."""
    command = ["ps", "-eo", "pid=,ppid=,comm="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    found = (line.split() for line in listed.stdout.splitlines())
    return [int(pid) for pid, ppid, comm in found if (int(ppid), comm) == (parent, name)]


def is_alive(number: int) -> bool:
    """Tell whether a process is there and no zombie, which nobody may be left to wait for."""
    command = ["ps", "-o", "stat=", "-p", str(number)]
    state = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return not state.startswith("Z") and state.strip() != ""


def test_psql_and_its_session_end_with_a_runner_that_is_killed(
    database: str, tmp_path: Path
) -> None:
    """Nothing goes on alone; it is half done until a person has looked and ends it."""
    (tmp_path / "migrations").mkdir()
    text = f"\\set x 1\ncreate table a ();\nselect {SLEEPS};\ncreate table b ();\n"
    (tmp_path / "migrations" / "0.sql").write_text(text)
    (tmp_path / "migdocs.toml").write_text('layout = "plain"\n[database]\npsql = true\n')
    command = [sys.executable, "-m", "migdocs", "apply", "--yes", "--database-url", database]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        wait_for(lambda: doing(database, SLEEPS))
        (psql,) = children(process.pid, "psql")
        process.kill()
    wait_for(lambda: not doing(database, SLEEPS), 3)
    wait_for(lambda: not is_alive(psql), 3)
    found = value(database, "select concat(to_regclass('a'), ',', to_regclass('b'))")
    target = Target(database, SessionOptions(psql=True), root=tmp_path)
    here = [Migration("0", Script("migrations/0.sql", text))]
    assert (found, status(here, target).state.half_done) == ("a,", ("0",))
    repair(here, target, "0", reason="looked", state="pending")
    assert status(here, target).state.pending == ("0",)
