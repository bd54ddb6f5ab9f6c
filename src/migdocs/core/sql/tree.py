"""Read names, types and expressions out of PostgreSQL's parse trees, as people write them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from migdocs.core.sql import parser
from migdocs.core.sql.words import CURRENT, INTERVAL_FIELDS, RESERVED, TYPE_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from migdocs.core.sql.parser import Node

# Schemas that need not be said: everybody's own, and the server's.
LEFT_OUT = frozenset({"public", "pg_catalog"})
PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")


@lru_cache(maxsize=10_000)
def identifier(name: str) -> str:
    """Give a name as SQL needs it: quoted where it is not plain lower case, or a reserved word."""
    if PLAIN.match(name) and name not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def qualified(parts: Iterable[str]) -> str:
    """Join a name's parts with dots; ``public`` in front is left out, as everywhere in migdocs."""
    names = [identifier(part) for part in parts if part]
    if len(names) > 1 and names[0] in LEFT_OUT:
        names = names[1:]
    return ".".join(names)


def relation(node: Node) -> str:
    """Give the name of a RangeVar: a table, a view, an index, a sequence."""
    if not node.schemaname:
        return identifier(node.relname)
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
    name = _base_type(node.names)
    if node.typmods:
        name += _modifiers(name, node.typmods)
    if node.setof or node.pct_type:
        name = ("setof " if node.setof else "") + name + ("%TYPE" if node.pct_type else "")
    return name + "[]" * len(node.array_bounds) if node.array_bounds else name


def _base_type(nodes: Sequence[Node]) -> str:
    """Give a type's name without its modifiers."""
    last = nodes[-1].string.sval if nodes else ""
    if len(nodes) == 1:
        # Without a length bpchar is as long as its value, which char is not.
        return TYPE_NAMES.get(last) or identifier(last) if last != "bpchar" else "bpchar"
    if len(nodes) == 2 and nodes[0].string.sval == "pg_catalog":  # noqa: PLR2004 - schema and name
        return TYPE_NAMES.get(last) or identifier(last)
    return dotted(nodes)


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


def settings(node: Node) -> list[str]:
    """Give the values that a VariableSetStmt sets; modes, as SET TRANSACTION's, by their names."""
    return [
        item.def_elem.defname if item.HasField("def_elem") else expression(item)
        for item in node.args
    ]


