"""What rules ask of the schema that a statement meets, answered from the replayed catalog."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.catalog import Catalog
from migdocs.core.catalog.borrowed import all_seen, seen
from migdocs.core.changes.columns import BUILT_IN_TYPES
from migdocs.core.changes.reading import Reading
from migdocs.core.hazards.touching import (
    ALL_ROUTINES,
    ALL_VIEWS,
    EVERYTHING,
    ROUTINES,
    TOUCHED,
    TYPES,
    WITHOUT_EFFECT,
    routine_key,
)
from migdocs.core.sql import parser, tree
from migdocs.core.sql.definitions import Enum, Source
from migdocs.core.sql.script import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migdocs.core.catalog import Relation
    from migdocs.core.model import Change
    from migdocs.core.sql.definitions import Column, Constraint, Definition, Index
    from migdocs.core.sql.parser import Node, Parsed

VIEWS = ("view", "materialized view")
TABLES = frozenset({"table", "foreign table"})


class Domain(Struct, frozen=True):
    """A domain: the type below it, and whether it has a check or is never null."""

    name: str
    type: str
    constrained: bool


class Routine(Struct, frozen=True):
    """A function or procedure that the history knows.

    Attributes:
        signature: ``f(integer, text)``.
        node: the tree of the statement that made it.
    """

    signature: str
    node: Node

    @property
    def returns(self) -> str:
        """The type that it gives, empty for none."""
        return tree.type_name(self.node.return_type) if self.node.HasField("return_type") else ""

    @property
    def volatility(self) -> str:
        """``immutable``, ``stable`` or ``volatile``; the last where nothing is said."""
        for item in self.node.options:
            if item.def_elem.defname == "volatility":
                return str(item.def_elem.arg.string.sval)
        return "volatile"

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names of its arguments, empty where one has none."""
        return tuple(item.function_parameter.name for item in self.node.parameters)

    @property
    def defaults(self) -> int:
        """How many of its arguments have a default."""
        return sum(item.function_parameter.HasField("defexpr") for item in self.node.parameters)


