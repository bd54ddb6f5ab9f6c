"""Say what is to be read before some migrations are applied: what breaks, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.commands import project
from migdocs.core.known import Unknown
from migdocs.core.upgrade import piece

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from migdocs.core.facts import Entry
    from migdocs.core.upgrade.piece import Piece

# Sections of the notes that an operator wants to have read.
WANTED = ("breaking", "impact", "upgrade", "downtime", "compatib")


def briefing(root: Path, ids: Sequence[str]) -> str:
    """Give a page about some migrations, for the terminal."""
    facts = project.read(root).facts
    entries = [facts.entries[name] for name in ids if name in facts.entries]
    breaking = sum(entry.breaks_something for entry in entries)
    documents = [facts.settings.document(name) for name in ("breaking", "upgrade")]
    read = " and ".join(path for path in documents if path)
    lines = [line for entry in entries for line in _lines(entry, piece.piece(facts, entry))]
    return "\n".join([f"{len(ids)} pending, {breaking} breaking; see {read}", *lines])


def _lines(entry: Entry, piece: Piece) -> list[str]:
    """Give one migration's lines: its name, what it breaks and locks, what its notes warn of."""
    mark = " (BREAKING)" if entry.breaks_something else ""
    if isinstance(entry.breaking, Unknown):
        mark = f" (whether it breaks anything is {entry.breaking})"
    lines = [f"  {entry.id}: {entry.title}{mark}"]
    lines += [f"    Breaks: {text}" for text in entry.breaks]
    about = {
        "Lock": f"{piece.lock} on {', '.join(piece.lock_on)}" if piece.lock else "",
        "Downtime": piece.downtime,
        "Duration": piece.duration,
        "No rollback": piece.irreversible,
        "Lost by the rollback": piece.loss,
    }
    lines += [f"    {name}: {' '.join(text.split())}" for name, text in about.items() if text]
    for section in entry.migration.notes.sections if entry.migration.notes else ():
        heading = section.heading.lower()
        if section.text.strip() and any(word in heading for word in WANTED):
            lines.append(f"    {section.heading}:")
            lines += [f"      {line}" for line in section.text.strip().splitlines()]
    return lines
