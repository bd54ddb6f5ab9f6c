"""The change log of a stretch of releases, as git tells it: Markdown, a template's text or JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from migdocs.commands.project import place
from migdocs.core import values
from migdocs.core.changelog import commits
from migdocs.core.documents import templating
from migdocs.core.documents.log_page import LoggedRelease, LogPage
from migdocs.core.known import Unknown
from migdocs.core.markup import escape
from migdocs.core.releases import release_range, stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migdocs.commands.project import Project
    from migdocs.core.facts import LogSection
    from migdocs.core.timeline import Release


class Wanted(Struct, frozen=True):
    """Which releases, and how.

    Attributes:
        after: a version; the releases after it.
        up_to: a version; the last one told.
        unreleased: only what is not released yet.
        template: the text of a Jinja2 template; empty takes ours.
        path: of the template, for its errors.
        authors: whether lines name who wrote it.
        release: a version; only that one.
    """

    after: str = ""
    up_to: str = ""
    unreleased: bool = False
    template: str = ""
    path: str = ""
    authors: bool = False
    release: str = ""


def text(read: Project, wanted: Wanted) -> str:
    """Give the log as text, the newest release first.

    Raises:
        MigdocsError: a version is unknown, or the template is wrong.
    """
    page = LogPage("changelog", read.facts, place(read))
    logged: Sequence[LoggedRelease] = page.logged_releases(_releases(read, wanted), pending=True)
    if wanted.authors:
        logged = [_with_authors(item, read) for item in logged]
    last = stamp.last(read.facts.history) if wanted.unreleased else None
    empty = f"Nothing is new since {last.version}." if last else "No release in this range."
    text = templating.log_of(
        page,
        logged,
        templating.Custom(wanted.template, wanted.path),
        ours="changelog_range",
        empty=empty,
    )
    # A release's page calls whom it names; a template's author knows whom.
    return text if wanted.template else escape.unmentioned(text)


def for_forge(read: Project, name: str, *, contributors: bool = True) -> str:
    """Give the text of one release for its page on a forge, the upgrade's verdict at its head.

    Raises:
        UsageError: there is no such release.
    """
    from migdocs.core.documents import release_notes
    from migdocs.core.upgrade import guide as upgrade_guide
    from migdocs.core.upgrade import line, routes

    facts = read.facts
    release_range.between(facts.history.releases, up_to=name)  # refuses what is not there
    release = line.find(facts.history, name)
    page = LogPage("changelog", facts, place(read))
    found = next(
        item
        for item in page.logged_releases(facts.history.releases, pending=True)
        if release and item.release.version == release.version
    )
    before = found.release.previous
    way = routes.route(facts, before, found.release.version) if before else None
    return release_notes.text(
        facts,
        found,
        upgrade_guide.guide(facts, way) if way else None,
        contributors=contributors,
    )


def as_json(read: Project, wanted: Wanted) -> str:
    """Give the log as one JSON document, the newest release first."""
    page = LogPage("changelog", read.facts, place(read))
    logged = page.logged_releases(_releases(read, wanted), pending=True)
    releases = [_release(item) for item in logged]
    answer = {"schema_version": 1, "releases": releases}
    return json.dumps(answer, indent=2, ensure_ascii=False) + "\n"


def _releases(read: Project, wanted: Wanted) -> tuple[Release, ...]:
    """Choose the releases, lowest version first."""
    if wanted.unreleased:
        here = stamp.unreleased(read.facts.history)
        return (here,) if here else ()
    if wanted.release:
        return release_range.between(read.facts.history.releases, up_to=wanted.release)[-1:]
    return release_range.between(read.facts.history.releases, wanted.after, wanted.up_to)


def _with_authors(item: LoggedRelease, read: Project) -> LoggedRelease:
    """Write a release's lines with their authors."""

    def again(section: LogSection) -> LogSection:
        lines = commits.lines(section.told, read.facts.forge, authors=True)
        return replace(section, entries=lines)

    return replace(item, sections=tuple(again(section) for section in item.sections))


def _release(item: LoggedRelease) -> dict[str, Any]:
    """Give one release's JSON shape."""
    release = item.release
    return {
        "version": release.version,
        "tag": release.tag,
        "date": release.date,
        "lineage": release.lineage,
        "previous": release.previous,
        "aliases": list(release.aliases),
        "told_in": item.final or None,
        "told_elsewhere": list(item.elsewhere),
        "sections": [
            {"title": section.title, "entries": [values.plain(e) for e in section.told]}
            for section in item.sections
        ],
        "database": [
            {
                "id": entry.id,
                "title": entry.title,
                "breaking": None if isinstance(entry.breaking, Unknown) else entry.breaking,
                "changes": list(entry.changes),
            }
            for entry in item.database
        ],
    }
