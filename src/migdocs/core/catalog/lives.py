"""The life of every table and column: which migration brought, changed and took it away.

Changes are replayed in run order, so that what goes with a dropped table and what follows a rename
are told as PostgreSQL does them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from migdocs.core.catalog import TABLES, VIEWS, Catalog
from migdocs.core.changes import wording
from migdocs.core.sql import view
from migdocs.core.sql.definitions import Source
from migdocs.core.sql.search_path import TEMPORARY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from migdocs.core.model import Change

_RELATIONS = {*TABLES, *VIEWS}
_MAKING = {"create", "replace"}
_PASSING = f"{TEMPORARY}."  # what begins so is gone with its session
_NO_NEWS = {"comment", "lock", "run", "unread"}


class Moment(Struct, frozen=True):
    """Something that a migration did, in a sentence; ``migration`` is empty for the base schema."""

    migration: str
    text: str
    line: int = 0


class ColumnLife(Struct, frozen=True):
    """A column, from the migration that brought it to the one that took it away.

    Attributes:
        definition: as it is now, or was last; empty where that was never read.
        comment: that COMMENT ON gave it, empty for none.
        added: None where it is older than what was read.
    """

    name: str
    definition: str = ""
    added: Moment | None = None
    changed: tuple[Moment, ...] = ()
    removed: Moment | None = None
    comment: str = ""


class Reference(Struct, frozen=True):
    """A foreign key: which columns of ``source`` point at ``target``."""

    source: str
    target: str
    columns: tuple[str, ...]


class TableLife(Struct, frozen=True):
    """A table or view.

    Attributes:
        columns: in the order they were added, those that are gone last.
        constraints: as they are now: name → definition; ``indexes`` and ``triggers`` likewise.
        source: the statement that made a view, as it was written.
        reads: the relations that a view reads; ``read_by`` the views that read this.
        moments: what happened to it otherwise, in order.
        complete: whether its making was read, so that nothing of it is unknown.
        comment: that COMMENT ON gave it, empty for none.
    """

    name: str
    kind: str
    created: Moment | None = None
    columns: tuple[ColumnLife, ...] = ()
    constraints: Mapping[str, str] = field(default_factory=dict)
    indexes: Mapping[str, str] = field(default_factory=dict)
    triggers: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    reads: tuple[str, ...] = ()
    read_by: tuple[str, ...] = ()
    moments: tuple[Moment, ...] = ()
    references: tuple[Reference, ...] = ()
    referenced_by: tuple[Reference, ...] = ()
    complete: bool = False
    comment: str = ""

    @property
    def has_comments(self) -> bool:
        """Whether any of its columns has a comment."""
        return any(column.comment for column in self.columns)

    @property
    def has_neighbours(self) -> bool:
        """Whether it points at a table or one points at it."""
        return bool(self.references or self.referenced_by)


class Gone(Struct, frozen=True):
    """A table or column that is no longer there under this name.

    Attributes:
        now: what it is called today; empty where it was dropped.
    """

    name: str
    kind: str
    moment: Moment
    now: str = ""


class Lives(Struct, frozen=True):
    """The schema with its past.

    Attributes:
        tables: that exist, by name.
        gone: what no longer does, newest first.
        touched: migration → the tables that it concerns, by their name today.
    """

    tables: Mapping[str, TableLife] = field(default_factory=dict)
    gone: tuple[Gone, ...] = ()
    touched: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read(changes: Mapping[str, tuple[Change, ...]], base: Iterable[Change] = ()) -> Lives:
    """Tell the lives.

    Args:
        changes: by migration id, in run order.
        base: of the script that makes what the migrations assume.
    """
    telling = _Telling()
    for change in base:
        telling.tell("", change)
    for id_, found in changes.items():
        for change in found:
            telling.tell(id_, change)
    return telling.told()


class _Table(Struct):
    """A table's life so far."""

    kind: str
    created: Moment | None = None
    columns: dict[str, ColumnLife] = field(default_factory=dict)
    lost: list[ColumnLife] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)


