"""What is known while one script is judged: the server, the schema, what the script did so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from migdocs.core import tree
from migdocs.core.changes.columns import read_column
from migdocs.core.changes.constraints import read_constraint
from migdocs.core.changes.indexes import read_index
from migdocs.core.hazards.known import Snapshot
from migdocs.core.hazards.locks import stronger
from migdocs.core.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from migdocs.core.definitions import Column, Constraint, Index
    from migdocs.core.hazards.known import Known, KnownTable
    from migdocs.core.model import Impact, Severity
    from migdocs.core.parser import Node, Parsed


@dataclass
class Scene:
    """A script on its way through the rules; only ``judging`` moves it on.

    Attributes:
        statements: of the whole script.
        postgres: the major version that is judged for.
        known: the schema before the statement that is judged.
        transaction: the runner puts the script into one transaction.
        lock_timeout: the runner sets one.
        new: names of what the script itself has made so far; nobody can be using it.
        settings: of the session, as the script has SET them so far.
        held: the strongest lock on each relation that the transaction holds so far.
        begun: the script is in a transaction of its own.
        added_constraints: by table and name, with those of the statement that is judged.
        dropped_indexes: those that were known.
    """

    statements: Sequence[Parsed]
    postgres: int
    known: Known = field(default_factory=Snapshot)
    transaction: bool = True
    lock_timeout: bool = False
    path: str = ""
    new: set[str] = field(default_factory=set)
    settings: dict[str, str] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    begun: bool = False
    added_constraints: dict[tuple[str, str], Constraint] = field(default_factory=dict)
    dropped_indexes: list[Index] = field(default_factory=list)
    _dropped_constraints: dict[str, list[Constraint]] = field(default_factory=dict)

    def table(self, name: str) -> KnownTable | None:
        """Give a table as it is before the statement, None where it is not known."""
        return self.known.table(name)

    def column(self, table: str, name: str) -> Column | None:
        """Give a column as it is before the statement, None where it is not known."""
        known = self.known.table(table)
        return known.columns.get(name) if known else None

    def references_to(self, name: str) -> Iterator[tuple[str, Constraint]]:
        """Give the foreign keys that point at a table, each with its own table."""
        for table in self.known.tables():
            for constraint in table.constraints.values():
                if constraint.references == name:
                    yield table.name, constraint

    def dropped_constraints(self, table: str) -> list[Constraint]:
        """Give the constraints of a table that were known and that the script has dropped."""
        return self._dropped_constraints.get(table, [])

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

    def hold(self, found: Found) -> None:
        """Take note of the locks that a finding says are taken."""
        for name, lock in (*((name, found.lock or "") for name in found.on), *found.also):
            self.held[name] = stronger(self.held.get(name, ""), lock)

    def enter(self, parsed: Parsed) -> None:
        """Take note of what a statement asks for, before it is judged."""
        if parsed.kind == "alter_table_stmt":
            _alter(self, parsed.node)

    def leave(self, parsed: Parsed) -> None:
        """Take note of what a statement made, renamed, dropped or set, after it was judged."""
        change = NOTES.get(parsed.kind)
        if change:
            change(self, parsed.node)
        if not (self.transaction or self.begun):
            self.held.clear()


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
        line: of the file; 0 for the action's own.
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


def _table_made(scene: Scene, node: Node) -> None:
    """Note a new table; one that may be there already is not new."""
    name = tree.relation(node.relation)
    if not node.if_not_exists or scene.known.table(name) is None:
        scene.new.add(name)


def _renamed(scene: Scene, node: Node) -> None:
    """Note that a new object has another name."""
    if node.HasField("relation") and tree.relation(node.relation) in scene.new:
        scene.new.add(tree.qualified((node.relation.schemaname, node.newname)))


def _dropped(scene: Scene, node: Node) -> None:
    """Forget what is gone; remember the indexes among it."""
    names = [tree.object_name(item) for item in node.objects]
    scene.new.difference_update(names)
    indexes = (scene.known.index(name) for name in names)
    scene.dropped_indexes += [index for index in indexes if index]


def _alter(scene: Scene, node: Node) -> None:
    """Note the constraints that an ALTER TABLE drops and adds."""
    table = tree.relation(node.relation)
    known = scene.known.table(table)
    subtypes = enum_names("AlterTableType")
    for item in node.cmds:
        command = item.alter_table_cmd
        subtype = subtypes[command.subtype]
        name = tree.identifier(command.name)
        if subtype == "AT_DropConstraint" and known and name in known.constraints:
            dropped = scene._dropped_constraints.setdefault(table, [])
            dropped.append(known.constraints[name])
        elif subtype == "AT_AddConstraint":
            constraint = read_constraint(getattr(command, "def").constraint)
            scene.added_constraints[table, constraint.name] = constraint


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
        scene.held.clear()


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
    kinds = enum_names("ConstrType")
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
