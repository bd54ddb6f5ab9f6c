"""Draw one stop of the version flow: a release's card, or one line for releases without any."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.core.flow import Gap, badge, cut
from migdocs.core.markup.svg import (
    BODY,
    NOTE,
    TITLE,
    Lettering,
    Line,
    Paragraph,
    baseline,
    framed,
    lay,
    width,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.flow import Card, Entry, Stop

VERSION = Lettering("version", 19, 26, 1.12)
DATE = Lettering("date", 13, 26, tone="muted")
ENTRY = Lettering("entry", 13, 20, monospace=True)
PILL = Lettering("pill", 12, 20, 1.12)
LETTERINGS = (VERSION, DATE, ENTRY, PILL)

PADDING = 18
STATION = PADDING + VERSION.leading // 2
MOST_ENTRIES, MOST_CHANGES = 12, 8

# A badge's look, and the mark before its word.
MARKS = {
    "compatible": ("good", "M0 5l3 4 6-8"),
    "breaking": ("bad", "M5 2v3M5 8v.1M5-2L-1 10H11Z"),
    "stop first": ("open", "M5 2v3M5 8v.1M5-2L-1 10H11Z"),
    "not known": ("open", "M2 2q4-4 6 0 0 3-3 4M5 9v.1"),
    "planned": ("open", "M0 5h1.5M4.5 5h1.5M9 5h1.5"),
}


class Block(Struct, frozen=True):
    """A stop, drawn from its own top left corner.

    Attributes:
        station: how far below its top the line stops.
        body: SVG elements.
    """

    stop: Stop
    across: int
    height: int
    station: int
    body: str


def block(stop: Stop, across: int) -> Block:
    """Draw one stop in a given width, as high as its text needs."""
    return _gap_block(stop, across) if isinstance(stop, Gap) else _card_block(stop, across)


def _gap_block(gap: Gap, across: int) -> Block:
    """Draw collapsed releases: a line of text beside the line of stations."""
    lines, bottom = lay([Paragraph(gap.text, NOTE, most=2)], 0, 4, across)
    return Block(gap, across, bottom + 4, 4 + NOTE.leading // 2, "".join(map(written, lines)))


def _card_block(card: Card, across: int) -> Block:
    """Draw a release's card: version, date and badges, its migrations, what they mean."""
    pills, free = _pills(card, across - PADDING)
    head, y = _head(card, free - PADDING)
    said, y = lay(_paragraphs(card), PADDING, y, across - 2 * PADDING)
    foot, y = _foot(card, y, across)
    height = y + PADDING - 4
    body = "".join((*map(written, (*head, *said)), *pills, *foot))
    return Block(card, across, height, STATION, framed(body, _look(card), across, height))


def _look(card: Card) -> str:
    """Give the classes of a card's frame."""
    awaited = " awaited dashed" if card.status == "planned" else ""
    return "card" + awaited + (" broken" if badge(card.compatibility) == "breaking" else "")


def _foot(card: Card, y: int, across: int) -> tuple[list[str], int]:
    """Write the note on compatibility below a rule; nothing where there is none."""
    if not card.compatibility.note:
        return [], y
    rule = f'<path class="rule" d="M{PADDING} {y + 10}H{across - PADDING}"/>'
    note = Paragraph(card.compatibility.note, NOTE)
    lines, y = lay([note], PADDING, y + 18, across - 2 * PADDING)
    return [rule, *map(written, lines)], y


def _head(card: Card, room: int) -> tuple[list[Line], int]:
    """Set the version, and the date beside it where there is room, else below."""
    lines, y = lay([Paragraph(card.version, VERSION, most=2)], PADDING, PADDING, room)
    if not card.date:
        return lines, y
    after = PADDING + ceil(width(lines[-1].text, VERSION)) + 10
    if after + width(card.date, DATE) <= PADDING + room:
        top = y - VERSION.leading
        return [*lines, Line(card.date, DATE, after, baseline(top, VERSION))], y
    below, y = lay([Paragraph(card.date, DATE)], PADDING, y, room)
    return [*lines, *below], y


def _paragraphs(card: Card) -> Iterator[Paragraph]:
    """Give what a card says of its migrations."""
    if card.title and card.status != "planned":
        yield Paragraph(card.title, TITLE, above=4)
    shown, left = cut(card.entries, MOST_ENTRIES)
    for entry in shown:
        yield from _entry_paragraphs(entry, named=entry.title != card.title)
    if left:
        yield Paragraph(f"… {left} more migrations", NOTE, above=8)


def _entry_paragraphs(entry: Entry, *, named: bool) -> Iterator[Paragraph]:
    """Give a migration's id, its title where the card lacks it, and its changes."""
    yield Paragraph(entry.id, ENTRY, above=8)
    if named and entry.title:
        yield Paragraph(entry.title, BODY, above=2)
    shown, left = cut(entry.changes, MOST_CHANGES)
    for change in shown:
        yield Paragraph(change, BODY, indent=14, above=2, bullet="•")
    if left:
        yield Paragraph(f"… {left} more changes", NOTE, indent=14, above=2)


def _pills(card: Card, right: int) -> tuple[list[str], int]:
    """Draw the badges from the right end of a card; give them, and where they begin."""
    names = ["planned"] if card.status == "planned" else []
    names += filter(None, [badge(card.compatibility)])
    drawn: list[str] = []
    for name in reversed(names):
        tone, mark = MARKS[name]
        across = ceil(width(name, PILL)) + 36
        right -= across
        drawn.append(_pill(name, tone, mark, right, across))
        right -= 8
    return drawn, right


def _pill(name: str, tone: str, mark: str, x: int, across: int) -> str:
    """Draw one badge: a word with its mark, so that colour is not the only sign."""
    lettering = replace(PILL, tone=tone)
    text = Line(name, lettering, x + 26, baseline(PADDING + 3, PILL))
    return (
        f'<rect class="{tone}" x="{x}" y="{PADDING + 2}" width="{across}" height="22" rx="11"/>'
        f'<path class="mark {tone}" transform="translate({x + 10} {PADDING + 8})" d="{mark}"/>'
        f"{written(text)}"
    )