class _Telling:
    """What is known while Changes are replayed."""

    def __init__(self) -> None:
        self.catalog = Catalog()
        self.tables: dict[str, _Table] = {}
        self.gone: list[Gone] = []
        self.touched: dict[str, dict[str, None]] = {}
        self.names: dict[str, str] = {}

    def tell(self, id_: str, change: Change) -> None:
        """Replay one Change, and note it and what went with it."""
        effect = self.catalog.apply(change)
        if effect.void:
            return
        self._note(id_, effect.change)
        for gone in effect.lost:
            # A trigger that went with its table is no news of a table.
            if gone.kind in _RELATIONS or gone.table in self.tables:
                self._note(id_, gone)

    def _note(self, id_: str, change: Change) -> None:
        """Note a Change where it belongs; what leaves a table as it was is no news."""
        if change.verb in _NO_NEWS or (change.table or change.name).startswith(_PASSING):
            return
        moment = Moment(id_, wording.describe(change), change.line)
        if change.kind in _RELATIONS:
            self._note_relation(moment, change)
        elif change.kind == "column" and change.table:
            self._note_column(moment, change)
        elif change.table:
            self._table(change.table).moments.append(moment)
            self._touch(id_, change.table)
        elif change.kind == "rows" and change.name in self.tables:
            self.tables[change.name].moments.append(moment)
            self._touch(id_, change.name)

    def _note_relation(self, moment: Moment, change: Change) -> None:
        """Note that a table or view was made, dropped, renamed or otherwise changed."""
        name = change.name
        self._touch(moment.migration, name)
        if change.verb in _MAKING and name not in self.tables:
            # Columns that it copies (LIKE, INHERITS) are there at once, the others are added.
            copied = self.catalog.relation(name).columns if change.kind in TABLES else {}
            columns = {column: ColumnLife(column, added=moment) for column in copied}
            self.tables[name] = _Table(change.kind, moment, columns)
        elif change.verb == "drop":
            self.tables.pop(name, None)
            self.gone.append(Gone(name, change.kind, moment))
        elif change.verb in {"rename", "set schema"} and change.after:
            self._renamed(moment, change, _renamed(change))
        else:
            self._table(name, change.kind).moments.append(moment)

    def _renamed(self, moment: Moment, change: Change, now: str) -> None:
        """Carry a table's life on under its new name."""
        table = self.tables.pop(change.name, None) or _Table(change.kind)
        table.moments.append(moment)
        self.tables[now] = table
        self.names[change.name] = now
        self.gone.append(Gone(change.name, change.kind, moment, now))

    def _note_column(self, moment: Moment, change: Change) -> None:
        """Note what happened to a column."""
        table = self._table(change.table or "")
        self._touch(moment.migration, change.table or "")
        name = change.own_name
        life = table.columns.get(name, ColumnLife(name))
        if change.verb == "add":
            table.columns[name] = ColumnLife(name, added=moment)
        elif change.verb == "drop":
            table.columns.pop(name, None)
            definition = change.before or life.definition
            table.lost.append(replace(life, definition=definition, removed=moment))
            self.gone.append(Gone(change.name, "column", moment))
        elif change.verb == "rename" and change.after:
            renamed = replace(life, name=change.after, changed=(*life.changed, moment))
            table.columns.setdefault(name, life)
            # It stays where it stood among the others.
            table.columns = {
                renamed.name if key == name else key: renamed if key == name else other
                for key, other in table.columns.items()
            }
            self.gone.append(Gone(change.name, "column", moment, f"{change.table}.{change.after}"))
        else:
            table.columns[name] = replace(life, changed=(*life.changed, moment))

    def _table(self, name: str, kind: str = "table") -> _Table:
        """Give a table's life; one that nothing made begins here."""
        return self.tables.setdefault(name, _Table(kind))

    def _touch(self, id_: str, table: str) -> None:
        """Note that a migration concerns a table."""
        if id_:
            self.touched.setdefault(id_, {})[table] = None

    def told(self) -> Lives:
        """Give what was told, with the schema as it is at the end."""
        keys = [
            Reference(relation.name, constraint.references, constraint.columns)
            for relation in self.catalog.permanent()
            for constraint in relation.constraints.values()
            if constraint.references
        ]
        tables = {
            name: _life(name, table, self.catalog, keys)
            for name, table in sorted(self.tables.items())
            # A partition goes with its parent, and nothing says so.
            if table.created is None or name in self.catalog.relations
        }
        touched = {
            id_: tuple(dict.fromkeys(self._today(name) for name in names))
            for id_, names in self.touched.items()
        }
        return Lives(tables, tuple(reversed(self.gone)), touched)

    def _today(self, name: str) -> str:
        """Give a table's name of today; a ring of renames ends where it began."""
        seen = {name}
        while name not in self.tables and (now := self.names.get(name)) and now not in seen:
            seen.add(now)
            name = now
        return name


def _life(name: str, table: _Table, catalog: Catalog, keys: list[Reference]) -> TableLife:
    """Give a table's whole life."""
    relation = catalog.relations.get(name)
    current = relation.columns if relation else {}
    kept = tuple(
        replace(
            life,
            definition=current[column].describe() if column in current else "",
            comment=catalog.comments.get(("column", f"{name}.{column}")) or "",
        )
        for column, life in table.columns.items()
    )
    made = catalog.objects.get((table.kind, name))
    source = made.sql if isinstance(made, Source) and table.kind in VIEWS else ""
    if source and not kept:
        kept = tuple(ColumnLife(c, added=table.created) for c in view.columns(source))
    return TableLife(
        name,
        table.kind,
        table.created,
        (*kept, *table.lost),
        {part: c.sql() for part, c in relation.constraints.items()} if relation else {},
        {part: index.sql() for part, index in relation.indexes.items()} if relation else {},
        dict(_triggers(catalog, name)),
        source,
        tuple(relation.needs) if relation else (),
        tuple(r.name for r in catalog.permanent() if name in r.needs and r.name != name),
        tuple(table.moments),
        tuple(key for key in keys if key.source == name),
        tuple(key for key in keys if key.target == name and key.source != name),
        complete=relation.complete if relation else False,
        comment=catalog.comments.get((table.kind, name)) or "",
    )


def _triggers(catalog: Catalog, name: str) -> Iterator[tuple[str, str]]:
    """Yield a table's triggers as they are now: name and definition."""
    for kind, part in sorted(catalog.parts.get(name, ())):
        if kind == "trigger" and (kind, part) in catalog.objects:
            made = catalog.objects[kind, part]
            yield part.removeprefix(f"{name}."), made.sql if isinstance(made, Source) else ""


def _renamed(change: Change) -> str:
    """Give the qualified name that a renamed or moved relation has from then on."""
    schema, _, own = change.name.rpartition(".")
    after = change.after or ""
    if change.verb == "set schema":
        return own if after == "public" else f"{after}.{own}"
    return f"{schema}.{after}" if schema else after
