"""How documents say whether a migration can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.markup import escape

if TYPE_CHECKING:
    from migdocs.core.undoing import Undoing

_SHORT = {"yes": "Yes", "partly": "incomplete", "no": "**No**", "unknown": "not known"}
_WHOLE = {
    "yes": "Yes",
    "partly": "**Incomplete**: {why}",
    "no": "**No**: {why}; restore the backup",
    "unknown": "not known: {why}",
}
_WITH = {
    "yes": "its rollback script",
    "partly": "its rollback script, which does not undo all of it: {why}",
    "no": "only the backup: {why}",
    "unknown": "not known: {why}",
}


def whole(found: Undoing) -> escape.Safe:
    """Say whether it can be undone, and why not."""
    return escape.Safe(_WHOLE[found.can].replace("{why}", escape.prose(found.why)))


def short(found: Undoing) -> escape.Safe:
    """Say it in a word, for a cell of a table."""
    return escape.Safe(_SHORT[found.can])


def by_what(found: Undoing) -> escape.Safe:
    """Say in a clause what undoes it."""
    return escape.Safe(_WITH[found.can].replace("{why}", escape.prose(found.why)))
