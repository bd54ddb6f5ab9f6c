"""Say where a statement stands, so that each of its Changes does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.model import Change

if TYPE_CHECKING:
    from migdocs.core.sql.definitions import Definition


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

    def change(  # noqa: PLR0913 - a Change has that many sides
        self,
        verb: str,
        kind: str,
        name: str,
        after: str | None = None,
        *,
        before: str | None = None,
        table: str | None = None,
        definition: Definition | None = None,
        needs: tuple[str, ...] = (),
        guarded: bool = False,
        cascade: bool = False,
        opaque: bool = False,
    ) -> Change:
        """Give a Change that stands here."""
        return Change(
            verb,
            kind,
            name,
            before,
            after,
            table,
            self.path,
            self.line,
            self.statement,
            "read",
            self.conditional,
            opaque,
            definition,
            needs,
            guarded,
            cascade,
        )
