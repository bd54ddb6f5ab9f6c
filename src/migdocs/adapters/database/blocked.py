"""Try again where another session was in the way."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from migdocs.core.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from migdocs.adapters.database.session import Session

# lock_not_available and deadlock_detected: another session's doing, and gone the next time.
RETRIED = frozenset({"55P03", "40P01"})
PAUSE, LONGEST_PAUSE = 0.5, 10.0  # seconds before another attempt; doubled each time


def again_where_blocked(session: Session, work: Callable[[], None]) -> None:
    """Do work that leaves nothing when it fails; again where another session was in the way."""
    for attempt in range(1, session.options.attempts + 1):
        session.watch.forget()
        try:
            return work()
        except DatabaseError as error:
            if error.sqlstate not in RETRIED or attempt == session.options.attempts:
                error.hint = _told_who(error, session.watch.seen)
                raise
            said = error.message
        pause = min(LONGEST_PAUSE, PAUSE * 2 ** (attempt - 1)) * random.uniform(0.5, 1)  # noqa: S311 - spreads the runners
        session.notify(f"{said}; attempt {attempt + 1} in {pause:.1f} s")
        time.sleep(pause)
    return None


def _told_who(error: DatabaseError, seen: str) -> str:
    """Give an error's hint, with who was in the way where the error is about that."""
    if error.sqlstate in RETRIED and seen:
        return f"Blocked by {seen}. {error.hint}"
    return error.hint
