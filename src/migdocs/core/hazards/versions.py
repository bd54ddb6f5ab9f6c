"""Syntax, functions and types that a later PostgreSQL version brings."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from migdocs.core.hazards.actions import ANY
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.hazards.young_forms import NO_FUNCTION, SYNTAX_ERROR
from migdocs.core.hazards.younger import IN_FROM, YOUNGER
from migdocs.core.locks import NONE
from migdocs.core.sql import tree
from migdocs.core.sql.parser import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.hazards.young_forms import Young
    from migdocs.core.sql.parser import Parsed

# No syntax is about jsonb, which every third table has.
JSON = re.compile(r"json(?!b)")
# What is not a statement's own words: literals, bodies, comments.
QUOTED = re.compile(
    r"'[^']*(?:'|\Z)|(?P<tag>\$\w*\$).*?(?:(?P=tag)|\Z)|--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL
)


# Statements that have whole others inside. In the rest are queries alone.
CONTAINERS = frozenset(
    (
        "alter_default_privileges_stmt",
        "create_foreign_table_stmt",
        "create_function_stmt",
        "create_schema_stmt",
        "explain_stmt",
        "prepare_stmt",
        "rule_stmt",
    )
)
QUERIES = frozenset(("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"))


def _may_hold(kind: str, message: str) -> bool:
    """Tell whether a statement of a kind may hold a message, so that its words need a look."""
    if kind in CONTAINERS or message in QUERIES:
        return True
    if message == "AlterTableCmd":
        return kind == "alter_table_stmt"
    return not message.endswith("Stmt") or kind_of(message) == kind


@cache
def _signs(postgres: int, kind: str) -> tuple[tuple[str, ...], tuple[re.Pattern[str], ...]]:
    """Give the words and forms of which any syntax that a version has not has one."""
    young = [e for e in YOUNGER if e.since > postgres and _may_hold(kind, e.message)]
    words = {word for entry in young for word in entry.words}
    forms = [entry.form for entry in young if entry.form and not entry.words]
    if "json" in words:
        forms.append(JSON)
    return tuple(sorted(words - {"json"})), tuple(dict.fromkeys(forms))


def may_be_young(lowered: str, kind: str, postgres: int) -> bool:
    """Tell whether a statement may have syntax that a version has not, by its words."""
    words, forms = _signs(postgres, kind)
    for word in words:  # no generator: every statement is asked
        if word in lowered:
            return True
    from_some = "from" in lowered or "using" in lowered
    return any(form.search(lowered) for form in forms if from_some or form is not IN_FROM)


@cache
def _by_message(postgres: int) -> dict[str, list[Young]]:
    """Give what a version has not by the messages that have it."""
    found: dict[str, list[Young]] = {}
    for entry in YOUNGER:
        if entry.first <= postgres < entry.since:
            found.setdefault(entry.message, []).append(entry)
    return found


def too_young(parsed: Parsed, postgres: int) -> tuple[Young | None, str]:
    """Give the youngest syntax that a version has not, and what that says; None for none."""
    found: Young | None = None
    state = own = ""
    young = _by_message(postgres)
    for message in tree.messages_in(parsed.node, tree.CONSTANTS - {"a_const"}):
        for entry in young.get(message.DESCRIPTOR.name, ()):
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
    if may_be_young(action.lowered, action.parsed.kind, action.postgres):
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
