"""Hold a schema while Changes are applied to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from migdocs.core.catalog.borrowed import Borrowed, all_seen
from migdocs.core.sql import search_path
from migdocs.core.sql.definitions import Column, Constraint, Definition, Index, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self

    from migdocs.core.catalog.extras import Extra
    from migdocs.core.model import Change

ROUTINES = frozenset({"function", "procedure", "aggregate"})
# Constraints that the server keeps with an index of the same name.
INDEXED = frozenset({"primary key", "unique", "exclude"})


class Relation(Struct):
    """A table, view or foreign table as it is after the Changes so far; the next may change it.

    Attributes:
        kind: ``table``, ``view``, ``materialized view`` or ``foreign table``.
        columns: by name, in the order they were added.
        constraints: by name.
        indexes: by name; those of constraints are not among them.
        needs: the relations that a view reads.
        complete: whether its making was read, so that nothing of it is unknown.
        born: the path and statement that made it; empty where that was not read.
    """

    name: str
    kind: str = "table"
    table: Table = field(default_factory=Table)
    columns: dict[str, Column] = field(default_factory=dict)
    constraints: dict[str, Constraint] = field(default_factory=dict)
    indexes: dict[str, Index] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    complete: bool = False
    born: tuple[str, int] = ("", -1)

    @property
    def schema(self) -> str:
        """The schema's name, empty for ``public``."""
        return self.name.rpartition(".")[0]

    def in_schema(self, name: str) -> str:
        """Qualify the name of something that lives in the relation's schema."""
        return f"{self.schema}.{name}" if self.schema else name

    def all_indexes(self) -> dict[str, Index | Constraint]:
        """Give all its indexes by qualified name, those of its constraints included."""
        of_constraints = {
            self.in_schema(name): constraint
            for name, constraint in self.constraints.items()
            if constraint.type in INDEXED
        }
        return {**self.indexes, **of_constraints}

    def primary_key(self) -> tuple[str, ...]:
        """Give the columns of its primary key, empty where it has none."""
        keys = (c.columns for c in self.constraints.values() if c.type == "primary key")
        return next(keys, ())


class Effect(Struct, frozen=True):
    """What one Change did to the schema.

    Attributes:
        change: with ``before`` and ``definition`` filled in from what the schema was.
        lost: what went with it unsaid: the indexes of a dropped column, the victims of CASCADE.
        implied: what came along unsaid: the columns of a new primary key that were nullable.
        gone: the relation that was dropped, as it was.
        void: nothing happened: IF NOT EXISTS found the object there already.
        extras: statements that had said more of what is gone or said otherwise now: its grants,
            its owner; to run again once it is back.
        whole: all that was ever said of the object was read.
        used: the index that became a constraint's.
        covered: the primary key still allows no two rows that the dropped index did not.
    """

    change: Change
    lost: tuple[Change, ...] = ()
    implied: tuple[Change, ...] = ()
    gone: Relation | None = None
    void: bool = False
    extras: tuple[str, ...] = ()
    whole: bool = False
    used: Index | None = None
    covered: bool = False


