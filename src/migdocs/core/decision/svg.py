"""Draw the decision tree: questions down the left side, what a yes means beside each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.decision import Outcome, Question
from migdocs.core.markup.svg import (
    BODY,
    HEADLINE,
    NOTE,
    TITLE,
    Line,
    Paragraph,
    arrow,
    clipped,
    document,
    framed,
    lay,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.decision import Tree

MARGIN, PADDING = 36, 18
ACROSS = 380
BESIDE, BELOW = 84, 52  # room for an arrow and its word
ARROW_Y = 30  # from a card's top to the arrow that leaves or reaches it

TITLE_TEXT = "SQL migration, or not?"
DESCRIPTION = "Questions from top to bottom; the first yes says what to do."


class Card(Struct, frozen=True):
    """A question or an outcome at its place."""

    x: int
    y: int
    height: int
    body: str


def svg(tree: Tree) -> str:
    """Draw the tree. The same tree gives the same bytes."""
    parts = list(_parts(tree.questions[0], tree, MARGIN, MARGIN + HEADLINE.leading + 16))
    cards = [part for part in parts if isinstance(part, Card)]
    head, _ = lay([Paragraph(TITLE_TEXT, HEADLINE)], MARGIN, MARGIN - 10, ACROSS * 2)
    body = (
        *map(written, head),
        *(part for part in parts if isinstance(part, str)),
        *(clipped(card.body, card.x, card.y, ACROSS, card.height) for card in cards),
    )
    size = (
        max(card.x for card in cards) + ACROSS + MARGIN,
        max(card.y + card.height for card in cards) + MARGIN,
    )
    return document(size, TITLE_TEXT, DESCRIPTION, body)


def _parts(node: Question | Outcome, tree: Tree, x: int, y: int) -> Iterator[Card | str]:
    """Give the cards and arrows of a node and of all that follows, from a top left corner."""
    card = _card(node, x, y)
    yield card
    if isinstance(node, Outcome):
        return
    beside = list(_parts(tree[node.yes], tree, x + ACROSS + BESIDE, y))
    yield from beside
    yield from _across(x + ACROSS, y + ARROW_Y)
    bottom = max(part.y + part.height for part in (card, *beside) if isinstance(part, Card))
    yield from _down(x + ACROSS // 2, card.y + card.height, bottom + BELOW)
    yield from _parts(tree[node.no], tree, x, bottom + BELOW)


def _card(node: Question | Outcome, x: int, y: int) -> Card:
    """Draw a question with its reason, or an outcome with its steps."""
    if isinstance(node, Question):
        paragraphs = [Paragraph(node.text, TITLE), Paragraph(node.why, NOTE, above=4)]
        look = "card"
    else:
        steps = (Paragraph(step, BODY, indent=14, above=3, bullet="•") for step in node.steps)
        paragraphs = [Paragraph(node.verdict, TITLE), *steps]
        look = "card answer"
    lines, bottom = lay(paragraphs, PADDING, PADDING, ACROSS - 2 * PADDING)
    height = bottom + PADDING - 2
    return Card(x, y, height, framed("".join(map(written, lines)), look, ACROSS, height))


def _across(x: int, y: int) -> Iterator[str]:
    """Draw the arrow that a yes follows."""
    yield arrow((x + 4, y), (x + BESIDE - 4, y), "line1")
    yield written(Line("yes", BODY, x + BESIDE // 2 - 4, y - 9, anchor="middle"))


def _down(x: int, top: int, bottom: int) -> Iterator[str]:
    """Draw the arrow that a no follows."""
    yield arrow((x, top + 4), (x, bottom - 4), "line0")
    yield written(Line("no", BODY, x + 14, (top + bottom) // 2 + 4))
