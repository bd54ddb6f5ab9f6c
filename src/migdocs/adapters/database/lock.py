"""Let one migdocs at a time work in a database.

The lock is polled: a session that blocks in ``pg_advisory_lock`` holds a snapshot, for which
another's CREATE INDEX CONCURRENTLY waits, and both deadlock (apply.md).
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import time
from typing import TYPE_CHECKING, Any

from migdocs.adapters.database import errors, watch
from migdocs.core.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from migdocs.adapters.database.session import Session

POLL = 0.05  # seconds
HOLDERS = """
select array_agg(pid) from pg_locks
where locktype = 'advisory' and granted and objsubid = 1
  and database = (select oid from pg_database where datname = current_database())
  and (classid::bigint << 32) | objid::bigint = %s
"""


def key(ledger: str) -> int:
    """Give the number of the lock: one for each ledger; a database has locks of its own."""
    digest = hashlib.sha256(f"migdocs:{ledger}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


@contextlib.contextmanager
def held(session: Session) -> Iterator[None]:
    """Work alone; wait for another migdocs as long as the session's patience lasts.

    Raises:
        DatabaseError: another one holds the lock for too long (who is said), or a script dropped
            ours.
    """
    number = key(session.options.ledger)
    end = time.monotonic() + session.options.patience
    told = False
    while not _first(session.connection, "select pg_try_advisory_lock(%s)", number):
        if not told:
            session.notify(f"waiting for another migdocs: {holder(session.connection, number)}")
            told = True
        if time.monotonic() > end:
            raise DatabaseError(
                f"another migdocs is at work here: {holder(session.connection, number)}",
                hint="Try again when it is done; if it hangs, end that session.",
            )
        time.sleep(POLL * random.uniform(0.5, 1.5))  # noqa: S311 - spreads the runners
    try:
        yield
    except BaseException:
        with contextlib.suppress(Exception):
            _release(session, number)
        raise
    if not _release(session, number):
        raise DatabaseError(
            "the lock was lost on the way",
            hint="A script called pg_advisory_unlock_all or DISCARD ALL: take that out.",
        )


def is_held(session: Session) -> bool:
    """Tell whether the lock is still this session's."""
    pids = _first(session.connection, HOLDERS, key(session.options.ledger))
    return bool(pids and session.process in pids)


def holder(connection: psycopg.Connection[Any], number: int) -> str:
    """Say who holds the lock: the process, its user, since when; empty where nobody does."""
    return watch.describe(connection, _first(connection, HOLDERS, number) or [])


def _release(session: Session, number: int) -> bool:
    """Give the lock back; tell whether it was ours."""
    with errors.translated(session.url):
        return bool(_first(session.connection, "select pg_advisory_unlock(%s)", number))


def _first(connection: psycopg.Connection[Any], query: str, *values: object) -> Any:  # noqa: ANN401 - a row's first value
    """Give the first value that a query finds."""
    row = connection.execute(query, values).fetchone()
    return row[0] if row else None
