"""Drafted rollbacks: the inverse of a forward script."""

from __future__ import annotations

import pytest

from migdocs.core.catalog import Catalog
from migdocs.core.changes.reading import read_changes
from migdocs.core.draft import Draft, draft_rollback
from migdocs.core.sql.parser import parse_all
from migdocs.core.sql.script import split

BASE = """
    CREATE TABLE t (id int PRIMARY KEY, a varchar(9) NOT NULL DEFAULT 'x', b int CHECK (b > 0));
    CREATE INDEX ix ON t (a, b); COMMENT ON COLUMN t.b IS 'why';
    CREATE TABLE o (t int REFERENCES t);
    CREATE VIEW v AS SELECT id FROM t;
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;
    CREATE TYPE m AS ENUM ('a', 'b');
"""


def drafted(sql: str) -> Draft:
    """Draft the rollback of a script on a schema."""
    catalog = Catalog()
    catalog.apply_all(read_changes(parse_all(split(BASE)), "base.sql"))
    return draft_rollback(catalog.apply_all(read_changes(parse_all(split(sql)), "a.sql")))


def statements(draft: Draft) -> list[str]:
    """Give a draft's statements, white space evened out."""
    return [" ".join(s.text.split()) for s in split(draft.text) if s.kind == "sql"]


# Forward → its inverse, last Change first.
INVERSES = {
    "CREATE TABLE n (a int); CREATE INDEX ON n (a); INSERT INTO n VALUES (1)": ["DROP TABLE n"],
    "CREATE TABLE n (); ALTER TABLE n RENAME TO p": ["ALTER TABLE p RENAME TO n", "DROP TABLE n"],
    "CREATE TABLE n (); DROP TABLE n": [],
    "ALTER TABLE t ADD c int": ["ALTER TABLE t DROP COLUMN c"],
    "ALTER TABLE t ADD COLUMN IF NOT EXISTS b int": [],
    "ALTER TABLE t ADD c int; UPDATE t SET c = id": ["ALTER TABLE t DROP COLUMN c"],
    "ALTER TABLE t ALTER a TYPE text": [
        (
            "DO $migdocs$ BEGIN IF EXISTS (SELECT FROM t WHERE a::text IS DISTINCT FROM"
            " (a::varchar(9))::text::text) THEN RAISE EXCEPTION"
            " 't.a holds values that varchar(9) would change'; END IF; END $migdocs$"
        ),
        "ALTER TABLE t ALTER COLUMN a TYPE varchar(9)",
    ],
    "ALTER TABLE t ALTER b TYPE bigint": ["ALTER TABLE t ALTER COLUMN b TYPE integer"],
    "ALTER TABLE t ALTER a SET DEFAULT 'y'": ["ALTER TABLE t ALTER COLUMN a SET DEFAULT 'x'"],
    "ALTER TABLE t ALTER b SET DEFAULT 5": ["ALTER TABLE t ALTER COLUMN b DROP DEFAULT"],
    "ALTER TABLE t ALTER b SET NOT NULL": ["ALTER TABLE t ALTER COLUMN b DROP NOT NULL"],
    "ALTER TABLE t ALTER a SET NOT NULL": [],
    "ALTER TABLE t ALTER a DROP NOT NULL": ["ALTER TABLE t ALTER COLUMN a SET NOT NULL"],
    "ALTER TABLE t RENAME b TO c": ["ALTER TABLE t RENAME COLUMN c TO b"],
    "ALTER TABLE t RENAME TO u": ["ALTER TABLE u RENAME TO t"],
    "ALTER TABLE t SET SCHEMA s": ["ALTER TABLE s.t SET SCHEMA public"],
    "ALTER INDEX ix RENAME TO iy": ["ALTER INDEX iy RENAME TO ix"],
    "ALTER TABLE t ADD CHECK (b < 9)": ["ALTER TABLE t DROP CONSTRAINT t_b_check1"],
    "ALTER TABLE t DROP CONSTRAINT t_b_check": [
        "ALTER TABLE t ADD CONSTRAINT t_b_check CHECK (b > 0)"
    ],
    "ALTER TABLE t DROP CONSTRAINT t_pkey CASCADE": [
        "ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id)",
        "ALTER TABLE o ADD CONSTRAINT o_t_fkey FOREIGN KEY (t) REFERENCES t",
    ],
    "CREATE INDEX i ON t (b)": ["DROP INDEX i"],
    "DROP INDEX ix": ["CREATE INDEX ix ON t (a, b)"],
    "CREATE VIEW w AS SELECT 1": ["DROP VIEW w"],
    "DROP VIEW v": ["CREATE VIEW v AS SELECT id FROM t"],
    "CREATE OR REPLACE VIEW v AS SELECT id, b FROM t": [
        "DROP VIEW v",
        "CREATE VIEW v AS SELECT id FROM t",
    ],
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'": [
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$"
    ],
    "DROP FUNCTION f": ["CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$"],
    "CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION h()": ["DROP TRIGGER g ON t"],
    "DROP TYPE m": ["CREATE TYPE m AS ENUM ('a', 'b')"],
    "ALTER TYPE m RENAME VALUE 'a' TO 'z'": ["ALTER TYPE m RENAME VALUE 'z' TO 'a'"],
    "COMMENT ON COLUMN t.b IS 'new'": ["COMMENT ON COLUMN t.b IS 'why'"],
    "COMMENT ON TABLE t IS 'it''s'": ["COMMENT ON TABLE t IS NULL"],
    "GRANT SELECT ON t TO bob": ["REVOKE SELECT ON TABLE t FROM bob"],
    'GRANT SELECT (id, "A b"), UPDATE ON t TO bob': [
        'REVOKE SELECT (id, "A b"), UPDATE ON TABLE t FROM bob'
    ],
    "REVOKE ALL ON t FROM bob": [],  # bob could do nothing
    "REVOKE ALL ON FUNCTION f() FROM PUBLIC": ["GRANT EXECUTE ON FUNCTION f() TO PUBLIC"],
    "CREATE SCHEMA IF NOT EXISTS public; CREATE EXTENSION IF NOT EXISTS plpgsql": [],
    "ALTER TABLE t ENABLE ROW LEVEL SECURITY": ["ALTER TABLE t DISABLE ROW LEVEL SECURITY"],
    "ALTER TABLE t DISABLE TRIGGER g": ["ALTER TABLE t ENABLE TRIGGER g"],
    "CREATE SCHEMA s": ["DROP SCHEMA s"],
    "CREATE EXTENSION IF NOT EXISTS citext": ["DROP EXTENSION IF EXISTS citext"],
    "SET lock_timeout = '5s'; ANALYZE t": [],
}


