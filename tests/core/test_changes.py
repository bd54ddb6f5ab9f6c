"""What statements say that they change: SQL beside its Changes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migdocs.core.changes import stored
from migdocs.core.changes.reading import read_changes, read_script
from migdocs.core.model import Change, Script
from migdocs.core.sql.definitions import Column, Constraint, Enum, Index, Source
from migdocs.core.sql.parser import parse_all
from migdocs.core.sql.script import split


def read(sql: str) -> tuple[Change, ...]:
    """Read the Changes of a script's text."""
    return read_changes(parse_all(split(sql)))


def only(sql: str) -> Change:
    """Read the one Change of a statement."""
    (change,) = read(sql)
    return change


# Statement → verb, kind, name, after.
ONE_CHANGE = [
    ("CREATE TABLE a ()", "create", "table", "a", None),
    ("CREATE UNLOGGED TABLE a (LIKE b)", "create", "table", "a", "unlogged, like b"),
    ("CREATE TABLE a () INHERITS (b)", "create", "table", "a", "inherits b"),
    (
        "CREATE TABLE a PARTITION OF b FOR VALUES FROM (1) TO (9)",
        "create",
        "table",
        "a",
        "partition of b FOR VALUES FROM (1) TO (9)",
    ),
    ("CREATE TABLE public.a ()", "create", "table", "a", None),
    ('CREATE TABLE "Order" ()', "create", "table", '"Order"', None),
    ('CREATE TABLE s."user" ()', "create", "table", 's."user"', None),
    ("ALTER TABLE a DROP b", "drop", "column", "a.b", None),
    ("ALTER TABLE a ALTER b TYPE varchar(20)", "retype", "column", "a.b", "varchar(20)"),
    (
        "ALTER TABLE a ALTER b TYPE int USING b::int",
        "retype",
        "column",
        "a.b",
        "integer using b::int",
    ),
    ("ALTER TABLE a ALTER b SET DEFAULT now()", "set default", "column", "a.b", "now()"),
    ("ALTER TABLE a ALTER b SET DEFAULT NULL", "drop default", "column", "a.b", None),
    ("ALTER TABLE a ALTER b DROP DEFAULT", "drop default", "column", "a.b", None),
    ("ALTER TABLE a ALTER b SET NOT NULL", "set not null", "column", "a.b", None),
    ("ALTER TABLE a ALTER b DROP NOT NULL", "drop not null", "column", "a.b", None),
    ("ALTER TABLE a ALTER b SET STATISTICS 9", "set statistics", "column", "a.b", "9"),
    ("ALTER TABLE a DROP CONSTRAINT b", "drop", "constraint", "a.b", None),
    ("ALTER TABLE a VALIDATE CONSTRAINT b", "validate", "constraint", "a.b", None),
    ("ALTER TABLE a ALTER CONSTRAINT b DEFERRABLE", "alter", "constraint", "a.b", "deferrable"),
    ("ALTER TABLE a SET (fillfactor = 70)", "set options", "table", "a", "fillfactor = 70"),
    ("ALTER TABLE a ENABLE ROW LEVEL SECURITY", "enable", "row security", "a", None),
    ("ALTER TABLE a DISABLE TRIGGER b", "disable", "trigger", "a.b", None),
    ("ALTER TABLE a OWNER TO bob", "set owner", "table", "a", "bob"),
    ("ALTER TABLE a INHERIT b", "inherit", "table", "a", "b"),
    ("ALTER TABLE a ATTACH PARTITION b DEFAULT", "attach", "partition", "b", "DEFAULT"),
    ("ALTER TABLE a DETACH PARTITION b", "detach", "partition", "b", None),
    ("ALTER TABLE a RENAME TO b", "rename", "table", "a", "b"),
    ("ALTER TABLE a RENAME b TO c", "rename", "column", "a.b", "c"),
    ("ALTER TABLE a RENAME CONSTRAINT b TO c", "rename", "constraint", "a.b", "c"),
    ("ALTER INDEX a RENAME TO b", "rename", "index", "a", "b"),
    ("ALTER TABLE a SET SCHEMA s", "set schema", "table", "a", "s"),
    ("DROP TABLE s.a", "drop", "table", "s.a", None),
    ("DROP INDEX CONCURRENTLY a", "drop", "index", "a", None),
    ("DROP MATERIALIZED VIEW a", "drop", "materialized view", "a", None),
    ("DROP TRIGGER b ON s.a", "drop", "trigger", "s.a.b", None),
    ("DROP FUNCTION f(int, text)", "drop", "function", "f(integer, text)", None),
    ("CREATE VIEW v AS SELECT 1", "create", "view", "v", None),
    ("CREATE OR REPLACE VIEW v AS SELECT 1", "replace", "view", "v", None),
    (
        "CREATE FUNCTION f(a int, OUT b text, VARIADIC c text[]) LANGUAGE sql AS 'select 1'",
        "create",
        "function",
        "f(integer, text[])",
        None,
    ),
    (
        "CREATE TRIGGER g BEFORE INSERT OR UPDATE ON t EXECUTE FUNCTION f()",
        "create",
        "trigger",
        "t.g",
        "before insert or update, calls f()",
    ),
    ("CREATE TYPE m AS ENUM ('a', 'b')", "create", "type", "m", "enum ('a', 'b')"),
    ("ALTER TYPE m ADD VALUE 'c' BEFORE 'a'", "add value", "type", "m", "'c' before 'a'"),
    ("ALTER TYPE m RENAME VALUE 'a' TO 'z'", "rename value", "type", "m", "'z'"),
    ("CREATE TYPE c AS (x int)", "create", "type", "c", "(x integer)"),
    ("ALTER TYPE c ADD ATTRIBUTE y int", "add", "attribute", "c.y", "integer"),
    ("CREATE DOMAIN d AS text NOT NULL", "create", "domain", "d", "text, not null"),
    ("CREATE SCHEMA s", "create", "schema", "s", None),
    ("CREATE EXTENSION citext", "create", "extension", "citext", None),
    ("CREATE SEQUENCE q", "create", "sequence", "q", None),
    ("ALTER SEQUENCE q RESTART WITH 5", "alter", "sequence", "q", "restart = 5"),
    ("GRANT SELECT ON t TO bob", "grant", "table", "t", "select to bob"),
    ("REVOKE ALL ON t FROM bob", "revoke", "table", "t", "all privileges from bob"),
    ("CREATE POLICY p ON t", "create", "policy", "t.p", "for all to PUBLIC"),
    ("COMMENT ON COLUMN t.a IS 'why'", "comment", "column", "t.a", "why"),
    ("COMMENT ON TABLE t IS NULL", "comment", "table", "t", None),
    ("CREATE PUBLICATION p FOR TABLE t", "create", "publication", "p", "of t"),
    ("INSERT INTO t VALUES (1), (2)", "insert", "rows", "t", "2 rows"),
    ("INSERT INTO t SELECT * FROM u", "insert", "rows", "t", "rows from a query"),
    ("UPDATE t SET a = 1, b = 2 WHERE c", "update", "rows", "t", "a, b"),
    ("UPDATE t SET a = 1", "update", "rows", "t", "a of every row"),
    ("DELETE FROM t WHERE a", "delete", "rows", "t", "rows"),
    ("DELETE FROM t", "delete", "rows", "t", "every row"),
    ("TRUNCATE t", "truncate", "rows", "t", None),
    ("COPY t FROM '/f'", "copy", "rows", "t", "from a file"),
    ("SELECT setval('s', 5)", "call", "function", "setval", None),
    ("SELECT count(*) FROM t", "run", "query", "select", None),
    ("SET lock_timeout = '5s'", "set", "setting", "lock_timeout", "'5s'"),
    ("BEGIN", "run", "transaction", "begin", None),
    ("VACUUM", "vacuum", "table", "every table", None),
    ("NOTIFY x", "run", "command", "NOTIFY x", None),
]


