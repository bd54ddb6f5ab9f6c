"""A database that is another's: whatever is run there, nothing in it changes."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.tracking_tables import NAMED, TABLES, ddl

from migdocs.adapters import sandbox
from migdocs.adapters.database import landscape, session
from migdocs.adapters.layouts import TRACKERS
from migdocs.commands.apply import apply
from migdocs.commands.place import find, target
from migdocs.core.errors import DatabaseError

if TYPE_CHECKING:
    from tests.scenarios.conftest import Workplace

NATIVE = 'layout = "native"\n'
CHANGES = (
    ("apply", "--yes"),
    ("apply", "--yes", "--take-over"),
    ("migrate", "--yes"),
    ("migrate", "--yes", "--take-over"),
    ("rollback", "--yes"),
    ("repair", "20260101_orders", "--as", "applied", "--reason", "because", "--yes"),
)


def execute(url: str, statements: str) -> None:
    """Run statements as their owner would."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statements.encode())


def dumped(url: str) -> str:
    """Give all of a database as text, without the word that pg_dump draws anew each time."""
    program = sandbox.find_binaries().program("pg_dump")
    done = subprocess.run([program, "--dbname", url], check=True, capture_output=True, text=True)
    return re.sub(r"^\\(un)?restrict .*$", "", done.stdout, flags=re.MULTILINE)


@pytest.fixture
def shop(empty: Workplace) -> Workplace:
    """Give a project of native triples that would drop what another may have made."""
    empty.write("migdocs.toml", NATIVE)
    empty.write(
        "migrations/20260101_orders.sql",
        "drop table if exists orders; create table orders (id int);",
    )
    empty.write("migrations/20260101_orders_rollback.sql", "drop table orders;")
    return empty


@pytest.mark.parametrize("runner", TABLES)
def test_every_known_tools_table_is_seen_and_apply_changes_nothing(
    runner: str, shop: Workplace, database: str
) -> None:
    """In any schema, made as the tool makes it; with the user's consent to take over, too."""
    execute(database, ddl(runner) + ddl(runner, "app") + "create table orders as select 1 as id;")
    before = dumped(database)
    with session.connected(database, writes=False) as asking:
        shown = landscape.read(asking, TRACKERS)
    filled = [tracked for tracked in shown.trackers if tracked.rows]
    assert filled[0].tracker.runner == runner
    assert {"app", "public"} == {
        tracked.relation.schema for tracked in filled if tracked.tracker.runner == runner
    }
    place = find(shop.root)
    with (
        target(place, database, lambda _: None, take_over=True) as found,
        pytest.raises(DatabaseError, match="migrates this database: app\\."),
    ):
        apply(place.migrations, found)
    assert dumped(database) == before


@pytest.mark.parametrize("runner", ["goose", "flyway", "rails"])
def test_no_command_changes_another_tools_database(
    runner: str, shop: Workplace, database: str
) -> None:
    """Each ends with 4, names the tool and its command, and a dump before and after is the same."""
    execute(database, ddl(runner, "app") + "create table orders as select 1 as id;")
    before = dumped(database)
    for command in CHANGES:
        done = shop.migdocs(*command, env={"DATABASE_URL": database})
        assert done.code == 4, (command, done)
        assert f"{runner} migrates this database: app." in done.err.lower()
        assert "Hint: run '" in done.err
        assert dumped(database) == before


@pytest.mark.parametrize(
    "tables",
    [
        "create table orders as select 1 as id;",
        "create schema app; create table app.schema_migrations (version text, success bool);",
        "create view seen as select 1 as id;",
        "create materialized view seen as select 1 as id;",
        "create table parts (at date) partition by range (at);",
        *(
            ddl(runner) + f"alter table {name} rename to kept_by_us;"
            for runner, name in NAMED.items()
        ),
    ],
)
def test_tables_without_a_history_are_left_alone(
    tables: str, shop: Workplace, database: str
) -> None:
    """Tables of the user's, whatever they are called; a tool's under a name that hides the tool."""
    execute(database, tables)
    before = dumped(database)
    done = shop.migdocs("migrate", "--yes", env={"DATABASE_URL": database})
    assert done.code == 4
    assert "this database has tables, and no history of what ran in it" in done.err
    assert "migdocs baseline --to VERSION" in done.err
    assert dumped(database) == before


