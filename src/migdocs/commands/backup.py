"""Back a database up, and bring it back without losing a line of its ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.adapters import repository
from migdocs.adapters.database import dump
from migdocs.adapters.database.dump import folder as folders
from migdocs.adapters.sandbox import programs
from migdocs.commands.target import alone, reading
from migdocs.core import backups as labels
from migdocs.core.errors import MachineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from migdocs.adapters.database.dump import Restored
    from migdocs.commands.target import Target
    from migdocs.core.backups import Backup

FORMER = "backups"  # where versions before 0.2 laid dumps, in the project


class Kept(Struct, frozen=True):
    """A backup that was made, and the old ones that were removed for it.

    Attributes:
        warnings: what will stand in the way of restoring it.
    """

    backup: Backup
    pruned: tuple[Path, ...]
    warnings: tuple[str, ...] = ()


class BroughtBack(Struct, frozen=True):
    """What was brought back.

    Attributes:
        dump: that was restored.
        before: the backup of what was there until then.
        done: what the restore found and wrote.
    """

    dump: Backup
    before: Backup
    done: Restored


def backup(target: Target, folder: Path, keep_days: int) -> Kept:
    """Dump the database into a folder, and remove its dumps that are too old, never the newest.

    Raises:
        MachineError: no dump can be made or written; nothing is left, and nothing removed.
    """
    check_folder(target.root, folder)
    with reading(target) as session:
        tools = dump.find_tools(programs.folders(), session.major)
        made = dump.backup(tools, session, folder, target.environment)
        said = dump.warnings(tools, session)
    pruned = dump.prune(folder, made.label, keep_days) if made.label else ()
    return Kept(made, pruned, said)


def restore(target: Target, path: Path, folder: Path, *, foreign: bool = False) -> BroughtBack:
    """Make the database what it was at a backup, after a backup of what it is now.

    The lock comes first: what a running ``apply`` writes is in one of the two. The ledger keeps
    what was written since then, and says that it no longer holds.

    Args:
        target: the database.
        path: of the dump.
        folder: where the backup of what is there now is laid.
        foreign: bring it back though it is another database's, or nobody knows whose.

    Raises:
        MachineError: the file is no complete dump, or no backup can be made before.
        DatabaseError: the dump is another database's; or the server refused, and the database is as
            it was.
    """
    check_folder(target.root, folder)
    with reading(target) as session:
        tools = dump.find_tools(programs.folders(), session.major, path)
        wanted = folders.at(path)
        dump.check(tools, path)
        refused = labels.refusal(wanted, dump.here(session, target.environment))
        if refused and not foreign:
            raise refused
    with alone(target) as session:
        before = dump.backup(tools, session, folder, target.environment, "before-restore")
        done = dump.restore(tools, session, wanted, folder)
    return BroughtBack(wanted, before, done)


def offered(target: Target, folder: Path, at: Collection[str] | None = None) -> tuple[Backup, ...]:
    """Give the dumps that may be brought back into the database, oldest first.

    Args:
        target: the database in hand: another's dumps are never among them.
        folder: where they lie.
        at: the migrations that must be applied in them, just these; None for any.
    """
    with reading(target) as session:
        present = dump.here(session, target.environment)
    return labels.offered(folders.backups(folder), present, at)


def newest(target: Target, folder: Path) -> Backup:
    """Give the newest backup of the database.

    Raises:
        UsageError: there is none; the hint names what else lies there.
    """
    if found := offered(target, folder):
        return found[-1]
    others = [item.path.name for item in folders.backups(folder)]
    hint = "'migdocs backup' makes one."
    if others:
        hint += (
            f" What is there belongs to other databases, or was made before a restore: {others[-1]}"
        )
        hint += f" and {len(others) - 1} more." if len(others) > 1 else "."
    raise UsageError(f"there is no backup of this database in '{folder}'", hint=hint)


def titled(path: Path) -> str:
    """Name a dump with what it holds, for people."""
    return folders.at(path).title


def former(root: Path) -> tuple[Path, ...]:
    """Name the dumps that an older migdocs left in the project; they are not used, nor removed."""
    return tuple(Path(item.path) for item in folders.backups(root / FORMER) if not item.label)


def check_folder(root: Path, folder: Path) -> None:
    """Refuse a folder from which rows of real people would be committed, or published.

    Raises:
        MachineError: git would commit what is laid there, or it is part of the documentation.
    """
    place, top = folder.resolve(), root.resolve()
    if not place.is_relative_to(top):
        return
    inside = place.relative_to(top)
    hint = "set backup_dir to a folder outside of the project; unset, it is in your state folder."
    if inside.parts[:1] == ("docs",):
        raise MachineError("backups here would be published", path=str(folder), hint=hint)
    git = repository.find(root)
    if git and folder.exists() and not repository.is_ignored(git, str(inside / "x.dump")):
        raise MachineError(
            "backups here would be committed: git does not ignore this folder",
            path=str(folder),
            hint=f"add '{inside}/' to .gitignore; or {hint}",
        )
