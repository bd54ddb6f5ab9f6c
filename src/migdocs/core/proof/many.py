"""Fill tables to a size: one statement each, so that time on real size can be measured.

Each row is a copy of one that is there, with other values in what must be unique: numbers, texts,
ids and moments are made from the row's number; a foreign key inside a key points at the row of that
number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.proof.fill import Insert, parents_first, sql_name, table_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from migdocs.core.proof.fill import Table
    from migdocs.core.proof.schema import Object, Schema

OFFSET = 100_000  # above the numbers of the rows that are there
SIZED = re.compile(r"(?:character varying|character)\((\d+)\)")
# The rows of a table with their numbers, and how many they are.
NUMBERED = (
    "(SELECT {what}, row_number() OVER (ORDER BY tableoid, ctid) - 1 AS migdocs_n,"
    " count(*) OVER () AS migdocs_of FROM {name})"
)
COUNT = "(SELECT count(*) FROM {name})"  # of its own, so that the server can hash the join
MISSING = "FROM (SELECT {first} + i AS n FROM generate_series(0, {rows}::bigint - 1 - {there}) i) k"
COPIED = "ON s.migdocs_n = k.n % s.migdocs_of"
# Type → an expression over the row's number, `k.n`.
EXPRESSIONS = {
    "uuid": "('00000000-0000-4000-9000-' || lpad(k.n::text, 12, '0'))::uuid",
    "bytea": "decode(lpad(to_hex(k.n), 16, '0'), 'hex')",
    "date": "'2000-01-01'::date + (k.n % 20000)::int",
    "timestamp without time zone": "'2000-01-01'::timestamp + k.n * interval '1 second'",
    "timestamp with time zone": "'2000-01-01'::timestamptz + k.n * interval '1 second'",
    "text": "'row ' || k.n",
    "character varying": "'row ' || k.n",
    "integer": "k.n",
    "bigint": "k.n",
    "numeric": "k.n",
    "double precision": "k.n",
}


def filling(schema: Schema, wanted: Collection[str], rows: int) -> tuple[Insert, ...]:
    """Give what fills tables to a size, and the tables that their keys point at.

    Args:
        schema: with a few rows in every table.
        wanted: names of tables; what is no table that takes rows is passed over.
        rows: how many a table shall have.
    """
    tables = {
        found.name: table_of(schema, found)
        for found in schema.of_kind("table")
        if "bound" not in found.details
    }
    chosen: dict[str, Table] = {}
    for name in sorted(wanted):
        _choose(name, tables, chosen)
    return tuple(
        Insert(table.name, tuple(dict.fromkeys(_ways(table, rows))))
        for table in parents_first(list(chosen.values()))
    )


def _choose(name: str, tables: dict[str, Table], chosen: dict[str, Table]) -> None:
    """Choose a table, and those that the foreign keys inside its keys point at."""
    if name in chosen or name not in tables:
        return
    chosen[name] = tables[name]
    for column in _unique(tables[name]):
        if column in tables[name].references:
            _choose(tables[name].references[column][0], tables, chosen)


def _unique(table: Table) -> frozenset[str]:
    """Name the columns that are part of a unique key."""
    return frozenset(column for key in table.keys for column in key)


def _ways(table: Table, rows: int) -> Iterator[str]:
    """Yield statements to try in turn: everything varied, then only what must be unique."""
    free = {c.own_name for c in table.columns if c.own_name not in table.references}
    unique = _unique(table)
    bound = {c.own_name for c in table.columns if table.limits[c.own_name].any}
    yield _statement(table, rows, (free - bound) | unique)
    yield _statement(table, rows, unique)


def _statement(table: Table, rows: int, varied: Collection[str]) -> str:
    """Write the statement that copies the rows that are there, in turn."""
    name = sql_name(table.name)
    joins, values = [], []
    for number, column in enumerate(table.columns):
        own = column.own_name
        if own in varied and own in table.references:
            parent, target = table.references[own]
            joins.append(_numbered(f"p{number}", parent, target))
            values.append(f"p{number}.{target}")
        else:
            values.append((_expression(column) if own in varied else "") or f"s.{own}")
    columns = ", ".join(c.own_name for c in table.columns)
    copied = f"INSERT INTO {name} ({columns}) SELECT {', '.join(values)}" if columns else ""
    if not columns:
        return f"INSERT INTO {name} SELECT FROM generate_series(1, {rows})"
    there = NUMBERED.format(what="*", name=name)
    missing = MISSING.format(first=OFFSET, rows=rows, there=COUNT.format(name=name))
    return f"{copied} {missing} JOIN {there} s {COPIED} {' '.join(joins)} ON CONFLICT DO NOTHING"


def _numbered(alias: str, parent: str, column: str) -> str:
    """Join the parent's row of the same number, counted round."""
    name = sql_name(parent)
    there, many = NUMBERED.format(what=column, name=name), COUNT.format(name=name)
    return f"JOIN {there} {alias} ON {alias}.migdocs_n = k.n % {many}"


def _expression(column: Object) -> str:
    """Give a column's value in row ``k.n``; empty where only a copy is known."""
    type_ = column.text("base") or column.text("type")
    if sized := SIZED.fullmatch(type_):
        return f"right('row ' || k.n, {sized[1]})"
    if column.list("labels"):
        return ""
    return EXPRESSIONS.get(type_, "")
