"""Keep what a real PostgreSQL showed of each migration: ``migrations/evidence.json``.

One line a migration and server, in a stable order, and nothing that differs from run to run, so
that branches merge without conflict. What was seen holds for the scripts whose hashes it carries;
of others nothing is verified.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping  # noqa: TC003 - the shape is read at run time
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field, structs

from migdocs.core import impact, paths, shaped, values
from migdocs.core.catalog.state import Effect
from migdocs.core.changes import losses, wording
from migdocs.core.errors import InputError, raise_all
from migdocs.core.locks import LOCKS
from migdocs.core.model import Impact  # noqa: TC001 - as above
from migdocs.core.proof.agreement import Disagreement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from migdocs.core.model import Hazard, Migration
    from migdocs.core.proof import Measured, Proof

FILE = paths.EVIDENCE
KEPT = 12  # differences of one migration; more are counted
SCHEMA_VERSION = 1
_HINT = "'migdocs verify --all' writes a new one, once the file is gone."
# A line's end never touches another line: the last one is empty.
HEAD, TAIL = f'{{"schema_version": {SCHEMA_VERSION}, "evidence": [', "{}]}"
RESTORING = frozenset({"exact", "order", "rows-lost"})
VERDICTS = {
    "exact": "its rollback restores the schema exactly",
    "order": "its rollback restores the schema, with columns in another order",
    "rows-lost": "its rollback restores the schema and loses rows",
    "differs": "its rollback does not restore what was before",
    "fails": "its rollback fails",
    "missing": "it has no rollback",
    "impossible": "it cannot be undone",
    "untried": "its rollback could not be tried",
}


class Evidence(Struct, frozen=True):
    """What one server showed of one migration.

    Attributes:
        script_hash: of the forward script that was tried; ``rollback_hash`` of the other.
        server: PostgreSQL's version: ``15.18``.
        changes: what it did to the schema, a sentence each.
        locks: relation → the strongest lock taken on it.
        rewrites: the tables that were written anew.
        scans: the tables that were read whole while they were locked.
        verdict: what undoing it showed.
        differences: what was not as before, a sentence each.
        lost: tables and columns whose rows the rollback loses.
        unread: what it did to the schema and reading did not see, a sentence each.
        unread_impact: what that means for clients: ``major``, ``minor``, ``patch`` or ``unknown``;
            empty where reading saw all.
        unseen: what reading saw and it did not do.
        measured: milliseconds: ``up_ms``, ``up_locked_ms``, ``back_ms``, ``back_locked_ms``; empty
            where nothing was measured.
        measured_rows: how many rows each table held meanwhile, of those that the script touches.
        measured_on: the machine: ``2 cores, fsync off``; empty for a server that was given.
    """

    migration: str
    script_hash: str
    rollback_hash: str
    server: str
    applied: bool
    verdict: str
    error: str = ""
    error_with_rows: str = ""
    changes: tuple[str, ...] = ()
    locks: Mapping[str, str] = field(default_factory=dict)
    rewrites: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    failed_checks: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    unread_impact: Impact | Literal[""] = ""
    unseen: tuple[str, ...] = ()
    measured: Mapping[str, int] = field(default_factory=dict)
    measured_rows: Mapping[str, int] = field(default_factory=dict)
    measured_on: str = ""


def of(proof: Proof, found: Disagreement | None = None) -> Evidence:
    """Keep of a proof what does not differ from run to run, and where reading says otherwise."""
    found = found or Disagreement()
    told = [item for item in proof.rollback.differences if not item.harmless]
    return Evidence(
        proof.migration,
        proof.script_hash,
        proof.rollback_hash,
        proof.server,
        proof.applied,
        proof.rollback.verdict,
        proof.error,
        proof.error_with_rows,
        tuple(wording.summarise(proof.changes)),
        dict(proof.locks),
        proof.rewrites,
        proof.scans,
        _shortened([item.text for item in told]),
        tuple(dict.fromkeys((*_brought(proof), *(i.name for i in told if i.loses_rows)))),
        proof.checks,
        tuple(wording.summarise(found.unread)),
        impact.assess([Effect(change) for change in found.unread]).impact if found.unread else "",
        found.unseen,
        _times(proof.measured),
        dict(proof.measured.rows) if proof.measured else {},
        proof.measured.machine if proof.measured and not proof.measured.error else "",
    )


def read(text: str, path: str) -> tuple[Evidence, ...]:
    """Read the file's text.

    Raises:
        InputError: it is no evidence, or of another version.
    """
    data = shaped.document(text, path, _HINT)
    found = data.get("evidence") if isinstance(data, dict) else None
    if not isinstance(found, list):
        raise InputError(
            "this is not an evidence file: 'evidence' is not a list", path=path, hint=_HINT
        )
    if data.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            f"'schema_version' is {data.get('schema_version')}, not {SCHEMA_VERSION}",
            path=path,
            hint="Another version of migdocs wrote it.",
        )
    read_ones: list[Evidence] = []
    errors: list[InputError] = []
    lines = text.split("\n")
    for number, item in enumerate(found, 2):  # as we write it, one stands on each line
        try:
            read_ones += [_evidence(item)] if item else []
        except shaped.WrongShapeError as error:
            line = number if _is_on(lines[number - 1 : number], item) else 0
            which = "" if line else f"entry {number - 1}: "
            errors.append(InputError(f"{which}{error}", path=path, line=line, hint=_HINT))
    raise_all(errors)
    return tuple(read_ones)


def _is_on(lines: Sequence[str], item: object) -> bool:
    """Tell whether an entry stands on a line alone."""
    try:
        return any(json.loads(line.strip().removesuffix(",")) == item for line in lines)
    except (ValueError, RecursionError):
        return False


def write(found: Iterable[Evidence]) -> str:
    """Give the file's text: one line for each."""
    lines = [f"{json.dumps(_shape(item), ensure_ascii=False)}," for item in _ordered(found)]
    return "\n".join([HEAD, *lines, TAIL, ""])


