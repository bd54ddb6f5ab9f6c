"""A route and what its migrations contribute → the guide for one pair, as plain values.

The order is that of the page an operator reads at night (``site.md``): who you are, the verdict,
the point of no return, before, ahead, steps, leaving, checks, the way back, symptoms, afterwards.
What is not known is said ("not measured"), never left blank.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core import runner
from migdocs.core.known import Unknown, of_scripts
from migdocs.core.locks import LOCKS
from migdocs.core.upgrade import halfway, line, piece, steps, summary, verdict, words
from migdocs.core.upgrade.duration import Said, duration, said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migdocs.core.facts import Facts
    from migdocs.core.timeline import Release
    from migdocs.core.upgrade.duration import Duration
    from migdocs.core.upgrade.halfway import Remedy
    from migdocs.core.upgrade.piece import Piece
    from migdocs.core.upgrade.steps import Step
    from migdocs.core.upgrade.verdict import Lock
    from migdocs.core.upgrade.ways import Hop, Route
    from migdocs.core.upgrade.words import Trouble


class Breaking(Struct, frozen=True):
    """Something that stops working on the way; ``migration`` is empty where a commit says it."""

    migration: str
    release: str
    title: str
    by: tuple[str, ...]
    advice: str


class Back(Struct, frozen=True):
    """One migration on the way back.

    Attributes:
        script: the file that undoes it; empty where there is none.
        by_hand: the commands that run it by hand and record that, a line each; or empty.
        found_in: the version whose files hold the script, where the target's no longer do.
        why_not: why it cannot be undone.
        loss: what the notes say is lost.
        as_read: what the script gives back, as it is read; empty where there is none.
    """

    migration: str
    script: str
    found_in: str
    by_hand: str
    why_not: str
    loss: str
    as_read: str


class Unread(Struct, frozen=True):
    """A migration whose script, or a part of it, could not be read, and why."""

    id: str
    why: str


class TableLock(Struct, frozen=True):
    """A table that reads or writes wait for while a migration runs."""

    table: str
    lock: str
    migration: str


class HopGuide(Struct, frozen=True):
    """One hop: where to, what runs, why one stops there, and when one may go on."""

    before: str
    version: str
    tag: str
    migrations: tuple[str, ...]
    required_by: str
    leave_when: tuple[Said, ...]


class Guide(Struct, frozen=True):
    """All that the page of one pair says, in the page's order.

    Attributes:
        state: what a database at the start has applied, in words.
        status: the command that shows it, with the files of the start in hand.
        status_after: the same with the target's files; ``undo_one`` undoes one migration with them.
        no_return: the first migration that cannot be undone, with the reason; None where all can.
        ahead: the ids that may run while the version before is still in use.
        back: all migrations, newest first.
        undoable: the ids of ``back`` that scripts can undo, from the end of the way.
        unread: whose scripts could not be read whole: what breaks there is not known.
        locks: every table that a migration of the way locks against reads or writes.
        undo_unknown: the migrations of which nobody knows whether they can be undone.
        stays: the ids whose rollback leaves the schema different.
        schema: ``private`` or ``public``: whether others read the database.
        stops: the ids of ``breaking`` that only the version before cannot run with.
        applied_by: who applies the migrations, a word of the setting of that name, or ``unknown``.
        halfway: what to do, in order, where a migration fails half way.
    """

    before: str
    version: str
    reason: str
    instead: str
    state: str
    status: str
    query: str
    status_after: str
    undo_one: str
    hops: tuple[HopGuide, ...]
    pieces: tuple[Piece, ...]
    breaking: tuple[Breaking, ...]
    downtime: tuple[Said, ...]
    duration: Duration
    lock: Lock | None
    no_return: Said | None
    prepare: tuple[Said, ...]
    ahead: tuple[str, ...]
    steps: tuple[Step, ...]
    back: tuple[Back, ...]
    undoable: tuple[str, ...]
    troubles: tuple[Trouble, ...]
    written_troubles: tuple[Said, ...]
    afterwards: tuple[Said, ...]
    deprecates: tuple[Said, ...]
    left: tuple[str, ...]
    unread: tuple[Unread, ...]
    locks: tuple[TableLock, ...]
    undo_unknown: tuple[Said, ...]
    stays: tuple[str, ...]
    schema: str
    stops: tuple[str, ...]
    applied_by: str
    halfway: tuple[Remedy, ...]

    @property
    def locked(self) -> tuple[str, ...]:
        """The tables that are locked against reads or writes, each once."""
        return tuple(dict.fromkeys(item.table for item in self.locks))

    @property
    def locks_by_table(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Each locked table with its strongest lock and the migrations that lock it."""
        return tuple(
            (
                table,
                max((i.lock for i in self.locks if i.table == table), key=LOCKS.index),
                tuple(dict.fromkeys(i.migration for i in self.locks if i.table == table)),
            )
            for table in self.locked
        )

    @property
    def unknown(self) -> Unknown:
        """What to say of the whole way where not every script of it was read."""
        return of_scripts(len(self.unread), len(self.pieces), [item.why for item in self.unread])

    @property
    def rolls_back(self) -> bool:
        """Whether the version asked for is older: the guide leads back to it."""
        return self.reason.startswith(f"{self.version} is older than {self.before}")

    @property
    def summary(self) -> str:
        """The first sentence, which answers what an operator asks first."""
        return summary.sentence(self)

    @property
    def for_users(self) -> tuple[Breaking, ...]:
        """What breaks somebody who uses the software, beside the version before."""
        return tuple(item for item in self.breaking if item.migration not in self.stops)

    @property
    def allowed(self) -> bool:
        """Whether one may go this way."""
        return not self.reason


