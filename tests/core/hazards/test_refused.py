"""What PostgreSQL is sure to refuse: definitions, relations of another kind, names of nothing."""

from __future__ import annotations

import pytest

from migdocs.core.hazards import check_script

SCHEMA = """
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
CREATE TABLE p (id int, at date) PARTITION BY RANGE (at);
CREATE VIEW v AS SELECT id FROM t;
CREATE MATERIALIZED VIEW mv AS SELECT id FROM t;
CREATE SEQUENCE s;
CREATE DOMAIN d AS int;
CREATE TYPE e AS ENUM ('x', 'y');
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE trg();
"""
TRIGGER = "FOR EACH ROW EXECUTE PROCEDURE trg()"


def states(sql: str, postgres: int = 15, more: str = "") -> set[str]:
    """Give the SQLSTATEs that a script is told of."""
    found = check_script(sql, "a.sql", postgres=postgres, schema_text=SCHEMA + more)
    return {item.sqlstate for item in found if item.sqlstate}


# As servers of PostgreSQL 10, 15 and 18 answered; an empty one is taken.
ANSWERS = """
CREATE TABLE x (a int, a int) → 42701
CREATE TABLE x (a int PRIMARY KEY, b int PRIMARY KEY) → 42P16
CREATE TABLE x (a int PRIMARY KEY, PRIMARY KEY (a)) → 42P16
CREATE TABLE x (a int, UNIQUE (nope)) → 42703
CREATE TABLE x (a int, CHECK (nope > 1)) → 42703
CREATE TABLE x (a int, CHECK (a > 1 AND tableoid > 0)) →
CREATE TABLE x (LIKE t, CHECK (a > 1)) →
CREATE TABLE x (c int, CHECK (a > c)) INHERITS (t) →
CREATE TABLE x (a int) PARTITION BY LIST (nope) → 42703
CREATE TABLE x (a int DEFAULT 'abc') → 22P02
CREATE TABLE x (a int DEFAULT ' -7 ') →
CREATE TABLE x (a int DEFAULT 'abc'::text) → 42804
CREATE TABLE x (a int DEFAULT now()) → 42804
CREATE TABLE x (a date DEFAULT now()) →
CREATE TABLE x (a text DEFAULT 1) →
CREATE TABLE x (a text DEFAULT now()) →
CREATE TABLE x (a boolean DEFAULT 1) → 42804
CREATE TABLE x (a boolean DEFAULT 'yes') →
CREATE TABLE x (a boolean DEFAULT 'maybe') → 22P02
CREATE TABLE x (a int DEFAULT true) → 42804
CREATE TABLE x (a int[] DEFAULT 1) → 42804
CREATE TABLE x (a int[] DEFAULT '{}') →
CREATE TABLE x (a jsonb DEFAULT 'x') → 22P02
CREATE TABLE x (a jsonb DEFAULT '{}') →
CREATE TABLE x (a uuid DEFAULT 'x') → 22P02
CREATE TABLE x (a uuid DEFAULT '{a0eebc999c0b4ef8-bb6d6bb9bd380a11}') →
CREATE TABLE x (a e DEFAULT 'nope') → 22P02
CREATE TABLE x (a e DEFAULT 'x') →
CREATE TABLE x (a d DEFAULT 'x') → 22P02
CREATE TABLE x (a varchar(2) DEFAULT 'xxx') →
CREATE TABLE x (a numeric(2) DEFAULT 1000) →
CREATE TABLE x (a int DEFAULT f(1)) →
CREATE TABLE x (a int DEFAULT (SELECT 1)) → 0A000
CREATE TABLE x (a int, b int DEFAULT a) → 0A000
CREATE TABLE x (a int NOT NULL NULL) → 42601
CREATE TABLE x (a int DEFAULT 1 DEFAULT 2) → 42601
CREATE TABLE x (a serial DEFAULT 1) → 42601
CREATE TABLE x (a int GENERATED ALWAYS AS IDENTITY DEFAULT 1) → 42601
CREATE TABLE x (a text GENERATED ALWAYS AS IDENTITY) → 22023
CREATE TABLE x (a int GENERATED ALWAYS AS IDENTITY NULL) → 42601
ALTER TABLE t ADD COLUMN z e DEFAULT 'nope' → 22P02
ALTER TABLE t ALTER a SET DEFAULT 'abc' → 22P02
ALTER TABLE t ALTER a SET DEFAULT b → 0A000
ALTER TABLE t ALTER a SET DEFAULT 3, ALTER b DROP DEFAULT →
DROP TABLE v → 42809
DROP TABLE IF EXISTS v → 42809
DROP VIEW mv → 42809
DROP MATERIALIZED VIEW v → 42809
DROP INDEX v → 42809
DROP TABLE s → 42809
DROP SEQUENCE v → 42809
DROP MATERIALIZED VIEW mv →
CREATE FOREIGN TABLE ft (a int) SERVER s1; DROP FOREIGN TABLE ft →
TRUNCATE v → 42809
TRUNCATE ONLY p → 42809
TRUNCATE p →
INSERT INTO mv VALUES (1) → 42809
UPDATE mv SET id = 1 → 42809
DELETE FROM mv → 42809
CREATE INDEX i ON v (id) → 42809
CREATE INDEX i ON mv (id) →
CREATE POLICY pp ON v USING (true) → 42809
ALTER TABLE v ENABLE ROW LEVEL SECURITY → 42809
ALTER TABLE v ADD COLUMN x int → 42809
ALTER TABLE v ALTER id SET DEFAULT 1 →
ALTER TABLE v RENAME TO w →
ALTER VIEW t OWNER TO CURRENT_USER → 42809
ALTER VIEW t RENAME TO w → 42809
ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES v → 42809
REFRESH MATERIALIZED VIEW v → 42809
COMMENT ON VIEW t IS 'x' → 42809
COMMENT ON TABLE v IS 'x' → 42809
LOCK TABLE mv → 42809
LOCK TABLE v →
ALTER TABLE p SET (fillfactor = 50) → 22023
CREATE TABLE x (a int) PARTITION BY LIST (a) WITH (fillfactor = 50) → 22023
COMMENT ON COLUMN t.nope IS 'x' → 42703
COMMENT ON COLUMN t.b IS 'x' →
COMMENT ON TABLE nope IS 'x' → 42P01
COMMENT ON INDEX t_pkey IS 'x' →
COMMENT ON FUNCTION nope() IS 'x' → 42883
COMMENT ON TYPE nope IS 'x' → 42704
GRANT SELECT ON nope TO PUBLIC → 42P01
GRANT SELECT (nope) ON t TO PUBLIC → 42703
GRANT SELECT (a, b), UPDATE ON t TO PUBLIC →
GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC →
GRANT USAGE ON SCHEMA nope TO PUBLIC → 3F000
GRANT USAGE ON SCHEMA public, pg_catalog TO PUBLIC →
GRANT EXECUTE ON FUNCTION nope() TO PUBLIC → 42883
GRANT EXECUTE ON FUNCTION f(int4), trg() TO PUBLIC →
CREATE TABLE x (a information_schema.sql_identifier, b pg_catalog.name) →
CREATE FUNCTION h(a varchar(5)) RETURNS int LANGUAGE sql AS 'SELECT 1'; DROP FUNCTION h(varchar) →
CREATE FUNCTION h(a t.id%TYPE) RETURNS int LANGUAGE sql AS 'SELECT 1'; DROP FUNCTION h(int) →
DROP FUNCTION f(text) → 42883
DROP FUNCTION IF EXISTS f(text) →
DROP FUNCTION f →
ALTER FUNCTION nope() OWNER TO CURRENT_USER → 42883
ALTER SEQUENCE nope RESTART → 42P01
ALTER SEQUENCE s RESTART →
ALTER TYPE nope ADD VALUE 'x' → 42704
ALTER DOMAIN nope SET DEFAULT 1 → 42704
ALTER POLICY nope ON t USING (true) → 42704
DROP POLICY nope ON t → 42704
DROP TRIGGER nope ON t → 42704
DROP TRIGGER g ON t →
ALTER TRIGGER nope ON t RENAME TO x → 42704
ALTER TRIGGER g ON t RENAME TO x →
DROP RULE nope ON t → 42704
DROP STATISTICS nope → 42704
DROP SCHEMA nope → 3F000
DROP PUBLICATION nope → 42704
CREATE TABLE nope.x (a int) → 3F000
CREATE VIEW nope.x AS SELECT 1 → 3F000
CREATE FUNCTION nope.x() RETURNS int LANGUAGE sql AS 'SELECT 1' → 3F000
CREATE TABLE x (a nope) → 42704
CREATE TABLE x (a nope.t) → 3F000
CREATE TABLE x (a t, b e[], c d, d pg_catalog.int4, f "char", g v, h regrole, i name) →
ALTER TABLE t ADD COLUMN z nope[] → 42704
ALTER TABLE t ALTER COLUMN a TYPE nope USING NULL → 42704
CREATE FUNCTION g(a nope) RETURNS int LANGUAGE sql AS 'SELECT 1' → 42704
CREATE FUNCTION g(a t.b%TYPE) RETURNS SETOF record LANGUAGE sql AS 'SELECT 1, 2' →
CREATE FUNCTION g() RETURNS int LANGUAGE nope AS 'SELECT 1' → 42704
CREATE DOMAIN dd AS nope → 42704
CREATE TABLE x (a int) INHERITS (nope) → 42P01
CREATE TABLE x (LIKE nope) → 42P01
ALTER TABLE t RENAME TO p → 42P07
ALTER VIEW v RENAME TO t → 42P07
ALTER INDEX t_pkey RENAME TO s → 42P07
ALTER TABLE t RENAME COLUMN a TO p →
"""
PARTS = """
CREATE TABLE t (id int PRIMARY KEY, a int, b text, j json, ts timestamp, r int4range);
CREATE TABLE p (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE u (id int, t int REFERENCES t);
CREATE VIEW v AS SELECT id FROM t;
CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
CREATE SEQUENCE s;
CREATE DOMAIN d AS int;
CREATE TYPE e AS ENUM ('x','y');
CREATE STATISTICS st ON a, b FROM t;
CREATE MATERIALIZED VIEW mv AS SELECT id FROM t;
"""
# The same on the schema above.
PARTS_ANSWERS = """
ALTER TABLE t ADD CONSTRAINT c CHECK (a) → 42804
ALTER TABLE t ADD CONSTRAINT c CHECK (b) → 42804
ALTER TABLE t ADD CONSTRAINT c CHECK ((SELECT true)) → 0A000
ALTER TABLE t ADD COLUMN x int CHECK (y > 1) → 42703
ALTER TABLE t ADD COLUMN g int GENERATED ALWAYS AS (nope) STORED → 42703
ALTER TABLE t ALTER j TYPE text[] → 42804
ALTER TABLE t ALTER a TYPE int[] → 42804
ALTER TABLE t ALTER id DROP NOT NULL → 42P16
ALTER TABLE t ADD UNIQUE (nope) → 42703
ALTER TABLE t ADD UNIQUE (a, a) → 42701
ALTER TABLE u ADD CONSTRAINT u_t_fkey FOREIGN KEY (t) REFERENCES t → 42710
ALTER TABLE u ADD FOREIGN KEY (t, id) REFERENCES t → 42830
ALTER TABLE u ADD FOREIGN KEY (t) REFERENCES t (a) → 42830
ALTER TABLE u ADD FOREIGN KEY (t) REFERENCES t (b) → 42830
ALTER TABLE u ADD FOREIGN KEY (t) REFERENCES nope → 42P01
ALTER TABLE u ALTER CONSTRAINT nope DEFERRABLE → 42704
ALTER TABLE p DROP COLUMN at → 42P16
ALTER TABLE t SET SCHEMA nope → 3F000
ALTER TABLE t INHERIT nope → 42P01
ALTER TABLE t RENAME CONSTRAINT nope TO x → 42704
ALTER INDEX nope RENAME TO x → 42P01
ALTER TABLE t DISABLE TRIGGER nope → 42704
ALTER TABLE t DISABLE RULE nope → 42704
ALTER TABLE t REPLICA IDENTITY USING INDEX nope → 42704
ALTER TABLE t CLUSTER ON nope → 42704
CREATE OR REPLACE VIEW v AS SELECT a FROM t → 42P16
CREATE OR REPLACE VIEW v AS SELECT id::bigint FROM t → 42P16
CREATE VIEW w AS SELECT * FROM nope → 42P01
CREATE MATERIALIZED VIEW m2 AS SELECT nope FROM t → 42703
CREATE TABLE z AS SELECT nope FROM t → 42703
CREATE POLICY q ON t USING (nope > 1) → 42703
CREATE POLICY q ON t FOR INSERT USING (true) → 42601
CREATE POLICY q ON t FOR SELECT WITH CHECK (true) → 42601
CREATE POLICY q ON nope USING (true) → 42P01
CREATE RULE r AS ON INSERT TO nope DO NOTHING → 42P01
CREATE TRIGGER x BEFORE UPDATE OF nope ON t FOR EACH ROW EXECUTE PROCEDURE trg() → 42703
CREATE TRIGGER x BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.nope > 1) EXECUTE PROCEDURE trg() → 42703
CREATE TRIGGER x BEFORE TRUNCATE ON t FOR EACH ROW EXECUTE PROCEDURE trg() → 0A000
CREATE INDEX i ON t (a, nope) → 42703
CREATE TYPE c2 AS (a int, a int) → 42701
ALTER TYPE e ADD VALUE 'z' BEFORE 'nope' → 22023
ALTER TYPE e RENAME VALUE 'nope' TO 'q' → 22023
ALTER TYPE e RENAME VALUE 'x' TO 'y' → 42710
CREATE FUNCTION g() RETURNS void LANGUAGE sql AS 'UPDATE t SET nope = 1' → 42703
CREATE OR REPLACE FUNCTION f(b int) RETURNS int LANGUAGE sql AS 'SELECT 1' → 42P13
CREATE OR REPLACE FUNCTION f(a int) RETURNS text LANGUAGE sql AS 'SELECT 1::text' → 42P13
UPDATE t SET nope = 1 → 42703
UPDATE t SET a = nope → 42703
UPDATE t SET id = DEFAULT WHERE nope → 42703
INSERT INTO t VALUES (1, 2, 'x', NULL, NULL, NULL, 7) → 42601
INSERT INTO t (id, a) VALUES (1) → 42601
INSERT INTO t (id) VALUES (1, 2) → 42601
INSERT INTO t (id, id) VALUES (1, 2) → 42701
INSERT INTO t (id) SELECT nope FROM u → 42703
DELETE FROM t WHERE nope = 1 → 42703
DELETE FROM t USING nope → 42P01
SELECT nope FROM t → 42703
SELECT t.nope FROM t → 42703
WITH x AS (DELETE FROM t WHERE nope = 1 RETURNING id) SELECT * FROM x → 42703
CREATE STATISTICS s2 ON a, nope FROM t → 42703
CREATE POLICY q ON t USING (id > 1 AND EXISTS (SELECT FROM u WHERE u.id = a)) →
CREATE TRIGGER x BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (NEW.a > OLD.a) EXECUTE FUNCTION trg() →
CREATE MATERIALIZED VIEW m2 AS SELECT id, a FROM t →
CREATE VIEW w AS WITH x AS (SELECT 1 AS y) SELECT y FROM x →
ALTER TABLE t ADD CHECK (a > 1 AND b IS NOT NULL) →
ALTER TABLE t ADD CHECK (true) →
ALTER TABLE t ADD COLUMN x int CHECK (x > a) →
INSERT INTO t VALUES (1), (2) →
INSERT INTO t (id, a) SELECT 1, 2 →
ALTER TYPE e ADD VALUE 'w' BEFORE 'y' →
ALTER TABLE t DISABLE TRIGGER ALL →
ALTER TABLE t REPLICA IDENTITY FULL →
"""
LINES = [line.rpartition(" →") for line in ANSWERS.strip().splitlines()]


