"""Replaying Changes: what the schema is after them, and what each of them took along."""

from __future__ import annotations

from migdocs.core.catalog import Catalog, Effect, Relation, is_new
from migdocs.core.changes.reading import read_changes
from migdocs.core.sql.parser import parse_all
from migdocs.core.sql.script import split


def replay(sql: str, catalog: Catalog | None = None, path: str = "a.sql") -> Catalog:
    """Give the schema after a script."""
    catalog = catalog or Catalog()
    catalog.apply_all(read_changes(parse_all(split(sql)), path))
    return catalog


def table(sql: str, name: str = "t") -> Relation:
    """Give a table after a script."""
    return replay(sql).relations[name]


def last(sql: str) -> Effect:
    """Give what the last Change of a script did."""
    catalog = Catalog()
    return catalog.apply_all(read_changes(parse_all(split(sql))))[-1]


TABLE = "CREATE TABLE t (a int PRIMARY KEY, b varchar(9) DEFAULT 'x', c int CHECK (c > 0));"


def columns(relation: Relation) -> dict[str, str]:
    """Give a table's columns in words."""
    return {name: column.describe() for name, column in relation.columns.items()}


def test_columns_are_what_the_changes_left() -> None:
    """Added, retyped, renamed, dropped, with their defaults and nullability."""
    after = table(
        TABLE + "ALTER TABLE t ADD d int, ALTER b TYPE text, ALTER b SET NOT NULL, DROP c;"
        "ALTER TABLE t RENAME d TO e; ALTER TABLE t ALTER b DROP DEFAULT, ALTER e SET DEFAULT 5"
    )
    assert columns(after) == {
        "a": "integer, not null",
        "b": "text, not null",
        "e": "integer, default 5",
    }


def test_what_a_change_replaces_is_known() -> None:
    """The old type, default, nullability and definition: what rules and drafts need."""
    assert last(TABLE + "ALTER TABLE t ALTER b TYPE text").change.before == "varchar(9)"
    assert last(TABLE + "ALTER TABLE t ALTER b SET DEFAULT 'y'").change.before == "'x'"
    assert last(TABLE + "ALTER TABLE t ALTER b SET NOT NULL").change.before == "null"
    assert last(TABLE + "ALTER TABLE t ALTER a DROP NOT NULL").change.before == "not null"
    assert last(TABLE + "ALTER TABLE t DROP b").change.before == "varchar(9), default 'x'"
    assert last("CREATE VIEW v AS SELECT 1; DROP VIEW v").change.before == (
        "CREATE VIEW v AS SELECT 1"
    )
    assert last("ALTER TABLE t ALTER b TYPE text").change.before is None


def test_a_dropped_column_takes_its_indexes_and_constraints() -> None:
    """Also those over several columns, expressions and conditions, and keys that point at it."""
    effect = last(
        TABLE + "CREATE INDEX i ON t (b, lower(c::text)); CREATE INDEX j ON t (b) WHERE c > 1;"
        "CREATE INDEX k ON t (b); ALTER TABLE t ADD CONSTRAINT u UNIQUE (b, c);"
        "CREATE TABLE o (c int REFERENCES t (c)); ALTER TABLE t DROP c CASCADE"
    )
    lost = {(c.kind, c.name) for c in effect.lost}
    assert lost == {
        ("index", "i"),
        ("index", "j"),
        ("constraint", "t.t_c_check"),
        ("constraint", "t.u"),
        ("constraint", "o.o_c_fkey"),
    }


def test_a_renamed_column_is_followed() -> None:
    """In indexes, constraints, expressions and foreign keys, but not in words that contain it."""
    catalog = replay(
        "CREATE TABLE t (id int, idle int, CHECK (id < idle), UNIQUE (id));"
        "CREATE INDEX i ON t (id, lower(id::text)) WHERE id > 1;"
        "CREATE TABLE o (x int REFERENCES t (id)); ALTER TABLE t RENAME id TO key"
    )
    after = catalog.relations["t"]
    assert after.constraints["t_check"].expression == "key < idle"
    assert after.constraints["t_id_key"].columns == ("key",)
    assert after.indexes["i"].sql() == "CREATE INDEX i ON t (key, lower(key::text)) WHERE key > 1"
    assert catalog.relations["o"].constraints["o_x_fkey"].referenced == ("key",)


