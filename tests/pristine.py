"""Data directories that are copied: ``initdb`` takes a second, some hundred times in a run."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

from migdocs.adapters import sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from migdocs.adapters.sandbox.programs import Binaries

_initialise = sandbox._initialise


def keep(folder: Path) -> None:
    """Let every server of this process begin with a copy of the first of its version."""

    def copied(binaries: Binaries, place: Path) -> None:
        kept = folder / ".".join(map(str, binaries.version))
        if kept.is_dir():
            _copy(kept, place / "data")
            return
        _initialise(binaries, place)
        fresh = folder / f"{kept.name}-{os.getpid()}"
        _copy(place / "data", fresh)
        with suppress(OSError):  # another process was first
            fresh.rename(kept)

    sandbox._initialise = copied


def _copy(source: Path, target: Path) -> None:
    """Copy a folder with its owner and rights."""
    subprocess.run(["cp", "-a", source, target], check=True)
