"""Tell what depends on a column: views that read it, columns computed from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core import parser, tree
from migdocs.core.script import split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Scene
    from migdocs.core.parser import Node


def dependents(scene: Scene, table: str, column: str) -> Iterator[str]:
    """Name the known views and generated columns that use a column: ``the view 'v'``."""
    for name, query in _views(scene):
        if reads(query, table, column):
            yield f"the view '{name}'"
    known = scene.table(table)
    for other in known.columns.values() if known else ():
        if other.generated is not None and column in names_in(other.generated):
            yield f"the generated column '{other.name}'"


def views_over(scene: Scene, table: str) -> Iterator[str]:
    """Name the known views that read a table."""
    for name, query in _views(scene):
        if name != table and table in tree.relations_in(query):
            yield name


def _views(scene: Scene) -> Iterator[tuple[str, Node]]:
    """Give the known views that can be read, each with the tree of its statement."""
    for name, source in scene.known.views().items():
        query = parser.parse(split(source)[0]).node
        if query is not None:
            yield name, query


def names_in(expression: str) -> tuple[str, ...]:
    """Give the columns that an expression's text names."""
    query = parser.parse(split(f"SELECT {expression}")[0]).node
    return tree.column_references(query) if query is not None else ()


def reads(query: Node, table: str, column: str) -> bool:
    """Tell whether a query reads a column of a table.

    A name without a table is taken for this table's: PostgreSQL refuses it where it is two's.
    """
    messages = list(tree.messages_in(query))
    aliases = {
        tree.identifier(node.alias.aliasname or node.relname): tree.relation(node)
        for node in messages
        if node.DESCRIPTOR.name == "RangeVar"
    }
    if table not in aliases.values():
        return False
    references = (node.fields for node in messages if node.DESCRIPTOR.name == "ColumnRef")
    return any(_means(list(fields), aliases, table, column) for fields in references)


def _means(fields: list[Node], aliases: dict[str, str], table: str, column: str) -> bool:
    """Tell whether a reference may mean the column; ``*`` means every one."""
    *prefix, last = fields
    if prefix and aliases.get(tree.identifier(prefix[-1].string.sval), table) != table:
        return False
    return last.WhichOneof("node") == "a_star" or tree.identifier(last.string.sval) == column