@pytest.mark.parametrize(
    ("sql", "verb", "kind", "name", "after"), ONE_CHANGE, ids=[case[0] for case in ONE_CHANGE]
)
def test_a_statement_of_one_change(
    sql: str, verb: str, kind: str, name: str, after: str | None
) -> None:
    """Each kind of statement has its verb, its kind of object and its name."""
    change = only(sql)
    assert (change.verb, change.kind, change.name, change.after) == (verb, kind, name, after)


@pytest.mark.parametrize("sql", [case[0] for case in ONE_CHANGE])
def test_changes_are_kept_and_given_back(sql: str) -> None:
    """As JSON, with their definitions: what was read once need not be read again."""
    for change in read(sql):
        assert stored.changes(json.loads(json.dumps(stored.plain([change]))), "") == (change,)


# The type as it is written → as people write it.
TYPES = {
    "int": "integer",
    "int8": "bigint",
    "bool": "boolean",
    "character varying(20)": "varchar(20)",
    "varchar": "varchar",
    "char": "char(1)",
    "bpchar": "bpchar",
    "decimal(10, 2)": "numeric(10,2)",
    "float": "double precision",
    "timestamp with time zone": "timestamptz",
    "timestamp(3)": "timestamp(3)",
    "time": "time",
    "interval hour to minute": "interval hour to minute",
    "int[]": "integer[]",
    "text[][]": "text[][]",
    "bit varying(4)": "varbit(4)",
    "public.citext": "citext",
    "s.mood": "s.mood",
    '"Mood"': '"Mood"',
    '"char"': '"char"',
}


