"""Let a person say what a half done or an edited script means; the ledger keeps the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from migdocs.adapters.database import ledger
from migdocs.commands.target import alone
from migdocs.core import ledger as core_ledger
from migdocs.core.errors import MigdocsError, UsageError
from migdocs.core.event import Event
from migdocs.core.ledger import plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migdocs.commands.target import Target
    from migdocs.core.model import Migration


def repair(
    migrations: Sequence[Migration],
    target: Target,
    name: str,
    *,
    reason: str,
    state: Literal["applied", "pending"] = "applied",
) -> Event:
    """Declare that a migration is applied as its script now says, or is not applied at all.

    Raises:
        UsageError: there is no such migration, or no reason.
        MigdocsError: the ledger has nothing about it that wants a repair.
    """
    if not reason.strip():
        raise UsageError("a repair needs a reason", hint="--reason 'what was found and done'")
    with alone(target, "repair") as session:
        events = ledger.read(session.connection, target.options.ledger)
        event = _declared(migrations, events, name, reason.strip(), state)
        ledger.append(session, event)
    return event


def _declared(
    migrations: Sequence[Migration],
    events: Sequence[Event],
    name: str,
    reason: str,
    state: Literal["applied", "pending"],
) -> Event:
    """Give the event that declares it, where there is something to declare."""
    found = core_ledger.state(migrations, events)
    if name not in {*found.failed, *found.edited, *found.unknown}:
        raise MigdocsError(
            f"'{name}' needs no repair: it is not half done, failed, edited or unknown",
            hint="'migdocs status' shows where each migration stands.",
        )
    if state == "pending":
        return Event(name, "repair", "succeeded", at="", duration_ms=0, reason=reason)
    migration = plan.find(migrations, name)
    return Event(
        name,
        "repair",
        "succeeded",
        at="",
        duration_ms=0,
        reason=reason,
        script_hash=migration.forward.digest if migration.forward else "",
        rollback_hash=migration.rollback.digest if migration.rollback else "",
    )
