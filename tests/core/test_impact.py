"""What Changes mean to clients (hazards.md, column semver)."""

from __future__ import annotations

import pytest

from migdocs.core.catalog import Catalog
from migdocs.core.changes.reading import read_changes
from migdocs.core.impact import Assessment, assess, net, understated
from migdocs.core.impact.rules import widens
from migdocs.core.model import Declared
from migdocs.core.sql.parser import parse_all
from migdocs.core.sql.script import split

BASE = """
    CREATE TABLE t (id int PRIMARY KEY, a varchar(9) NOT NULL DEFAULT 'x', b int, s numeric(5,2));
    CREATE TABLE o (id int PRIMARY KEY);
    CREATE UNIQUE INDEX uq ON t (b); CREATE INDEX ix ON t (a);
    CREATE VIEW v AS SELECT 1;
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE TYPE m AS ENUM ('a');
"""


def judged(sql: str, base: str = BASE) -> Assessment:
    """Judge a script on a schema."""
    catalog = Catalog()
    catalog.apply_all(read_changes(parse_all(split(base)), "base.sql"))
    return assess(catalog.apply_all(read_changes(parse_all(split(sql)), "a.sql")))


# Script → readers, writers, additions, danger.
VERDICTS = {
    "CREATE TABLE n (id int PRIMARY KEY, x int NOT NULL)": ("patch", "patch", "minor", "none"),
    "ALTER TABLE t ADD c int": ("patch", "patch", "minor", "brief"),
    "ALTER TABLE t ADD c int NOT NULL DEFAULT 0": ("patch", "patch", "minor", "brief"),
    "ALTER TABLE t ADD c int NOT NULL": ("patch", "major", "minor", "scan"),
    "ALTER TABLE t ADD c uuid DEFAULT gen_random_uuid()": ("patch", "patch", "minor", "rewrite"),
    "ALTER TABLE t ADD c bigserial": ("patch", "patch", "minor", "rewrite"),
    "ALTER TABLE t ADD c int REFERENCES o": ("patch", "patch", "minor", "scan"),
    "ALTER TABLE t DROP b": ("major", "major", "patch", "brief"),
    "ALTER TABLE t RENAME b TO c": ("major", "major", "patch", "brief"),
    "ALTER TABLE t ALTER a TYPE text": ("minor", "patch", "patch", "brief"),
    "ALTER TABLE t ALTER b TYPE bigint": ("major", "major", "patch", "rewrite"),
    "ALTER TABLE t ALTER b SET NOT NULL": ("patch", "major", "patch", "scan"),
    "ALTER TABLE t ALTER a SET NOT NULL": ("patch", "patch", "patch", "none"),
    "ALTER TABLE t ALTER a DROP NOT NULL": ("major", "patch", "patch", "brief"),
    "ALTER TABLE t ALTER a SET DEFAULT 'y'": ("patch", "patch", "patch", "brief"),
    "ALTER TABLE t ALTER a DROP DEFAULT": ("patch", "major", "patch", "brief"),
    "ALTER TABLE t ADD CHECK (b > 0)": ("patch", "major", "patch", "scan"),
    "ALTER TABLE t ADD CHECK (b > 0) NOT VALID": ("patch", "major", "patch", "brief"),
    "ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES o": ("patch", "major", "patch", "scan"),
    "ALTER TABLE t DROP CONSTRAINT t_pkey": ("patch", "major", "patch", "brief"),
    "CREATE INDEX ON t (b)": ("patch", "patch", "minor", "scan"),
    "CREATE UNIQUE INDEX ON t (a)": ("patch", "major", "minor", "scan"),
    "DROP INDEX ix": ("patch", "patch", "patch", "brief"),
    "DROP INDEX uq": ("patch", "major", "patch", "brief"),
    "DROP INDEX not_known": ("patch", "unknown", "patch", "brief"),
    "DROP TABLE t": ("major", "major", "patch", "brief"),
    "ALTER TABLE t RENAME TO u": ("major", "major", "patch", "brief"),
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'": (
        "unknown",
        "unknown",
        "patch",
        "brief",
    ),
    "CREATE OR REPLACE VIEW w AS SELECT 1": ("patch", "patch", "minor", "none"),
    "ALTER TYPE m ADD VALUE 'b'": ("minor", "patch", "minor", "none"),
    "ALTER TYPE m RENAME VALUE 'a' TO 'b'": ("major", "major", "patch", "none"),
    "INSERT INTO t VALUES (1)": ("patch", "patch", "patch", "none"),
    "UPDATE t SET b = 1": ("patch", "patch", "patch", "scan"),
    "TRUNCATE t": ("major", "patch", "patch", "brief"),
    "REVOKE SELECT ON t FROM bob": ("major", "major", "patch", "none"),
    "GRANT SELECT ON t TO bob": ("patch", "patch", "minor", "none"),
    "DO $$ BEGIN EXECUTE x; END $$": ("unknown", "unknown", "patch", "none"),
    "SELECT my_function()": ("unknown", "unknown", "patch", "none"),
    "SELECT setval('s', 1)": ("patch", "patch", "patch", "none"),
    "COMMENT ON TABLE t IS 'x'": ("patch", "patch", "patch", "none"),
    "nonsense": ("unknown", "unknown", "patch", "none"),
}


