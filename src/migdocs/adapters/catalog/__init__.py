"""Read a server's catalog and rows as values, with an empty search_path and by names only."""

from __future__ import annotations

import functools
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


def read(connection: psycopg.Connection[Any]) -> Schema:
    """Read the schema of the database that a connection is in."""
    with connection.transaction():
        connection.execute(SETTINGS)
        found = connection.execute(_query()).fetchall()
    return schema(Object(kind, name, table, _details(raw)) for kind, name, table, raw in found)


@functools.cache
def _query() -> bytes:
    """Give the query that reads a whole catalog."""
    return resources.files(__package__).joinpath("schema.sql").read_bytes()


def _details(raw: dict[str, Any]) -> dict[str, Detail]:
    """Keep the details that there are."""
    return {
        name: tuple(value) if isinstance(value, list) else str(value)
        for name, value in raw.items()
        if value is not None and value != []
    }