@pytest.mark.parametrize("sql", INVERSES)
def test_what_has_an_inverse_is_undone(sql: str) -> None:
    """In reverse order, as it was before."""
    draft = drafted(sql)
    assert statements(draft) == INVERSES[sql]
    assert draft.complete


def test_the_last_change_is_undone_first() -> None:
    """What needs a thing goes before it."""
    assert statements(drafted("ALTER TABLE t ADD c int; CREATE INDEX i ON t (c)")) == [
        "DROP INDEX i",
        "ALTER TABLE t DROP COLUMN c",
    ]


def test_a_dropped_column_comes_back_with_what_went_along() -> None:
    """Its definition, indexes, checks and comment; not its values, which is said."""
    draft = drafted("ALTER TABLE t DROP b")
    assert statements(draft) == [
        "ALTER TABLE t ADD COLUMN b integer",
        "CREATE INDEX ix ON t (a, b)",
        "ALTER TABLE t ADD CONSTRAINT t_b_check CHECK (b > 0)",
        "COMMENT ON COLUMN t.b IS 'why'",
    ]
    (loss,) = draft.losses
    assert loss == "the values of t.b do not come back; the column does, as the last one"
    assert "-- migdocs: data are lost: the values of t.b" in draft.text


def test_a_dropped_table_comes_back_whole() -> None:
    """Its columns, keys, indexes, comments, and the keys of others that pointed at it."""
    draft = drafted("DROP VIEW v; DROP TABLE t CASCADE")
    assert statements(draft)[:-1] == [
        (
            "CREATE TABLE t ( id integer NOT NULL, a varchar(9) DEFAULT 'x' NOT NULL, b integer,"
            " CONSTRAINT t_pkey PRIMARY KEY (id), CONSTRAINT t_b_check CHECK (b > 0) )"
        ),
        "CREATE INDEX ix ON t (a, b)",
        "ALTER TABLE o ADD CONSTRAINT o_t_fkey FOREIGN KEY (t) REFERENCES t",
        "COMMENT ON COLUMN t.b IS 'why'",
    ]
    assert draft.losses == ("the rows of t",)


# What a person must write, and a word that the mark must have.
BY_HAND = {
    "INSERT INTO t VALUES (1)": "delete the rows that were put into t",
    "UPDATE t SET b = 1": "restore the old values",
    "ALTER TABLE IF EXISTS t DROP IF EXISTS z; UPDATE t SET b = 1, z = 2": "restore the old values",
    "DELETE FROM t": "restore the old values",
    "DO $$ BEGIN EXECUTE x; END $$": "undo what this did",
    "ALTER TYPE m ADD VALUE 'c'": "PostgreSQL cannot drop value 'c'",
    "DROP TABLE not_known": "create table not_known again",
    "ALTER TABLE not_known ALTER a TYPE text": "the type back",
    "DROP INDEX not_known": "create index not_known again",
    "ALTER TABLE t OWNER TO bob": "undo what this did",
}


@pytest.mark.parametrize("sql", BY_HAND)
def test_what_has_no_inverse_is_marked(sql: str) -> None:
    """A comment says what a person must write; the draft is not complete."""
    draft = drafted(sql)
    assert not draft.complete
    assert statements(draft) == []
    assert BY_HAND[sql] in draft.by_hand[0]
    assert draft.text.startswith("-- migdocs: write by hand: ")


def test_a_conversion_by_an_expression_is_doubted() -> None:
    """The cast back is a guess."""
    draft = drafted("ALTER TABLE t ALTER b TYPE text USING CASE b WHEN 1 THEN 'one' END")
    assert statements(draft) == ["ALTER TABLE t ALTER COLUMN b TYPE integer USING b::integer"]
    assert "has no inverse" in draft.losses[0]


def test_a_mark_cannot_end_its_comment() -> None:
    """A name or a literal may have line breaks in it."""
    draft = drafted('ALTER TABLE not_known ALTER "a\nDROP TABLE t;" TYPE text')
    assert statements(draft) == []
