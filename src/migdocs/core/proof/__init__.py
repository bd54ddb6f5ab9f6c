"""Judge what was seen when a migration was applied, undone and applied again.

The verdicts are those of ``apply.md``, "Proving a rollback".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from migdocs.core.proof import contents as rows_of
from migdocs.core.proof import schema as schemas
from migdocs.core.values import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from migdocs.core.errors import MigdocsError
    from migdocs.core.model import Change
    from migdocs.core.proof.contents import Contents, RowChange
    from migdocs.core.proof.schema import Schema

Verdict = Literal[
    "exact", "order", "rows-lost", "differs", "fails", "missing", "impossible", "untried"
]
# Verbs that name what they are about.
DETAILS = {
    "set default": "default",
    "drop default": "default",
    "retype": "type",
    "set identity": "numbering",
    "drop identity": "numbering",
    "set expression": "expression",
    "drop expression": "expression",
}
LONGEST = 160  # characters of a definition that is shown
RAISED = "P0001"  # a script's own RAISE EXCEPTION: it says that there is no way back
NO_RIGHT = "42501"
ONLY_HERE = "the role that scripts work as here has no right to it; '--superuser' gives it"
# What a server says where an extension is not installed on it, or is not for this role.
NO_EXTENSION = ("0A000", "58P01", "42501")


class Snapshot(Struct, frozen=True):
    """A database at one moment."""

    schema: Schema
    contents: Mapping[str, Contents] = field(default_factory=dict)


class Difference(Struct, frozen=True):
    """One thing that is not as it was.

    Attributes:
        kind: of the object, ``rows``, or the ``script`` that failed.
        name: of the object; ``table.column`` for rows that lost a value.
        text: a sentence, without a full stop.
        example: the key of one row, as JSON; it may differ from run to run.
        harmless: it decides no verdict.
        loses_rows: what somebody wrote is there no more.
    """

    kind: str
    name: str
    text: str
    example: str = ""
    harmless: bool = False
    loses_rows: bool = False


class Rollback(Struct, frozen=True):
    """What undoing a migration showed."""

    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    duration_ms: int | None = None


class Measured(Struct, frozen=True):
    """How long a migration took where its tables held many rows.

    Attributes:
        rows: table and how many it held, of those that the script touches.
        locked_ms: how long at most one could not write to a table, or not read it.
        back_ms: of the rollback, None where it was not run; ``back_locked_ms`` likewise.
        error: why it failed on that many rows; the times are those until then.
        machine: that it was measured on: ``2 cores, fsync off``; empty for a server that was given.
    """

    rows: tuple[tuple[str, int], ...]
    up_ms: int
    up_locked_ms: int
    back_ms: int | None = None
    back_locked_ms: int | None = None
    error: str = ""
    machine: str = ""


class Proof(Struct, frozen=True):
    """What trying one migration showed.

    Attributes:
        script_hash: of the forward script; ``rollback_hash`` of the other, empty without one.
        server: PostgreSQL's version: ``15.18``.
        error: why it did not apply, with its place.
        error_with_rows: why it does not apply where its tables hold rows, while it does without.
        changes: what it did to the schema, as observed.
        locks: relation and the strongest lock taken on it.
        rewrites: the tables that were written anew.
        scans: the tables that were read whole while they were locked.
        checks: what the notes' checks met that failed.
        unfilled: tables that no row could be made for, each with the reason.
        measured: how long it took on many rows; None where that was not asked for.
    """

    migration: str
    script_hash: str
    rollback_hash: str
    server: str
    applied: bool
    rollback: Rollback
    error: str = ""
    error_with_rows: str = ""
    changes: tuple[Change, ...] = ()
    locks: tuple[tuple[str, str], ...] = ()
    rewrites: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    unfilled: tuple[tuple[str, str], ...] = ()
    duration_ms: int | None = None
    measured: Measured | None = None


_REMARK = re.compile(r"^[^\S\n]*(?:--(?!\s*(?:\+goose|\+migrate|migrate:))\s*\w|/\*)", re.MULTILINE)


def is_empty(text: str) -> bool:
    """Tell whether nobody wrote a rollback: no statement, and not even why there is none."""
    return not _REMARK.search(text)


def judge(before: Snapshot, after: Snapshot) -> Rollback:
    """Judge a rollback by what was before the migration and what is after its rollback."""
    schema = schemas.differences(before.schema, after.schema)
    rows = rows_of.differences(before.contents, after.contents)
    return Rollback(_verdict(schema, rows), (*_worded(schema), *map(_row_difference, rows)))


def again(rollback: Rollback, first: Schema, second: Schema) -> Rollback:
    """Judge further: applied again, a migration must leave the schema that it left at first."""
    found = [c for c in schemas.differences(first, second) if not _is_sequence_move(c)]
    if not found:
        return rollback
    told = tuple(
        Difference(item.kind, item.name, f"applied again: {item.text}") for item in _worded(found)
    )
    verdict: Verdict = "order" if schemas.order_only(found) else "differs"
    return with_difference(rollback, verdict, *told)


def overdeleted(
    rollback: Rollback, before: Snapshot, filled: Snapshot, after: Snapshot
) -> Rollback:
    """Judge further: a rollback must leave the rows that others brought after the migration."""
    found = rows_of.taken_along(before.contents, filled.contents, after.contents)
    if not found:
        return rollback
    told = (_row_difference(item) for item in found)
    later = (replace(d, text=f"of what came after the migration, {d.text}") for d in told)
    return with_difference(rollback, "rows-lost", *later)


def fails(
    rollback: Rollback, error: MigdocsError, when: str, verdict: Verdict = "fails"
) -> Rollback:
    """Judge further: a script failed."""
    return with_difference(rollback, verdict, Difference("script", error.path, f"{when}: {error}"))


def refused(error: MigdocsError, sqlstate: str, *, declared: bool) -> Rollback:
    """Judge a rollback that failed: it says itself that it cannot be done, or it is broken."""
    verdict: Verdict = "impossible" if declared or sqlstate == RAISED else "fails"
    return Rollback(verdict, (Difference("script", error.path, f"the rollback fails: {error}"),))


def missing(*, declared: bool, path: str = "") -> Rollback:
    """Judge a migration that has no rollback, or one without a statement."""
    told = (Difference("script", path, "the rollback script holds no statement"),) if path else ()
    return Rollback("impossible" if declared else "missing", told)


# A verdict that is found later outweighs those before it.
_WEIGHT: tuple[Verdict, ...] = ("exact", "order", "rows-lost", "differs", "fails")


def with_difference(rollback: Rollback, verdict: Verdict, *found: Difference) -> Rollback:
    """Add what was found, and keep the graver verdict."""
    if rollback.verdict not in _WEIGHT:
        return Rollback(rollback.verdict, (*rollback.differences, *found), rollback.duration_ms)
    graver = max(rollback.verdict, verdict, key=_WEIGHT.index)
    return Rollback(graver, (*rollback.differences, *found), rollback.duration_ms)


def lacks_extension(message: str, sqlstate: str) -> bool:
    """Tell whether a script failed because the server has no such extension."""
    return sqlstate in NO_EXTENSION and "extension" in message


def lacks_rights(sqlstate: str) -> bool:
    """Tell whether a script failed because its role may not do something."""
    return sqlstate == NO_RIGHT


def not_allowed(rollback_error: MigdocsError) -> Rollback:
    """Say of a rollback that the scripts' role may not do what it does: it was not tried."""
    text = f"the rollback cannot be tried here: {rollback_error} ({ONLY_HERE})"
    return Rollback("untried", (Difference("script", rollback_error.path, text),))


