"""Where our part goes into a change log that people wrote: below their words, above their releases.

Every byte of theirs stays, in its order; one block comes between.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.changelog import definitions, headings
from migdocs.core.changelog.titles import titles
from migdocs.core.markup import markdown, regions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migdocs.core.changelog.titles import Title

# What belongs to the heading below it: '<a name="1.1.0"></a>', a comment, a mark of a linter.
_OF_HEADING = re.compile(r"<a\b[^<>]*>(?:</a>)?|<!--(?:(?!-->).)*-->")
_TITLE = 1


class Spot(Struct, frozen=True):
    """A place between two lines.

    Attributes:
        line: the number of the line that comes to stand below, from 1.
        above: the words of the heading that it is above; empty where it is above none.
    """

    line: int
    above: str = ""

    def __str__(self) -> str:
        """Say where it is, for people."""
        return f"on line {self.line}" + (f", above '{self.above}'" if self.above else "")


def spot(text: str, path: str) -> Spot:
    """Find the place for our part.

    Above the newest release of theirs, below *Unreleased*; where they tell of none, above the first
    heading below their title, or right below that.

    Raises:
        InputError: the marks in it are broken.
    """
    written = regions.outside(text, path)
    every = list(titles(written))
    releases = {h.line for h in headings.headings(written) if not h.unreleased}
    lines = written.split("\n")
    if first := next((t for t in every if t.line in releases), None):
        return Spot(_with_anchors(first.line, lines), first.words)
    if pending := headings.pending(written):
        return Spot(_end(pending, every, lines))
    lead = every[0] if every and every[0].level == _TITLE else None
    if lead is None or any(line.strip("\ufeff \t\r") for line in _above(lead, text)):
        return Spot(_start(text))
    below = next((t for t in every[1:] if t.level > _TITLE), None)
    return Spot(_with_anchors(below.line, lines), below.words) if below else Spot(lead.below)


def put(text: str, name: str, body: str, path: str) -> str:
    """Give a change log with the region in its place; a byte-order mark and front matter stay.

    Raises:
        InputError: the marks in it are broken.
    """
    line = spot(text, path).line
    lines = re.findall(r"[^\n]*\n|[^\n]+\Z", text)
    start = _start(text)
    if line <= start:
        return regions.adopt(text, name, body)
    above, below = "".join(lines[: line - 1]), "".join(lines[line - 1 :])
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    gap = "" if above.endswith("\n") else "\n"
    gap += "" if _is_blank(lines[line - 2]) else "\n"
    after = "" if not below or _is_blank(below.split("\n", 1)[0]) else "\n"
    return above + f"{gap}{regions.wrap(name, body)}{after}".replace("\n", end_of_line) + below


def is_led(text: str, name: str, path: str) -> bool:
    """Tell whether people's own words lead a change log: a title, or what is above our region.

    A region that has our title keeps it, whatever people write above it, but for a title.
    """
    first = next(titles(regions.outside(text, path)), None)
    is_release = first and (
        headings.versions_in(first.words) or headings.is_unreleased(first.words)
    )
    if first and first.level == _TITLE and not is_release:
        return True
    found = next((r for r in regions.find(text, path) if r.name == name), None)
    if found and text[found.start :].startswith("# "):
        return False
    place = found.line if found else spot(text, path).line
    return not all(map(_is_blank, text.split("\n")[_start(text) - 1 : place - 1]))


def _start(text: str) -> int:
    """Give the number of the first line that is not front matter."""
    front = markdown.front_matter(text)
    return text.count("\n", 0, front.end()) + 1 if front else 1


def _above(lead: Title, text: str) -> list[str]:
    """Give the lines between front matter and a title."""
    return text.split("\n")[_start(text) - 1 : lead.line - 1]


def _with_anchors(line: int, lines: Sequence[str]) -> int:
    """Give the number of a heading's line, or of the anchors and comments right above it."""
    while line > 1 and _OF_HEADING.fullmatch(lines[line - 2].strip()):
        line -= 1
    return line


def _end(pending: Title, every: Sequence[Title], lines: Sequence[str]) -> int:
    """Give the number of the line below a section; link definitions are none of it."""
    stop = next(
        (t.line for t in every if t.line > pending.line and t.level <= pending.level),
        len(lines) + 1,
    )
    while stop > pending.below and (
        _is_blank(line := lines[stop - 2]) or definitions.is_one(line.rstrip())
    ):
        stop -= 1
    return stop


def _is_blank(line: str) -> bool:
    """Tell whether a line says nothing."""
    return not line.strip("\ufeff \t\r\n")