def merged(old: Iterable[Evidence], new: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Lay new evidence over old: of one migration and server the new one counts.

    What was measured stays where the scripts are the same and nothing was measured anew.
    """
    kept = {(item.migration, item.server): item for item in old}
    for item in new:
        before = kept.get((item.migration, item.server))
        kept[item.migration, item.server] = item
        if before and before.measured and not item.measured and _same_scripts(before, item):
            kept[item.migration, item.server] = structs.replace(
                item,
                measured=before.measured,
                measured_rows=before.measured_rows,
                measured_on=before.measured_on,
            )
    return tuple(_ordered(kept.values()))


def _same_scripts(one: Evidence, other: Evidence) -> bool:
    """Tell whether two are about the same texts."""
    return (one.script_hash, one.rollback_hash) == (other.script_hash, other.rollback_hash)


def pruned(found: Iterable[Evidence], migrations: Sequence[Migration]) -> tuple[Evidence, ...]:
    """Drop what is about scripts that are not there any more."""
    hashes = {migration.id: _hashes(migration) for migration in migrations}
    return tuple(i for i in found if hashes.get(i.migration) == (i.script_hash, i.rollback_hash))


def valid(
    found: Iterable[Evidence], migrations: Sequence[Migration], server: str = ""
) -> dict[str, Evidence]:
    """Give the evidence that holds for the scripts as they are, by migration.

    Args:
        found: the evidence there is.
        migrations: of the project.
        server: only of this version of PostgreSQL; else of the newest.
    """
    held = (i for i in pruned(found, migrations) if server in {"", i.server})
    newest_last = sorted(held, key=lambda item: _numbers(item.server))
    return {item.migration: item for item in newest_last}


def strongest(item: Evidence) -> tuple[str, tuple[str, ...]] | None:
    """Give the strongest lock that was seen, and the relations that it was on."""
    known = [lock for lock in item.locks.values() if lock in LOCKS]
    if not known:
        return None
    lock = max(known, key=LOCKS.index)
    return lock, tuple(name for name, held in item.locks.items() if held == lock)


def sentence(item: Evidence) -> str:
    """Say what was seen: ``Verified on PostgreSQL 15.18: its rollback restores …``."""
    if not item.applied:
        return f"Tried on PostgreSQL {item.server}: it does not apply: {item.error}"
    parts = [VERDICTS.get(item.verdict, item.verdict)]
    parts += [f"rows lost: {', '.join(item.lost)}"] if item.lost else []
    parts += [f"it fails where there are rows: {item.error_with_rows}"] * bool(item.error_with_rows)
    parts += ["a check of its notes fails"] * bool(item.failed_checks)
    return f"Verified on PostgreSQL {item.server}: {'; '.join(parts)}"


def locks_sentence(item: Evidence) -> str:
    """Say what was locked, written anew and read: ``ACCESS EXCLUSIVE on users, no rewrite``."""
    found = strongest(item)
    said = f"{found[0]} on {', '.join(found[1])}" if found else "no table that was there"
    rewritten = f"rewrites {', '.join(item.rewrites)}" if item.rewrites else "no rewrite"
    read_only = [name for name in item.scans if name not in item.rewrites]
    return f"{said}, {rewritten}" + (f", reads all of {', '.join(read_only)}" if read_only else "")


def as_observed(hazard: Hazard, item: Evidence) -> Hazard:
    """Give a hazard as a server showed it, where it showed its lock on all of its relations.

    Whether a table was written anew is then known too, whatever was read.
    """
    if not hazard.lock or not hazard.on:
        return hazard
    if any(item.locks.get(name) != hazard.lock for name in hazard.on):
        return hazard
    said = f"{hazard.message} ({locks_sentence(item)}: observed on PostgreSQL {item.server})"
    rewritten = hazard.rewrite and any(name in item.rewrites for name in hazard.on)
    return structs.replace(hazard, message=said, rewrite=rewritten, known="observed")


def time_sentence(item: Evidence) -> str:
    """Say how long it took, and with how many rows; ``not measured`` where nobody did."""
    if not item.measured:
        return "not measured"
    held = [f"{count:,} rows in {table}" for table, count in item.measured_rows.items()]
    told = _took(item.measured, "up")
    told += f", its rollback {_took(item.measured, 'back')}" if "back_ms" in item.measured else ""
    told += f", with {', '.join(held) or 'no table of before that it touches'}"
    return told + (f", on {item.measured_on}" if item.measured_on else "")


def _took(measured: Mapping[str, int], way: str) -> str:
    """Say one way: ``840 ms, 610 ms of it locked``."""
    locked = measured.get(f"{way}_locked_ms", 0)
    return f"{measured[f'{way}_ms']:,} ms" + (f" ({locked:,} ms of it locked)" if locked else "")


def _times(measured: Measured | None) -> dict[str, int]:
    """Give the times of what was measured; of what failed nothing is kept."""
    if measured is None or measured.error:
        return {}
    times = {
        "up_ms": measured.up_ms,
        "up_locked_ms": measured.up_locked_ms,
        "back_ms": measured.back_ms,
        "back_locked_ms": measured.back_locked_ms,
    }
    return {name: value for name, value in times.items() if value is not None}


def _brought(proof: Proof) -> tuple[str, ...]:
    """Give the tables and columns that a rollback takes away with all that was written there."""
    return losses.brought(proof.changes) if proof.rollback.verdict in RESTORING else ()


def _shortened(texts: Sequence[str]) -> tuple[str, ...]:
    """Keep the first sentences, and count the others."""
    if len(texts) <= KEPT:
        return tuple(texts)
    return (*texts[:KEPT], f"and {len(texts) - KEPT} more")


def _hashes(migration: Migration) -> tuple[str, str]:
    """Give the hashes of a migration's two scripts, empty where there is none."""
    forward, rollback = migration.forward, migration.rollback
    return forward.digest if forward else "", rollback.digest if rollback else ""


def _numbers(server: str) -> tuple[int, ...]:
    """Give a server's version for ordering: 9.6 stands before 15.18."""
    return tuple(map(int, re.findall(r"\d+", server)))


def digest(item: Evidence) -> str:
    """Give a digest of one entry, as it is written."""
    return hashlib.sha256(json.dumps(_shape(item), sort_keys=True).encode()).hexdigest()


def _ordered(found: Iterable[Evidence]) -> list[Evidence]:
    """Put evidence in the order of the file."""
    return sorted(found, key=lambda item: (item.migration, _numbers(item.server)))


def _shape(item: Evidence) -> dict[str, Any]:
    """Give the JSON of one, without what is empty."""
    data = values.plain(item)
    return {name: value for name, value in data.items() if value not in ("", (), [], {})}


def _evidence(data: object) -> Evidence:
    """Make evidence of its JSON, which lacks what is empty.

    Raises:
        WrongShapeError: a value is missing or of another type.
    """
    whole = {"script_hash": "", "rollback_hash": "", **data} if isinstance(data, dict) else data
    return shaped.of(whole, Evidence)
