"""Decide which scripts to run, in which order, from the project's migrations and a ledger's events.

What speaks against running is said for all migrations at once, before the first statement.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from migdocs.core import ledger
from migdocs.core.errors import InputError, MigdocsError, UsageError, raise_all
from migdocs.core.runner import quoted, repairing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from migdocs.core.event import Event
    from migdocs.core.model import Migration, Script

Direction = Literal["apply", "rollback"]


class Step(Struct, frozen=True):
    """One script to run.

    Attributes:
        resumed: an attempt outside a transaction was cut off before; what it left must be met.
    """

    migration: Migration
    direction: Direction
    script: Script
    resumed: bool = False

    @property
    def title(self) -> str:
        """What is done with which migration: ``apply 20260301_add_users``."""
        return f"{self.direction} {self.migration.id}"


def apply(
    migrations: Sequence[Migration],
    events: Sequence[Event],
    *,
    only: Collection[str] | None = None,
    allow_late: bool = False,
    can_resume: Callable[[Script], bool] = lambda _: False,
) -> tuple[Step, ...]:
    """Give the steps that apply what is pending, in run order, repeatable scripts last.

    Args:
        migrations: of the project, in run order.
        events: of the database, oldest first.
        only: the ids that may be applied; None for all.
        allow_late: run also those that were merged after newer ones had run.
        can_resume: whether a script that was cut off outside a transaction may be run again.

    Raises:
        MigdocsError: an applied script was edited, one is late or half done, or not in SQL.
    """
    known = {migration.id: migration for migration in migrations}
    standing = ledger.standings(events)
    state = ledger.state(migrations, events)
    resumed = resumable(migrations, events, can_resume)
    wanted = {*state.pending, *resumed} & (known.keys() if only is None else set(only))
    raise_all(
        (
            *_duplicates(migrations),
            *(_edited(known[name]) for name in state.edited),
            *(_half_done(standing[name]) for name in state.half_done if name not in resumed),
            *(_late(known[n], state) for n in state.late if n in wanted and not allow_late),
            *(_renamed(known[new], old) for new, old in state.renamed if new in wanted),
            *_foreign(known[name].forward for name in wanted),
        )
    )
    chosen = sorted((m for m in migrations if m.id in wanted), key=lambda m: m.repeatable)
    return tuple(
        Step(migration, "apply", migration.forward, migration.id in resumed)
        for migration in chosen
        if migration.forward
    )


def rollback(
    migrations: Sequence[Migration], events: Iterable[Event], *, undo: Collection[str]
) -> tuple[Step, ...]:
    """Give the steps that undo some applied migrations, the last applied first.

    Raises:
        MigdocsError: one has no rollback, is not here, is half done, or is not in SQL.
    """
    known = {migration.id: migration for migration in migrations}
    standing = ledger.standings(events)
    state = ledger.state(migrations, events)
    chosen = [name for name in reversed(state.applied) if name in undo]
    scripts = {name: known[name].rollback for name in chosen if name in known}
    raise_all(
        (
            *_duplicates(migrations),
            *(_half_done(standing[name]) for name in state.half_done),
            *(_no_way_back(known.get(name), name) for name in chosen if not scripts.get(name)),
            *_foreign(scripts.values()),
        )
    )
    return tuple(
        Step(known[name], "rollback", script) for name in chosen if (script := scripts[name])
    )


def up_to(migrations: Sequence[Migration], target: str) -> frozenset[str]:
    """Give the ids of the migrations up to and with one of them, in run order.

    Raises:
        UsageError: there is no such migration.
    """
    names = [migration.id for migration in migrations]
    return frozenset(names[: names.index(find(migrations, target).id) + 1])


def find(migrations: Iterable[Migration], name: str) -> Migration:
    """Give a migration by its id.

    Raises:
        UsageError: none is called so; the nearest name is in the hint.
    """
    known = {migration.id: migration for migration in migrations}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean '{near[0]}'?" if near else "'migdocs list' shows them all."
    raise UsageError(f"there is no migration '{name}'", hint=hint)


def resumable(
    migrations: Sequence[Migration],
    events: Sequence[Event],
    can_resume: Callable[[Script], bool],
) -> frozenset[str]:
    """Name the half done migrations that ``apply`` may run again.

    Args:
        migrations: of the project.
        events: of the database, oldest first.
        can_resume: whether a script that was cut off outside a transaction may be run again.
    """
    known = {migration.id: migration for migration in migrations}
    half_done = ((n, where) for n, where in ledger.standings(events).items() if where.half_done)
    return frozenset(n for n, where in half_done if _resumes(known.get(n), where, can_resume))


# --- what speaks against it ---------------------------------------------------------------------


def _resumes(
    migration: Migration | None, standing: ledger.Standing, can_resume: Callable[[Script], bool]
) -> bool:
    """Tell whether a half done migration may be run again: its own script, unchanged, harmless."""
    if migration is None or migration.forward is None or standing.event.action != "apply":
        return False
    same = standing.event.script_hash == migration.forward.digest
    return same and can_resume(migration.forward)


def _duplicates(migrations: Sequence[Migration]) -> Iterator[MigdocsError]:
    """Refuse two migrations with one id: the ledger could not tell them apart."""
    seen: dict[str, Migration] = {}
    for migration in migrations:
        first = seen.setdefault(migration.id, migration)
        if first is not migration and migration.forward:
            place = first.forward.path if first.forward else first.id
            yield InputError(
                f"'{migration.id}' is the id of two migrations, also of {place}",
                path=migration.forward.path,
                hint="Rename one of them.",
            )


def _edited(migration: Migration) -> MigdocsError:
    """Refuse to go on over a script that was changed after it ran."""
    said = repairing(migration.id, "--as applied --reason '…'")
    return MigdocsError(
        f"'{migration.id}' was applied with another text than it has now",
        path=migration.forward.path if migration.forward else "",
        hint="Put the old text back and write a new migration; or, if the database has what the"
        f" script says now: {said}.",
    )


def _renamed(migration: Migration, old: str) -> MigdocsError:
    """Refuse to run again what was applied under another name."""
    said = repairing(migration.id, f"--renamed-from {quoted(old)}")
    return MigdocsError(
        f"'{migration.id}' has the text of '{old}', which is applied here and has no script any"
        " more: it was renamed",
        path=migration.forward.path if migration.forward else "",
        hint=f"Record that: {said}",
    )


def _half_done(standing: ledger.Standing) -> MigdocsError:
    """Refuse to go on while nobody has said what a broken-off script left behind."""
    event = standing.event
    said = repairing(event.migration, "--as applied|pending --reason '…'")
    ended = f"failed: {event.error}" if event.outcome == "failed" else "was cut off"
    return MigdocsError(
        f"'{event.migration}' is half done: its {event.action} ran outside a transaction and"
        f" {ended}",
        hint=f"Look at what it left, finish or undo that by hand, then: {said}.",
    )


def _late(migration: Migration, state: ledger.State) -> MigdocsError:
    """Refuse a script that newer ones have overtaken, unless it is allowed."""
    return MigdocsError(
        f"'{migration.id}' is late: '{state.current}', which comes after it, is applied already",
        path=migration.forward.path if migration.forward else "",
        hint="If it does not mind the order: --allow-late.",
    )


def _foreign(scripts: Iterable[Script | None]) -> Iterator[MigdocsError]:
    """Refuse what is not SQL."""
    for script in scripts:
        if script and script.language != "sql":
            yield InputError(
                f"is written in {script.language}, which only its own tool can run",
                path=script.path,
                hint="Run it with that tool, then: migdocs baseline.",
            )


def _no_way_back(migration: Migration | None, name: str) -> MigdocsError:
    """Refuse to undo what cannot be undone by a script."""
    if migration is None:
        return MigdocsError(
            f"'{name}' is applied, but its scripts are not here",
            hint="Check out the version that has them.",
        )
    return MigdocsError(
        f"'{name}' has no rollback",
        path=migration.forward.path if migration.forward else "",
        hint="It is a point of no return: restore the backup from before it.",
    )
