"""What the site's templates ask for beyond the documents': pages of their own, and notes whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from migdocs.core import flow
from migdocs.core.documents.log_page import TITLES, Place
from migdocs.core.documents.page import Page
from migdocs.core.markup import escape, links
from migdocs.core.site import feeds
from migdocs.core.site.home import Home
from migdocs.core.upgrade import timing
from migdocs.core.upgrade.pairs import MANY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migdocs.core.catalog.lives import Moment
    from migdocs.core.flow import Compatibility
    from migdocs.core.model import Notes
    from migdocs.core.upgrade.guide import Guide
    from migdocs.core.upgrade.steps import Step

# Pages that only the site has.
SITE_TITLES = {
    "index": "Database",
    "releases": "Releases",
    "migrations": "Migrations, each with its page",
    "schema": "Schema",
    "gone": "Where did it go?",
}
# The headings of notes that begin a part of their own.
_PART_LEVEL = 2
_LINK = re.compile(r"(?<![!\\])\[(?P<label>[^\[\]\n]+)\]\((?P<target>[^()\s]+)\)")


class SitePlace(Place, frozen=True):
    """Where the site's pages stand.

    Attributes:
        home: in whose documentation.
        migrations: id → its own page.
        tables: name → its own page.
        pairs: from and to → the page of that upgrade.
        shown: a file of the project → the page that shows it.
    """

    home: Home = field(default_factory=Home)
    migrations: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    pairs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)


class NotesPart(Struct, frozen=True):
    """A section of somebody's notes, safe to print."""

    heading: escape.Safe
    text: escape.Safe


class Matrix(Struct, frozen=True):
    """The upgrades that are written beforehand.

    Attributes:
        targets: the headings of the columns.
        rows: version → its cells.
        partial: whether most pairs are left out.
    """

    targets: tuple[escape.Safe, ...]
    rows: Mapping[str, tuple[escape.Safe, ...]]
    partial: bool = False


class SitePage(Page, frozen=True):
    """One page's view of the facts."""

    place: SitePlace

    @property
    def titles(self) -> Mapping[str, str]:
        """What pages are called, by name."""
        return TITLES | SITE_TITLES

    @property
    def on_site(self) -> bool:
        """Whether it is a page of the site, where migrations have pages of their own."""
        return True

    def migration(self, id_: str) -> escape.Safe:
        """Link to a migration's page; only its id where it has none."""
        own = self.place.migrations.get(id_, "")
        return escape.link(escape.code(id_), links.relative(self.path, own) if own else "")

    def table(self, name: str) -> escape.Safe:
        """Link to a table's page; only its name where it has none."""
        own = self.place.tables.get(name, "")
        return escape.link(escape.code(name), links.relative(self.path, own) if own else "")

    def pair(self, before: str, version: str, text: str) -> escape.Safe:
        """Link to the page of one upgrade; only the text where it is not written beforehand."""
        own = self.place.pairs.get((before, version), "")
        return escape.link(escape.prose(text), links.relative(self.path, own) if own else "")

    def source(self, path: str, version: str | None) -> escape.Safe:
        """Link to a file as a release shipped it, on the project's forge."""
        tag = self.tag(version or "")
        target = self.facts.forge.blob(tag, path) if self.facts.forge and tag else ""
        return escape.link(escape.code(path), target)

    def release(self, version: str) -> str:
        """Give the anchor of a release on the page of releases; no other ever gets the same."""
        return feeds.anchor(version)

    def clients(self, told: Compatibility) -> str:
        """Say what a release means for clients of the one before; empty where there is none."""
        badge = flow.badge(told)
        return told.note if badge == "stop first" else ": ".join(filter(None, (badge, told.note)))

    def feeds(self) -> tuple[str, ...]:
        """Name the feeds that are written: none while nothing that is out has a date."""
        return ("feed", "breaking") if feeds.items(self.facts, self.place) else ()

    def moment(self, moment: Moment | None) -> escape.Safe:
        """Link to the migration that did something; empty where it was the base schema's."""
        known = moment is not None and moment.migration
        return self.migration(moment.migration) if moment and known else escape.Safe("")

    def matrix(self) -> Matrix:
        """Give the upgrades that are written beforehand as a table: all pairs, or two a row."""
        pairs = self.place.pairs
        # A version that is planned, and is out, is one.
        order = dict.fromkeys(r.version for r in reversed(self.facts.history.releases))
        starts = [v for v in order if any(before == v for before, _ in pairs)]
        targets = [v for v in order if any(after == v for _, after in pairs)]
        if len(targets) <= MANY:
            cells = {v: tuple(self._cell(v, t) for t in targets) for v in starts}
            return Matrix(tuple(map(escape.prose, targets)), cells)
        following = [(r.previous, r.version) for r in self.facts.history.releases if r.previous]
        nexts = dict(following) | {
            before: after for before, after in following if (before, after) in pairs
        }
        rows = {v: (self._next(v, nexts.get(v, "")), self._cell(v, targets[0])) for v in starts}
        newest = escape.prose(f"the newest, {targets[0]}")
        return Matrix((escape.Safe("the next"), newest), rows, partial=True)

    def _next(self, before: str, version: str) -> escape.Safe:
        """Link to the upgrade to a release's next, or say that nothing is to be run for it."""
        if version and (before, version) not in self.place.pairs:
            return escape.prose(f"{version}: no migrations")
        return self._cell(before, version)

    def _cell(self, before: str, version: str) -> escape.Safe:
        """Link to an upgrade that is written beforehand, or a dash."""
        known = (before, version) in self.place.pairs
        return self.pair(before, version, f"{before} to {version}") if known else escape.Safe("-")

    def since(self, moment: Moment | None) -> escape.Safe:
        """Link a release to the migration that did something in it; empty for the base schema."""
        entry = self.facts.entries.get(moment.migration) if moment else None
        if entry is None:
            return escape.Safe("")
        own = self.place.migrations.get(entry.id, "")
        release = escape.prose(entry.placement.release or "Unreleased")
        return escape.link(release, links.relative(self.path, own) if own else "")

    def sizes(self, guide: Guide, step: Step) -> escape.Safe:
        """Give what the browser needs to tell a step's time on the reader's size; else nothing."""
        run = [piece for piece in guide.pieces if piece.id in step.migrations]
        return escape.Safe(f' <span data-migdocs-times="{timing.sizes(run)}"></span>')

    def notes(self, written: Notes) -> tuple[NotesPart, ...]:
        """Give the parts of some notes; what their header says, the page says already."""
        parts = [s for s in written.sections if s.level == _PART_LEVEL and s.text.strip()]
        return tuple(
            NotesPart(escape.prose(part.heading), self.with_links(written.path, part.text))
            for part in parts
        )

    def with_links(self, source: str, text: str) -> escape.Safe:
        """Give somebody's Markdown with the links that lead to pages of the site."""
        targets: list[escape.Safe] = []

        def kept(link: re.Match[str]) -> str:
            """Take a link out of the text, to be put back when all else is escaped."""
            target = links.resolve(source, link["target"])
            here = self.place.shown.get(target or "", "")
            label = escape.prose(link["label"])
            targets.append(escape.link(label, links.relative(self.path, here) if here else ""))
            return f"\ue000{len(targets) - 1}\ue001"

        escaped = escape.excerpt(_LINK.sub(kept, text))
        return escape.Safe(
            re.sub("\ue000(\\d+)\ue001", lambda mark: targets[int(mark[1])], escaped)
        )
