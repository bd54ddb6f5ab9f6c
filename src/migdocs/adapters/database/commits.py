"""Commit only while the lock is ours, and learn what became of a COMMIT that was cut off.

A connection can end after the server committed and before it said so: on a fast shutdown, at a
synchronous standby that does not answer, by a network that drops. Only the server knows then.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Literal

from migdocs.adapters.database import lock
from migdocs.adapters.database.session import connect
from migdocs.core.errors import MigdocsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    import psycopg

    from migdocs.adapters.database.session import Session

Fate = Literal["committed", "aborted", "unknown"]
PATIENCE = 10.0  # seconds for a server that restarts, or a session that is still ending
POLL = 0.2  # seconds
HELD_BY = """
SELECT pg_catalog.txid_current(), EXISTS (SELECT FROM pg_catalog.pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid = pg_catalog.pg_backend_pid()
        AND (classid::bigint << 32) | objid::bigint = %s)
"""


def number_under_lock(session: Session) -> int | None:
    """Give the open transaction's number; None where a script gave the lock away."""
    key = lock.key(session.options.ledger)
    session.connection.execute("SET LOCAL statement_timeout = 0")  # the script's own is over
    ((number, held),) = session.connection.execute(HELD_BY, [key]).fetchall()
    return int(number) if held else None


def fate(session: Session, number: int) -> Fate:
    """Ask the server what became of a transaction whose COMMIT was sent.

    Args:
        session: that sent it, maybe without a connection by now.
        number: of the transaction.
    """
    import psycopg

    end = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(psycopg.Error, MigdocsError), asking(session) as connection:
            ((status,),) = connection.execute(
                "SELECT pg_catalog.txid_status(%s)", [number]
            ).fetchall()
            if status == "committed":
                return "committed"
            if status == "aborted":
                return "aborted"
        if time.monotonic() > end:
            return "unknown"
        time.sleep(POLL)


@contextlib.contextmanager
def asking(session: Session) -> Iterator[psycopg.Connection[Any]]:
    """Give the session's connection, or another one where that was lost."""
    if not session.connection.closed:
        yield session.connection
        return
    with connect(session.url) as connection:
        yield connection
