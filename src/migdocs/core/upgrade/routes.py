"""The route from one version to another: what to run, where to stop, how far back one can go.

It is the difference of two trees, ``tree(Y) - tree(X)``, never a sum of releases: a back-port that
X already has is not run twice, and what was deleted before Y is seen (``releases.md``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.upgrade import line, refusals, stops
from migdocs.core.upgrade.ways import Hop, Route, Start

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from migdocs.core.facts import Facts
    from migdocs.core.timeline import History, Release


def route(facts: Facts, before: str | Start, after: str) -> Route:
    """Find the way from a version, or from what a database has, to a version.

    Versions may be given with or without ``v``, as their tags, or as a candidate's name that its
    release replaced.
    """
    history = facts.history
    start = before if isinstance(before, Start) else _start(history, before)
    target = line.find(history, after)
    if start is None:
        return Route(str(before), after, *refusals.unknown(history, str(before)))
    if target is None:
        return Route(start.name, after, *refusals.unknown(history, after))
    refusal = refusals.planned(start, target)
    if not refusal and line.position(history, start.release) > line.position(history, target):
        return refusals.downgrade(facts, start, target)
    refusal = refusal or refusals.there(start, target) or refusals.step_back(history, start, target)
    if refusal:
        return Route(start.name, target.version, *refusal)
    return lay_out(facts, start, target)


def from_applied(history: History, applied: Collection[str], name: str = "") -> Start:
    """Give the start that a database is at, by the ids that it has applied.

    Its release is the newest one of which every migration has run.
    """
    ids = frozenset(applied)
    complete = [r for r in history.releases if r.status == "released" and line.shipped(r) <= ids]
    at = complete[-1] if complete else None
    return Start(name or (f"a database at {at.version}" if at else "a database"), ids, at)


def lay_out(facts: Facts, start: Start, target: Release) -> Route:
    """Lay the way out, hop by hop."""
    between = line.between(facts.history, start, target)
    hops = tuple(_hops(facts, start, target, between))
    entries = [entry for hop in hops for entry in hop.entries]
    gone = start.applied - line.shipped(target)
    return Route(
        start.name,
        target.version,
        hops=hops,
        undo=tuple(reversed(entries)),
        left=tuple(id_ for id_ in facts.entries if id_ in gone),
        releases=(*between, target),
        applied=start.applied,
    )


def _hops(facts: Facts, start: Start, target: Release, between: Sequence[Release]) -> Iterator[Hop]:
    """Yield a hop to each required stop, and the last to the target."""
    applied, name, last = start.applied, start.name, start.release
    required = stops.required(facts, start, target, between)
    passed: list[Release] = []
    for release in (*between, target):
        passed.append(release)
        if release is not target and release.version not in required:
            continue
        new = line.shipped(release) - applied
        again = _changed_repeatables(facts, passed, applied) if last else frozenset()
        run = new | again
        entries = sorted(
            (e for id_, e in facts.entries.items() if id_ in run),
            key=lambda e: e.migration.repeatable,
        )
        why = required.get(release.version, "")
        conditions = stops.conditions(facts, release) if why else ()
        yield Hop(name, release, tuple(entries), why, conditions)
        applied, name, last, passed = applied | new, release.version, release, []


def _changed_repeatables(
    facts: Facts, passed: Sequence[Release], applied: frozenset[str]
) -> frozenset[str]:
    """Name the repeatable migrations that have run and whose text changed since."""
    edited = {edit.migration for release in passed for edit in release.edited}
    return frozenset(
        id_
        for id_ in edited & applied & facts.entries.keys()
        if facts.entries[id_].migration.repeatable
    )


def _start(history: History, name: str) -> Start | None:
    """Give the start at a version."""
    release = line.find(history, name)
    return line.at(release) if release else None
