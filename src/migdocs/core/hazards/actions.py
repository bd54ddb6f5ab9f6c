"""Take statements apart into actions: what the rules, and the notes of a scene, are about.

The key of an action is the parser's name for its kind: ``index_stmt``; with the object's kind where
a statement has several, ``drop_stmt.OBJECT_TABLE``; the sub-command's name for ALTER TABLE,
``AT_DropColumn``, ``AT_AddColumn.CONSTR_CHECK``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core import tree
from migdocs.core.hazards.scene import Action
from migdocs.core.hazards.types import change_of
from migdocs.core.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Scene
    from migdocs.core.parser import Node, Parsed

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
    yield kind, Action(scene, parsed, node, node, table)
    if kind == "alter_table_stmt":
        for key, part, name in _commands(node, table, scene):
            own = tree.identifier(name) if name else ""
            yield key, Action(scene, parsed, node, part, table, own)


def _commands(node: Node, table: str, scene: Scene) -> Iterator[tuple[str, Node, str]]:
    """Take an ALTER TABLE apart; ALTER VIEW, INDEX, SEQUENCE and TYPE have the same grammar.

    Yields: the key, the part of the tree that it is about, and the name that this names.
    """
    kind = enum_names("ObjectType")[node.objtype]
    prefix = "" if kind in TABLES else f"{kind}."
    subtypes = enum_names("AlterTableType")
    for item in node.cmds:
        command = item.alter_table_cmd
        key = prefix + subtypes[command.subtype]
        if key == "AT_AddConstraint":
            constraint = getattr(command, "def").constraint
            kind = enum_names("ConstrType")[constraint.contype]
            yield f"{key}.{kind}", constraint, constraint.conname
        elif key == "AT_AddColumn":
            yield from _column_parts(key, command)
        else:
            yield key, command, command.name
            if key == "AT_AlterColumnType":
                yield f"{key}.{change_of(command, table, scene).rule}", command, command.name


def _column_parts(key: str, command: Node) -> Iterator[tuple[str, Node, str]]:
    """Take an ADD COLUMN apart by what its definition says."""
    column = getattr(command, "def").column_def
    name = column.colname
    yield key, column, name
    if command.missing_ok:
        yield f"{key}.IF_NOT_EXISTS", column, name
    kinds = enum_names("ConstrType")
    for item in column.constraints:
        yield f"{key}.{kinds[item.constraint.contype]}", column, name
