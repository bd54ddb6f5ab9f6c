"""What a tried script can reach: nothing outside of its database, on every server that is here."""

from __future__ import annotations

import resource
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from migdocs.adapters import sandbox
from migdocs.commands import verify
from migdocs.commands.verify import Options, Task
from migdocs.core.errors import DatabaseError, MachineError
from migdocs.core.model import Migration, Script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.adapters.sandbox import Server
    from migdocs.commands.verify import Report

DEBIAN, WHEEL = 15, 17


@pytest.fixture(scope="module", params=[DEBIAN, WHEEL])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Give a throw-away server of each version that is here, with no wall but PostgreSQL's own."""
    try:
        sandbox.find_binaries(request.param)
    except MachineError as error:
        pytest.skip(str(error))
    with sandbox.server(major=request.param, room=1_000_000_000, walls=()) as running:
        with psycopg.connect(running.base, autocommit=True) as admin:
            ((rules,),) = admin.execute("SHOW hba_file").fetchall()
            # Passwords count, as on most servers that somebody names.
            Path(rules).write_text("local all postgres trust\nlocal all all scram-sha-256\n")
            admin.execute("SELECT pg_reload_conf()")
        yield running


def tried(server: Server, *pairs: tuple[str, str], options: Options | None = None) -> Report:
    """Prove migrations, each given as its two scripts, on a server."""
    migrations = tuple(
        Migration(f"m{n}", Script(f"m{n}.sql", up), Script(f"m{n}_rollback.sql", down))
        for n, (up, down) in enumerate(pairs, start=1)
    )
    wanted = frozenset(migration.id for migration in migrations)
    return verify.verify(Task(Path(), None, migrations, wanted), server.base, options)


def names(server: Server) -> set[str]:
    """List the roles and databases of a server."""
    query = "SELECT rolname FROM pg_roles UNION SELECT datname FROM pg_database"
    with psycopg.connect(server.base) as connection:
        return {name for (name,) in connection.execute(query)}


def opened(folder: Path) -> Path:
    """Let every user write to a folder, so that nothing but rights keeps a program from it."""
    for parent in folder.parents[:-2]:
        parent.chmod(parent.stat().st_mode | 0o011)
    folder.chmod(0o777)
    return folder


