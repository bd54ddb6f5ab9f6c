"""The pairs of versions whose ways are written beforehand, for documents and the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.upgrade import line, refusals, routes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.facts import Facts
    from migdocs.core.timeline import Release
    from migdocs.core.upgrade.ways import Route

# A table of every pair of more releases than these is read by nobody.
MANY = 12
# Pages of ways to the newest release are written beforehand until they list so many migrations.
_LISTED = 1_000


def neighbouring(facts: Facts) -> tuple[Route, ...]:
    """Give the way from each release to the next of its lineage, the newest first."""
    return tuple(
        routes.lay_out(facts, line.at(before), release)
        for release in reversed(facts.history.releases)
        if (before := line.find(facts.history, release.previous or ""))
        and (release.status == "released" or release.migrations)
    )


def supported(facts: Facts) -> tuple[Route, ...]:
    """Give the ways between the releases that have migrations, to the newest first.

    Where these are more than ``MANY``, only the ways to the newest.
    """
    stations = _stations(facts)
    targets = stations[-1:] if len(stations) > MANY else stations
    return tuple(_between_all(facts, stations, targets))


def recent(facts: Facts) -> tuple[Route, ...]:
    """Give the ways that readers ask for most.

    Those between all releases that have migrations; where these are more than ``MANY``, to the
    newest, from the latest ones and from each release that stands before one of them, as far back
    as ``_LISTED`` migrations go.
    """
    stations = _stations(facts)
    if len(stations) <= MANY:
        return tuple(_between_all(facts, stations, stations))
    left = {r.previous for r in stations} | {r.version for r in stations}
    starts = [r for r in facts.released() if r.version in left]
    ways = _between_all(facts, (*starts[: starts.index(stations[-1])], stations[-1]), stations[-1:])
    found: list[Route] = []
    listed = 0
    for way in ways:
        listed += len(way.entries)
        if len(found) >= MANY and listed > _LISTED:
            break
        found.append(way)
    return tuple(found)


def _stations(facts: Facts) -> tuple[Release, ...]:
    """Give the releases that have migrations."""
    return tuple(r for r in facts.released() if r.migrations)


def _between_all(
    facts: Facts, stations: Sequence[Release], targets: Sequence[Release]
) -> Iterator[Route]:
    """Yield the way from every release to every target after it, the newest first."""
    for target in reversed(targets):
        for before in reversed(stations[: stations.index(target)]):
            start = line.at(before)
            if not refusals.step_back(facts.history, start, target):
                yield routes.lay_out(facts, start, target)
