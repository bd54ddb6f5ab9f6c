"""The first sentence of a guide: how much, for whom the application stops, how long, until when.

``migdocs.js`` says it in the same words for any pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.counting import counted
from migdocs.core.ledger.gate import OTHERS
from migdocs.core.upgrade.words import SUMMARY

if TYPE_CHECKING:
    from migdocs.core.upgrade.guide import Guide

_MINUTE, _HOUR = 60, 3600  # seconds
_IN_SECONDS, _IN_MINUTES = 90, 5400  # below so many seconds a time is told in that unit


def sentence(guide: Guide) -> str:
    """Answer in one sentence what an operator asks first; empty where the way is refused."""
    if not guide.allowed:
        return ""
    if not guide.pieces:
        return SUMMARY["nothing"]
    told = [counted(len(guide.pieces), "migration")]
    if guide.unread:
        told.append(SUMMARY["unread"].format(count=len(guide.unread)))
    stops = sum(piece.stop_needed for piece in guide.pieces)
    name = "stop_all" if guide.applied_by in OTHERS else "stop" if stops else "no_stop"
    told.append(SUMMARY[name].format(count=stops))
    total = guide.duration.total_ms
    told.append(SUMMARY["no_time"] if total is None else lasting(total))
    return f"{', '.join((*told, _undone(guide)))}."


def lasting(milliseconds: int) -> str:
    """Write a time as people say it."""
    seconds = (milliseconds + 500) // 1000
    if seconds < 1:
        return "less than a second"
    if seconds < _IN_SECONDS:
        return f"about {counted(seconds, 'second')}"
    if seconds < _IN_MINUTES:
        return f"about {counted((seconds + _MINUTE // 2) // _MINUTE, 'minute')}"
    return f"about {counted((seconds + _HOUR // 2) // _HOUR, 'hour')}"


def _undone(guide: Guide) -> str:
    """Say until which step it can be undone."""
    if guide.no_return:
        step = next(step.number for step in guide.steps if step.kind == "no_return")
        return SUMMARY["until"].format(step=step)
    if guide.undo_unknown:
        return SUMMARY["undo_unknown"]
    return SUMMARY["stays" if guide.stays else "undone"]