@pytest.mark.parametrize("sql", VERDICTS)
def test_each_kind_of_change_has_its_verdict(sql: str) -> None:
    """On each axis, and how dangerous it is to run."""
    found = judged(sql)
    assert (found.readers, found.writers, found.additions, found.danger) == VERDICTS[sql]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("varchar(9)", "varchar(10)", True),
        ("varchar(9)", "varchar(8)", False),
        ("varchar(9)", "varchar", True),
        ("varchar(9)", "text", True),
        ("text", "varchar", True),
        ("text", "varchar(9)", False),
        ("numeric(5,2)", "numeric(6,2)", True),
        ("numeric(5,2)", "numeric(6,3)", False),
        ("numeric(5,2)", "numeric", True),
        ("integer", "bigint", False),
        ("char(3)", "char(4)", False),
        ("cidr", "inet", True),
        ("mood", "text", False),
    ],
)
def test_a_wider_type_holds_every_old_value(before: str, after: str, expected: bool) -> None:  # noqa: FBT001 - a table
    """And is stored the same (hazards.md, B)."""
    assert widens(before, after) is expected


def test_the_whole_is_as_bad_as_its_worst_part() -> None:
    """And names the Changes that it comes from."""
    found = judged("ALTER TABLE t ADD c int; ALTER TABLE t DROP b; CREATE TABLE n ()")
    assert (found.impact, found.breaking) == ("major", True)
    assert [change.name for change in found.because()] == ["t.b", "uq"]


def test_what_is_not_known_may_be_breaking() -> None:
    """So it is neither yes nor no."""
    assert judged("DO $$ BEGIN EXECUTE x; END $$").breaking is None
    assert judged("CREATE TABLE n ()").breaking is False


# What cancels out over a release, or concerns nobody yet.
HARMLESS = {
    "CREATE TABLE n (x int); ALTER TABLE n DROP x; ALTER TABLE n ADD y int NOT NULL": "minor",
    "CREATE TABLE n (x int); CREATE UNIQUE INDEX ON n (x); DROP TABLE n": "patch",
    "ALTER TABLE t ADD c int; ALTER TABLE t DROP c": "patch",
    "ALTER TABLE t ADD c int DEFAULT 0; ALTER TABLE t ADD CHECK (c > 0)": "minor",
    "CREATE VIEW w AS SELECT 1; DROP VIEW w": "patch",
    "DROP INDEX uq; CREATE UNIQUE INDEX uq ON t (b)": "patch",
    "ALTER TABLE t ALTER b TYPE bigint; ALTER TABLE t ALTER b TYPE integer": "patch",
    "ALTER TABLE t ALTER b SET NOT NULL; ALTER TABLE t ALTER b DROP NOT NULL": "patch",
    "DROP VIEW v; CREATE VIEW v AS SELECT 1": "patch",
}


