"""Undo what is applied, the last first, each with its own rollback script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.adapters.database import ledger
from migdocs.commands.apply import Prepared, prepared, run
from migdocs.commands.target import alone, reading
from migdocs.core.errors import UsageError
from migdocs.core.ledger import plan, state

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from migdocs.commands.target import Target
    from migdocs.core.event import Event
    from migdocs.core.model import Migration


def rollback(
    migrations: Sequence[Migration],
    target: Target,
    *,
    keep: Collection[str] | None = None,
    last: int = 1,
    reason: str = "",
) -> tuple[Event, ...]:
    """Undo migrations in the reverse order of their application; give the events.

    Args:
        migrations: of the project, in run order.
        target: the database.
        keep: the ids that stay; None undoes the ``last`` ones applied.
        last: how many, where ``keep`` does not say it.
        reason: for the ledger.

    Raises:
        UsageError: fewer than the ``last`` ones are applied.
        MigdocsError: one of them has no rollback, and nothing ran.
        DatabaseError: a script failed; what was undone before it stays undone.
    """
    with alone(target, "rollback") as session:
        events = ledger.read(session.connection, target.options.ledger)
        steps = _planned(migrations, events, target, keep, last)
        return tuple(run(session, target, item, reason) for item in steps)


def dry_run(
    migrations: Sequence[Migration],
    target: Target,
    *,
    keep: Collection[str] | None = None,
    last: int = 1,
) -> tuple[Prepared, ...]:
    """Give what ``rollback`` would run; nothing is changed."""
    with reading(target, "rollback") as session:
        events = ledger.read(session.connection, target.options.ledger)
    return _planned(migrations, events, target, keep, last)


def _planned(
    migrations: Sequence[Migration],
    events: Sequence[Event],
    target: Target,
    keep: Collection[str] | None,
    last: int,
) -> tuple[Prepared, ...]:
    """Give the steps that undo what is not to be kept."""
    applied = state(migrations, events).applied
    if keep is None and 0 < len(applied) < last:
        raise UsageError(
            f"{last} migrations cannot be rolled back: {len(applied)} applied here",
            hint=f"'--last {len(applied)}' rolls all of them back: {', '.join(applied)}.",
        )
    undo = applied[len(applied) - last :] if keep is None else set(applied) - set(keep)
    return prepared(plan.rollback(migrations, events, undo=undo), target)
