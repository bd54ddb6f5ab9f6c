"""Draft the rollback of a forward script: the inverse of every Change that has one, last first.

What the replayed catalog knows of the schema before is written back: a dropped column's definition,
a replaced function's source, the indexes that went with a table. Where nothing is known, or data
are gone, a comment says what a person must write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.changes.losses import fills_only
from migdocs.core.draft.inverses import invert
from migdocs.core.sql.definitions import Constraint
from migdocs.core.sql.search_path import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.catalog import Effect
    from migdocs.core.draft.inverse import Inverse
    from migdocs.core.model import Change

BY_HAND = "-- migdocs: write by hand:"
LOSS = "-- migdocs: data are lost:"
STOPS = "-- migdocs: this stops the rollback:"


class Draft(Struct, frozen=True):
    """A drafted rollback.

    Attributes:
        text: the script, with a comment wherever it is not whole.
        by_hand: what a person must write, in the order of the script.
        losses: what data do not come back.
        stops: what rows written since would stop it.
    """

    text: str
    by_hand: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether it brings the schema back without a person's help."""
        return not self.by_hand


PLAIN_PATH = "SET search_path TO public;\n\n"


def draft_rollback(effects: Sequence[Effect], search_path: tuple[str, ...] = DEFAULT) -> Draft:
    """Draft the script that undoes a forward script.

    Args:
        effects: of the forward script's Changes on the schema before it.
        search_path: that a session of the rollback starts with: names without a schema are
            public's here, and where the path says otherwise it is set first.
    """
    inverses = [invert(effect) for effect in reversed(list(_worth_undoing(effects)))]
    text = "\n".join(line for inverse in inverses for line in _lines(inverse))
    return Draft(
        PLAIN_PATH + text if text and search_path[:1] != DEFAULT else text,
        tuple(inverse.by_hand for inverse in inverses if inverse.by_hand),
        tuple(inverse.loss for inverse in inverses if inverse.loss),
        tuple(inverse.stops for inverse in inverses if inverse.stops),
    )


def _lines(inverse: Inverse) -> Iterator[str]:
    """Give one inverse as lines of a script."""
    if inverse.by_hand:
        yield f"{BY_HAND} {_one_line(inverse.by_hand)}"
    if inverse.loss:
        yield f"{LOSS} {_one_line(inverse.loss)}"
    if inverse.stops:
        yield f"{STOPS} {_one_line(inverse.stops)}"
    for statement in inverse.sql:
        yield f"{statement};\n"


def _one_line(text: str) -> str:
    """Give a text that cannot end the comment it stands in."""
    return " ".join(text.split())


def _worth_undoing(effects: Sequence[Effect]) -> Iterator[Effect]:
    """Give the effects that need an inverse of their own: parts of a new table go with it."""
    left: dict[int, Effect] = {}
    new: dict[str, int] = {}  # new table → where it was made
    columns: set[str] = set()  # new columns of old tables
    for position, effect in enumerate(effects):
        change = effect.change
        if effect.void or (change.table in new and not _holds_others(change)):
            continue
        if fills_only(change, columns):
            continue
        if (change.verb, change.kind) == ("add", "column"):
            columns.add(change.name)
        if change.kind == "table" and change.name in new:
            if change.verb == "drop":
                del left[new.pop(change.name)]
            elif change.verb == "rename":
                new[change.after or ""] = new[change.name]
                left[position] = effect
            continue
        if (change.verb, change.kind) == ("create", "table"):
            new[change.name] = position
        left[position] = effect
    yield from left.values()


def _holds_others(change: Change) -> bool:
    """Tell whether a part of a new table keeps what was made with it from being dropped first."""
    return change.kind == "trigger" or (
        isinstance(change.definition, Constraint) and change.definition.references != ""
    )
