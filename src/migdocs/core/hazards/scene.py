"""What is known while one script is judged: the server, the schema, what the script did so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from migdocs.core import tree
from migdocs.core.changes.columns import read_column
from migdocs.core.changes.constraints import read_constraint
from migdocs.core.changes.indexes import read_index
from migdocs.core.hazards.locks import stronger
from migdocs.core.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from migdocs.core.definitions import Column, Constraint, Index
    from migdocs.core.hazards.schema import Schema
    from migdocs.core.model import Impact, Severity
    from migdocs.core.parser import Node, Parsed


@dataclass(frozen=True, slots=True)
class Taken:
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


@dataclass
class Scene:
    """A script on its way through the rules; only ``judging`` moves it on.

    Attributes:
        statements: of the whole script.
        postgres: the major version that is judged for.
        schema: before the statement that is judged.
        transaction: all statements but its own BEGIN … COMMIT run in one transaction.
        lock_timeout: the runner sets one.
        new: names of what the script itself has made so far; nobody can be using it.
        settings: of the session, as the script has SET them so far.
        held: the strongest lock on each relation that the transaction holds so far.
        taken: every lock that the script takes on what is not new, in order.
        begun: the script is in a transaction of its own.
        new_columns: table and name of the columns that the script has added so far.
        dropped: names of what the script has dropped and had not made.
        added_constraints: by table and name, with those of the statement that is judged.
        dropped_indexes: those that were known.
        dropped_constraints: by table, those that were known.
    """

    statements: Sequence[Parsed]
    postgres: int
    schema: Schema
    transaction: bool = True
    lock_timeout: bool = False
    path: str = ""
    new: set[str] = field(default_factory=set)
    settings: dict[str, str] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    begun: bool = False
    new_columns: set[tuple[str, str]] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    added_constraints: dict[tuple[str, str], Constraint] = field(default_factory=dict)
    dropped_indexes: list[Index] = field(default_factory=list)
    dropped_constraints: dict[str, list[Constraint]] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _transaction: int = 0

    def indexed(self, table: str) -> list[tuple[str, ...]]:
        """Give the columns of each index that the script makes on a table, now or later."""
        return self._indexed.get(table, [])

    @cached_property
    def _indexed(self) -> dict[str, list[tuple[str, ...]]]:
        """Gather the indexes that the script makes, and those of its new tables' constraints."""
        found: dict[str, list[tuple[str, ...]]] = {}
        for parsed in self.statements:
            for table, columns in INDEXES.get(parsed.kind, _no_indexes)(parsed.node):
                found.setdefault(table, []).append(columns)
        return found

    @property
    def in_transaction(self) -> bool:
        """Whether the statement runs in a transaction with others."""
        return self.transaction or self.begun

    def first_time(self, what: str) -> bool:
        """Tell whether this is the first time that a rule asks for this word."""
        asked = what in self._asked
        self._asked.add(what)
        return not asked

    def hold(self, found: Found, parsed: Parsed) -> None:
        """Take note of the locks that a finding says are taken."""
        for name, lock in (*((name, found.lock or "") for name in found.on), *found.also):
            if lock and name not in self.new:
                self.held[name] = stronger(self.held.get(name, ""), lock)
                has_timeout = self.settings.get("lock_timeout", "0") != "0"
                self.taken.append(Taken(name, lock, self._transaction, parsed, has_timeout))

    def end_transaction(self) -> None:
        """Take note that every lock is given back."""
        self.held.clear()
        self._transaction += 1

    def enter(self, parsed: Parsed) -> None:
        """Take note of what a statement asks for, before it is judged."""
        if parsed.kind == "alter_table_stmt":
            _alter(self, parsed.node)

    def leave(self, parsed: Parsed) -> None:
        """Take note of what a statement made, renamed, dropped or set, after it was judged."""
        change = NOTES.get(parsed.kind)
        if change:
            change(self, parsed.node)
        if not self.in_transaction:
            self.end_transaction()


@dataclass(frozen=True)
class Action:
    """One thing that a statement does, for the rules about that kind of thing.

    Attributes:
        parsed: the statement.
        node: its tree.
        part: what the action is about: a sub-command of ALTER TABLE, a column's or constraint's
            definition; the statement's tree where it does one thing only.
        table: that ALTER TABLE names; empty for other statements.
        name: of the table's part that is meant: a column, a constraint, a trigger.
    """

    scene: Scene
    parsed: Parsed
    node: Node
    part: Node
    table: str = ""
    name: str = ""

    @property
    def postgres(self) -> int:
        """Give the major version that is judged for."""
        return self.scene.postgres

    @property
    def schema(self) -> Schema:
        """Give the schema before the statement."""
        return self.scene.schema

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
    def index(self) -> Index:
        """Give the definition of the index that CREATE INDEX makes."""
        return read_index(self.node)


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule says of an action; what is None is as the rule's entry in the registry says.

    Attributes:
        on: the relations that are locked, the one that the statement is about first.
        also: relations that are locked less strongly, each with its lock.
        severity: error where PostgreSQL is sure to refuse the statement.
        of: what is hurt, where it is no relation that is locked; nothing new can be hurt.
        line: of the file; 0 for the statement's.
        at: the statement that is meant, where it is not the action's.
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
    line: int = 0
    at: Parsed | None = None


def _table_made(scene: Scene, node: Node) -> None:
    """Note a new table; one that may be there already is not new."""
    name = tree.relation(node.relation)
    if not node.if_not_exists or scene.schema.relation(name) is None:
        scene.new.add(name)


