"""Which tables a migration locks against reads or writes, by what it does to them.

A hazard tells of the lock of its own statement; what is allowed, partitions and tables that a
dropped one refers to are told here (manual: ALTER TABLE, DROP TABLE; 13.3.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.locks import (
    ACCESS_EXCLUSIVE,
    SHARE_ROW_EXCLUSIVE,
    STRENGTH,
    blocks_writers,
    stronger,
)
from migdocs.core.sql.definitions import Constraint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from migdocs.core.catalog import Catalog
    from migdocs.core.model import Change, Hazard

_COLUMN_VERBS = frozenset(
    {
        "add",
        "drop",
        "rename",
        "retype",
        "set default",
        "drop default",
        "set not null",
        "drop not null",
        "set identity",
        "drop identity",
        "drop expression",
    }
)
_TABLE_VERBS = frozenset({"drop", "rename", "set schema"})


def taken(before: Catalog, changes: Sequence[Change]) -> dict[str, str]:
    """Give the strongest lock on each table that was there before, as the Changes tell.

    Args:
        before: the schema that the migration meets.
        changes: what it does.
    """
    new = {c.name for c in changes if c.verb == "create" and c.kind == "table"} - set(
        before.relations
    )
    found: dict[str, str] = {}
    for change in changes:
        for table, lock in _locks(before, change):
            if table not in new:
                found[table] = stronger(found.get(table, ""), lock)
    return found


def _locks(before: Catalog, change: Change) -> Iterator[tuple[str, str]]:
    """Yield the locks that one Change needs."""
    if change.kind == "column" and change.verb in _COLUMN_VERBS and change.table:
        yield from _with_heirs(before, change.table, ACCESS_EXCLUSIVE)
    elif change.kind == "table" and change.verb in _TABLE_VERBS:
        yield from _with_heirs(before, change.name, ACCESS_EXCLUSIVE)
        relation = before.relations.get(change.name)
        if change.verb == "drop" and relation:
            for constraint in relation.constraints.values():
                if constraint.references:
                    yield constraint.references, ACCESS_EXCLUSIVE
    elif change.kind == "constraint" and change.table and change.verb in {"add", "drop"}:
        yield from _of_constraint(before, change, change.table)


def _of_constraint(before: Catalog, change: Change, table: str) -> Iterator[tuple[str, str]]:
    """Yield the locks that a constraint needs: a foreign key's target is locked as well."""
    made = change.definition
    if change.verb == "drop" and made is None and table in before.relations:
        made = before.relations[table].constraints.get(change.name.rpartition(".")[2])
    target = made.references if isinstance(made, Constraint) else ""
    adds_key = bool(target) and change.verb == "add"
    lock = SHARE_ROW_EXCLUSIVE if adds_key else ACCESS_EXCLUSIVE
    yield from _with_heirs(before, table, lock)
    if target:
        yield target, lock


def _with_heirs(before: Catalog, table: str, lock: str) -> Iterator[tuple[str, str]]:
    """Yield a table's lock and that of all its partitions and heirs."""
    waiting, seen = [table], {table}
    while waiting:
        name = waiting.pop()
        yield name, lock
        heirs = [r.name for r in before.heirs(name) if r.name not in seen]
        seen.update(heirs)
        waiting += heirs


def waiting(
    hazards: Iterable[Hazard], read: Mapping[str, str], observed: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Give every table that reads or writes wait for, with its own lock, the strongest first.

    Args:
        hazards: of one migration.
        read: ``taken`` of the same.
        observed: on a server; where it is not empty it counts alone.
    """
    found = dict(read)
    for hazard in hazards:
        for table, lock in hazard.locks:
            if lock in STRENGTH:
                found[table] = stronger(found.get(table, ""), lock)
    known = {t: lock for t, lock in (observed or found).items() if lock in STRENGTH}
    blocking = [(t, lock) for t, lock in known.items() if lock and blocks_writers(lock)]
    return tuple(sorted(blocking, key=lambda item: (-STRENGTH[item[1]], item[0])))
