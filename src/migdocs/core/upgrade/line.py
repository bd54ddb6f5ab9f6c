"""The releases in their line: which one is meant, what it ships, what lies before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.releases import version
from migdocs.core.upgrade.ways import Start

if TYPE_CHECKING:
    from migdocs.core.timeline import History, Release


def find(history: History, name: str) -> Release | None:
    """Give the release that somebody means; None where there is none."""
    for release in history.releases:
        if name in (release.version, release.tag, *release.aliases):
            return release
    return next((r for r in history.releases if version.same(name, r.version)), None)


def at(release: Release) -> Start:
    """Give the start at a release."""
    return Start(release.version, shipped(release), release)


def shipped(release: Release) -> frozenset[str]:
    """Give the ids of a release's tree; of *Unreleased*, with what is not committed yet."""
    return release.ids


def chain(history: History, target: Release) -> tuple[Release, ...]:
    """Give a release and those before it in its line, oldest first."""
    by_version = {r.version: r for r in history.releases if r.status != "planned"}
    found = {target.version: target}
    release = target
    while (before := by_version.get(release.previous or "")) and before.version not in found:
        found[before.version] = release = before
    return tuple(reversed(found.values()))


def position(history: History, release: Release | None) -> int:
    """Give a release's place among all, the lowest version first; -1 before the first."""
    return next((i for i, other in enumerate(history.releases) if other is release), -1)


def between(history: History, start: Start, target: Release) -> tuple[Release, ...]:
    """Give the releases of the target's line after the start and before the target."""
    later = history.releases[position(history, start.release) + 1 :]
    # What is still planned for a version that is out already bears the same name.
    versions = {release.version for release in later if release.status != "planned"}
    return tuple(r for r in chain(history, target)[:-1] if r.version in versions)
