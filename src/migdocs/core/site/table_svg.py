"""Draw a table with its columns between those that point at it and those it points at.

One hop and no more: drawings of whole databases are read by nobody. All measures are pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.markup.svg import (
    BODY,
    NOTE,
    TITLE,
    Lettering,
    Paragraph,
    arrow,
    clipped,
    document,
    framed,
    lay,
    plain,
    rounded,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.catalog.lives import Reference, TableLife

MARGIN, PADDING, GAP = 24, 16, 18
BESIDE = 96  # room for an arrow
RADIUS = 12
CENTRE, SIDE = 320, 240
MOST_COLUMNS, MOST_NEIGHBOURS = 16, 12

COLUMN = Lettering("column", 12, 18, monospace=True)
DESCRIPTION = "Tables on the left reference it; it references those on the right."


class Card(Struct, frozen=True):
    """A table at its place."""

    body: str
    x: int
    y: int
    across: int
    down: int

    @property
    def middle(self) -> int:
        """Where arrows meet it, from the top."""
        return self.y + self.down // 2


def svg(table: TableLife) -> str:
    """Give the drawing of one table and its neighbours."""
    left = _side([_neighbour(r.source, r) for r in table.referenced_by])
    right = _side([_neighbour(r.target, r) for r in table.references if r.target != table.name])
    centre_x = MARGIN + (SIDE + BESIDE if left else 0)
    centre = _card(_columns(table), CENTRE)
    height = max(centre.down, _height(left), _height(right))
    centre = _at(centre, centre_x, MARGIN + (height - centre.down) // 2)
    placed_left = _stack(left, MARGIN, height)
    placed_right = _stack(right, centre_x + CENTRE + BESIDE, height)
    across = centre_x + CENTRE + (BESIDE + SIDE if right else 0) + MARGIN
    arrows = (
        *_arrows(placed_left, centre, towards_centre=True),
        *_arrows(placed_right, centre, towards_centre=False),
    )
    cards = (_drawn(card) for card in (*placed_left, centre, *placed_right))
    title = f"Table {plain(table.name)} and its neighbours"
    size = (across, height + 2 * MARGIN)
    return document(size, title, DESCRIPTION, (*arrows, *cards), (COLUMN,))


def _columns(table: TableLife) -> list[Paragraph]:
    """Write a table's name and columns."""
    there = [column for column in table.columns if column.removed is None]
    shown = there[:MOST_COLUMNS]
    lines = [Paragraph(plain(table.name), TITLE)]
    for index, column in enumerate(shown):
        text = f"{column.name}  {column.definition.partition(',')[0]}"
        lines.append(Paragraph(plain(text), COLUMN, above=0 if index else 8, most=1))
    if len(there) > len(shown):
        lines.append(Paragraph(f"and {len(there) - len(shown)} more columns", NOTE, above=4))
    return lines


def _neighbour(name: str, reference: Reference) -> list[Paragraph]:
    """Write a neighbour's name and the columns that point."""
    columns = ", ".join(reference.columns)
    return [
        Paragraph(plain(name), TITLE, most=2),
        Paragraph(plain(f"by {columns}") if columns else "by a foreign key", NOTE, above=2, most=2),
    ]


def _side(neighbours: Sequence[list[Paragraph]]) -> list[Card]:
    """Set the neighbours of one side, the last card saying how many are left out."""
    cards = [_card(lines, SIDE) for lines in neighbours[:MOST_NEIGHBOURS]]
    if len(neighbours) > MOST_NEIGHBOURS:
        more = f"and {len(neighbours) - MOST_NEIGHBOURS} more tables"
        cards.append(_card([Paragraph(more, BODY)], SIDE))
    return cards


def _card(lines: list[Paragraph], across: int) -> Card:
    """Set a card, not yet at its place."""
    placed, bottom = lay(lines, PADDING, PADDING, across - 2 * PADDING)
    return Card("".join(map(written, placed)), 0, 0, across, bottom + PADDING)


def _at(card: Card, x: int, y: int) -> Card:
    """Put a card at its place."""
    return Card(card.body, x, y, card.across, card.down)


def _height(cards: Sequence[Card]) -> int:
    """Give the height of cards below each other."""
    return sum(card.down for card in cards) + GAP * max(len(cards) - 1, 0)


def _stack(cards: Sequence[Card], x: int, height: int) -> list[Card]:
    """Put cards below each other, in the middle of the drawing's height."""
    y = MARGIN + (height - _height(cards)) // 2
    placed = []
    for card in cards:
        placed.append(_at(card, x, y))
        y += card.down + GAP
    return placed


def _arrows(cards: Sequence[Card], centre: Card, *, towards_centre: bool) -> Iterator[str]:
    """Draw what points at what: level where the centre reaches, else along a bend."""
    for card in cards:
        y = min(max(card.middle, centre.y + PADDING), centre.y + centre.down - PADDING)
        near = centre.x if towards_centre else centre.x + centre.across
        far = card.x + card.across if towards_centre else card.x
        start, end = (
            ((far, card.middle), (near, y)) if towards_centre else ((near, y), (far, card.middle))
        )
        turn = end[0] - BESIDE // 2
        if start[1] != end[1]:
            bend = rounded(
                (start, (turn, start[1]), (turn, end[1]), (turn + RADIUS, end[1])), RADIUS
            )
            yield f'<path class="rail line0" d="{bend}"/>'
            start = (turn + RADIUS, end[1])
        yield arrow(start, (end[0] - 4, end[1]), "line0")


def _drawn(card: Card) -> str:
    """Draw a card."""
    body = framed(card.body, "card", card.across, card.down)
    return clipped(body, card.x, card.y, card.across, card.down)
