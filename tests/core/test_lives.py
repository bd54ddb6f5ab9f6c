"""The life of tables and columns, from the migrations in order."""

from __future__ import annotations

from migdocs.core.catalog import lives
from migdocs.core.catalog.lives import ColumnLife, Gone, Lives, Moment, Reference
from migdocs.core.changes.reading import read_changes
from migdocs.core.sql.parser import parse_all
from migdocs.core.sql.script import split


def told(base: str = "", **scripts: str) -> Lives:
    """Tell the lives of what scripts make, in order."""
    changes = {id_: read_changes(parse_all(split(sql)), id_) for id_, sql in scripts.items()}
    return lives.read(changes, read_changes(parse_all(split(base)), "base.sql"))


def test_columns_come_change_and_go() -> None:
    """Each with the migration that did it, and where it stood among the others."""
    table = told(
        one="CREATE TABLE t (a int, b int)",
        two="ALTER TABLE t ADD c text, DROP b",
        three="ALTER TABLE t ALTER a SET NOT NULL; ALTER TABLE t RENAME c TO d",
    ).tables["t"]
    a, d, b = table.columns
    assert a == ColumnLife(
        "a",
        "integer, not null",
        Moment("one", "adds column t.a, integer", 1),
        (Moment("three", "makes column t.a not null", 1),),
    )
    assert (d.name, d.definition) == ("d", "text")
    assert [moment.migration for moment in d.changed] == ["three"]
    assert b.removed
    assert (b.name, b.definition, b.removed.migration) == ("b", "integer", "two")


def test_a_renamed_table_is_one_table() -> None:
    """Its life goes on under the new name; a new one of the old name is another."""
    found = told(
        one="CREATE TABLE t (a int)",
        two="ALTER TABLE t RENAME TO u; CREATE TABLE t (z int)",
        three="CREATE INDEX i ON u (a); DROP TABLE t",
    )
    assert list(found.tables) == ["u"]
    assert [moment.migration for moment in found.tables["u"].moments] == ["two", "three"]
    assert [(gone.name, gone.now, gone.moment.migration) for gone in found.gone] == [
        ("t", "", "three"),
        ("t", "u", "two"),
    ]
    assert found.touched == {"one": ("u",), "two": ("u",), "three": ("u",)}


def test_what_was_there_before_has_no_migration() -> None:
    """An ORM made it, or a base schema says so."""
    known = told(base="CREATE TABLE t (a int)", one="ALTER TABLE t DROP a").tables["t"]
    assert known.created == Moment("", "creates table t", 1)
    assert known.columns[0].removed
    assert known.columns[0].removed.migration == "one"
    unknown = told(one="ALTER TABLE t ALTER a TYPE text").tables["t"]
    assert (unknown.created, unknown.columns[0].added, unknown.complete) == (None, None, False)


def test_what_goes_with_a_column_is_told() -> None:
    """A silent loss is part of the story."""
    table = told(
        one="CREATE TABLE t (a int); CREATE INDEX i ON t (a)", two="ALTER TABLE t DROP a"
    ).tables["t"]
    assert table.moments[-1] == Moment("two", "drops index i", 1)
    assert (table.constraints, table.indexes, table.triggers) == ({}, {}, {})


def test_columns_that_are_copied_are_there_at_once() -> None:
    """LIKE brings columns without naming them."""
    table = told(one="CREATE TABLE t (a int); CREATE TABLE u (LIKE t, b int)").tables["u"]
    assert [column.name for column in table.columns] == ["a", "b"]


def test_a_renamed_column_is_found_under_its_old_name() -> None:
    """The reader who looks for the old name learns the new one."""
    found = told(one="CREATE TABLE t (a int)", two="ALTER TABLE t RENAME a TO b")
    assert found.gone == (
        Gone("t.a", "column", Moment("two", "renames column t.a to b", 1), "t.b"),
    )


