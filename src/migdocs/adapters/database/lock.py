"""Let one migdocs at a time work in a database, and say who holds what we wait for.

The lock is polled: a session that blocks in ``pg_advisory_lock`` holds a snapshot, for which
another's CREATE INDEX CONCURRENTLY waits, and both deadlock (apply.md).
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from migdocs.adapters.database import errors
from migdocs.adapters.database.session import connect
from migdocs.core.errors import DatabaseError, MigdocsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from migdocs.adapters.database.session import Session

POLL = 0.05  # seconds
DESCRIPTION = """
select format('process %%s (%%s, role %%s%%s), %%s since %%s', pid,
              coalesce(nullif(application_name, ''), 'unnamed'), usename,
              coalesce(' from ' || host(client_addr), ''), state,
              to_char(coalesce(xact_start, state_change) at time zone 'UTC', 'HH24:MI:SS "UTC"'))
from pg_stat_activity where pid = any(%s) order by pid
"""
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
    return describe(connection, _first(connection, HOLDERS, number) or [])


def describe(connection: psycopg.Connection[Any], processes: list[int]) -> str:
    """Say who some of the server's processes are; never what they run, which may hold secrets."""
    rows = connection.execute(DESCRIPTION, (processes,)).fetchall() if processes else []
    return "; ".join(row[0] for row in rows)


class Watch:
    """Look, from a connection of its own, at who blocks a session for long.

    Attributes:
        seen: who did, the last time anybody was seen; empty where nobody was.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.seen = ""
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.look, name="migdocs-watch", daemon=True)

    def __enter__(self) -> Self:
        """Begin to look; the first time after a part of the time limit, so mostly never."""
        if self.session.options.lock_timeout:
            self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.done.set()
        if self.thread.is_alive():
            self.thread.join()

    def look(self) -> None:
        """Ask again and again who blocks the session; whatever fails here is no reason to stop."""
        import psycopg

        pause = self.session.options.lock_timeout * 0.4
        if self.done.wait(pause):
            return
        with contextlib.suppress(psycopg.Error, MigdocsError), connect(self.session.url) as other:
            while not self.done.wait(pause / 4):
                pids = _first(other, "select pg_blocking_pids(%s)", self.session.process)
                seen = describe(other, pids or [])
                if seen and seen != self.seen:
                    self.session.notify(f"waiting for {seen}")
                self.seen = seen or self.seen


def _release(session: Session, number: int) -> bool:
    """Give the lock back; tell whether it was ours."""
    with errors.translated(session.url):
        return bool(_first(session.connection, "select pg_advisory_unlock(%s)", number))


def _first(connection: psycopg.Connection[Any], query: str, *values: object) -> Any:  # noqa: ANN401 - a row's first value
    """Give the first value that a query finds."""
    row = connection.execute(query, values).fetchone()
    return row[0] if row else None
