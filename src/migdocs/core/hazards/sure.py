"""What rules about certain refusals ask: what else the statement does, and what is known for sure.

The sub-commands of one ALTER TABLE run in passes (tablecmds.c: AlterTablePass): first what drops,
then types, then what is added; so each meets a table without what its neighbours drop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.catalog import Relation
    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.definitions import Column, Constraint
    from migdocs.core.sql.parser import Node, Parsed

# Columns that every table has.
SYSTEM = frozenset(("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"))


class Neighbours(Struct, frozen=True):
    """What an ALTER TABLE does besides, by name."""

    dropped_columns: frozenset[str] = frozenset()
    added_columns: tuple[str, ...] = ()
    dropped_constraints: frozenset[str] = frozenset()
    dropped_defaults: frozenset[str] = frozenset()


def _neighbours(parsed: Parsed) -> Neighbours:
    """Read an ALTER TABLE's sub-commands."""
    names = enum_names("AlterTableType")
    found: dict[str, list[str]] = {}
    for item in parsed.node.cmds:
        command = item.alter_table_cmd
        kind = names[command.subtype]
        definition = getattr(command, "def")
        if kind == "AT_ColumnDefault" and not command.HasField("def"):
            kind = "dropped default"
        own = definition.column_def.colname if kind == "AT_AddColumn" else command.name
        found.setdefault(kind, []).append(tree.identifier(own))
    return Neighbours(
        frozenset(found.get("AT_DropColumn", ())),
        tuple(found.get("AT_AddColumn", ())),
        frozenset(found.get("AT_DropConstraint", ())),
        frozenset(found.get("dropped default", ())),
    )


def neighbours(action: Action) -> Neighbours:
    """Give what an action's statement does besides."""
    many = action.parsed.kind == "alter_table_stmt" and len(action.node.cmds) > 1
    if not many:
        return Neighbours()
    scene = action.scene
    if scene.beside is None or scene.beside[0] is not action.parsed:
        scene.beside = (action.parsed, _neighbours(action.parsed))
    return scene.beside[1]


def table_of(action: Action) -> Relation | None:
    """Give the table that an action is about, if all of it is known for certain."""
    return action.schema.sure(action.table)


def columns_of(action: Action) -> dict[str, Column | None] | None:
    """Give a table's columns as an action meets them; None where they are not all known."""
    table = table_of(action)
    if table is None:
        return None
    beside = neighbours(action)
    kept: dict[str, Column | None] = {
        name: column for name, column in table.columns.items() if name not in beside.dropped_columns
    }
    return kept | dict.fromkeys(beside.added_columns)


def constraints_of(action: Action) -> dict[str, Constraint]:
    """Give a table's constraints as an action meets them; none where not all are known."""
    table = table_of(action)
    gone = neighbours(action).dropped_constraints
    return {n: c for n, c in table.constraints.items() if n not in gone} if table else {}


def is_only(action: Action) -> bool:
    """Tell whether an ALTER TABLE is for the parent alone."""
    return not action.node.relation.inh


def children(action: Action) -> tuple[str, ...]:
    """Name the known partitions of a table, and the tables that inherit from it."""
    return tuple(heir.name for heir in action.schema.catalog.heirs(action.table))


def unqualified_columns(node: Node) -> Iterator[str]:
    """Give the columns that an expression names without a table."""
    for message in tree.messages_in(node, tree.CONSTANTS - {"string", "a_star"}):
        if message.DESCRIPTOR.name == "ColumnRef" and len(message.fields) == 1:
            part = message.fields[0]
            if part.WhichOneof("node") == "string":
                yield tree.identifier(part.string.sval)
