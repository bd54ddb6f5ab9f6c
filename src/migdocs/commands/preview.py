"""Show what would run: the statements, how each script is run, and what each may do to others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migdocs.commands import project
from migdocs.core.model import Hazard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from migdocs.commands.apply import Prepared
    from migdocs.core.sql.script import Statement

Found = dict[tuple[str, int], list[Hazard]]


def shapes(root: Path, plan: Sequence[Prepared]) -> list[dict[str, Any]]:
    """Give what ``--dry-run --json`` prints of each step."""
    found = _hazards(root, plan)
    return [
        {
            "migration": item.step.migration.id,
            "direction": item.step.direction,
            "script": item.step.script.path,
            "mode": item.execution.mode,
            "reason": item.execution.reason,
            "statements": [
                _statement(statement, found.get((item.step.script.path, statement.index), []))
                for statement in item.execution.statements
            ],
        }
        for item in plan
    ]


def text(root: Path, plan: Sequence[Prepared]) -> str:
    """Give SQL for people to read, with what is worth knowing as comments."""
    found = _hazards(root, plan)
    return "\n".join(line for item in plan for line in _lines(item, found)) or "-- nothing"


def _statement(statement: Statement, hazards: Iterable[Hazard]) -> dict[str, Any]:
    """Give one statement, with the locks and hazards that it brings."""
    return {
        "line": statement.line,
        "sql": statement.text,
        "hazards": [
            {
                "rule": hazard.rule,
                "severity": hazard.severity,
                "message": hazard.message,
                "lock": hazard.lock,
                "on": list(hazard.on),
            }
            for hazard in hazards
        ],
    }


def _lines(item: Prepared, found: Found) -> Iterator[str]:
    """Give the lines of one step."""
    reason = f": {item.execution.reason}" if item.execution.reason else ""
    path = item.step.script.path
    yield f"-- {item.step.direction} {path} ({item.execution.mode}{reason})"
    for statement in item.execution.statements:
        for hazard in found.get((path, statement.index), ()):
            lock = f" [{hazard.lock} on {', '.join(hazard.on)}]" if hazard.lock else ""
            yield f"-- {hazard.severity}: {hazard.rule}: {' '.join(hazard.message.split())}{lock}"
        yield f"{statement.text};"
        if statement.followed:
            yield "-- and, from the file, more statements like those above, with other values"


def _hazards(root: Path, plan: Sequence[Prepared]) -> Found:
    """Give the hazards by script and statement; rollbacks are not judged."""
    found: Found = {}
    if any(item.step.direction == "apply" for item in plan):
        judged = project.read(root).facts.script_findings
        for item in plan:
            for hazard in judged.get(item.step.migration.id, ()):
                if isinstance(hazard, Hazard):
                    found.setdefault((hazard.path, hazard.statement), []).append(hazard)
    return found
