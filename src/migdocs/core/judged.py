"""What the SQL and a server's evidence say of migrations, beyond the facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from migdocs.core.changes import locking
from migdocs.core.locks import LOCKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migdocs.core.analysis import Analysis
    from migdocs.core.model import Change, Hazard
    from migdocs.core.proof.evidence import Evidence

# What only adds, and kinds of objects that readers and writers rely on.
_HARMLESS_VERBS = {"create", "add", "comment", "validate", "set default", "drop not null"}
_LASTING = {"table", "column", "constraint", "type", "view", "materialized view", "function"}


class Judged(Struct, frozen=True):
    """What the SQL and a server's evidence add to the facts, by migration id; all may be empty.

    Attributes:
        locks: the strongest lock taken, and on what.
        verdicts: what undoing it showed: ``exact``, ``rows-lost``, ``fails`` …
        waiting: every table that reads or writes wait for, with its own lock.
        brought_by: the migrations that brought all that it takes away or changes; an id is missing
            where something of that is older than every migration.
    """

    locks: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    verdicts: Mapping[str, str] = field(default_factory=dict)
    brought_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    waiting: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


def judged(
    hazards: Mapping[str, Sequence[Hazard]],
    seen: Mapping[str, Evidence],
    sql: Analysis,
) -> Judged:
    """Bring together what the SQL is judged to do and what a server showed, which counts more."""
    observed = _observed(seen) if seen else {}
    return Judged(
        {**strongest_locks(hazards), **observed},
        {id_: item.verdict for id_, item in seen.items()},
        brought_by(sql.changes),
        {
            id_: locking.waiting(hazards.get(id_, ()), read, seen[id_].locks if id_ in seen else {})
            for id_, read in sql.locks.items()
        },
    )


def _observed(seen: Mapping[str, Evidence]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Give the strongest lock that a server showed of each migration."""
    from migdocs.core.proof import evidence  # only where a server was asked

    return {id_: lock for id_, item in seen.items() if (lock := evidence.strongest(item))}


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
