"""Back a database up, and bring it back without losing a line of its ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migdocs.adapters import dump
from migdocs.adapters.database import ledger
from migdocs.adapters.sandbox import programs
from migdocs.commands.target import alone, reading
from migdocs.core.errors import UsageError
from migdocs.core.ledger import brought_back

if TYPE_CHECKING:
    from pathlib import Path

    from migdocs.adapters.dump import Backup
    from migdocs.commands.target import Target
    from migdocs.core.event import Event


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup that was made, and the old ones that were removed for it."""

    backup: Backup
    pruned: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back.

    Attributes:
        path: of the dump.
        before: the backup of what was there until then.
        events: written into the ledger, so that it says what the database has now.
    """

    path: Path
    before: Backup
    events: tuple[Event, ...]


def backup(target: Target, folder: Path, keep_days: int) -> Kept:
    """Dump the database into a folder, and remove its dumps that are too old, never the newest.

    Raises:
        MachineError: no dump can be made or written; nothing is left, and nothing removed.
    """
    made = dump.backup(_tools(target), target.url, folder)
    return Kept(made, dump.prune(folder, made.database, keep_days))


def restore(target: Target, path: Path, folder: Path) -> Restored:
    """Make the database what it was at a backup, after a backup of what it is now.

    The ledger keeps what was written since then, and says that it no longer holds.

    Raises:
        MachineError: the file is no complete dump, or no backup can be made before.
        DatabaseError: the server refused; the database is as it was.
    """
    tools = _tools(target)
    dump.check(tools, path)
    before = dump.backup(tools, target.url, folder)
    with alone(target) as session:
        known = ledger.read(session.connection, target.options.ledger)
        dump.restore(tools, target.url, path, folder)
        ledger.create(session)
        found = ledger.read(session.connection, target.options.ledger)
        with session.connection.transaction():
            lost = tuple(event for event in known if event not in set(found))
            ledger.copy(session, lost)
            events = brought_back(found, lost, reason=f"restored from {path.name}")
            for event in events:
                ledger.append(session, event)
    return Restored(path, before, events)


def newest(folder: Path) -> Path:
    """Give the newest backup of a folder.

    Raises:
        UsageError: there is none.
    """
    found = dump.backups(folder)
    if not found:
        raise UsageError(f"there is no backup in '{folder}'", hint="'migdocs backup' makes one.")
    return found[-1].path


def _tools(target: Target) -> dump.Tools:
    """Give the programs for the target's server."""
    with reading(target) as session:
        return dump.find_tools(programs.folders(), session.major)
