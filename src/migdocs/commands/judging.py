"""Judge scripts: what each statement can break, and where PostgreSQL could not even read it.

What was judged is kept for the next run, by the scripts that stand before it: their order and
their texts decide what a statement means.
"""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from migdocs.adapters import cache, config, files
from migdocs.core import notes
from migdocs.core.catalog import Catalog
from migdocs.core.model import Finding, Hazard, Script

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
        both = (migration.forward, migration.rollback)
        scripts = [script for script in both if _is_read(script, migration)]
        state.update("".join(f"{script.path} {script.digest}" for script in scripts).encode())
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
    from migdocs.core.changes.reading import read_script

    here = Path.cwd()
    version = postgres or config.load(here).settings.postgres
    catalog = None
    if schema:
        catalog = Catalog()
        for change in read_script(_script(schema)):
            catalog.apply(change)
    found: list[Finding] = []
    for path in paths:
        script = _script(path)
        found += [*_unread(script), *_hazards(script, catalog, version)]
    return tuple(found)


def _judged(migration: Migration, catalog: Catalog, postgres: int) -> Iterator[Finding]:
    """Yield what is wrong with one migration's scripts."""
    for script in (migration.forward, migration.rollback):
        if _is_read(script, migration):
            yield from _unread(script)
    if _is_read(migration.forward, migration):
        yield from _hazards(migration.forward, catalog, postgres, migration.id)


def _is_read(script: Script | None, migration: Migration) -> TypeGuard[Script]:
    """Tell whether a script is SQL of PostgreSQL's."""
    return script is not None and script.language == "sql" and migration.dialect == "postgresql"


def _hazards(
    script: Script, before: Catalog | None, postgres: int, migration: str = ""
) -> tuple[Hazard, ...]:
    """Judge one script."""
    from migdocs.core import hazards, parser
    from migdocs.core.script import split

    statements = parser.parse_all(split(script.text, script.line), script.path)
    return hazards.judge(
        statements,
        postgres=postgres,
        before=before,
        transaction=script.transaction,
        path=script.path,
        migration=migration,
    )


def _unread(script: Script) -> Iterator[Finding]:
    """Yield the statements that PostgreSQL's parser refuses, with line and column."""
    from migdocs.core import parser
    from migdocs.core.script import split

    for statement in parser.parse_all(split(script.text, script.line), script.path):
        error = statement.error
        if error is not None:
            place = f", column {error.column}" if error.column else ""
            yield Finding(
                "syntax-error",
                "error",
                f"{error.message}{place}",
                script.path,
                error.line,
                error.hint or "PostgreSQL would refuse this statement.",
            )


def _script(path: str) -> Script:
    """Read a script from a path as typed."""
    place = Path(path)
    text = files.read(place.resolve().parent, place.name)
    return Script(path, notes.normalise(text))


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