# What somebody with a superuser's rights would run makes a file; nobody here may.
MARK = "COPY (SELECT 1) TO PROGRAM 'cat > {marker}'"
AS_WHOEVER_CALLS = f"""
    CREATE FUNCTION public.marks() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE $run${MARK}$run$;
    EXCEPTION WHEN OTHERS THEN NULL;
    END $$;
"""
# Route → what a migration does so that a program runs for it.
ROUTES = {
    "a role with the right to run programs": """
        GRANT pg_execute_server_program TO CURRENT_USER;
        {mark};
    """,
    "a role that may, made by a block": """
        DO $$ BEGIN
            EXECUTE 'CREATE ROLE runs IN ROLE pg_execute_server_program';
            EXECUTE 'GRANT runs TO CURRENT_USER';
            EXECUTE 'SET ROLE runs';
        END $$;
        {mark};
    """,
    "a cast that is looked up when rows are read": AS_WHOEVER_CALLS
    + """
        CREATE TYPE mood AS ENUM ('glad');
        CREATE FUNCTION to_json_of(mood) RETURNS json LANGUAGE plpgsql AS
            'BEGIN PERFORM public.marks(); RETURN ''1''::json; END';
        CREATE CAST (mood AS json) WITH FUNCTION to_json_of(mood);
        CREATE TABLE people (id int PRIMARY KEY, feels mood NOT NULL);
        INSERT INTO people VALUES (1, 'glad');
    """,
    "a cast to text that many rows are hashed by": AS_WHOEVER_CALLS
    + """
        CREATE TYPE mood AS ENUM ('glad');
        CREATE FUNCTION to_text_of(mood) RETURNS text LANGUAGE plpgsql AS
            'BEGIN PERFORM public.marks(); RETURN ''1''; END';
        CREATE CAST (mood AS text) WITH FUNCTION to_text_of(mood);
        CREATE TABLE people (id serial, feels mood NOT NULL);
        INSERT INTO people (feels) SELECT 'glad' FROM generate_series(1, 1200);
    """,
    "a function with the name of the server's own": AS_WHOEVER_CALLS
    + """
        CREATE SEQUENCE numbers;
        CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text LANGUAGE plpgsql AS
            'BEGIN PERFORM public.marks(); RETURN NEXT $1[1]; END';
        CREATE FUNCTION public.set_config(text, text, boolean) RETURNS text LANGUAGE plpgsql AS
            'BEGIN PERFORM public.marks(); RETURN $2; END';
        DO $$ BEGIN
            EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog',
                           current_database());
        END $$;
    """,
    "a check that is run when rows are put in": AS_WHOEVER_CALLS
    + """
        CREATE FUNCTION is_fine(int) RETURNS boolean LANGUAGE plpgsql AS
            'BEGIN PERFORM public.marks(); RETURN true; END';
        CREATE TABLE people (id int PRIMARY KEY, age int CHECK (is_fine(age)));
    """,
    "an index that is built of a function's values": AS_WHOEVER_CALLS
    + """
        CREATE FUNCTION folded(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
            'BEGIN PERFORM public.marks(); RETURN $1; END';
        CREATE TABLE people (id int PRIMARY KEY, age int);
        CREATE INDEX by_age ON people (folded(age));
    """,
    "a policy that is asked when rows are read": AS_WHOEVER_CALLS
    + """
        CREATE FUNCTION may_see() RETURNS boolean LANGUAGE plpgsql AS
            'BEGIN PERFORM public.marks(); RETURN true; END';
        CREATE TABLE people (id int PRIMARY KEY);
        ALTER TABLE people ENABLE ROW LEVEL SECURITY;
        ALTER TABLE people FORCE ROW LEVEL SECURITY;
        CREATE POLICY all_of_them ON people USING (may_see()) WITH CHECK (true);
    """,
}


@pytest.mark.parametrize("rows", [0, 50], ids=["as it is", "measured on many rows"])
@pytest.mark.parametrize("route", ROUTES)
def test_no_script_comes_to_a_program(
    server: Server, route: str, rows: int, tmp_path: Path
) -> None:
    """Whatever it makes for others to call, nobody with the right to run one calls it."""
    marker = opened(tmp_path) / "a-program-ran"
    up = ROUTES[route].replace("{mark}", MARK).replace("{marker}", str(marker))
    after = ("ALTER TABLE IF EXISTS people ADD more int", "ALTER TABLE IF EXISTS people DROP more")
    report = tried(server, (up, "SELECT 1"), after, options=Options(rows=rows))
    assert not marker.exists()
    assert report.proofs[1].rollback.verdict in {"exact", "rows-lost"}


def test_the_marker_would_be_seen(server: Server, tmp_path: Path) -> None:
    """The same statement by a superuser makes the file, so that its absence says something."""
    marker = opened(tmp_path) / "a-program-ran"
    with psycopg.connect(server.base, autocommit=True) as connection:
        connection.execute(MARK.replace("{marker}", str(marker)).encode())
    assert marker.exists()