def test_neighbours_are_known_from_both_sides() -> None:
    """A foreign key is a reference of one table and a referrer of the other."""
    found = told(
        one="CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (t_id int REFERENCES t (id))"
    )
    key = Reference("u", "t", ("t_id",))
    assert found.tables["u"].references == (key,)
    assert found.tables["t"].referenced_by == (key,)


def test_a_dropped_table_is_gone_whatever_was_on_it() -> None:
    """A trigger, a policy, a partition goes with it."""
    found = told(
        one="CREATE TABLE a (id int); CREATE FUNCTION f() RETURNS trigger LANGUAGE sql AS '';"
        " CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION f();"
        " CREATE POLICY p ON a; COMMENT ON COLUMN a.id IS 'x'; CREATE INDEX i ON a (id);"
        " DROP TABLE a; CREATE TABLE p (at date) PARTITION BY RANGE (at);"
        " CREATE TABLE p1 PARTITION OF p DEFAULT; DROP TABLE p;"
    )
    assert not found.tables


def test_a_temporary_table_is_no_schema() -> None:
    """Nor is one that is made in a block, or by a query."""
    found = told(
        one="CREATE TABLE a (id int); CREATE TEMP TABLE b AS SELECT * FROM a;"
        " DO $$ BEGIN CREATE TEMP TABLE c (i int); END $$;"
        " CREATE TEMPORARY TABLE d (i int) ON COMMIT DROP; CREATE INDEX ON d (i);"
    )
    assert list(found.tables) == ["a"]
    assert not found.gone


def test_comments_are_shown() -> None:
    """Of tables and columns, as they are now."""
    found = told(
        one="CREATE TABLE a (id int, b int);"
        " COMMENT ON TABLE a IS 'old'; COMMENT ON TABLE a IS 'new';"
        " COMMENT ON COLUMN a.b IS 'it''s b'; COMMENT ON COLUMN a.id IS 'x';"
        " COMMENT ON COLUMN a.id IS NULL;"
    ).tables["a"]
    assert found.comment == "new"
    assert {c.name: c.comment for c in found.columns} == {"id": "", "b": "it's b"}


def test_comments_triggers_and_views_are_told() -> None:
    """Each as it is now: a view by its columns and its statement, a trigger by its definition."""
    found = told(
        one="CREATE TABLE t (a int, b text); CREATE INDEX i ON t (a);"
        " COMMENT ON TABLE t IS 'old'; COMMENT ON COLUMN t.a IS 'the a';"
        " CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;"
        " CREATE TRIGGER w BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();",
        two="COMMENT ON TABLE t IS 'new'; CREATE VIEW v AS SELECT a, upper(b) AS name FROM t;"
        " CREATE VIEW n (x, y) AS SELECT * FROM t; CREATE MATERIALIZED VIEW m AS SELECT a FROM t;",
    )
    table = found.tables["t"]
    assert (table.comment, table.columns[0].comment, table.columns[1].comment) == (
        "new",
        "the a",
        "",
    )
    assert table.indexes == {"i": "CREATE INDEX i ON t (a)"}
    assert list(table.triggers) == ["w"]
    assert table.triggers["w"].startswith("CREATE TRIGGER w BEFORE INSERT ON t")
    assert table.read_by == ("v", "n", "m")
    assert [column.name for column in found.tables["v"].columns] == ["a", "name"]
    assert [column.name for column in found.tables["n"].columns] == ["x", "y"]
    assert [column.name for column in found.tables["m"].columns] == ["a"]
    assert found.tables["v"].source.startswith("CREATE VIEW v AS SELECT a")
    assert found.tables["v"].reads == ("t",)


def test_a_dropped_trigger_and_comment_are_gone() -> None:
    """What a rename carries along stays."""
    found = told(
        one="CREATE TABLE t (a int); COMMENT ON COLUMN t.a IS 'x'; COMMENT ON TABLE t IS 'y';"
        " CREATE TRIGGER w BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();",
        two="COMMENT ON TABLE t IS NULL; DROP TRIGGER w ON t; ALTER TABLE t RENAME a TO b;",
    ).tables["t"]
    assert (found.comment, dict(found.triggers), found.columns[0].comment) == ("", {}, "x")
