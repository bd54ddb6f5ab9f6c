"""End a script that takes too long or writes too much, whatever it sets for itself."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migdocs.core.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migdocs.adapters.database.session import Session

ENDED = frozenset({"57P01", ""})  # the session was ended, or its connection was
GLANCE = 0.25  # seconds between two looks at what a script does


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a script may take, whatever it sets for itself, and how much it may write.

    Attributes:
        size: by how many bytes its database may grow; temporary files have the server's own limit.
        measure: gives the size of a database.
        end: ends a session of the server, by its process.
    """

    seconds: float
    size: int
    measure: Callable[[str], int]
    end: Callable[[int], None]

    @contextlib.contextmanager
    def over(self, session: Session) -> Iterator[None]:
        """End a session that takes longer, or writes more.

        Raises:
            DatabaseError: it did.
        """
        reasons: list[tuple[str, str]] = []
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(session, done, reasons), daemon=True)
        watcher.start()
        try:
            yield
        except DatabaseError as error:
            if reasons and error.sqlstate in ENDED:
                reason, hint = reasons[0]
                raise DatabaseError(
                    f"it was ended {reason}",
                    path=error.path,
                    line=error.line,
                    hint=hint,
                    sqlstate="57014",
                ) from None
            raise
        finally:
            done.set()
            watcher.join()

    def _watch(
        self, session: Session, done: threading.Event, reasons: list[tuple[str, str]]
    ) -> None:
        """Look from time to time until the script is done; end it, and note why."""
        import psycopg

        over = time.monotonic() + self.seconds
        name, first = session.connection.info.dbname, None
        with contextlib.suppress(psycopg.Error):  # the server is gone, and the script with it
            while not done.wait(max(0.0, min(GLANCE, over - time.monotonic()))):
                size = self.measure(name)
                first = size if first is None else first
                if time.monotonic() >= over:
                    after = f"after {self.seconds:g} seconds"
                    reasons.append((after, "'--time-limit' gives it more."))
                elif size - first > self.size:
                    grown = f"when its database had grown by more than {self.size / 1e6:g} MB"
                    reasons.append((grown, "Try it where its rows are fewer."))
                if reasons:
                    self.end(session.process)
                    return
