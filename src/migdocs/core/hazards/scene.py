"""What is known while one script is judged: the server, the schema, what the script did so far."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, field

from migdocs.core.changes import bodies
from migdocs.core.changes.columns import read_column
from migdocs.core.changes.constraints import read_constraint
from migdocs.core.changes.indexes import read_index
from migdocs.core.hazards.lines import line_of
from migdocs.core.locks import stronger
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migdocs.core.hazards.schema import Schema
    from migdocs.core.hazards.sure import Neighbours
    from migdocs.core.hazards.whole import Whole
    from migdocs.core.model import Impact, Severity
    from migdocs.core.sql.definitions import Column, Constraint, Index
    from migdocs.core.sql.parser import Node, Parsed
    from migdocs.core.sql.plpgsql import Inner


def _constraints(node: Node) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Give the constraints of a CreateStmt, ColumnDef or Constraint, each with its own column."""
    kind = node.DESCRIPTOR.name
    if kind == "Constraint":
        yield (), node
    elif kind == "ColumnDef":
        for item in node.constraints:
            yield (tree.identifier(node.colname),), item.constraint
    else:
        for item in node.table_elts:
            if item.HasField("column_def"):
                if item.column_def.constraints:
                    yield from _constraints(item.column_def)
            elif item.HasField("constraint"):
                yield (), item.constraint


SHOWN = 5  # names in a message


class Taken(Struct, frozen=True):
    """A lock that a statement takes.

    Attributes:
        name: of the relation.
        transaction: a number that all statements of one transaction share.
        has_timeout: the script has set lock_timeout before.
    """

    name: str
    lock: str
    transaction: int
    parsed: Parsed
    has_timeout: bool


class Scene(Struct, dict=True):
    """A script on its way through the rules; only ``judging`` moves it on.

    Attributes:
        whole: the script.
        postgres: the major version that is judged for.
        schema: before the statement that is judged.
        transaction: all statements but its own BEGIN … COMMIT run in one transaction.
        lock_timeout: the runner sets one.
        wrapped: the runner would put the script into one transaction, if it can be.
        new: names of what the script itself has made so far, columns behind their tables'; nobody
            can be using it.
        dropped: names of what the script has dropped and had not made.
        dropped_constraints: by table, those that were known.
        dropped_indexes: those that were known.
        settings: of the session, as the script has SET them so far.
        begun: the script is in a transaction of its own.
        held: the strongest lock on each relation that the transaction holds so far.
        taken: every lock that the script takes on what is not new, in order.
        said: ids of rules whose finding is shown once in a script, and was.
        beside: what the sub-commands of an ALTER TABLE do together, as it was read last.
        unsure: the statement stands in a branch or loop, and may not run.
    """

    whole: Whole
    postgres: int
    schema: Schema
    transaction: bool = True
    lock_timeout: bool = False
    path: str = ""
    wrapped: bool = True
    new: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    dropped_constraints: dict[str, list[Constraint]] = field(default_factory=dict)
    dropped_indexes: list[Index] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    begun: bool = False
    held: dict[str, str] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    unsure: bool = False
    beside: tuple[Parsed, Neighbours] | None = None
    _transaction: int = 0

    @property
    def in_transaction(self) -> bool:
        """Whether the statement runs in a transaction with others."""
        return self.transaction or self.begun

    def hold(self, name: str, lock: str, parsed: Parsed) -> None:
        """Take note of a lock on something that is not new."""
        if lock and name not in self.new:
            self.held[name] = stronger(self.held.get(name, ""), lock)
            has_timeout = self.settings.get("lock_timeout", "0") != "0"
            self.taken.append(Taken(name, lock, self._transaction, parsed, has_timeout))

    def end_transaction(self) -> None:
        """Take note that every lock is given back."""
        self.held.clear()
        self._transaction += 1


