"""Judge scripts: what each statement can break, and where PostgreSQL could not even read it.

What was judged is kept for the next run, by the scripts that stand before it: their order and
their texts decide what a statement means.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from migdocs.core.catalog import Catalog
from migdocs.core.checking import stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from migdocs.core.memory import Memory
    from migdocs.core.model import Change, Finding, Migration

_NAME = "hazards"


def judge(
    memory: Memory,
    migrations: Sequence[Migration],
    changes: Mapping[str, tuple[Change, ...]],
    postgres: int,
) -> dict[str, tuple[Finding, ...]]:
    """Judge every forward script where it stands, and read every rollback; by migration id.

    Args:
        memory: what earlier runs judged.
        migrations: in run order.
        changes: what each forward script does.
        postgres: the major version.
    """
    kept = memory.load(_NAME)
    used: dict[str, Any] = {}
    catalog = Catalog()
    state = hashlib.sha256(f"{postgres}".encode())
    found: dict[str, tuple[Finding, ...]] = {}
    replayed = 0
    for index, migration in enumerate(migrations):
        for script in (migration.forward, migration.rollback):
            state.update(f"{script.path} {script.as_read}".encode() if script else b"-")
        key = state.hexdigest()
        items = stored.findings(kept.get(key))
        if items is None:
            for earlier in migrations[replayed:index]:
                for change in changes.get(earlier.id, ()):
                    catalog.apply(change)
            replayed = index
            items = tuple(_judged(migration, catalog, postgres, changes.get(migration.id)))
            used[key] = [stored.plain(item) for item in items]
        else:
            used[key] = kept[key]
        found[migration.id] = items
    if used.keys() != kept.keys():
        memory.store(_NAME, used)
    return found


def _judged(
    migration: Migration, catalog: Catalog, postgres: int, changes: tuple[Change, ...] | None
) -> Iterator[Finding]:
    """Yield what the forward script does where it stands, and what of the rollback is unread."""
    from migdocs.core.hazards import checking

    if migration.dialect != "postgresql":
        return
    yield from checking.check_part(migration.forward, migration.id, catalog, postgres, changes)
    yield from checking.unread(migration.rollback)
