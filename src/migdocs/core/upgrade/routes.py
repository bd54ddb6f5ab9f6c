"""The route from one version to another: what to run, where to stop, how far back one can go.

It is the difference of two trees, ``tree(Y) - tree(X)``, never a sum of releases: a back-port that
X already has is not run twice, and what was deleted before Y is seen (``releases.md``).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migdocs.core.releases import version
from migdocs.core.upgrade import words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from migdocs.core.facts import Entry, Facts
    from migdocs.core.model import Change, Hazard, History, Release

    Refused = tuple[str, str]  # the reason, and what to do instead

# PostgreSQL's table locks, weakest first (manual, "Explicit Locking").
LOCKS = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)
# What a rollback showed on a real server → why there is no way back by it.
_NO_WAY_BACK = {
    "rows-lost": "its rollback was seen to lose rows",
    "fails": "its rollback was seen to fail",
    "missing": "it has no rollback script",
    "impossible": "it cannot be undone, as was seen",
}
# A table of every pair of more releases than these is read by nobody.
MANY = 12
# Pages of ways to the newest release are written beforehand until they list so many migrations.
_LISTED = 1_000
# What only adds, and kinds of objects that readers and writers rely on.
_HARMLESS_VERBS = {"create", "add", "comment", "validate", "set default", "drop not null"}
_LASTING = {"table", "column", "constraint", "type", "view", "materialized view", "function"}


@dataclass(frozen=True, slots=True)
class Judged:
    """What the SQL and a server's evidence add to the facts, by migration id; all may be empty.

    Attributes:
        locks: the strongest lock taken, and on what.
        verdicts: what undoing it showed: ``exact``, ``rows-lost``, ``fails`` …
        brought_by: the migrations that brought all that it takes away or changes; an id is missing
            where something of that is older than every migration.
    """

    locks: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    verdicts: Mapping[str, str] = field(default_factory=dict)
    brought_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock, the relations that it is taken on, and the migration that takes it."""

    lock: str
    on: tuple[str, ...]
    migration: str


@dataclass(frozen=True, slots=True)
class Start:
    """Where an upgrade starts.

    Attributes:
        name: a version, or what else a reader calls it.
        applied: the ids of the migrations that have run there.
        release: None where not even the first release's migrations have run.
    """

    name: str
    applied: frozenset[str]
    release: Release | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """A part of the way that is gone at one go: to a required stop, or to the end.

    Attributes:
        entries: to run, in order; repeatable ones last.
        required_by: why one has to stop at its end; empty for the last hop.
        leave_when: what the settings say must be true before one goes on.
    """

    before: str
    release: Release
    entries: tuple[Entry, ...]
    required_by: str = ""
    leave_when: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The version that it leads to."""
        return self.release.version


@dataclass(frozen=True, slots=True)
class Route:
    """The way from one version to another, or why there is none.

    Attributes:
        reason: why it is refused; empty where it is allowed.
        instead: what to do then.
        undo: to go back from ``version``, in order; for a refused downgrade, what undoes it.
        left: ids that have run and that the target does not have: they stay.
        releases: those passed on the way, the target last.
        applied: the ids that have run at the start.
    """

    before: str
    version: str
    reason: str = ""
    instead: str = ""
    hops: tuple[Hop, ...] = ()
    undo: tuple[Entry, ...] = ()
    left: tuple[str, ...] = ()
    releases: tuple[Release, ...] = ()
    applied: frozenset[str] = frozenset()

    @property
    def allowed(self) -> bool:
        """Whether one may go this way."""
        return not self.reason

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All migrations to run, in order."""
        return tuple(entry for hop in self.hops for entry in hop.entries)

    @property
    def release(self) -> Release | None:
        """The release that it leads to; None where it is refused."""
        return self.hops[-1].release if self.hops else None


def route(facts: Facts, before: str | Start, after: str) -> Route:
    """Find the way from a version, or from what a database has, to a version.

    Versions may be given with or without ``v``, as their tags, or as a candidate's name that its
    release replaced.
    """
    history = facts.history
    start = before if isinstance(before, Start) else _start(history, before)
    target = find(history, after)
    if start is None:
        return Route(str(before), after, *_unknown(history, str(before)))
    if target is None:
        return Route(start.name, after, *_unknown(history, after))
    refusal = _planned(start, target)
    if not refusal and _position(history, start.release) > _position(history, target):
        return _downgrade(facts, start, target)
    refusal = refusal or _there(start, target) or _step_back(history, start, target)
    if refusal:
        return Route(start.name, target.version, *refusal)
    return _allowed(facts, start, target)


def find(history: History, name: str) -> Release | None:
    """Give the release that somebody means; None where there is none."""
    for release in history.releases:
        if name in (release.version, release.tag, *release.aliases):
            return release
    return next((r for r in history.releases if version.same(name, r.version)), None)


def from_applied(history: History, applied: Collection[str], name: str = "") -> Start:
    """Give the start that a database is at, by the ids that it has applied.

    Its release is the newest one of which every migration has run.
    """
    ids = frozenset(applied)
    complete = [r for r in history.releases if r.status == "released" and shipped(r) <= ids]
    at = complete[-1] if complete else None
    return Start(name or (f"a database at {at.version}" if at else "a database"), ids, at)


