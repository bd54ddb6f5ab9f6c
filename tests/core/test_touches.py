"""Which migration needs which, from the objects they touch."""

from __future__ import annotations

from migdocs.core.changes.reading import read_changes
from migdocs.core.changes.touches import dependencies
from migdocs.core.sql.parser import parse_all
from migdocs.core.sql.script import split


def needs(**scripts: str) -> dict[str, tuple[str, ...]]:
    """Derive the dependencies of scripts in order."""
    changes = {id_: read_changes(parse_all(split(sql)), id_) for id_, sql in scripts.items()}
    return dependencies(changes)


def test_a_migration_needs_those_that_made_what_it_touches() -> None:
    """By altering, referencing, indexing, reading or writing it."""
    assert needs(
        a="CREATE TABLE t (id int PRIMARY KEY)",
        b="CREATE TABLE other ()",
        c="ALTER TABLE t ADD x int",
        d="CREATE TABLE u (t int REFERENCES t)",
        e="CREATE INDEX i ON t (x)",
        f="CREATE VIEW v AS SELECT * FROM other",
        g="DROP INDEX i",
    ) == {"a": (), "b": (), "c": ("a",), "d": ("a",), "e": ("c",), "f": ("b",), "g": ("e",)}


def test_one_that_writes_rows_needs_the_last_that_shaped_their_table() -> None:
    """It may use any of the columns; rows themselves are no shape."""
    assert needs(
        a="CREATE TABLE t (x int)",
        b="ALTER TABLE t ADD y int",
        c="INSERT INTO t VALUES (1, 2)",
        d="UPDATE t SET y = 3",
    ) == {"a": (), "b": ("a",), "c": ("b",), "d": ("b",)}


def test_what_another_needed_one_needs_is_left_out() -> None:
    """So that a tree reads well."""
    assert needs(
        a="CREATE TABLE t ()",
        b="ALTER TABLE t ADD x int",
        c="CREATE INDEX i ON t (x); ALTER TABLE t ADD y int",
    ) == {"a": (), "b": ("a",), "c": ("b",)}


def test_routines_triggers_and_types_are_objects_too() -> None:
    """A call does not say the types of a routine's arguments."""
    assert needs(
        a="CREATE TABLE t ()",
        b="CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        c="CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()",
        d="CREATE TYPE m AS ENUM ('a')",
        e="CREATE TABLE u (x m)",
        f="DROP TRIGGER g ON t",
    ) == {"a": (), "b": (), "c": ("a", "b"), "d": (), "e": ("d",), "f": ("c",)}


def test_renames_are_followed() -> None:
    """The new name is the same object."""
    assert needs(
        a="CREATE TABLE t ()", b="ALTER TABLE t RENAME TO u", c="ALTER TABLE u ADD x int"
    ) == {"a": (), "b": ("a",), "c": ("b",)}
