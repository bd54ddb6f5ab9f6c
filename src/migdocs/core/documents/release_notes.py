"""The text of one release for its page on a forge: first what an upgrade to it means.

A forge shows it beside no other file, so that nothing links to a file here, and a name behind an
``@`` would call somebody, so that it is set as code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.changelog import people
from migdocs.core.markup import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.changelog.forge import Forge
    from migdocs.core.documents.log_page import LoggedRelease
    from migdocs.core.facts import Facts
    from migdocs.core.timeline import Release
    from migdocs.core.upgrade.guide import Guide

_MENTION = re.compile(r"(?<![\w/`@])@[A-Za-z0-9][\w-]*(?:/[\w-]+)?")
_SHOWN = 12  # changes of one migration; people to be named


def text(
    facts: Facts,
    item: LoggedRelease,
    guide: Guide | None,
    *,
    contributors: bool = True,
) -> str:
    """Give the Markdown to paste.

    Args:
        facts: of the project.
        item: the release as the change log tells it.
        guide: from the release before it to it; None for the first.
        contributors: whether to name who wrote it.
    """
    parts = [
        *_verdict(guide),
        *(_section(s.title, s.entries) for s in item.sections),
        *_database(item),
    ]
    if item.left_out:
        parts.append(f"{'And ' if parts else ''}{item.left_out}.")
    if contributors:
        parts += _contributors(facts, item.release)
    parts += _compared(facts.forge, facts, item.release)
    return "\n\n".join(_without_mentions(part) for part in parts if part) + "\n"


def _verdict(guide: Guide | None) -> Iterator[str]:
    """Yield what upgrading from the release before means; nothing for the first."""
    if guide is None:
        return
    yield f"## Upgrade from {escape.prose(guide.before)}"
    if not guide.allowed:
        instead = escape.prose(guide.instead)
        yield f"**Not possible:** {escape.prose(guide.reason)}. {instead}".strip()
        return
    rows = {
        "Migrations": ", ".join(escape.code(piece.id) for piece in guide.pieces)
        or "none: the schema stays as it is",
        "Breaking changes": _breaking(guide),
    }
    if guide.pieces:
        rows |= {"Locks": _locks(guide), "Point of no return": _no_return(guide)}
        rows["Time"] = _time(guide)
    body = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    yield f"| | |\n|---|---|\n{body}"
    for found in guide.breaking:
        if found.advice:
            what = escape.code(found.migration) if found.migration else escape.prose(found.title)
            yield f"What to do for {what}:"
            yield escape.excerpt(found.advice)


def _breaking(guide: Guide) -> str:
    """Name what breaks; what is not known is said."""
    named = [
        escape.code(found.migration) if found.migration else escape.prose(found.title)
        for found in guide.breaking
    ]
    unknown = [escape.code(item.id) for item in guide.unread]
    said = f"**{len(named)}**: {', '.join(named)}" if named else ""
    if unknown:
        return f"{said}; not known for {', '.join(unknown)}".removeprefix("; ")
    return said or "none"


def _locks(guide: Guide) -> str:
    """Name every lock that is taken against readers or writers."""
    named = [
        f"{escape.code(lock.lock)} on {escape.prose(lock.table)}, by {escape.code(lock.migration)}"
        for lock in guide.locks
    ]
    if guide.unread:
        named.append(f"not known for {', '.join(escape.code(item.id) for item in guide.unread)}")
    return "; ".join(named) or "none against reads or writes"


def _no_return(guide: Guide) -> str:
    """Say from where on only a backup leads back."""
    if guide.no_return:
        return f"{escape.code(guide.no_return.migration)}: {escape.prose(guide.no_return.text)}"
    if guide.undo_unknown:
        return f"not known: {', '.join(escape.code(item.migration) for item in guide.undo_unknown)}"
    return f"none: every migration can be undone, back to {escape.prose(guide.before)}"


def _time(guide: Guide) -> str:
    """Say how long it took where it was measured, else what the notes say."""
    duration = guide.duration
    if duration.total_ms is not None:
        return f"{duration.total_ms} ms on {escape.prose(duration.on)}"
    said = "; ".join(f"{escape.prose(s.text)} ({escape.code(s.migration)})" for s in duration.said)
    return f"not measured; notes say: {said}" if said else "not measured"


def _section(title: str, entries: Sequence[str]) -> str:
    """Give one section of the log."""
    return f"## {title}\n\n" + "\n".join(f"- {entry}" for entry in entries)


def _database(item: LoggedRelease) -> Iterator[str]:
    """Yield what the release's migrations do."""
    lines: list[str] = []
    for entry in item.database:
        breaks = " **Breaking.**" if entry.breaks_something else ""
        lines.append(f"- {escape.code(entry.id)}: {escape.prose(entry.title)}.{breaks}")
        lines += [f"    - {change}" for change in map(escape.prose, entry.changes[:_SHOWN])]
        if len(entry.changes) > _SHOWN:
            lines.append(f"    - and {len(entry.changes) - _SHOWN} more")
    if lines:
        yield "## Database\n\n" + "\n".join(lines)


def _contributors(facts: Facts, release: Release) -> Iterator[str]:
    """Yield who wrote it, and a welcome to those who did so for the first time."""
    every = [r for r in facts.history.releases if r.status == "released"]
    place = next((n for n, r in enumerate(every) if r.version == release.version), len(every))
    found = people.of(release, every[:place], facts.names)
    if found.all:
        yield f"## Contributors\n\n{', '.join(map(escape.prose, found.all))}"
    if found.new:
        yield f"Welcome to {', '.join(map(escape.prose, found.new))}, whose first release this is."


def _compared(forge: Forge | None, facts: Facts, release: Release) -> Iterator[str]:
    """Yield a link to all that changed, where the forge is known."""
    tags = {r.version: r.tag for r in facts.history.releases}
    before = tags.get(release.previous or "")
    if forge and release.tag and before:
        yield f"**All changes:** {forge.compare(before, release.tag)}"


def _without_mentions(part: str) -> str:
    """Set what a forge would take for a mention as code; code stays."""
    pieces = part.split("`")
    return "`".join(
        piece if index % 2 else _MENTION.sub(lambda match: f"`{match[0]}`", piece)
        for index, piece in enumerate(pieces)
    )
