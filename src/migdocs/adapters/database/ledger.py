"""Read and append to the ledger's table; nothing in it is ever changed or removed."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from migdocs.core import values
from migdocs.core.event import Event

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

    from migdocs.adapters.database.session import Session

DEFINITION = """
CREATE TABLE IF NOT EXISTS {} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    migration text NOT NULL,
    action text NOT NULL CHECK (action IN ('apply', 'rollback', 'baseline', 'repair', 'restore')),
    outcome text NOT NULL CHECK (outcome IN ('started', 'succeeded', 'failed')),
    at timestamptz NOT NULL,
    duration_ms bigint,
    by text NOT NULL,
    script_hash text NOT NULL,
    error text NOT NULL,
    reason text NOT NULL,
    host text NOT NULL,
    role text NOT NULL,
    rollback_hash text NOT NULL,
    sqlstate text NOT NULL,
    line integer NOT NULL,
    tool text NOT NULL,
    server text NOT NULL,
    commit text NOT NULL
)
"""
ACTIONS = ("apply", "rollback", "baseline", "repair", "restore")
# The environment is what people call a database, not what the database says of itself.
COLUMNS = tuple(name for name in values.names(Event) if name != "environment")
# What tells where a migration stands and why it failed; of thousands of rows no more is read.
STANDING = (
    "migration",
    "action",
    "outcome",
    "at",
    "script_hash",
    "error",
    "sqlstate",
    "line",
    "reason",
)
AT = "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"


def table(name: str) -> sql.Identifier:
    """Give a table's quoted name: ``public.migdocs_ledger``."""
    from psycopg import sql

    return sql.Identifier(*name.split("."))


def exists(connection: psycopg.Connection[Any], name: str) -> bool:
    """Tell whether the ledger is there; asking makes nothing."""
    quoted = table(name).as_string(connection)
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (quoted,)).fetchone()
    return bool(row and row[0])


def create(session: Session) -> None:
    """Make the ledger where there is none; only under the lock."""
    from psycopg import sql

    if not exists(session.connection, session.options.ledger):
        session.connection.execute(sql.SQL(DEFINITION).format(table(session.options.ledger)))


def read(
    connection: psycopg.Connection[Any], name: str, wanted: tuple[str, ...] = COLUMNS
) -> tuple[Event, ...]:
    """Give every event, oldest first; none where there is no ledger.

    Args:
        connection: to the database.
        name: of the ledger's table.
        wanted: its columns; the events lack the others.
    """
    from psycopg import sql

    if not exists(connection, name):
        return ()
    columns = sql.SQL(", ").join(
        sql.SQL(AT) if column == "at" else sql.Identifier(column) for column in wanted
    )
    query = sql.SQL("SELECT {} FROM {} ORDER BY id").format(columns, table(name))
    rows = connection.execute(query).fetchall()
    return tuple(Event(**dict(zip(wanted, row, strict=True))) for row in rows)


def append(session: Session, event: Event) -> None:
    """Add an event, with who is at work; its time is the server's, less the duration."""
    session.connection.execute(addition(session, event))


def addition(session: Session, event: Event) -> bytes:
    """Write the statement that adds an event of this session."""
    return draft(session, event).lasting(event.duration_ms)


class Draft(Struct, frozen=True):
    """The statement that adds an event, all but how long it took: that is known last."""

    before: bytes
    after: bytes

    def lasting(self, duration_ms: int | None) -> bytes:
        """Write the statement; None where the event has only begun."""
        at = b"clock_timestamp() - make_interval(secs => %.3f)" % ((duration_ms or 0) / 1000)
        return b"".join((self.before, b", ", at, b", ", _literal(duration_ms), b", ", self.after))


def draft(session: Session, event: Event) -> Draft:
    """Write what is known of an event of this session before it has ended."""
    origin = session.origin
    known = {
        "by": origin.by,
        "host": origin.host,
        "tool": origin.tool,
        "commit": origin.commit,
        "role": session.role,
        "server": session.server,
    }
    values = [_literal(known.get(name) or getattr(event, name)) for name in COLUMNS]
    time = COLUMNS.index("at")  # and the duration after it
    head, before, after = _head(session), b", ".join(values[:time]), b", ".join(values[time + 2 :])
    return Draft(head + before, after + b")")


def copied(session: Session, event: Event) -> bytes:
    """Write the statement that adds an event as it stands in another ledger, time and all."""
    return _head(session) + b", ".join(_literal(getattr(event, name)) for name in COLUMNS) + b")"


def _head(session: Session) -> bytes:
    """Write what comes before a row's values."""
    return b"INSERT INTO " + _target(session.options.ledger) + b" VALUES ("


@functools.lru_cache(typed=True)
def _literal(value: object) -> bytes:
    """Write a value as SQL; most of a row are the same in the next."""
    from psycopg import sql

    return sql.Literal(value).as_bytes(None)


@functools.cache
def _target(name: str) -> bytes:
    """Write the table and its columns, once for all rows."""
    from psycopg import sql

    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    return sql.SQL("{} ({})").format(table(name), columns).as_bytes(None)