def guide(facts: Facts, route: Route, pieces: Mapping[str, Piece] | None = None) -> Guide:
    """Put the guide for one route together.

    ``pieces`` spares gathering them again where many guides are made.
    """
    pieces = pieces or {e.id: piece.piece(facts, e) for e in (*route.entries, *route.undo)}
    variable = facts.runner.variable
    run = tuple(
        piece.at(pieces[e.id], hop.release, variable) for hop in route.hops for e in hop.entries
    )
    start = line.find(facts.history, route.before)
    in_hand = facts.runner_at(route.release or start)
    first_not = next((p for p in run if p.irreversible), None)
    state = _state(facts, route)
    return Guide(
        route.before,
        route.version,
        route.reason,
        route.instead,
        state,
        facts.runner_at(start).status,
        facts.runner.query,
        in_hand.status,
        in_hand.rollback_one,
        tuple(_hop(hop, pieces) for hop in route.hops),
        run,
        _breaking(facts, route, pieces),
        said(run, "downtime"),
        duration(run),
        verdict.worst_lock(route.entries, facts.judged),
        Said(first_not.id, first_not.irreversible) if first_not else None,
        said(run, "prepare"),
        () if facts.applying.at_start else _ahead(route, pieces),
        steps.steps(facts, route, pieces, state),
        _way_back(facts, route, pieces, start),
        tuple(e.id for e in verdict.undoable(route.undo, facts.judged)),
        _troubles(run),
        said(run, "troubles"),
        said(run, "afterwards"),
        said(run, "deprecates"),
        route.left,
        tuple(Unread(p.id, p.unread) for p in run if p.unread),
        tuple(TableLock(table, lock, p.id) for p in run for table, lock in p.locks),
        said(run, "undo_unknown"),
        tuple(p.id for p in run if p.stays),
        facts.audience.schema,
        tuple(e.id for e in verdict.breaking(route.entries, facts.judged) if e.stops_before),
        facts.applying.by,
        halfway.halfway(facts, route) if run else (),
    )


