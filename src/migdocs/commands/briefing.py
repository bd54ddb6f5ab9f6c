"""Say what is to be read before some migrations are applied: what breaks, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.commands import project

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from migdocs.core.facts import Entry

# Sections of the notes that an operator wants to have read.
WANTED = ("breaking", "impact", "upgrade", "downtime", "compatib")


def briefing(root: Path, ids: Sequence[str]) -> str:
    """Give a page about some migrations, for the terminal."""
    facts = project.read(root).facts
    entries = [facts.entries[name] for name in ids if name in facts.entries]
    breaking = sum(bool(entry.breaking) for entry in entries)
    documents = [facts.settings.document(name) for name in ("breaking", "upgrade")]
    read = " and ".join(path for path in documents if path)
    lines = [line for entry in entries for line in _lines(entry)]
    return "\n".join([f"{len(ids)} pending, {breaking} breaking; see {read}", *lines])


def _lines(entry: Entry) -> list[str]:
    """Give one migration's lines: its name, and what its notes warn of."""
    mark = " (BREAKING)" if entry.breaking else ""
    lines = [f"  {entry.id}: {entry.title}{mark}"]
    for section in entry.migration.notes.sections if entry.migration.notes else ():
        heading = section.heading.lower()
        if section.text.strip() and any(word in heading for word in WANTED):
            lines.append(f"    {section.heading}:")
            lines += [f"      {line}" for line in section.text.strip().splitlines()]
    return lines