# --- verdicts and words -------------------------------------------------------------------------


def _verdict(schema: Sequence[Change], rows: Sequence[RowChange]) -> Verdict:
    """Name what differs; a sequence that moved on is said and harms nobody.

    No rollback moves a sequence back, since nextval is never undone (PostgreSQL manual, 9.17).
    """
    schema = [change for change in schema if not _is_sequence_move(change)]
    if not schemas.order_only(schema) or any(change.fate == "more" for change in rows):
        return "differs"
    if rows:
        return "rows-lost"
    return "order" if schema else "exact"


def _is_sequence_move(change: Change) -> bool:
    """Tell whether nothing but a sequence's last value differs."""
    told = (change.before or "", change.after or "")
    return change.kind == "sequence" and any(text.startswith("last value") for text in told)


def _worded(changes: Iterable[Change]) -> Iterator[Difference]:
    """Say what a schema differs in."""
    for change in changes:
        harmless = _is_sequence_move(change)
        yield Difference(change.kind, change.name, _text(change), harmless=harmless)


def _text(change: Change) -> str:
    """Say one difference."""
    what = f"{change.kind} {change.name}"
    if change.verb == "drop":
        return f"{what} is gone"
    if change.verb in {"add", "create"}:
        return f"{what} is left over"
    if change.verb == schemas.REORDER:
        return f"the columns of {change.name} are in another order: {_short(change.after)}"
    if change.verb in DETAILS:
        what = f"the {DETAILS[change.verb]} of {what}"
    if change.verb == "comment":
        what = f"the comment on {what}"
    if change.verb in {"set not null", "drop not null"}:
        return f"{what} {'is not null' if change.verb == 'set not null' else 'may be null'} now"
    return f"{what} was {_short(change.before)}, is {_short(change.after)}"