def _state(facts: Facts, route: Route) -> str:
    """Say what a database at the start of a route has applied; nothing of a refused one."""
    if not route.allowed:
        return ""
    place = {id_: index for index, id_ in enumerate(facts.entries)}
    had = sorted(route.applied & place.keys(), key=place.__getitem__)
    once = [id_ for id_ in had if not facts.entries[id_].migration.repeatable]
    last = next(reversed(once or had), "")
    first = min((e.id for e in route.entries), key=place.__getitem__, default="")
    state = words.STATE_UP_TO if last else words.STATE_NOTHING
    if last and first and place[first] < place[last]:
        state = words.STATE_AMONG
    return state.format(last=last) + (words.STATE_NOT.format(first=first) if first else "")


def _hop(hop: Hop, pieces: Mapping[str, Piece]) -> HopGuide:
    """Describe one hop; its conditions are the settings' and then the notes'."""
    conditions = (
        *(Said("", text) for text in hop.leave_when),
        *said([pieces[e.id] for e in hop.entries], "leave_when"),
    )
    if hop.required_by and not conditions:
        conditions = (Said("", words.LEAVE),)
    return HopGuide(
        hop.before,
        hop.version,
        hop.release.tag or "",
        tuple(e.id for e in hop.entries),
        hop.required_by,
        conditions if hop.required_by else (),
    )


def _breaking(facts: Facts, route: Route, pieces: Mapping[str, Piece]) -> tuple[Breaking, ...]:
    """List what breaks on the whole way: by migrations, then by what commits say."""
    found = [
        Breaking(p.id, p.release, p.title, p.breaking, p.advice)
        for p in (pieces[e.id] for e in verdict.breaking(route.entries, facts.judged))
    ]
    for release in route.releases:
        found += broken_by_commits(facts, release)
    return tuple(found)


def broken_by_commits(facts: Facts, release: Release) -> tuple[Breaking, ...]:
    """List what a release's commits say that they break."""
    told = (
        entry
        for part in facts.logged.get(release.version, ())
        if part.title == "Breaking"
        for entry in part.told
    )
    return tuple(
        Breaking(
            "",
            release.version,
            f"{entry.scope}: {entry.text}" if entry.scope else entry.text,
            ("commit",),
            entry.note,
        )
        for entry in told
    )


def _ahead(route: Route, pieces: Mapping[str, Piece]) -> tuple[str, ...]:
    """Name the migrations that the version before is known to keep running with.

    Only the first ones, up to the first that is not known to be harmless, and of the first hop.
    """
    found: list[str] = []
    for entry in route.hops[0].entries if route.hops else ():
        if not pieces[entry.id].known_safe or pieces[entry.id].stop_needed:
            break
        found.append(entry.id)
    return tuple(found)


def _way_back(
    facts: Facts, route: Route, pieces: Mapping[str, Piece], start: Release | None
) -> tuple[Back, ...]:
    """Describe every migration of the rollback, newest first.

    Its files are those of the version that one comes from, or of the last that had the script.
    """
    kept = line.shipped(route.release) if route.release else frozenset()
    last = {e.id: hop.release for hop in route.hops for e in hop.entries if e.id not in kept}
    in_hand, tools = route.release or start, facts.runner
    found = []
    for entry in route.undo:
        release = last.get(entry.id, in_hand)
        p = piece.at(pieces[entry.id], release, tools.variable)
        record = facts.runner_at(release).unrecord
        noted = runner.recording(record, p.id, p.value, p.previous)
        by_hand = "\n".join(filter(None, (p.undo, noted))) if p.undo and tools.back_by_hand else ""
        found_in = last[p.id].version if p.id in last else ""
        found.append(
            Back(p.id, p.undo_script, found_in, by_hand, p.irreversible, p.loss, p.as_read)
        )
    return tuple(found)


def _troubles(pieces: Sequence[Piece]) -> tuple[Trouble, ...]:
    """Give the errors that these migrations may meet."""
    if not pieces:
        return ()
    waits = any(p.waits for p in pieces)
    return tuple(t for name, t in words.TROUBLES.items() if name != "lock" or waits)
