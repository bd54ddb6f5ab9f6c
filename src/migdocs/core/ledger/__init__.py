"""Read a ledger's events: what is applied, what failed, what is half done.

The ledger only ever grows; where a migration stands follows from its events. Scripts and ledger are
compared as sets, never by the newest, so that a script that was merged late is seen (apply.md).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from msgspec import Struct
from msgspec.structs import replace

from migdocs.core.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

RENAMED = "renamed from "  # begins the reason of a repair that says so; the old name follows
OUTCOMES = ("started", "failed", "succeeded")


class Standing(Struct, frozen=True):
    """Where one migration stands in a database.

    Attributes:
        event: the last one.
        applied: whether its changes are in force.
        half_done: it began outside a transaction and never ended well, so part of it may stay.
        rolled_back: it was undone, and not applied again.
        script_hash: of the text that was applied, empty where that is not known.
    """

    event: Event
    applied: bool = False
    half_done: bool = False
    rolled_back: bool = False
    script_hash: str = ""

    @property
    def failed(self) -> bool:
        """Whether the last attempt failed or was cut off."""
        return self.event.outcome != "succeeded"


class Known(Protocol):
    """A migration of the project, as far as its standing is concerned."""

    @property
    def id(self) -> str:
        """The name that the ledger has."""

    @property
    def script_hash(self) -> str:
        """The hash of its forward script, empty where it has none."""

    @property
    def repeatable(self) -> bool:
        """Whether it runs again whenever it changes."""


class Outline(NamedTuple):
    """Just that of a migration: what is kept of thousands, so that none has to be read."""

    id: str
    script_hash: str
    repeatable: bool


class State(Struct, frozen=True):
    """What a database has of a project's migrations; ids, in run order where not said otherwise.

    Attributes:
        current: the applied one that stands last, None where nothing is applied.
        applied: in the order in which they were applied.
        pending: to be applied, the late ones among them.
        late: pending, though one that stands after it has been applied.
        failed: the last attempt failed or was cut off; those half done are among them.
        half_done: outside a transaction, so part of it may stay: ``repair`` decides.
        edited: applied, and the script has another text now.
        unknown: applied, and there is no such script here.
        rolled_back: undone, and not applied again.
        renamed: pending, though its text is applied under a name that has no script: (new, old).
    """

    current: str | None
    applied: tuple[str, ...]
    pending: tuple[str, ...]
    late: tuple[str, ...]
    failed: tuple[str, ...]
    half_done: tuple[str, ...]
    edited: tuple[str, ...]
    unknown: tuple[str, ...]
    rolled_back: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...] = ()


def standings(events: Iterable[Event]) -> dict[str, Standing]:
    """Tell where each migration stands, by id; those applied in the order of their application."""
    found: dict[str, Standing] = {}
    for event in events:
        if event.action == "restore":  # of the whole database: what it means for each follows it
            continue
        if old := _renamed_from(event, found):
            found = {
                event.migration if name == old else name: where
                for name, where in found.items()
                if name != event.migration
            }
        before = found.get(event.migration)
        after = _after(before, event)
        if after.applied and not (before and before.applied):
            found.pop(event.migration, None)  # takes its place at the end
        found[event.migration] = after
    return found


def _renamed_from(event: Event, found: dict[str, Standing]) -> str:
    """Give the name that an applied migration had until an event; empty for all others."""
    old = event.reason.removeprefix(RENAMED)
    if event.action != "repair" or old == event.reason or old not in found:
        return ""
    return old if found[old].applied and found[old].script_hash == event.script_hash else ""


def _after(before: Standing | None, event: Event) -> Standing:
    """Tell where a migration stands after one more event.

    A failure outside a transaction was *started* by an event of its own before, and stays half done
    until an attempt succeeds or a repair decides; any other failure was rolled back whole.
    """
    if event.outcome == "started":
        return replace(before or Standing(event), event=event, half_done=True)
    if event.outcome == "failed":
        return replace(before or Standing(event), event=event)
    if event.action == "rollback":
        return Standing(event, rolled_back=True)
    applied = event.action != "repair" or bool(event.script_hash)
    return Standing(event, applied=applied, script_hash=event.script_hash)


def state(migrations: Sequence[Known], events: Iterable[Event]) -> State:
    """Compare a project's migrations, in run order, with a database's events."""
    standing = standings(events)
    known = {migration.id: migration for migration in migrations}
    order = {name: index for index, name in enumerate(known)}
    applied = tuple(name for name, where in standing.items() if where.applied)
    pending = tuple(m.id for m in migrations if is_pending(m, standing.get(m.id)))
    newest = max((order[name] for name in applied if name in order), default=-1)

    def chosen(wanted: Callable[[str, Standing], bool]) -> tuple[str, ...]:
        """Give the ids for which something holds; those without a script stand last."""
        names = (name for name, where in standing.items() if wanted(name, where))
        return tuple(sorted(names, key=lambda name: order.get(name, len(order))))

    unknown = tuple(name for name in applied if name not in known)
    gone = {standing[name].script_hash: name for name in unknown}
    gone.pop("", None)
    return State(
        current=max(applied, key=lambda name: order.get(name, -1), default=None),
        applied=applied,
        pending=pending,
        late=tuple(n for n in pending if order[n] < newest and not known[n].repeatable),
        failed=chosen(lambda _, where: where.failed),
        half_done=chosen(lambda _, where: where.half_done),
        edited=chosen(lambda name, where: is_edited(known.get(name), where)),
        unknown=unknown,
        rolled_back=chosen(lambda _, where: where.rolled_back),
        renamed=tuple(
            (name, gone[known[name].script_hash])
            for name in pending
            if known[name].script_hash in gone
        ),
    )


def is_pending(migration: Known, standing: Standing | None) -> bool:
    """Tell whether a migration is to be applied; a half done one waits for its repair."""
    if not migration.script_hash or (standing and standing.half_done):
        return False
    if standing is None or not standing.applied:
        return True
    return migration.repeatable and migration.script_hash != standing.script_hash


def is_edited(migration: Known | None, standing: Standing) -> bool:
    """Tell whether an applied script has another text now; not so where its hash is unknown."""
    if migration is None or not migration.script_hash or migration.repeatable:
        return False
    return standing.applied and standing.script_hash not in {"", migration.script_hash}


def brought_back(
    restored: Sequence[Event], lost: Sequence[Event], *, reason: str
) -> tuple[Event, ...]:
    """Give the events that make a ledger true again after a backup was restored.

    Args:
        restored: what the ledger was at the backup, and the database is again.
        lost: what was written after that, which the ledger keeps but the database has not.
        reason: for the ledger.
    """
    real, written = standings(restored), standings([*restored, *lost])
    nothing = Standing(Event("", "repair", "succeeded", ""))
    return tuple(
        _declaration(name, real.get(name, nothing), reason)
        for name in dict.fromkeys((*real, *written))
        if not _same(real.get(name, nothing), written.get(name, nothing))
    )


def _declaration(name: str, standing: Standing, reason: str) -> Event:
    """Give the event that puts a migration where it stands.

    A repair without a hash means *not applied*, so what is applied with an unknown text is a
    baseline.
    """
    known = not standing.applied or standing.script_hash
    script_hash = standing.script_hash if standing.applied else ""
    return Event(
        name,
        "repair" if known else "baseline",
        "succeeded",
        at="",
        duration_ms=0,
        script_hash=script_hash,
        reason=reason,
    )


def _same(one: Standing, other: Standing) -> bool:
    """Tell whether a database is in the same state about a migration."""
    return (one.applied, one.half_done, one.script_hash) == (
        other.applied,
        other.half_done,
        other.script_hash,
    )


def merge(histories: Iterable[Iterable[Event]]) -> tuple[Event, ...]:
    """Bring several exports together: every event once, in one order whoever merges them.

    What one environment did stays in the order of its times.
    """
    events = {event for history in histories for event in history}
    return tuple(sorted(events, key=_in_time))


def _in_time(event: Event) -> tuple[datetime, str, str]:
    """Order events by when they were written, which is when they ended, then by all they say."""
    written = datetime.fromisoformat(event.at) + timedelta(milliseconds=event.duration_ms or 0)
    return written, str(OUTCOMES.index(event.outcome)), repr(event)
