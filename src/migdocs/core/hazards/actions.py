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
    from migdocs.core.hazards.schema import Schema
    from migdocs.core.sql.parser import Node, Parsed

RELATIONS = frozenset({"TABLE", "VIEW", "MATVIEW", "INDEX", "FOREIGN_TABLE"})
# Objects whose absence is known where the schema is: those of a table by the table.
OTHERS = {
    "FUNCTION": "function",
    "PROCEDURE": "procedure",
    "TRIGGER": "trigger",
    "POLICY": "policy",
    "TYPE": "type",
    "DOMAIN": "domain",
}
WITHOUT_EFFECT = "void"  # for rules about sub-commands that IF [NOT] EXISTS lets pass
ANY = "any"  # for rules about every statement that can be read
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


# Sub-commands that a parent does for its partitions and children too (tablecmds.c: ATPrepCmd).
RECURSING = frozenset(
    f"AT_{name}"
    for name in (
        "AddColumn",
        "AddConstraint",
        "AlterColumnType",
        "ColumnDefault",
        "DropColumn",
        "DropConstraint",
        "DropExpression",
        "DropNotNull",
        "SetExpression",
        "SetNotNull",
        "SetStatistics",
        "SetStorage",
        "SetCompression",
        "ValidateConstraint",
    )
)
GUARDED = frozenset({"alter_table_stmt", "drop_stmt", "rename_stmt"})


def reaches_children(action: Action) -> bool:
    """Tell whether a sub-command of ALTER TABLE also locks what inherits from the table."""
    number = action.node.cmds[action.index].alter_table_cmd.subtype
    with_children: bool = action.node.relation.inh
    return with_children and enum_names("AlterTableType")[number] in RECURSING


def is_foreign(node: Node) -> bool:
    """Tell whether an ALTER TABLE is of a table on another server, which holds no rows here."""
    number: int = node.objtype
    return enum_names("ObjectType")[number] == "OBJECT_FOREIGN_TABLE"


def passes(parsed: Parsed, schema: Schema) -> bool:
    """Tell whether IF EXISTS lets a statement pass, as what it names is not there."""
    if parsed.kind not in GUARDED or not parsed.node.missing_ok:
        return False
    node = parsed.node
    if parsed.kind != "drop_stmt":
        named: bool = node.HasField("relation")
        return named and schema.absent(tree.relation(node.relation))
    kind = enum_names("ObjectType")[node.remove_type].removeprefix("OBJECT_")
    names = [tree.object_name(item) for item in node.objects]
    if kind in RELATIONS:
        return all(map(schema.absent, names))
    return kind in OTHERS and all(schema.lacks(OTHERS[kind], name) for name in names)


def actions(parsed: Parsed, scene: Scene) -> Iterator[tuple[str, Action]]:
    """Give what a statement does, each action with its key."""
    node, kind = parsed.node, parsed.kind or parsed.statement.kind
    table = tree.relation(node.relation) if kind in ABOUT_A_TABLE else ""
    if kind in OBJECT_FIELDS:
        objects = enum_names("ObjectType")[getattr(node, OBJECT_FIELDS[kind])]
        yield f"{kind}.{objects}", Action(scene, parsed, node, node)
    whole = Action(scene, parsed, node, node, table)
    if parsed.node is not None:
        yield ANY, whole
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
        if item.alter_table_cmd.missing_ok and _has_no_effect(whole, key, item.alter_table_cmd):
            yield WITHOUT_EFFECT, _void(whole, item.alter_table_cmd, index)
            continue
        take_apart = TAKEN_APART.get(key, _plain)
        action = None
        for suffix, part, name in take_apart(whole, item.alter_table_cmd):
            if action is None:
                own = tree.identifier(name) if name else ""
                action = Action(
                    whole.scene, whole.parsed, whole.node, part, whole.table, own, index
                )
            yield key + suffix, action


def _void(whole: Action, command: Node, index: int) -> Action:
    """Give the action of a sub-command that passes."""
    own = command.name or getattr(command, "def").column_def.colname
    table, name = whole.table, tree.identifier(own)
    return Action(whole.scene, whole.parsed, whole.node, command, table, name, index, void=True)


def _has_no_effect(whole: Action, key: str, command: Node) -> bool:
    """Tell whether IF [NOT] EXISTS lets a sub-command pass, as all of the table is known."""
    table = whole.schema.sure(whole.table)
    if table is None:
        return False
    if key == "AT_DropColumn":
        return tree.identifier(command.name) not in table.columns
    if key == "AT_DropConstraint":
        return tree.identifier(command.name) not in table.constraints
    new = getattr(command, "def").column_def.colname
    return key == "AT_AddColumn" and tree.identifier(new) in table.columns


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
