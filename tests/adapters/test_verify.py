"""Migrations tried there, back and there again, on a real server."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from migdocs.adapters import sandbox
from migdocs.commands import verify
from migdocs.commands.verify import Options, Task
from migdocs.core.model import Check, Migration, Notes, Script

if TYPE_CHECKING:
    from collections.abc import Callable

    from migdocs.adapters.sandbox import Server
    from migdocs.core.proof import Proof

USERS = """
    CREATE TABLE users (id uuid PRIMARY KEY, mail varchar(80) NOT NULL, name text);
    CREATE TABLE teams (
        id serial PRIMARY KEY, owner uuid NOT NULL REFERENCES users (id), size int CHECK (size > 0)
    );
"""


def proofs(
    server: Server | None,
    *pairs: tuple[str, str | None],
    base: str = USERS,
    options: Options | None = None,
    notes: Notes | None = None,
) -> tuple[Proof, ...]:
    """Prove migrations, each given as its two scripts, on a server or on those that it takes."""
    migrations = tuple(
        Migration(
            f"m{number}",
            Script(f"m{number}.sql", up),
            None if down is None else Script(f"m{number}_rollback.sql", down),
            notes,
        )
        for number, (up, down) in enumerate(pairs, start=1)
    )
    wanted = frozenset(migration.id for migration in migrations)
    task = Task(Path(), Script("base.sql", base), migrations, wanted)
    return verify.verify(task, server.base if server else "", options).proofs


def texts(proof: Proof) -> str:
    """Give the differences as one text."""
    return "\n".join(item.text for item in proof.rollback.differences)


# Forward, rollback → the verdict, and what its differences say.
CASES = [
    pytest.param(
        "ALTER TABLE users ADD age int", "ALTER TABLE users DROP age", "exact", "", id="exact"
    ),
    pytest.param(
        "ALTER TABLE users DROP name",
        "ALTER TABLE users ADD name text",
        "rows-lost",
        "users.name: other values in",
        id="the column comes back, its values do not",
    ),
    pytest.param(
        "UPDATE users SET mail = lower(mail) || 'x'",
        "",
        "missing",
        "holds no statement",
        id="an empty rollback is none",
    ),
    pytest.param(
        "UPDATE users SET name = name",
        "-- Nothing to undo.",
        "exact",
        "",
        id="a no-op with its reason",
    ),
    pytest.param(
        "CREATE INDEX i ON users (mail)",
        "-- We keep the index.",
        "differs",
        "index i is left over",
        id="a no-op that leaves something",
    ),
    pytest.param("ALTER TABLE users ADD age int", None, "missing", "", id="no rollback"),
    pytest.param(
        "CREATE INDEX i ON users (mail); ALTER TABLE users ALTER name SET DEFAULT 'x'",
        "ALTER TABLE users ALTER name DROP DEFAULT",
        "differs",
        "index i is left over",
        id="an index is left over",
    ),
    pytest.param(
        "CREATE INDEX i ON users (mail)",
        "DROP INDEX j",
        "fails",
        'm1_rollback.sql:1: index "j" does not exist (42704)',
        id="the rollback fails",
    ),
    pytest.param(
        "CREATE INDEX i ON users (mail)",
        "DO $$ BEGIN RAISE EXCEPTION 'there is no way back'; END $$",
        "impossible",
        "there is no way back",
        id="the rollback says that it is impossible",
    ),
    pytest.param(
        "ALTER TABLE users ALTER mail TYPE text",
        "ALTER TABLE users ALTER mail TYPE varchar(80)",
        "fails",
        "value too long",
        id="values that only the new schema takes",
    ),
    pytest.param(
        "CREATE UNIQUE INDEX i ON users (mail, name); ALTER TABLE users ADD UNIQUE (mail, id)",
        "DROP INDEX i; ALTER TABLE users DROP CONSTRAINT users_mail_id_key",
        "exact",
        "",
        id="keys of several columns",
    ),
    pytest.param(
        "DELETE FROM users WHERE false",
        "DELETE FROM teams WHERE owner IS NOT NULL",
        "rows-lost",
        "teams:",
        id="a rollback that deletes what was there before",
    ),
    pytest.param(
        "GRANT SELECT ON users TO PUBLIC; COMMENT ON TABLE users IS 'people'",
        "REVOKE SELECT ON users FROM PUBLIC",
        "differs",
        "the comment on table users",
        id="a comment stays, a grant goes",
    ),
]


@pytest.mark.parametrize(("up", "down", "verdict", "said"), CASES)
def test_verdicts(postgres: Server, up: str, down: str | None, verdict: str, said: str) -> None:
    """Each verdict of the rule book, with the objects that differ."""
    (found,) = proofs(postgres, (up, down))
    assert found.applied
    assert (found.rollback.verdict, said in texts(found)) == (verdict, True), texts(found)


def test_column_order_is_a_verdict_of_its_own(postgres: Server) -> None:
    """Where nothing was lost: an empty column that was dropped and added again stands last."""
    base = "CREATE TABLE t (id int PRIMARY KEY, a text CHECK (a IS NULL), b text)"
    back = "ALTER TABLE t ADD a text CHECK (a IS NULL)"
    (found,) = proofs(postgres, ("ALTER TABLE t DROP a", back), base=base)
    assert (found.rollback.verdict, "another order: id, b, a" in texts(found)) == ("order", True)


def test_locks_rewrites_and_changes_are_observed(postgres: Server) -> None:
    """Of the tables that were there before, while the script ran; also behind a DO block."""
    up = "DO $$ BEGIN EXECUTE 'ALTER TABLE teams ALTER size TYPE bigint'; END $$"
    (found,) = proofs(postgres, (up, "ALTER TABLE teams ALTER size TYPE int"))
    assert found.locks == (("teams", "ACCESS EXCLUSIVE"),)
    assert found.rewrites == ("teams",)
    assert [(c.verb, c.name, c.after, c.known) for c in found.changes] == [
        ("retype", "teams.size", "bigint", "observed")
    ]


@pytest.mark.parametrize(
    ("script", "scans"),
    [
        ("ALTER TABLE users ADD CONSTRAINT c CHECK (mail <> 'x')", ("users",)),
        ("ALTER TABLE users ADD CONSTRAINT c CHECK (mail <> 'x') NOT VALID", ()),
        ("CREATE INDEX ON users (mail)", ("users",)),
        ("ALTER TABLE users ALTER note SET NOT NULL", ("users",)),
        ("ALTER TABLE users ALTER mail SET NOT NULL", ()),
        ("DO $$ BEGIN EXECUTE 'ALTER TABLE users ALTER mail TYPE' || ' varchar'; END $$", ()),
        ("ALTER TABLE users ADD age int DEFAULT 1", ()),
        ("UPDATE users SET mail = 'x' WHERE id = 1", ()),
        ("SELECT count(*) FROM users", ()),
    ],
)
def test_scans_are_observed(postgres: Server, script: str, scans: tuple[str, ...]) -> None:
    """Where a table is read whole while it is locked; not where few rows are queried."""
    base = (
        "CREATE TABLE users (id int PRIMARY KEY, mail text NOT NULL, note text CHECK (note > ''));"
    )
    (found,) = proofs(postgres, (script, None), base=base)
    assert (found.error, found.scans) == ("", scans)


def test_locks_outside_of_a_transaction_are_observed(postgres: Server) -> None:
    """A second session sees what works concurrently; in the script's own transactions, all do."""
    concurrent, own = proofs(
        postgres,
        ("CREATE INDEX CONCURRENTLY i ON users (mail)", "DROP INDEX CONCURRENTLY i"),
        ("BEGIN; LOCK users IN SHARE MODE; COMMIT; ALTER TABLE teams ADD a int", "SELECT 1; --"),
    )
    assert concurrent.locks == (("users", "SHARE UPDATE EXCLUSIVE"),)
    assert concurrent.scans == ("users",)
    assert concurrent.rollback.verdict == "exact"
    assert own.locks == (("teams", "ACCESS EXCLUSIVE"), ("users", "SHARE"))


