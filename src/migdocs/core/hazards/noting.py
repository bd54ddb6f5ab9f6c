"""Note what an action did, once it has been judged: what is new, gone, set, or in a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.parser import Node


def _table_made(action: Action) -> None:
    """Note a new table; one that may be there already is not new."""
    if not action.node.if_not_exists or action.schema.relation(action.table) is None:
        action.scene.new.add(action.table)


def _renamed(action: Action) -> None:
    """Note that a new object has another name."""
    node, new = action.node, action.scene.new
    if not node.HasField("relation"):
        return
    relation = tree.relation(node.relation)
    if relation in new:
        new.add(tree.qualified((node.relation.schemaname, node.newname)))
    if f"{relation}.{tree.identifier(node.subname)}" in new:
        new.add(f"{relation}.{tree.identifier(node.newname)}")


def _column_made(action: Action) -> None:
    """Note a new column."""
    action.scene.new.add(action.full_name)


def _column_may_be_there(action: Action) -> None:
    """Take the note of a new column back: one that may be there already is not new."""
    action.scene.new.discard(action.full_name)


def _dropped(action: Action) -> None:
    """Forget what is gone."""
    names = {tree.object_name(item) for item in action.node.objects}
    action.scene.dropped |= names - action.scene.new
    action.scene.new -= names


def _index_dropped(action: Action) -> None:
    """Remember the indexes that are gone, where they are known."""
    names = (tree.object_name(item) for item in action.node.objects)
    indexes = (action.schema.index(name) for name in names)
    action.scene.dropped_indexes += [index for index in indexes if index]


def _constraint_dropped(action: Action) -> None:
    """Remember a constraint that is gone, where it is known."""
    constraint = action.schema.constraint(action.table, action.name)
    if constraint:
        action.scene.dropped_constraints.setdefault(action.table, []).append(constraint)


def _set(action: Action) -> None:
    """Note what a setting of the session now is; a list is its first value."""
    node = action.node
    values = tree.settings(node)
    action.scene.settings[node.name.lower()] = values[0].strip("'") if values else ""


def _transaction(action: Action) -> None:
    """Note where a transaction of the script's own begins and ends."""
    scene = action.scene
    kind = enum_names("TransactionStmtKind")[action.node.kind].removeprefix("TRANS_STMT_")
    if kind in {"BEGIN", "START"}:
        scene.begun = True
    elif kind == "ROLLBACK_TO":
        scene.unsure = True  # what is undone was noted as done
    elif kind in {"COMMIT", "ROLLBACK", "PREPARE"}:
        scene.begun = False
        scene.end_transaction()


def _makes(name: Callable[[Node], str]) -> Callable[[Action], None]:
    """Make what notes a new object by its name; one that may replace another is not new."""

    def note(action: Action) -> None:
        """Note it."""
        if not getattr(action.node, "replace", False):
            action.scene.new.add(name(action.node))

    return note


# Action → what is noted of it after it was judged.
NOTES: dict[str, Callable[[Action], None]] = {
    "create_stmt": _table_made,
    "create_foreign_table_stmt": _makes(lambda node: tree.relation(node.base_stmt.relation)),
    "create_table_as_stmt": _makes(lambda node: tree.relation(node.into.rel)),
    "view_stmt": _makes(lambda node: tree.relation(node.view)),
    "create_seq_stmt": _makes(lambda node: tree.relation(node.sequence)),
    "create_enum_stmt": _makes(lambda node: tree.dotted(node.type_name)),
    "composite_type_stmt": _makes(lambda node: tree.relation(node.typevar)),
    "create_domain_stmt": _makes(lambda node: tree.dotted(node.domainname)),
    "create_range_stmt": _makes(lambda node: tree.dotted(node.type_name)),
    "create_function_stmt": _makes(lambda node: tree.dotted(node.funcname)),
    "create_schema_stmt": _makes(lambda node: tree.identifier(node.schemaname)),
    "index_stmt": lambda action: action.scene.new.add(action.new_index.name),
    "rename_stmt": _renamed,
    "drop_stmt": _dropped,
    "drop_stmt.OBJECT_INDEX": _index_dropped,
    "AT_AddColumn": _column_made,
    "AT_AddColumn.IF_NOT_EXISTS": _column_may_be_there,
    "AT_DropConstraint": _constraint_dropped,
    "variable_set_stmt": _set,
    "transaction_stmt": _transaction,
}