def test_tables_of_extensions_and_temporary_ones_are_nobodys(
    shop: Workplace, database: str
) -> None:
    """A new database with extensions is as good as empty."""
    execute(database, "create extension pg_stat_statements; create extension pg_buffercache;")
    done = shop.migdocs("apply", "--yes", env={"DATABASE_URL": database})
    assert done.code == 0, done.err


def test_a_database_is_taken_over_aloud_once(shop: Workplace, database: str) -> None:
    """From then on it has a history of ours, and needs no option."""
    execute(database, "create table customers as select 1 as id;")
    env = {"DATABASE_URL": database}
    assert shop.migdocs("apply", "--yes", env=env).code == 4
    assert shop.migdocs("apply", "--yes", "--take-over", env=env).code == 0
    shop.write("migrations/20260102_more.sql", "create table more (id int);")
    assert shop.migdocs("apply", "--yes", env=env).code == 0


def test_a_failure_alone_is_no_history(shop: Workplace, database: str) -> None:
    """What was taken over and left nothing still asks: tables came from elsewhere meanwhile."""
    env = {"DATABASE_URL": database}
    shop.write("migrations/20260101_orders.sql", "select nope;")
    assert shop.migdocs("apply", "--yes", env=env).code == 4
    execute(database, "create table customers as select 1 as id;")
    shop.write("migrations/20260101_orders.sql", "drop table customers;")
    done = shop.migdocs("apply", "--yes", env=env)
    assert (done.code, "no history of what ran in it" in done.err) == (4, True)


def test_a_runners_project_is_not_run_by_us_in_an_empty_database(
    empty: Workplace, database: str
) -> None:
    """Its runner would run the seed again."""
    seed = "-- +goose Up\ninsert into seeds values (1);\n-- +goose Down\ndelete from seeds;\n"
    empty.write("migrations/00001_seed.sql", seed)
    env = {"DATABASE_URL": database}
    before = dumped(database)
    for command in (("apply", "--yes"), ("migrate", "--yes"), ("rollback", "--yes")):
        done = empty.migdocs(*command, env=env)
        assert done.code == 2, done
        assert "goose applies this project's migrations" in done.err
        assert "goose" in done.err.split("Hint: ")[1]
        assert dumped(database) == before


@pytest.mark.parametrize(
    ("path", "script"),
    [
        ("1-orders.sql", "-- +migrate Up\nselect 1;\n-- +migrate Down\ndrop table orders;\n"),
        ("001_orders.sql", "select 1;\n---- create above / drop below ----\ndrop table orders;\n"),
        ("20260101000000_orders.sql", "-- // orders\nselect 1;\n-- //@UNDO\ndrop table orders;\n"),
    ],
)
def test_scripts_of_both_ways_are_not_taken_for_one(
    path: str, script: str, empty: Workplace, database: str
) -> None:
    """A thousand rows were gone; said aloud, only the half that goes forward runs."""
    empty.write(f"migrations/{path}", script)
    execute(database, "create table orders as select generate_series(1, 1000) as id;")
    before = dumped(database)
    for command in (("apply", "--yes"), ("migrate", "--yes")):
        done = empty.migdocs(*command, env={"DATABASE_URL": database})
        assert done.code in {2, 4}, done
        assert "Hint: " in done.err
        assert dumped(database) == before
    # Said aloud, the half that goes forward runs, and only that.
    empty.migdocs("apply", "--yes", "--take-over", env={"DATABASE_URL": database})
    with psycopg.connect(database) as connection:
        assert connection.execute("select count(*) from orders").fetchone() == (1000,)


def test_status_says_whose_a_database_is(shop: Workplace, database: str) -> None:
    """For people as a line, for programs as a list."""
    execute(database, ddl("flyway", "app"))
    env = {"DATABASE_URL": database}
    assert "tracked by: Flyway (app.flyway_schema_history)" in shop.migdocs("status", env=env).out
    found = json.loads(shop.migdocs("status", "--json", env=env).out)
    assert found["tracked_by"] == [{"runner": "flyway", "table": "app.flyway_schema_history"}]


def test_a_setting_gives_the_migrations_to_the_application(shop: Workplace, database: str) -> None:
    """The gate says so, and that the new version is to be started."""
    shop.write("migdocs.toml", NATIVE + 'applied_by = "application"\n')
    done = shop.migdocs("migrate", "--yes", env={"DATABASE_URL": database})
    assert done.code == 2
    assert "the application applies its migrations itself when it starts" in done.err
    assert "Start the new version instead." in done.err
