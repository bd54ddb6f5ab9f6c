"""How long migrations take, as measured or as their notes say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migdocs.core.upgrade.piece import Piece


class Said(Struct, frozen=True):
    """What the notes of one migration say; ``migration`` is empty where it holds for all."""

    migration: str
    text: str


class Duration(Struct, frozen=True):
    """How long it takes.

    Attributes:
        total_ms: summed over the migrations, None where not every one was measured anywhere.
        on: the environment that it was measured in.
        unmeasured: ids.
        said: what notes say, with the id.
    """

    total_ms: int | None
    on: str
    unmeasured: tuple[str, ...]
    said: tuple[Said, ...]


def said(pieces: Sequence[Piece], name: str) -> tuple[Said, ...]:
    """Collect what the notes say about one thing, each with its migration."""
    return tuple(Said(p.id, text) for p in pieces if (text := getattr(p, name)))


def duration(pieces: Sequence[Piece]) -> Duration:
    """Sum what was measured in the environment where the most was."""
    environments = sorted({name for p in pieces for name in p.measured})
    on = max(environments, key=lambda name: sum(name in p.measured for p in pieces), default="")
    unmeasured = tuple(p.id for p in pieces if on not in p.measured)
    total = sum(p.measured[on] for p in pieces) if pieces and not unmeasured else None
    return Duration(total, on, unmeasured, said(pieces, "duration"))
