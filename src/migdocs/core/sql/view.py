"""The columns of a view, as far as its own text says them."""

from __future__ import annotations

from migdocs.core.sql import tree
from migdocs.core.sql.parser import parse_all
from migdocs.core.sql.script import split


def columns(sql: str) -> tuple[str, ...]:
    """Give the names of a view's columns; of ``SELECT *`` only those that are named.

    Args:
        sql: the statement that makes the view. Where it cannot be read, nothing comes back.
    """
    for parsed in parse_all(split(sql)):
        if parsed.kind == "view_stmt":
            named = tuple(map(tree.identifier, tree.strings(parsed.node.aliases)))
            return named or tree.output_columns(parsed.node.query.select_stmt)
        if parsed.kind == "create_table_as_stmt":
            named = tuple(map(tree.identifier, tree.strings(parsed.node.into.col_names)))
            return named or tree.output_columns(parsed.node.query.select_stmt)
    return ()
