"""Say where a statement stands, so that each of its Changes does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.model import Change

if TYPE_CHECKING:
    from typing import TypedDict, Unpack

    from migdocs.core.sql.definitions import Definition

    class _Sides(TypedDict, total=False):
        before: str | None
        table: str | None
        definition: Definition | None
        needs: tuple[str, ...]
        guarded: bool
        cascade: bool
        opaque: bool


class Place(Struct, frozen=True):
    """Where a statement stands, and what holds of all its Changes.

    Attributes:
        text: the statement's own, for objects whose definition is their source.
    """

    path: str
    line: int
    statement: int
    text: str
    conditional: bool = False

    def change(
        self, verb: str, kind: str, name: str, after: str | None = None, **sides: Unpack[_Sides]
    ) -> Change:
        """Give a Change that stands here."""
        return Change(
            verb,
            kind,
            name,
            after=after,
            path=self.path,
            line=self.line,
            statement=self.statement,
            conditional=self.conditional,
            **sides,
        )