@pytest.mark.parametrize("written", TYPES)
def test_types_are_said_as_people_write_them(written: str) -> None:
    """The server's own names of types are no reader's."""
    assert only(f"ALTER TABLE t ADD c {written}").after == TYPES[written]


# The rest of ADD COLUMN c … → the definition in words, and as SQL.
COLUMNS = {
    "text NOT NULL DEFAULT 'x'": ("text, not null, default 'x'", "c text DEFAULT 'x' NOT NULL"),
    "text DEFAULT NULL": ("text", "c text"),
    "bigserial": ("bigserial", "c bigserial"),
    "int DEFAULT (1 + 2)": ("integer, default 1 + 2", "c integer DEFAULT (1 + 2)"),
    "int DEFAULT -1": ("integer, default -1", "c integer DEFAULT -1"),
    "jsonb DEFAULT '{}'::jsonb": (
        "jsonb, default '{}'::jsonb",
        "c jsonb DEFAULT '{}'::jsonb",
    ),
    'text COLLATE "C"': ('text, collate "C"', 'c text COLLATE "C"'),
    "int GENERATED ALWAYS AS IDENTITY": (
        "integer, not null, generated always as identity",
        "c integer GENERATED ALWAYS AS IDENTITY NOT NULL",
    ),
    "int GENERATED ALWAYS AS (a * 2) STORED": (
        "integer, computed from a * 2",
        "c integer GENERATED ALWAYS AS (a * 2) STORED",
    ),
}


@pytest.mark.parametrize("written", COLUMNS)
def test_columns_are_defined(written: str) -> None:
    """In words for readers, and in SQL for drafts."""
    definition = only(f"ALTER TABLE t ADD c {written}").definition
    assert isinstance(definition, Column)
    assert (definition.describe(), definition.sql()) == COLUMNS[written]


# The constraint as written in a table t → the name it gets, and its SQL.
CONSTRAINTS = {
    "PRIMARY KEY (a, b)": ("t_pkey", "PRIMARY KEY (a, b)"),
    "UNIQUE (a, b)": ("t_a_b_key", "UNIQUE (a, b)"),
    "UNIQUE NULLS NOT DISTINCT (a) INCLUDE (b)": (
        "t_a_key",
        "UNIQUE NULLS NOT DISTINCT (a) INCLUDE (b)",
    ),
    "CHECK (a > 0)": ("t_a_check", "CHECK (a > 0)"),
    "CHECK (a > b)": ("t_check", "CHECK (a > b)"),
    "CONSTRAINT mine CHECK (a > 0) NOT VALID": ("mine", "CHECK (a > 0) NOT VALID"),
    "FOREIGN KEY (a) REFERENCES u (x) ON DELETE CASCADE": (
        "t_a_fkey",
        "FOREIGN KEY (a) REFERENCES u (x) ON DELETE CASCADE",
    ),
    "FOREIGN KEY (a, b) REFERENCES u MATCH FULL ON UPDATE SET NULL DEFERRABLE": (
        "t_a_b_fkey",
        "FOREIGN KEY (a, b) REFERENCES u MATCH FULL ON UPDATE SET NULL DEFERRABLE",
    ),
    "EXCLUDE USING gist (r WITH &&) WHERE (a > 1)": (
        "t_r_excl",
        "EXCLUDE USING gist (r WITH &&) WHERE (a > 1)",
    ),
    "PRIMARY KEY USING INDEX i": ("t_pkey", "PRIMARY KEY USING INDEX i"),
}


