"""A database that another tool has kept is taken over from that tool's own table."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
import pytest
from tests.tracking_tables import ddl

from migdocs.adapters.layouts import flyway_checksum, layout_named
from migdocs.commands.baseline import baseline, baseline_from_runner
from migdocs.commands.target import Target
from migdocs.core.errors import DatabaseError, MigdocsError
from migdocs.core.model import Migration, Script
from migdocs.core.settings import SessionOptions


@dataclass(frozen=True)
class Case:
    """One tool's table, and what of the project it says was run."""

    layout: str
    ids: tuple[str, ...]
    table: str
    applied: tuple[str, ...]
    unknown: tuple[str, ...] = ()


CASES = [
    Case(
        "native",
        ("20260101_a", "20260102_b"),
        """
        create table schema_migrations (version text, success bool);
        insert into schema_migrations values ('20260101_a', true), ('20260102_b', false);
        """,
        ("20260101_a",),
    ),
    Case(
        "golang-migrate",
        ("1_a", "2_b", "3_c"),
        """
        create table schema_migrations (version bigint, dirty bool);
        insert into schema_migrations values (2, false);
        """,
        ("1_a", "2_b"),
    ),
    Case(
        "dbmate",
        ("20260101_a", "20260102_b"),
        """
        create table schema_migrations (version varchar);
        insert into schema_migrations values ('20260102'), ('7');
        """,
        ("20260102_b",),
        ("7",),
    ),
    Case(
        "goose",
        ("00001_a", "00002_b"),
        """
        create table goose_db_version
            (id serial, version_id bigint, is_applied bool, tstamp timestamp default now());
        insert into goose_db_version (version_id, is_applied)
        values (0, true), (1, true), (2, true), (2, false);
        """,
        ("00001_a",),
    ),
    Case(
        "flyway",
        ("V1__a", "V2__b", "V3__c", "R__r"),
        """
        create table flyway_schema_history (installed_rank int, version text, description text,
            type text, script text, checksum int, success bool);
        insert into flyway_schema_history values
            (1, '1', 'a', 'SQL', 'sub/V1__a.sql', {OF_NOTHING}, true),
            (2, '3', 'c', 'JDBC', 'db.migration.V3__c', null, true),
            (3, null, 'r', 'SQL', 'R__r.sql', 0, true);
        """.replace("{OF_NOTHING}", str(flyway_checksum("select 1;"))),
        ("V1__a", "V3__c"),
    ),
]


def migrations(*ids: str) -> list[Migration]:
    """Give migrations whose scripts do nothing."""
    return [
        Migration(name, Script(f"{name}.sql", "select 1;"), repeatable=name.startswith("R__"))
        for name in ids
    ]


def run(url: str, statements: str) -> None:
    """Run statements as that other tool would have."""
    with psycopg.connect(url) as connection:
        connection.execute(statements.encode())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.layout)
def test_what_another_tool_ran_is_taken_over_once(database: str, case: Case) -> None:
    """Its own table says it; what the project does not have is named."""
    run(database, case.table)
    layout = layout_named(case.layout)
    found = baseline_from_runner(migrations(*case.ids), Target(database), layout)
    assert tuple(event.migration for event in found.events) == case.applied
    assert found.unknown == case.unknown
    assert all("schema" in event.reason or "goose" in event.reason for event in found.events)
    again = baseline_from_runner(migrations(*case.ids), Target(database), layout)
    assert again.events == ()


def test_a_schema_that_flyway_took_over_has_all_before_it(database: str) -> None:
    """A baseline's row stands for every version up to its own; none of them has a row."""
    run(
        database,
        """
        create table flyway_schema_history (installed_rank int, version text, type text,
            script text, checksum int, success bool);
        insert into flyway_schema_history values
            (1, '9', 'BASELINE', '<< Flyway Baseline >>', null, true);
        """,
    )
    there = migrations("V2__a", "V9__b", "V9.1__c", "V10__d", "R__e")
    found = baseline_from_runner(there, Target(database), layout_named("flyway"))
    assert [event.migration for event in found.events] == ["V2__a", "V9__b"]
    assert found.unknown == ()


def test_a_checksum_that_disagrees_is_refused(database: str) -> None:
    """The ledger must not say of today's script that it was run: another one was."""
    run(
        database,
        """
        create table flyway_schema_history (installed_rank int, version text, type text,
            script text, checksum int, success bool);
        insert into flyway_schema_history values (1, '1', 'SQL', 'V1__a.sql', 42, true);
        """,
    )
    with pytest.raises(DatabaseError, match=r"V1__a\.sql:1: .*checksum 42; now it is") as caught:
        baseline_from_runner(migrations("V1__a"), Target(database), layout_named("flyway"))
    assert "flyway repair" in caught.value.hint


