"""Take statements apart into actions: what the rules, and the notes of a scene, are about.

The key of an action is the parser's name for its kind: ``index_stmt``; with the object's kind where
a statement has several, ``drop_stmt.OBJECT_TABLE``; the sub-command's name for ALTER TABLE,
``AT_DropColumn``, ``AT_AddColumn.CONSTR_CHECK``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards.scene import Action
from migdocs.core.hazards.types import change_of
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migdocs.core.hazards.scene import Scene
    from migdocs.core.sql.parser import Node, Parsed

TABLES = {"OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"}
# Kind of statement → the field that holds the kind of its object.
OBJECT_FIELDS = {
    "drop_stmt": "remove_type",
    "rename_stmt": "rename_type",
    "alter_object_schema_stmt": "object_type",
    "alter_owner_stmt": "object_type",
}
# Statements whose field ``relation`` is the table that they are about.
ABOUT_A_TABLE = {
    "alter_table_stmt",
    "create_stmt",
    "create_trig_stmt",
    "delete_stmt",
    "index_stmt",
    "insert_stmt",
    "merge_stmt",
    "rule_stmt",
    "update_stmt",
}


def actions(parsed: Parsed, scene: Scene) -> Iterator[tuple[str, Action]]:
    """Give what a statement does, each action with its key."""
    node, kind = parsed.node, parsed.kind or parsed.statement.kind
    table = tree.relation(node.relation) if kind in ABOUT_A_TABLE else ""
    if kind in OBJECT_FIELDS:
        objects = enum_names("ObjectType")[getattr(node, OBJECT_FIELDS[kind])]
        yield f"{kind}.{objects}", Action(scene, parsed, node, node)
    whole = Action(scene, parsed, node, node, table)
    yield kind, whole
    if kind == "alter_table_stmt":
        yield from _commands(whole)


def _commands(whole: Action) -> Iterator[tuple[str, Action]]:
    """Take an ALTER TABLE apart; ALTER VIEW, INDEX, SEQUENCE and TYPE have the same grammar."""
    kind = enum_names("ObjectType")[whole.node.objtype]
    prefix = "" if kind in TABLES else f"{kind}."
    subtypes = enum_names("AlterTableType")
    for index, item in enumerate(whole.node.cmds):
        key = prefix + subtypes[item.alter_table_cmd.subtype]
        take_apart = TAKEN_APART.get(key, _plain)
        action = None
        for suffix, part, name in take_apart(whole, item.alter_table_cmd):
            if action is None:
                own = tree.identifier(name) if name else ""
                action = Action(
                    whole.scene, whole.parsed, whole.node, part, whole.table, own, index
                )
            yield key + suffix, action


# What is added to a sub-command's key, the part of the tree that is meant, the name that it names.
Part = tuple[str, "Node", str]


def _plain(_: Action, command: Node) -> Iterator[Part]:
    """Take a sub-command as it is."""
    yield "", command, command.name


def _column(_: Action, command: Node) -> Iterator[Part]:
    """Take an ADD COLUMN apart by what its definition says."""
    column = getattr(command, "def").column_def
    name = column.colname
    yield "", column, name
    if command.missing_ok:
        yield ".IF_NOT_EXISTS", column, name
    kinds = enum_names("ConstrType")
    for item in column.constraints:
        yield f".{kinds[item.constraint.contype]}", column, name


def _constraint(_: Action, command: Node) -> Iterator[Part]:
    """Take an ADD CONSTRAINT by the constraint's kind."""
    constraint = getattr(command, "def").constraint
    yield f".{enum_names('ConstrType')[constraint.contype]}", constraint, constraint.conname


def _type(whole: Action, command: Node) -> Iterator[Part]:
    """Take an ALTER COLUMN … TYPE by what it does to the rows, too."""
    yield "", command, command.name
    yield f".{change_of(command, whole.table, whole.scene).rule}", command, command.name


TAKEN_APART: dict[str, Callable[[Action, Node], Iterator[Part]]] = {
    "AT_AddColumn": _column,
    "AT_AddConstraint": _constraint,
    "AT_AlterColumnType": _type,
}
