"""Changes in plain words."""

from __future__ import annotations

import pytest

from migdocs.core.catalog import Catalog
from migdocs.core.changes.reading import read_changes
from migdocs.core.changes.wording import describe, summarise
from migdocs.core.sql.parser import parse_all
from migdocs.core.sql.script import split

SENTENCES = {
    "ALTER TABLE activity_logs ADD severity varchar(20) NOT NULL DEFAULT 'INFORMATIONAL'": (
        "adds column activity_logs.severity, varchar(20), not null, default 'INFORMATIONAL'"
    ),
    "ALTER TABLE t DROP COLUMN a CASCADE": "drops column t.a, with all that depends on it",
    "ALTER TABLE t ALTER a TYPE text": "changes column t.a to text",
    "ALTER TABLE t ALTER a SET NOT NULL": "makes column t.a not null",
    "ALTER TABLE t ALTER a DROP NOT NULL": "makes column t.a nullable",
    "ALTER TABLE t RENAME a TO b": "renames column t.a to b",
    "ALTER TABLE t RENAME TO u": "renames table t to u",
    "ALTER TABLE t ADD CHECK (a > 0)": "adds constraint t_a_check to t: CHECK (a > 0)",
    "ALTER TABLE t DROP CONSTRAINT c": "drops constraint c of t",
    "CREATE UNIQUE INDEX i ON t (a) WHERE b": "creates unique index i on t (a), where b",
    "DROP INDEX i": "drops index i",
    "CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()": (
        "creates trigger g on t: after insert, calls f()"
    ),
    "ALTER TRIGGER g ON t RENAME TO h": "renames trigger g of t to h",
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'": (
        "creates or replaces function f(), returns integer"
    ),
    "ALTER TYPE m ADD VALUE 'a'": "adds value 'a' to type m",
    "ALTER TABLE t ENABLE ROW LEVEL SECURITY": "enables row-level security on t",
    "GRANT SELECT ON t TO bob": "grants select on table t to bob",
    "REVOKE ALL ON t FROM bob": "revokes all privileges on table t from bob",
    "GRANT admin TO bob": "grants membership on role admin to bob",
    "ALTER TABLE t OWNER TO bob": "sets the owner of table t to bob",
    "INSERT INTO t VALUES (1), (2)": "inserts 2 rows into t",
    "UPDATE t SET a = 1, b = 2": "updates t, setting a, b of every row",
    "DELETE FROM t": "deletes every row from t",
    "TRUNCATE t": "empties t",
    "DO $$ BEGIN EXECUTE x; END $$": "runs SQL that DO block builds at run time",
    "DO $$ BEGIN IF x THEN DROP TABLE t; END IF; END $$": "drops table t (on a condition)",
    "COMMENT ON TABLE t IS NULL": "drops the comment on table t",
    "ANALYZE": "analyzes every table",
    "DROP TABEL t": "could not be read: DROP TABEL t",
}


@pytest.mark.parametrize("sql", SENTENCES)
def test_a_change_is_a_sentence(sql: str) -> None:
    """It begins with a verb, as a list in a document does."""
    (change,) = read_changes(parse_all(split(sql)))
    assert describe(change) == SENTENCES[sql]


def test_the_old_type_is_said_where_it_is_known() -> None:
    """The catalog knows it."""
    sql = "CREATE TABLE t (a varchar(9)); ALTER TABLE t ALTER a TYPE text"
    effects = Catalog().apply_all(read_changes(parse_all(split(sql))))
    assert describe(effects[-1].change) == "changes column t.a from varchar(9) to text"


def test_a_script_is_a_few_lines() -> None:
    """A new table is one line with all that it has; the same twice is said once."""
    sql = """
        BEGIN; SET lock_timeout = '5s';
        CREATE TABLE users (id int PRIMARY KEY, org int REFERENCES orgs);
        CREATE INDEX ON users (org); CREATE INDEX ON users (id, org);
        COMMENT ON TABLE users IS 'a'; COMMENT ON COLUMN users.id IS 'b';
        INSERT INTO users VALUES (1, 2);
        UPDATE orgs SET a = 1 WHERE id = 1; UPDATE orgs SET a = 2 WHERE id = 2;
        ALTER TABLE orgs DROP b;
        COMMIT;
    """
    assert summarise(read_changes(parse_all(split(sql)))) == [
        "creates table users (2 columns) with 2 indexes and 1 foreign key",
        "inserts 1 row into users",
        "updates orgs, setting a (2 times)",
        "drops column orgs.b",
        "comments on 2 objects",
    ]
