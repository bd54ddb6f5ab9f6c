"""The native triple: ``x.sql``, ``x_rollback.sql`` and ``x.md``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.adapters.layouts.convention import Identity, Layout, Naming, Order, Rule
from migdocs.adapters.layouts.evidence import Strength
from migdocs.adapters.layouts.languages import ANY_LANGUAGE

if TYPE_CHECKING:
    from datetime import datetime

ROLLBACK = "_rollback"
_DATE = r"(?:19|20)[0-9]{2}[-_]?(?:0[1-9]|1[0-2])[-_]?(?:0[1-9]|[12][0-9]|3[01])"
_DATED = re.compile(rf"(?P<date>{_DATE})(?P<rest>(?:[^0-9].*)?|[0-9]{{6}}(?:[^0-9].*)?)")
_NUMBERED = re.compile(r"(?P<number>[0-9]+)(?:[-_. ].*)?")
_INITIAL = re.compile(r"(?:init|initial|base|baseline|schema)(?:[-_].*)?", re.IGNORECASE)
# Names in capitals are documents (README, TEMPLATE, MIGRATIONS_LOG); hidden files are nobody's.
_STEM = r"(?![.])[^/]+?"
_NOTES_STEM = r"(?![.]|[A-Z][A-Z0-9_-]*[.])[^/]+?"
_NUMBERED_STEM = r"[0-9]+[-_][^/]+?"

_NUMBERS, _INITIALS, _DATES, _OTHERS = range(4)


def order(migration_id: str) -> Order:
    """Give the run order: ``00_x`` first, then ``initial_schema``, then dates, then other names.

    Several on one day sort by name, as a shell's ``*.sql`` would have them.
    """
    dated = _DATED.fullmatch(migration_id)
    if dated:
        return (_DATES, int(re.sub("[-_]", "", dated["date"])), dated["rest"])
    numbered = _NUMBERED.fullmatch(migration_id)
    if numbered:
        return (_NUMBERS, int(numbered["number"]), migration_id)
    return (_INITIALS if _INITIAL.fullmatch(migration_id) else _OTHERS, 0, migration_id)


def number(migration_id: str) -> str | None:
    """Give the number of ``00_x``; a date may repeat, so it is none."""
    rank, value, _ = order(migration_id)
    return str(value) if rank == _NUMBERS else None


def has_place(migration_id: str) -> bool:
    """Tell whether an id's name says where it runs: it has a number, a date, or is initial."""
    return order(migration_id)[0] != _OTHERS


def settle(identities: dict[str, Identity]) -> dict[str, Identity]:
    """Tell a rollback from a migration whose own name ends in ``_rollback``.

    ``x_rollback.sql`` is a migration where ``x.sql`` is absent and something is named after
    ``x_rollback`` itself: its rollback (``x_rollback_rollback.sql``) or its notes.
    """
    forward = {i.migration for i in identities.values() if i.part == "forward"}
    named = {i.migration for i in identities.values() if i.part in ("rollback", "notes")}
    settled = dict(identities)
    for path, (owner, part) in identities.items():
        itself = owner + ROLLBACK
        if part == "rollback" and owner not in forward and itself in named:
            settled[path] = Identity(itself, "forward")
    return settled


def day(now: datetime) -> str:
    """Give the date that a native id begins with."""
    return f"{now:%Y%m%d}"


LAYOUT = Layout(
    name="native",
    title="x.sql with x_rollback.sql and x.md",
    rules=(
        Rule("rollback", rf"(?P<id>{_STEM}){ROLLBACK}\.sql"),
        Rule("forward", rf"(?P<id>{_STEM})(?<!\.up)(?<!\.down)\.sql"),
        Rule("rollback", rf"(?P<id>{_NUMBERED_STEM}){ROLLBACK}\.{ANY_LANGUAGE}"),
        Rule("forward", rf"(?P<id>{_NUMBERED_STEM})(?<!_test)\.{ANY_LANGUAGE}(?<!\.sql)"),
        Rule("notes", rf"(?:notes/)?(?P<id>{_NOTES_STEM})\.md"),
    ),
    order=order,
    number=number,
    shape=re.compile(rf"{_DATE}.*|[0-9]+[-_].*|{_INITIAL.pattern}", re.IGNORECASE),
    naming=Naming(rollback="{id}_rollback.sql", clock=day, width=2),
    settle=settle,
    plans=True,
    # Numbered scripts could be anybody's: only its own triples tell it.
    least=Strength.PAIRS,
    reads="SQL, rollbacks and notes",
)
