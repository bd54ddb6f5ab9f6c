"""What needs a table or column, and what type a query's column has: as the server would say."""

from __future__ import annotations

import pytest

from migdocs.core.hazards import check_script

SCHEMA = "CREATE TABLE users (id bigint PRIMARY KEY, name text, visits int, rate numeric);"
BOUND = "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT id FROM users; END;"
A_TEXT = "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT id FROM users';"


def refused(sql: str, given: str) -> list[str]:
    """Give the messages of what a server is sure to refuse."""
    found = check_script(sql, "a.sql", postgres=15, schema_text=SCHEMA + given)
    return [item.message for item in found if "(2BP01)" in item.message or "42P16" in item.message]


@pytest.mark.parametrize(
    ("sql", "given", "needed"),
    [
        ("DROP TABLE users", BOUND, True),
        ("DROP TABLE users", A_TEXT, False),
        ("ALTER TABLE users DROP COLUMN id", BOUND, True),
        ("ALTER TABLE users DROP COLUMN name", BOUND, False),
        ("DROP FUNCTION f(); DROP TABLE users", BOUND, False),
        ("DROP FUNCTION f; ALTER TABLE users DROP COLUMN id", BOUND, False),
    ],
)
def test_a_body_in_standard_sql_holds_what_it_reads(sql: str, given: str, *, needed: bool) -> None:
    """A body that is a text does not, and one that is dropped before holds nothing."""
    assert [("the function 'f()'" in message) for message in refused(sql, given)] == [True] * needed


@pytest.mark.parametrize(
    ("written", "type_"),
    [
        ("name || 'x'", "text"),
        ("visits + 1", "integer"),
        ("visits * rate", "numeric"),
        ("visits > 1", "boolean"),
        ("max(visits)", "integer"),
        ("sum(visits)", "bigint"),
        ("count(*)", "bigint"),
        ("visits::smallint", "smallint"),
    ],
)
def test_the_type_of_a_views_column_is_known(written: str, type_: str) -> None:
    """The same again is no other type, and what is another is refused with both named."""
    given = f"CREATE VIEW v AS SELECT {written} AS x FROM users;"
    assert refused(f"CREATE OR REPLACE VIEW v AS SELECT {written} AS x FROM users", given) == []
    (message,) = refused("CREATE OR REPLACE VIEW v AS SELECT '2026-01-01'::date AS x", given)
    assert f"changes the type of 'x' from {type_} to date" in message


def test_a_routine_that_was_dropped_before_is_no_overload() -> None:
    """Whatever its arguments; one that is still there is."""
    other = "CREATE FUNCTION f(n int) RETURNS bigint LANGUAGE sql AS 'SELECT 1'"
    told = [
        {item.rule for item in check_script(sql, "a.sql", postgres=15, schema_text=SCHEMA + A_TEXT)}
        for sql in (other, f"DROP FUNCTION f(); {other}", f"DROP VIEW IF EXISTS f; {other}")
    ]
    assert ["fn-overload" in rules for rules in told] == [True, False, True]
