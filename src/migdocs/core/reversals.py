"""What each migration's rollback gives back, as read where it stands; kept for the next run."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from migdocs.core import reversal, unread
from migdocs.core.catalog import Catalog
from migdocs.core.changes import remembered
from migdocs.core.reversal import Reversal
from migdocs.core.values import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from migdocs.core.memory import Memory
    from migdocs.core.model import Change, Migration, Script

_NAME, _SCRIPTS = "reversals", "rollbacks"
_RUNNER = "the project's runner decides"


def read_with_gone(
    memory: Memory,
    migrations: Sequence[Migration],
    changes: Mapping[str, tuple[Change, ...]],
    base: tuple[Change, ...],
    gone: Collection[str],
) -> dict[str, Reversal]:
    """Read every rollback; what the checkout no longer has is met by those that are gone alone."""
    present = [m for m in migrations if m.id not in gone]
    found = read_all(memory, present, changes, base)
    return read_all(memory, migrations, changes, base, "_gone") | found if gone else found


def read_all(
    memory: Memory,
    migrations: Sequence[Migration],
    changes: Mapping[str, tuple[Change, ...]],
    base: tuple[Change, ...] = (),
    kind: str = "",
) -> dict[str, Reversal]:
    """Read every rollback back against what its migration did; by migration id.

    Args:
        memory: what earlier runs read.
        migrations: in run order.
        changes: of the forward scripts that are read.
        base: of the script that makes what the migrations assume.
        kind: tells this reading from others of the project.
    """
    kept = memory.load(_NAME + kind)
    keys = _keys(migrations, base)
    known = {m.id: _kept(kept.get(keys[m.id])) for m in migrations}
    if all(known.values()) and len(kept) == len(set(keys.values())):
        return {id_: item for id_, item in known.items() if item}
    backs = remembered.read(memory, filter(None, map(_readable, migrations)), _SCRIPTS + kind)
    catalog = Catalog()
    catalog.apply_all(base)
    found: dict[str, Reversal] = {}
    for migration in migrations:
        forward = changes.get(migration.id, ())
        script = _readable(migration)
        back = backs[script] if script else ()
        found[migration.id] = known[migration.id] or _of(migration, catalog, forward, back)
        catalog.apply_all(forward)
    memory.store(_NAME + kind, {keys[id_]: plain(item) for id_, item in found.items()})
    return found


def _of(
    migration: Migration, before: Catalog, forward: Sequence[Change], back: Sequence[Change]
) -> Reversal:
    """Read one migration's way back."""
    script, foreign = migration.rollback, unread.foreign(migration, migration.forward)
    if migration.forward is None:
        return Reversal()
    if script is None:
        is_code = migration.forward.language != "sql"
        return Reversal("unknown", why=f"{foreign}: {_RUNNER}") if is_code else Reversal()
    if foreign or unread.foreign(migration, script):
        why = foreign or unread.foreign(migration, script)
        return Reversal("unknown", why=f"{why}: {_RUNNER}")
    if remembered.depends(script):
        after = before.fork()
        after.apply_all(forward)
        back = remembered.read_at(script, after)
    if hidden := unread.of_script(migration, script, back):
        return Reversal("unknown", why=f"its rollback: {hidden[0]}")
    hidden = unread.of_script(migration, migration.forward, forward)
    if hidden and not reversal.idle(back):
        return Reversal("unknown", why=f"its forward script: {hidden[0]}")
    return Reversal("nothing") if hidden else reversal.read(before, forward, back)


def _readable(migration: Migration) -> Script | None:
    """Give the rollback script if PostgreSQL's parser can be asked about it."""
    back = migration.rollback
    return back if back and not unread.foreign(migration, back) else None


def _keys(migrations: Sequence[Migration], base: tuple[Change, ...]) -> dict[str, str]:
    """Name each migration's place: all scripts that stand before it, and its own."""
    state = hashlib.sha256(repr(base).encode())
    keys = {}
    for migration in migrations:
        for script in (migration.forward, migration.rollback):
            told = f"{script.path} {script.language} {script.as_read}" if script else "-"
            state.update(f"{migration.id} {migration.dialect} {told}".encode())
        keys[migration.id] = state.hexdigest()
    return keys


def _kept(data: object) -> Reversal | None:
    """Give a kept reading back; None where there is none that can be believed."""
    try:
        return msgspec.convert(data, Reversal)
    except msgspec.ValidationError:
        return None
