"""What is known while one script is judged: the server, the schema, what the script did so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from migdocs.core import tree
from migdocs.core.changes.columns import read_column
from migdocs.core.hazards.known import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migdocs.core.definitions import Column, Constraint
    from migdocs.core.hazards.known import Known, KnownTable
    from migdocs.core.model import Impact
    from migdocs.core.parser import Node, Parsed


@dataclass(slots=True)
class Scene:
    """A script on its way through the rules; only ``judging`` moves it on.

    Attributes:
        postgres: the major version that is judged for.
        known: the schema before the statement that is judged.
        transaction: the runner puts the script into one transaction.
        lock_timeout: the runner sets one.
        new: names of what the script itself has made so far; nobody can be using it.
        settings: of the session, as the script has SET them so far.
    """

    postgres: int
    known: Known = field(default_factory=Snapshot)
    transaction: bool = True
    lock_timeout: bool = False
    path: str = ""
    new: set[str] = field(default_factory=set)
    settings: dict[str, str] = field(default_factory=dict)

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

    def note(self, parsed: Parsed) -> None:
        """Take note of what a statement made, renamed or dropped."""
        change = NOTES.get(parsed.kind)
        if change:
            change(self, parsed.node)


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


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule says of an action; what is None is as the rule's entry in the registry says.

    Attributes:
        on: the relations that are locked, the one that the statement is about first.
        also: relations that are locked less strongly, each with its lock.
        of: what is hurt, where it is no relation that is locked; nothing new can be hurt.
        line: of the file; 0 for the action's own.
    """

    message: str
    on: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    also: tuple[tuple[str, str], ...] = ()
    lock: str | None = None
    rewrite: bool = False
    scan: bool = False
    impact: Impact | None = None
    line: int = 0


def _table_made(scene: Scene, node: Node) -> None:
    """Note a new table; one that may be there already is not new."""
    if not node.if_not_exists or scene.known.table(tree.relation(node.relation)) is None:
        scene.new.add(tree.relation(node.relation))


def _renamed(scene: Scene, node: Node) -> None:
    """Note that a new object has another name."""
    if node.HasField("relation") and tree.relation(node.relation) in scene.new:
        schema = node.relation.schemaname
        scene.new.add(tree.qualified((schema, node.newname)))


def _dropped(scene: Scene, node: Node) -> None:
    """Forget what is gone."""
    scene.new.difference_update(tree.object_name(item) for item in node.objects)


def _set(scene: Scene, node: Node) -> None:
    """Note what a setting of the session now is; a list is its first value."""
    value = tree.expression(node.args[0]).strip("'") if node.args else ""
    scene.settings[node.name.lower()] = value


def _routine_made(scene: Scene, node: Node) -> None:
    """Note a new routine; one that replaces another is not new."""
    if not node.replace:
        scene.new.add(tree.dotted(node.funcname))


# Kind of statement → what it makes, renames or drops.
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
    "create_function_stmt": _routine_made,
    "create_schema_stmt": lambda scene, node: scene.new.add(tree.identifier(node.schemaname)),
    "rename_stmt": _renamed,
    "drop_stmt": _dropped,
    "variable_set_stmt": _set,
}
