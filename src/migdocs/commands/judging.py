"""Judge scripts: what each statement can break, and where PostgreSQL could not even read it.

What was judged is kept for the next run, by the scripts that stand before it: their order and
their texts decide what a statement means.
"""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migdocs.adapters import cache, config, files
from migdocs.core import notes
from migdocs.core.catalog import Catalog
from migdocs.core.model import Finding, Hazard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from migdocs.core.model import Change, Migration

_NAME = "hazards"


def judge(
    root: Path,
    migrations: Sequence[Migration],
    changes: Mapping[str, tuple[Change, ...]],
    postgres: int,
) -> dict[str, tuple[Finding, ...]]:
    """Judge every forward script where it stands, and read every rollback; by migration id.

    Args:
        root: of the project, whose findings are kept.
        migrations: in run order.
        changes: what each forward script does.
        postgres: the major version.
    """
    kept = cache.load(root, _NAME)
    used: dict[str, Any] = {}
    catalog = Catalog()
    state = hashlib.sha256(f"{postgres}".encode())
    found: dict[str, tuple[Finding, ...]] = {}
    replayed = 0
    for index, migration in enumerate(migrations):
        for script in (migration.forward, migration.rollback):
            state.update(f"{script.path} {script.digest}".encode() if script else b"-")
        key = state.hexdigest()
        items = _kept(kept.get(key))
        if items is None:
            for earlier in migrations[replayed:index]:
                for change in changes.get(earlier.id, ()):
                    catalog.apply(change)
            replayed = index
            items = tuple(_judged(migration, catalog, postgres))
            used[key] = [{"is": type(i).__name__, **dataclasses.asdict(i)} for i in items]
        else:
            used[key] = kept[key]
        found[migration.id] = items
    if used.keys() != kept.keys():
        cache.store(root, _NAME, used)
    return found


def script_findings(
    paths: Iterable[str], postgres: int | None, schema: str | None
) -> tuple[Finding, ...]:
    """Judge scripts that stand alone, with no project around them.

    Args:
        paths: of the files, as typed.
        postgres: the major version; the settings', or the default, where it is None.
        schema: a script that makes what the files assume; with None nothing is known of it.
    """
    from migdocs.core.hazards import checking

    version = postgres or config.load(Path.cwd()).settings.postgres
    assumed = _text(schema) if schema else ""
    return tuple(
        found
        for path in paths
        for found in checking.check_script(
            _text(path), path, postgres=version, schema_text=assumed, schema_path=schema or ""
        )
    )


def _judged(migration: Migration, catalog: Catalog, postgres: int) -> Iterator[Finding]:
    """Yield what the forward script does where it stands, and what of the rollback is unread."""
    from migdocs.core.hazards import checking

    if migration.dialect != "postgresql":
        return
    yield from checking.check_part(migration.forward, migration.id, catalog, postgres)
    yield from checking.unread(migration.rollback)


def _text(path: str) -> str:
    """Read a script by its path as typed."""
    place = Path(path)
    return notes.normalise(files.read(place.resolve().parent, place.name))


def _kept(data: Any) -> tuple[Finding, ...] | None:  # noqa: ANN401 - JSON
    """Give kept findings back; None where there are none that can be believed."""
    kinds: dict[str, type[Finding]] = {"Hazard": Hazard, "Finding": Finding}
    if not isinstance(data, list):
        return None
    try:
        return tuple(kinds[item.pop("is")](**_tuples(item)) for item in map(dict, data))
    except (ValueError, KeyError, TypeError):
        return None


def _tuples(item: dict[str, Any]) -> dict[str, Any]:
    """Make tuples of lists, as JSON knows no tuples."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in item.items()}
