"""One entry for each migration: what its notes, its SQL, a server and databases say, joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core import impact, notes, unread
from migdocs.core.facts import Entry, title
from migdocs.core.reversal import Reversal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from migdocs.core.analysis import Analysis
    from migdocs.core.event import Event
    from migdocs.core.impact import Assessment
    from migdocs.core.model import Field, Impact, Migration
    from migdocs.core.notes.template import Template
    from migdocs.core.proof.evidence import Evidence
    from migdocs.core.timeline import History

# Header fields that have a place of their own in the documents.
_PLACED = {*notes.ALIASES, "migration id", "file", "rollback"}


class Read(Struct, frozen=True):
    """What was read of a project.

    Attributes:
        seen: by migration id, what a server showed.
        acronyms: the project's own, for titles.
        private: whether nobody but its application reads the database.
        events: of its databases.
    """

    history: History
    sql: Analysis
    seen: Mapping[str, Evidence]
    acronyms: Iterable[str]
    private: bool
    events: Sequence[Event] = ()
    template: Template | None = None


def entries(read: Read) -> dict[str, Entry]:
    """Make the entries, by migration id in run order; what was observed counts more."""
    history, sql, seen, template = read.history, read.sql, read.seen, read.template
    needs = _dependencies(history, sql.dependencies)
    needed_by: dict[str, list[str]] = {}
    for id_, parents in needs.items():
        for parent in parents:
            needed_by.setdefault(parent, []).append(id_)
    applied = _applied(read.events)
    order = [f.name.lower() for f in template.fields] if template else []
    return {
        m.id: Entry(
            m,
            history.placements[m.id],
            title(m, read.acronyms),
            (m.unread,) if m.unread else sql.sentences.get(m.id, ()),
            _impact(sql.assessments.get(m.id), seen.get(m.id)),
            sql.breaks.get(m.id, ()) or _hidden_breaks(seen.get(m.id)),
            sql.types.get(m.id, ""),
            sql.losses.get(m.id, ""),
            needs.get(m.id, ()),
            tuple(needed_by.get(m.id, ())),
            _own_fields(m, order),
            applied.get(m.id, {}),
            _unread(m, sql, seen.get(m.id)),
            sql.reversals.get(m.id, Reversal()),
            read.private,
        )
        for m in history.migrations
    }


def _unread(migration: Migration, sql: Analysis, seen: Evidence | None) -> tuple[str, ...]:
    """Say why a part of a forward script is not known; what a server showed of it is."""
    if seen and seen.unread_impact and migration.id in sql.changes:
        return ()
    return unread.of_script(migration, migration.forward, sql.changes.get(migration.id, ()))


def _impact(read: Assessment | None, seen: Evidence | None) -> Impact | None:
    """Give what a migration means for clients; what it hides counts as a server showed it."""
    if read is None or seen is None or not seen.unread_impact:
        return read.impact if read else None
    plain = [reason.impact for reason in read.reasons if not reason.change.opaque]
    return impact.worst([*plain, seen.unread_impact])


def _hidden_breaks(seen: Evidence | None) -> tuple[str, ...]:
    """Give what breaks clients and no reading sees, a line each."""
    return seen.unread if seen and seen.unread_impact == "major" else ()


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
