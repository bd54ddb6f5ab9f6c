"""Draw docs/architecture.svg: what is read, what happens to it, what is written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

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
    from collections.abc import Sequence

TARGET = Path(__file__).parents[1] / "docs" / "architecture.svg"
MARGIN, PADDING, GAP, BESIDE = 36, 16, 16, 84
TOP = 100

# Column → its width, and its cards: a title and what stands below it.
COLUMNS: tuple[tuple[int, tuple[tuple[str, str], ...]], ...] = (
    (
        210,
        (
            ("migrations/", "scripts, rollbacks, notes"),
            ("TEMPLATE.md", "the contract of the notes"),
            ("git", "tags, their trees, commits"),
            ("ledger", "what a database ran"),
            ("evidence", "what a server showed"),
        ),
    ),
    (
        270,
        (
            ("sql, notes", "scripts and notes become values"),
            ("changes, catalog", "what statements do to a schema"),
            ("hazards, impact", "what that breaks, and for whom"),
            ("releases, changelog", "which release shipped what"),
            ("upgrade, flow", "any version to any other, and back"),
            ("ledger, proof", "what ran, and what a server showed"),
            ("documents, site", "values and templates become text"),
        ),
    ),
    (
        210,
        (
            ("documents", "only inside of their regions"),
            ("site", "Markdown, JSON, one script"),
            ("findings", "for people, forges and CI"),
            ("database", "one step, one row of the ledger"),
        ),
    ),
)
HEADINGS = ("What is true already", "core: derive(Sources) → Facts", "What is written")


def card(title: str, text: str, x: int, y: int, across: int) -> tuple[str, int]:
    """Draw a card; give it with its bottom."""
    lines, bottom = lay(
        (Paragraph(title, TITLE), Paragraph(text, NOTE, above=2)), PADDING, 12, across - 2 * PADDING
    )
    down = bottom + 12
    body = framed("".join(map(written, lines)), "card", across, down)
    return clipped(body, x, y, across, down), y + down


def column(cards: Sequence[tuple[str, str]], x: int, across: int) -> tuple[list[str], int]:
    """Draw cards below each other; give them with the bottom of the last."""
    shapes, y = [], TOP
    for title, text in cards:
        shape, bottom = card(title, text, x, y, across)
        shapes.append(shape)
        y = bottom + GAP
    return shapes, y - GAP


def drawing() -> str:
    """Give the whole drawing."""
    shapes = [written(Line("The way of the data", HEADLINE, MARGIN, 52))]
    x, lowest, middles = MARGIN, 0, []
    for (across, cards), heading in zip(COLUMNS, HEADINGS, strict=True):
        shapes.append(written(Line(heading, BODY, x, TOP - 14)))
        drawn, bottom = column(cards, x, across)
        shapes += drawn
        middles.append(x + across)
        x, lowest = x + across + BESIDE, max(lowest, bottom)
    y = TOP + 120
    for number, start in enumerate(middles[:-1]):
        shapes.append(arrow((start + 10, y), (start + BESIDE - 10, y), "line0"))
        shapes.append(written(Line("adapters", NOTE, start + BESIDE // 2, y - 14, anchor="middle")))
        shapes.append(
            written(
                Line(
                    ("fill Sources", "write")[number],
                    NOTE,
                    start + BESIDE // 2,
                    y + 26,
                    anchor="middle",
                )
            )
        )
    size = (x - BESIDE + MARGIN, lowest + MARGIN)
    description = "Adapters read what is true, the core turns values into values, adapters write."
    return document(size, "The way of the data", description, shapes)


if __name__ == "__main__":
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == drawing():
        sys.exit(0)
    TARGET.write_text(drawing(), encoding="utf-8")
