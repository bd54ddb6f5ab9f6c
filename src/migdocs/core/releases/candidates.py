"""Candidates told with their final release: what 1.0.0-rc.1 brought stands under 1.0.0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.core.releases import version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from migdocs.core.timeline import Release


def finals(releases: Sequence[Release]) -> dict[str, str]:
    """Find the final release of each candidate: version → version.

    A candidate whose final is not out, or does not have all of its commits, has none.
    """
    return {
        candidate.version: final.version
        for final, found, shared in _of_finals(releases)
        for candidate in found
        if {commit.id for commit in candidate.commits} <= shared
    }


def fold(releases: Sequence[Release]) -> tuple[tuple[Release, tuple[str, ...]], ...]:
    """Give each release that has candidates with what it has of theirs, and whose that is.

    Args:
        releases: lowest version first.
    """
    return tuple(
        (_with(final, found, shared), (final.version, *(c.version for c in found)))
        for final, found, shared in _of_finals(releases)
    )


def _of_finals(
    releases: Sequence[Release],
) -> Iterator[tuple[Release, list[Release], set[str]]]:
    """Yield each final with its candidates, the newest first, and those of their commits it has."""
    by_version = {r.version: r for r in releases if r.status == "released"}
    for release in by_version.values():
        if version.is_prerelease(release.version):
            continue
        found: list[Release] = []
        before = by_version.get(release.previous or "")
        while before and _is_candidate(before, release):
            found.append(before)
            before = by_version.get(before.previous or "")
        if found:
            yield release, found, _reached(release, found)


def _reached(final: Release, candidates: Sequence[Release]) -> set[str]:
    """Name the candidates' commits that a final release stands on."""
    parents = {c.id: c.parents for release in (final, *candidates) for c in release.commits}
    waiting = [final.commit or ""] if final.commit in parents else []
    waiting += [parent for commit in final.commits for parent in commit.parents]
    if not final.commits:  # it lies on a candidate's commit
        waiting.append(final.commit or "")
    seen: set[str] = set()
    while waiting:
        id_ = waiting.pop()
        if id_ in parents and id_ not in seen:
            seen.add(id_)
            waiting += parents[id_]
    return seen


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


def _with(final: Release, candidates: Sequence[Release], shared: set[str]) -> Release:
    """Give a release that has what its candidates brought; the newest of these stands first."""
    brought = {id_ for release in (final, *candidates) for id_ in release.migrations}
    theirs = (c for release in candidates for c in release.commits if c.id in shared)
    return replace(
        final,
        previous=candidates[-1].previous,
        migrations=tuple(id_ for id_ in final.ships if id_ in brought),
        commits=(*final.commits, *theirs),
    )
