"""A scratch database, and the sessions in it that are kept from one step of a trial to the next."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from migdocs.adapters.database import session
from migdocs.core.errors import MigdocsError
from migdocs.core.settings import SessionOptions

if TYPE_CHECKING:
    import psycopg

    from migdocs.adapters.database.scratch import Scratch
    from migdocs.adapters.database.session import Session

UNLOCK = b"SELECT pg_catalog.pg_advisory_unlock_all();"
NO_WAIT_IS_TOO_LONG = SessionOptions(lock_timeout=0)


@dataclass(slots=True)
class ScratchDatabase:
    """A database of the scratch place, used by one thread at a time.

    Attributes:
        place: where it is.
        name: of the database.
        hidden: extensions that are there and that no script made yet.
        runners: kind and name of what the project's own runner keeps, for scripts that read it.
    """

    place: Scratch
    name: str
    hidden: set[str] = field(default_factory=set)
    runners: frozenset[tuple[str, str]] = frozenset()
    _sessions: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _reader: psycopg.Connection[Any] | None = None
    _worker: Session | None = None

    def reader(self) -> psycopg.Connection[Any]:
        """Give a connection that may only read, and in which nothing of a script's is called."""
        self.place.must_go_on()
        if self._reader is None:
            url = self.place.url(self.name, reading=True)
            self._reader = self._sessions.enter_context(session.connect(url, session.READING))
            self._reader.prepare_threshold = 0  # it is asked the same again and again
        return self._reader

    def another(self, stack: contextlib.ExitStack) -> psycopg.Connection[Any]:
        """Give one more connection of the scripts' role, for as long as a stack lasts."""
        return stack.enter_context(session.connect(self.place.url(self.name)))

    def worker(self) -> Session:
        """Give a session of the role that scripts work as, as if it were new."""
        self.place.must_go_on()
        if self._worker is None or not _is_as_new(self._worker):
            url = self.place.url(self.name)
            self._worker = self._sessions.enter_context(session.connected(url, NO_WAIT_IS_TOO_LONG))
        return self._worker

    def close(self) -> None:
        """End the sessions: what somebody works in cannot be copied."""
        self._reader = self._worker = None
        with contextlib.suppress(MigdocsError):  # a session that the server ended
            self._sessions.close()

    def drop(self) -> None:
        """Drop the database."""
        self.close()
        self.place.drop(self.name)


def _is_as_new(worker: Session) -> bool:
    """Forget what a script left in a session; tell whether that was possible."""
    import psycopg

    if not worker.is_idle:
        return False
    try:
        worker.connection.execute(session.FORGET + UNLOCK + worker.prepare)
    except psycopg.Error:  # the server has ended it
        return False
    return True
