"""Scripts that do harm, and a verify that is killed: nothing outside of it is touched."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from migdocs.adapters import sandbox
from migdocs.adapters.database import lock_watch
from migdocs.commands import verify
from migdocs.commands.verify import Options, Report, Task
from migdocs.core.model import Check, Migration, Notes, Script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migdocs.adapters.sandbox import Server
    from migdocs.core.proof import Proof


def tried(
    server: Server,
    *pairs: tuple[str, str],
    options: Options | None = None,
    notes: Notes | None = None,
) -> Report:
    """Prove migrations, each given as its two scripts, on the session's server."""
    migrations = tuple(
        Migration(f"m{n}", Script(f"m{n}.sql", up), Script(f"m{n}_rollback.sql", down), notes)
        for n, (up, down) in enumerate(pairs, start=1)
    )
    base = Script("base.sql", "CREATE TABLE users (id int PRIMARY KEY, name text)")
    wanted = frozenset(migration.id for migration in migrations)
    return verify.verify(Task(Path(), base, migrations, wanted), server.base, options)


def names(server: Server) -> set[str]:
    """List what the server holds besides one database's objects."""
    query = "SELECT rolname FROM pg_roles UNION SELECT datname FROM pg_database"
    with psycopg.connect(server.base) as connection:
        return {name for (name,) in connection.execute(query)}


GOOD = ("ALTER TABLE users ADD age int", "ALTER TABLE users DROP age")


# --- no end -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endless",
    [
        "SELECT pg_sleep(600)",
        "DO $$BEGIN LOOP BEGIN PERFORM 1; EXCEPTION WHEN others THEN END; END LOOP; END$$",
        "VACUUM; SELECT pg_sleep(600)",
    ],
    ids=["one statement", "a loop that catches all", "outside of a transaction"],
)
def test_a_rollback_that_never_ends_is_ended(postgres: Server, endless: str) -> None:
    """It fails, with its place; those after it are tried."""
    report = tried(postgres, ("SELECT 1", endless), GOOD, options=Options(time_limit=0.5))
    first, second = report.proofs
    assert first.rollback.verdict == "fails"
    assert "it was ended after 0.5 seconds" in first.rollback.differences[0].text
    assert second.rollback.verdict == "exact"


def test_a_check_that_never_ends_is_ended(postgres: Server) -> None:
    """The checks of the notes have the scripts' time limit, each of its own."""
    notes = Notes("m1.md", "M", checks=(Check("SELECT pg_sleep(600)", 4), Check("SELECT 1", 9)))
    (found,) = tried(postgres, GOOD, options=Options(time_limit=0.5), notes=notes).proofs
    assert found.checks == ("m1.md:4: it was ended after 0.5 seconds",)
    assert found.rollback.verdict == "exact"


# --- the server and its disk --------------------------------------------------------------------


def test_a_script_that_ends_sessions_ends_its_own_at_most(postgres: Server) -> None:
    """The sessions that watch it belong to another role."""
    every = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    own = "SELECT pg_terminate_backend(pg_backend_pid())"
    found = tried(postgres, (every, "SELECT 1"), (own, "SELECT 1"), GOOD).proofs
    assert [item.applied for item in found] == [False, False, True]
    assert "42501" in found[0].error
    assert "m2.sql:1" in found[1].error
    assert found[2].rollback.verdict == "exact"


def test_a_script_that_fills_the_disk_is_ended(postgres: Server) -> None:
    """Its database may grow by so much."""
    fill = """CREATE TABLE big (t text);
        DO $$ BEGIN LOOP
            INSERT INTO big SELECT repeat(md5(n::text), 60) FROM generate_series(1, 1000) n;
        END LOOP; END $$"""
    options = Options(time_limit=50, size_limit=20_000_000)
    found = tried(postgres, (fill, "DROP TABLE big"), GOOD, options=options).proofs
    assert not found[0].applied
    assert "it was ended when its database had grown by more than 20 MB" in found[0].error
    assert found[1].rollback.verdict == "exact"


# --- what belongs to the whole server -----------------------------------------------------------


@pytest.fixture(scope="module")
def unshared() -> Iterator[Server]:
    """Give a server that has no roles of others."""
    with sandbox.server(room=1_000_000_000) as server:
        yield server


@pytest.mark.parametrize(
    ("up", "down", "verdict"),
    [
        ("CREATE ROLE left_here", "DROP ROLE left_here", "exact"),
        ("CREATE DATABASE left_here", "DROP DATABASE left_here", "exact"),
        ("CREATE ROLE left_here; GRANT SELECT ON users TO left_here", "SELECT 1", "differs"),
    ],
    ids=["a role", "a database", "a role with rights, and a rollback that forgets it"],
)
def test_what_belongs_to_the_server_is_tried_noticed_and_dropped(
    unshared: Server, up: str, down: str, verdict: str
) -> None:
    """A script that makes a role applies, though it is tried several times on one server."""
    before = names(unshared)
    report = tried(unshared, (up, down), GOOD)
    assert [item.error for item in report.proofs] == ["", ""]
    assert [item.rollback.verdict for item in report.proofs] == [verdict, "exact"]
    assert [name for _, name in report.left] == ["left_here"]
    assert names(unshared) == before


