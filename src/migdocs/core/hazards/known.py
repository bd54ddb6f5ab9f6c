"""What rules ask of the schema that a script meets; the replay of earlier migrations answers.

Names are qualified as everywhere in migdocs: the schema stands first unless it is public.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from migdocs.core.definitions import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from migdocs.core.definitions import Column, Constraint, Index

Volatility = Literal["immutable", "stable", "volatile"]


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table as it is before a statement.

    Attributes:
        columns: by name, in their order.
        constraints: by name.
        indexes: those that are no constraint's own, by name.
        partitions: the names of its partitions, where all are known.
    """

    name: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    constraints: Mapping[str, Constraint] = field(default_factory=dict)
    indexes: Mapping[str, Index] = field(default_factory=dict)
    definition: Table = field(default_factory=Table)
    partitions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownDomain:
    """A domain.

    Attributes:
        type: that it is based on.
        constrained: it has a check, or is never null.
    """

    name: str
    type: str
    constrained: bool


@dataclass(frozen=True, slots=True)
class KnownRoutine:
    """A function or procedure.

    Attributes:
        signature: ``f(integer, text)``.
    """

    signature: str
    returns: str = ""
    arguments: tuple[str, ...] = ()
    volatility: Volatility = "volatile"


class Known(Protocol):
    """The schema as it is before a statement, as far as it is known."""

    def table(self, name: str) -> KnownTable | None:
        """Give a table, None where it is not known."""

    def tables(self) -> Iterable[KnownTable]:
        """Give every table."""

    def index(self, name: str) -> Index | None:
        """Give an index, a constraint's own one among them."""

    def domain(self, name: str) -> KnownDomain | None:
        """Give a domain."""

    def enum(self, name: str) -> bool:
        """Tell whether a type is known to be an enum."""

    def routines(self, name: str) -> tuple[KnownRoutine, ...]:
        """Give the functions and procedures of a name without arguments."""

    def views(self) -> Mapping[str, str]:
        """Give the views' names and the statements that made them."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A schema given as values; empty, it knows nothing."""

    of_tables: tuple[KnownTable, ...] = ()
    of_domains: tuple[KnownDomain, ...] = ()
    of_enums: frozenset[str] = frozenset()
    of_routines: tuple[KnownRoutine, ...] = ()
    of_views: Mapping[str, str] = field(default_factory=dict)

    def table(self, name: str) -> KnownTable | None:
        """Give a table, None where it is not known."""
        return next((table for table in self.of_tables if table.name == name), None)

    def tables(self) -> Iterable[KnownTable]:
        """Give every table."""
        return self.of_tables

    def index(self, name: str) -> Index | None:
        """Give an index, None where it is not known."""
        return next((t.indexes[name] for t in self.of_tables if name in t.indexes), None)

    def domain(self, name: str) -> KnownDomain | None:
        """Give a domain, None where it is not known."""
        return next((domain for domain in self.of_domains if domain.name == name), None)

    def enum(self, name: str) -> bool:
        """Tell whether a type is known to be an enum."""
        return name in self.of_enums

    def routines(self, name: str) -> tuple[KnownRoutine, ...]:
        """Give the functions and procedures of a name without arguments."""
        return tuple(r for r in self.of_routines if r.signature.partition("(")[0] == name)

    def views(self) -> Mapping[str, str]:
        """Give the views' names and the statements that made them."""
        return self.of_views
