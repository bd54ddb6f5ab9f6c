"""What notes say of a script, held against what the script does: names, and downtime."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.markup import markdown
from migdocs.core.model import Finding
from migdocs.core.sql.script import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from migdocs.core.model import Change, Hazard, Migration, Script

_KIND = r"(?P<kind>tables?|columns?|index(?:es)?)"
_NAME = r"[A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*){0,2}"
_SPAN = re.compile(rf"`(?P<name>{_NAME})`")
# `column users.locale` without code marks: a dot or an underscore tells it from a common word.
_BARE = re.compile(rf"\b{_KIND}\s+(?P<name>(?=[\w$]*[._]\w){_NAME}(?![\w`(]))", re.IGNORECASE)
_BEFORE = re.compile(rf"\b{_KIND}:?\s*$", re.IGNORECASE)
_LABEL = re.compile(rf"\b{_KIND}\b", re.IGNORECASE)
_ITEM = re.compile(r"\s*(?:[-*+]\s|\d+[.)]\s|\|)\s*")
_INDEX_NAME = re.compile(r"(?:idx|ix)_\w+|\w+_(?:idx|index)", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z_\x80-\U0010ffff][\w$]*")
_NO_DOWNTIME = re.compile(
    r"\b(?:no|zero|without(?: any)?)[ -]+down-?time\b"
    r"|\bdown-?time[*_:\s]+(?:none|no)\b(?!\s*/)",  # `None / Brief` is a template's
    re.IGNORECASE,
)
SHOWN = 5


class Named(Struct, frozen=True):
    """A table, column or index that notes name."""

    kind: str
    name: str
    line: int


def of_notes(
    migration: Migration,
    changes: Sequence[Change],
    hazards: Iterable[Hazard],
    tables: AbstractSet[str],
) -> Iterator[Finding]:
    """Yield where a migration's notes and its forward script disagree.

    Args:
        migration: with its texts.
        changes: of the forward script.
        hazards: that it was judged to have.
        tables: every table that the project's scripts make, so that ``users.email`` is known for a
            column and ``config.yaml`` is not.
    """
    notes, script = migration.notes, migration.forward
    if notes is None or script is None or migration.dialect != "postgresql":
        return
    if not any(change.opaque or change.verb == "unread" for change in changes):
        yield from _never_touched(notes.path, notes.text, script, changes, tables)
    yield from _never_named(notes.path, notes.text, changes)
    yield from _downtime(notes.path, notes.text, hazards)


def _never_touched(
    path: str, text: str, script: Script, changes: Sequence[Change], tables: AbstractSet[str]
) -> Iterator[Finding]:
    """Yield what the notes say is changed, and no statement of the script has the name of."""
    touched = _words(script, changes)
    seen: set[str] = set()
    for named in _changed(text, tables):
        parts = set(named.name.lower().removeprefix("public.").split("."))
        if parts <= touched or named.name in seen:
            continue
        seen.add(named.name)
        yield Finding(
            "notes-unknown-name",
            "warning",
            f"the notes name the {named.kind} '{named.name}', which the script does not touch",
            path,
            named.line,
            "write what the script does, or let the script do what is written.",
        )


def _words(script: Script, changes: Iterable[Change]) -> set[str]:
    """Give every name that the script's statements use, and those that the server chooses."""
    texts = [statement.text for statement in split(script.text) if statement.kind != "blank"]
    texts += [name for change in changes for name in (change.name, change.after or "")]
    return {word.lower() for text in texts for word in _WORD.findall(text)}


def _changed(text: str, tables: AbstractSet[str]) -> Iterator[Named]:
    """Yield the tables, columns and indexes that the sections about changes name."""
    for section in markdown.headings(text):
        if section.level != 2 or "change" not in section.heading.lower():  # noqa: PLR2004
            continue
        label = ""
        for line in markdown.prose(section.text, section.line + 1):
            item = _ITEM.match(line.text)
            if line.text.strip() and not item:
                label = _kind(_LABEL.search(line.text))
            yield from _in_line(line.text, line.number, label if item else "", tables)


def _kind(match: re.Match[str] | None) -> str:
    """Give ``table``, ``column`` or ``index`` for the word that was found; empty for none."""
    word = match["kind"].lower() if match else ""
    return "index" if word.startswith("index") else word.removesuffix("s")


def _in_line(text: str, number: int, label: str, tables: AbstractSet[str]) -> Iterator[Named]:
    """Yield what one line names; what it is is told by the word before it, its form, or a label."""
    item = _ITEM.match(text)
    for match in _SPAN.finditer(text):
        name = match["name"]
        kind = _kind(_BEFORE.search(text[: match.start()])) or _kind_by_form(name, tables)
        if not kind and item and match.start() == item.end():
            kind = label
        if kind:
            yield Named(kind, name, number)
    for match in _BARE.finditer(text):
        yield Named(_kind(match), match["name"], number)


def _kind_by_form(name: str, tables: AbstractSet[str]) -> str:
    """Tell what a name is by its form alone; empty where that does not tell."""
    if name.removeprefix("public.").rpartition(".")[0] in tables:
        return "column"
    return "index" if _INDEX_NAME.fullmatch(name) else ""


# Changes that notes are to name, by verb and kind.
_WORTH_NAMING = frozenset(
    {("create", "table"), ("drop", "table"), ("rename", "table")}
    | {(verb, "column") for verb in ("add", "drop", "rename", "retype")}
    | {("create", "index"), ("drop", "index")}
)


def _last(name: str) -> str:
    """Give a name without what it is in."""
    return name.rpartition(".")[2].strip('"').lower()


def _never_named(path: str, text: str, changes: Iterable[Change]) -> Iterator[Finding]:
    """Yield, in one finding, what the script changes and the notes have no word of.

    Parts of a new table go without saying, and so does what the script takes away again.
    """
    found = [c for c in changes if (c.verb, c.kind) in _WORTH_NAMING and not c.conditional]
    wanted = {_last(change.name) for change in found}
    told = {word for match in _WORD.finditer(text) if (word := match[0].lower()) in wanted}
    new = {c.name for c in found if (c.verb, c.kind) == ("create", "table")}
    names = dict.fromkeys(
        f"{c.kind} '{c.name}'"
        for c in found
        if c.table not in new or c.kind == "table"
        if _last(c.name) not in told
    )
    if not names:
        return
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    yield Finding(
        "notes-silent",
        "warning" if any(not name.startswith("index") for name in names) else "info",
        f"the script changes {', '.join([*names][:SHOWN])}{more}, and the notes do not say so",
        path,
        0,
        "name it under 'Changes'.",
    )


def _downtime(path: str, text: str, hazards: Iterable[Hazard]) -> Iterator[Finding]:
    """Yield the first place that promises no downtime, where a table is rewritten under a lock."""
    rewrites = [h for h in hazards if h.rewrite and h.lock == "ACCESS EXCLUSIVE" and h.on]
    if not rewrites:
        return
    for line in markdown.prose(text):
        if _NO_DOWNTIME.search(line.text):
            worst = rewrites[0]
            yield Finding(
                "notes-downtime",
                "warning",
                f"the notes promise no downtime, but '{worst.on[0]}' is rewritten while nobody can"
                f" read it ({worst.path}:{worst.line}: {worst.rule})",
                path,
                line.number,
                "document how long it takes, or use the safe way that 'migdocs explain"
                f" {worst.rule}' shows.",
            )
            return