def test_a_renamed_table_is_followed() -> None:
    """Its indexes and the keys that point at it; their names stay."""
    catalog = replay(
        TABLE + "CREATE INDEX i ON t (b); CREATE TABLE o (x int REFERENCES t);"
        "ALTER TABLE t RENAME TO u; ALTER TABLE u SET SCHEMA s"
    )
    assert set(catalog.relations) == {"s.u", "o"}
    assert catalog.relations["s.u"].all_indexes().keys() == {"s.i", "s.t_pkey"}
    assert catalog.relations["o"].constraints["o_x_fkey"].references == "s.u"


def test_names_that_are_taken_are_counted_up() -> None:
    """As the server does, so that a later DROP by that name finds it."""
    after = table(TABLE + "ALTER TABLE t ADD CHECK (c < 9); ALTER TABLE t ADD CHECK (c <> 5)")
    assert set(after.constraints) == {"t_pkey", "t_c_check", "t_c_check1", "t_c_check2"}


def test_if_not_exists_changes_nothing_where_something_is() -> None:
    """Neither the table nor columns that its definition has besides."""
    after = table(TABLE + "CREATE TABLE IF NOT EXISTS t (a text, z int)")
    assert set(after.columns) == {"a", "b", "c"}
    assert last(TABLE + "CREATE TABLE IF NOT EXISTS t (z int)").void
    assert last(TABLE + "ALTER TABLE t ADD COLUMN IF NOT EXISTS b int").void
    assert set(table("ALTER TABLE t ADD COLUMN IF NOT EXISTS b int").columns) == {"b"}


def test_a_primary_key_makes_its_columns_not_null() -> None:
    """And says so, since nobody wrote it."""
    effect = last("CREATE TABLE t (a int); ALTER TABLE t ADD PRIMARY KEY (a)")
    assert [(c.verb, c.name) for c in effect.implied] == [("set not null", "t.a")]


def test_an_index_becomes_a_constraints() -> None:
    """USING INDEX takes its columns and its name."""
    after = table(
        "CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a);"
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX i"
    )
    assert after.indexes == {}
    assert after.constraints["k"].sql() == "UNIQUE (a)"


def test_partitions_take_what_their_parent_has() -> None:
    """Columns, keys and indexes, now and later."""
    catalog = replay(
        "CREATE TABLE t (a int PRIMARY KEY, b int) PARTITION BY RANGE (a);"
        "CREATE INDEX ON t (b); CREATE TABLE p PARTITION OF t DEFAULT;"
        "ALTER TABLE t ADD c int; CREATE INDEX ON t (c); DROP INDEX t_b_idx"
    )
    part = catalog.relations["p"]
    assert set(part.columns) == {"a", "b", "c"}
    assert part.all_indexes().keys() == {"p_pkey", "p_c_idx"}


def test_tables_are_copied() -> None:
    """LIKE takes what it is told to, a query that selects everything takes the columns."""
    made = TABLE + "CREATE INDEX ON t (b); "
    assert columns(table(made + "CREATE TABLE u (LIKE t)", "u"))["b"] == "varchar(9)"
    full = table(made + "CREATE TABLE u (LIKE t INCLUDING ALL)", "u")
    assert columns(full)["b"] == "varchar(9), default 'x'"
    assert full.all_indexes().keys() == {"u_pkey", "u_b_idx"}
    assert set(table(made + "CREATE TABLE u AS SELECT * FROM t", "u").columns) == {"a", "b", "c"}


def test_cascade_names_its_victims() -> None:
    """Views that read the table, the views that read those, and keys that point at it."""
    effect = last(
        TABLE + "CREATE VIEW v AS SELECT * FROM t; CREATE VIEW w AS SELECT * FROM v;"
        "CREATE TABLE o (x int REFERENCES t); DROP TABLE t CASCADE"
    )
    assert {(c.kind, c.name) for c in effect.lost} == {
        ("view", "v"),
        ("view", "w"),
        ("constraint", "o.o_x_fkey"),
    }


