"""What a way comes to: what breaks, how strong its locks are, how far back scripts lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.locks import LOCKS
from migdocs.core.undoing import undoing

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from migdocs.core.facts import Entry
    from migdocs.core.judged import Judged


class Lock(Struct, frozen=True):
    """A lock, the relations that it is taken on, and the migration that takes it."""

    lock: str
    on: tuple[str, ...]
    migration: str


def irreversible(entry: Entry, judged: Judged) -> str:
    """Say why a migration cannot be undone; empty where it can."""
    found = undoing(entry, judged.verdicts.get(entry.id, ""))
    return found.why if found.can == "no" else ""


def no_return(entries: Sequence[Entry], judged: Judged) -> Entry | None:
    """Give the first migration that cannot be undone; None where all can."""
    return next((entry for entry in entries if irreversible(entry, judged)), None)


def undoable(undo: Sequence[Entry], judged: Judged) -> tuple[Entry, ...]:
    """Give the migrations that can be undone, in order, up to the first that cannot."""
    kept = []
    for entry in undo:
        if irreversible(entry, judged):
            break
        kept.append(entry)
    return tuple(kept)


def worst_lock(entries: Sequence[Entry], judged: Judged) -> Lock | None:
    """Give the strongest lock that any of them takes; None where none is known."""
    known = [(e.id, *judged.locks[e.id]) for e in entries if e.id in judged.locks]
    locks = [Lock(name, on, id_) for id_, name, on in known if name in LOCKS]
    return max(locks, key=lambda lock: LOCKS.index(lock.lock), default=None)


def breaking(entries: Sequence[Entry], judged: Judged) -> tuple[Entry, ...]:
    """Give the migrations that break something which was there at the start.

    One that only takes away or changes what others on the same way brought breaks nobody.
    """
    on_the_way = {entry.id for entry in entries}
    return tuple(
        entry
        for entry in entries
        if entry.breaks_something
        and not _is_within(judged.brought_by.get(entry.id, ()), on_the_way)
    )


def _is_within(ids: Collection[str], others: Collection[str]) -> bool:
    """Tell whether there are ids, and all of them are among others."""
    return bool(ids) and all(id_ in others for id_ in ids)