class State:
    """A schema's relations, and the definitions of all else.

    Who has parts, heirs, keys that point at it or an index of some name is noted as it is met, so
    that the many that have none cost no search. A note may outlive its reason, and is only a hint.
    """

    def __init__(self) -> None:
        self.relations: dict[str, Relation] = {}
        self.objects: dict[tuple[str, str], Definition | None] = {}
        self.comments: dict[tuple[str, str], str | None] = {}
        # The CREATE TABLE IF NOT EXISTS that found its table there: its parts change nothing.
        self.skipped: tuple[str, int, str] = ("", -1, "")
        self.parts: dict[str, set[tuple[str, str]]] = {}  # table → keys of objects and comments
        self.parents: set[str] = set()
        self.referenced: set[str] = set()
        self.index_homes: dict[str, str] = {}  # index → the relation that it was last seen at
        self.extras: dict[str, tuple[Extra, ...]] = {}  # object → what was said of it later
        self.unread_extras: set[str] = set()  # objects of which more was said than was read
        self.doubtful: set[str] = set()  # what a condition, or what was not read, may have changed
        self.guarded: set[str] = set()  # tables that IF NOT EXISTS may have found there
        self.filled: set[str] = set()  # tables that were given rows, and kept them
        self.search_path: tuple[str, ...] = search_path.DEFAULT  # of a new session

    def fork(self) -> Self:
        """Give a schema that starts as this one is, and leaves this one as it is."""
        other = type(self)()
        if self.relations:
            other.relations = Borrowed(self.relations, _copied)
            self.relations = Borrowed(self.relations, _copied)
        other.objects = dict(self.objects)
        other.comments = dict(self.comments)
        if self.parts:
            other.parts = Borrowed(self.parts, set)
            self.parts = Borrowed(self.parts, set)
        other.parents = set(self.parents)
        other.referenced = set(self.referenced)
        other.index_homes = dict(self.index_homes)
        other.extras = dict(self.extras)
        other.unread_extras = set(self.unread_extras)
        other.doubtful = set(self.doubtful)
        other.guarded = set(self.guarded)
        other.filled = set(self.filled)
        other.search_path = self.search_path
        return other

    def has(self, kind: str, name: str) -> bool:
        """Tell whether a relation, type, routine or schema of a qualified name is known."""
        if kind == "relation":
            known = name in self.relations or ("sequence", name) in self.objects
            return known or self.of_index(name) is not None
        if kind == "type":
            return ("type", name) in self.objects or ("domain", name) in self.objects
        if kind == "schema":
            inside = f"{name}."
            return ("schema", name) in self.objects or any(
                relation.startswith(inside) for relation in self.relations
            )
        return any(k in ROUTINES and n.partition("(")[0] == name for k, n in self.objects)

    def relation(self, name: str) -> Relation:
        """Give a relation by name; one that nothing made is begun here, and not known whole."""
        found = self.relations.get(name)
        if found is None:
            found = self.relations[name] = Relation(name)
        return found

    def is_sequence(self, name: str) -> bool:
        """Tell whether a sequence of this name may be there: made by itself, or by a column."""
        if ("sequence", name) in self.objects or name.endswith("_seq"):
            return True
        text = f"nextval('{name}'"
        columns = (c for r in all_seen(self.relations) for c in r.columns.values())
        return any(c.sequence == name or (c.default or "").startswith(text) for c in columns)

    def put_index(self, relation: Relation, index: Index) -> None:
        """Give a relation an index."""
        relation.indexes[index.name] = index
        self.index_homes[index.name] = relation.name

    def put_constraint(self, relation: Relation, name: str, constraint: Constraint) -> None:
        """Give a table a constraint, and its columns what it implies."""
        relation.constraints[name] = constraint
        if constraint.type in INDEXED:
            self.index_homes[relation.in_schema(name)] = relation.name
        if constraint.references:
            self.referenced.add(constraint.references)
        if constraint.type in {"primary key", "not null"}:
            for column in constraint.columns:
                if column in relation.columns and relation.columns[column].nullable:
                    relation.columns[column] = replace(relation.columns[column], nullable=False)

    def put_all(self, relation: Relation) -> None:
        """Take in a relation under its name, with all that it has."""
        self.relations[relation.name] = relation
        self.index_homes.update(dict.fromkeys(relation.all_indexes(), relation.name))
        self.referenced.update(c.references for c in relation.constraints.values())

    def of_index(self, name: str) -> Relation | None:
        """Give the relation that an index of this name belongs to."""
        if name not in self.index_homes:
            return None
        home = self.relations.get(self.index_homes[name])
        if home and _has_index(home, name):
            return home
        names = (r.name for r in all_seen(self.relations) if _has_index(r, name))
        return self.relations.get(next(names, ""))

    def referencing(self, table: str) -> Iterator[tuple[Relation, str, Constraint]]:
        """Give the foreign keys of other tables that point at one, with their names."""
        if table not in self.referenced:
            return
        for relation in list(all_seen(self.relations)):
            for name, constraint in list(relation.constraints.items()):
                if constraint.references == table and relation.name != table:
                    yield self.relations[relation.name], name, constraint

    def partitions(self, table: str) -> Iterator[Relation]:
        """Give a table's partitions."""
        return (r for r in self.heirs(table) if r.table.partition_of == table)

    def heirs(self, table: str) -> Iterator[Relation]:
        """Give the partitions of a table, and the tables that inherit from it."""
        if table in self.parents:
            for relation in list(all_seen(self.relations)):
                if relation.table.partition_of == table or table in relation.table.inherits:
                    yield self.relations[relation.name]

    def unused_name(self, relation: Relation, name: str) -> str:
        """Give a name for an index that no other of the schema has: the server counts up."""
        taken, number = name, 0
        while self.of_index(relation.in_schema(taken)):
            number += 1
            taken = f"{name}{number}"
        return taken


def _copied(relation: Relation) -> Relation:
    """Give a relation that can be changed without changing this one."""
    return replace(
        relation,
        columns=dict(relation.columns),
        constraints=dict(relation.constraints),
        indexes=dict(relation.indexes),
    )


def _has_index(relation: Relation, name: str) -> bool:
    """Tell whether an index of this name is the relation's, or its constraint's."""
    if name in relation.indexes:
        return True
    schema, _, own = name.rpartition(".")
    constraint = relation.constraints.get(own)
    return constraint is not None and constraint.type in INDEXED and relation.schema == schema


def lost(cause: Change, kind: str, name: str, table: str, gone: Definition) -> Change:
    """Give the Change of something that goes with another, at the place of its cause."""
    return replace(
        cause,
        verb="drop",
        kind=kind,
        name=name,
        before=_text(gone),
        after=None,
        table=table,
        definition=gone,
        needs=(),
    )


def _text(definition: Definition) -> str | None:
    """Give a definition in words, or as its SQL."""
    if isinstance(definition, Column | Index | Table):
        return definition.describe()
    return definition.sql() if isinstance(definition, Constraint) else str(definition)


def with_before(change: Change, before: str | None, definition: Definition | None = None) -> Change:
    """Give a Change that knows what it replaces; what it defines itself stays."""
    return replace(change, before=before, definition=change.definition or definition)


def mentions(text: str, name: str) -> bool:
    """Tell whether SQL text has a name in it as a word."""
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        around = text[max(start - 1, 0) : start] + text[end : end + 1]
        if not any(c.isalnum() or c in '_$"' for c in around):
            return True
        start = text.find(name, end)
    return False


def uses(index: Index, column: str) -> bool:
    """Tell whether an index needs a column."""
    texts: Iterable[str] = (*index.keys, *index.include, index.where or "")
    return any(mentions(text, column) for text in texts)