@pytest.mark.parametrize("written", CONSTRAINTS)
def test_constraints_are_defined_and_named_as_the_server_would(written: str) -> None:
    """The name matters: a later script drops the constraint by it."""
    change = only(f"ALTER TABLE t ADD {written}")
    assert isinstance(change.definition, Constraint)
    assert (change.name.removeprefix("t."), change.definition.sql()) == CONSTRAINTS[written]


INDEXES = {
    "CREATE INDEX ON s.t (a, lower(b), (a + 1))": (
        "s.t_a_lower_expr_idx",
        "CREATE INDEX t_a_lower_expr_idx ON s.t (a, lower(b), (a + 1))",
    ),
    "CREATE UNIQUE INDEX i ON t USING hash (a DESC NULLS LAST) INCLUDE (b) WHERE c IS NULL": (
        "i",
        "CREATE UNIQUE INDEX i ON t USING hash (a DESC NULLS LAST) INCLUDE (b) WHERE c IS NULL",
    ),
    "CREATE INDEX i ON ONLY t (a text_pattern_ops) WITH (fillfactor = 70)": (
        "i",
        "CREATE INDEX i ON ONLY t (a text_pattern_ops) WITH (fillfactor = 70)",
    ),
}


@pytest.mark.parametrize("written", INDEXES)
def test_indexes_are_defined_and_named_as_the_server_would(written: str) -> None:
    """The definition, written as SQL, makes the same index again."""
    change = only(written)
    assert isinstance(change.definition, Index)
    assert (change.name, change.definition.sql()) == INDEXES[written]


def test_names_too_long_are_cut_as_the_server_does() -> None:
    """Table and column give way by turns, so that 63 bytes are left."""
    change = only(f"ALTER TABLE {'t' * 40} ADD UNIQUE ({'c' * 40})")
    assert change.name == f"{'t' * 40}.{'t' * 29}_{'c' * 29}_key"


def test_create_table_gives_the_table_and_each_part() -> None:
    """So that histories of columns begin where the table does."""
    changes = read("CREATE TABLE t (id uuid PRIMARY KEY, o int REFERENCES u, CHECK (o > 0))")
    assert [(c.kind, c.name, c.table) for c in changes] == [
        ("table", "t", None),
        ("column", "t.id", "t"),
        ("constraint", "t.t_pkey", "t"),
        ("column", "t.o", "t"),
        ("constraint", "t.t_o_fkey", "t"),
        ("constraint", "t.t_o_check", "t"),
    ]


def test_one_alter_table_gives_a_change_for_each_command() -> None:
    """In the order of the statement."""
    changes = read("ALTER TABLE t ADD a int, DROP b, ALTER c SET NOT NULL")
    assert [(c.verb, c.name) for c in changes] == [
        ("add", "t.a"),
        ("drop", "t.b"),
        ("set not null", "t.c"),
    ]


def test_guards_and_cascades_are_noted() -> None:
    """IF EXISTS lets a statement pass, CASCADE takes more along than it names."""
    assert only("ALTER TABLE t ADD COLUMN IF NOT EXISTS a int").guarded
    assert only("DROP TABLE IF EXISTS t").guarded
    assert only("DROP TABLE t CASCADE").cascade
    assert not only("DROP TABLE t").cascade


NEEDS = {
    "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u": ("u",),
    "ALTER TABLE t ADD c mood[]": ("mood",),
    "CREATE VIEW v AS WITH w AS (SELECT 1) SELECT * FROM a JOIN b USING (x), w": ("a", "b"),
    "CREATE VIEW v AS SELECT 1 WHERE EXISTS (SELECT FROM s.c)": ("s.c",),
    "INSERT INTO t SELECT * FROM u": ("u",),
    "UPDATE t SET a = (SELECT max(b) FROM u)": ("u",),
    "DELETE FROM t USING u": ("u",),
    "CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()": ("t", "f()"),
    "CREATE INDEX i ON t (a)": ("t",),
    "CREATE TABLE p PARTITION OF q DEFAULT": ("q",),
}


@pytest.mark.parametrize("sql", NEEDS)
def test_changes_say_what_they_need(sql: str) -> None:
    """Dependencies between migrations come from it."""
    assert only(sql).needs == NEEDS[sql]


def test_what_has_no_finer_definition_keeps_its_source() -> None:
    """A drafted rollback makes it again from that."""
    sql = "CREATE VIEW v AS SELECT 1"
    assert only(sql).definition == Source(sql)
    assert only("CREATE TYPE m AS ENUM ('a', 'b''c')").definition == Enum(("'a'", "'b''c'"))


