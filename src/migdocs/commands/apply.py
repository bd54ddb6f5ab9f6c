"""Apply what is pending: plan under the lock, refuse before the first statement, run one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.adapters import large
from migdocs.adapters.database import checks, ledger, runner, sending
from migdocs.adapters.database.run import Run
from migdocs.commands import edited, included
from migdocs.commands.target import alone, reading
from migdocs.core.errors import InputError, raise_all
from migdocs.core.ledger import plan
from migdocs.core.sql import concurrent, rows, script
from migdocs.core.sql.execution import Execution, execution

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from migdocs.adapters.database.run import Send
    from migdocs.adapters.database.session import Session
    from migdocs.commands.target import Target
    from migdocs.core.event import Event
    from migdocs.core.ledger.plan import Step
    from migdocs.core.model import Migration, Script

PSQL_HINT = (
    "Write it in SQL; or set 'psql = true' under [database], and psql runs it; or run this script"
    " with 'psql -X -v ON_ERROR_STOP=1 -f', then 'migdocs baseline' it."
)


class Prepared(Struct, frozen=True):
    """A step, and how its script is run."""

    step: Step
    execution: Execution


def apply(
    migrations: Sequence[Migration],
    target: Target,
    *,
    only: Collection[str] | None = None,
    allow_late: bool = False,
    verify: bool = False,
) -> tuple[Event, ...]:
    """Apply what is pending, each script with its ledger row; give the events.

    Args:
        migrations: of the project, in run order.
        target: the database.
        only: the ids that may be applied; None for all.
        allow_late: run also those that were merged after newer ones had run.
        verify: run the checks of each migration's notes after it.

    Raises:
        MigdocsError: the plan is refused, and nothing ran.
        DatabaseError: a script failed; those before it stay applied.
    """
    with alone(target, "apply") as session:
        events = ledger.read(session.connection, target.options.ledger)
        edited.tell(migrations, events, target)
        steps = planned(migrations, events, target, only=only, allow_late=allow_late)
        return tuple(_run(session, target, step, verify=verify) for step in steps)


def dry_run(
    migrations: Sequence[Migration],
    target: Target,
    *,
    only: Collection[str] | None = None,
    allow_late: bool = False,
) -> tuple[Prepared, ...]:
    """Give what ``apply`` would run; nothing is changed."""
    with reading(target, "apply") as session:
        events = ledger.read(session.connection, target.options.ledger)
    edited.tell(migrations, events, target)
    return planned(migrations, events, target, only=only, allow_late=allow_late)


def planned(
    migrations: Sequence[Migration],
    events: Sequence[Event],
    target: Target,
    *,
    only: Collection[str] | None,
    allow_late: bool,
) -> tuple[Prepared, ...]:
    """Give the steps to run and how, or refuse all of them."""
    return prepared(
        plan.apply(migrations, events, only=only, allow_late=allow_late, can_resume=can_resume),
        target,
    )


def prepared(steps: Iterable[Step], target: Target) -> tuple[Prepared, ...]:
    """Decide how each script is run.

    Raises:
        InputError: some scripts hold what only psql understands; all such places are named.
    """
    found = tuple(
        Prepared(step, how_to_run(step.script, psql=_may_be_psqls(step, target))) for step in steps
    )
    raise_all(error for item in found for error in _refusals(item, target.root))
    return found


def how_to_run(found: Script, *, psql: bool = False) -> Execution:
    """Split a script and decide how it is run."""
    statements = script.split(found.text, found.line)
    if found.stored:
        statements = tuple(rows.with_true_lines(statements, found.stored))
    return execution(statements, transaction=found.transaction, psql=psql)


def _may_be_psqls(step: Step, target: Target) -> bool:
    """Tell whether psql may run a script: the project says so, and it is a whole file."""
    ways = (step.migration.forward, step.migration.rollback)
    paths = [script.path for script in ways if script]
    return target.options.psql and len(set(paths)) == len(paths)


def can_resume(found: Script) -> bool:
    """Tell whether a script that was cut off outside a transaction may be run again."""
    return concurrent.can_resume(script.split(found.text, found.line))


def _refusals(item: Prepared, root: Path) -> Iterator[InputError]:
    """Name every statement that a server does not understand, or after which psql says nothing."""
    if item.execution.mode == "psql":
        yield from included.problems(root, item.step.script.path, item.step.script.text)
    for refusal in item.execution.refusals:
        path = item.step.script.path
        yield InputError(refusal.reason, path=path, line=refusal.line, hint=PSQL_HINT)


def sender(root: Path, script: Script, execution: Execution) -> Send:
    """Give what sends a script's rows: from memory, or from the file where they are left out."""
    if script.stored is None:
        return sending.held_rows
    return large.below(root / script.path, execution.statements, script.stored)


def run(session: Session, target: Target, item: Prepared, reason: str = "") -> Event:
    """Tell which step it is, and run it with its ledger row."""
    target.on_step(item.step)
    rows = sender(target.root, item.step.script, item.execution)
    return runner.run(Run(session, item.step, item.execution, rows, reason, target.root))


def _run(session: Session, target: Target, item: Prepared, *, verify: bool) -> Event:
    """Run one step, and the checks of its notes where that is asked for."""
    event = run(session, target, item)
    notes = item.step.migration.notes
    if verify and notes:
        for check in notes.checks:
            checks.run(session, notes.path, check)
    return event
