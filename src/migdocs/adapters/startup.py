"""Look through a project's own programs for what applies its migrations, within limits."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from migdocs.core import startup

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from migdocs.core.startup import Sign

# So many files are looked into, the nearest to the migrations first, so much of each, and of all.
_FILES = 2_000
_BYTES = 256 * 1024
_ALL_BYTES = 32 * 1024 * 1024


def sign(root: Path, paths: Iterable[str], migrations: str) -> Sign | None:
    """Give the line that shows best who applies the migrations; None where none does.

    What cannot be read, is no text or is a link shows nothing.

    Args:
        root: of the project.
        paths: of its files, from the root.
        migrations: their folder.
    """
    best: Sign | None = None
    left = _ALL_BYTES
    for path in startup.nearest(paths, migrations)[:_FILES]:
        text = _text(root, path)
        left -= len(text)
        if left < 0:
            break
        found = startup.find(path, text, migrations) if startup.mentions(text) else None
        if found and (best is None or found.shows < best.shows):
            best = found
        if best and best.shows == startup.RUNS:
            break
    return best


def _text(root: Path, path: str) -> str:
    """Give the beginning of a file's text; empty where it is a link or cannot be read."""
    try:
        file = os.open(f"{root}{os.sep}{path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    try:
        return os.read(file, _BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
    finally:
        os.close(file)
