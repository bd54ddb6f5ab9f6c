"""What was read of a script beside what a server showed of it."""

from __future__ import annotations

import pytest

from migdocs.core.catalog import Catalog
from migdocs.core.changes.reading import read_script
from migdocs.core.model import Change, Script
from migdocs.core.proof.agreement import Disagreement, disagreement

USERS = "CREATE TABLE users (id int PRIMARY KEY, mail text);"


def observed(verb: str, kind: str, name: str, table: str | None = None) -> Change:
    """Give a Change as a server shows it."""
    return Change(verb, kind, name, table=table, known="observed")


def compared(sql: str, *showed: Change) -> Disagreement:
    """Compare a script, run after the one that makes the users, with what was observed."""
    catalog = Catalog()
    catalog.apply_all(read_script(Script("base.sql", USERS)))
    return disagreement(catalog, read_script(Script("m.sql", sql)), showed)


AGREEING = {
    "ALTER TABLE users ADD age int": (observed("add", "column", "users.age", "users"),),
    "ALTER TABLE users ALTER mail TYPE varchar(9)": (
        observed("retype", "column", "users.mail", "users"),
    ),
    "DROP TABLE users": (observed("drop", "table", "users"),),
    "CREATE INDEX i ON users (mail)": (observed("create", "index", "i", "users"),),
    "CREATE TABLE t (x int); DROP TABLE t": (),
    "CREATE VIEW v AS SELECT id FROM users": (
        observed("create", "view", "v"),
        observed("add", "column", "v.id", "v"),
    ),
    "COMMENT ON TABLE users IS 'people'": (observed("comment", "table", "users"),),
}


@pytest.mark.parametrize("sql", AGREEING)
def test_reading_and_server_agree(sql: str) -> None:
    """On tables, columns and indexes; what goes with a table or a view is not said apart."""
    assert compared(sql, *AGREEING[sql]) == Disagreement()


def test_what_dynamic_sql_hides_was_not_read() -> None:
    """A server shows it, and the Change says what it is."""
    seen = observed("add", "column", "users.age", "users")
    hidden = "DO $$ BEGIN EXECUTE 'ALTER TABLE users ADD ' || 'age' || ' int'; END $$"
    assert compared(hidden, seen) == Disagreement(unread=(seen,))


def test_what_was_read_and_did_not_happen_is_said() -> None:
    """Unless it stands behind a condition."""
    assert compared("ALTER TABLE users ADD age int") == Disagreement(
        unseen=("column users.age is new",)
    )
    behind = "DO $$ BEGIN IF random() > 2 THEN ALTER TABLE users ADD age int; END IF; END $$"
    assert compared(behind) == Disagreement()


def test_the_catalog_goes_on() -> None:
    """The next script is compared from where this one ended."""
    catalog = Catalog()
    first = read_script(Script("base.sql", USERS))
    made = tuple(observed("add", "column", f"users.{c}", "users") for c in ("id", "mail"))
    made += (observed("create", "table", "users"), observed("create", "index", "users_pkey"))
    assert disagreement(catalog, first, made) == Disagreement()
    second = read_script(Script("m.sql", "ALTER TABLE users DROP mail"))
    gone = (observed("drop", "column", "users.mail", "users"),)
    assert disagreement(catalog, second, gone) == Disagreement()
