"""Each table's story, from the migrations in order."""

from __future__ import annotations

from migdocs.core.changes.reading import read_changes
from migdocs.core.parser import parse_all
from migdocs.core.script import split
from migdocs.core.table_history import ColumnHistory, Moment, TableHistory, table_histories


def histories(base: str = "", **scripts: str) -> tuple[TableHistory, ...]:
    """Tell the stories of scripts in order."""
    changes = {id_: read_changes(parse_all(split(sql)), id_) for id_, sql in scripts.items()}
    return table_histories(changes, read_changes(parse_all(split(base)), "base.sql"))


def test_columns_come_change_and_go() -> None:
    """Each with the migration that did it."""
    (table,) = histories(
        one="CREATE TABLE t (a int, b int)",
        two="ALTER TABLE t ADD c text, DROP b",
        three="ALTER TABLE t ALTER a SET NOT NULL; ALTER TABLE t RENAME c TO d",
    )
    assert (table.name, table.created_in, table.dropped_in) == ("t", "one", None)
    assert table.columns == (
        ColumnHistory(
            "a",
            "integer, not null",
            "one",
            (Moment("three", "makes column t.a not null"),),
        ),
        ColumnHistory("b", "integer", "one", (), "two"),
        ColumnHistory("d", "text", "two", (Moment("three", "renames column t.c to d"),)),
    )


def test_a_renamed_table_is_one_table() -> None:
    """It is known by its last name; a new one of the old name is another."""
    first, second = histories(
        one="CREATE TABLE t (a int)",
        two="ALTER TABLE t RENAME TO u; CREATE TABLE t (z int)",
        three="CREATE INDEX i ON u (a); DROP TABLE t",
    )
    assert (first.name, first.created_in, first.dropped_in) == ("u", "one", None)
    assert [moment.migration for moment in first.changes] == ["two", "three"]
    assert (second.name, second.created_in, second.dropped_in) == ("t", "two", "three")


def test_what_was_there_before_has_no_migration() -> None:
    """An ORM made it, or a base schema says so."""
    (known,) = histories(base="CREATE TABLE t (a int)", one="ALTER TABLE t DROP a")
    assert (known.created_in, known.columns[0].added_in) == (None, None)
    assert known.columns[0].removed_in == "one"
    (unknown,) = histories(one="ALTER TABLE t ALTER a TYPE text")
    assert (unknown.created_in, unknown.columns[0].added_in) == (None, None)


def test_what_goes_with_a_column_is_told() -> None:
    """A silent loss is part of the story."""
    (table,) = histories(
        one="CREATE TABLE t (a int); CREATE INDEX i ON t (a)", two="ALTER TABLE t DROP a"
    )
    assert table.changes[-1] == Moment("two", "drops index i")