class Schema:
    """The schema before a statement, asked; the script's own changes are replayed when needed.

    Most scripts touch a table once, and then nothing needs to be replayed at all.

    Where somebody has read what the script does, that is what is replayed.

    Attributes:
        knows_all: a view or routine that is not in it does not exist.
        is_whole: nothing at all exists that is not in it.
    """

    def __init__(
        self,
        before: Catalog | None,
        path: str = "",
        *,
        is_whole: bool = False,
        changes: Iterable[Change] | None = None,
    ) -> None:
        self.is_whole = is_whole
        self._read: dict[int, list[Change]] | None = None
        if changes is not None:
            self._read = {}
            for change in changes:
                self._read.setdefault(change.statement, []).append(change)
        self.knows_all = before is not None
        self._before = before or Catalog()
        self._reading = Reading(path)
        self._own: Catalog | None = None
        self._passed: list[Parsed] = []
        self._touched: set[str] = set()
        self._made: set[str] = set()  # tables that a CREATE TABLE among those passed has made

    def pass_by(self, parsed: Parsed) -> None:
        """Take note that a statement has been judged, and is part of the schema from now on."""
        kind = parsed.kind
        if kind in WITHOUT_EFFECT or (kind == "select_stmt" and ALL_ROUTINES not in self._touched):
            return
        self._passed.append(parsed)
        if kind == "create_stmt":
            self._made.add(tree.relation(parsed.node.relation))
        touched = TOUCHED.get(kind)
        self._touched.update(touched(parsed.node) if touched else (EVERYTHING,))

    @property
    def catalog(self) -> Catalog:
        """The catalog before the statement, with all that the script has done so far."""
        if not self._passed:
            return self._own or self._before
        if self._own is None:
            self._own = self._before.fork()
        self._own.apply_all(self._changes())
        self._passed, self._touched, self._made = [], set(), set()
        return self._own

    def _changes(self) -> Iterable[Change]:
        """Give what the statements that were passed do."""
        if self._read is None:
            return self._reading.script(self._passed)
        read = self._read
        return [c for parsed in self._passed for c in read.get(parsed.statement.index, ())]

    @property
    def before(self) -> Catalog:
        """The catalog before the script."""
        return self._before

    def _about(self, *names: str) -> Catalog:
        """Give a catalog that is right about some names or parts, as cheaply as that can be."""
        if EVERYTHING in self._touched or not self._touched.isdisjoint(names):
            return self.catalog
        return self._own or self._before

    def relation(self, name: str) -> Relation | None:
        """Give a table or view, None where nothing is known of it."""
        return seen(self._about(name).relations, name)

    def glimpse(self, name: str) -> Relation | None:
        """Give a table as it was seen last; what the script did to it since may be missing."""
        return seen((self._own or self._before).relations, name)

    def at_start(self, name: str) -> Relation | None:
        """Give a table as it was before the script, if everything was known of it, else None."""
        relation = seen(self._before.relations, name)
        return relation if relation is not None and relation.complete else None

    def whole(self, name: str) -> Relation | None:
        """Give a table or view of which everything is known, else None."""
        relation = self.relation(name)
        return relation if relation is not None and relation.complete else None

    def sure(self, name: str) -> Relation | None:
        """Give a table of which everything is known for certain, else None.

        Only CREATE TABLE makes one known whole, so nothing else need be replayed for an unknown.
        """
        if EVERYTHING not in self._touched and name not in self._made:
            glimpsed = self.glimpse(name)
            if glimpsed is None or not glimpsed.complete:
                return None
        catalog = self._about(name)
        relation = seen(catalog.relations, name)
        if relation is None or not relation.complete or relation.kind not in TABLES:
            return None
        return relation if self.is_sure(name) else None

    def is_sure(self, name: str) -> bool:
        """Tell whether nothing but what was read can have made or changed an object.

        What was made with IF NOT EXISTS may have been there before, in another shape.
        """
        catalog = self._about(name)
        return catalog.is_sure(name) and (self.is_whole or name not in catalog.guarded)

    def type_definition(self, name: str) -> Definition | None:
        """Give how a type is made, None where that is not known."""
        return self._about(TYPES).objects.get(("type", name))

    def heirs(self, table: str) -> Iterator[str]:
        """Name the partitions and children of a table, and theirs."""
        catalog = self._own or self._before
        for heir in catalog.heirs(table):
            yield heir.name
            yield from self.heirs(heir.name)

    def is_filled(self, table: str) -> bool:
        """Tell whether a table was given rows that nothing known took away."""
        return table in self.catalog.filled and self.sure(table) is not None

    def absent(self, name: str) -> bool:
        """Tell whether there is no relation of a name, where the schema is known at all."""
        catalog = self._about(name)
        if not catalog.relations and not self.is_whole:
            return False
        return catalog.is_sure(name) and not catalog.has("relation", name)

    def lacks(self, kind: str, name: str) -> bool:
        """Tell whether there is no object of a name that is no relation, as far as is known."""
        catalog = self.catalog
        if not (catalog.relations or self.is_whole) or not catalog.is_sure(name):
            return False
        if kind in {"trigger", "policy"}:
            table = name.rpartition(".")[0]
            return self.sure(table) is not None and (kind, name) not in catalog.objects
        if kind in {"type", "domain"}:
            return not catalog.has("type", name)
        return not catalog.has("routine", name.partition("(")[0])

    def column(self, table: str, name: str) -> Column | None:
        """Give a column, None where nothing is known of it."""
        relation = self.relation(table)
        return relation.columns.get(name) if relation else None

    def constraint(self, table: str, name: str) -> Constraint | None:
        """Give a constraint that the script has not added itself, None where it is not known."""
        relation = self.glimpse(table)
        return relation.constraints.get(name) if relation else None

    def index(self, name: str) -> Index | None:
        """Give an index that is no constraint's own, None where it is not known."""
        relation = self._of_index(name)
        return relation.indexes.get(name) if relation else None

    def table_of_index(self, name: str) -> str:
        """Give the table of an index, a constraint's own among them; empty if it is not known."""
        relation = self._of_index(name)
        return relation.name if relation else ""

    def _of_index(self, name: str) -> Relation | None:
        """Give the table of an index, None where it is not known."""
        relation = self._about(name).of_index(name)
        if relation is not None and relation.name in self._touched:
            return self.catalog.of_index(name)
        return relation

    def is_partitioned(self, table: str) -> bool:
        """Tell whether a table is known to have partitions."""
        relation = self.glimpse(table)
        return bool(relation and relation.table.partition_by)

    def partitions(self, table: str) -> tuple[str, ...]:
        """Give the names of a table's known partitions."""
        return tuple(partition.name for partition in self.catalog.partitions(table))

    def default_partition(self, table: str) -> str:
        """Give the name of the partition that takes what fits in no other; empty for none."""
        bounds = ((part.name, part.table.bound) for part in self.catalog.partitions(table))
        return next((name for name, bound in bounds if bound == "DEFAULT"), "")

    def references_to(self, table: str) -> tuple[tuple[str, str, Constraint], ...]:
        """Give the foreign keys that point at a table: their tables, names and definitions."""
        return tuple(
            (owner.name, name, key) for owner, name, key in self.catalog.referencing(table)
        )

    def users_of_type(self, name: str) -> tuple[str, ...]:
        """Give the tables that have a column of a type."""
        return tuple(
            relation.name
            for relation in all_seen(self.catalog.relations)
            if any(column.type.removesuffix("[]") == name for column in relation.columns.values())
        )

    def is_enum(self, name: str) -> bool:
        """Tell whether a type is known to be an enum."""
        return isinstance(self._about(TYPES).objects.get(("type", name)), Enum)

    def domain(self, name: str) -> Domain | None:
        """Give a domain, None where there is none of that name.

        One that was altered may have any constraint, so it is taken to have one.
        """
        if name in BUILT_IN_TYPES or ("domain", name) not in self._about(TYPES).objects:
            return None
        source = self._about(TYPES).objects["domain", name]
        node = statement(source.sql).node if isinstance(source, Source) else None
        if node is None:
            return Domain(name, "", constrained=True)
        kinds = parser.enum_names("ConstrType")
        constrained = any(
            kinds[item.constraint.contype] in {"CONSTR_CHECK", "CONSTR_NOTNULL"}
            for item in node.constraints
        )
        return Domain(name, tree.type_name(node.type_name), constrained)

    def routines(self, name: str) -> tuple[Routine, ...]:
        """Give the functions and procedures of a name without arguments."""
        prefix = f"{name}("
        found = (
            (signature, source)
            for (kind, signature), source in self._about(routine_key(name)).objects.items()
            if kind in ROUTINES and signature.startswith(prefix)
        )
        return tuple(
            Routine(signature, statement(source.sql).node)
            for signature, source in found
            if isinstance(source, Source)
        )

    def view(self, name: str) -> Node:
        """Give the tree of the statement that made a view, None where it is not known."""
        for kind in VIEWS:
            source = self._about(name).objects.get((kind, name))
            if isinstance(source, Source):
                return statement(source.sql).node
        return None

    def views_over(self, table: str) -> Iterator[str]:
        """Name the known views that read a table."""
        for relation in all_seen(self._about(ALL_VIEWS).relations):
            if table in relation.needs and relation.kind != "table":
                yield relation.name


@lru_cache(maxsize=64)
def statement(sql: str) -> Parsed:
    """Read the statement that made an object, the first of a text."""
    return parser.parse(split(sql)[0])