def test_time_is_measured_with_as_many_rows_as_asked_for(postgres: Server) -> None:
    """In the tables that the script touches, and in those that their keys point at."""
    members = (
        "CREATE TABLE members (t int REFERENCES teams, u uuid REFERENCES users, UNIQUE (t, u))"
    )
    up = "ALTER TABLE members ADD COLUMN since date; UPDATE members SET since = now()"
    (found,) = proofs(
        postgres,
        (up, "ALTER TABLE members DROP since"),
        base=USERS + members,
        options=Options(rows=3000),
    )
    measured = found.measured
    assert measured is not None
    rows = dict(measured.rows)
    assert rows.keys() == {"members", "teams", "users"}
    assert min(rows.values()) > 2900
    assert measured.error == ""
    assert 0 < measured.up_locked_ms <= measured.up_ms
    assert measured.back_ms is not None


def test_what_fails_on_many_rows_is_measured_until_then(postgres: Server) -> None:
    """And says why."""
    (found,) = proofs(
        postgres, ("ALTER TABLE users ADD a int NOT NULL", None), options=Options(rows=9)
    )
    assert found.measured is not None
    assert "contains null values" in found.measured.error


def test_a_failure_does_not_stop_the_others(postgres: Server) -> None:
    """What of a failing script works is there for those after it."""
    broken = "CREATE TABLE t (id int);\nDROP TABLE nothing;"
    found = proofs(postgres, (broken, None), ("ALTER TABLE t ADD a int", "ALTER TABLE t DROP a"))
    assert [item.applied for item in found] == [False, True]
    assert found[0].error == 'm1.sql:2: table "nothing" does not exist (42P01)'
    assert found[1].rollback.verdict == "exact"


