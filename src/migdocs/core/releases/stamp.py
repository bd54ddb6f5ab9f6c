"""A release that is made but not tagged yet: its version and date stand in the change log.

Between ``migdocs release`` and the tag, the documents say what they will say afterwards; the stamp
is found in the change log itself, so that nothing else has to remember it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.core.releases import version
from migdocs.core.releases.told import UNRELEASED
from migdocs.core.timeline import Placement, Release

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migdocs.core.changelog.headings import Heading
    from migdocs.core.timeline import History


class Stamp(Struct, frozen=True):
    """What *Unreleased* is called now.

    Attributes:
        tag: the name that the tag is to have.
        date: ``YYYY-MM-DD``.
    """

    version: str
    tag: str
    date: str


def unreleased(history: History) -> Release | None:
    """Give *Unreleased*; None where nothing is new."""
    return next((r for r in history.releases if r.version == UNRELEASED), None)


def last(history: History) -> Release | None:
    """Give the release that *Unreleased* follows, or the highest one; None before the first."""
    released = {r.version: r for r in history.releases if r.status == "released"}
    here = unreleased(history)
    newest = next(reversed(released.values()), None)
    return released.get(here.previous or "", newest) if here else newest


def find(history: History, headings: Sequence[Heading]) -> Stamp | None:
    """Find the stamp that the change log holds; None where it has none.

    It is the highest version with a date, above every release, in a log that tells of the last
    release too: another package's log, with numbers of its own, is none of ours. A heading that is
    older than the commits it would stand for tells of a release that nobody tagged.
    """
    before, here = last(history), unreleased(history)
    dated = [(read, h) for h in headings if h.date and (read := version.parse(h.version))]
    if here is None or not dated:
        return None
    read, heading = max(dated, key=lambda pair: pair[0].key)
    if any(commit.date > (heading.date or "") for commit in here.commits):
        return None
    released = [v for r in history.releases if (v := version.parse(r.version))]
    known = before is None or any(version.same(h.version, before.version) for h in headings)
    if not known or any(read.key <= other.key for other in released):
        return None
    written = as_last(heading.version, before)
    return Stamp(written, tag_name(before, written), heading.date or "")


def as_last(wanted: str, before: Release | None) -> str:
    """Write a version as the last release's is: with its ``v``, or without one."""
    if before is None:
        return wanted
    mark = before.version[: len(before.version) - len(before.version.lstrip("vV"))]
    return mark + wanted.lstrip("vV")


def tag_name(before: Release | None, wanted: str) -> str:
    """Name a version's tag as the last one is: ``service/v1.2.0`` → ``service/v1.3.0``."""
    if before is None or before.tag is None:
        return wanted
    return before.tag.removesuffix(before.version) + wanted


def apply(history: History, stamp: Stamp) -> History:
    """Give the history as it will be once the tag is there."""
    here = unreleased(history)
    if not any(release.tag for release in history.releases):
        return _first(history, here, stamp)
    if here is None:
        return history
    release = replace(
        here,
        version=stamp.version,
        status="released",
        tag=stamp.tag,
        date=stamp.date,
        edited=tuple(replace(edit, release=stamp.version) for edit in here.edited),
    )
    placed = {id_: Placement(stamp.version, "git", "released") for id_ in here.migrations}
    releases = tuple(release if r is here else r for r in history.releases)
    return replace(history, releases=releases, placements={**history.placements, **placed})


def _first(history: History, here: Release | None, stamp: Stamp) -> History:
    """Give the history as it will be once its first tag is there: git tells, and no word any more.

    A tree holds all that was there before it, whatever release people gave it.
    """
    ids = tuple(m.id for m in history.migrations if not m.planned)
    release = Release(
        stamp.version,
        tag=stamp.tag,
        date=stamp.date,
        migrations=ids,
        ships=ids,
        commits=here.commits if here else (),
    )
    planned = tuple(r for r in history.releases if r.status == "planned")
    placed = {id_: Placement(stamp.version, "git", "released") for id_ in ids}
    placements = {**history.placements, **placed}
    return replace(history, releases=(release, *planned), placements=placements)
