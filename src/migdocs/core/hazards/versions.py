"""Syntax, functions and types that a later PostgreSQL version brings."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from migdocs.core.hazards.actions import ANY
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.hazards.young_forms import NO_FUNCTION, SYNTAX_ERROR
from migdocs.core.hazards.younger import YOUNGER
from migdocs.core.locks import NONE
from migdocs.core.sql import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.hazards.young_forms import Young
    from migdocs.core.sql.parser import Parsed

BY_MESSAGE: dict[str, list[Young]] = {}
for _young in YOUNGER:
    BY_MESSAGE.setdefault(_young.message, []).append(_young)
# No syntax is about jsonb, which every third table has.
JSON = re.compile(r"json(?!b)")
# What is not a statement's own words: literals, bodies, comments.
QUOTED = re.compile(
    r"'[^']*(?:'|\Z)|(?P<tag>\$\w*\$).*?(?:(?P=tag)|\Z)|--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL
)


@cache
def _signs(postgres: int) -> tuple[tuple[str, ...], tuple[re.Pattern[str], ...]]:
    """Give the words and forms of which any syntax that a version has not has one."""
    young = [entry for entry in YOUNGER if entry.since > postgres]
    words = {word for entry in young for word in entry.words}
    forms = [entry.form for entry in young if entry.form and not entry.words]
    if "json" in words:
        forms.append(JSON)
    return tuple(sorted(words - {"json"})), tuple(dict.fromkeys(forms))


def may_be_young(text: str, postgres: int) -> bool:
    """Tell whether a statement may have syntax that a version has not, by its words."""
    words, forms = _signs(postgres)
    lowered = text.lower()
    for word in words:  # no generator: every statement is asked
        if word in lowered:
            return True
    return any(form.search(lowered) for form in forms)


def too_young(parsed: Parsed, postgres: int) -> tuple[Young | None, str]:
    """Give the youngest syntax that a version has not, and what that says; None for none."""
    found: Young | None = None
    state = own = ""
    for message in tree.messages_in(parsed.node, tree.CONSTANTS - {"a_const"}):
        for entry in BY_MESSAGE.get(message.DESCRIPTOR.name, ()):
            if entry.since <= postgres or postgres < entry.first:
                continue
            own = own or QUOTED.sub("''", parsed.statement.text).lower()
            if (not entry.form or entry.form.search(own)) and entry.shows(message):
                state = state if state == SYNTAX_ERROR else entry.sqlstate
                if found is None or entry.since > found.since:
                    found = entry
    return found, state


@rule(
    "too-young",
    on=ANY,
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42601)",
    instead="write it for the version that runs, or run a newer one; 'postgres' says which it is.",
    example="MERGE INTO users u USING users v ON u.id = v.id"
    " WHEN NOT MATCHED BY SOURCE THEN DELETE",
    even_if_new=True,
)
def syntax_too_young(action: Action) -> Iterator[Found]:
    """Flag syntax that a later version brings.

    The version that the script is judged for says that it is a syntax error.
    """
    if may_be_young(action.parsed.statement.text, action.postgres):
        entry, state = too_young(action.parsed, action.postgres)
        if entry and not _is_own(action, entry):
            brings = f"PostgreSQL {entry.since} brings it"
            message = f"PostgreSQL {action.postgres} has no {entry.name}: {brings}"
            yield Found(message, sqlstate=state)


def _is_own(action: Action, entry: Young) -> bool:
    """Tell whether what looks like a later version's function is one of the project's."""
    if entry.sqlstate != NO_FUNCTION:
        return False
    names = [name.strip().lower() for name in re.split(r", | and ", entry.name)]
    return any(action.schema.routines(name) for name in names)
