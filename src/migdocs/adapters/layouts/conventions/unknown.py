"""No convention that is known: scripts are listed as they lie, and nobody's commands are said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.adapters.layouts.convention import Layout, Rule
from migdocs.adapters.layouts.conventions import native
from migdocs.adapters.layouts.evidence import Strength
from migdocs.adapters.layouts.languages import ANY_LANGUAGE
from migdocs.adapters.layouts.ordering import natural
from migdocs.adapters.layouts.runners import unknown_runner

if TYPE_CHECKING:
    from migdocs.adapters.layouts.convention import Order

_STEM = r"(?![.])[^/]+?"
_UNDO = r"(?:[._-](?:rollback|down|undo|revert))"


def _order(migration_id: str) -> Order:
    """Sort as our own triples do, and other names as people count."""
    rank, *rest = native.order(migration_id)
    return (rank, *(rest if native.has_place(migration_id) else (0, *natural(migration_id))))


LAYOUT = Layout(
    name="unknown",
    title="no convention that is known",
    rules=(
        Rule("rollback", rf"(?P<id>{_STEM}){_UNDO}\.sql"),
        Rule("rollback", rf"(?:down|rollbacks?|undo|revert)/(?P<id>{_STEM})\.sql"),
        Rule("forward", rf"(?P<id>{_STEM})(?:[._-]up)?\.sql"),
        Rule("forward", rf"(?P<id>[0-9]+[-_][^/]*?)(?<!_test)\.{ANY_LANGUAGE}(?<!\.sql)"),
        Rule("notes", rf"(?:notes/)?(?P<id>(?![.]|[A-Z][A-Z0-9_-]*[.]){_STEM})\.md"),
    ),
    order=_order,
    least=Strength.SETTING,
    reads="scripts are listed in the order of their names; what runs them is not known",
    runner=unknown_runner(),
)
