"""Tell what uses a column: views that read it, columns computed from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core import tree
from migdocs.core.hazards.schema import statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.schema import Schema
    from migdocs.core.parser import Node


def dependents(schema: Schema, table: str, column: str) -> Iterator[str]:
    """Name the known views and generated columns that use a column: ``the view 'v'``."""
    for name in schema.views_over(table):
        view = schema.view(name)
        if view is not None and reads(view, table, column):
            yield f"the view '{name}'"
    relation = schema.relation(table)
    for other in relation.columns.values() if relation else ():
        if other.generated is not None and column in names_in(other.generated):
            yield f"the generated column '{other.name}'"


def names_in(expression: str) -> tuple[str, ...]:
    """Give the columns that an expression's text names."""
    query = statement(f"SELECT {expression}").node
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
    references = (node.fields for node in messages if node.DESCRIPTOR.name == "ColumnRef")
    return any(_means(list(fields), aliases, table, column) for fields in references)


def _means(fields: list[Node], aliases: dict[str, str], table: str, column: str) -> bool:
    """Tell whether a reference may mean the column; ``*`` means every one."""
    *prefix, last = fields
    if prefix and aliases.get(tree.identifier(prefix[-1].string.sval), table) != table:
        return False
    return last.WhichOneof("node") == "a_star" or tree.identifier(last.string.sval) == column