def quoted(text: str) -> str:
    """Give a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _constant(node: Node) -> str | None:
    """Give a literal, None where it is of a rare form."""
    if node.isnull:
        return "NULL"
    kind = node.WhichOneof("val")
    if kind == "ival":
        return str(node.ival.ival)
    if kind == "sval" and "\\" not in node.sval.sval:
        return quoted(node.sval.sval)
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


def options(nodes: Iterable[Node]) -> str:
    """Give a list of options (DefElem) as a reader wants it: ``fillfactor = 70, oids``."""
    return ", ".join(_option(node.def_elem) for node in nodes)


def _option(node: Node) -> str:
    """Give one option; a value of a rare form is left out."""
    kind = node.arg.WhichOneof("node") if node.HasField("arg") else None
    read: dict[str, Callable[[], str]] = {
        "string": lambda: node.arg.string.sval,
        "integer": lambda: str(node.arg.integer.ival),
        "float": lambda: node.arg.float.fval,
        "boolean": lambda: "true" if node.arg.boolean.boolval else "false",
        "type_name": lambda: type_name(node.arg.type_name),
        "list": lambda: qualified(_part(item) for item in node.arg.list.items),
    }
    value = read.get(kind or "")
    return f"{node.defname} = {value()}" if value else str(node.defname)


# Nodes that hold neither tables nor columns; a column holds no table.
CONSTANTS = frozenset({"a_const", "param_ref", "string", "integer", "a_star", "type_name", None})
COLUMNS = CONSTANTS | {"column_ref"}


def messages_in(node: Node, leaves: frozenset[str | None] = frozenset({None})) -> Iterator[Node]:
    """Give every message of a tree but its leaves, in no order that means anything."""
    stack = [node]
    while stack:
        message = stack.pop()
        if message.DESCRIPTOR.name == "Node":
            kind = message.WhichOneof("node")
            if kind in leaves:
                continue
            message = getattr(message, kind)
        yield message
        for field, value in message.ListFields():
            form = FIELDS.get(field)
            if form is None:
                form = FIELDS[field] = _form(field)
            if form == MANY:
                stack.extend(value)
            elif form:
                stack.append(value)


# Field of a message → whether it holds a message, or many: descriptors are slow to ask.
FIELDS: dict[Any, int] = {}
ONE, MANY = 1, 2


def _form(field: Any) -> int:  # noqa: ANN401 - a descriptor
    """Tell whether a field holds a message or many; 0 for a value."""
    if field.message_type is None:
        return 0
    return MANY if field.is_repeated else ONE


def relations_in(node: Node) -> tuple[str, ...]:
    """Give the tables and views that a query reads, sorted; its own WITH queries are left out."""
    found, own = set(), set()
    for message in messages_in(node, COLUMNS):
        kind = message.DESCRIPTOR.name
        if kind == "RangeVar":
            found.add(relation(message))
        elif kind == "CommonTableExpr":
            own.add(identifier(message.ctename))
    return tuple(sorted(found - own))


def column_references(node: Node) -> tuple[str, ...]:
    """Give the columns that an expression names, each once, in the order of their names."""
    found = {
        identifier(message.fields[-1].string.sval)
        for message in messages_in(node, CONSTANTS)
        if message.DESCRIPTOR.name == "ColumnRef"
    }
    return tuple(sorted(found))


def output_columns(node: Node) -> tuple[str, ...]:
    """Give the names of a query's (SelectStmt) columns, as far as its text says them."""
    while node.HasField("larg"):
        node = node.larg
    names = (_output_name(item.res_target) for item in node.target_list)
    return tuple(identifier(name) for name in names if name)


def copied_table(node: Node) -> str:
    """Give the table of which a SelectStmt takes all columns, empty if it is not that simple."""
    if len(node.target_list) != 1 or len(node.from_clause) != 1:
        return ""
    target, source = node.target_list[0].res_target.val, node.from_clause[0]
    star = target.WhichOneof("node") == "column_ref" and (
        target.column_ref.fields[-1].WhichOneof("node") == "a_star"
    )
    plain = star and source.WhichOneof("node") == "range_var"
    return relation(source.range_var) if plain else ""


def _output_name(node: Node) -> str:
    """Give the name of one column of a query: its alias, else the column's or function's own."""
    if node.name:
        return str(node.name)
    kind = node.val.WhichOneof("node")
    if kind == "column_ref" and node.val.column_ref.fields[-1].WhichOneof("node") == "string":
        return str(node.val.column_ref.fields[-1].string.sval)
    return strings(node.val.func_call.funcname)[-1] if kind == "func_call" else ""


# Where an object's kind is written otherwise than the grammar's word for it.
OBJECT_KINDS = {
    "matview": "materialized view",
    "tabconstraint": "constraint",
    "domconstraint": "domain constraint",
    "statistic ext": "statistics",
    "fdw": "foreign data wrapper",
    "opclass": "operator class",
    "opfamily": "operator family",
    "tsconfiguration": "text search configuration",
    "tsdictionary": "text search dictionary",
    "tsparser": "text search parser",
    "tstemplate": "text search template",
    "largeobject": "large object",
}


def object_kind(number: int) -> str:
    """Give the kind that an ObjectType stands for: ``table``, ``materialized view``."""
    name = parser.enum_names("ObjectType")[number].removeprefix("OBJECT_").lower().replace("_", " ")
    return OBJECT_KINDS.get(name, name)


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
