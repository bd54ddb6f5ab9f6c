"""What was computed before, by what it was computed from; safe to delete, never committed."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ".migdocs"


def load(root: Path, name: str) -> dict[str, Any]:
    """Give what was kept under a name; nothing where there is none or it cannot be read.

    It is JSON, which runs nothing: whoever can write to the folder can at most make us compute
    again or believe a wrong fact about their own files.
    """
    with suppress(OSError, ValueError):
        data = json.loads((root / FOLDER / "cache" / f"{name}.json").read_bytes())
        if isinstance(data, dict):
            return data
    return {}


def store(root: Path, name: str, data: dict[str, Any]) -> None:
    """Keep something under a name; a folder that cannot be written keeps nothing."""
    with suppress(OSError):
        folder = root / FOLDER / "cache"
        folder.mkdir(parents=True, exist_ok=True)
        ignore = root / FOLDER / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        temporary = folder / f".{name}.new"
        temporary.write_text(json.dumps(data, separators=(",", ":")), encoding="utf-8")
        temporary.replace(folder / f"{name}.json")
