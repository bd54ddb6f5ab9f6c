"""Changes as plain data and back, so that what was read once can be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from migdocs.core.model import Change

if TYPE_CHECKING:
    from collections.abc import Iterable


def plain(changes: Iterable[Change]) -> list[Any]:
    """Give Changes without their path and without what has its default value."""
    kept: list[Any] = msgspec.to_builtins([replace(change, path="") for change in changes])
    return kept


def changes(data: object, path: str) -> tuple[Change, ...] | None:
    """Give kept Changes back, in a script at this path; None where they cannot be believed."""
    try:
        kept = msgspec.convert(data, tuple[Change, ...])
    except msgspec.ValidationError:
        return None
    return tuple(replace(change, path=path) for change in kept)
