"""Each syntax that a version brings: refused by the one before, taken by the one that has it."""

from __future__ import annotations

import pytest

from migdocs.core.hazards import check_script
from migdocs.core.hazards.younger import YOUNGER

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
    ("NULLS [NOT] DISTINCT", "CREATE UNIQUE INDEX i ON a (x) NULLS NOT DISTINCT"),
    ("NULLS [NOT] DISTINCT", "ALTER TABLE a ADD UNIQUE NULLS NOT DISTINCT (x)"),
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
    ("JSON() with options", "SELECT JSON('{}' WITH UNIQUE KEYS)"),
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
    ("CREATE PROCEDURE", "CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'"),
    ("procedures", "DROP PROCEDURE p()"),
    ("procedures", "ALTER ROUTINE p() RENAME TO q"),
    ("procedures", "ALTER PROCEDURE p() SECURITY INVOKER"),
    ("procedures", "GRANT EXECUTE ON PROCEDURE p() TO PUBLIC"),
    ("procedures", "COMMENT ON PROCEDURE p() IS 'x'"),
    ("procedures", "ALTER PROCEDURE p() OWNER TO CURRENT_USER"),
    ("EXECUTE FUNCTION (write EXECUTE PROCEDURE)",
     "CREATE TRIGGER t AFTER INSERT ON a EXECUTE\nFUNCTION f()"),
    ("EXECUTE FUNCTION (write EXECUTE PROCEDURE)",
     "CREATE EVENT TRIGGER t ON sql_drop EXECUTE FUNCTION f()"),
    ("CREATE INDEX ON ONLY", "CREATE INDEX ON ONLY a (x)"),
    ("options of ANALYZE in brackets", "ANALYZE (VERBOSE) a"),
    ("SET STATISTICS of an index", "ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 100"),
    ("GROUPS in a window", "SELECT 1 FROM a WINDOW w AS (ORDER BY x GROUPS CURRENT ROW)"),
    ("EXCLUDE in a window", "SELECT 1 FROM a WINDOW w AS (ROWS 1 PRECEDING EXCLUDE TIES)"),
    ("RANGE with a distance", "SELECT 1 FROM a WINDOW w AS (ORDER BY x RANGE 1 PRECEDING)"),
    ("toast_tuple_target", "ALTER TABLE a SET (toast_tuple_target = 200)"),
    ("MATERIALIZED in WITH", "WITH b AS MATERIALIZED (SELECT 1) SELECT * FROM b"),
    ("USING an access method", "CREATE TABLE a (x int) USING heap"),
    ("USING an access method", "CREATE TABLE a USING heap AS SELECT 1"),
    ("access methods of tables", "CREATE ACCESS METHOD m TYPE TABLE HANDLER h"),
    ("INCLUDING GENERATED", "CREATE TABLE a (LIKE b INCLUDING GENERATED)"),
    ("statistics of the most common values", "CREATE STATISTICS s (mcv) ON x, y FROM a"),
    ("SUPPORT", "CREATE FUNCTION f() RETURNS int LANGUAGE sql SUPPORT g AS 'SELECT 1'"),
    ("COPY … WHERE", "COPY a FROM '/x' WHERE x > 1"),
    ("AND CHAIN", "COMMIT AND CHAIN"),
    ("VACUUM (SKIP_LOCKED)", "VACUUM (SKIP_LOCKED) a"),
    ("VACUUM (INDEX_CLEANUP)", "VACUUM (INDEX_CLEANUP off) a"),
    ("EXPLAIN (SETTINGS)", "EXPLAIN (SETTINGS) SELECT 1"),
    ("nondeterministic collations",
     "CREATE COLLATION c (PROVIDER = icu, LOCALE = und, DETERMINISTIC = false)"),
    ("vacuum_truncate", "ALTER TABLE a SET (vacuum_truncate = off)"),
    ("vacuum_index_cleanup", "ALTER TABLE a SET (vacuum_index_cleanup = off)"),
    ("INCLUDE of GiST indexes", "CREATE INDEX i ON a USING gist (x) INCLUDE (y)"),
    ("WITH TIES", "SELECT x FROM a ORDER BY x FETCH FIRST 1 ROW WITH TIES"),
    ("ALTER VIEW … RENAME COLUMN", "ALTER VIEW v RENAME COLUMN x TO y"),
    ("ALTER TYPE … SET", "ALTER TYPE t SET (STORAGE = plain)"),
    ("ALTER STATISTICS … SET STATISTICS", "ALTER STATISTICS s SET STATISTICS 100"),
    ("NO DEPENDS ON EXTENSION", "ALTER FUNCTION f() NO DEPENDS ON EXTENSION e"),
    ("NORMALIZE", "SELECT NORMALIZE(x) FROM a"),
    ("IS NORMALIZED", "SELECT x IS NFC NORMALIZED FROM a"),
    ("publish_via_partition_root",
     "CREATE PUBLICATION p FOR TABLE a WITH (publish_via_partition_root)"),
    ("VACUUM (PARALLEL)", "VACUUM (PARALLEL 2) a"),
    ("EXPLAIN (WAL)", "EXPLAIN (ANALYZE, WAL) SELECT 1"),
    ("deduplicate_items", "CREATE INDEX i ON a (x) WITH (deduplicate_items = off)"),
    ("autovacuum_vacuum_insert_threshold",
     "ALTER TABLE a SET (autovacuum_vacuum_insert_threshold = 1)"),
    ("autovacuum_vacuum_insert_scale_factor",
     "ALTER TABLE a SET (autovacuum_vacuum_insert_scale_factor = 1)"),
    ("COMPRESSION", "CREATE TABLE a (x text COMPRESSION pglz)"),
    ("INCLUDING COMPRESSION", "CREATE TABLE a (LIKE b INCLUDING COMPRESSION)"),
    ("DETACH PARTITION FINALIZE", "ALTER TABLE a DETACH PARTITION b FINALIZE"),
    ("OUT parameters of procedures", "CREATE PROCEDURE p(OUT x int) LANGUAGE sql AS 'SELECT 1'"),
    ("statistics of expressions", "CREATE STATISTICS s ON (x + 1), y FROM a"),
    ("GRANTED BY", "GRANT SELECT ON a TO PUBLIC GRANTED BY CURRENT_USER"),
    ("REINDEX (CONCURRENTLY)", "REINDEX (CONCURRENTLY) TABLE a"),
    ("REINDEX (TABLESPACE …)", "REINDEX (TABLESPACE t) TABLE a"),
    ("options of CLUSTER in brackets", "CLUSTER (VERBOSE) a USING i"),
    ("VACUUM (PROCESS_TOAST)", "VACUUM (PROCESS_TOAST) a"),
    ("GROUP BY DISTINCT", "SELECT 1 FROM a GROUP BY DISTINCT ROLLUP (x)"),
    ("a name of what USING joins", "SELECT 1 FROM a JOIN b USING (x) AS c"),
    ("SUBSTRING … SIMILAR", "SELECT SUBSTRING(x SIMILAR y ESCAPE z) FROM a"),
    ("names of multiranges", "CREATE TYPE r AS RANGE (SUBTYPE = int4, MULTIRANGE_TYPE_NAME = m)"),
    ("INCLUDE of SP-GiST indexes", "CREATE INDEX i ON a USING spgist (x) INCLUDE (y)"),
    ("BRIN indexes of several ranges or with Bloom filters",
     "CREATE INDEX i ON a USING brin (x int4_bloom_ops)"),
    ("TABLES IN SCHEMA", "CREATE PUBLICATION p FOR TABLES IN SCHEMA s"),
    ("GRANT ON PARAMETER", "GRANT SET ON PARAMETER work_mem TO PUBLIC"),
    ("security_invoker", "CREATE VIEW v WITH (security_invoker) AS SELECT 1"),
    ("security_invoker", "ALTER VIEW v SET (security_invoker = on)"),
    ("unlogged sequences", "CREATE UNLOGGED SEQUENCE s"),
    ("a query in FROM without a name", "SELECT * FROM (SELECT 1)"),
    ("INDENT", "SELECT XMLSERIALIZE(CONTENT x AS text INDENT) FROM a"),
    ("statistics without a name", "CREATE STATISTICS ON x, y FROM a"),
    ("STORAGE in a new column", "CREATE TABLE a (x text STORAGE external)"),
    ("SET STORAGE DEFAULT", "ALTER TABLE a ALTER x SET STORAGE DEFAULT"),
    ("GRANT … WITH INHERIT or SET", "GRANT r TO s WITH INHERIT TRUE"),
    ("REINDEX without a name", "REINDEX DATABASE"),
    ("VACUUM with this option", "VACUUM (PROCESS_MAIN off) a"),
    ("EXPLAIN (GENERIC_PLAN)", "EXPLAIN (GENERIC_PLAN) SELECT 1"),
    ("numbers in other bases or with underscores", "SELECT 0x1F"),
    ("numbers in other bases or with underscores", "INSERT INTO a VALUES (1_000)"),
    ("WHEN NOT MATCHED BY TARGET",
     "MERGE INTO a USING b ON a.x = b.x WHEN NOT MATCHED BY TARGET THEN DO NOTHING"),
    ("AT LOCAL", "SELECT x AT LOCAL FROM a"),
    ("SET STATISTICS DEFAULT", "ALTER TABLE a ALTER x SET STATISTICS DEFAULT"),
    ("SET ACCESS METHOD DEFAULT", "ALTER TABLE a SET ACCESS METHOD DEFAULT"),
    ("MAINTAIN", "GRANT MAINTAIN ON a TO PUBLIC"),
    ("EXPLAIN with MEMORY or SERIALIZE", "EXPLAIN (MEMORY) SELECT 1"),
    ("event triggers of logins", "CREATE EVENT TRIGGER t ON login EXECUTE FUNCTION f()"),
    ("ADD NOT NULL", "ALTER DOMAIN d ADD CONSTRAINT n NOT NULL"),
    ("the provider 'builtin'", "CREATE COLLATION c (PROVIDER = builtin, LOCALE = und)"),
    ("COPY with ON_ERROR or LOG_VERBOSITY", "COPY a FROM '/x' (ON_ERROR ignore)"),
    ("ENFORCED", "ALTER TABLE a ADD CHECK (x > 0) ENFORCED"),
    ("NOT NULL NO INHERIT", "CREATE TABLE a (x int NOT NULL NO INHERIT)"),
    ("RETURNING old and new", "UPDATE a SET x = 1 RETURNING OLD.x, NEW.x"),
    ("VACUUM or ANALYZE ONLY", "VACUUM ONLY a"),
    ("publish_generated_columns",
     "CREATE PUBLICATION p FOR TABLE a WITH (PUBLISH_GENERATED_COLUMNS = stored)"),
    ("default privileges of large objects",
     "ALTER DEFAULT PRIVILEGES GRANT SELECT ON LARGE OBJECTS TO PUBLIC"),
)  # fmt: skip
SINCE = {entry.name: entry.since for entry in YOUNGER}
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