def test_data_statements_inside_with_are_read() -> None:
    """They run before the statement that they stand in."""
    changes = read("WITH gone AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM gone")
    assert [(c.verb, c.name) for c in changes] == [("delete", "a"), ("insert", "b")]


def test_do_blocks_are_read() -> None:
    """What may not run is conditional, what is built at run time opaque; lines are the file's."""
    changes = read(
        "SELECT 1;\n"
        "DO $$\nBEGIN\n"
        "  ALTER TABLE t ADD a int;\n"
        "  IF x THEN\n"
        "    DROP TABLE u;\n"
        "  END IF;\n"
        "  EXECUTE 'DROP TABLE w';\n"
        "  EXECUTE 'DROP TABLE ' || x;\n"
        "END $$;"
    )[1:]
    assert [(c.verb, c.kind, c.name, c.line, c.conditional, c.opaque) for c in changes] == [
        ("add", "column", "t.a", 4, False, False),
        ("drop", "table", "u", 6, True, False),
        ("drop", "table", "w", 8, False, False),
        ("run", "body", "DO block", 9, False, True),
    ]
    assert {c.statement for c in changes} == {1}


def test_a_routine_that_the_script_makes_and_calls_is_read() -> None:
    """Also one in SQL; one that is only made changes nothing yet."""
    making = "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ DELETE FROM t; $$;"
    assert [c.verb for c in read(making)] == ["create"]
    assert [(c.verb, c.name) for c in read(making + "SELECT f();")] == [
        ("create", "f()"),
        ("call", "f"),
        ("delete", "t"),
    ]


def test_a_routine_that_calls_itself_ends() -> None:
    """It is followed a few calls deep."""
    loop = "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM f(); END $$;"
    assert len(read(loop + "SELECT f();")) < 20


def test_a_body_in_another_language_is_opaque() -> None:
    """It is named, with its language."""
    change = only("DO LANGUAGE plpython3u $$ plpy.execute('drop table a') $$")
    assert (change.verb, change.kind, change.after) == ("unread", "body", "in plpython3u")
    assert change.opaque


def test_statements_that_cannot_be_read_are_named() -> None:
    """With the reason; what is quoted in them may be a password. The others are read."""
    changes = read("DROP TABLE a;\nCREATE ROLE x PASWORD 'secret';\n\\i f.sql\nDROP TABLE :b;")
    assert [(c.verb, c.name, c.after, c.line) for c in changes] == [
        ("drop", "a", None, 1),
        ("unread", "CREATE ROLE x PASWORD '…'", 'unrecognized role option "pasword"', 2),
        ("unread", "\\i f.sql", "a command of psql", 3),
        ("unread", "DROP TABLE :b", ":b is a variable of psql", 4),
    ]


def test_passwords_are_not_repeated() -> None:
    """Not in a name, a text or a definition that a document shows."""
    for change in read(
        "CREATE ROLE a PASSWORD 'secret'; ALTER ROLE a PASSWORD 'secret';"
        " ALTER SYSTEM SET x = 'secret'"
    ):
        assert "secret" not in repr(change)


def test_a_script_in_another_language_gives_nothing() -> None:
    """Go and Python migrations are shown, not read."""
    assert read_script(Script("a.go", "package main", language="go")) == ()
    (change,) = read_script(Script("m/a.sql", "\nDROP TABLE t", line=10))
    assert (change.path, change.line) == ("m/a.sql", 11)


# Words that make plausible and broken statements of every family.
VOCABULARY = """
CREATE ALTER DROP TABLE INDEX VIEW TYPE FUNCTION TRIGGER ON t a . ( ) , ; ADD COLUMN int SET NOT
NULL DEFAULT 1 'x' AS SELECT FROM WHERE $$ DO BEGIN END IF EXISTS CASCADE RENAME TO INSERT INTO
VALUES UPDATE DELETE CHECK UNIQUE PRIMARY KEY REFERENCES ENUM GRANT
"""
WORDS = st.lists(st.sampled_from(VOCABULARY.split()), max_size=14).map(" ".join)


@given(WORDS | st.text(max_size=30))
@settings(max_examples=300, deadline=None)
def test_no_text_raises_anything(sql: str) -> None:
    """Every statement is a Change or named as unread."""
    statements = split(sql)
    found = {change.statement for change in read_changes(parse_all(statements))}
    assert found == {s.index for s in statements if s.kind != "blank"}
