"""The rollback flow: stop, roll back, verify, restore if need be, check out, start, see it work."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from migdocs.adapters import catalog, repository, shell
from migdocs.adapters.state import cache
from migdocs.commands import backup as backups
from migdocs.commands.guided import Step
from migdocs.commands.rollback import dry_run, rollback
from migdocs.commands.status import status
from migdocs.commands.target import reading
from migdocs.core.changes import remembered
from migdocs.core.errors import DatabaseError, MigdocsError, UsageError
from migdocs.core.proof import way_back

if TYPE_CHECKING:
    from collections.abc import Generator

    from migdocs.commands.guided import Outcome, Steps
    from migdocs.commands.place import Place
    from migdocs.commands.target import Target


class Return(Struct, frozen=True):
    """Rollback to a version.

    Attributes:
        keep: the ids that stay applied.
        tag: of the version, empty where there is none to check out.
        reason: for the ledger.
        undone: the ids that were rolled back, once they are.
    """

    place: Place
    target: Target
    keep: frozenset[str]
    tag: str
    reason: str
    undone: list[str] = field(default_factory=list)


def steps(this: Return) -> Steps:
    """Give the flow's steps, in the order of the seed's *Rollback Flow*.

    What cannot be rolled back is known before the application is stopped; and it is started only
    on a schema that is its own.
    """
    stop = this.place.environment.commands.stop
    undo, refused = _planned(this)
    if refused:
        yield from _only_a_backup(this, refused)
        return
    if not undo:
        yield from _nothing_to_undo(this)
        return
    stopped = False
    if stop:
        outcome = yield Step("stop", f"Stop the application ({stop})?", _own(this, stop))
        if outcome == "failed":
            return
        stopped = outcome == "done"
    before = status(this.place.migrations, this.target).state.applied
    outcome = yield Step("roll back", f"Roll back {', '.join(undo)}?", partial(_roll_back, this))
    if outcome == "declined":
        yield from _as_before(this, stopped=stopped)
        return
    if outcome == "done":
        outcome = yield _verification(this)
    outcome = yield from _restoration(this, outcome)
    if outcome == "done":
        yield from _start_the_version(this, stopped=stopped)
    elif status(this.place.migrations, this.target).state.applied == before:
        yield from _as_before(this, stopped=stopped)
    elif stopped:
        this.target.notify(
            "the application stays stopped: the schema is neither the new version's nor the old"
            " one's. 'migdocs status' says what is applied; restore a backup, or finish by hand."
        )


def _planned(this: Return) -> tuple[tuple[str, ...], MigdocsError | None]:
    """Give the ids that are to be undone, newest first; or why they cannot be, by a script."""
    try:
        plan = dry_run(this.place.migrations, this.target, keep=this.keep)
    except (UsageError, DatabaseError):
        raise
    except MigdocsError as error:
        return (), error
    return tuple(item.step.migration.id for item in plan), None


def _only_a_backup(this: Return, refused: MigdocsError) -> Steps:
    """Give the steps where no script leads back: restore, or leave everything as it is."""

    def tell() -> str:
        """Fail before anything is touched."""
        raise refused

    commands = this.place.environment.commands
    yield Step("roll back", "Roll back?", tell)
    if found := backups.offered(this.target, this.place.backups, this.keep):
        path = Path(found[-1].path)
        first = " (the application is stopped first)" if commands.stop else ""
        question = f"Restore {found[-1].title}{first}?"
        run = partial(_stop_and_restore, this, path)
        step = Step("restore", question, run, default=False, mends=True)
        if (yield step) == "done" and (yield _verification(this)) == "done":
            yield from _start_the_version(this, stopped=bool(this.place.environment.commands.stop))


def _nothing_to_undo(this: Return) -> Steps:
    """Give the steps where the database is there already: nothing is stopped for that."""
    this.target.notify("nothing is to be rolled back: the database has no migration beyond that")
    if this.tag:
        yield Step("check out", f"Check {this.tag} out?", partial(_check_out, this), default=False)


def _restoration(this: Return, outcome: Outcome) -> Generator[Step, Outcome, Outcome]:
    """Offer the newest dump of that version; give how things stand after it."""
    if found := backups.offered(this.target, this.place.backups, this.keep):
        path = Path(found[-1].path)
        question = f"Restore {found[-1].title}, if that is not enough?"
        run = partial(_restore, this, path)
        restored = yield Step("restore", question, run, default=False, mends=True)
        if restored == "done":
            return (yield _verification(this))
        if restored == "failed":
            return "failed"
    return outcome


def _start_the_version(this: Return, *, stopped: bool) -> Steps:
    """Give the steps that bring the version's code to its schema.

    Raises:
        MigdocsError: the application was stopped, and stays so.
    """
    commands = this.place.environment.commands
    if this.tag:
        check_out = partial(_check_out, this)
        step = Step("check out", f"Check {this.tag} out?", check_out, default=False)
        if (yield step) != "done":
            _left(this, f"check {this.tag} out", stopped=stopped)
            return
    if commands.start:
        own = "" if this.tag else " Only with the code of this schema"
        question = f"Start the application ({commands.start})?{own}"
        step = Step("start", question, _own(this, commands.start), default=bool(this.tag))
        if (yield step) != "done":
            _left(this, "", stopped=stopped)
            return
    if commands.health:
        yield Step("health", f"See that it works ({commands.health})?", _own(this, commands.health))


def _left(this: Return, first: str, *, stopped: bool) -> None:
    """Say what is left to do; that the application is stopped is no good end.

    Raises:
        MigdocsError: it is.
    """
    start = this.place.environment.commands.start
    begin = f"start the application ({start})" if start else "start the application"
    todo = " and ".join(part for part in (first, begin) if part)
    if stopped:
        raise MigdocsError(
            "the database went back, and the application is stopped still",
            hint=f"{todo[0].upper()}{todo[1:]}.",
        )
    this.target.notify(f"the application was not started: {todo} when it has the version's code")


def _as_before(this: Return, *, stopped: bool) -> Steps:
    """Start the application again where nothing changed under it."""
    start = this.place.environment.commands.start
    if not stopped:
        return
    if not start:
        this.target.notify("nothing was rolled back, and the application is stopped: start it")
        return
    question = f"Nothing was rolled back. Start the application again ({start})?"
    if (yield Step("start", question, _own(this, start))) != "done":
        this.target.notify(f"the application is stopped: '{start}' starts it")


def _verification(this: Return) -> Step:
    """Give the step that sees whether the schema is the version's."""
    return Step("verify", "Verify that all of it went back?", partial(_verify, this))


