"""Set text and shapes as SVG: estimated widths, wrapping, escaping, one look for every drawing.

A browser's fonts are not known here, so widths are estimated on the wide side: those of DejaVu
Sans, which is wider than the system fonts of phones and desktops. All measures are pixels.
"""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The advance of a character by the size of its font; what is not listed is 0.65.
ADVANCES = {
    **dict.fromkeys(" !'|.,:;iljI", 0.36),
    **dict.fromkeys('()[]{}ftr/\\-"`*', 0.46),
    **dict.fromkeys("ABCDEGHKNOPQRSUVXYZ&+<=>#~", 0.82),
    **dict.fromkeys("mwMW@%", 1.02),
}
ADVANCE, WIDE_ADVANCE, FOREIGN_ADVANCE = 0.65, 1.1, 0.9
MONOSPACE_ADVANCE, MONOSPACE_WIDE_ADVANCE = 0.62, 1.25

# Control characters, those that turn the reading direction, and what XML has no place for.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
UNENCODABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")

WORDS = re.compile(r"\s+|\S+")
# A word that no line can hold is broken behind these: 20240103_add_activity_log.
PARTS = re.compile(r"[^_./-]*[_./-]+|[^_./-]+")


class Lettering(Struct, frozen=True):
    """How one kind of text is set.

    Attributes:
        name: the class that the style sheet knows it by.
        size: of the font.
        leading: from one line's baseline to the next.
        spread: how much wider than regular it is: bold 1.12.
        tone: a further class, one of ``LOOKS``.
    """

    name: str
    size: int
    leading: int
    spread: float = 1.0
    monospace: bool = False
    tone: str = ""


# What every drawing uses.
HEADLINE = Lettering("headline", 26, 34, 1.12)
SUBLINE = Lettering("subline", 14, 20, tone="muted")
TITLE = Lettering("title", 15, 21, 1.12)
BODY = Lettering("body", 13, 19)
NOTE = Lettering("note", 13, 19, tone="muted")
COMMON = (HEADLINE, SUBLINE, TITLE, BODY, NOTE)


class Line(Struct, frozen=True):
    """One line of text, placed: its left end, or where ``anchor`` says, and its baseline."""

    text: str
    lettering: Lettering
    x: int
    y: int
    anchor: str = "start"


def plain(text: str) -> str:
    """Give text from outside as one line without anything that a drawing cannot hold."""
    return " ".join(UNENCODABLE.sub("\ufffd", UNPRINTABLE.sub(" ", text)).split())


def width(text: str, lettering: Lettering) -> float:
    """Estimate how wide a text is, rather too much than too little."""
    advance = _monospace_advance if lettering.monospace else _advance
    return sum(map(advance, text)) * lettering.size * lettering.spread


def wrap(text: str, lettering: Lettering, room: int, most: int = 6) -> tuple[str, ...]:
    """Break a text into lines that fit; after ``most`` of them an ellipsis ends it."""
    lines: list[str] = []
    line, used = "", 0.0
    for part in _fitting_parts(text, lettering, room):
        if line and used + width(part.rstrip(), lettering) > room:
            lines.append(line.rstrip())
            line, used = part.lstrip(), width(part.lstrip(), lettering)
        else:
            line, used = line + part, used + width(part, lettering)
        if len(lines) == most:
            return (*lines[:-1], _cut(lines[-1], lettering, room))
    return (*lines, line.rstrip()) if line.strip() else tuple(lines)


def _cut(line: str, lettering: Lettering, room: int) -> str:
    """End a line with an ellipsis that still fits."""
    while width(line + "…", lettering) > room:
        line = line[:-1]
    return line + "…"


def _fitting_parts(text: str, lettering: Lettering, room: int) -> Iterator[str]:
    """Split a text where it may be broken: into words, long ones into parts, those anywhere."""
    for word in WORDS.findall(text):
        if width(word, lettering) <= room:
            yield word
            continue
        for part in PARTS.findall(word):
            yield from [part] if width(part, lettering) <= room else part


@functools.cache
def _advance(character: str) -> float:
    """Estimate a character's advance in a proportional font."""
    if character.isascii():
        return ADVANCES.get(character, ADVANCE)
    if unicodedata.combining(character):
        return 0.0
    return WIDE_ADVANCE if unicodedata.east_asian_width(character) in "WF" else FOREIGN_ADVANCE


