"""Look, from a connection of its own, at who blocks a session for long."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, Self

from migdocs.core.errors import MigdocsError

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

BLOCKERS = "select pg_blocking_pids(%s)"
DESCRIPTION = """
select format('process %%s (%%s, role %%s%%s), %%s since %%s', pid,
              coalesce(nullif(application_name, ''), 'unnamed'), usename,
              coalesce(' from ' || host(client_addr), ''), state,
              to_char(coalesce(xact_start, state_change) at time zone 'UTC', 'HH24:MI:SS "UTC"'))
from pg_stat_activity where pid = any(%s) order by pid
"""


def describe(connection: psycopg.Connection[Any], processes: list[int]) -> str:
    """Say who some of the server's processes are; never what they run, which may hold secrets."""
    rows = connection.execute(DESCRIPTION, (processes,)).fetchall() if processes else []
    return "; ".join(row[0] for row in rows)


class Watch:
    """A look, every now and then, at who is in a session's way.

    Most runs are over before the first look, and then no connection is made.

    Attributes:
        seen: who was in the way, since ``forget``; empty where nobody was.
    """

    def __init__(
        self,
        connect: Callable[[], contextlib.AbstractContextManager[psycopg.Connection[Any]]],
        process: int,
        pause: float,
        notify: Callable[[str], None],
    ) -> None:
        self.connect = connect
        self.process = process
        self.pause = pause
        self.notify = notify
        self.seen = ""
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look, name="migdocs-watch", daemon=True)

    def __enter__(self) -> Self:
        """Begin to look; not where locks are waited for without a limit."""
        if self.pause:
            self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.over.set()
        if self.thread.is_alive():
            self.thread.join()

    def forget(self) -> None:
        """Begin anew: who was in the way before is in the way no more."""
        self.seen = ""

    def look(self) -> None:
        """Ask again and again; what fails here must not disturb the session's own work."""
        import psycopg

        if self.over.wait(self.pause):
            return
        with contextlib.suppress(psycopg.Error, MigdocsError), self.connect() as other:
            while not self.over.wait(self.pause / 4):
                self.note(describe(other, self.blockers(other)))

    def blockers(self, other: psycopg.Connection[Any]) -> list[int]:
        """Give the processes that the session waits for."""
        row = other.execute(BLOCKERS, (self.process,)).fetchone()
        return list(row[0]) if row else []

    def note(self, seen: str) -> None:
        """Tell who is in the way, once for each."""
        if seen and seen != self.seen:
            self.notify(f"waiting for {seen}")
        self.seen = seen or self.seen
