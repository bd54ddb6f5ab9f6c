"""Bring a database's ledger into the repository, so that no document ever needs a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migdocs.adapters import files
from migdocs.commands.status import history
from migdocs.core.ledger import journal, merge

if TYPE_CHECKING:
    from pathlib import Path

    from migdocs.commands.target import Target
    from migdocs.core.event import Event


def shapes(target: Target, environment: str = "") -> list[dict[str, Any]]:
    """Give what ``history --json`` prints of each event."""
    return [journal.shape(event) for event in history(target, environment)]


def export(root: Path, path: str, target: Target, environment: str) -> tuple[Event, ...]:
    """Add the ledger's events to a file of the repository; give those that are new there.

    Nothing that the file has is lost: what other environments, or branches, brought stays.

    Raises:
        InputError: the file holds lines that are no events; nothing is written.
    """
    before = journal.read(files.read(root, path), path) if files.exists(root, path) else ()
    after = merge([before, history(target, environment)])
    files.write_all(root, {path: journal.write(after)})
    known = set(before)
    return tuple(event for event in after if event not in known)
