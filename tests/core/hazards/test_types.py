"""Columns that get another type: what hazards.md measured, part B."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

DOMAINS = (
    "CREATE DOMAIN positive AS int CHECK (value > 0); CREATE DOMAIN any_int AS int;"
    " CREATE TYPE mood AS ENUM ('calm');"
)

# old type, new type, rule, whether the table is rewritten (measured on 10 to 18)
PAIRS = [
    ("integer", "bigint", "type-int-bigint", True),
    ("smallint", "integer", "type-int-bigint", True),
    ("bigint", "integer", "type-narrow", True),
    ("numeric(12,2)", "numeric(10,2)", "type-narrow", True),
    ("timestamp(6)", "timestamp(3)", "type-narrow", True),
    ("varchar(50)", "varchar(20)", "type-narrow", True),
    ("interval", "interval(3)", "type-narrow", True),
    ("varchar(20)", "varchar(50)", "type-varchar-widen", False),
    ("varchar(20)", "varchar", "type-varchar-widen", False),
    ("varchar(20)", "text", "type-varchar-widen", False),
    ("text", "varchar", "type-varchar-widen", False),
    ("text", "varchar(20)", "type-text-varcharn", True),
    ("varchar", "varchar(20)", "type-text-varcharn", True),
    ("char(5)", "char(9)", "type-text-varcharn", True),
    ("char(5)", "text", "type-text-varcharn", True),
    ("varchar(5)", "char(5)", "type-text-varcharn", True),
    ("numeric(10,2)", "numeric(12,2)", "type-numeric-up", False),
    ("numeric(10,2)", "numeric", "type-numeric-up", False),
    ("numeric(10,2)", "numeric(12,4)", "type-numeric-up", True),
    ("cidr", "inet", "type-binary-ok", False),
    ("varbit(3)", "varbit(5)", "type-binary-ok", False),
    ("varbit(3)", "varbit", "type-binary-ok", False),
    ("timestamp(3)", "timestamp", "type-binary-ok", False),
    ("timestamptz(3)", "timestamptz(6)", "type-binary-ok", False),
    ("time(3)", "time", "type-binary-ok", False),
    ("interval(3)", "interval", "type-binary-ok", False),
    ("integer", "any_int", "type-binary-ok", False),
    ("any_int", "integer", "type-binary-ok", False),
    ("text", "text", "type-binary-ok", False),
    ("xml", "text", "type-binary-ok", False),
    ("integer", "positive", "type-domain-con", True),
    ("mood", "text", "type-using", True),
    ("json", "jsonb", "type-using", True),
    ("integer", "numeric", "type-using", True),
    ("inet", "cidr", "type-using", True),
    ("varchar(20)[]", "varchar(50)[]", "type-using", True),
    ("varchar[]", "text[]", "type-using", True),
    ("timestamptz", "date", "type-using", True),
]


@pytest.mark.parametrize(("old", "new", "rule", "rewrite"), PAIRS)
def test_a_known_type_changes(
    judged: Callable, old: str, new: str, rule: str, *, rewrite: bool
) -> None:
    """The old type decides which rule it is, and whether the rows are rewritten."""
    given = DOMAINS + f"CREATE TABLE t (c {old});"
    (hazard,) = (
        h
        for h in judged(f"ALTER TABLE t ALTER c TYPE {new}", given)
        if not h.rule.startswith("tx-")
    )
    assert (hazard.rule, hazard.rewrite) == (rule, rewrite)
    assert (hazard.lock, hazard.on) == ("ACCESS EXCLUSIVE", ("t",))


@pytest.mark.parametrize(("old", "new", "rule", "rewrite"), PAIRS)
def test_a_using_that_only_casts_changes_nothing(
    judged: Callable, old: str, new: str, rule: str, *, rewrite: bool
) -> None:
    """PostgreSQL 15 did the same with and without it for every pair that was measured."""
    given = DOMAINS + f"CREATE TABLE t (c {old});"
    sql = f"ALTER TABLE t ALTER c TYPE {new} USING c::{new}"
    found = {h.rule: h.rewrite for h in judged(sql, given)}
    assert found[rule] == rewrite


@pytest.mark.parametrize(
    ("new", "rule"),
    [
        ("bigint", "type-int-bigint"),
        ("smallint", "type-narrow"),
        ("varchar(20)", "type-text-varcharn"),
        ("timestamptz", "type-ts-tstz"),
        ("text USING c::text", "type-using"),
        ("jsonb", "type-using"),
    ],
)
def test_an_unknown_type_is_assumed_to_be_rewritten(judged: Callable, new: str, rule: str) -> None:
    """Without the history the worse is assumed: a rewrite, and a major impact."""
    (hazard,) = (
        h for h in judged(f"ALTER TABLE t ALTER c TYPE {new}") if not h.rule.startswith("tx-")
    )
    assert (hazard.rule, hazard.rewrite, hazard.impact) == (rule, True, "major")


@pytest.mark.parametrize(
    ("setting", "postgres", "rewrite"),
    [
        ("SET timezone = 'UTC';", 15, False),
        ("SET LOCAL timezone TO utc;", 12, False),
        ("SET TIME ZONE 'UTC';", 18, False),
        ("SET timezone = 'UTC';", 11, True),
        ("SET timezone = 'Europe/Paris';", 15, True),
        ("", 15, True),
    ],
)
def test_time_zones(judged: Callable, setting: str, postgres: int, *, rewrite: bool) -> None:
    """Since 12 timestamp and timestamptz are the same bytes where the session is in UTC."""
    given = "CREATE TABLE t (c timestamp);"
    sql = setting + "ALTER TABLE t ALTER c TYPE timestamptz"
    hazard = next(h for h in judged(sql, given, postgres=postgres) if h.rule == "type-ts-tstz")
    assert (hazard.rewrite, hazard.impact) == (rewrite, "major")


KEYED = (
    "CREATE TABLE p (id int PRIMARY KEY);"
    " CREATE TABLE c (id int PRIMARY KEY, p_id int REFERENCES p, name varchar(9),"
    " CONSTRAINT named CHECK (name <> ''));"
)


@pytest.mark.parametrize(
    ("sql", "on"),
    [
        ("ALTER TABLE c ALTER p_id TYPE bigint", ("c", "p")),
        ("ALTER TABLE p ALTER id TYPE bigint", ("p", "c")),
    ],
)
def test_both_ends_of_a_foreign_key_are_locked(
    judged: Callable, sql: str, on: tuple[str, ...]
) -> None:
    """A changed column of a key locks the other table as strongly, and is checked again."""
    hazard = next(h for h in judged(sql, KEYED) if h.rule == "type-fk-col")
    assert (hazard.lock, hazard.on) == ("ACCESS EXCLUSIVE", on)
    assert (hazard.rewrite, hazard.scan, hazard.impact) == (True, True, "major")


def test_a_check_is_verified_again(judged: Callable) -> None:
    """Even where the bytes stay the same, all rows are read."""
    found = {h.rule: h for h in judged("ALTER TABLE c ALTER name TYPE text", KEYED)}
    assert not found["type-varchar-widen"].rewrite
    assert found["type-check-col"].scan


@pytest.mark.parametrize(
    ("view", "sql", "refused"),
    [
        ("SELECT name FROM c", "ALTER TABLE c ALTER name TYPE text", True),
        ("SELECT * FROM c", "ALTER TABLE c ALTER name TYPE text", True),
        ("SELECT x.name FROM c AS x", "ALTER TABLE c DROP COLUMN name", True),
        ("SELECT id FROM c", "ALTER TABLE c ALTER name TYPE text", False),
        ("SELECT p.id, c.name FROM c, p", "ALTER TABLE p ALTER id TYPE bigint", True),
        ("SELECT c.id FROM c, p", "ALTER TABLE p ALTER id TYPE bigint", False),
        ("SELECT name FROM c", "ALTER TABLE c DROP COLUMN name CASCADE", False),
        ("SELECT * FROM (SELECT id FROM c) x", "ALTER TABLE c ALTER name TYPE text", False),
        ("SELECT x.* FROM p JOIN c x ON true", "ALTER TABLE c ALTER name TYPE text", True),
        ("SELECT p.* FROM p JOIN c ON true", "ALTER TABLE c ALTER name TYPE text", False),
    ],
)
def test_a_view_forbids_the_change(judged: Callable, view: str, sql: str, *, refused: bool) -> None:
    """PostgreSQL refuses to change a column that a view uses (0A000, 2BP01)."""
    found = judged(sql, f"{KEYED} CREATE VIEW v AS {view};")
    assert [h.severity for h in found if h.rule == "type-view-dep"] == ["error"] * refused


def test_a_generated_column_forbids_it_too(judged: Callable) -> None:
    """What a stored value is computed from cannot change its type."""
    given = "CREATE TABLE t (a int, twice int GENERATED ALWAYS AS (a * 2) STORED);"
    found = judged("ALTER TABLE t ALTER a TYPE bigint", given)
    assert "the generated column 'twice'" in next(
        h.message for h in found if h.rule == "type-view-dep"
    )


@pytest.mark.parametrize(("index", "scan"), [("CREATE INDEX ON t (c);", True), ("", False)])
def test_a_collation_rebuilds_indexes(judged: Callable, index: str, *, scan: bool) -> None:
    """The rows stay as they are; an index over the column does not."""
    given = f"CREATE TABLE t (c text); {index}"
    sql = 'ALTER TABLE t ALTER c TYPE text COLLATE "C"'
    hazard = next(h for h in judged(sql, given) if h.rule == "type-collate")
    assert (hazard.rewrite, hazard.scan, hazard.impact) == (False, scan, "major")
