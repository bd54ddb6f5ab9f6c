"""Where one has to stop on a way: where the settings say so, and where scripts are last shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.releases import version
from migdocs.core.upgrade import line, words

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from migdocs.core.facts import Facts
    from migdocs.core.timeline import Release
    from migdocs.core.upgrade.ways import Start


def is_stop(facts: Facts, release: Release) -> bool:
    """Tell whether the settings require to stop at a release."""
    return any(version.same(name, release.version) for name in facts.settings.stops)


def conditions(facts: Facts, release: Release) -> tuple[str, ...]:
    """Give what the settings say must be true before one leaves a release."""
    written = facts.settings.leave_when.items()
    return tuple(text for name, text in written if version.same(name, release.version))


def required(
    facts: Facts, start: Start, target: Release, between: Sequence[Release]
) -> dict[str, str]:
    """Find the versions that must not be skipped, each with the reason."""
    stops = {release.version: words.STOP_DECLARED for release in between if is_stop(facts, release)}
    for release, lost in _last_chances(facts, start, target, between).items():
        gone = words.STOP_GONE.format(ids=words.named(lost), version=target.version)
        stops[release] = f"{stops[release]}; {gone}" if release in stops else gone
    return stops


def _last_chances(
    facts: Facts, start: Start, target: Release, between: Sequence[Release]
) -> dict[str, list[str]]:
    """Find what was squashed on the way: version → the ids that it is the last to ship.

    Only where a script that has run at the start is gone from the target: drafts that came and went
    in between are missed by nobody. One that lives on under another id is not lost, nor is a
    repeatable one: what it makes is made anew whenever it changes. Who runs final releases is not
    sent over a candidate.
    """
    has = line.shipped(target)
    kept = {_digest(facts, id_) for id_ in has}

    def lost(ids: Collection[str]) -> set[str]:
        """Give those that the target has not, under no id."""
        return {
            id_
            for id_ in ids
            if id_ not in has and _digest(facts, id_) not in kept and not _is_repeatable(facts, id_)
        }

    if not lost(start.applied):
        return {}
    candidates = start.release is not None and version.is_prerelease(start.release.version)
    last = {
        id_: release.version
        for release in between
        if candidates or not version.is_prerelease(release.version)
        for id_ in lost(line.shipped(release) - start.applied)
    }
    found: dict[str, list[str]] = {}
    for id_ in facts.entries:
        if id_ in last:
            found.setdefault(last[id_], []).append(id_)
    return found


def _is_repeatable(facts: Facts, id_: str) -> bool:
    """Tell whether a migration runs again whenever its text changes."""
    entry = facts.entries.get(id_)
    return entry is not None and entry.migration.repeatable


def _digest(facts: Facts, id_: str) -> str:
    """Give the hash of a migration's forward script, its id where there is none."""
    entry = facts.entries.get(id_)
    return entry.migration.forward.digest if entry and entry.migration.forward else id_