def shipped(release: Release) -> frozenset[str]:
    """Give the ids of a release's tree; of *Unreleased*, with what is not committed yet."""
    return release.ids


def is_stop(facts: Facts, release: Release) -> bool:
    """Tell whether the settings require to stop at a release."""
    return any(version.same(name, release.version) for name in facts.settings.stops)


def conditions(facts: Facts, release: Release) -> tuple[str, ...]:
    """Give what the settings say must be true before one leaves a release."""
    written = facts.settings.leave_when.items()
    return tuple(text for name, text in written if version.same(name, release.version))


def neighbouring(facts: Facts) -> tuple[Route, ...]:
    """Give the way from each release to the next of its lineage, the newest first."""
    return tuple(
        _allowed(facts, _at(before), release)
        for release in reversed(facts.history.releases)
        if (before := find(facts.history, release.previous or ""))
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
            start = _at(before)
            if not _step_back(facts.history, start, target):
                yield _allowed(facts, start, target)


def irreversible(entry: Entry, judged: Judged) -> str:
    """Say why a migration cannot be undone; empty where it can."""
    if entry.migration.rollback is None:
        return _NO_WAY_BACK["missing"]
    if entry.migration.declared.reversible is False:
        return "its notes say that it cannot be undone"
    return _NO_WAY_BACK.get(judged.verdicts.get(entry.id, ""), "")


def undoable(undo: Sequence[Entry], judged: Judged) -> tuple[Entry, ...]:
    """Give the migrations that can be undone, in order, up to the first that cannot."""
    kept = []
    for entry in undo:
        if irreversible(entry, judged):
            break
        kept.append(entry)
    return tuple(kept)


def worst_lock(entries: Sequence[Entry], judged: Judged) -> Lock | None:
    """Give the strongest lock that any of them takes; None where none is known."""
    known = [(e.id, *judged.locks[e.id]) for e in entries if e.id in judged.locks]
    locks = [Lock(name, on, id_) for id_, name, on in known if name in LOCKS]
    return max(locks, key=lambda lock: LOCKS.index(lock.lock), default=None)


def strongest_locks(
    hazards: Mapping[str, Sequence[Hazard]],
) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Give each migration's strongest lock, and on what (``Judged.locks``)."""
    locks = {}
    for id_, found in hazards.items():
        taken = [hazard for hazard in found if hazard.lock in LOCKS]
        if taken:
            worst = max(taken, key=lambda hazard: LOCKS.index(hazard.lock))
            locks[id_] = (worst.lock, worst.on)
    return locks


def breaking(entries: Sequence[Entry], judged: Judged) -> tuple[Entry, ...]:
    """Give the migrations that break something which was there at the start.

    One that only takes away or changes what others on the same way brought breaks nobody.
    """
    on_the_way = {entry.id for entry in entries}
    return tuple(
        entry
        for entry in entries
        if entry.breaking and not _is_within(judged.brought_by.get(entry.id, ()), on_the_way)
    )


def brought_by(changes: Mapping[str, Sequence[Change]]) -> dict[str, tuple[str, ...]]:
    """Find which migrations brought what each takes away or changes (``Judged.brought_by``).

    Args:
        changes: by migration id, in run order.
    """
    bringer: dict[str, str] = {}
    found: dict[str, tuple[str, ...]] = {}
    for id_, done in changes.items():
        taken = [c for c in done if c.verb not in _HARMLESS_VERBS and c.kind in _LASTING]
        sources = [bringer.get(c.name) or bringer.get(c.table or "") for c in taken]
        if taken and all(sources):
            found[id_] = tuple(dict.fromkeys(source for source in sources if source))
        bringer |= {c.name: id_ for c in done if c.verb in {"create", "add"}}
    return found


# --- refusals -----------------------------------------------------------------------------------


def _unknown(history: History, name: str) -> Refused:
    """Refuse a version that there is not."""
    ignored = next((tag for tag in history.ignored_tags if tag.name == name), None)
    if ignored:
        return _refused("ignored", name=name, why=ignored.reason)
    names = [r.version for r in history.releases]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return _refused("mistyped", name=name, near=near[0])
    return _refused("unknown", name=name, known=", ".join(names[-5:]) or "none yet")


def _planned(start: Start, target: Release) -> Refused | None:
    """Refuse versions that only notes speak of."""
    for release in (start.release, target):
        if release and release.status == "planned":
            return _refused("planned", version=release.version)
    return None


def _there(start: Start, target: Release) -> Refused | None:
    """Refuse to go where one is already."""
    return _refused("there", before=start.name) if start.release is target else None


def _step_back(history: History, start: Start, target: Release) -> Refused | None:
    """Refuse a release that does not know yet what a back-port has already run."""
    if start.applied <= shipped(target):
        return None
    seen = {id_ for release in _chain(history, target) for id_ in shipped(release)}
    later = history.releases[_position(history, target) + 1 :]
    unknown = start.applied - seen
    coming = sorted(id_ for id_ in unknown if any(id_ in shipped(r) for r in later))
    if not coming:
        return None
    return _refused(
        "step_back",
        before=start.name,
        version=target.version,
        ids=_named(coming),
        later=next((r for r in later if shipped(r) >= set(coming)), later[-1]).version,
    )


def _downgrade(facts: Facts, start: Start, target: Release) -> Route:
    """Refuse to go back by going forward, and say what undoes it."""
    ids = start.applied - shipped(target)
    undo = tuple(e for e in reversed(tuple(facts.entries.values())) if e.id in ids)
    command = facts.runner.filled("rollback_to", target.version)
    kind = "downgrade" if command else "downgrade_by_hand"
    refused = _refused(
        kind if undo else "same_schema", before=start.name, version=target.version, command=command
    )
    return Route(start.name, target.version, *refused, undo=undo)


def _refused(kind: str, **values: str) -> Refused:
    """Give a refusal's reason and what to do instead."""
    refusal = words.REFUSALS[kind]
    return refusal.reason.format(**values), refusal.instead.format(**values)


def _named(ids: Iterable[str]) -> str:
    """Write ids for a sentence."""
    return ", ".join(f"'{id_}'" for id_ in ids)


# --- the allowed way ----------------------------------------------------------------------------


def _allowed(facts: Facts, start: Start, target: Release) -> Route:
    """Lay the way out, hop by hop."""
    between = _between(facts.history, start, target)
    hops = tuple(_hops(facts, start, target, between))
    entries = [entry for hop in hops for entry in hop.entries]
    gone = start.applied - shipped(target)
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
    stops = _stops(facts, start, target, between)
    passed: list[Release] = []
    for release in (*between, target):
        passed.append(release)
        if release is not target and release.version not in stops:
            continue
        new = shipped(release) - applied
        again = _changed_repeatables(facts, passed, applied) if last else frozenset()
        run = new | again
        entries = sorted(
            (e for id_, e in facts.entries.items() if id_ in run),
            key=lambda e: e.migration.repeatable,
        )
        why = stops.get(release.version, "")
        yield Hop(name, release, tuple(entries), why, conditions(facts, release) if why else ())
        applied, name, last, passed = applied | new, release.version, release, []


def _stops(
    facts: Facts, start: Start, target: Release, between: Sequence[Release]
) -> dict[str, str]:
    """Find the versions that must not be skipped, each with the reason."""
    stops = {release.version: words.STOP_DECLARED for release in between if is_stop(facts, release)}
    for release, lost in _last_chances(facts, start, target, between).items():
        gone = words.STOP_GONE.format(ids=_named(lost), version=target.version)
        stops[release] = f"{stops[release]}; {gone}" if release in stops else gone
    return stops


def _last_chances(
    facts: Facts, start: Start, target: Release, between: Sequence[Release]
) -> dict[str, list[str]]:
    """Find what was deleted or squashed on the way: version → the ids that it is the last to ship.

    A script that lives on under another id is not lost.
    """
    known = start.applied | shipped(target)
    losing = [release for release in between if not shipped(release) <= known]
    kept = {_digest(facts, id_) for id_ in shipped(target)} if losing else set()
    last = {
        id_: release.version
        for release in losing
        for id_ in shipped(release) - known
        if _digest(facts, id_) not in kept
    }
    found: dict[str, list[str]] = {}
    for id_ in facts.entries:
        if id_ in last:
            found.setdefault(last[id_], []).append(id_)
    return found


def _digest(facts: Facts, id_: str) -> str:
    """Give the hash of a migration's forward script, its id where there is none."""
    entry = facts.entries.get(id_)
    return entry.migration.forward.digest if entry and entry.migration.forward else id_


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


def _between(history: History, start: Start, target: Release) -> tuple[Release, ...]:
    """Give the releases of the target's line after the start and before the target."""
    later = history.releases[_position(history, start.release) + 1 :]
    # What is still planned for a version that is out already bears the same name.
    versions = {release.version for release in later if release.status != "planned"}
    return tuple(r for r in _chain(history, target)[:-1] if r.version in versions)


def _chain(history: History, target: Release) -> tuple[Release, ...]:
    """Give a release and those before it in its line, oldest first."""
    by_version = {r.version: r for r in history.releases if r.status != "planned"}
    chain = {target.version: target}
    release = target
    while (before := by_version.get(release.previous or "")) and before.version not in chain:
        chain[before.version] = release = before
    return tuple(reversed(chain.values()))


def _position(history: History, release: Release | None) -> int:
    """Give a release's place among all, the lowest version first; -1 before the first."""
    return next((i for i, other in enumerate(history.releases) if other is release), -1)


def _start(history: History, name: str) -> Start | None:
    """Give the start at a version."""
    release = find(history, name)
    return _at(release) if release else None


def _at(release: Release) -> Start:
    """Give the start at a release."""
    return Start(release.version, shipped(release), release)


def _is_within(ids: Collection[str], others: Collection[str]) -> bool:
    """Tell whether there are ids, and all of them are among others."""
    return bool(ids) and all(id_ in others for id_ in ids)