@pytest.mark.parametrize(("sql", "state"), [(sql, state.strip()) for sql, _, state in LINES])
def test_the_answer_is_the_servers(sql: str, state: str) -> None:
    """Where it refuses, and where it does not."""
    assert states(sql) == ({state} if state else set())


PARTS_LINES = [line.rpartition(" →") for line in PARTS_ANSWERS.strip().splitlines()]


@pytest.mark.parametrize(("sql", "state"), [(sql, state.strip()) for sql, _, state in PARTS_LINES])
def test_the_answer_about_parts_is_the_servers(sql: str, state: str) -> None:
    """Of columns, triggers, values and constraints."""
    found = check_script(sql, "a.sql", postgres=15, schema_text=PARTS)
    assert {item.sqlstate for item in found if item.sqlstate} == ({state} if state else set())


@pytest.mark.parametrize(
    ("sql", "postgres", "state"),
    [
        ("CREATE TABLE x (a int DEFAULT nope)", 11, "42703"),
        ("CREATE TABLE x (a int, b int DEFAULT a)", 11, "42P10"),
        ("LOCK TABLE v", 10, "42809"),
        ("ALTER TABLE p SET UNLOGGED", 18, "42809"),
        ("ALTER TABLE p SET UNLOGGED", 17, ""),
        ("CREATE UNLOGGED TABLE x (a int) PARTITION BY LIST (a)", 18, "0A000"),
        ("ALTER TABLE p SET (fillfactor = 50)", 16, "42809"),
    ],
)
def test_the_answer_is_that_of_the_version(sql: str, postgres: int, state: str) -> None:
    """As each said it."""
    assert states(sql, postgres) == ({state} if state else set())


@pytest.mark.parametrize(
    "sql", ["CREATE TABLE x (a citext)", "GRANT EXECUTE ON FUNCTION nope() TO PUBLIC"]
)
def test_what_an_extension_brings_may_be_there(sql: str) -> None:
    """Its types and functions are not known."""
    assert states(sql, more="CREATE EXTENSION citext;") == set()


def test_nothing_is_missed_where_not_all_is_known() -> None:
    """Types and schemas of a project may be made by hand."""
    found = check_script("CREATE TABLE nope.x (a nope)", "a.sql", postgres=15)
    assert [item for item in found if item.sqlstate] == []
