"""What the change log's templates ask for; every other page of ours answers this too."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.counting import counted
from migdocs.core.markup import escape, links
from migdocs.core.releases import candidates, version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from migdocs.core.facts import Entry, Facts, Folded, LogSection
    from migdocs.core.timeline import Release

TITLES = {
    "log": "Migrations log",
    "breaking": "Breaking changes",
    "upgrade": "Upgrade guide",
    "changelog": "Change log",
    "guide": "Migrations",
    "contributing": "Adding a migration",
    "flow": "Version flow",
    "readme": "Database migrations",
    "contribute": "Changing the database",
}


def at_once(work: Callable[[], str], path: str) -> str:  # noqa: ARG001 - nothing is held to a path
    """Do work without limits, which is for what we wrote ourselves."""
    return work()


class Place(Struct, frozen=True):
    """Where documents are written to: links are resolved from there.

    Attributes:
        documents: name → path from the root; one that is missing is linked as plain text.
        files: paths of the project that a link may lead to.
        held: does what a file of the project says, within limits.
    """

    documents: Mapping[str, str]
    files: frozenset[str] = frozenset()
    held: Callable[[Callable[[], str], str], str] = at_once


class LoggedRelease(Struct, frozen=True):
    """One release of the change log.

    Attributes:
        heading: escaped, and linked where the forge is known.
        database: its migrations.
        final: of a candidate, the release that tells of it; empty where it tells itself.
        elsewhere: the releases that tell of changes which this one has too.
        internal: how many of its changes are of no interest to users.
    """

    release: Release
    heading: escape.Safe
    sections: tuple[LogSection, ...]
    database: tuple[Entry, ...]
    final: str = ""
    elsewhere: tuple[str, ...] = ()
    internal: int = 0

    @property
    def left_out(self) -> str:
        """How many changes are left out: ``12 internal changes``; empty for none."""
        return counted(self.internal, "internal change") if self.internal else ""


class LogPage(Struct, frozen=True):
    """One document's view of the facts, from the place it is written to.

    Attributes:
        at: its path, where it is not one of the named documents.
    """

    name: str
    facts: Facts
    place: Place
    at: str = ""

    @property
    def path(self) -> str:
        """Where this document is written, from the root."""
        return self.at or self.place.documents[self.name]

    @property
    def titles(self) -> Mapping[str, str]:
        """What documents are called, by name."""
        return TITLES

    @property
    def on_site(self) -> bool:
        """Whether it is a page of the site, where migrations have pages of their own."""
        return False

    # --- links ----------------------------------------------------------------------------------

    def document(self, name: str, text: str = "", anchor: str = "") -> escape.Safe:
        """Link to another document, or to a heading of it."""
        label = escape.prose(text or self.titles[name])
        target = self.place.documents.get(name, "")
        return escape.link(label, links.relative(self.path, target, anchor) if target else "")

    def file(self, path: str, text: str = "") -> escape.Safe:
        """Link to a file of the project; only its name where files are out of reach."""
        label = escape.code(text or posixpath.basename(path))
        reachable = path in self.place.files
        return escape.link(label, links.relative(self.path, path) if reachable else "")

    def migration(self, id_: str) -> escape.Safe:
        """Link to a migration's entry in the log; planned ones have none, so to their notes."""
        entry = self.facts.entries.get(id_)
        target = self.place.documents.get("log", "")
        if entry and entry.migration.planned and entry.migration.notes:
            return self.file(entry.migration.notes.path, id_)
        if not target or not entry:
            return escape.code(id_)
        return escape.link(escape.code(id_), links.relative(self.path, target, links.anchor(id_)))

    def exists(self, path: str) -> bool:
        """Tell whether a file of the project can be linked to."""
        return path in self.place.files

    # --- the change log -------------------------------------------------------------------------

    def logged(self) -> tuple[LoggedRelease, ...]:
        """Give the releases that nobody described by hand, the newest first.

        *Unreleased* tells of its migrations, which lie in the same tree as the document, and not of
        its commits: a commit cannot hold a line about itself, so the document would never be right.
        With a log that people wrote stand the releases after the newest that they told, and those
        that the document told before; the setting ``adopted_log`` asks for those that they passed
        over too. Candidates of what they told are told with it. A heading *Unreleased* of theirs
        tells of no release, so it passes over none.
        """
        every = self.facts.history.releases
        told = {r.version: n for n, r in enumerate(every) if self.is_told(r)}
        theirs = {name: n for name, n in told.items() if every[n].status == "released"}
        passed_over = self.facts.settings.adopted_log == "below"
        first = 0 if passed_over else max(theirs.values(), default=-1) + 1
        final_of = candidates.finals(every)
        return self.logged_releases(
            release
            for place, release in enumerate(every)
            if release.status == "released"
            or (release.status == "unreleased" and release.migrations)
            if place >= first or version.is_among(release.version, self.facts.retold)
            if release.version not in told and final_of.get(release.version) not in told
        )

    def logged_releases(
        self, releases: Iterable[Release], *, pending: bool = False
    ) -> tuple[LoggedRelease, ...]:
        """Give what the change log says of releases, the newest first.

        A final release tells what its candidates brought, which then only name it.

        Args:
            releases: lowest version first.
            pending: whether what no release has yet is told too, and what is left out counted; a
                document says neither: its own next commit would make it wrong.
        """
        chosen = tuple(releases)
        candidate_of = candidates.finals(self.facts.history.releases)
        finals = candidates.shown(chosen, candidate_of)
        torn = {final for name, final in candidate_of.items() if name not in finals}
        told = {name: found for name, found in self.facts.folded.items() if name not in torn}
        elsewhere = self._told_elsewhere()
        return tuple(
            LoggedRelease(release, self._heading(release), (), (), finals[release.version])
            if release.version in finals
            else LoggedRelease(
                found.release if found else release,
                self._heading(release),
                found.sections if found else self._sections(release, pending=pending),
                self.facts.of(found.release if found else release),
                elsewhere=elsewhere.get(release.version, ()),
                internal=self._internal(release, found) if pending else 0,
            )
            for release in reversed(chosen)
            for found in (told.get(release.version),)
        )

    def _sections(self, release: Release, *, pending: bool) -> tuple[LogSection, ...]:
        """Give a release's own sections."""
        told = pending or release.tag is not None
        return self.facts.logged.get(release.version, ()) if told else ()

    def _internal(self, release: Release, found: Folded | None) -> int:
        """Count a release's changes that are left out, its candidates' too where it tells them."""
        return found.internal if found else self.facts.internal.get(release.version, 0)

    def _told_elsewhere(self) -> dict[str, tuple[str, ...]]:
        """Find the releases whose changes another one has too, by that other one."""
        found: dict[str, dict[str, None]] = {}
        for version_, sections in self.facts.logged.items():
            for entry in (entry for section in sections for entry in section.told if entry.also):
                for other in entry.also:
                    found.setdefault(other, {})[version_] = None
        return {other: tuple(reversed(versions)) for other, versions in found.items()}

    def told_by_hand(self) -> tuple[tuple[str, Entry], ...]:
        """Give the migrations of the releases that stand in the hand-written part, if asked for."""
        if self.facts.settings.adopted_log != "below":
            return ()
        return tuple(
            (release.version, entry)
            for release in reversed(self.facts.history.releases)
            if self.is_told(release)
            for entry in self.facts.of(release)
        )

    def first_by_git(self) -> str:
        """Name the first release that git tells of, where people told of others before it.

        Between the two steps of that release's day nothing else says that it is not tagged yet.
        """
        first = next((r for r in self.facts.history.releases if r.tag), None)
        read = version.parse(first.version) if first and self.is_told(first) else None
        told = filter(None, map(version.parse, self.facts.handwritten))
        return first.version if first and read and any(v.key < read.key for v in told) else ""

    def is_told_by_hand(self) -> bool:
        """Tell whether every release that is out stands in the hand-written part."""
        out = [r for r in self.facts.history.releases if r.status == "released"]
        return any(self.is_told(release) for release in out)

    def release_links(
        self, shown: Iterable[LoggedRelease]
    ) -> tuple[tuple[escape.Safe, escape.Safe], ...]:
        """Give each shown release's name and the page of its forge that compares it."""
        forge = self.facts.forge
        if forge is None:
            return ()
        tags = {r.version: r.tag for r in self.facts.history.releases}
        return tuple(
            (escape.Safe(r.version), escape.Safe(forge.compare(tags.get(r.previous or ""), r.tag)))
            for r in (item.release for item in shown)
            if r.tag
        )

    def is_told(self, release: Release) -> bool:
        """Tell whether the hand-written part has a heading for a release."""
        return version.is_among(release.version, self.facts.handwritten)

    def _heading(self, release: Release) -> escape.Safe:
        """Give a release's heading: its version, linked where the forge is known, and its date."""
        name = escape.prose(release.version)
        label = f"[{name}]" if self.facts.forge and release.tag else name
        return escape.Safe(f"{label} - {release.date}" if release.date else label)