def test_roles_of_others_are_never_changed(postgres: Server) -> None:
    """A script may make roles of its own; those that were there are out of its reach."""
    with psycopg.connect(postgres.base, autocommit=True) as other:
        other.execute("CREATE ROLE app_of_others LOGIN")
        try:
            report = tried(
                postgres, ("ALTER ROLE app_of_others NOLOGIN", "SELECT 1"), ("CREATE ROLE b", "")
            )
            query = "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'app_of_others'"
            assert other.execute(query).fetchone() == (True,)
        finally:
            other.execute("DROP ROLE app_of_others")
    altering, making = report.proofs
    assert (altering.applied, altering.rollback.verdict) == (False, "untried")
    assert "permission denied" in altering.error
    assert (making.applied, making.rollback.verdict) == (True, "missing")


def test_what_others_make_meanwhile_is_left_alone(postgres: Server) -> None:
    """On a server that was given somebody else may be at work; no script names what they make."""
    migration = Migration("m", Script("m.sql", "SELECT 1"))
    task = Task(Path(), None, (migration,), frozenset({"m"}))
    with psycopg.connect(postgres.base, autocommit=True) as other:
        make = "CREATE DATABASE somebody_s"
        report = verify.verify(task, postgres.base, on_proof=lambda _: other.execute(make) and None)
        assert report.left == ()
        assert "somebody_s" in names(postgres)
        other.execute("DROP DATABASE somebody_s")


@pytest.mark.parametrize(
    "script",
    [
        "COPY users TO PROGRAM 'cat > /dev/null'",
        "SELECT lo_export(lo_from_bytea(0, 'x'), '/tmp/migdocs-must-not-be')",
        "CREATE TABLESPACE elsewhere LOCATION '/tmp'",
        "CREATE FUNCTION run(cstring) RETURNS int AS 'libc.so.6', 'system' LANGUAGE c",
        "LOAD '/tmp/evil.so'",
        "ALTER ROLE CURRENT_USER SUPERUSER",
        "SET ROLE postgres",
    ],
)
def test_files_programs_and_rights_are_refused(postgres: Server, script: str) -> None:
    """The scripts' role is no superuser and cannot become one."""
    (found,) = tried(postgres, (script, "SELECT 1")).proofs
    assert not found.applied
    assert "42501" in found.error
    assert not Path("/tmp/migdocs-must-not-be").exists()  # noqa: S108 - nothing is made there


def test_an_extension_that_is_not_there_is_named(postgres: Server) -> None:
    """It cannot be tried on this server: no verdict on the script, and the next one is tried."""
    found = tried(postgres, ("CREATE EXTENSION timescaledb", "SELECT 1"), GOOD).proofs
    assert [item.rollback.verdict for item in found] == ["untried", "exact"]
    assert "timescaledb" in found[0].error


# --- killed -------------------------------------------------------------------------------------


@pytest.fixture
def place() -> Iterator[Path]:
    """Give a folder for temporary files that the server's user may enter, and that is looked at."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def wait_for(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def started(place: Path, project: Path, sleeping: str = ".sql") -> subprocess.Popen[str]:
    """Start ``migdocs verify`` on a script that sleeps; its server lives below a folder."""
    folder = project / "migrations"
    folder.mkdir(parents=True)
    (project / "migdocs.toml").write_text("")
    for ending in (".sql", "_rollback.sql"):
        text = "SELECT pg_sleep(60);\n" if ending == sleeping else "SELECT 1;\n"
        (folder / f"20260101_sleep{ending}").write_text(text)
    return subprocess.Popen(
        [sys.executable, "-m", "migdocs", "verify", "--all"],
        cwd=project,
        env={**os.environ, "TMPDIR": str(place)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def asleep(place: Path) -> int:
    """Give the server's process as soon as the script runs on it, else 0."""
    for socket in place.glob("migdocs-*/.s.PGSQL.5432"):
        url = f"postgresql://postgres@/postgres?host={socket.parent}"
        query = "SELECT 1 FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'"
        try:
            with psycopg.connect(url) as connection:
                if connection.execute(query).fetchone():
                    file = socket.parent / "data" / "postmaster.pid"
                    return int(file.read_text().splitlines()[0])
        except psycopg.OperationalError:  # it is starting
            continue
    return 0


