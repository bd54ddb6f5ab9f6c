"""Read the statements inside DO blocks, and inside routines that a script makes and calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.core.sql import parser, plpgsql, tree
from migdocs.core.sql.script import split

if TYPE_CHECKING:
    from migdocs.core.sql.parser import Node, Parsed
    from migdocs.core.sql.plpgsql import Inner


def body_of(node: Node) -> tuple[str, str]:
    """Give a routine's or DO block's body and its language, both empty where it has none."""
    options = node.args if hasattr(node, "args") else node.options
    body, language = "", "plpgsql" if hasattr(node, "args") else ""
    for item in options:
        option = item.def_elem
        if option.defname == "as":
            body = _text(option.arg)
        elif option.defname == "language":
            language = _text(option.arg).lower()
    return body, language


def _text(node: Node) -> str:
    """Give the text of a DefElem's argument, which for AS may be a list of one."""
    if node.WhichOneof("node") == "list":
        return tree.strings(node.list.items)[0]
    return str(node.string.sval)


def statements_in(parsed: Parsed) -> tuple[Inner, ...] | None:
    """Give the statements of a body; None where its language or its text cannot be read.

    Lines are those of the file.
    """
    body, language = body_of(parsed.node)
    statement = parsed.statement
    start = max(statement.text.find(body), 0) if body else 0
    line, _ = statement.place(start)
    if language == "plpgsql":
        found = plpgsql.body(statement.text)
        return found and tuple(replace(inner, line=line + inner.line - 1) for inner in found)
    if language == "sql" and not parsed.node.HasField("sql_body"):
        return tuple(
            plpgsql.Inner(inner.text, inner.line, conditional=False, dynamic=False)
            for inner in split(body, line)
            if inner.kind == "sql"
        )
    return None


def constant(expression: str) -> str:
    """Give the text of an expression that is a plain literal, else nothing.

    ``EXECUTE 'DROP TABLE a'`` is built at run time, and can be read all the same.
    """
    (statement,) = split(f"SELECT {expression}")[:1]
    parsed = parser.parse(statement)
    if parsed.kind != "select_stmt" or len(parsed.node.target_list) != 1:
        return ""
    value = parsed.node.target_list[0].res_target.val
    return str(value.a_const.sval.sval) if value.WhichOneof("node") == "a_const" else ""
