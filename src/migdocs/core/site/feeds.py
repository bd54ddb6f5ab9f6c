"""Atom and JSON feeds of releases, and of those that break something.

Atom is RFC 4287, the other is JSON Feed 1.1. Text is plain: a feed reader shows what was written.
Addresses are whole where the site's own is known; JSON Feed has no others, so it goes without.
"""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec import Struct

from migdocs.core.markup import escape
from migdocs.core.upgrade import guide as upgrade_guide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.facts import Facts
    from migdocs.core.site.page import SitePlace
    from migdocs.core.timeline import Release


class Item(Struct, frozen=True):
    """One release that has a date.

    Attributes:
        name: by which its id differs from all others', for ever.
        address: of its entry on the page of releases.
    """

    name: str
    title: str
    date: str
    address: str
    text: str
    breaking: bool


class Feed(Struct, frozen=True):
    """One feed, before it is written in a format.

    Attributes:
        name: tells this feed from others: ``releases`` or ``breaking``.
        stem: of its files.
        page: the address of the page that it follows.
        items: the newest first, at least one.
    """

    title: str
    name: str
    stem: str
    page: str
    items: tuple[Item, ...]


def files(facts: Facts, place: SitePlace) -> Iterator[tuple[str, str]]:
    """Yield the feeds' files; none while nothing that is out has a date."""
    found = items(facts, place)
    if not found:
        return
    project = facts.settings.name or "Database"
    breaking = tuple(item for item in found if item.breaking) or (_nothing_breaks(found[-1]),)
    for told, name, stem, page, chosen in (
        ("releases", "releases", "feed", "releases", found),
        ("breaking changes", "breaking", "breaking", "breaking", breaking),
    ):
        address = place.home.address(place.documents[page])
        feed = Feed(f"{project}: {told}", name, stem, address, chosen)
        xml, data = (f"{place.home.folder}/{stem}{ending}" for ending in (".xml", ".json"))
        yield xml, atom(feed, _urn(project), place.home.address(xml))
        yield data, json_feed(feed, _urn(project), place.home.address(data))


def items(facts: Facts, place: SitePlace) -> tuple[Item, ...]:
    """Give the releases that are out, the newest first."""
    return tuple(_item(facts, r, place, r.date) for r in reversed(facts.released()) if r.date)


def anchor(version: str) -> str:
    """Give the anchor of a release: no two versions share one, now or later."""
    return re.sub(r"[^A-Za-z0-9.-]", lambda odd: f"_{ord(odd[0]):x}_", version)


def atom(feed: Feed, project: str, own: str) -> str:
    """Write an Atom feed; ``project`` is part of every id, ``own`` the feed's address."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"  <title>{_xml(feed.title)}</title>",
        f"  <id>urn:migdocs:{project}:{feed.name}</id>",
        f"  <updated>{max(item.date for item in feed.items)}T00:00:00Z</updated>",
        "  <author><name>migdocs</name></author>",
        f'  <link rel="self" type="application/atom+xml" href="{_xml(own)}"/>',
        f'  <link rel="alternate" type="text/html" href="{_xml(feed.page)}"/>',
    ]
    for item in feed.items:
        lines += [
            "  <entry>",
            f"    <title>{_xml(item.title)}</title>",
            f"    <id>urn:migdocs:{project}:{feed.name}:{item.name}</id>",
            f"    <updated>{item.date}T00:00:00Z</updated>",
            f'    <link rel="alternate" type="text/html" href="{_xml(item.address)}"/>',
            f'    <content type="text">{_xml(item.text)}</content>',
            "  </entry>",
        ]
    return "\n".join((*lines, "</feed>\n"))


def json_feed(feed: Feed, project: str, own: str) -> str:
    """Write a JSON feed; its addresses only where they are whole."""
    written = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        **_whole("home_page_url", feed.page),
        **_whole("feed_url", own),
        "authors": [{"name": "migdocs"}],
        "items": [
            {
                "id": f"urn:migdocs:{project}:{feed.name}:{item.name}",
                **_whole("url", item.address),
                "title": item.title,
                "content_text": item.text,
                "date_published": f"{item.date}T00:00:00Z",
            }
            for item in feed.items
        ],
    }
    return json.dumps(written, indent=2, ensure_ascii=False) + "\n"


def _whole(name: str, address: str) -> dict[str, str]:
    """Give a field only where its address is whole."""
    return {name: address} if re.match(r"https?://", address) else {}


def _item(facts: Facts, release: Release, place: SitePlace, date: str) -> Item:
    """Describe a release."""
    lines = list(_breaking_lines(facts, release))
    text = [f"Breaking: {line}" for line in lines]
    text += [f"{e.id}: {e.title}" for e in facts.of(release)]
    address = place.home.address(place.documents["releases"], quote(anchor(release.version)))
    said = "\n".join(text) or "No schema migrations in this release."
    return Item(_urn(release.version), release.version, date, address, said, breaking=bool(lines))


def _nothing_breaks(oldest: Item) -> Item:
    """Give the entry of a feed without one: a reader may follow it before anything breaks."""
    said = "Each release that breaks something will be listed here."
    title = "No breaking release so far"
    return Item("-none", title, oldest.date, oldest.address, said, breaking=False)


def _breaking_lines(facts: Facts, release: Release) -> Iterator[str]:
    """Yield what a release breaks, a line each."""
    yield from (f"{e.title} ({e.id})" for e in facts.of(release) if e.breaks_something)
    yield from (b.title for b in upgrade_guide.broken_by_commits(facts, release))


def _xml(text: str) -> str:
    """Write text for XML, without the characters that XML has no place for."""
    lines = (escape.one_line(line) for line in text.split("\n"))
    return html.escape("\n".join(lines).encode("utf-8", "replace").decode())


def _urn(text: str) -> str:
    """Write text as part of a name that no other text shares."""
    return quote(text.encode("utf-8", "replace"), safe="-._~") or "unnamed"
