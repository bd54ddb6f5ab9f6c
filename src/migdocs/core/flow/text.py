"""Write the version flow as lines and arrows, for a terminal and for code blocks."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from migdocs.core.flow import Gap, badge, quiet, summary

if TYPE_CHECKING:
    from migdocs.core.flow import Entry, Flow, Lineage, Stop

WIDTH = 96
"""Columns that a line may have; only an unbreakable word is longer."""


def lines(flow: Flow) -> str:
    """Write a flow as lines and arrows, one lineage below the other."""
    if not flow.lineages:
        return summary(flow) + "\n"
    several = len(flow.lineages) + len(flow.quiet) > 1
    told = [_lineage_text(lineage, named=several) for lineage in flow.lineages]
    told += ["\n".join(textwrap.wrap(quiet(flow), WIDTH)) + "\n"] if flow.quiet else []
    return "\n".join(told)


def _lineage_text(lineage: Lineage, *, named: bool) -> str:
    """Write one lineage; its name stands above it where there are others."""
    lines: list[str] = []
    if named:
        after = f", after {lineage.after}" if lineage.after else ""
        lines += [f"── {lineage.name}{after} ──", ""]
    for index, stop in enumerate(lineage.stops):
        lines += ["    ▼"] if index else []
        lines += _stop_text(stop)
    return "\n".join(lines) + "\n"


def _stop_text(stop: Stop) -> list[str]:
    """Write one stop: its head, and what hangs below it on the line."""
    if isinstance(stop, Gap):
        return [f"({stop.text})", "    │"]
    head = stop.version + (f" ({stop.title})" if stop.title else "")
    lines = [head + (f" · {stop.date}" if stop.date else ""), "    │"]
    for entry in stop.entries:
        lines += [*_entry_text(entry, named=stop.title != entry.title), "    │"]
    told = ": ".join(filter(None, (badge(stop.compatibility), stop.compatibility.note)))
    return [*lines, *_hung(told[:1].upper() + told[1:], ""), "    │"] if told else lines


def _entry_text(entry: Entry, *, named: bool) -> list[str]:
    """Write one migration below its release; its title where the release's head lacks it."""
    kind = "Planned" if entry.planned else "Migration"
    lines = _hung(f"{kind}: {entry.id}", "")
    if named and entry.title:
        lines += _hung(entry.title, "  ")
    for change in entry.changes:
        lines += _hung(change, "- ")
    return lines


def _hung(line: str, bullet: str) -> list[str]:
    """Hang a text on the line, wrapped below its bullet."""
    return textwrap.wrap(
        line,
        WIDTH,
        initial_indent=f"    │ {bullet}",
        subsequent_indent=f"    │ {' ' * len(bullet)}",
        break_long_words=False,
        break_on_hyphens=False,
    )