# --- roles --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("up", "down", "verdict"),
    [
        ("CREATE ROLE made_here LOGIN PASSWORD 'x'", "DROP ROLE made_here", "exact"),
        (
            "CREATE ROLE made_here; CREATE SCHEMA s AUTHORIZATION made_here",
            "DROP SCHEMA s; DROP ROLE made_here",
            "exact",
        ),
        (
            """DO $$BEGIN CREATE ROLE made_here; EXCEPTION WHEN duplicate_object THEN NULL; END$$;
            CREATE TABLE t (id int); GRANT SELECT ON t TO made_here""",
            "DROP TABLE t; DROP ROLE IF EXISTS made_here",
            "exact",
        ),
        (
            'CREATE USER "Made Here"; CREATE GROUP u IN ROLE "Made Here"',
            'DROP ROLE u, "Made Here"',
            "exact",
        ),
        ('CREATE ROLE U&"\\006dade"', 'DROP ROLE "made"', "exact"),
        ("CREATE ROLE migdocs_try_made", "DROP ROLE migdocs_try_made", "exact"),
        ("DO $$ BEGIN EXECUTE 'CREATE ROLE ' || 'made' || '_here'; END $$", "SELECT 1", "untried"),
        ("CREATE ROLE made_here IN ROLE pg_read_server_files", "SELECT 1", "untried"),
        ("CREATE ROLE made_here; GRANT pg_read_all_data TO made_here", "SELECT 1", "untried"),
        ("ALTER ROLE CURRENT_USER CREATEROLE", "SELECT 1", "untried"),
        ("CREATE DATABASE migdocs_try_made", "SELECT 1", "differs"),
    ],
)
def test_roles_are_made_from_outside_and_nothing_of_them_stays(
    server: Server, up: str, down: str, verdict: str
) -> None:
    """What may be made is; what may not leaves the script untried, with the reason."""
    before = names(server)
    report = tried(server, (up, down), ("CREATE TABLE z (id int)", "DROP TABLE z"))
    assert [p.rollback.verdict for p in report.proofs] == [verdict, "exact"], report.proofs[0]
    assert ("--superuser" in report.proofs[0].error) == (verdict == "untried")
    assert names(server) == before


def test_an_ordinary_role_of_a_given_server_leaves_nothing_either(server: Server) -> None:
    """One that may make roles hands scripts none of that."""
    with psycopg.connect(server.base, autocommit=True) as admin:
        admin.execute("CREATE ROLE carla LOGIN CREATEDB CREATEROLE PASSWORD 'c'")
    before = names(server)
    sneaky = "DO $$ BEGIN EXECUTE 'CREATE ROLE ' || 'sneaky'; END $$"
    ordinary = replace(server, base=server.base.replace("postgres@", "carla:c@", 1))
    report = tried(
        ordinary,
        ("CREATE ROLE plain; CREATE TABLE t (id int)", "DROP TABLE t; DROP ROLE plain"),
        (sneaky, "SELECT 1"),
    )
    assert [p.rollback.verdict for p in report.proofs] == ["exact", "untried"]
    assert names(server) == before
    with psycopg.connect(server.base, autocommit=True) as admin:
        admin.execute("DROP ROLE carla")


def test_a_password_that_a_script_sets_is_its_own_to_the_end_of_it(server: Server) -> None:
    """Each role may change its own; the next session begins as every other."""
    change = "DO $$BEGIN EXECUTE format('ALTER ROLE %I PASSWORD ''mine''', current_user); END$$"
    first = f"{change}; CREATE TABLE t (id int)", "DROP TABLE t"
    report = tried(server, first, ("CREATE TABLE u (id int)", "DROP TABLE u"))
    assert [p.rollback.verdict for p in report.proofs] == ["exact", "exact"]


def test_what_scripts_do_with_the_rights_of_the_url_is_refused_or_told(server: Server) -> None:
    """A role that can make no other would be theirs; where that is asked for, changes are named."""
    dora = replace(server, base=server.base.replace("postgres@", "dora:d@", 1))
    changes = """
        ALTER ROLE dora PASSWORD 'x' VALID UNTIL '2040-01-01' CONNECTION LIMIT 3 NOINHERIT;
        GRANT eve TO dora; REVOKE fred FROM dora; ALTER ROLE dora SET work_mem = '1MB';
        ALTER DATABASE theirs CONNECTION LIMIT 9; DROP ROLE IF EXISTS gina;
    """
    others = "eve", "fred", "gina"
    with psycopg.connect(server.base, autocommit=True) as admin:
        admin.execute("CREATE ROLE dora LOGIN CREATEDB PASSWORD 'd'")
        for name in others:
            admin.execute(f"CREATE ROLE {name}".encode())
        admin.execute("GRANT fred TO dora")
        admin.execute("CREATE DATABASE theirs")
        try:
            with pytest.raises(DatabaseError, match="'dora' may not create roles") as caught:
                tried(dora, ("SELECT 1", "SELECT 1"))
            assert "CREATEROLE" in caught.value.hint
            report = tried(server, (changes, "SELECT 1"), options=Options(superuser=True))
            assert report.proofs[0].error == ""
            dora_now = {
                what for kind, name, what in report.changed if (kind, name) == ("role", "dora")
            }
            assert dora_now == {
                "CONNECTION LIMIT", "INHERIT", "VALID UNTIL", "membership in eve",
                "membership in fred", "password", "settings",
            }  # fmt: skip
            rest = {one for one in report.changed if one[1] != "dora"}
            assert rest == {("database", "theirs", "CONNECTION LIMIT"), ("role", "gina", "")}
        finally:
            admin.execute("DROP DATABASE theirs")
            for name in ("dora", *others):
                admin.execute(f"DROP ROLE IF EXISTS {name}".encode())


