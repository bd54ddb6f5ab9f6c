"""Each syntax that a version brings: refused by the one before, taken by the one that has it."""

from __future__ import annotations

import pytest

from migdocs.core.hazards import check_script
from migdocs.core.hazards.versions import YOUNGER

WALK = "WITH RECURSIVE w AS (SELECT 1 x UNION ALL SELECT x FROM w)"
# What it is called, and a statement that has it.
EXAMPLES = (
    ("CALL", "CALL tidy()"),
    ("hash partitions", "CREATE TABLE a PARTITION OF b FOR VALUES WITH (MODULUS 2, REMAINDER 0)"),
    ("a default partition", "CREATE TABLE a PARTITION OF b DEFAULT"),
    ("INCLUDE", "CREATE INDEX i ON a (x) INCLUDE (y)"),
    ("INCLUDE", "ALTER TABLE a ADD UNIQUE (x) INCLUDE (y)"),
    ("a generated column", "CREATE TABLE a (x int, y int GENERATED ALWAYS AS (x) STORED)"),
    ("REINDEX CONCURRENTLY", "REINDEX TABLE CONCURRENTLY a"),
    ("DROP EXPRESSION", "ALTER TABLE a ALTER y DROP EXPRESSION"),
    ("DROP DATABASE … (FORCE)", "DROP DATABASE d WITH (FORCE)"),
    ("SET COMPRESSION", "ALTER TABLE a ALTER y SET COMPRESSION lz4"),
    ("DETACH PARTITION CONCURRENTLY", "ALTER TABLE a DETACH PARTITION b CONCURRENTLY"),
    (
        "a body in standard SQL",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END",
    ),
    (
        "CREATE OR REPLACE TRIGGER",
        "CREATE OR REPLACE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f()",
    ),
    ("a body in standard SQL", "CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1"),
    (
        "SEARCH",
        f"{WALK} SEARCH DEPTH FIRST BY x SET o SELECT * FROM w",
    ),
    (
        "CYCLE",
        f"{WALK} CYCLE x SET c USING p SELECT * FROM w",
    ),
    ("NULLS NOT DISTINCT", "CREATE UNIQUE INDEX i ON a (x) NULLS NOT DISTINCT"),
    ("NULLS NOT DISTINCT", "ALTER TABLE a ADD UNIQUE NULLS NOT DISTINCT (x)"),
    (
        "SET NULL (columns)",
        "ALTER TABLE a ADD FOREIGN KEY (x, y) REFERENCES b (x, y) ON DELETE SET\n NULL (y)",
    ),
    ("SET ACCESS METHOD", "ALTER TABLE a SET ACCESS METHOD heap"),
    ("MERGE", "MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DELETE"),
    ("columns of a publication", "CREATE PUBLICATION p FOR TABLE a (x)"),
    ("rows of a publication", "CREATE PUBLICATION p FOR TABLE a WHERE (x > 0)"),
    ("IS JSON", "SELECT '{}' IS JSON"),
    ("JSON_OBJECT with standard syntax", "SELECT JSON_OBJECT('a': 1)"),
    ("JSON_ARRAY", "SELECT JSON_ARRAY(1, 2)"),
    ("JSON_OBJECTAGG", "SELECT JSON_OBJECTAGG(x: y) FROM a"),
    ("JSON_ARRAYAGG", "SELECT JSON_ARRAYAGG(x) FROM a"),
    (
        "MERGE … RETURNING",
        "MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DELETE RETURNING a.x",
    ),
    (
        "WHEN NOT MATCHED BY SOURCE",
        "MERGE INTO a USING b ON a.x = b.x WHEN NOT MATCHED BY SOURCE THEN DELETE",
    ),
    ("JSON_TABLE", "SELECT * FROM JSON_TABLE('[]'::jsonb, '$' COLUMNS (x int)) j"),
    ("JSON_VALUE, JSON_QUERY and JSON_EXISTS", "SELECT JSON_VALUE('{}'::jsonb, '$.a')"),
    ("JSON()", "SELECT JSON('{}')"),
    ("JSON_SCALAR", "SELECT JSON_SCALAR(1)"),
    ("JSON_SERIALIZE", "SELECT JSON_SERIALIZE('{}')"),
    ("SET EXPRESSION", "ALTER TABLE a ALTER y SET EXPRESSION AS (x)"),
    ("NOT ENFORCED", "ALTER TABLE a ADD CHECK (x > 0) NOT ENFORCED"),
    ("WITHOUT OVERLAPS", "ALTER TABLE a ADD PRIMARY KEY (x, y WITHOUT OVERLAPS)"),
    ("PERIOD", "ALTER TABLE a ADD FOREIGN KEY (x, PERIOD y) REFERENCES b (x, PERIOD y)"),
    ("NOT NULL as a constraint of the table", "ALTER TABLE a ADD CONSTRAINT n NOT NULL x"),
    ("a virtual generated column", "CREATE TABLE a (x int, y int GENERATED ALWAYS AS (x) VIRTUAL)"),
    ("a virtual generated column", "CREATE TABLE a (x int, y int GENERATED ALWAYS AS (x))"),
    ("ENFORCED", "ALTER TABLE a ALTER CONSTRAINT c ENFORCED"),
    ("INHERIT", "ALTER TABLE a ALTER CONSTRAINT c INHERIT"),
    ("RETURNING WITH (OLD AS …)", "DELETE FROM a RETURNING WITH (OLD AS o) o.x"),
)  # fmt: skip
SINCE = {name: since for _, name, since, _ in YOUNGER}
OLDEST = 10  # that scripts are judged for


def test_everything_young_has_an_example() -> None:
    """What has none could be passed over, as most statements are told apart by their words."""
    told = {name for name, since in SINCE.items() if since > OLDEST}
    assert {name for name, _ in EXAMPLES} == told


@pytest.mark.parametrize(("name", "sql"), EXAMPLES)
def test_a_version_refuses_what_a_later_one_brings(name: str, sql: str) -> None:
    """In any case of its words, with the name and the version that brings it."""
    since = SINCE[name]
    for text in (sql, sql.upper() if "'" not in sql else sql):
        found = [
            f for f in check_script(text, "a.sql", postgres=since - 1) if f.rule == "too-young"
        ]
        assert [f"no {name}: PostgreSQL {since} brings it" in f.message for f in found] == [True]
        assert found[0].severity == "error"
        known = {f.rule for f in check_script(text, "a.sql", postgres=since)}
        assert "too-young" not in known
