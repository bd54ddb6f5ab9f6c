"""Atom and JSON feeds of releases, and of those that break something.

Atom is RFC 4287, the other is JSON Feed 1.1. Text is plain: a feed reader shows what was written.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migdocs.core.markup import escape, links
from migdocs.core.upgrade import guide as upgrade_guide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.facts import Facts
    from migdocs.core.model import Release

# A feed without entries has to have a date too; this one says that there was nothing yet.
_NOTHING_YET = "1970-01-01"


@dataclass(frozen=True, slots=True)
class Item:
    """One release that has a date.

    Attributes:
        address: of its entry, from the feed's own.
    """

    version: str
    date: str
    address: str
    text: str
    breaking: bool


def items(facts: Facts) -> tuple[Item, ...]:
    """Give the releases that are out, the newest first."""
    dated = [r for r in reversed(facts.released()) if r.date]
    return tuple(_item(facts, release) for release in dated)


def breaking(found: tuple[Item, ...]) -> tuple[Item, ...]:
    """Keep the releases that break something."""
    return tuple(item for item in found if item.breaking)


def atom(title: str, name: str, found: tuple[Item, ...]) -> str:
    """Write an Atom feed.

    Args:
        title: for readers.
        name: tells this feed from others: ``releases`` or ``breaking``.
        found: the newest first.
    """
    newest = max((item.date for item in found), default=_NOTHING_YET)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"  <title>{_xml(title)}</title>",
        f"  <id>urn:migdocs:{_urn(title)}:{name}</id>",
        f"  <updated>{newest}T00:00:00Z</updated>",
        "  <author><name>migdocs</name></author>",
    ]
    for item in found:
        lines += [
            "  <entry>",
            f"    <title>{_xml(item.version)}</title>",
            f"    <id>urn:migdocs:{_urn(title)}:{name}:{_urn(item.version)}</id>",
            f"    <updated>{item.date}T00:00:00Z</updated>",
            f'    <link href="{_xml(item.address)}"/>',
            f'    <content type="text">{_xml(item.text)}</content>',
            "  </entry>",
        ]
    return "\n".join((*lines, "</feed>\n"))


def json_feed(title: str, found: tuple[Item, ...]) -> str:
    """Write a JSON feed."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "items": [
            {
                "id": f"urn:migdocs:{_urn(title)}:{_urn(item.version)}",
                "url": item.address,
                "title": item.version,
                "content_text": item.text,
                "date_published": f"{item.date}T00:00:00Z",
            }
            for item in found
        ],
    }
    return json.dumps(feed, indent=2, ensure_ascii=False) + "\n"


def _item(facts: Facts, release: Release) -> Item:
    """Describe a release."""
    lines = list(_breaking_lines(facts, release))
    text = [f"Breaking: {line}" for line in lines]
    text += [f"{e.id}: {e.title}" for e in facts.of(release)]
    return Item(
        release.version,
        release.date or _NOTHING_YET,
        f"releases/#{links.anchor(release.version)}",
        "\n".join(text) or "No schema migrations in this release.",
        bool(lines),
    )


def _breaking_lines(facts: Facts, release: Release) -> Iterator[str]:
    """Yield what a release breaks, a line each."""
    yield from (f"{e.title} ({e.id})" for e in facts.of(release) if e.breaks_something)
    yield from (b.title for b in upgrade_guide.broken_by_commits(facts, release))


def _xml(text: str) -> str:
    """Write text for XML, without the characters that XML has no place for."""
    lines = (escape.one_line(line) for line in text.split("\n"))
    return html.escape("\n".join(lines).encode("utf-8", "replace").decode())


def _urn(text: str) -> str:
    """Write text as part of a name."""
    return links.anchor(text) or "unnamed"
