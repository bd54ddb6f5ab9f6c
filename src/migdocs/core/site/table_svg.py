"""Draw a table with its columns below those that point at it and above those it points at.

One hop and no more: drawings of whole databases are read by nobody. Below each other, they are read
on a phone too. All measures are pixels.
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
    from collections.abc import Sequence

    from migdocs.core.catalog.lives import Reference, TableLife

MARGIN, PADDING, GAP = 16, 14, 18
BESIDE = 34  # room for the rail that arrows share, on the left
RADIUS = 10
ACROSS = 358  # what a small phone shows
CARD = ACROSS - 2 * MARGIN - BESIDE
MOST_COLUMNS, MOST_NEIGHBOURS = 16, 12

COLUMN = Lettering("column", 12, 18, monospace=True)
DESCRIPTION = "Tables above it reference it; it references those below."


class Card(Struct, frozen=True):
    """A table at its height."""

    body: str
    y: int
    down: int

    @property
    def middle(self) -> int:
        """Where arrows meet it, from the top."""
        return self.y + self.down // 2


def svg(table: TableLife) -> str:
    """Give the drawing of one table and its neighbours."""
    above = _side([_neighbour(r.source, r) for r in table.referenced_by])
    below = _side([_neighbour(r.target, r) for r in table.references if r.target != table.name])
    placed = _stack((*above, _card(_columns(table)), *below))
    centre = placed[len(above)]
    arrows = (
        *(_arrow(card.middle, centre.y + PADDING) for card in placed[: len(above)]),
        *(
            _arrow(centre.y + centre.down - PADDING, card.middle)
            for card in placed[len(above) + 1 :]
        ),
    )
    title = f"Table {plain(table.name)} and its neighbours"
    size = (ACROSS, placed[-1].y + placed[-1].down + MARGIN)
    return document(size, title, DESCRIPTION, (*arrows, *map(_drawn, placed)), (COLUMN,))


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
    cards = [_card(lines) for lines in neighbours[:MOST_NEIGHBOURS]]
    if len(neighbours) > MOST_NEIGHBOURS:
        more = f"and {len(neighbours) - MOST_NEIGHBOURS} more tables"
        cards.append(_card([Paragraph(more, BODY)]))
    return cards


def _card(lines: list[Paragraph]) -> Card:
    """Set a card, not yet at its place."""
    placed, bottom = lay(lines, PADDING, PADDING, CARD - 2 * PADDING)
    return Card("".join(map(written, placed)), 0, bottom + PADDING)


def _stack(cards: Sequence[Card]) -> list[Card]:
    """Put cards below each other."""
    y = MARGIN
    placed = []
    for card in cards:
        placed.append(Card(card.body, y, card.down))
        y += card.down + GAP
    return placed


def _arrow(start: int, end: int) -> str:
    """Draw an arrow between two heights: out to the rail, along it, and in again."""
    near = MARGIN + BESIDE
    bend = ((near, start), (MARGIN, start), (MARGIN, end), (MARGIN + RADIUS, end))
    rail = f'<path class="rail line0" d="{rounded(bend, RADIUS)}"/>'
    return rail + arrow((MARGIN + RADIUS, end), (near - 4, end), "line0")


def _drawn(card: Card) -> str:
    """Draw a card."""
    body = framed(card.body, "card", CARD, card.down)
    return clipped(body, MARGIN + BESIDE, card.y, CARD, card.down)
