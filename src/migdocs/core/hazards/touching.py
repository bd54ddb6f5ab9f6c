"""What a statement may change of what rules ask: names, families of objects, or everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.sql import tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from migdocs.core.sql.parser import Node

ROUTINES = {"function", "procedure"}
# Statements that change rows or settings, and nothing that a catalog keeps.
WITHOUT_EFFECT = {
    "",
    "comment_stmt",
    "copy_stmt",
    "delete_stmt",
    "grant_stmt",
    "insert_stmt",
    "merge_stmt",
    "transaction_stmt",
    "truncate_stmt",
    "update_stmt",
    "vacuum_stmt",
    "variable_set_stmt",
}
# Families of objects that are asked for as a whole.
TYPES, ALL_VIEWS, ALL_ROUTINES, EVERYTHING = "/types", "/views", "/routines", "/everything"
DROPPED_FAMILIES = {"view": ALL_VIEWS, "type": TYPES, "domain": TYPES}
CASCADE = 2  # DropBehavior


def _dropped(node: Node) -> Iterable[str]:
    """Give the names and families that a DropStmt touches."""
    if node.behavior == CASCADE:
        return (EVERYTHING,)
    kind = tree.object_kind(node.remove_type)
    names = [tree.object_name(item) for item in node.objects]
    if kind in ROUTINES:
        return [routine_key(name.partition("(")[0]) for name in names]
    return (*names, DROPPED_FAMILIES.get(kind, ""))


def routine_key(name: str) -> str:
    """Give the word that stands for all routines of a name, whatever their arguments."""
    return f"{name}()"


# Kind of statement → names and families that it touches. Any other may touch everything.
TOUCHED: dict[str, Callable[[Node], Iterable[str]]] = {
    "alter_domain_stmt": lambda _: (TYPES,),
    "alter_enum_stmt": lambda _: (TYPES,),
    "alter_table_stmt": lambda node: (tree.relation(node.relation),),
    "composite_type_stmt": lambda _: (TYPES,),
    "create_domain_stmt": lambda _: (TYPES,),
    "create_enum_stmt": lambda _: (TYPES,),
    "create_function_stmt": lambda node: (routine_key(tree.dotted(node.funcname)), ALL_ROUTINES),
    "create_stmt": lambda node: (tree.relation(node.relation),),
    "create_trig_stmt": lambda _: (),
    "drop_stmt": _dropped,
    "index_stmt": lambda node: (tree.relation(node.relation), tree.identifier(node.idxname)),
    "view_stmt": lambda node: (tree.relation(node.view), ALL_VIEWS),
}
