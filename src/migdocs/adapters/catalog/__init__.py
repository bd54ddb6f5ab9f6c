"""Read a server's catalog and rows as values, with an empty search_path and by names only."""

from __future__ import annotations

import functools
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING, Any

from migdocs.core.proof import moments
from migdocs.core.proof.fill import sql_name
from migdocs.core.proof.schema import Object, Schema, schema

if TYPE_CHECKING:
    from collections.abc import Collection

    import psycopg

    from migdocs.core.proof.schema import Detail

# Every schema qualified, numbers and times written alike on every server; and nothing compiled,
# which takes longer than the query over a catalog itself.
SETTINGS = "SELECT " + ", ".join(
    f"pg_catalog.set_config('{name}', '{value}', true)"
    for name, value in (
        ("search_path", ""),
        ("extra_float_digits", "1"),
        ("TimeZone", "UTC"),
        ("DateStyle", "ISO"),
        ("IntervalStyle", "postgres"),
        ("bytea_output", "hex"),
        ("row_security", "off"),
        ("jit", "off"),
    )
)

LAST_VALUE = "last value"
VALUES = """
SELECT s.name, pg_catalog.pg_sequence_last_value(s.path::pg_catalog.regclass)::pg_catalog.text
FROM ROWS FROM (
    pg_catalog.unnest(%s::pg_catalog.text[]), pg_catalog.unnest(%s::pg_catalog.text[])
) AS s(name, path)
"""

# What an object that comes or goes cannot leave as it was: how many there are, and the newest.
MARK = " UNION ALL ".join(
    f"SELECT pg_catalog.count(*), pg_catalog.max(oid) FROM pg_catalog.{table}"  # noqa: S608 - names of ours
    for table in ("pg_class", "pg_proc", "pg_namespace", "pg_type", "pg_trigger", "pg_constraint")
)


def mark(connection: psycopg.Connection[Any]) -> tuple[tuple[Any, ...], ...]:
    """Give what tells that objects came or went since it was last asked for."""
    return tuple(connection.execute(MARK.encode()).fetchall())


def read(connection: psycopg.Connection[Any], hidden: Collection[str] = frozenset()) -> Schema:
    """Read the schema of the database that a connection is in, but for extensions to be hidden."""
    with connection.transaction():
        connection.execute(SETTINGS)
        found = connection.execute(_query()).fetchall()[0][0] or ()
    now = connection.execute("SELECT pg_catalog.statement_timestamp()").fetchall()[0][0]
    return schema(
        Object(kind, name, table, moments.without_now(_details(raw), now))
        for kind, name, table, raw in found
        if kind != "extension" or name.strip('"') not in hidden
    )


def moved(connection: psycopg.Connection[Any], known: Schema) -> Schema:
    """Give a schema with its sequences where they stand now; all else is as it was."""
    sequences = {found.name: found for found in known.of_kind("sequence")}
    if not sequences:
        return known
    with connection.transaction():
        connection.execute(SETTINGS)
        asked = [list(sequences), [sql_name(name) for name in sequences]]
        values = connection.execute(VALUES, asked).fetchall()
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
    return (
        b"SELECT pg_catalog.json_agg(pg_catalog.json_build_array("
        b'o.kind, o.name, o."table", o.details)) FROM (%b) o' % query
    )


def _details(raw: dict[str, Any]) -> dict[str, Detail]:
    """Keep the details that there are."""
    return {
        name: tuple(value) if isinstance(value, list) else str(value)
        for name, value in raw.items()
        if value is not None and value != []
    }