def test_dropping_a_type_by_cascade_drops_columns() -> None:
    """The tables stay without them."""
    effect = last(
        "CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (x m, y m[], z int); DROP TYPE m CASCADE"
    )
    assert [c.name for c in effect.lost] == ["t.x", "t.y"]


def test_enumerated_types_keep_the_order_of_their_values() -> None:
    """A new value stands where it was put."""
    effect = last(
        "CREATE TYPE m AS ENUM ('a', 'c'); ALTER TYPE m ADD VALUE 'b' BEFORE 'c';"
        "ALTER TYPE m ADD VALUE 'd'; ALTER TYPE m RENAME VALUE 'a' TO 'z'; DROP TYPE m"
    )
    assert effect.change.before == "CREATE TYPE m AS ENUM ('z', 'b', 'c', 'd')"


def test_a_table_that_nothing_made_is_known_by_what_is_said() -> None:
    """It is not known whole, which a rule must know."""
    after = table("ALTER TABLE t ADD a int")
    assert not after.complete
    assert set(after.columns) == {"a"}


def test_a_table_is_new_in_the_script_that_makes_it() -> None:
    """Nobody can be blocked there."""
    catalog = replay(TABLE, path="one.sql")
    (change,) = read_changes(parse_all(split("ALTER TABLE t DROP b")), "one.sql")
    assert is_new(catalog, "t", change)
    (change,) = read_changes(parse_all(split("ALTER TABLE t DROP b")), "two.sql")
    assert not is_new(catalog, "t", change)


def test_a_fork_goes_its_own_way() -> None:
    """A rollback can be tried without undoing anything."""
    catalog = replay(TABLE)
    replay("ALTER TABLE t DROP b; DROP TABLE t", catalog.fork())
    assert set(catalog.relations["t"].columns) == {"a", "b", "c"}


def test_comments_follow_renames() -> None:
    """Of columns, and of tables with all their parts."""
    catalog = replay(
        TABLE + "COMMENT ON TABLE t IS 'x'; COMMENT ON COLUMN t.b IS 'y';"
        "ALTER TABLE t RENAME b TO d; ALTER TABLE t RENAME TO u"
    )
    assert catalog.comments == {("table", "u"): "x", ("column", "u.d"): "y"}


def test_a_renamed_column_is_renamed_in_its_indexes_alone() -> None:
    """In what they hold, cover and ask; the names of other columns stay."""
    index = table(
        "CREATE TABLE t (a int, b int, c int);"
        "CREATE INDEX i ON t (a, b) INCLUDE (c) WHERE b > 0;"
        "ALTER TABLE t RENAME b TO z; ALTER TABLE t RENAME c TO y"
    ).indexes["i"]
    assert (index.keys, index.columns, index.include) == (("a", "z"), ("a", "z"), ("y",))
    assert index.where == "z > 0"


def test_a_renamed_value_is_renamed_in_the_defaults_that_are_it() -> None:
    """Of columns of that type; a column of another type may have a default that reads the same."""
    after = table(
        "CREATE TYPE m AS ENUM ('a', 'b');"
        "CREATE TABLE t (x m DEFAULT 'a', y m DEFAULT 'b', z text DEFAULT 'a');"
        "ALTER TYPE m RENAME VALUE 'a' TO 'c'"
    )
    assert [column.default for column in after.columns.values()] == ["'c'", "'b'", "'a'"]


def test_what_is_switched_replaces_what_was_switched_of_the_same_part_alone() -> None:
    """Each trigger's state, and row security, are kept apart."""
    catalog = replay(
        "CREATE TABLE t (a int); ALTER TABLE t DISABLE TRIGGER one;"
        "ALTER TABLE t DISABLE TRIGGER two; ALTER TABLE t ENABLE ROW LEVEL SECURITY"
    )
    assert [extra.slot for extra in catalog.extras["t"]] == [
        "state trigger one",
        "state trigger two",
        "state row security",
    ]
    changes = read_changes(parse_all(split("ALTER TABLE t ENABLE ALWAYS TRIGGER one")), "b.sql")
    assert catalog.apply_all(changes)[-1].extras == ("ALTER TABLE t DISABLE TRIGGER one",)