@dataclass(eq=False)
class Action:
    """One thing that a statement does, for the rules about that kind of thing.

    Attributes:
        parsed: the statement.
        node: its tree.
        part: what the action is about: a sub-command of ALTER TABLE, a column's or constraint's
            definition; the statement's tree where it does one thing only.
        table: the relation that the statement is about, where it is about one; else empty.
        name: of the table's part that is meant: a column, a constraint, a trigger.
        index: of the sub-command, from 0; -1 where it is the statement as a whole.
        void: IF [NOT] EXISTS lets the sub-command pass.
    """

    scene: Scene
    parsed: Parsed
    node: Node
    part: Node
    table: str = ""
    name: str = ""
    index: int = -1
    void: bool = False

    @property
    def postgres(self) -> int:
        """Give the major version that is judged for."""
        return self.scene.postgres

    @cached_property
    def lowered(self) -> str:
        """Give the statement's text in small letters, for rules that look for words first."""
        return self.parsed.statement.text.lower()

    @property
    def schema(self) -> Schema:
        """Give the schema before the statement."""
        return self.scene.schema

    @property
    def line(self) -> int:
        """Give the line that it stands on."""
        statement = self.parsed.statement
        if self.index < 0:
            return statement.line
        return line_of(statement, self.index, self.node.relation.relname)

    def schema_of(self, name: str) -> str:
        """Give a name in the schema of the table."""
        schema = self.table.rpartition(".")[0]
        return f"{schema}.{name}" if schema else name

    @property
    def full_name(self) -> str:
        """Give the name of the part behind its table's: ``users.email``."""
        return f"{self.table}.{self.name}"

    @cached_property
    def column(self) -> Column:
        """Give the definition of the column that ADD COLUMN adds."""
        return read_column(self.part, self.table)

    @cached_property
    def constraint(self) -> Constraint:
        """Give the definition of the constraint that ADD CONSTRAINT adds."""
        return read_constraint(self.part)

    @cached_property
    def foreign_keys(self) -> list[tuple[tuple[str, ...], str]]:
        """Give the columns and the targets of the foreign keys that are made here."""
        foreign = enum_names("ConstrType").index("CONSTR_FOREIGN")
        return [
            (tree.columns(node.fk_attrs) or own, tree.relation(node.pktable))
            for own, node in _constraints(self.part)
            if node.contype == foreign
        ]

    @cached_property
    def body(self) -> tuple[Inner, ...] | None:
        """Give the statements in a DO block or routine; None where they cannot be read."""
        return bodies.statements_in(self.parsed)

    @cached_property
    def new_index(self) -> Index:
        """Give the definition of the index that CREATE INDEX makes."""
        return read_index(self.node)


class Found(Struct, frozen=True):
    """What a rule says of an action; what is None is as the rule's entry in the registry says.

    Attributes:
        on: the relations that are locked, the one that the statement is about first.
        also: relations that are locked less strongly, each with its lock.
        of: what is hurt, where it is no relation that is locked; nothing new can be hurt.
        severity: where it is not that of the rule.
        sqlstate: with which PostgreSQL is sure to refuse the statement: an error.
        line: of the file; 0 for the statement's.
        at: the statement that is meant, where it is not the action's.
        once: only the first of a script is shown.
        since: the first major version that has this form, where it is later than the rule's.
    """

    message: str
    on: tuple[str, ...] = ()
    also: tuple[tuple[str, str], ...] = ()
    of: tuple[str, ...] = ()
    lock: str | None = None
    rewrite: bool = False
    scan: bool = False
    impact: Impact | None = None
    severity: Severity | None = None
    sqlstate: str = ""
    line: int = 0
    at: Parsed | None = None
    once: bool = False
    since: int = 0


def built_again(indexes: Iterable[str]) -> str:
    """Say behind a message which indexes are built again while the table is locked."""
    told = names(indexes)
    return f"; built again under the lock: {told}" if told else ""


def names(of: Iterable[str]) -> str:
    """Give names for a message, the first few of many."""
    quoted = [f"'{name}'" for name in of]
    more = f" and {len(quoted) - SHOWN} more" if len(quoted) > SHOWN else ""
    return ", ".join(quoted[:SHOWN]) + more
