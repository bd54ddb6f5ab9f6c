"""What was computed before, by what it was computed from; safe to delete, never in the project.

It lies in the user's cache folder: asking a project something must not write into it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, json

from migdocs import __version__
from migdocs.adapters.state import cache_folder
from migdocs.core.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PACKAGE = Path(__file__).parents[2]


class Memory(Struct, frozen=True):
    """What the core remembers of one project (``core.memory``).

    Attributes:
        root: of the project.
    """

    root: Path

    def load(self, name: str) -> dict[str, Any]:
        """Give what was kept under a name."""
        return load(self.root, name)

    def store(self, name: str, data: Mapping[str, Any]) -> None:
        """Keep something under a name."""
        store(self.root, name, data)


def load(root: Path, name: str) -> dict[str, Any]:
    """Give what was kept under a name; nothing where there is none or it cannot be read.

    It is JSON, which runs nothing: at worst a wrong fact is believed until it is deleted.
    """
    with suppress(OSError, MachineError, ValueError, KeyError, TypeError, RecursionError):
        kept = _read(_place(root, name).read_bytes())
        if kept["code"] == code() and isinstance(kept["data"], dict):
            data: dict[str, Any] = kept["data"]
            return data
    return {}


def store(root: Path, name: str, data: Mapping[str, Any]) -> None:
    """Keep something under a name; a folder that cannot be written keeps nothing."""
    with suppress(OSError, MachineError):
        place = _place(root, name)
        temporary = place.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(_written({"code": code(), "data": data}))
        temporary.replace(place)


def _read(data: bytes) -> Any:  # noqa: ANN401 - JSON
    """Read JSON; the slow way where it holds bytes that were no UTF-8, as old commits do."""
    try:
        return json.decode(data)
    except ValueError:
        from json import loads

        return loads(data)


def _written(value: Any) -> bytes:  # noqa: ANN401 - JSON
    """Write JSON; the slow way where it holds bytes that were no UTF-8."""
    try:
        return json.encode(value)
    except UnicodeEncodeError:
        from json import dumps

        return dumps(value, separators=(",", ":")).encode()


@cache
def code() -> str:
    """Name the code that computes: the version, and in a checkout its newest change."""
    return f"{__version__} {max(_changes(str(_PACKAGE)))}"


def _changes(folder: str) -> Iterator[int]:
    """Yield when each file of the package was changed."""
    for entry in os.scandir(folder):
        if entry.is_dir():
            yield from _changes(entry.path)
        elif entry.name.endswith((".py", ".jinja")):
            yield entry.stat().st_mtime_ns


def _place(root: Path, name: str) -> Path:
    """Give the file that keeps something about a project."""
    return cache_folder(root) / f"{name}.json"