def is_there(process: int) -> bool:
    """Tell whether a process exists and is more than a zombie."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.usefixtures("postgres")
@pytest.mark.parametrize("sleeping", [".sql", "_rollback.sql"])
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_verify_leaves_no_process_and_no_folder(
    place: Path, tmp_path: Path, end: signal.Signals, sleeping: str
) -> None:
    """The server ends in the middle of the script, and its folder goes."""
    with started(place, tmp_path, sleeping) as process:
        server: list[int] = []
        wait_for(lambda: server.append(asleep(place)) or server[-1])
        process.send_signal(end)
        process.communicate(timeout=30)
    wait_for(lambda: not is_there(server[-1]))
    wait_for(lambda: not list(place.iterdir()))
    assert not list((tmp_path / "migrations").glob("*evidence*"))


@pytest.mark.usefixtures("postgres")
def test_a_server_that_dies_is_said_in_a_sentence(place: Path, tmp_path: Path) -> None:
    """No traceback, no evidence from half a run, and nothing is left."""
    with started(place, tmp_path) as process:
        server: list[int] = []
        wait_for(lambda: server.append(asleep(place)) or server[-1])
        os.kill(server[-1], signal.SIGQUIT)
        _, said = process.communicate(timeout=60)
    assert process.returncode in {3, 4}, said
    assert "Traceback" not in said
    assert "Hint:" in said or "Error:" in said
    wait_for(lambda: not list(place.iterdir()))
    evidence = tmp_path / "migrations" / "evidence.json"
    assert not evidence.exists() or not json.loads(evidence.read_text())["evidence"][:-1]


def test_a_watcher_that_is_ended_lets_everybody_go_on(database: str) -> None:
    """Its thread says nothing, and what it made wait does not wait for ever."""
    with (
        psycopg.connect(database, autocommit=True) as watcher,
        psycopg.connect(database, autocommit=True) as gate,
        psycopg.connect(database, autocommit=True) as worker,
    ):
        worker.execute("CREATE TABLE users (id int)")
        with lock_watch.watched(watcher, gate, worker.info.backend_pid, []):
            worker.execute("SELECT pg_terminate_backend(%s)", [watcher.info.backend_pid])
            worker.execute("CREATE INDEX CONCURRENTLY i ON users (id)")
        assert gate.info.transaction_status == TransactionStatus.IDLE


# --- what would reach the next trial ------------------------------------------------------------


def settings_of(server: Server) -> list[tuple[object, ...]]:
    """Give the settings that roles and databases of a server have."""
    with psycopg.connect(server.base) as connection:
        return connection.execute("select * from pg_db_role_setting order by 1, 2").fetchall()


@pytest.mark.parametrize(
    "lasting",
    [
        "ALTER ROLE CURRENT_USER SET default_transaction_read_only = on",
        "DO $$BEGIN EXECUTE format('ALTER ROLE %I SET search_path = nowhere', current_user); END$$",
        (
            "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = nowhere',"
            " current_database()); END$$"
        ),
        (
            "DO $$BEGIN EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = nowhere',"
            " current_user, current_database()); END$$"
        ),
        (
            "DO $$BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 0',"
            " current_database()); END$$"
        ),
    ],
    ids=["the role", "the role by name", "the database", "the role in the database", "how many"],
)
def test_settings_of_one_script_do_not_reach_the_next(postgres: Server, lasting: str) -> None:
    """Neither its own way back in another session, nor those after it."""
    before = settings_of(postgres)
    down = "ALTER TABLE users DROP age; SELECT 'users'::regclass"
    report = tried(postgres, (f"{lasting}; ALTER TABLE users ADD age int", down), GOOD[::-1], GOOD)
    first, *_, last = report.proofs
    assert (first.error, first.rollback.verdict) == ("", "exact")
    assert (last.error, last.rollback.verdict) == ("", "exact")
    assert settings_of(postgres) == before


def test_what_cannot_be_dropped_is_said(postgres: Server) -> None:
    """Somebody gave rights in a database of theirs to a role that a script made."""
    grant = "create table theirs (); grant select on theirs to shared_by_script"
    home = postgres.create_database("theirs")

    def share(_: Proof) -> None:
        """Give the rights while verify goes on."""
        with psycopg.connect(home, autocommit=True) as connection:
            connection.execute(grant)

    one = Migration("m1", Script("m1.sql", "SELECT 1"), Script("m1_rollback.sql", "SELECT 1"))
    base = Script("base.sql", "CREATE ROLE shared_by_script")
    task = Task(Path(), base, (one,), frozenset({"m1"}))
    report = verify.verify(task, postgres.base, None, share)
    assert [(kind, name) for kind, name, _ in report.stayed] == [("role", "shared_by_script")]
    assert "cannot be dropped because some objects depend on it" in report.stayed[0][2]
    postgres.drop_database("theirs")
    with psycopg.connect(postgres.base, autocommit=True) as connection:
        connection.execute("drop role shared_by_script")
