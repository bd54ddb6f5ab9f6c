"""Show what was changed in a script after it ran, where git still has the text that ran."""

from __future__ import annotations

import contextlib
import difflib
from typing import TYPE_CHECKING

from migdocs.adapters import layouts, repository
from migdocs.core import ledger
from migdocs.core.errors import MigdocsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from migdocs.commands.target import Target
    from migdocs.core.event import Event
    from migdocs.core.model import Migration, Script


def tell(migrations: Sequence[Migration], events: Iterable[Event], target: Target) -> None:
    """Tell the target's person how each edited script differs from what the database ran."""
    standing = ledger.standings(events)
    for migration in migrations:
        where = standing.get(migration.id)
        if where and migration.forward and ledger.is_edited(migration, where):
            former = _former(target.root, target.folder, migration, where.script_hash)
            if former:
                target.notify(_difference(former, migration.forward))


def _former(root: Path, folder: str, migration: Migration, digest: str) -> Script | None:
    """Give the script as it was when it had a hash; None where git does not have that."""
    path = migration.forward.path if migration.forward else ""
    with contextlib.suppress(MigdocsError):
        found = repository.find(root)
        for text in repository.versions(found, path) if found else ():
            read = layouts.read([path], folder, {path: text}.__getitem__, migration.layout)
            for one in read.migrations:
                if one.forward and one.forward.digest == digest:
                    return one.forward
    return None


def _difference(before: Script, after: Script) -> str:
    """Write the difference of two texts of a script."""
    lines = difflib.unified_diff(
        before.text.expandtabs(4).splitlines(),
        after.text.expandtabs(4).splitlines(),
        f"{before.path} (as it was applied)",
        f"{after.path} (as it is)",
        lineterm="",
    )
    return "\n".join(lines)