def test_a_missing_table_is_named_with_the_way_that_needs_none(database: str) -> None:
    """The hint says how to go on without a table."""
    with pytest.raises(MigdocsError, match="no table 'schema_migrations'") as caught:
        baseline_from_runner(migrations("a"), Target(database), layout_named("native"))
    assert "baseline --to" in caught.value.hint


def test_a_table_of_another_tool_is_an_error_and_no_guess(database: str) -> None:
    """The name is the same, the columns are not."""
    run(database, "create table schema_migrations (id int)")
    with pytest.raises(DatabaseError, match="column"):
        baseline_from_runner(migrations("a"), Target(database), layout_named("native"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.layout)
def test_the_runners_table_is_found_in_any_schema(database: str, case: Case) -> None:
    """Many projects keep it beside their tables, in a schema of the application's own."""
    run(database, f"create schema app; set search_path = app; {made_by_tool(case)}")
    found = baseline_from_runner(migrations(*case.ids), Target(database), layout_named(case.layout))
    assert tuple(event.migration for event in found.events) == case.applied
    assert {event.reason.split(".")[0] for event in found.events} == {"from app"}


def made_by_tool(case: Case) -> str:
    """Give a case's table with all the columns that Flyway gives it; others have them already."""
    more = "add installed_by text, add installed_on timestamp, add execution_time int"
    if case.layout == "flyway":
        return f"{case.table} alter table flyway_schema_history {more};"
    return case.table


def test_two_tables_of_one_runner_are_a_question(database: str) -> None:
    """The search path of the settings answers it."""
    table = "create table {0}.schema_migrations as select 1::bigint as version, false as dirty;"
    run(database, "create schema app;" + table.format("app") + table.format("public"))
    layout, there = layout_named("golang-migrate"), migrations("1_a")
    with pytest.raises(
        MigdocsError, match=r"several tables .*: app\.schema_mig.*, public\."
    ) as told:
        baseline_from_runner(there, Target(database), layout)
    assert "search_path" in told.value.hint
    target = Target(database, SessionOptions(search_path="app, public"))
    assert len(baseline_from_runner(there, target, layout).events) == 1


def test_another_tools_table_is_named(database: str) -> None:
    """The layout was set for another tool than the one that ran here."""
    run(database, ddl("goose", "app"))
    with pytest.raises(MigdocsError, match=r"but one of goose: app\.goose_db_version") as caught:
        baseline_from_runner(migrations("a"), Target(database), layout_named("native"))
    assert "set 'layout'" in caught.value.hint


BROKEN_OFF = {
    "golang-migrate": "update app.schema_migrations set dirty = true",
    "flyway": "update app.flyway_schema_history set success = false",
    "sqlx": "update app._sqlx_migrations set success = false",
    "prisma": "update app._prisma_migrations set finished_at = null",
    "liquibase": "insert into app.databasechangelog (id, author, filename, dateexecuted,"
    " orderexecuted, exectype) values ('1', 'a', 'f', now(), 1, 'FAILED')",
    "atlas": "update app.atlas_schema_revisions set applied = 1, total = 2",
    "play": "update app.play_evolutions set state = 'applying_up'",
    "evolve": "update app.changelog set success = false",
}


@pytest.mark.parametrize("runner", BROKEN_OFF)
def test_an_unfinished_row_stops_every_baseline(database: str, runner: str) -> None:
    """What it left is not known, and no declaration makes it so; nothing is written."""
    run(database, ddl(runner, "app") + BROKEN_OFF[runner])
    layout = layout_named(runner if runner in {"golang-migrate", "flyway", "sqlx"} else "native")
    with pytest.raises(DatabaseError, match=rf"(?i)^app\..* of {runner} says that") as caught:
        baseline_from_runner(migrations("1_a"), Target(database), layout)
    assert "then 'migdocs baseline' again." in caught.value.hint
    with pytest.raises(DatabaseError, match="says that"):
        baseline(migrations("1_a"), Target(database), ["1_a"])
    with psycopg.connect(database) as connection:
        assert connection.execute("select count(*) from migdocs_ledger").fetchone() == (0,)


@pytest.mark.parametrize("runner", sorted(BROKEN_OFF))
def test_finished_rows_stop_nothing(database: str, runner: str) -> None:
    """Each tool's table as it is after a good run lets a version be declared."""
    run(database, ddl(runner, "app"))
    assert len(baseline(migrations("1_a"), Target(database), ["1_a"]).events) == 1
