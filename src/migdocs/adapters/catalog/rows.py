"""Read the rows of every table, or hashes of them where they are many."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from migdocs.adapters.catalog import SETTINGS
from migdocs.core.proof.contents import Contents
from migdocs.core.proof.fill import sql_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from migdocs.core.proof.schema import Object, Schema

HELD = 1000  # rows of a table
DECODE = json.JSONDecoder(parse_float=str, parse_int=str).decode


def read(connection: psycopg.Connection[Any], schema: Schema) -> dict[str, Contents]:
    """Read what every table of a schema holds; partitions tell for their parents."""
    tables = [t for t in schema.of_kind("table") if "partition by" not in t.details]
    with connection.transaction():
        connection.execute(SETTINGS)
        found = _rows(connection, tables)
        return {
            table.name: _contents(connection, schema, table, found.get(table.name, []))
            for table in tables
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


def _rows(connection: psycopg.Connection[Any], tables: Iterable[Object]) -> dict[str, list[str]]:
    """Fetch the first rows of all tables at once, as JSON texts."""
    query = " UNION ALL ".join(
        f"SELECT * FROM (SELECT {number}, row_to_json(migdocs_row)::text"  # noqa: S608 - names of the catalog
        f" FROM ONLY {sql_name(table.name)} migdocs_row LIMIT {HELD + 1}) t{number}"
        for number, table in enumerate(tables)
    )
    names = [table.name for table in tables]
    found: dict[str, list[str]] = {}
    for number, text in connection.execute(query.encode()) if query else ():
        found.setdefault(names[number], []).append(text)
    return found


def _contents(
    connection: psycopg.Connection[Any], schema: Schema, table: Object, texts: list[str]
) -> Contents:
    """Make a table's contents of its rows, or of hashes."""
    if len(texts) > HELD:
        return _hashed(connection, table)
    rows = map(DECODE, texts)
    constraints = schema.parts(table.name, "constraint")
    key = next((c.list("columns") for c in constraints if c.text("type") == "p"), ())
    return Contents(len(texts), tuple(name.strip('"') for name in key), tuple(rows))


def _hashed(connection: psycopg.Connection[Any], table: Object) -> Contents:
    """Hash each column of a table whose rows are too many to hold."""
    columns = table.list("columns")
    sums = ", ".join(f"sum(hashtext({c}::text)::numeric)::text" for c in columns)
    query = f"SELECT count(*), {sums} FROM ONLY {sql_name(table.name)}"  # noqa: S608 - names of the catalog
    count, *found = connection.execute(query.encode()).fetchall()[0]
    return Contents(
        count, digests=dict(zip(columns, (str(digest) for digest in found), strict=True))
    )
