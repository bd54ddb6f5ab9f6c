"""Read CREATE INDEX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.sql import chosen_names, tree
from migdocs.core.sql.definitions import Index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.changes.place import Place
    from migdocs.core.model import Change
    from migdocs.core.sql.parser import Node

ORDERING = {2: " ASC", 3: " DESC"}  # SortByDir
NULLS = {2: " NULLS FIRST", 3: " NULLS LAST"}  # SortByNulls


def create_index(node: Node, place: Place) -> Iterator[Change]:
    """Read an IndexStmt."""
    index = read_index(node)
    yield place.change(
        "create",
        "index",
        index.name,
        index.describe(),
        table=index.table,
        definition=index,
        needs=(index.table,),
        guarded=node.if_not_exists,
    )


def read_index(node: Node) -> Index:
    """Give an IndexStmt's definition; an index without a name has the server's."""
    table = tree.relation(node.relation)
    elements = [item.index_elem for item in node.index_params]
    name = node.idxname or chosen_names.of_object(table, _distinct(elements), "idx")
    schema = table.rpartition(".")[0]
    return Index(
        f"{schema}.{tree.identifier(name)}" if schema else tree.identifier(name),
        table,
        keys=tuple(map(key, elements)),
        columns=tuple(tree.identifier(element.name) for element in elements if element.name),
        unique=node.unique,
        method=node.access_method or "btree",
        include=tuple(tree.identifier(i.index_elem.name) for i in node.index_including_params),
        nulls_not_distinct=node.nulls_not_distinct,
        where=tree.expression(node.where_clause) if node.HasField("where_clause") else None,
        options=f"WITH ({tree.options(node.options)})" if node.options else "",
        only=not node.relation.inh,
    )


def key(node: Node) -> str:
    """Give one key of an index (IndexElem) as SQL: ``lower(email) DESC``."""
    text = tree.identifier(node.name) if node.name else _expression(node.expr)
    if node.collation:
        text += f" COLLATE {tree.dotted(node.collation)}"
    if node.opclass:
        text += f" {tree.dotted(node.opclass)}"
    if node.opclassopts:
        text += f"({tree.options(node.opclassopts)})"
    return text + ORDERING.get(node.ordering, "") + NULLS.get(node.nulls_ordering, "")


def _expression(node: Node) -> str:
    """Give a key that is an expression; only a call stands without parentheses."""
    text = tree.expression(node)
    return text if node.WhichOneof("node") == "func_call" else f"({text})"


def column_name(node: Node) -> str:
    """Give what stands for a key (IndexElem) in a name: its column, its function, ``expr``."""
    if node.name:
        return str(node.name)
    if node.expr.WhichOneof("node") == "func_call":
        return tree.strings(node.expr.func_call.funcname)[-1]
    return "expr"


def _distinct(elements: list[Node]) -> list[str]:
    """Give the keys' names; one met before is numbered, as the server does."""
    names: list[str] = []
    for element in elements:
        base = name = column_name(element)
        number = 0
        while name in names:
            number += 1
            name = f"{base}{number}"
        names.append(name)
    return names