def _renamed(scene: Scene, node: Node) -> None:
    """Note that a new object has another name."""
    if node.HasField("relation") and tree.relation(node.relation) in scene.new:
        scene.new.add(tree.qualified((node.relation.schemaname, node.newname)))


def _dropped(scene: Scene, node: Node) -> None:
    """Forget what is gone; remember the indexes among it."""
    names = [tree.object_name(item) for item in node.objects]
    scene.dropped.update(name for name in names if name not in scene.new)
    scene.new.difference_update(names)
    indexes = (scene.schema.index(name) for name in names)
    scene.dropped_indexes += [index for index in indexes if index]


def _alter(scene: Scene, node: Node) -> None:
    """Note the constraints that an ALTER TABLE drops and adds, and the columns that it adds."""
    table = tree.relation(node.relation)
    subtypes = enum_names("AlterTableType")
    for item in node.cmds:
        command = item.alter_table_cmd
        subtype = subtypes[command.subtype]
        name = tree.identifier(command.name) if command.name else ""
        known = scene.schema.constraint(table, name)
        if subtype == "AT_DropConstraint" and known:
            scene.dropped_constraints.setdefault(table, []).append(known)
        elif subtype == "AT_AddConstraint":
            constraint = read_constraint(getattr(command, "def").constraint)
            scene.added_constraints[table, constraint.name] = constraint
        elif subtype == "AT_AddColumn":
            column = getattr(command, "def").column_def.colname
            scene.new_columns.add((table, tree.identifier(column)))


def _set(scene: Scene, node: Node) -> None:
    """Note what a setting of the session now is; a list is its first value."""
    value = tree.expression(node.args[0]).strip("'") if node.args else ""
    scene.settings[node.name.lower()] = value


def _transaction(scene: Scene, node: Node) -> None:
    """Note where a transaction of the script's own begins and ends."""
    kind = enum_names("TransactionStmtKind")[node.kind].removeprefix("TRANS_STMT_")
    if kind in {"BEGIN", "START"}:
        scene.begun = True
    elif kind in {"COMMIT", "ROLLBACK", "PREPARE"}:
        scene.begun = False
        scene.end_transaction()


def _routine_made(scene: Scene, node: Node) -> None:
    """Note a new routine; one that replaces another is not new."""
    if not node.replace:
        scene.new.add(tree.dotted(node.funcname))


# Kind of statement → what it makes, renames, drops or sets.
NOTES: dict[str, Callable[[Scene, Node], None]] = {
    "create_stmt": _table_made,
    "create_foreign_table_stmt": lambda scene, node: _table_made(scene, node.base_stmt),
    "create_table_as_stmt": lambda scene, node: scene.new.add(tree.relation(node.into.rel)),
    "view_stmt": lambda scene, node: (
        None if node.replace else scene.new.add(tree.relation(node.view))
    ),
    "create_seq_stmt": lambda scene, node: scene.new.add(tree.relation(node.sequence)),
    "create_enum_stmt": lambda scene, node: scene.new.add(tree.dotted(node.type_name)),
    "composite_type_stmt": lambda scene, node: scene.new.add(tree.relation(node.typevar)),
    "create_domain_stmt": lambda scene, node: scene.new.add(tree.dotted(node.domainname)),
    "create_range_stmt": lambda scene, node: scene.new.add(tree.dotted(node.type_name)),
    "index_stmt": lambda scene, node: scene.new.add(read_index(node).name),
    "create_function_stmt": _routine_made,
    "create_schema_stmt": lambda scene, node: scene.new.add(tree.identifier(node.schemaname)),
    "rename_stmt": _renamed,
    "drop_stmt": _dropped,
    "variable_set_stmt": _set,
    "transaction_stmt": _transaction,
}


def _no_indexes(_: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give nothing."""
    return iter(())


def _of_index(node: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the columns of an IndexStmt; a partial index helps no foreign key."""
    if not node.HasField("where_clause"):
        yield tree.relation(node.relation), read_index(node).columns


def _of_new_table(node: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the columns of the keys and unique constraints of a CreateStmt."""
    table = tree.relation(node.relation)
    for item in node.table_elts:
        if item.WhichOneof("node") == "constraint":
            yield from _of_constraint(table, item.constraint, "")
        elif item.WhichOneof("node") == "column_def":
            for part in item.column_def.constraints:
                yield from _of_constraint(table, part.constraint, item.column_def.colname)


def _of_constraint(table: str, node: Node, column: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the columns of a key or unique constraint."""
    if enum_names("ConstrType")[node.contype] in {"CONSTR_PRIMARY", "CONSTR_UNIQUE"}:
        yield table, (tree.identifier(column),) if column else tree.columns(node.keys)


def _of_alter(node: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the columns of the keys and unique constraints that an ALTER TABLE adds."""
    table = tree.relation(node.relation)
    for item in node.cmds:
        definition = getattr(item.alter_table_cmd, "def")
        if definition.WhichOneof("node") == "constraint":
            yield from _of_constraint(table, definition.constraint, "")


# Kind of statement → the indexes that it makes.
INDEXES: dict[str, Callable[[Node], Iterator[tuple[str, tuple[str, ...]]]]] = {
    "index_stmt": _of_index,
    "create_stmt": _of_new_table,
    "alter_table_stmt": _of_alter,
}
