"""What there is: migrations and releases, as a table, as JSON, as a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migdocs.core.documents import render, shapes
from migdocs.core.known import Unknown
from migdocs.core.unread import NOT_MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migdocs.core.facts import Facts
    from migdocs.core.reversal import Outcome

_ROLLBACK: Mapping[Outcome | None, str] = {
    None: "no",
    "nothing": "does nothing",
    "restores": "yes",
    "leaves": "incomplete",
    "unknown": "not known",
}
_YES_NO = {True: "yes", False: "no"}
_COLUMNS = ("migration", "release", "status", "rollback", "notes", "breaking")


def listing(facts: Facts) -> dict[str, Any]:
    """Give the JSON shape of ``list``."""
    return shapes.listing(facts)


def table(facts: Facts) -> str:
    """Give a table for the terminal, in run order."""
    if not facts.entries:
        if any(finding.rule in NOT_MIGRATIONS for finding in facts.findings):
            return "No migration was read, but there are scripts: 'migdocs check' names them.\n"
        return "There are no migrations yet: 'migdocs new' starts one.\n"
    rows = [_COLUMNS]
    for entry in facts.entries.values():
        found = entry.migration
        rows.append(
            (
                entry.id,
                entry.placement.release or "-",
                f"removed in {gone}" if (gone := entry.placement.removed_in) else entry.status,
                "-" if found.planned else _ROLLBACK[entry.reversal.outcome],
                "yes" if found.notes else "-",
                "not known" if isinstance(entry.breaking, Unknown) else _YES_NO[entry.breaking],
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines = (
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    )
    return "\n".join(lines) + "\n"


def version_flow(facts: Facts, form: str) -> str:
    """Give the version flow as ``text``, ``mermaid`` or ``svg``."""
    return {"text": render.flow_text, "mermaid": render.flow_diagram, "svg": render.flow_picture}[
        form
    ](facts)
