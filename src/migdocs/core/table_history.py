"""Tell each table's story: in which migration each column came, changed and went."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migdocs.core.catalog import Catalog
from migdocs.core.changes.wording import describe
from migdocs.core.definitions import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from migdocs.core.model import Change


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened in a migration, in words."""

    migration: str
    what: str


@dataclass(frozen=True, slots=True)
class ColumnHistory:
    """One column's story.

    Attributes:
        definition: as it is now, or was last: ``varchar(20), not null``; empty where not known.
        added_in: a migration's id, None where it was there before the first.
        removed_in: None while it is there.
    """

    name: str
    definition: str
    added_in: str | None
    changes: tuple[Moment, ...] = ()
    removed_in: str | None = None


@dataclass(frozen=True, slots=True)
class TableHistory:
    """One table's story; its name is the last that it had.

    Attributes:
        created_in: a migration's id, None where it was there before the first.
        changes: of its constraints, indexes, triggers and of itself, in order.
        dropped_in: None while it is there.
    """

    name: str
    created_in: str | None
    columns: tuple[ColumnHistory, ...] = ()
    changes: tuple[Moment, ...] = ()
    dropped_in: str | None = None


@dataclass(slots=True)
class _Column:
    """A column's story while it is told."""

    name: str
    added_in: str | None
    definition: str = ""
    changes: list[Moment] = field(default_factory=list)
    removed_in: str | None = None


@dataclass(slots=True)
class _Table:
    """A table's story while it is told."""

    name: str
    created_in: str | None
    columns: list[_Column] = field(default_factory=list)
    changes: list[Moment] = field(default_factory=list)
    dropped_in: str | None = None

    def column(self, name: str) -> _Column:
        """Give a column that is there; one that nothing added was there before."""
        for column in reversed(self.columns):
            if column.name == name and column.removed_in is None:
                return column
        self.columns.append(_Column(name, None))
        return self.columns[-1]


def table_histories(
    changes: Mapping[str, Iterable[Change]], base: Iterable[Change] = ()
) -> tuple[TableHistory, ...]:
    """Tell the story of every table, in the order in which they came.

    Args:
        changes: by migration id, in run order.
        base: of a script that makes what the migrations assume.
    """
    story = _Story()
    for change in base:
        story.tell(change, None)
    for migration, own in changes.items():
        for change in own:
            story.tell(change, migration)
    return tuple(_finished(table) for table in story.tables)


class _Story:
    """The tables' stories while Changes are replayed."""

    def __init__(self) -> None:
        self.catalog = Catalog()
        self.tables: list[_Table] = []
        self.current: dict[str, _Table] = {}

    def tell(self, change: Change, migration: str | None) -> None:
        """Add a Change, and what went with it, to the stories."""
        effect = self.catalog.apply(change)
        if not effect.void:
            for each in (effect.change, *effect.lost):
                self._add(each, migration)

    def table(self, name: str) -> _Table:
        """Give a table that is there; one that nothing created was there before."""
        if name not in self.current:
            self._begin(name, None)
        return self.current[name]

    def _begin(self, name: str, migration: str | None) -> None:
        """Begin a table's story."""
        self.current[name] = _Table(name, migration)
        self.tables.append(self.current[name])

    def _add(self, change: Change, migration: str | None) -> None:
        """Add one Change to the story that it belongs to."""
        if change.kind == "table":
            self._of_table(change, migration)
        elif change.kind == "column" and change.table:
            self._of_column(change, self.table(change.table), migration)
        elif change.table and change.kind != "rows" and change.verb != "run":
            self._note(self.table(change.table).changes, change, migration)

    def _of_table(self, change: Change, migration: str | None) -> None:
        """Begin, end or go on with a table's story."""
        if change.verb == "create":
            self._begin(change.name, migration)
            self._copied_columns(change.name, migration)
        elif change.verb == "drop":
            self.table(change.name).dropped_in = migration
            self.current.pop(change.name)
        elif change.verb != "lock":
            table = self.table(change.name)
            self._note(table.changes, change, migration)
            if change.verb == "rename":
                schema, dot, _ = change.name.rpartition(".")
                table.name = f"{schema}{dot}{change.after}"
                self.current[table.name] = self.current.pop(change.name)

    def _copied_columns(self, name: str, migration: str | None) -> None:
        """Begin the stories of columns that come from another table (LIKE, INHERITS …)."""
        for column in self.catalog.relation(name).columns.values():
            begun = _Column(column.name, migration, column.describe())
            self.current[name].columns.append(begun)

    def _of_column(self, change: Change, table: _Table, migration: str | None) -> None:
        """Begin, end or go on with a column's story."""
        name = change.name.removeprefix(f"{change.table}.")
        if change.verb == "add":
            table.columns.append(_Column(name, migration, change.after or ""))
            return
        column = table.column(name)
        if change.verb == "drop":
            column.removed_in = migration
            return
        self._note(column.changes, change, migration)
        if change.verb == "rename":
            column.name = change.after or name
        now = self.catalog.relation(table.name).columns.get(column.name)
        if isinstance(now, Column) and now.type:
            column.definition = now.describe()

    @staticmethod
    def _note(moments: list[Moment], change: Change, migration: str | None) -> None:
        """Note what happened; a comment, or what stood before the first migration, is no news."""
        if migration is not None and change.verb != "comment":
            moments.append(Moment(migration, describe(change)))


def _finished(table: _Table) -> TableHistory:
    """Give a story as a value."""
    return TableHistory(
        table.name,
        table.created_in,
        tuple(
            ColumnHistory(c.name, c.definition, c.added_in, tuple(c.changes), c.removed_in)
            for c in table.columns
        ),
        tuple(table.changes),
        table.dropped_in,
    )