@pytest.mark.parametrize(
    ("sql", "postgres"),
    [
        ("SELECT 0x1F, 1_000", 14),  # a number with a name
        ("SELECT JSON('{}')", 13),  # a cast that looks like a call
        ("SELECT '1_000', 'NULLS NOT DISTINCT', '(SELECT 1) ENFORCED'", 13),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1_0 AS x -- 0x1 $$", 15),
        ("SELECT f.x FROM (SELECT 1 AS x) f JOIN a USING (x)", 10),
        ("CREATE TABLE a (x int NOT NULL, y text DEFAULT 'not null' NOT NULL UNIQUE)", 10),
        ("ALTER TABLE a ADD CHECK (x > 0) NOT VALID", 10),
        ("CREATE TRIGGER t AFTER INSERT ON a EXECUTE PROCEDURE f()", 10),
        ("UPDATE a AS old SET x = 1 RETURNING old.x", 17),
        ("CREATE RULE r AS ON UPDATE TO v DO INSTEAD UPDATE a SET x = 1 RETURNING NEW.x", 17),
        ("SELECT sum(x) OVER (ORDER BY x ROWS 1 PRECEDING) FROM a", 10),
        ("ALTER TABLE a ALTER x SET STATISTICS 10, ALTER x SET STORAGE external", 10),
        ("GRANT r TO s WITH ADMIN OPTION GRANTED BY CURRENT_USER", 10),
        ("CREATE INDEX i ON a USING btree (x)", 10),
        ("ALTER DOMAIN d ADD CONSTRAINT c CHECK (value > 0)", 10),
        ("ALTER DOMAIN d SET NOT NULL", 10),
        ("CREATE DOMAIN d AS int NOT NULL", 10),
    ],
)
def test_what_only_looks_young_is_left_alone(sql: str, postgres: int) -> None:
    """As servers of these versions took it."""
    assert [f.message for f in check_script(sql, "a.sql", postgres=postgres) if f.sqlstate] == []


