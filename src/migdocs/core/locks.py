"""The locks that PostgreSQL takes on relations, weakest first (manual: 13.3.1 "Table-Level Locks").

ACCESS EXCLUSIVE blocks readers; from SHARE on, writers are blocked; SHARE UPDATE EXCLUSIVE blocks
only other DDL and VACUUM.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NONE = ""
ACCESS_SHARE = "ACCESS SHARE"
ROW_SHARE = "ROW SHARE"
ROW_EXCLUSIVE = "ROW EXCLUSIVE"
SHARE_UPDATE_EXCLUSIVE = "SHARE UPDATE EXCLUSIVE"
SHARE = "SHARE"
SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
EXCLUSIVE = "EXCLUSIVE"
ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"

LOCKS = (
    ACCESS_SHARE,
    ROW_SHARE,
    ROW_EXCLUSIVE,
    SHARE_UPDATE_EXCLUSIVE,
    SHARE,
    SHARE_ROW_EXCLUSIVE,
    EXCLUSIVE,
    ACCESS_EXCLUSIVE,
)
STRENGTH = {lock: strength for strength, lock in enumerate((NONE, *LOCKS))}


def stronger(one: str, other: str) -> str:
    """Give the stronger of two locks."""
    return max(one, other, key=STRENGTH.__getitem__)


def strongest(locks: Iterable[str]) -> str:
    """Give the strongest of some locks, empty for none."""
    return max(locks, key=STRENGTH.__getitem__, default=NONE)


def blocks_writers(lock: str) -> bool:
    """Tell whether INSERT, UPDATE and DELETE wait for the lock's end."""
    return STRENGTH[lock] >= STRENGTH[SHARE]


def blocks_readers(lock: str) -> bool:
    """Tell whether even SELECT waits for the lock's end."""
    return lock == ACCESS_EXCLUSIVE
