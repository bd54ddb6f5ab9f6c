"""Let a person say what a half done or an edited script means; the ledger keeps the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from migdocs.adapters.database import ledger
from migdocs.commands.apply import can_resume
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
    state: Literal["applied", "pending"],
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


def rename(migrations: Sequence[Migration], target: Target, new: str, old: str) -> Event:
    """Record that an applied migration has another name now; nothing is run.

    Raises:
        MigdocsError: the one is not applied, or the other has another text.
    """
    with alone(target, "repair") as session:
        events = ledger.read(session.connection, target.options.ledger)
        if (new, old) not in core_ledger.state(migrations, events).renamed:
            raise MigdocsError(
                f"'{new}' is not '{old}' under another name",
                hint="It must be pending, with just the text that was applied as the other, which"
                " has no script any more. 'migdocs status' shows such pairs.",
            )
        event = _as_applied(plan.find(migrations, new), f"{core_ledger.RENAMED}{old}")
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
            hint="'migdocs status' shows the state of each migration.",
        )
    _refuse_untrue(found, name, state)
    _refuse_resumable(migrations, events, name, state)
    if state == "pending":
        return Event(name, "repair", "succeeded", at="", duration_ms=0, reason=reason)
    return _as_applied(plan.find(migrations, name), reason)


def _as_applied(migration: Migration, reason: str) -> Event:
    """Give the event that declares a migration applied as its scripts are now."""
    return Event(
        migration.id,
        "repair",
        "succeeded",
        at="",
        duration_ms=0,
        reason=reason,
        script_hash=migration.forward.digest if migration.forward else "",
        rollback_hash=migration.rollback.digest if migration.rollback else "",
    )


def _refuse_untrue(
    found: core_ledger.State, name: str, state: Literal["applied", "pending"]
) -> None:
    """Refuse to declare what the ledger knows to be otherwise: a script that was rolled back whole.

    Raises:
        MigdocsError: its last attempt left nothing, so it stands where it stood.
    """
    if name not in found.failed or name in {*found.half_done, *found.edited, *found.unknown}:
        return
    stands: Literal["applied", "pending"] = "applied" if name in found.applied else "pending"
    if state == stands:
        return
    again = "migdocs apply" if stands == "pending" else "migdocs rollback"
    raise MigdocsError(
        f"'{name}' is {stands}: its last attempt failed and was rolled back whole",
        hint=f"Correct the script, then '{again}'. If it was run by hand, 'migdocs baseline'.",
    )


def _refuse_resumable(
    migrations: Sequence[Migration],
    events: Sequence[Event],
    name: str,
    state: Literal["applied", "pending"],
) -> None:
    """Refuse to call done what the next ``apply`` can finish and check: an index half built."""
    if state == "applied" and name in plan.resumable(migrations, events, can_resume):
        raise MigdocsError(
            f"'{name}' can be run again as it is: what it left is met, and its index checked",
            hint="'migdocs apply' continues with it.",
        )