PARTS = """
CREATE TABLE t (id int PRIMARY KEY);
CREATE VIEW v AS SELECT id FROM t;
CREATE SEQUENCE s;
CREATE TABLE p (id int NOT NULL, at date) PARTITION BY RANGE (at);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
"""


@pytest.mark.parametrize(
    ("sql", "since", "sqlstate"),
    [
        ("ALTER TABLE p ADD PRIMARY KEY (id, at)", 11, "0A000"),
        ("ALTER TABLE p ADD UNIQUE (at)", 11, "0A000"),
        ("ALTER TABLE p ADD FOREIGN KEY (id) REFERENCES t", 11, "0A000"),
        ("CREATE TABLE q (id int PRIMARY KEY) PARTITION BY RANGE (id)", 11, "0A000"),
        ("CREATE TABLE q (a int, UNIQUE (a)) PARTITION BY RANGE (a)", 11, "0A000"),
        ("CREATE TABLE q (a int, EXCLUDE (a WITH =)) PARTITION BY RANGE (a)", 17, "0A000"),
        ("ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES p (id)", 12, "42809"),
        ("CREATE INDEX ON p (at)", 11, "42809"),
        ("CREATE TRIGGER x AFTER INSERT ON p FOR EACH ROW EXECUTE PROCEDURE f()", 11, "42809"),
        ("CREATE TRIGGER x BEFORE INSERT ON p FOR EACH ROW EXECUTE PROCEDURE f()", 13, "42809"),
        ("CREATE PUBLICATION b FOR TABLE p", 13, "0A000"),
        ("ALTER TABLE p ADD COLUMN n int GENERATED ALWAYS AS IDENTITY", 17, "42P16"),
        ("ALTER TABLE ONLY p ALTER id SET NOT NULL", 12, "42P16"),
        ("ALTER SEQUENCE s SET UNLOGGED", 15, "42809"),
        ("ALTER TABLE t ALTER id SET DEFAULT gen_random_uuid()", 13, "42883"),
        ("CREATE TABLE q (m pg_catalog.int4multirange)", 14, "42704"),
        ("MERGE INTO v USING t ON v.id = t.id WHEN MATCHED THEN DELETE", 17, "0A000"),
    ],
)
def test_what_a_version_cannot_do_yet(sql: str, since: int, sqlstate: str) -> None:
    """With the version that can, and what the one before says."""
    young = {"not-yet", "unknown-function"}
    for version in (since - 1, since):
        found = check_script(sql, "a.sql", postgres=version, schema_text=PARTS)
        said = [(f.sqlstate, f"PostgreSQL {since}" in f.message) for f in found if f.rule in young]
        assert said == ([(sqlstate, True)] if version < since else [])


@pytest.mark.parametrize(
    ("given", "sql"),
    [
        ("CREATE EXTENSION pgcrypto;", "SELECT gen_random_uuid()"),
        ("CREATE FUNCTION any_value(a int) RETURNS int LANGUAGE sql AS 'SELECT a';",
         "SELECT any_value(1)"),
    ],
)  # fmt: skip
def test_a_function_may_be_an_extensions_or_ones_own(given: str, sql: str) -> None:
    """An extension's may be there, one's own is."""
    found = check_script(sql, "a.sql", postgres=12, schema_text=PARTS + given)
    assert {f.severity for f in found} <= {"warning", "info"}