@pytest.mark.parametrize("sql", HARMLESS)
def test_only_what_is_left_at_the_end_counts(sql: str) -> None:
    """What is made and dropped, or changed and changed back, breaks nobody."""
    assert judged(sql).impact == HARMLESS[sql]


def test_what_is_made_again_otherwise_is_replaced() -> None:
    """Its meaning is for people to judge; an index's is known."""
    assert judged("DROP VIEW v; CREATE VIEW v AS SELECT 2").impact == "unknown"
    assert judged("DROP INDEX uq; CREATE UNIQUE INDEX uq ON t (a)").impact == "major"


def test_a_new_column_made_not_null_breaks_writers() -> None:
    """Those of the release before do not give it a value."""
    sql = "ALTER TABLE t ADD c int; UPDATE t SET c = 1; ALTER TABLE t ALTER c SET NOT NULL"
    assert judged(sql).writers == "major"


def test_notes_that_say_less_than_the_sql_are_found() -> None:
    """With the place; a reason beside the statement is enough."""
    assessed = judged("SELECT 1;\nALTER TABLE t DROP b")
    silent, yes, no = Declared(), Declared(breaking=True), Declared(breaking=False)
    assert not list(understated(silent, assessed, "a.sql"))
    assert not list(understated(yes, assessed, "a.sql"))
    (finding,) = understated(no, assessed, "a.sql")
    assert (finding.rule, finding.path, finding.line) == ("impact-understated", "a.sql", 2)
    assert "t.b" in finding.message
    (statement,) = split("-- migdocs: allow impact-understated: nobody reads it\nSELECT 1")
    assert not list(understated(no, assessed, "a.sql", statement.markers))


@pytest.mark.parametrize(
    ("columns", "breaking"), [("id", False), ("id, b", False), ("b", True), ("b, a", True)]
)
def test_a_unique_index_that_the_primary_key_covers_is_missed_by_nobody(
    columns: str, *, breaking: bool
) -> None:
    """Rows that differ in their key differ in more columns as well."""
    base = f"{BASE} CREATE UNIQUE INDEX twice ON t ({columns});"
    assert judged("DROP INDEX twice", base).breaking is breaking


# Script → the Changes that are left of it, as verb, name, before and after.
NET = {
    "ALTER TABLE t ALTER a SET DEFAULT 'y'; ALTER TABLE t ALTER a SET DEFAULT 'z'": [
        ("set default", "t.a", "'x'", "'z'")
    ],
    "ALTER TABLE t ALTER a SET DEFAULT 'y'; ALTER TABLE t ALTER a SET DEFAULT 'x'": [],
    "ALTER TABLE t ALTER b SET DEFAULT 1; ALTER TABLE t ALTER b SET DEFAULT 2": [
        ("set default", "t.b", None, "2")
    ],
    "ALTER TABLE t ALTER b SET NOT NULL; ALTER TABLE t ALTER b DROP NOT NULL": [],
    "CREATE TABLE n (x int); ALTER TABLE n ADD y int; DROP TABLE n": [],
}


@pytest.mark.parametrize("sql", NET)
def test_what_cancels_out_is_no_change(sql: str) -> None:
    """Of several Changes of one property the last counts, against what there was at first."""
    catalog = Catalog()
    catalog.apply_all(read_changes(parse_all(split(BASE)), "base.sql"))
    left = net(catalog.apply_all(read_changes(parse_all(split(sql)), "a.sql")))
    assert [(c.verb, c.name, c.before, c.after) for c in left] == NET[sql]
