"""Read the rows of every table, or hashes of them where they are many.

Values are compared as their types write them. One that a table computes when it is read is not
read: it tells nothing that its expression does not, and would call that.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from migdocs.adapters.catalog import SETTINGS, copying
from migdocs.core.proof.contents import Contents
from migdocs.core.proof.fill import sql_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from migdocs.core.proof.schema import Object, Schema

HELD = 1000  # rows of a table
LONGEST = 1000  # characters of a value; of a longer one a hash is held


def read(connection: psycopg.Connection[Any], schema: Schema) -> dict[str, Contents]:
    """Read what every table of a schema holds; partitions tell for their parents."""
    tables = [t for t in schema.of_kind("table") if "partition by" not in t.details]
    columns = [_columns(schema, table) for table in tables]
    found: list[list[list[copying.Value]]] = [[] for _ in tables]
    with connection.transaction():
        connection.execute(SETTINGS)
        queries = [
            copying.query(names, sql_name(table.name), HELD + 1)
            for table, names in zip(tables, columns, strict=True)
        ]
        for number, line in copying.copied(connection, queries):
            found[number].append(_shortened(copying.values(line)))
        return {
            table.name: _contents(schema, table, names, lines)
            if len(lines) <= HELD
            else _hashed(connection, table, names)
            for table, names, lines in zip(tables, columns, found, strict=True)
        }


def read_if_there(
    connection: psycopg.Connection[Any], schema: Schema
) -> dict[str, Contents] | None:
    """Read what every table of a schema holds; None where one is not there, or is another."""
    from psycopg import errors

    try:
        return read(connection, schema)
    except (errors.UndefinedTable, errors.UndefinedColumn):
        return None


def _columns(schema: Schema, table: Object) -> list[str]:
    """Name the columns whose values are kept in a table, quoted where they must be."""
    computed = {c.own_name for c in schema.parts(table.name, "column") if "virtual" in c.details}
    return [name for name in table.list("columns") if name not in computed]


def _shortened(values: list[copying.Value]) -> list[copying.Value]:
    """Give values with hashes in the place of long ones."""
    return [
        hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()
        if value and len(value) > LONGEST
        else value
        for value in values
    ]


def _contents(
    schema: Schema, table: Object, columns: Sequence[str], lines: list[list[copying.Value]]
) -> Contents:
    """Make a table's contents of its rows."""
    names = [_bare(name) for name in columns]
    rows = tuple(dict(zip(names, line, strict=True)) if names else {} for line in lines)
    constraints = schema.parts(table.name, "constraint")
    key = next((c.list("columns") for c in constraints if c.text("type") == "p"), ())
    return Contents(len(rows), tuple(_bare(name) for name in key), rows)


def _bare(name: str) -> str:
    """Give a name without quotes."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _hashed(connection: psycopg.Connection[Any], table: Object, columns: Sequence[str]) -> Contents:
    """Hash each column of a table whose rows are too many to hold, in whatever order they come."""
    count, sums = 0, [0] * len(columns)
    query = copying.query(columns, sql_name(table.name))
    for _, line in copying.copied(connection, [query]):
        count += 1
        for number, field in enumerate(line.rstrip(b"\n").split(b"\t")[: len(columns)]):
            sums[number] += int.from_bytes(hashlib.blake2b(field, digest_size=8).digest())
    digests = {name: f"{total:x}" for name, total in zip(columns, sums, strict=True)}
    return Contents(count, digests=digests)