def _stop_and_restore(this: Return, path: Path) -> str:
    """Stop the application, then bring a dump back."""
    if stop := this.place.environment.commands.stop:
        _run(this, stop)
    return _restore(this, path)


def _roll_back(this: Return) -> str:
    """Undo what the version does not ship."""
    events = rollback(this.place.migrations, this.target, keep=this.keep, reason=this.reason)
    this.undone.extend(event.migration for event in events)
    return f"rolled back {', '.join(event.migration for event in events) or 'nothing'}"


def _verify(this: Return) -> str:
    """See that just what the version ships is applied, and that the schema went back too."""
    found = status(this.place.migrations, this.target).state
    missing = this.keep & {*found.pending}
    wrong = [*(set(found.applied) - this.keep), *missing, *found.half_done, *found.failed]
    if wrong:
        raise MigdocsError(
            f"not all went back: {', '.join(sorted(set(wrong)))}",
            hint="'migdocs status' shows what is wrong with each.",
        )
    if remains := _remains(this):
        raise MigdocsError(
            f"the schema did not go back: {'; '.join(remains)}",
            hint="Finish it by hand and fix the rollback script; or restore the backup.",
        )
    return f"the database is at {found.current or 'nothing applied'}, and its schema went back"


def _remains(this: Return) -> tuple[str, ...]:
    """Name what the rollbacks left of what their migrations did."""
    forward = [m.forward for m in this.place.migrations if m.id in this.undone and m.forward]
    changes = remembered.read(cache.Memory(this.place.root), forward)
    with reading(this.target) as session:
        present = catalog.read(session.connection).objects
    return way_back.remains((change for script in forward for change in changes[script]), present)


def _restore(this: Return, path: Path) -> str:
    """Bring the newest backup back."""
    done = backups.restore(this.target, path, this.place.backups)
    return f"restored; what was there is in {done.before.path}"


def _check_out(this: Return) -> str:
    """Check the version's commit out."""
    git = repository.find(this.place.root)
    if git is None:
        raise MigdocsError("this is not a git repository", hint="check the version out by hand.")
    repository.check_out(git, this.tag)
    return f"checked out {this.tag}"


def _own(this: Return, command: str) -> partial[str]:
    """Make a step's action of a command of the project's own."""
    return partial(_run, this, command)


def _run(this: Return, command: str) -> str:
    """Run a command of the project's own."""
    shell.run(command, this.place.root)
    return command
