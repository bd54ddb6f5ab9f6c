"""Read scripts into Changes, and keep what was read for the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migdocs.core.changes import stored

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migdocs.core.memory import Memory
    from migdocs.core.model import Change, Script

_NAME = "changes"


def read(memory: Memory, scripts: Iterable[Script]) -> dict[Script, tuple[Change, ...]]:
    """Give each script's Changes; those that were read before come from memory."""
    kept = memory.load(_NAME)
    used: dict[str, Any] = {}
    found: dict[Script, tuple[Change, ...]] = {}
    for script in scripts:
        key = f"{script.digest}:{script.line}"
        changes = _kept(kept.get(key), script.path)
        if changes is None:
            changes = _parsed(script)
            used[key] = [stored.plain(change) for change in changes]
        else:
            used[key] = kept[key]
        found[script] = changes
    if used.keys() != kept.keys():
        memory.store(_NAME, used)
    return found


def _kept(data: Any, path: str) -> tuple[Change, ...] | None:  # noqa: ANN401 - JSON
    """Give kept Changes back; None where there are none that can be believed."""
    if not isinstance(data, list):
        return None
    try:
        return tuple(stored.change(item, path) for item in data)
    except (ValueError, KeyError, TypeError):
        return None


def _parsed(script: Script) -> tuple[Change, ...]:
    """Read a script with PostgreSQL's parser."""
    from migdocs.core.changes.reading import read_script  # the parser is slow to import

    return read_script(script)
