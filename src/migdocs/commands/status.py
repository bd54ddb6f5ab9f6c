"""Say where a database stands, and what it went through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from migdocs.adapters.database import landscape, ledger, lock
from migdocs.adapters.layouts import TRACKERS
from migdocs.commands.target import reading
from migdocs.core.ledger import State, state
from migdocs.core.runner import quoted, repairing
from migdocs.core.values import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migdocs.commands.target import Target
    from migdocs.core.event import Event
    from migdocs.core.ledger import Known
    from migdocs.core.ledger.trackers import Tracked


class Status(Struct, frozen=True):
    """Where a database stands.

    Attributes:
        at_work: who is changing it at this moment; empty where nobody is. What such a one has
            begun is shown as half done until it is.
        last: each migration's last event, as far as its standing is concerned.
        tracked_by: other tools' tables that have rows, the surest first.
    """

    state: State
    at_work: str
    last: dict[str, Event]
    tracked_by: tuple[Tracked, ...] = ()

    def shape(self) -> dict[str, Any]:
        """Give what ``status --json`` prints."""
        tracked = [
            {"runner": found.tracker.runner, "table": found.relation.title}
            for found in self.tracked_by
        ]
        return {**plain(self.state), "at_work": self.at_work, "tracked_by": tracked}


def status(migrations: Sequence[Known], target: Target) -> Status:
    """Compare the project's migrations with the database's ledger; nothing is changed or made."""
    with reading(target) as session:
        events = ledger.read(session.connection, target.options.ledger, ledger.STANDING)
        at_work = lock.holder(session.connection, lock.key(target.options.ledger))
        tracked = tuple(
            found for found in landscape.inventory(session, TRACKERS).trackers if found.rows
        )
    return Status(state(migrations, events), at_work, {e.migration: e for e in events}, tracked)


def recorded(new: str, old: str) -> str:
    """Give the command that records that an applied migration has another name now."""
    return repairing(new, f"--renamed-from {quoted(old)}")


def history(target: Target, environment: str = "") -> tuple[Event, ...]:
    """Give the ledger's events, oldest first, with the name that people call the database."""
    with reading(target) as session:
        events = ledger.read(session.connection, target.options.ledger)
    return tuple(replace(event, environment=environment) for event in events)