def test_a_script_that_fails_for_rows_only_is_said(postgres: Server) -> None:
    """It applies to empty tables, and would not in production."""
    up, down = "ALTER TABLE users ADD age int NOT NULL", "ALTER TABLE users DROP age"
    (found,) = proofs(postgres, (up, down))
    assert found.applied
    assert "contains null values (23502)" in found.error_with_rows
    assert found.rollback.verdict == "exact"


def test_a_script_that_never_ends_is_ended(postgres: Server) -> None:
    """Whatever time limit it sets for itself."""
    up = "SET statement_timeout = 0; SELECT pg_sleep(600)"
    (found,) = proofs(postgres, (up, None), options=Options(time_limit=0.5))
    assert not found.applied
    assert "it was ended after 0.5 seconds" in found.error


def test_a_server_that_a_script_stops_fails_that_script(postgres: Server) -> None:
    """A script may end its own session; the others are tried all the same."""
    own = "SELECT pg_terminate_backend(pg_backend_pid())"
    ended, fine = proofs(postgres, (own, None), ("SELECT 1", "SELECT 1"))
    assert not ended.applied
    assert (fine.applied, fine.rollback.verdict) == (True, "exact")


def test_a_script_cannot_fill_the_disk_with_temporary_files(postgres: Server) -> None:
    """What it may take is limited, whatever it sets for itself."""
    up = "SET work_mem = '64kB'; SET temp_file_limit = -1; SELECT 1"
    (found,) = proofs(postgres, (up, None))
    assert "42501" in found.error


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("COPY users FROM PROGRAM 'id'", "42501"),
        ("COPY users TO '/proc/migdocs-must-not-be'", "42501"),
        ("SELECT pg_read_file('/etc/passwd')", "42501"),
        ("CREATE EXTENSION file_fdw", "42501"),
        ("\\! id", "a command of psql"),
        ("ALTER SYSTEM SET work_mem = '1GB'", "42501"),
    ],
)
def test_scripts_reach_nothing_outside(postgres: Server, script: str, said: str) -> None:
    """They work as a role that is no superuser; what only psql does is refused."""
    (found,) = proofs(postgres, (script, None))
    assert not found.applied
    assert said in found.error


def test_an_extension_that_is_not_there_is_no_failure(postgres: Server) -> None:
    """It cannot be tried here, and nothing is said of the script."""
    (found,) = proofs(postgres, ("CREATE EXTENSION no_such_extension", None))
    assert found.rollback.verdict == "untried"
    assert "no_such_extension" in found.error


def test_what_only_rows_bring_about_is_no_part_of_what_comes_after(postgres: Server) -> None:
    """The next one meets the schema as it is where all go through, without rows of ours."""
    up = (
        "DO $$ BEGIN IF EXISTS (SELECT FROM users) THEN"
        " CREATE TABLE found (id serial PRIMARY KEY); END IF; END $$"
    )
    _, after = proofs(
        postgres,
        (up, "DROP TABLE IF EXISTS found"),
        ("ALTER TABLE users ADD age int", "ALTER TABLE users DROP age"),
    )
    assert (after.error, after.rollback.verdict, after.unfilled) == ("", "exact", ())


