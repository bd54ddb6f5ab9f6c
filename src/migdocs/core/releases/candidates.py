"""Candidates told with their final release: what 1.0.0-rc.1 brought stands under 1.0.0."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migdocs.core.releases import version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migdocs.core.model import Release


def finals(releases: Sequence[Release]) -> dict[str, str]:
    """Find the final release of each candidate: version → version.

    A candidate whose final is not out, or does not follow it, has none.
    """
    by_version = {r.version: r for r in releases if r.status == "released"}
    found: dict[str, str] = {}
    for release in by_version.values():
        if version.is_prerelease(release.version):
            continue
        before = by_version.get(release.previous or "")
        while before and _is_candidate(before, release):
            found[before.version] = release.version
            before = by_version.get(before.previous or "")
    return found


def fold(releases: Sequence[Release]) -> tuple[tuple[Release, tuple[str, ...]], ...]:
    """Give each release that has candidates with all that these brought, and whose that is.

    Args:
        releases: lowest version first.
    """
    by_version = {release.version: release for release in releases}
    of: dict[str, list[Release]] = {}
    for candidate, final in finals(releases).items():  # the newest candidate first
        of.setdefault(final, []).append(by_version[candidate])
    return tuple(
        (_with(by_version[final], found), (final, *(candidate.version for candidate in found)))
        for final, found in of.items()
    )


def shown(releases: Sequence[Release], among: Mapping[str, str]) -> dict[str, str]:
    """Give the candidates that a list need not tell: their final and its others are in it too.

    Args:
        releases: of the list.
        among: what ``finals`` found in the whole history.
    """
    listed = {release.version for release in releases}
    torn = {final for candidate, final in among.items() if not {candidate, final} <= listed}
    return {candidate: final for candidate, final in among.items() if final not in torn}


def _is_candidate(release: Release, final: Release) -> bool:
    """Tell whether a release is a candidate of another: 1.0.0-rc.1 of 1.0.0."""
    one, other = version.parse(release.version), version.parse(final.version)
    return bool(one and other and one.prerelease and one.release == other.release)


def _with(final: Release, candidates: Sequence[Release]) -> Release:
    """Give a release that has what its candidates brought; the newest of these stands first."""
    brought = {id_ for release in (final, *candidates) for id_ in release.migrations}
    return replace(
        final,
        previous=candidates[-1].previous,
        migrations=tuple(id_ for id_ in final.ships if id_ in brought),
        commits=tuple(c for release in (final, *candidates) for c in release.commits),
    )
