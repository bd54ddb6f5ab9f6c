"""The rollback flow: stop, roll back, verify, restore if need be, check out, start, see it work."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from migdocs.adapters import catalog, repository, shell
from migdocs.adapters.state import cache
from migdocs.commands import backup as backups
from migdocs.commands.guided import Step
from migdocs.commands.rollback import rollback
from migdocs.commands.status import status
from migdocs.commands.target import reading
from migdocs.core.changes import remembered
from migdocs.core.errors import MigdocsError
from migdocs.core.proof import way_back

if TYPE_CHECKING:
    from migdocs.commands.guided import Steps
    from migdocs.commands.place import Place
    from migdocs.commands.target import Target


@dataclass(frozen=True, slots=True)
class Return:
    """The way back to a version.

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
    """Give the flow's steps, in the order of the seed's *Rollback Flow*."""
    commands = this.place.environment.commands
    if commands.stop:
        stop = Step("stop", f"Stop the application ({commands.stop})?", _own(this, commands.stop))
        if (yield stop) == "failed":
            return
    outcome = yield Step("roll back", _question(this), partial(_roll_back, this))
    if outcome == "done":
        verify = Step("verify", "Verify that all of it went back?", partial(_verify, this))
        outcome = yield verify
    if found := backups.offered(this.target, this.place.backups, this.keep):
        path = Path(found[-1].path)
        question = f"Restore {found[-1].title}, if that is not enough?"
        restore = Step(
            "restore", question, partial(_restore, this, path), default=False, mends=True
        )
        restored = yield restore
        outcome = "done" if restored == "done" else outcome
    if outcome == "failed":
        return
    if this.tag:
        check_out = partial(_check_out, this)
        yield Step("check out", f"Check {this.tag} out?", check_out, default=False)
    if commands.start:
        start = _own(this, commands.start)
        yield Step("start", f"Start the application ({commands.start})?", start)
    if commands.health:
        yield Step("health", f"See that it works ({commands.health})?", _own(this, commands.health))


def _question(this: Return) -> str:
    """Ask about the migrations that are undone, by name; the step itself says what cannot be."""
    applied = status(this.place.migrations, this.target).state.applied
    names = [name for name in reversed(applied) if name not in this.keep]
    return f"Roll back {', '.join(names) or 'nothing'}?"


def _roll_back(this: Return) -> str:
    """Undo what the version does not ship."""
    events = rollback(this.place.migrations, this.target, keep=this.keep, reason=this.reason)
    this.undone.extend(event.migration for event in events)
    return f"rolled back {', '.join(event.migration for event in events) or 'nothing'}"


def _verify(this: Return) -> str:
    """See that just what the version ships is applied, and that the schema went back too."""
    found = status(this.place.migrations, this.target).state
    wrong = [*(set(found.applied) - this.keep), *found.half_done, *found.failed]
    if wrong:
        raise MigdocsError(
            f"not all went back: {', '.join(sorted(set(wrong)))}",
            hint="'migdocs status' says what is wrong with each.",
        )
    if remains := _remains(this):
        raise MigdocsError(
            f"the schema did not go back: {'; '.join(remains)}",
            hint="Finish it by hand and mend the rollback script; or restore the backup.",
        )
    return f"the database stands at {found.current or 'nothing applied'}, and its schema went back"


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
        raise MigdocsError("this is no git repository", hint="check the version out by hand.")
    repository.check_out(git, this.tag)
    return f"checked out {this.tag}"


def _own(this: Return, command: str) -> partial[str]:
    """Make a step's action of a command of the project's own."""
    return partial(_run, this, command)


def _run(this: Return, command: str) -> str:
    """Run a command of the project's own."""
    shell.run(command, this.place.root)
    return command