@functools.cache
def _monospace_advance(character: str) -> float:
    """Estimate a character's advance in a font whose letters are all as wide."""
    if unicodedata.combining(character):
        return 0.0
    wide = unicodedata.east_asian_width(character) in "WF"
    return MONOSPACE_WIDE_ADVANCE if wide else MONOSPACE_ADVANCE


# --- text, laid out -----------------------------------------------------------------------------


class Paragraph(Struct, frozen=True):
    """A text to be wrapped.

    Attributes:
        indent: of all its lines; a bullet stands in it.
        above: free space before its first line.
        most: lines, before an ellipsis ends it.
    """

    text: str
    lettering: Lettering
    indent: int = 0
    above: int = 0
    bullet: str = ""
    most: int = 4


def lay(paragraphs: Iterable[Paragraph], x: int, y: int, room: int) -> tuple[list[Line], int]:
    """Set paragraphs below each other from a top left corner; give the lines and the bottom."""
    lines: list[Line] = []
    for paragraph in paragraphs:
        lettering, left = paragraph.lettering, x + paragraph.indent
        y += paragraph.above
        wrapped = wrap(paragraph.text, lettering, room - paragraph.indent, paragraph.most)
        if paragraph.bullet and wrapped:
            lines.append(Line(paragraph.bullet, lettering, left - 12, baseline(y, lettering)))
        for text in wrapped:
            lines.append(Line(text, lettering, left, baseline(y, lettering)))
            y += lettering.leading
    return lines, y


def baseline(top: int, lettering: Lettering) -> int:
    """Give the baseline of a line whose box begins at ``top``."""
    return top + (lettering.leading + lettering.size * 7 // 10) // 2


# --- SVG ----------------------------------------------------------------------------------------

SANS = "ui-sans-serif,system-ui,'Segoe UI',Helvetica,Arial,'DejaVu Sans',sans-serif"
MONOSPACE = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"

MARK = "stroke-width:2;stroke-linecap:round;stroke-linejoin:round"

# What a class looks like by day and by night. Text contrast is at least 4.5 : 1 in both.
LOOKS = (
    ("", "color:#1f2328", "color:#e6edf3"),
    ("text", f"fill:currentColor;font-family:{SANS}", ""),
    (".paper", "fill:#faf9f6", "fill:#14171c"),
    (".card", "fill:#ffffff;stroke:#d5d0c5", "fill:#1d2229;stroke:#3b434e"),
    (".awaited", "stroke:#8a8f98", "stroke:#727d8a"),
    (".answer", "fill:#eef7f4;stroke:#0f766e", "fill:#14282a;stroke:#2dd4bf"),
    (".broken", "stroke:#b42318", "stroke:#f87171"),
    (".dashed", "stroke-dasharray:6 5", ""),
    (".rule", "stroke:#e4e0d7", "stroke:#333b45"),
    (".muted", "fill:#5c6570", "fill:#9da7b3"),
    (".good", "fill:#dcf5e3;stroke:#15803d", "fill:#12301f;stroke:#4ade80"),
    ("text.good", "fill:#14532d;stroke:none", "fill:#bbf7d0;stroke:none"),
    (".bad", "fill:#fde4e1;stroke:#b42318", "fill:#451a1a;stroke:#f87171"),
    ("text.bad", "fill:#7a1a12;stroke:none", "fill:#fecaca;stroke:none"),
    (".open", "fill:#ecebe6;stroke:#6b7280", "fill:#2a313a;stroke:#9da7b3"),
    ("text.open", "fill:#3f4650;stroke:none", "fill:#d0d7de;stroke:none"),
    (".rail", "fill:none;stroke-width:4;stroke-linecap:round", ""),
    (".mark", f"fill:none;{MARK}", "fill:none"),
    (".line0", "stroke:#0f766e", "stroke:#2dd4bf"),
    (".line1", "stroke:#4f46e5", "stroke:#a5b4fc"),
    (".line2", "stroke:#b45309", "stroke:#fbbf24"),
    (".line3", "stroke:#be185d", "stroke:#f9a8d4"),
    (".line4", "stroke:#0369a1", "stroke:#7dd3fc"),
)
LINES = 5
"""How many colours there are for lines: classes ``line0`` … ``line4``."""


def document(
    size: tuple[int, int],
    title: str,
    description: str,
    body: Iterable[str],
    letterings: Iterable[Lettering] = (),
) -> str:
    """Give a whole SVG: what it is called, how it looks by day and night, and its shapes.

    Args:
        size: across and down.
        title: the drawing's name, for those who cannot see it.
        description: what it shows, for them too.
        body: elements.
        letterings: those it uses beside the common ones.
    """
    across, down = size
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="migdocs-drawing" role="img"'
        f' aria-labelledby="migdocs-title migdocs-description"'
        f' width="{across}" height="{down}" viewBox="0 0 {across} {down}">'
    )
    return "\n".join(
        (
            opening,
            f'<title id="migdocs-title">{escape(title)}</title>',
            f'<desc id="migdocs-description">{escape(description)}</desc>',
            f"<style>{_style_sheet(letterings)}</style>",
            f'<rect class="paper" width="{across}" height="{down}" rx="12"/>',
            *body,
            "</svg>\n",
        )
    )