def _short(text: str | None) -> str:
    """Give a definition on one line, cut where it is long."""
    if text is None:
        return "not there"
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST else f"{flat[:LONGEST]}…"


def _row_difference(change: RowChange) -> Difference:
    """Say what happened to rows."""
    names = [f"{change.table}.{column}" for column in change.columns]
    texts = {
        "changed": f"{', '.join(names)}: other values in {_rows(change.count)} of {change.total}",
        "gone": f"{change.table}: {_rows(change.count)} of {change.total} gone",
        "more": f"{change.table}: {_rows(change.count)} left over",
    }
    name = names[0] if len(names) == 1 else change.table
    return Difference(
        "rows", name, texts[change.fate], change.example, loses_rows=change.fate != "more"
    )


def _rows(count: int) -> str:
    """Say how many rows."""
    return "1 row" if count == 1 else f"{count} rows"


def shape(found: Proof) -> dict[str, Any]:
    """Give what ``verify --json`` prints of one migration."""
    return {
        "id": found.migration,
        "applied": found.applied,
        "error": found.error or None,
        "error_with_rows": found.error_with_rows or None,
        "changes": [
            {
                "verb": change.verb,
                "kind": change.kind,
                "name": change.name,
                "before": change.before,
                "after": change.after,
                "known": change.known,
            }
            for change in found.changes
        ],
        "locks": [{"lock": lock, "on": name} for name, lock in found.locks],
        "rewrites": list(found.rewrites),
        "scans": list(found.scans),
        "duration_ms": found.duration_ms,
        "failed_checks": list(found.checks),
        "unfilled": [{"table": table, "reason": why} for table, why in found.unfilled],
        "measured": _measured_shape(found.measured) if found.measured else None,
        "rollback": {
            "verdict": found.rollback.verdict,
            "duration_ms": found.rollback.duration_ms,
            "differences": [plain(item) for item in found.rollback.differences],
        },
    }


def _measured_shape(found: Measured) -> dict[str, Any]:
    """Give what ``verify --json`` prints of the time that a migration took."""
    whole: dict[str, Any] = plain(found)
    return whole | {
        "rows": [{"table": table, "rows": count} for table, count in found.rows],
        "error": found.error or None,
        "machine": found.machine or None,
    }


def is_bad(found: Proof) -> bool:
    """Tell whether a proof says that something must be mended."""
    bad = found.rollback.verdict in {"fails", "differs"}
    return not found.applied or bad or bool(found.checks)
