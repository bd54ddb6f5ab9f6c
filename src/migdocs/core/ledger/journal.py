"""Write events as JSON lines that two branches can both add to, and read them again.

One line is one event; the order is that of time, so that the same events are the same bytes whoever
exports them, and a line that two branches have is kept once.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from migdocs.core import shaped
from migdocs.core.event import Event
from migdocs.core.ledger import merge
from migdocs.core.values import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

PATH = "history.jsonl"  # in the migrations folder
_MOST = 2**31  # lines of a script
_HINT = "where a merge left its marks, keep the lines of both sides."


def shape(event: Event) -> dict[str, Any]:
    """Give an event's JSON object; what is not known is left out, the fixed names never."""
    fixed = {"migration", "action", "outcome", "at", "duration_ms", "by", "script_hash", "error"}
    return {name: value for name, value in plain(event).items() if name in fixed or value}


def write(events: Iterable[Event]) -> str:
    """Give the lines, oldest first."""
    lines = (json.dumps(shape(event), ensure_ascii=False) for event in merge([events]))
    return "".join(f"{line}\n" for line in lines)


def read(text: str, path: str) -> tuple[Event, ...]:
    """Give the events of a file's text; fields of a newer migdocs are passed over.

    Raises:
        InputError: a line is no event; all such lines are named.
    """
    return merge([shaped.lines(text, path, Event, _HINT, _wrong)])


def _wrong(event: Event) -> str:
    """Say what an event of the right shape cannot mean."""
    if not event.migration:
        return "'migration' is empty"
    if not _is_time(event.at):
        return f"'at' is '{event.at}', not a time like 2026-01-31T09:30:00+00:00"
    return "" if 0 <= event.line < _MOST and (event.duration_ms or 0) >= 0 else "a number is wrong"


def _is_time(text: str) -> bool:
    """Tell whether a text is a time of ISO 8601 with its distance from UTC."""
    try:
        return datetime.fromisoformat(text).utcoffset() is not None
    except ValueError:
        return False
