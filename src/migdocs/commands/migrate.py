"""The user flow: read, back up, choose a way, apply, verify; and the way back where that fails."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

from migdocs.adapters import config
from migdocs.commands import backup as backups
from migdocs.commands import naming
from migdocs.commands.apply import apply, dry_run
from migdocs.commands.guided import Step
from migdocs.commands.rollback import rollback
from migdocs.commands.status import status
from migdocs.core import runner
from migdocs.core.counting import counted
from migdocs.core.errors import MigdocsError
from migdocs.core.sql.execution import alone_in_one

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from migdocs.commands.guided import Outcome, Steps
    from migdocs.commands.place import Place
    from migdocs.commands.target import Target

Way = Literal["interactive", "at once", "by hand"]
WAYS: tuple[Way, ...] = ("interactive", "at once", "by hand")


class Migrating(Struct, frozen=True):
    """One walk through the flow.

    Attributes:
        brief: gives what there is to read about some migrations, by id.
        choose: lets the person pick a way.
        dumps: the backup that was made, once it is.
    """

    place: Place
    target: Target
    brief: Callable[[tuple[str, ...]], str]
    choose: Callable[[], str]
    dumps: list[Path] = field(default_factory=list)


def steps(this: Migrating) -> Steps:
    """Give the flow's steps, in the order of the seed's *User Migration Flow*."""
    pending = dry_run(this.place.migrations, this.target)
    if not pending:
        this.target.notify("nothing is pending")
        yield Step("verify", "Verify what is there?", partial(_verify, this, ()))
        return
    ids = tuple(item.step.migration.id for item in pending)
    before = status(this.place.migrations, this.target).state.applied
    this.target.notify(this.brief(ids))
    if (yield Step("read", f"Go on, with {_counted(ids)} to apply?", lambda: "")) != "done":
        return
    backup = Step("back up", f"Back up to {this.place.backups}?", partial(_back_up, this))
    if (yield backup) == "failed":
        return
    way = this.choose()
    if way == "by hand":
        this.target.notify(by_hand(this, ids))
        return
    outcome = yield from _apply(this, ids, way)
    if outcome == "done":
        outcome = yield Step("verify", "Verify?", partial(_verify, this, ids))
    if outcome == "failed":
        yield from _way_back(this, ids, before)


def by_hand(this: Migrating, ids: tuple[str, ...]) -> str:
    """Give the commands that apply some migrations without us, and the one that tells us so."""
    scripts = [m.forward for m in this.place.migrations if m.id in ids and m.forward]
    variable, option = _database_named(this)
    commands = [
        runner.psql(s.path, variable, whole=alone_in_one(s.text, transaction=s.transaction))
        for s in scripts
    ]
    return "\n".join([*commands, f"migdocs baseline --to {runner.quoted(ids[-1])}{option}"])


def _database_named(this: Migrating) -> tuple[str, str]:
    """Give the variable that holds the URL in hand, and the option that means its database."""
    name = this.place.name
    if this.target.url != config.database_url(this.place.settings, name):
        return "URL", f" {naming.option('', by_url=True)}"
    return this.place.variable, f" {naming.option(name, by_url=False)}" if name else ""


def _apply(this: Migrating, ids: tuple[str, ...], way: str) -> Generator[Step, Outcome, Outcome]:
    """Give the steps that apply: one for each migration, or one for all."""
    groups = [(name,) for name in ids] if way == "interactive" else [ids]
    outcome: Outcome = "done"
    for group in groups:
        question = f"Apply {_counted(group) if len(group) > 1 else group[0]}?"
        outcome = yield Step("apply", question, partial(_applied, this, group))
        if outcome != "done":
            break
    return outcome


def _applied(this: Migrating, ids: tuple[str, ...]) -> str:
    """Apply some migrations."""
    events = apply(this.place.migrations, this.target, only=ids, verify=True)
    return f"applied {', '.join(event.migration for event in events)}"


def _back_up(this: Migrating) -> str:
    """Make a backup, and remember it for the way back."""
    days = this.place.settings.backup_keep_days
    kept = backups.backup(this.target, this.place.backups, days)
    this.dumps.append(Path(kept.backup.path))
    for line in kept.warnings:
        this.target.notify(line)
    return f"{kept.backup.path}, kept for {days} days"


def _verify(this: Migrating, ids: tuple[str, ...]) -> str:
    """See that what this run was to apply is applied; what else is wrong is said, no more.

    Raises:
        MigdocsError: one of them is not applied, or half done.
    """
    found = status(this.place.migrations, this.target).state
    missing = {name for name in ids if name not in found.applied}
    broken = {*found.half_done, *found.edited, *found.failed}
    wrong = [name for name in ids if name in missing | broken]
    if wrong:
        raise MigdocsError(
            f"not all is well: {', '.join(wrong)}",
            hint="'migdocs status' shows what is wrong with each.",
        )
    if others := sorted(broken - set(ids)):
        this.target.notify(
            f"not of this run, and not well: {', '.join(others)}; 'migdocs status' shows why"
        )
    return f"{_counted(found.applied)} applied, the last is {found.current}"


def _way_back(this: Migrating, ids: tuple[str, ...], before: tuple[str, ...]) -> Steps:
    """Give the steps back to what was there before; the failure still stands."""
    now = status(this.place.migrations, this.target).state.applied
    done = [name for name in now if name in ids and name not in before]
    if done:
        question = f"Roll back {_counted(done)} of this run?"
        keep = tuple(name for name in now if name not in done)
        yield Step("roll back", question, partial(_undo, this, keep))
    for path in this.dumps:
        question = f"Restore the database from {path}?"
        yield Step("restore", question, partial(_restore, this, path), default=False)


def _undo(this: Migrating, keep: tuple[str, ...]) -> str:
    """Roll back what this run applied."""
    reason = "a later migration of the same run failed"
    events = rollback(this.place.migrations, this.target, keep=keep, reason=reason)
    return f"rolled back {', '.join(event.migration for event in events)}"


def _restore(this: Migrating, path: Path) -> str:
    """Bring the database back to the backup of this run."""
    done = backups.restore(this.target, path, this.place.backups)
    return f"restored; what was there is in {done.before.path}"


def _counted(names: tuple[str, ...] | list[str]) -> str:
    """Count migrations in words."""
    return counted(len(names), "migration")
