"""Read columns, as CREATE TABLE and ALTER TABLE define them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migdocs.core.changes.constraints import constraint_added, read_constraints
from migdocs.core.sql import chosen_names, tree
from migdocs.core.sql.definitions import Column
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from migdocs.core.changes.place import Place
    from migdocs.core.model import Change
    from migdocs.core.sql.parser import Node

SERIALS = {
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
}
# Types that every server has; another is an object that the column needs.
# fmt: off
BUILT_IN_TYPES = frozenset((
    '"char"', "bigint", "bit", "boolean", "box", "bpchar", "bytea", "char", "cidr", "circle",
    "date", "daterange", "double precision", "float", "inet", "int4multirange", "int4range",
    "int8multirange", "int8range", "integer", "interval", "json", "jsonb", "jsonpath", "line",
    "lseg", "macaddr", "macaddr8", "money", "name", "numeric", "nummultirange", "numrange", "oid",
    "path", "pg_lsn", "point", "polygon", "real", "regclass", "regconfig", "regnamespace",
    "regproc", "regprocedure", "regrole", "regtype", "smallint", "text", "tid", "time",
    "timestamp", "timestamptz", "timetz", "trigger", "tsmultirange", "tsquery", "tsrange",
    "tstzmultirange", "tstzrange", "tsvector", "uuid", "varbit", "varchar", "void", "xid", "xid8",
    "xml", "",
))
# fmt: on


def column_added(
    node: Node, table: str, place: Place, *, guarded: bool = False
) -> Iterator[Change]:
    """Give the Change that adds a ColumnDef's column, and those of the constraints in it."""
    parts = _parts(node)
    column = _column(node, table, parts)
    yield place.change(
        "add",
        "column",
        f"{table}.{column.name}",
        column.describe(),
        table=table,
        definition=column,
        needs=type_needs(column.type),
        guarded=guarded,
    )
    constraints = [part for kind, part in parts if kind not in COLUMN_ONLY]
    if constraints:
        for constraint in read_constraints(constraints, column.name):
            yield constraint_added(constraint, table, place)


def _parts(node: Node) -> list[tuple[str, Node]]:
    """Give the Constraint nodes of a ColumnDef with their kinds."""
    if not node.constraints:
        return []
    names = enum_names("ConstrType")
    parts = [item.constraint for item in node.constraints]
    return [(names[part.contype], part) for part in parts]


def type_needs(name: str) -> tuple[str, ...]:
    """Give the types that a type's name stands for, if the server does not bring them."""
    base = name.removeprefix("setof ").partition("(")[0].removesuffix("[]").removesuffix("[]")
    plain = base.partition(" ")[0] if base.startswith("interval ") else base
    return () if plain in BUILT_IN_TYPES or plain.endswith("%TYPE") else (plain,)


def read_column(node: Node, table: str) -> Column:
    """Give a ColumnDef's definition."""
    return _column(node, table, _parts(node))


def _column(node: Node, table: str, parts: Iterable[tuple[str, Node]]) -> Column:
    """Give a ColumnDef's definition; its parts are read already."""
    name = tree.identifier(node.colname)
    written = tree.type_name(node.type_name) if node.HasField("type_name") else ""
    said: dict[str, Any] = {}
    if written in SERIALS:
        said = {"serial": True, "nullable": False, "default": serial_default(table, name)}
    if node.HasField("coll_clause"):
        said["collation"] = tree.dotted(node.coll_clause.collname)
    for kind, part in parts:
        if kind in COLUMN_PARTS:
            said.update(COLUMN_PARTS[kind](part))
    return Column(name, SERIALS.get(written, written), **said)


def serial_default(table: str, column: str) -> str:
    """Give the default that the server makes for a serial column."""
    schema, _, relation = table.rpartition(".")
    sequence = chosen_names.of_object(relation, [chosen_names.plain(column)], "seq")
    return f"nextval('{schema}{'.' if schema else ''}{tree.identifier(sequence)}'::regclass)"


def _default(node: Node) -> dict[str, Any]:
    """Take the column's default; NULL is what it is without one."""
    default = tree.expression(node.raw_expr)
    return {"default": None if default == "NULL" else default}


def _not_null(_: Node) -> dict[str, Any]:
    """Take that the column is never null."""
    return {"nullable": False}


def _identity(node: Node) -> dict[str, Any]:
    """Take that the server numbers the rows."""
    kind = "always" if node.generated_when == "a" else "by default"
    return {"identity": kind, "nullable": False}


def _generated(node: Node) -> dict[str, Any]:
    """Take the expression that the column is computed from."""
    return {"generated": tree.expression(node.raw_expr), "virtual": node.generated_kind == "v"}


# Parts that are the column's alone. What makes it not null becomes a constraint in PostgreSQL 18.
COLUMN_ONLY = frozenset(
    {"CONSTR_NULL", "CONSTR_NOTNULL", "CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"}
)
# What a part of a column's definition says, as fields of ``Column``.
COLUMN_PARTS: dict[str, Callable[[Node], dict[str, Any]]] = {
    "CONSTR_DEFAULT": _default,
    "CONSTR_NOTNULL": _not_null,
    "CONSTR_PRIMARY": _not_null,
    "CONSTR_IDENTITY": _identity,
    "CONSTR_GENERATED": _generated,
}
