"""PostgreSQL's parser behind our own errors: places, hints, and text that would end the process."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migdocs.core.sql import plpgsql
from migdocs.core.sql.parser import Parsed, depth, parse, parse_all
from migdocs.core.sql.script import split


def read(sql: str) -> Parsed:
    """Parse the first statement of a script."""
    return parse(split(sql)[0], "a.sql")


# A script → its error as a user sees it.
ERRORS = {
    "\n  SELECT 1 FRO m": 'a.sql:2:16: syntax error at or near "m"',
    "SELECT 'é', 'é'\n  FRO m": 'a.sql:2:7: syntax error at or near "m"',
    "SELECT (1": "a.sql:1:10: syntax error at end of input",
    "SELECT 'a": 'a.sql:1:8: unterminated quoted string at or near "\'a"',
    "SELECT '\0'": "a.sql:1:9: SQL cannot contain a NUL byte",
}


@pytest.mark.parametrize("sql", ERRORS)
def test_errors_have_line_and_column(sql: str) -> None:
    """Both from 1, in characters, in the file."""
    assert str(read(sql).error) == ERRORS[sql]


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("CREATE TABLE `a` (b int)", "MySQL"),
        ("CREATE TABLE a (b int AUTO_INCREMENT)", "another database"),
        ("PRAGMA foreign_keys = ON", "another database"),
        ("ALTER TABLE [dbo].[a] ADD b int", "SQL Server"),
    ],
)
def test_another_dialect_is_named(sql: str, word: str) -> None:
    """The hint says whose language it looks like."""
    error = read(sql).error
    assert error
    assert word in error.hint


def test_one_bad_statement_hides_no_other() -> None:
    """Those around it are read, however many are read at once."""
    script = "DROP TABLE a;\n" * 300 + "DROP TABEL b;\n" + "DROP TABLE c;\n" * 300
    parsed = parse_all(split(script), "a.sql")
    assert [p.statement.line for p in parsed if p.error] == [301]
    assert sum(p.kind == "drop_stmt" for p in parsed) == 600


def test_what_is_no_sql_is_not_read() -> None:
    """Commands and variables of psql have neither tree nor error."""
    for sql in ("\\i f.sql", "SELECT :a", "-- nothing"):
        assert (read(sql).kind, read(sql).error) == ("", None)


def test_bytes_that_are_no_utf8_do_not_stop_the_reading() -> None:
    """They come as surrogates; the server will judge them."""
    assert read("SELECT '\udcff'").kind == "select_stmt"


def test_long_chains_are_read() -> None:
    """Protobuf's own limit of 100 levels would refuse a hundred concatenations."""
    assert read("SELECT " + "||".join(["a"] * 500)).kind == "select_stmt"


@pytest.mark.parametrize(
    "nested",
    [
        "SELECT " + "||".join(["a"] * 200_000),
        "SELECT " + "- " * 100_000 + "a",
        "SELECT " + "NOT " * 100_000 + "a",
        "SELECT 1, 2 " + "UNION SELECT 1, 2 " * 50_000,
        "SELECT " + "(SELECT " * 50_000 + "1" + ")" * 50_000,
        "SELECT " + "f(1," * 50_000 + "1" + ")" * 50_000,
        "SELECT E'\\''" + "||a" * 100_000,
        "SELECT $x$'$x$" + "||a" * 100_000,
        "SELECT 1 -- '\r" + "||a" * 100_000,
    ],
    ids=["chain", "minus", "not", "union", "subquery", "call", "escape", "dollar", "comment"],
)
def test_nesting_that_would_end_the_process_is_an_error(nested: str) -> None:
    """Also where quotes and comments try to hide it."""
    error = read(nested).error
    assert error
    assert "nests too deep" in error.message


def test_long_lists_are_not_deep() -> None:
    """A statement may insert a million rows."""
    script = "INSERT INTO t VALUES " + ", ".join(["(1, 'it''s', now(), a || b)"] * 5_000)
    assert depth(script) < 30
    assert read(script).kind == "insert_stmt"


def test_bodies_are_read_as_far_as_they_can_be() -> None:
    """None where PL/pgSQL itself is wrong, or nested too deep for us."""
    assert plpgsql.body("DO $$ BEGIN EXECUTE 'a'; END $$") == (
        plpgsql.Inner("'a'", 1, conditional=False, dynamic=True),
    )
    assert plpgsql.body("DO $$ BEGIN nonsense here; END $$") is None
    deep = "IF a THEN " * 1500 + "NULL; " + "END IF; " * 1500
    assert plpgsql.body(f"DO $$ BEGIN {deep} END $$") is None


@given(st.text(max_size=60) | st.text("'\"$;()-/*\\ eE|a,", max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_text_raises_anything(text: str) -> None:
    """What is wrong stands in the answer."""
    for statement in split(text):
        parsed = parse(statement)
        assert not (parsed.kind and parsed.error)