def _style_sheet(letterings: Iterable[Lettering]) -> str:
    """Give the rules, all below the drawing's own class: a page may hold the SVG itself."""
    # Where two rules say something of one shape, the later one holds: night repeats the order.
    day = [f".migdocs-drawing {name}{{{look}}}" for name, look, _ in LOOKS]
    night = [f".migdocs-drawing {name}{{{look}}}" for name, _, look in LOOKS if look]
    fonts = (
        f".migdocs-drawing .{lettering.name}{{{_font(lettering)}}}"
        for lettering in (*COMMON, *letterings)
    )
    return "".join((*day, *fonts, "@media(prefers-color-scheme:dark){", *night, "}"))


def _font(lettering: Lettering) -> str:
    """Give the font of a lettering as a style."""
    weight = ";font-weight:700" if lettering.spread > 1 else ""
    family = f";font-family:{MONOSPACE}" if lettering.monospace else ""
    return f"font-size:{lettering.size}px{weight}{family}"


def escape(text: str) -> str:
    """Write a text for an XML element or attribute."""
    return html.escape(text, quote=True)


def framed(body: str, look: str, across: int, down: int) -> str:
    """Put elements into a card's frame, which stands a pixel inside its edge."""
    return (
        f'<rect class="{look}" x="1" y="1" width="{across - 2}" height="{down - 2}" rx="10"/>{body}'
    )


def clipped(body: str, x: int, y: int, across: int, down: int) -> str:
    """Put elements at a place; what is wider than was estimated is cut at the edge."""
    return f'<svg x="{x}" y="{y}" width="{across}" height="{down}">{body}</svg>'


def written(line: Line) -> str:
    """Give a line of text as an element."""
    anchor = "" if line.anchor == "start" else f' text-anchor="{line.anchor}"'
    classes = f"{line.lettering.name} {line.lettering.tone}".rstrip()
    return f'<text class="{classes}" x="{line.x}" y="{line.y}"{anchor}>{escape(line.text)}</text>'


def rounded(points: Iterable[tuple[int, int]], radius: int = 14) -> str:
    """Give a path through points along straight lines, with round corners."""
    corners = list(points)
    steps = [f"M{corners[0][0]} {corners[0][1]}"]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        enter, leave = _towards(corner, before, radius), _towards(corner, after, radius)
        steps.append(f"L{enter[0]} {enter[1]}Q{corner[0]} {corner[1]} {leave[0]} {leave[1]}")
    steps.append(f"L{corners[-1][0]} {corners[-1][1]}")
    return "".join(steps)


def arrow(start: tuple[int, int], end: tuple[int, int], look: str) -> str:
    """Draw an arrow, down or to the right."""
    (x, y), down = end, start[0] == end[0]
    wings = ((x - 7, y - 8), (x + 7, y - 8)) if down else ((x - 8, y - 7), (x - 8, y + 7))
    head = f"M{wings[0][0]} {wings[0][1]}L{x} {y}L{wings[1][0]} {wings[1][1]}"
    shaft = f'<path class="rail {look}" d="M{start[0]} {start[1]}L{x} {y}"/>'
    # A dashed line's head is whole.
    return shaft + f'<path class="rail {look.removesuffix(" dashed")}" d="{head}"/>'


def _towards(corner: tuple[int, int], other: tuple[int, int], radius: int) -> tuple[int, int]:
    """Give the point at a distance from a corner, at most half way to the next one."""
    across, down = other[0] - corner[0], other[1] - corner[1]
    length = abs(across) + abs(down)
    step = min(radius, length // 2)
    return (
        corner[0] + (across * step // length if length else 0),
        corner[1] + (down * step // length if length else 0),
    )
