"""Tell the type of a query's columns, as far as columns, casts and plain operators say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards.casts import NUMBERS, STRINGS, plain
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from migdocs.core.hazards.schema import Schema
    from migdocs.core.sql.parser import Node

    Types = Mapping[str, str]

# Functions that give one type, whatever they are given.
RETURNS = {
    **dict.fromkeys(("count", "row_number", "rank", "dense_rank", "lag_count"), "bigint"),
    **dict.fromkeys(("now", "clock_timestamp", "statement_timestamp"), "timestamptz"),
    **dict.fromkeys(
        ("lower", "upper", "btrim", "ltrim", "rtrim", "replace", "concat", "concat_ws", "md5"),
        "text",
    ),
    **dict.fromkeys(("to_char", "format", "substring", "substr", "left", "right"), "text"),
    **dict.fromkeys(("length", "char_length", "octet_length", "strpos"), "integer"),
    **dict.fromkeys(("bool_and", "bool_or", "every", "starts_with"), "boolean"),
    "gen_random_uuid": "uuid",
    "avg": "",
}
SUMS = {"smallint": "bigint", "integer": "bigint", "bigint": "numeric", "numeric": "numeric"}
COMPARES = frozenset(("=", "<>", "<", ">", "<=", ">=", "~~", "!~~", "~", "~*", "!~", "@>", "<@"))
RANKS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")


def view_columns(schema: Schema, query: Node) -> tuple[tuple[str, str], ...] | None:
    """Give a query's columns, each with its type, empty where that is not known.

    None where not even the names are known.
    """
    select = query
    while select.HasField("larg"):
        select = select.larg
    types = source_types(schema, select.from_clause)
    found: list[tuple[str, str]] = []
    for item in select.target_list:
        target = item.res_target
        if target.val.WhichOneof("node") == "column_ref" and _is_star(target.val.column_ref):
            return None
        found.append((_name(target), type_of(target.val, types) if types is not None else ""))
    return tuple(found) if all(name for name, _ in found) else None


def _is_star(node: Node) -> bool:
    """Tell whether a reference is to every column."""
    return bool(node.fields[-1].WhichOneof("node") == "a_star")


def _name(target: Node) -> str:
    """Give the name of a column of a query (FigureColname of the server), empty if it is rare."""
    if target.name:
        return tree.identifier(target.name)
    node, kind = target.val, target.val.WhichOneof("node")
    while kind == "type_cast":
        node = node.type_cast.arg
        kind = node.WhichOneof("node")
    if kind == "column_ref":
        return tree.identifier(node.column_ref.fields[-1].string.sval)
    return tree.identifier(tree.strings(node.func_call.funcname)[-1]) if kind == "func_call" else ""


def source_types(schema: Schema, nodes: Sequence[Node]) -> Types | None:
    """Give the types of the columns that a FROM offers; None where a source is not known.

    A name that two sources have, or that an outer join may make null, keeps its type.
    """
    found: dict[str, str] = {}
    for node in nodes:
        kind = node.WhichOneof("node")
        if kind == "join_expr":
            inner = source_types(schema, (node.join_expr.larg, node.join_expr.rarg))
            if inner is None:
                return None
            found |= inner
        elif kind == "range_var":
            name = tree.relation(node.range_var)
            relation = schema.sure(name)
            if relation is None:
                return None
            alias = tree.identifier(node.range_var.alias.aliasname) or name
            for column in relation.columns.values():
                found[column.name] = found[f"{alias}.{column.name}"] = column.type
        else:
            return None
    return found


def type_of(node: Node, types: Types) -> str:
    """Give the type of an expression, with its modifiers; empty where it is not known."""
    kind = node.WhichOneof("node")
    read = READERS.get(kind)
    return read(getattr(node, kind), types) if read else ""


def _column(node: Node, types: Types) -> str:
    """Give a column's type."""
    if _is_star(node):
        return ""
    return types.get(".".join(tree.identifier(part.string.sval) for part in node.fields), "")


def _constant(node: Node, _: Types) -> str:
    """Give a literal's type; a text without one becomes text."""
    kinds = {"ival": "integer", "fval": "numeric", "boolval": "boolean", "sval": "text"}
    return "" if node.isnull else kinds.get(node.WhichOneof("val"), "")


def _call(node: Node, types: Types) -> str:
    """Give the type of a call of one of the server's own functions."""
    name = tree.strings(node.funcname)[-1]
    if name in {"min", "max"} and node.args:
        return plain(type_of(node.args[0], types))
    if name == "sum" and node.args:
        return SUMS.get(plain(type_of(node.args[0], types)), "")
    return RETURNS.get(name, "")


def _operator(node: Node, types: Types) -> str:
    """Give the type of two operands' result."""
    if enum_names("A_Expr_Kind")[node.kind] != "AEXPR_OP":
        return ""
    name = tree.strings(node.name)[-1]
    if name in COMPARES:
        return "boolean"
    left, right = plain(type_of(node.lexpr, types)), plain(type_of(node.rexpr, types))
    if name == "||":
        return "text" if {left, right} <= STRINGS else ""
    if name in {"+", "-", "*", "/", "%"} and {left, right} <= NUMBERS:
        return max(left, right, key=RANKS.index)
    return ""


def _unified(nodes: Sequence[Node], types: Types) -> str:
    """Give the type that several alternatives share; their modifiers count only if all agree."""
    given = [node for node in nodes if not node.a_const.isnull]
    found = {type_of(node, types) for node in given}
    if len(found) == 1:
        return found.pop()
    bases = {plain(each) for each in found}
    if "" in bases:
        return ""
    if len(bases) == 1:
        return bases.pop()
    return max(bases, key=RANKS.index) if bases <= NUMBERS else ""


def _case(node: Node, types: Types) -> str:
    """Give the type of a CASE."""
    results = [item.case_when.result for item in node.args]
    if node.HasField("defresult"):
        results.append(node.defresult)
    return _unified(results, types)


READERS: dict[str, Callable[[Node, Types], str]] = {
    "column_ref": _column,
    "a_const": _constant,
    "type_cast": lambda node, _: tree.type_name(node.type_name),
    "func_call": _call,
    "a_expr": _operator,
    "case_expr": _case,
    "coalesce_expr": lambda node, types: _unified(node.args, types),
    "bool_expr": lambda *_: "boolean",
    "null_test": lambda *_: "boolean",
}
