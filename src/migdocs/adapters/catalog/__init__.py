"""Read a server's catalog and rows as values, with an empty search_path and by names only."""

from __future__ import annotations

import functools
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING, Any

from migdocs.core.proof.schema import Object, Schema, schema

if TYPE_CHECKING:
    import psycopg

    from migdocs.core.proof.schema import Detail

# Every schema qualified, numbers and times written alike on every server; and nothing compiled,
# which takes longer than the query over a catalog itself.
SETTINGS = (
    "SELECT set_config('search_path', '', true), set_config('extra_float_digits', '1', true),"
    " set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO', true),"
    " set_config('row_security', 'off', true), set_config('jit', 'off', true)"
)

LAST_VALUE = "last value"
VALUES = """
SELECT name, pg_catalog.pg_sequence_last_value(name::regclass)::text
FROM unnest(%s::text[]) name
"""


def read(connection: psycopg.Connection[Any]) -> Schema:
    """Read the schema of the database that a connection is in."""
    with connection.transaction():
        connection.execute(SETTINGS)
        found = connection.execute(_query()).fetchall()[0][0] or ()
    return schema(Object(kind, name, table, _details(raw)) for kind, name, table, raw in found)


def moved(connection: psycopg.Connection[Any], known: Schema) -> Schema:
    """Give a schema with its sequences where they stand now; all else is as it was."""
    sequences = {found.name: found for found in known.of_kind("sequence")}
    if not sequences:
        return known
    with connection.transaction():
        connection.execute("SET LOCAL search_path = public")  # whose name the others go without
        values = connection.execute(VALUES, [list(sequences)]).fetchall()
    now = dict(known.objects)
    for name, value in values:
        found = sequences[name]
        details = {about: said for about, said in found.details.items() if about != LAST_VALUE}
        details |= {LAST_VALUE: value} if value else {}
        now[found.kind, name] = replace(found, details=details)
    return Schema(now)


@functools.cache
def _query() -> bytes:
    """Give the query that reads a whole catalog, as one document."""
    query = resources.files(__package__).joinpath("schema.sql").read_bytes()
    return b'SELECT json_agg(json_build_array(kind, name, "table", details)) FROM (%b) o' % query


def _details(raw: dict[str, Any]) -> dict[str, Detail]:
    """Keep the details that there are."""
    return {
        name: tuple(value) if isinstance(value, list) else str(value)
        for name, value in raw.items()
        if value is not None and value != []
    }
