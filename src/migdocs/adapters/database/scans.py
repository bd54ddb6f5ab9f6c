"""See which tables were read from one end to the other, by what the server counts of its own work.

What it counts in a transaction is told there at once. What it counted before comes with a delay,
which can be cut short since version 15; before, nothing is said of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

FLUSH = "SELECT pg_catalog.pg_stat_force_next_flush()"
FLUSHES_SINCE = 150000
WITHIN = """
SELECT oid, pg_catalog.pg_stat_get_xact_numscans(oid) FROM pg_catalog.pg_class
WHERE relkind IN ('r', 'm') AND oid >= 16384
"""
SO_FAR = WITHIN.replace("_xact_", "_")


def within(connection: psycopg.Connection[Any]) -> dict[int, int]:
    """Count the scans of each table in the transaction that is open."""
    return dict(connection.execute(WITHIN).fetchall())


def so_far(connection: psycopg.Connection[Any]) -> dict[int, int]:
    """Count the scans of each table by all sessions that told; none before version 15."""
    if connection.info.server_version < FLUSHES_SINCE:
        return {}
    tell(connection)
    return dict(connection.execute(SO_FAR).fetchall())


def tell(connection: psycopg.Connection[Any]) -> None:
    """Make a session tell what it counted, so that it is not taken for somebody else's later."""
    if connection.info.server_version >= FLUSHES_SINCE:
        connection.execute(FLUSH)


def grown(before: Mapping[int, int], after: Mapping[int, int]) -> set[int]:
    """Give the tables that were scanned between two counts."""
    return {table for table, count in after.items() if count > before.get(table, count)}
