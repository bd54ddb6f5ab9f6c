"""Read scripts into Changes, and keep what was read for the next run."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from migdocs.core.catalog import Catalog
from migdocs.core.changes import stored

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migdocs.core.memory import Memory
    from migdocs.core.model import Change, Script

_NAME = "changes"
_SETS_PATH = re.compile(
    r"search_path|\bset\s+(?:local\s+|session\s+)?schema\b|\btemp", re.IGNORECASE
)


def read(
    memory: Memory, scripts: Iterable[Script], name: str = _NAME
) -> dict[Script, tuple[Change, ...]]:
    """Give each script's Changes; those that were read before come from memory.

    Args:
        memory: what earlier runs read.
        scripts: in run order: where one sets the search_path, names mean what those before made;
            of other scripts nothing is kept.
        name: that these scripts are remembered under.
    """
    kept = memory.load(name)
    used: dict[str, Any] = {}
    found: dict[Script, tuple[Change, ...]] = {}
    before = _Before()
    for script in scripts:
        key = f"{script.as_read}:{script.line}"
        if before.matters(script):
            key += f":{before.digest()}"
        changes = stored.changes(kept.get(key), script.path)
        if changes is None:
            changes = _parsed(script, before)
            used[key] = stored.plain(changes)
        else:
            used[key] = kept[key]
        found[script] = changes
        before.add(script, changes)
    if used.keys() != kept.keys():
        memory.store(name, used)
    return found


def depends(script: Script) -> bool:
    """Tell whether what a script means depends on the schema that it meets."""
    return _SETS_PATH.search(script.text) is not None


def read_at(script: Script, before: Catalog) -> tuple[Change, ...]:
    """Read a script against the schema that it meets; nothing is kept."""
    from migdocs.core.changes.reading import read_script  # the parser is slow to import

    return read_script(script, before)


class _Before:
    """The scripts before one, replayed only where the search_path is set anywhere."""

    def __init__(self) -> None:
        self._catalog = Catalog()
        self._waiting: list[tuple[Change, ...]] = []
        self._digests: list[str] = []
        self._lasting = False

    def matters(self, script: Script) -> bool:
        """Tell whether what a script means depends on those before it."""
        return self._lasting or depends(script)

    def digest(self) -> str:
        """Give a hash of all that stands before."""
        return hashlib.sha256(" ".join(self._digests).encode()).hexdigest()

    def add(self, script: Script, changes: tuple[Change, ...]) -> None:
        """Take in a script that was read."""
        self._digests.append(script.digest)
        self._waiting.append(changes)
        later = (c for c in changes if c.kind in {"database", "role"} and c.after)
        self._lasting = self._lasting or any(later)

    def catalog(self) -> Catalog:
        """Give the schema that all before it made."""
        for changes in self._waiting:
            self._catalog.apply_all(changes)
        self._waiting = []
        return self._catalog


def _parsed(script: Script, before: _Before) -> tuple[Change, ...]:
    """Read a script with PostgreSQL's parser."""
    from migdocs.core.changes.reading import read_script  # the parser is slow to import

    return read_script(script, before.catalog() if before.matters(script) else None)
