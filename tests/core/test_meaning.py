"""An edit after release: formatting, or another meaning."""

from __future__ import annotations

import pytest

from migdocs.core.sql import meaning

SAME = {
    "case, spacing and line ends": (
        "CREATE TABLE a (b int);",
        "create table a(\r\n  b INTEGER\n) ;",
    ),
    "comments": ("DROP TABLE a;", "-- it is empty\nDROP TABLE a; /* since 1.0 */"),
    "quotes that change nothing": ('SELECT "a" FROM b;', "SELECT a FROM b;"),
    "what no parser reads, spaced otherwise": ("FROB  a;", "FROB a;"),
    "the runner's comments, spaced otherwise": (
        "-- migrate:up\nDROP TABLE a;",
        "--  migrate:up\n\nDROP TABLE a;",
    ),
}
OTHER = {
    "a type": ("CREATE TABLE a (b int);", "CREATE TABLE a (b bigint);"),
    "a statement more": ("DROP TABLE a;", "DROP TABLE a; DROP TABLE b;"),
    "another order": ("DROP TABLE a; DROP TABLE b;", "DROP TABLE b; DROP TABLE a;"),
    "case in a string": ("INSERT INTO a VALUES ('x');", "INSERT INTO a VALUES ('X');"),
    "space in a body": ("DO $$ BEGIN END $$;", "DO $$ BEGIN  END $$;"),
    "the data of COPY": ("COPY a FROM STDIN;\n1\n\\.\n", "COPY a FROM STDIN;\n2\n\\.\n"),
    "what no parser reads": ("FROB a;", "FROB b;"),
    "all is commented out": ("DROP TABLE a;", "-- DROP TABLE a;"),
    "a statement goes to the other direction": (
        "-- migrate:up\nDROP TABLE a;\n-- migrate:down\n",
        "-- migrate:up\n-- migrate:down\nDROP TABLE a;\n",
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_formatting_is_no_other_meaning(name: str) -> None:
    """What PostgreSQL reads as the same is the same."""
    assert not meaning.changed(*SAME[name])


@pytest.mark.parametrize("name", OTHER)
def test_another_meaning(name: str) -> None:
    """What a database would do otherwise is said."""
    assert meaning.changed(*OTHER[name])
