"""What one migration contributes to an upgrade guide, as plain values.

A guide for any pair is put together from these alone: here for documents and programs, in the
reader's browser for the site's picker.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from migdocs.core import notes, runner
from migdocs.core.changes import losses
from migdocs.core.markup import markdown
from migdocs.core.sql import placeholders
from migdocs.core.sql.execution import alone_in_one

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migdocs.core.facts import Entry, Facts
    from migdocs.core.model import Notes, Script
    from migdocs.core.timeline import Release

# What a guide wants to know → the headings under which people write it, the best first.
HEADINGS: dict[str, tuple[str, ...]] = {
    "advice": ("what to do", "migration path", "action required", "breaking changes", "impact"),
    "prepare": ("before you start", "before", "prerequisites", "preconditions", "requirements"),
    "configure": ("configuration", "configuration changes", "environment variables", "settings"),
    "deploy": ("application", "application changes", "application steps", "deployment"),
    "leave_when": ("leave when", "before the next release", "wait until"),
    "troubles": ("troubleshooting", "common issues", "known issues", "if it fails"),
    "afterwards": ("afterwards", "clean-up", "cleanup", "after", "post-migration", "follow-up"),
    "deprecates": ("deprecations", "deprecated", "now deprecated"),
    "loss": ("way back", "rollback", "rollback steps"),
}
# What a migration's two scripts are called here.
WAYS = ("run", "undo")
SCRATCH = "verify's scratch database"
_NO_DOWNTIME = re.compile(r"(none|no|zero|not? required|0)\b", re.IGNORECASE)
_NEEDS_STOP = re.compile(r"(required|yes|full|stop)\b", re.IGNORECASE)


class Check(Struct, frozen=True):
    """A query that shows whether a migration did what it should, and the answer it should give."""

    sql: str
    expect: str


class Piece(Struct, frozen=True):
    """One migration's part of a guide; texts are as written, empty where nobody said.

    Attributes:
        breaking: who says so: any of ``notes``, ``SQL``; empty where it breaks nothing.
        brought_by: the migrations that brought all that it takes away; empty where some is older.
        known_safe: notes or SQL say that the version before keeps running.
        script: the forward script's path; ``undo_script`` the rollback's.
        run: the command that runs the script by hand; ``undo`` the rollback's.
        value: what the runner's table holds for it; ``previous`` for the migration before it.
        whole: of ``WAYS``, those whose script ``psql -1`` may run in one transaction.
        repeatable: whether it runs again whenever it changes.
        unrunnable: of ``WAYS``, those whose script is nothing that psql can run.
        irreversible: why it cannot be undone; ``undo_unknown`` why that is not known.
        unread: why its forward script, or a part of it, could not be read.
        as_read: what its rollback gives back, as it is read; empty where there is none.
        stays: whether its rollback leaves the schema different.
        stop_needed: the application is to be stopped: something breaks, or nobody can tell.
        locks: every table that reads or writes wait for, with its own lock.
        waits: whether its script gives up where a lock is not to be had in time.
        measured: environment, or the scratch database of ``verify --rows`` → milliseconds.
        measured_rows: table → the rows that it held where ``verify --rows`` measured.
        measured_on: what it was that measured: ``PostgreSQL 15.18, 2 cores``.
    """

    id: str
    title: str
    release: str
    breaking: tuple[str, ...] = ()
    brought_by: tuple[str, ...] = ()
    known_safe: bool = False
    script: str = ""
    undo_script: str = ""
    run: str = ""
    undo: str = ""
    irreversible: str = ""
    undo_unknown: str = ""
    unread: str = ""
    as_read: str = ""
    stays: bool = False
    downtime: str = ""
    stop_needed: bool = False
    duration: str = ""
    measured: Mapping[str, int] = field(default_factory=dict)
    measured_rows: Mapping[str, int] = field(default_factory=dict)
    measured_on: str = ""
    lock: str = ""
    lock_on: tuple[str, ...] = ()
    locks: tuple[tuple[str, str], ...] = ()
    waits: bool = False
    checks: tuple[Check, ...] = ()
    advice: str = ""
    prepare: str = ""
    configure: str = ""
    deploy: str = ""
    leave_when: str = ""
    troubles: str = ""
    afterwards: str = ""
    deprecates: str = ""
    loss: str = ""
    value: str = ""
    previous: str = ""
    whole: tuple[str, ...] = ()
    unrunnable: tuple[str, ...] = ()
    repeatable: bool = False


def pieces(facts: Facts) -> dict[str, Piece]:
    """Gather what every migration contributes, by id, in run order."""
    return {id_: piece(facts, entry) for id_, entry in facts.entries.items()}


def piece(facts: Facts, entry: Entry) -> Piece:
    """Gather what one migration contributes."""
    judged, undone = facts.judged, facts.undoing(entry)
    found = entry.migration
    declared = found.declared
    lock, lock_on = judged.locks.get(entry.id, ("", ()))
    breaking = _breaking_by(entry)
    texts = {name: text_under(found.notes, *headings) for name, headings in HEADINGS.items()}
    value, previous = facts.recorded.get(entry.id, (entry.id, ""))
    texts["loss"] = _loss(entry, texts["loss"])
    return Piece(
        entry.id,
        entry.title,
        entry.placement.release or "",
        breaking,
        brought_by=judged.brought_by.get(entry.id, ()),
        known_safe=entry.breaking is False,
        script=found.forward.path if found.forward else "",
        undo_script=found.rollback.path if found.rollback else "",
        run=_by_hand(facts, entry, "run"),
        undo=_by_hand(facts, entry, "undo"),
        repeatable=found.repeatable,
        value=value,
        previous=previous,
        whole=tuple(way for way in WAYS if facts.runner.by_hand and _in_one(entry, way)),
        unrunnable=tuple(way for way in WAYS if not _can_run(entry, way)),
        irreversible=undone.why if undone.can == "no" else "",
        undo_unknown=undone.why if undone.can == "unknown" else "",
        unread="; ".join(entry.unread),
        as_read=str(entry.reversal) if found.rollback else "",
        stays=undone.can == "partly",
        downtime=declared.downtime or "",
        stop_needed=bool(breaking or entry.unread or _NEEDS_STOP.match(declared.downtime or "")),
        duration=declared.duration or "",
        measured=_measured(facts, entry),
        measured_rows=_measured_rows(facts, entry),
        measured_on=_measured_on(facts, entry),
        lock=lock,
        lock_on=tuple(lock_on),
        locks=judged.waiting.get(entry.id, ()),
        waits=bool(found.forward and "lock_timeout" in found.forward.text),
        checks=_checks(found.notes),
        **texts,
    )


def at(found: Piece, release: Release | None, variable: str) -> Piece:
    """Give a migration's part with the file names and commands that a release's own files need."""
    if release is None or release.stood is None:
        return found
    script, undo = (
        release.stood.path(path) if path else "" for path in (found.script, found.undo_script)
    )
    return replace(
        found,
        script=script,
        undo_script=undo,
        run=runner.psql(script, variable, whole="run" in found.whole) if found.run else "",
        undo=runner.psql(undo, variable, whole="undo" in found.whole) if found.undo else "",
    )


def text_under(written: Notes | None, *headings: str) -> str:
    """Give the text below the first heading that the notes have, subheadings included."""
    for heading in headings:
        found = notes.section(written, heading)
        if found and found.text.strip():
            return found.text.strip()
    return ""


def no_downtime(text: str) -> bool:
    """Tell whether what somebody wrote about downtime means that there is none."""
    return bool(_NO_DOWNTIME.match(text))


def _measured_rows(facts: Facts, entry: Entry) -> dict[str, int]:
    """Give how many rows each table held while the migration was timed."""
    seen = facts.evidence.get(entry.id)
    return dict(seen.measured_rows) if seen and "up_ms" in seen.measured else {}


def _measured_on(facts: Facts, entry: Entry) -> str:
    """Name the server and the machine that a migration was timed on."""
    seen = facts.evidence.get(entry.id)
    if seen is None or "up_ms" not in seen.measured:
        return ""
    return ", ".join(filter(None, (f"PostgreSQL {seen.server}", seen.measured_on)))


def _measured(facts: Facts, entry: Entry) -> dict[str, int]:
    """Give the milliseconds that a migration took, in each environment and in ``verify``."""
    found = {
        environment: event.duration_ms
        for environment, event in sorted(entry.applied.items())
        if event.duration_ms is not None
    }
    seen = facts.evidence.get(entry.id)
    if seen and "up_ms" in seen.measured:
        found[SCRATCH] = seen.measured["up_ms"]
    return found


def _loss(entry: Entry, said: str) -> str:
    """Say what undoing a migration loses: as its notes say in prose, else as its SQL is read."""
    if said and "```" not in said:
        return said
    if entry.loss == losses.NOTHING:
        return "no data loss found in the SQL (not tested)"
    return f"read from the SQL: {entry.loss}" if entry.loss else ""


def _breaking_by(entry: Entry) -> tuple[str, ...]:
    """Name who says that a migration breaks something."""
    who = {"notes": entry.migration.declared.breaking, "SQL": entry.computed == "major"}
    return tuple(name for name, says in who.items() if says)


def _by_hand(facts: Facts, entry: Entry, way: str) -> str:
    """Give the command that runs one script by hand; empty where that cannot work."""
    script = _script(entry, way)
    if script is None or not facts.runner.by_hand or not _can_run(entry, way):
        return ""
    variable = facts.runner.variable
    return runner.psql(script.path, variable, whole=_in_one(entry, way))


def _can_run(entry: Entry, way: str) -> bool:
    """Tell whether a script is SQL and a file of its own, as it lies there; or there is none."""
    script = _script(entry, way)
    as_it_is = script is None or not (script.own_digest or placeholders.found(script.text))
    return as_it_is and (script is None or script.language == "sql")


def _script(entry: Entry, way: str) -> Script | None:
    return entry.migration.forward if way == "run" else entry.migration.rollback


def _in_one(entry: Entry, way: str) -> bool:
    """Tell whether ``psql -1`` may run a script."""
    script = _script(entry, way)
    if script is None or script.language != "sql" or entry.migration.dialect != "postgresql":
        return False
    return alone_in_one(script.text, transaction=script.transaction)


def _checks(written: Notes | None) -> tuple[Check, ...]:
    """Give the checks of some notes, each with the answer that the text above them promises."""
    if written is None:
        return ()
    return tuple(Check(check.sql, _promise(written, check.line)) for check in written.checks)


def _promise(written: Notes, line: int) -> str:
    """Give the first paragraph of the section that a check stands in."""
    above = [s for s in written.sections if s.heading.lower().startswith(notes.PROOF_HEADINGS)]
    section = next((s for s in reversed(above) if s.line < line), None)
    said = markdown.plain(markdown.first_paragraph(section.text)) if section else ""
    # "Run these queries:" leads to the check, and promises nothing.
    promised = said and not said.endswith(":")
    return said if promised else "the notes do not say what to expect"
