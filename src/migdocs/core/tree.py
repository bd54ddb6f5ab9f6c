"""Read names, types and expressions out of PostgreSQL's parse trees, as people write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core import parser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from migdocs.core.parser import Node

PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")
# The system catalog's names of types → the names that people write.
TYPE_NAMES = {
    "bool": "boolean",
    "bpchar": "char",
    "char": '"char"',  # the word itself reads as bpchar; this is the system's one-byte type
    "float4": "real",
    "float8": "double precision",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "decimal": "numeric",
}
# INTERVAL's fields are a bit mask in the first modifier (utils/timestamp.h); the common ones.
INTERVAL_FIELDS = {
    4: "year",
    2: "month",
    8: "day",
    1024: "hour",
    2048: "minute",
    4096: "second",
    6: "year to month",
    1032: "day to hour",
    3080: "day to minute",
    7176: "day to second",
    3072: "hour to minute",
    7168: "hour to second",
    6144: "minute to second",
}
CURRENT = {
    1: "CURRENT_DATE",
    2: "CURRENT_TIME",
    4: "CURRENT_TIMESTAMP",
    6: "LOCALTIME",
    8: "LOCALTIMESTAMP",
    10: "CURRENT_ROLE",
    11: "CURRENT_USER",
    12: "USER",
    13: "SESSION_USER",
    14: "CURRENT_CATALOG",
    15: "CURRENT_SCHEMA",
}


def identifier(name: str) -> str:
    """Give a name as SQL needs it: quoted where it is not plain lower case."""
    return name if PLAIN.match(name) else '"' + name.replace('"', '""') + '"'


def qualified(parts: Iterable[str]) -> str:
    """Join a name's parts with dots; ``public`` in front is left out, as everywhere in migdocs."""
    names = [identifier(part) for part in parts if part]
    if len(names) > 1 and names[0] in {"public", "pg_catalog"}:
        names = names[1:]
    return ".".join(names)


def relation(node: Node) -> str:
    """Give the name of a RangeVar: a table, a view, an index, a sequence."""
    return qualified((node.schemaname, node.relname))


def strings(nodes: Iterable[Node]) -> list[str]:
    """Give the texts of a list of String nodes."""
    return [node.string.sval for node in nodes]


def dotted(nodes: Iterable[Node]) -> str:
    """Give the qualified name that a list of String nodes spells."""
    return qualified(strings(nodes))


def columns(nodes: Iterable[Node]) -> tuple[str, ...]:
    """Give the column names of a list of String nodes."""
    return tuple(identifier(name) for name in strings(nodes))


def type_name(node: Node) -> str:
    """Give a TypeName as people write it: ``varchar(20)``, ``timestamptz``, ``integer[]``."""
    names = strings(node.names)
    if len(names) == 2 and names[0] == "pg_catalog":  # noqa: PLR2004 - schema and type
        names = names[1:]
    name = TYPE_NAMES.get(names[0], names[0]) if len(names) == 1 else qualified(names)
    if node.typmods:
        name += _modifiers(name, node.typmods)
    elif node.names and name == "char" and node.names[-1].string.sval == "bpchar":
        name = "bpchar"
    return (
        ("setof " if node.setof else "")
        + name
        + ("%TYPE" if node.pct_type else "")
        + "[]" * len(node.array_bounds)
    )


def _modifiers(name: str, nodes: Iterable[Node]) -> str:
    """Give a type's modifiers: ``(10,2)``, and an interval's fields in words."""
    values = [expression(node) for node in nodes]
    if name != "interval":
        return f"({','.join(values)})"
    fields = INTERVAL_FIELDS.get(int(values[0]), "")
    precision = f"({values[1]})" if len(values) > 1 else ""
    return f" {fields}{precision}".rstrip() if fields else precision


def expression(node: Node) -> str:
    """Give an expression as SQL; the common forms without a way through the parser's library."""
    kind = node.WhichOneof("node")
    simple = SIMPLE.get(kind)
    text = simple(getattr(node, kind)) if simple else None
    return text if text is not None else parser.deparse_expression(node)


def _constant(node: Node) -> str | None:
    """Give a literal, None where it is of a rare form."""
    if node.isnull:
        return "NULL"
    kind = node.WhichOneof("val")
    if kind == "ival":
        return str(node.ival.ival)
    if kind == "sval" and "\\" not in node.sval.sval:
        return "'" + node.sval.sval.replace("'", "''") + "'"
    if kind == "boolval":
        return "true" if node.boolval.boolval else "false"
    return str(node.fval.fval) if kind == "fval" else None


def _call(node: Node) -> str | None:
    """Give a call of a function without arguments."""
    plain = not (node.args or node.agg_star or node.func_variadic or node.agg_order)
    if plain and not node.HasField("over") and not node.HasField("agg_filter"):
        return dotted(node.funcname) + "()"
    return None


def _cast(node: Node) -> str | None:
    """Give the cast of a literal: ``'{}'::jsonb``."""
    if node.arg.WhichOneof("node") != "a_const":
        return None
    value = _constant(node.arg.a_const)
    return f"{value}::{type_name(node.type_name)}" if value is not None else None


def _column(node: Node) -> str | None:
    """Give a plain column's name."""
    if len(node.fields) == 1 and node.fields[0].WhichOneof("node") == "string":
        return identifier(node.fields[0].string.sval)
    return None


SIMPLE: dict[str, Callable[[Node], str | None]] = {
    "a_const": _constant,
    "func_call": _call,
    "type_cast": _cast,
    "column_ref": _column,
    "sqlvalue_function": lambda node: CURRENT.get(node.op),
}


def signature(node: Node) -> str:
    """Give the name of a routine with its argument types: ``f(integer, text)`` (ObjectWithArgs)."""
    name = dotted(node.objname)
    if node.args_unspecified:
        return name
    return f"{name}({', '.join(type_name(argument.type_name) for argument in node.objargs)})"


def object_name(node: Node) -> str:
    """Give the name of any object, in each of the forms that the grammar has for one."""
    kind = node.WhichOneof("node")
    if kind == "list":
        return qualified(_part(item) for item in node.list.items)
    if kind == "string":
        return identifier(node.string.sval)
    if kind == "type_name":
        return type_name(node.type_name)
    if kind == "object_with_args":
        return signature(node.object_with_args)
    return relation(node.range_var) if kind == "range_var" else ""


def _part(node: Node) -> str:
    """Give one part of a name that is a list: a text, or a type's name."""
    return node.string.sval if node.WhichOneof("node") == "string" else type_name(node.type_name)


def role(node: Node) -> str:
    """Give the name of a RoleSpec."""
    return str(node.rolename) or ROLES.get(node.roletype, "")


ROLES = {2: "CURRENT_ROLE", 3: "CURRENT_USER", 4: "SESSION_USER", 5: "PUBLIC"}
