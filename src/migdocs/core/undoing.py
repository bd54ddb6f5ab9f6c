"""Whether a migration can be undone: what a server showed, its notes, and its scripts as read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from migdocs.core.known import Unknown

if TYPE_CHECKING:
    from migdocs.core.facts import Entry

# What a rollback showed on a real server → why there is no way back by it.
_SEEN: dict[str, str] = {
    "rows-lost": "its rollback was seen to lose rows",
    "fails": "its rollback was seen to fail",
    "missing": "it has no rollback script",
    "impossible": "it cannot be undone, as was seen",
}
_DECLARED = "its notes say that it cannot be undone"
_GOOD = frozenset({"exact", "order"})


class Undoing(Struct, frozen=True):
    """Whether a migration can be undone.

    Attributes:
        can: ``yes``; ``partly``, where something stays that the version before can run on;
            ``no``; or ``unknown``.
        why: a clause; empty where there is nothing to say.
    """

    can: Literal["yes", "partly", "no", "unknown"]
    why: str = ""


def undoing(entry: Entry, verdict: str = "") -> Undoing:
    """Say whether a migration can be undone.

    Args:
        entry: the migration.
        verdict: what a server showed of its scripts as they are; empty where none did.
    """
    read, breaking = entry.reversal, entry.reversal.outcome == "leaves" and entry.reversal.breaks
    cannot = f"its rollback {read} according to its SQL: the version before cannot run on that"
    answers = (
        (read.outcome is None, Undoing("no", _SEEN["missing"])),
        (entry.migration.declared.reversible is False, Undoing("no", _DECLARED)),
        (verdict in _SEEN, Undoing("no", _SEEN.get(verdict, ""))),
        (verdict in _GOOD, Undoing("yes")),
        (read.outcome == "nothing", Undoing("no", "its rollback script does nothing")),
        (breaking, Undoing("no", cannot)),
        (verdict == "differs", _differs(entry)),
        (read.outcome == "unknown", Undoing("unknown", read.why)),
        (read.outcome == "leaves", Undoing("partly", f"it {read}")),
    )
    return next((answer for holds, answer in answers if holds), Undoing("yes"))


def _differs(entry: Entry) -> Undoing:
    """Judge a rollback that was seen to leave the schema different, and not read to break it."""
    read = entry.reversal
    seen = "its rollback was seen to leave the schema different"
    if read.outcome == "leaves":
        return Undoing("partly", f"{seen}: it {read}")
    if isinstance(entry.breaking, Unknown):
        return Undoing("unknown", f"{seen}, and nobody knows whether the version before runs on it")
    return Undoing("no" if entry.breaking else "partly", seen)