# --- blame --------------------------------------------------------------------------------------


def test_what_triggers_make_of_our_rows_is_no_difference(server: Server) -> None:
    """Tables that a trigger makes for rows of ours are not what a rollback forgot."""
    make = """
        CREATE TABLE teams (id serial PRIMARY KEY, name text NOT NULL);
        CREATE TABLE notes (id serial PRIMARY KEY, body text);
        CREATE FUNCTION part() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            EXECUTE format('CREATE TABLE part_%s (x int)', NEW.id); RETURN NULL; END $$;
        CREATE TRIGGER t AFTER INSERT ON teams FOR EACH ROW EXECUTE PROCEDURE part();
    """
    report = tried(
        server,
        (make, "DROP TABLE teams, notes; DROP FUNCTION part()"),
        ("ALTER TABLE notes ADD extra text", "ALTER TABLE notes DROP extra"),
    )
    assert [p.rollback.verdict for p in report.proofs] == ["exact", "exact"]


def test_what_only_the_scripts_role_may_not_do_is_untried(server: Server) -> None:
    """The script is not to blame: no verdict, and how it can be tried."""
    own = "ALTER TABLE a OWNER TO postgres"
    report = tried(
        server,
        ("CREATE TABLE a (id int PRIMARY KEY)", "DROP TABLE a"),
        ("DROP TABLE a", f"CREATE TABLE a (id int PRIMARY KEY); {own}"),
    )
    assert [p.rollback.verdict for p in report.proofs] == ["exact", "untried"]
    assert "--superuser" in report.proofs[1].rollback.differences[0].text
    report = tried(
        server,
        (f"CREATE TABLE a (id int PRIMARY KEY); {own}", "DROP TABLE a"),
        ("ALTER TABLE a ADD b int", "ALTER TABLE a DROP b"),
    )
    assert [p.rollback.verdict for p in report.proofs] == ["untried", "exact"]


def test_a_literal_now_is_no_difference(server: Server) -> None:
    """Each run works it out anew."""
    make = "CREATE TABLE t (at timestamptz DEFAULT 'now', day timestamp DEFAULT 'now'::timestamp)"
    (found,) = tried(server, (make, "DROP TABLE t")).proofs
    assert found.rollback.verdict == "exact", found.rollback.differences


@pytest.mark.parametrize("change", ["lower(name)", "upper(name)", "trim(name)", "rtrim(name)"])
def test_lower_casing_and_trimming_are_seen(server: Server, change: str) -> None:
    """Texts that we put in have capitals, and blanks at both ends."""
    report = tried(
        server,
        ("CREATE TABLE t (id int PRIMARY KEY, name text)", "DROP TABLE t"),
        (f"UPDATE t SET name = {change}", "SELECT 1"),
    )
    assert report.proofs[1].rollback.verdict == "rows-lost"


def test_rows_that_nobody_reads_are_not_held(server: Server) -> None:
    """A result of 1.5 GB takes next to nothing of ours."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    big = "SELECT repeat('x', 1000000) FROM generate_series(1, 1500)"
    (found,) = tried(server, (big, big)).proofs
    assert found.rollback.verdict == "exact"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB
