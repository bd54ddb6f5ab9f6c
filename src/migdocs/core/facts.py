"""Everything that the documents say, gathered from what was read."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migdocs.core import impact, judged, notes
from migdocs.core.analysis import Analysis
from migdocs.core.judged import Judged
from migdocs.core.proof import evidence as evidences
from migdocs.core.releases import compatibility, told
from migdocs.core.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migdocs.core.changelog import commits
    from migdocs.core.changelog.forge import Forge
    from migdocs.core.event import Event
    from migdocs.core.impact import Assessment
    from migdocs.core.markup.escape import Safe
    from migdocs.core.model import (
        Field,
        Hazard,
        History,
        Impact,
        Migration,
        Placement,
        Release,
        Status,
    )
    from migdocs.core.notes.template import Template
    from migdocs.core.proof.evidence import Evidence
    from migdocs.core.releases.compatibility import Compatibility
    from migdocs.core.settings import Settings

# Header fields that have a place of their own in the documents.
_PLACED = {*notes.ALIASES, "migration id", "file", "rollback"}

# What an id begins with that says when it runs: `20240103_`, `00-`, `V1.2__`, `R__`.
_NUMBER = re.compile(r"^(?:[VvRr](?=[\d_]))?[\d_.-]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One migration as the documents show it.

    Attributes:
        changes: what the SQL does, a sentence each; empty where it was not read.
        computed: the impact that the SQL has, None where it was not judged.
        breaks: the changes that make it breaking, a sentence each.
        read_type: what kind of migration its SQL makes it; empty where it was not read.
        loss: what undoing it cannot give back, as its SQL is read.
        fields: header fields of the notes beyond the usual, in the template's order.
        applied: environment → the event that last applied it there.
    """

    migration: Migration
    placement: Placement
    title: str
    changes: tuple[str, ...] = ()
    computed: Impact | None = None
    breaks: tuple[str, ...] = ()
    read_type: str = ""
    loss: str = ""
    dependencies: tuple[str, ...] = ()
    dependents: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    applied: Mapping[str, Event] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The migration's id."""
        return self.migration.id

    @property
    def status(self) -> Status:
        """Whether it is released, unreleased or planned."""
        return self.placement.status

    @property
    def date(self) -> str | None:
        """The day that the notes say, else that the id begins with."""
        return self.migration.declared.date or told.date_in(self.id)

    @property
    def type(self) -> str | None:
        """What kind of migration the notes say it is, else what its SQL does."""
        return self.migration.declared.type or self.read_type or None

    @property
    def breaking(self) -> bool | None:
        """Whether it breaks anything: by its notes or by its SQL; None where neither says."""
        computed = None if self.computed in {None, "unknown"} else self.computed == "major"
        if self.migration.declared.breaking or computed:
            return True
        return self.migration.declared.breaking if computed is None else computed


@dataclass(frozen=True, slots=True)
class LogSection:
    """One section of a release in the change log.

    Attributes:
        entries: its lines, already escaped.
        told: what they were made of, as written.
    """

    title: str
    entries: tuple[Safe, ...]
    told: tuple[commits.Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Folded:
    """A final release with all that its candidates brought, for the change log."""

    release: Release
    sections: tuple[LogSection, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the documents are made of.

    Attributes:
        entries: by migration id, in run order.
        logged: version → the change log's sections made of its commits.
        folded: version → a final release told together with its candidates.
        handwritten: the versions that the change log's hand-written part has headings for.
        runner: the commands that apply this project's migrations.
        example_files: what ``migdocs new add_user_locale`` would lay here.
        hazards: what can hurt a running system, by migration id.
        changelog_template: the text of the project's own one; empty where it has none.
        judged: what the SQL and a server's evidence say about running and undoing.
        evidence: what a server showed of the scripts as they are, by migration id.
    """

    settings: Settings
    history: History
    entries: Mapping[str, Entry]
    compatibility: tuple[Compatibility, ...] = ()
    events: tuple[Event, ...] = ()
    template: Template | None = None
    logged: Mapping[str, tuple[LogSection, ...]] = field(default_factory=dict)
    folded: Mapping[str, Folded] = field(default_factory=dict)
    handwritten: frozenset[str] = frozenset()
    forge: Forge | None = None
    runner: Runner = field(default_factory=Runner)
    example_files: tuple[str, ...] = ()
    hazards: Mapping[str, tuple[Hazard, ...]] = field(default_factory=dict)
    judged: Judged = field(default_factory=Judged)
    changelog_template: str = ""
    evidence: Mapping[str, Evidence] = field(default_factory=dict)

    def released(self) -> tuple[Release, ...]:
        """Give the releases that are out, oldest first."""
        return tuple(r for r in self.history.releases if r.status == "released")

    def applied_in(self, environment: str) -> tuple[Entry, ...]:
        """Give the entries that stand applied in an environment, in run order."""
        return tuple(entry for entry in self.entries.values() if environment in entry.applied)

    def verified(self, id_: str) -> str:
        """Say what a server showed of a migration, or that nothing is verified."""
        return evidences.sentence(self.evidence[id_]) if id_ in self.evidence else "not verified"

    def observed(self, id_: str) -> str:
        """Say what a migration locked and rewrote on a server; empty where nothing is known."""
        return evidences.locks_sentence(self.evidence[id_]) if id_ in self.evidence else ""

    def unread(self, id_: str) -> tuple[str, ...]:
        """Say what a server showed of a migration and its SQL does not say."""
        return self.evidence[id_].unread if id_ in self.evidence else ()

    def time_taken(self, id_: str) -> str:
        """Say how long a migration took with how many rows, or that nobody measured."""
        seen = self.evidence.get(id_)
        return evidences.time_sentence(seen) if seen else "not measured"

    def of(self, release: Release) -> tuple[Entry, ...]:
        """Give the entries that are new in a release, in run order."""
        return tuple(self.entries[id_] for id_ in release.migrations if id_ in self.entries)


def gather(  # noqa: PLR0913 - each is one thing that was read
    settings: Settings,
    history: History,
    *,
    sql: Analysis | None = None,
    events: Sequence[Event] = (),
    template: Template | None = None,
    logged: Mapping[str, tuple[LogSection, ...]] | None = None,
    folded: Mapping[str, Folded] | None = None,
    handwritten: frozenset[str] = frozenset(),
    forge: Forge | None = None,
    runner: Runner | None = None,
    example_files: tuple[str, ...] = (),
    hazards: Mapping[str, tuple[Hazard, ...]] | None = None,
    evidence: Mapping[str, Evidence] | None = None,
) -> Facts:
    """Bring together what was read and computed, by migration id; what was observed counts more."""
    seen = evidence or {}
    locks = {id_: lock for id_, item in seen.items() if (lock := evidences.strongest(item))}
    sql = sql or Analysis()
    needs = _dependencies(history, sql.dependencies)
    needed_by: dict[str, list[str]] = {}
    for id_, parents in needs.items():
        for parent in parents:
            needed_by.setdefault(parent, []).append(id_)
    applied = _applied(events)
    order = [f.name.lower() for f in template.fields] if template else []
    entries = {
        m.id: Entry(
            m,
            history.placements[m.id],
            title(m),
            (m.unread,) if m.unread else sql.sentences.get(m.id, ()),
            _impact(sql.assessments.get(m.id), seen.get(m.id)),
            sql.breaks.get(m.id, ()) or _hidden_breaks(seen.get(m.id)),
            sql.types.get(m.id, ""),
            sql.losses.get(m.id, ""),
            needs.get(m.id, ()),
            tuple(needed_by.get(m.id, ())),
            _own_fields(m, order),
            applied.get(m.id, {}),
        )
        for m in history.migrations
    }
    rows = compatibility.matrix(
        history.releases,
        {m.id: m for m in history.migrations},
        {id_: entry.breaking for id_, entry in entries.items()},
    )
    return Facts(
        settings,
        history,
        entries,
        rows,
        tuple(events),
        template,
        logged or {},
        folded or {},
        handwritten,
        forge,
        runner or Runner(),
        example_files,
        hazards or {},
        Judged(
            {**judged.strongest_locks(hazards or {}), **locks},
            {id_: item.verdict for id_, item in seen.items()},
            judged.brought_by(sql.changes),
        ),
        evidence=seen,
    )


def _impact(read: Assessment | None, seen: Evidence | None) -> Impact | None:
    """Give what a migration means for clients; what it hides counts as a server showed it."""
    if read is None or seen is None or not seen.unread_impact:
        return read.impact if read else None
    plain = [reason.impact for reason in read.reasons if not reason.change.opaque]
    return impact.worst([*plain, seen.unread_impact])


def _hidden_breaks(seen: Evidence | None) -> tuple[str, ...]:
    """Give what breaks clients and no reading sees, a line each."""
    return seen.unread if seen and seen.unread_impact == "major" else ()


def title(migration: Migration) -> str:
    """Give what people call a migration: its notes' title, else its id in words."""
    declared = migration.declared.title
    if declared and declared != migration.id:
        return declared
    bare = _NUMBER.sub("", migration.id)
    words = re.sub(r"[_-]+", " ", bare).strip()
    return words[:1].upper() + words[1:] or migration.id


def statistics(facts: Facts) -> dict[str, Counter[str]]:
    """Count the migrations by status, type and release, and the events by outcome."""
    entries = facts.entries.values()
    return {
        "status": Counter(entry.status for entry in entries),
        "type": Counter(entry.type or "not said" for entry in entries),
        "rollback": Counter(
            "with" if entry.migration.rollback else "without"
            for entry in entries
            if not entry.migration.planned
        ),
        "breaking": Counter(
            {True: "yes", False: "no", None: "not known"}[entry.breaking] for entry in entries
        ),
        "events": Counter(f"{event.action} {event.outcome}" for event in facts.events),
    }


def _dependencies(
    history: History, read: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Join what notes, layouts and SQL say a migration needs; only ids that exist."""
    known = {m.id for m in history.migrations}
    return {
        m.id: tuple(
            dict.fromkeys(
                name
                for name in (*m.declared.dependencies, *m.parents, *read.get(m.id, ()))
                if name in known and name != m.id
            )
        )
        for m in history.migrations
    }


def _own_fields(migration: Migration, order: Sequence[str]) -> tuple[Field, ...]:
    """Give the notes' header fields that no document shows elsewhere, in the template's order."""
    written = migration.notes.fields if migration.notes else ()
    own = [f for f in written if notes.canonical(f.name) not in _PLACED and f.value]
    rank = {name: index for index, name in enumerate(order)}
    return tuple(sorted(own, key=lambda f: rank.get(f.name.lower(), len(rank))))


def _applied(events: Sequence[Event]) -> dict[str, dict[str, Event]]:
    """Find where each migration stands applied: migration → environment → the event."""
    found: dict[str, dict[str, Event]] = {}
    for event in events:
        if event.outcome != "succeeded":
            continue
        undone = event.action == "rollback"
        # A repair that takes a script as not applied has no hash of one.
        if undone or (event.action == "repair" and not event.script_hash):
            found.get(event.migration, {}).pop(event.environment, None)
        else:
            found.setdefault(event.migration, {})[event.environment] = event
    return found
