"""What a script answers of the decision tree's questions, and which of its Changes says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.changes import wording
from migdocs.core.sql.definitions import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from migdocs.core.impact import Assessment
    from migdocs.core.model import Change

# What takes rows away, or writes other values into them.
_ROWS = frozenset({"update", "delete", "truncate", "merge"})
_GONE = frozenset({"table", "column", "materialized view", "schema"})


class Answer(Struct, frozen=True):
    """An answer that the SQL gives.

    Attributes:
        yes: None where the SQL does not tell: a part of it is not read.
        why: what says so; a sentence's end.
    """

    yes: bool | None
    why: str


def answers(changes: Sequence[Change], assessed: Assessment) -> dict[str, Answer]:
    """Answer what a script answers, by the question's id.

    A no is only given where all of the script was read: what is not read may do anything.

    Args:
        changes: of the script, on the schema that it meets.
        assessed: what they mean together.
    """
    unread = [c for c in changes if c.opaque]
    breaking = [wording.describe(c) for c in assessed.because()] if assessed.breaking else []
    found = {
        "breaking": breaking,
        "data": _described(c for c in changes if _removes_data(c)),
        "type": _described(c for c in changes if (c.verb, c.kind) == ("retype", "column")),
        "not-null": _described(c for c in changes if _adds_not_null(c)),
    }
    not_known = {name for name, why in found.items() if unread and not why}
    if assessed.breaking is None:
        not_known.add("breaking")
    whole = f"not everything is read: {wording.describe(unread[0])}" if unread else "not known"
    return {
        name: Answer(None, whole)
        if name in not_known
        else Answer(bool(why), "; ".join(why) or "nothing in the script does")
        for name, why in found.items()
    }


def _described(changes: Iterable[Change]) -> list[str]:
    """Say what some Changes do, each once."""
    return list(dict.fromkeys(wording.describe(change) for change in changes))


def _removes_data(change: Change) -> bool:
    """Tell whether rows or their values go."""
    if change.kind == "rows":
        return change.verb in _ROWS
    return change.verb == "drop" and change.kind in _GONE


def _adds_not_null(change: Change) -> bool:
    """Tell whether a column is added that must not be null, to a table that may have rows."""
    column = change.definition
    added = (change.verb, change.kind) == ("add", "column")
    return added and isinstance(column, Column) and not column.nullable
