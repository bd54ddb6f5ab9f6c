"""Check scripts that stand alone, with no project around them.

What was judged is kept by content for the next run, which then needs no parser.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migdocs.adapters import config, files
from migdocs.adapters.state import cache as kept_answers
from migdocs.core import notes
from migdocs.core.checking import brief, reporting, stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migdocs.core.model import Finding

_NAME = "scripts"
_KEPT = 5_000  # scripts


def asked(
    start: Path, paths: Sequence[str], postgres: int | None, schema: str | None
) -> tuple[Finding, ...] | None:
    """List what is wrong with scripts by themselves; None where a project is meant.

    Args:
        start: any folder.
        paths: as typed.
        postgres: the version to judge for; the settings' where it is None.
        schema: a script that makes what the scripts assume.
    """
    if not (postgres or schema or any(_stands_alone(start, path) for path in paths)):
        return None
    version = postgres or config.load(start).settings.postgres
    return reporting.in_order(_findings(start, paths, version, schema))


def formatted(
    found: Sequence[Finding], form: str, scope: brief.Scope | None = None, *, counts: bool = False
) -> str:
    """Write findings in a form by its name.

    Args:
        found: what to write.
        form: one of ``reporting.FORMATS``.
        scope: what a text for a person needs to say only what matters; None lists everything.
        counts: how many findings each rule has, instead of the findings.
    """
    if form == "text" and counts:
        return brief.table(found)
    if form == "text" and scope:
        return brief.text(found, scope)
    return reporting.FORMATS[form](found)


def at_least(found: Sequence[Finding], severity: str) -> tuple[Finding, ...]:
    """Give the findings that are as grave as this, or graver; none is as grave as ``never``."""
    return reporting.at_least(found, severity)


def _stands_alone(start: Path, path: str) -> bool:
    """Tell whether a path is a script outside of the project's migrations."""
    place = (start / path).resolve()
    if place.suffix != ".sql" or not place.is_file():
        return False
    found = config.load(start)
    return (found.root / found.settings.migrations).resolve() not in place.parents


def _findings(
    start: Path, paths: Sequence[str], postgres: int, schema: str | None
) -> list[Finding]:
    """Give what was found before, and judge what was not."""
    kept = kept_answers.load(start, _NAME)
    assumed = _text(schema) if schema else ""
    state = hashlib.sha256(f"{postgres}\0{schema}\0{assumed}".encode("utf-8", "replace"))
    fresh: dict[str, Any] = {}
    found: list[Finding] = []
    for path in paths:
        text = _text(path)
        own = state.copy()
        own.update(f"\0{path}\0{text}".encode("utf-8", "surrogatepass"))
        key = own.hexdigest()
        items = stored.findings(kept.get(key))
        if items is None:
            items = _judged(path, text, postgres, assumed, schema or "")
            fresh[key] = [stored.plain(item) for item in items]
        found += items
    if fresh:
        older = list(kept.items())[: max(0, _KEPT - len(fresh))]
        kept_answers.store(start, _NAME, fresh | dict(older))
    return found


def _judged(path: str, text: str, postgres: int, assumed: str, schema: str) -> tuple[Finding, ...]:
    """Judge one script."""
    from migdocs.core.hazards import checking  # the parser is slow to import

    return checking.check_script(
        text, path, postgres=postgres, schema_text=assumed, schema_path=schema
    )


def _text(path: str) -> str:
    """Read a script by its path as typed, wherever a link leads."""
    place = Path(path)
    if place.is_symlink():
        place = place.resolve()
    return notes.normalise(files.read(_real(place.parent), place.name))


@cache
def _real(folder: Path) -> Path:
    """Give where a folder really is; of thousands of scripts in one, that is found out once."""
    return folder.resolve()
