"""A database that another tool has kept is taken over from that tool's own table."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
import pytest

from migdocs.adapters.layouts import flyway_checksum, layout_named
from migdocs.commands.baseline import baseline_from_runner
from migdocs.commands.target import Target
from migdocs.core.errors import DatabaseError, MigdocsError
from migdocs.core.model import Migration, Script


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
