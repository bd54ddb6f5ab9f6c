"""Tell whether a default is worked out once for all rows, or for each row anew.

PostgreSQL 11 and later store a default that is not volatile once, and rewrite nothing. Built-in
functions of that kind are listed here; any other is volatile unless the history says otherwise,
which is also what PostgreSQL assumes of a function that says nothing (CREATE FUNCTION).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.sql import tree

if TYPE_CHECKING:
    from migdocs.core.hazards.schema import Schema
    from migdocs.core.sql.parser import Node

# Built-in functions that stand in defaults and are not volatile (pg_proc.provolatile).
# fmt: off
NOT_VOLATILE = frozenset((
    "abs", "age", "array_append", "array_cat", "array_fill", "array_length", "array_prepend",
    "array_to_json", "array_to_string", "array_to_tsvector", "ascii", "box", "btrim",
    "cardinality", "ceil", "ceiling", "char_length", "character_length", "chr", "circle",
    "concat", "concat_ws", "convert_from", "convert_to", "current_database", "current_schema",
    "current_schemas", "current_setting", "current_user", "date", "date_part", "date_trunc",
    "daterange", "decode", "div", "encode", "exp", "extract", "floor", "format", "host",
    "hstore", "initcap", "int4range", "int8range", "isfinite", "json_array_length",
    "json_build_array", "json_build_object", "json_object", "jsonb_array_length",
    "jsonb_build_array", "jsonb_build_object", "jsonb_object", "jsonb_set",
    "jsonb_strip_nulls", "justify_days", "justify_hours", "left", "length", "ln", "log",
    "lower", "lpad", "ltrim", "make_date", "make_interval", "make_time", "make_timestamp",
    "make_timestamptz", "md5", "mod", "now", "numrange", "octet_length", "overlay",
    "pg_backend_pid", "pi", "point", "power", "quote_ident", "quote_literal", "regexp_replace",
    "repeat", "replace", "reverse", "right", "round", "row_to_json", "rpad", "rtrim",
    "session_user", "sha224", "sha256", "sha384", "sha512", "sign", "split_part", "sqrt",
    "statement_timestamp", "string_to_array", "strpos", "substr", "substring", "text",
    "timezone", "to_char", "to_date", "to_hex", "to_json", "to_jsonb", "to_number",
    "to_timestamp", "to_tsvector", "transaction_timestamp", "translate", "trim", "trunc",
    "tsrange", "tstzrange", "txid_current", "upper", "version",
))
# fmt: on


def is_volatile(expression: Node, schema: Schema) -> bool:
    """Tell whether an expression (a ``pg_query.Node``) may give another value for each row."""
    return any(
        _calls_volatile(message, schema)
        for message in tree.messages_in(expression)
        if message.DESCRIPTOR.name == "FuncCall"
    )


def _calls_volatile(call: Node, schema: Schema) -> bool:
    """Tell whether a call (FuncCall) is of a volatile function, as far as is known."""
    name = tree.dotted(call.funcname)
    routines = schema.routines(name)
    if routines:
        return any(routine.volatility == "volatile" for routine in routines)
    return name not in NOT_VOLATILE
