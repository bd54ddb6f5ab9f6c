"""The migrations as far as ``status`` needs them, without reading thousands of scripts again.

What is kept is believed only while the project has the same files, and each of the folder's is the
one that was read. A folder that was changed a moment ago is read, and nothing is kept of it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from migdocs.adapters import files
from migdocs.adapters.state import cache
from migdocs.core.ledger import Outline

if TYPE_CHECKING:
    from migdocs.commands.place import Place

NAME = "outlines"


def outlines(place: Place) -> tuple[Outline, ...]:
    """Give the migrations in run order.

    Raises:
        MigdocsError: a script or its name is wrong.
    """
    key = _key(place)
    kept = cache.load(place.root, NAME) if key else {}
    if kept.get("key") == key:
        return tuple(map(Outline._make, kept["outlines"]))
    found = tuple(Outline(m.id, m.script_hash, m.repeatable) for m in place.migrations)
    if key:
        cache.store(place.root, NAME, {"key": key, "outlines": found})
    return found


def _key(place: Place) -> str:
    """Name all that the outlines follow from; empty where it may change without a trace."""
    chosen = place.settings
    paths = files.everything(place.root, chosen.migrations)
    folder = chosen.migrations.strip("/")
    prefix = "" if folder in {"", "."} else f"{folder}/"
    stamps = files.stamps(place.root, (path for path in paths if path.startswith(prefix)))
    if stamps is None:
        return ""
    whole = repr((chosen.migrations, chosen.layout, paths, stamps))
    return hashlib.sha256(whole.encode("utf-8", "surrogateescape")).hexdigest()
