"""Write events as JSON lines that two branches can both add to, and read them again.

One line is one event; the order is that of time, so that the same events are the same bytes whoever
exports them, and a line that two branches have is kept once.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from migdocs.core.errors import InputError, raise_all
from migdocs.core.event import Event
from migdocs.core.ledger import merge

if TYPE_CHECKING:
    from collections.abc import Iterable

PATH = "history.jsonl"  # in the migrations folder
NAMES = tuple(field.name for field in fields(Event))
REQUIRED = ("migration", "action", "outcome", "at")


def shape(event: Event) -> dict[str, Any]:
    """Give an event's JSON object; what is not known is left out, the fixed names never."""
    fixed = {"migration", "action", "outcome", "at", "duration_ms", "by", "script_hash", "error"}
    return {name: value for name, value in asdict(event).items() if name in fixed or value}


def write(events: Iterable[Event]) -> str:
    """Give the lines, oldest first."""
    lines = (json.dumps(shape(event), ensure_ascii=False) for event in merge([events]))
    return "".join(f"{line}\n" for line in lines)


def read(text: str, path: str) -> tuple[Event, ...]:
    """Give the events of a file's text; fields of a newer migdocs are passed over.

    Raises:
        InputError: a line is no event; all such lines are named.
    """
    events: list[Event] = []
    errors: list[InputError] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                events.append(_event(line))
            except (ValueError, TypeError) as error:
                errors.append(
                    InputError(
                        f"is no event: {error}",
                        path=path,
                        line=number,
                        hint="Where a merge left its marks, keep the lines of both sides.",
                    )
                )
    raise_all(errors)
    return merge([events])


def _event(line: str) -> Event:
    """Read one line."""
    found = json.loads(line)
    if not isinstance(found, dict):
        raise TypeError("a JSON object is wanted")
    missing = [name for name in REQUIRED if not isinstance(found.get(name), str)]
    if missing:
        raise ValueError(f"'{missing[0]}' is missing")
    return Event(**{name: found[name] for name in NAMES if name in found})
