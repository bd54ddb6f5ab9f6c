"""Tell what uses a column: views that read it, columns computed from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards.schema import statement
from migdocs.core.sql import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.schema import Schema
    from migdocs.core.sql.parser import Node


def dependents(schema: Schema, table: str, column: str) -> Iterator[str]:
    """Name the known views and generated columns that use a column: ``the view 'v'``."""
    for name in readers(schema, table, column):
        yield f"the view '{name}'"
    relation = schema.glimpse(table)
    for other in relation.columns.values() if relation else ():
        if other.generated is not None and column in names_in(other.generated):
            yield f"the generated column '{other.name}'"


def readers(schema: Schema, table: str, column: str) -> Iterator[str]:
    """Name the known views that read a column."""
    for name in schema.views_over(table):
        view = schema.view(name)
        if view is not None and reads(view, table, column):
            yield name


def key_partners(schema: Schema, table: str, column: str) -> Iterator[str]:
    """Name the tables at the other ends of a column's foreign keys, as far as they are known."""
    relation = schema.relation(table)
    for key in relation.constraints.values() if relation else ():
        if key.type == "foreign key" and column in key.columns:
            yield key.references
    for other, _, key in schema.references_to(table):
        if column in (key.referenced or (relation.primary_key() if relation else ())):
            yield other


def names_in(expression: str) -> tuple[str, ...]:
    """Give the columns that an expression's text names."""
    query = statement(f"SELECT {expression}").node
    return tree.column_references(query) if query is not None else ()


def reads(query: Node, table: str, column: str) -> bool:
    """Tell whether a query reads a column of a table.

    A name without a table is taken for this table's: PostgreSQL refuses it where it is two's.
    """
    messages = list(tree.messages_in(query, tree.CONSTANTS - {"string", "a_star"}))
    aliases = dict(_alias(node) for node in messages if node.DESCRIPTOR.name == "RangeVar")
    references = (node.fields for node in messages if node.DESCRIPTOR.name == "ColumnRef")
    if any(_means(list(fields), aliases, table, column) for fields in references):
        return True
    selects = (node for node in messages if node.DESCRIPTOR.name == "SelectStmt")
    return any(_takes_all(select, table) for select in selects)


def _alias(node: Node) -> tuple[str, str]:
    """Give the name by which a query knows a table (RangeVar), and the table's own."""
    return tree.identifier(node.alias.aliasname or node.relname), tree.relation(node)


def _means(fields: list[Node], aliases: dict[str, str], table: str, column: str) -> bool:
    """Tell whether a reference by name may mean the column."""
    *prefix, last = fields
    if last.WhichOneof("node") == "a_star" or tree.identifier(last.string.sval) != column:
        return False
    return not prefix or aliases.get(tree.identifier(prefix[-1].string.sval), table) == table


def _takes_all(select: Node, table: str) -> bool:
    """Tell whether a SELECT takes every column of a table with ``*`` or ``alias.*``."""
    sources = dict(_alias(node) for item in select.from_clause for node in _direct(item))
    for item in select.target_list:
        fields = item.res_target.val.column_ref.fields
        if not fields or fields[-1].WhichOneof("node") != "a_star":
            continue
        named = (sources.get(tree.identifier(part.string.sval)) for part in fields[:-1])
        if table in (sources.values() if len(fields) == 1 else named):
            return True
    return False


def _direct(item: Node) -> Iterator[Node]:
    """Give the tables that stand in a FROM themselves, not in a query within it."""
    kind = item.WhichOneof("node")
    if kind == "range_var":
        yield item.range_var
    elif kind == "join_expr":
        yield from _direct(item.join_expr.larg)
        yield from _direct(item.join_expr.rarg)