def test_what_several_servers_share_is_what_one_would_say(postgres: Server) -> None:
    """In the order of the migrations, each seen by one server, after all that are before it."""
    pairs = [(f"ALTER TABLE users ADD c{n} int", f"ALTER TABLE users DROP c{n}") for n in range(20)]
    pairs[14] = ("ALTER TABLE users DROP c0", "ALTER TABLE users ADD c0 int")
    shared, alone = proofs(None, *pairs, options=Options(jobs=2)), proofs(postgres, *pairs)
    assert [(p.migration, p.rollback.verdict, texts(p)) for p in shared] == [
        (p.migration, p.rollback.verdict, texts(p)) for p in alone
    ]
    assert shared[14].rollback.verdict == "rows-lost"
    assert {p.rollback.verdict for p in shared[:14] + shared[15:]} == {"exact"}


def test_what_is_made_outside_of_the_database_is_noticed_and_dropped() -> None:
    """Roles belong to the whole server."""
    scripts = ("CREATE ROLE left_by_a_script", "CREATE DATABASE left_by_another")
    migrations = tuple(
        Migration(f"m{n}", Script(f"m{n}.sql", text)) for n, text in enumerate(scripts)
    )
    task = Task(Path(), None, migrations, frozenset({"m0", "m1"}))
    with sandbox.server() as unshared:
        report = verify.verify(task, unshared.base)
        query = "SELECT rolname FROM pg_roles UNION SELECT datname FROM pg_database"
        with psycopg.connect(unshared.base) as connection:
            names = {name for (name,) in connection.execute(query)}
    assert report.left == (("database", "left_by_another"), ("role", "left_by_a_script"))
    assert not [name for name in names if name.startswith(("left_by", "migdocs_try"))]


def test_a_verify_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither a server nor a folder, not even after kill -9 in the middle of a script."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations/20240101_sleep.sql").write_text("SELECT pg_sleep(600);\n")
    places = Path(tempfile.mkdtemp(prefix="killed-", dir="/tmp"))  # where any user may enter
    places.chmod(0o777)
    running = subprocess.Popen(
        [sys.executable, "-m", "migdocs", "verify"],
        cwd=tmp_path,
        env=os.environ | {"TMPDIR": str(places)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        file = _until(lambda: next(places.glob("migdocs-*/data/postmaster.pid"), None))
        server = int(_until(lambda: file.read_text().split())[0])
        time.sleep(0.5)
    finally:
        running.kill()
        running.wait()
    _until(lambda: not list(places.iterdir()) and not Path(f"/proc/{server}").exists())
    places.rmdir()


def _until(found: Callable[[], Any]) -> Any:
    """Wait until something is there, half a minute at most."""
    deadline = time.monotonic() + 30
    while not (seen := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return seen


def test_the_checks_of_the_notes_are_run(postgres: Server) -> None:
    """A query that fails is named with its place in the notes."""
    notes = Notes("m1.md", "M", checks=(Check("SELECT 1", 4), Check("SELECT nothing", 9)))
    (found,) = proofs(postgres, ("SELECT 1", "SELECT 1"), notes=notes)
    assert found.checks == ('m1.md:9:8: column "nothing" does not exist (42703)',)


def test_every_table_gets_rows(postgres: Server) -> None:
    """Types of all kinds; what no row can be made for is named with the server's reason."""
    base = """
        CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN age AS int CHECK (VALUE > 0);
        CREATE TABLE a (id int PRIMARY KEY, m mood NOT NULL, n age NOT NULL, j jsonb NOT NULL,
            r tstzrange NOT NULL, i inet NOT NULL, b bytea NOT NULL, t timestamptz[] NOT NULL,
            x numeric(4, 2) NOT NULL, c char(3) NOT NULL, g int GENERATED ALWAYS AS (id) STORED);
        CREATE TABLE b (a int NOT NULL REFERENCES a, s text NOT NULL, UNIQUE (a, s));
        CREATE TABLE p (id int, day date NOT NULL) PARTITION BY RANGE (day);
        CREATE TABLE p2020 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
        CREATE TABLE odd (s text NOT NULL CHECK (s ~ '^[0-9]{5}-[a-f]$'));
    """
    (found,) = proofs(postgres, ("SELECT 1", "SELECT 1"), base=base)
    assert [table for table, _ in found.unfilled] == ["odd"]
    assert "odd_s_check" in found.unfilled[0][1]
