"""Just enough of Markdown's structure to read notes: headings, fences, fields, tables.

Line by line and in one pass: ten thousand notes must be read in the time that a full Markdown
parser takes for a few hundred. Nothing inside a fenced block or an HTML comment is a heading, a
field or a table.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from migdocs.core.model import Field, Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FENCE = re.compile(
    r"(?P<indent>[ \t]*)(?P<mark>`{3,}(?=[^`]*$)|~{3,})[ \t]*(?P<language>[\w+#.-]*)(?P<rest>.*)$"
)
_HEADING = re.compile(r" {0,3}(?P<level>#{1,6})[ \t]+(?P<text>\S.*)$")
# `**Date:** 2024-01-03`, `**Date**: 2024-01-03`, `- **Date:** …`
_BULLET = r"\s*(?:[-*+]\s+)?"
_BOLD_FIELD = re.compile(_BULLET + r"\*\*(?P<name>[^*:]+?)(?::\*\*|\*\*\s*:)\s*(?P<value>.*)$")
_TABLE_RULE = re.compile(r"\s*(?:\|\s*:?-+:?\s*)+\|?$")
_QUESTION_FIELD = re.compile(_BULLET + r"\*\*(?P<name>[^*]+\?)\*\*\s*(?P<value>.*)$")
# What a paragraph of prose does not begin with: a heading, a table, a quotation, a list, a rule.
_BLOCK = re.compile(r"[#|>]|[-*+]\s|\d+[.)]\s|-{3,}$")
_FIELD_TABLES = {"field", "property", "item", "key"}
# A rule at the top of a page, with prose below it, is no front matter.
_LONG = 1 << 20  # characters
_LINE = re.compile(r"^[^\n]*", re.MULTILINE)
_FRONT_MATTER_BEGINS = r"\ufeff?---[ \t]*\r?\n(?=[\"']?\w[\w .-]*+[\"']?[ \t]*:)"
_FRONT_MATTER = re.compile(
    _FRONT_MATTER_BEGINS + r"(?P<yaml>.*?)\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL
)
Kind = Literal["prose", "fence", "code", "comment"]


class Fence(Struct, frozen=True):
    """A fenced code block.

    Attributes:
        line: of the first line of ``text``, from 1.
    """

    language: str
    text: str
    line: int


class Line(Struct, frozen=True):
    """A line: its number from 1, its text without the line end, and what it is a part of.

    Attributes:
        kind: ``fence`` is a line that opens or closes a block of ``code``.
    """

    number: int
    text: str
    kind: Kind = "prose"


def lines(text: str, first: int = 1) -> Iterator[Line]:
    """Yield every line with what it is; a block that is never closed ends with the text.

    Fences may be indented by any width, since they are in lists.
    """
    fence = ""
    comment = False
    for number, line in enumerate(_split(text), first):
        before, fence = fence, fence if comment else fence_after(line, fence)
        if before != fence:
            yield Line(number, line, "fence")
        elif fence:
            yield Line(number, line, "code")
        elif comment or line.lstrip().startswith("<!--"):
            _, end, after = line.partition("-->")
            yield Line(number, line, "prose" if end and after.strip() else "comment")
            comment = not end
        else:
            yield Line(number, line)


def _split(text: str) -> Iterable[str]:
    """Give the lines of a text; of a long one, one at a time: they would weigh as much again."""
    if len(text) < _LONG:
        return text.split("\n")
    return (found[0] for found in _LINE.finditer(text))


def fence_after(line: str, fence: str) -> str:
    """Give the mark of the fenced block that is open after a line; empty where none is.

    Args:
        line: without its line end.
        fence: the mark of the block that is open before it, empty where none is.
    """
    match = _FENCE.match(line)
    if match is None:
        return fence
    closes = match["mark"].startswith(fence) and not (match["language"] or match["rest"].strip())
    return match["mark"] if not fence else "" if closes else fence


def front_matter(text: str) -> re.Match[str] | None:
    """Find the YAML at a page's top, its marks and a byte-order mark included; ``yaml`` is inside.

    Its values begin on the second line.
    """
    return _FRONT_MATTER.match(text)


def opens_front_matter(text: str) -> bool:
    """Tell whether a page begins with front matter, be it closed or not."""
    return re.match(_FRONT_MATTER_BEGINS, text) is not None


def prose(text: str, first: int = 1) -> Iterator[Line]:
    """Yield the lines that are neither in a fence nor in an HTML comment."""
    return (line for line in lines(text, first) if line.kind == "prose")


def fences(text: str, first: int = 1) -> tuple[Fence, ...]:
    """List the fenced blocks, without their indentation; those in comments are none."""
    found: list[Fence] = []
    opening: re.Match[str] | None = None
    body: list[str] = []
    start = first
    for line in lines(text, first):
        if line.kind == "code" and opening:
            body.append(line.text.removeprefix(opening["indent"]))
        elif line.kind == "fence" and opening is None:
            opening, body, start = _FENCE.match(line.text), [], line.number + 1
        elif line.kind == "fence" and opening:
            found.append(Fence(opening["language"].lower(), "\n".join(body), start))
            opening = None
    if opening:
        found.append(Fence(opening["language"].lower(), "\n".join(body), start))
    return tuple(found)


def headings(text: str, first: int = 1) -> tuple[Section, ...]:
    """List every heading with the text below it, up to the next of its level or above."""
    marks: list[tuple[int, int, int, int, str]] = []
    position = 0
    for line in lines(text, first):
        below = position + len(line.text) + 1
        if line.kind == "prose" and (match := _HEADING.match(line.text)):
            heading = _heading_text(match["text"])
            marks.append((position, below, line.number, len(match["level"]), heading))
        position = below
    found: list[Section] = []
    following = [position] * 7  # by level, from 1 to 6: where the next one below begins
    for begins, below, number, level, heading in reversed(marks):
        end = min(following[: level + 1])
        following[level] = begins
        body = text[below : end - 1]
        found.append(Section(heading, level, body.rstrip("\n"), number))
    return tuple(reversed(found))


def _heading_text(text: str) -> str:
    """Take the closing marks of ``## Version ##`` away; those of ``## Add C#`` are words."""
    stripped = text.rstrip()
    bare = stripped.rstrip("#")
    return bare.rstrip() if bare != bare.rstrip() or not bare else stripped


def fields(text: str, first: int = 1) -> tuple[Field, ...]:
    """List bold fields and rows of field tables, in the order written."""
    found: list[Field] = []
    in_table = False
    for line in prose(text, first):
        cells = table_cells(line.text)
        if cells is None:
            in_table = False
            match = _BOLD_FIELD.match(line.text) or _QUESTION_FIELD.match(line.text)
            if match:
                found.append(Field(match["name"].strip(), match["value"].strip(), line.number))
        elif len(cells) == 2 and plain(cells[0]).lower() in _FIELD_TABLES:  # noqa: PLR2004 - name, value
            in_table = True
        elif in_table and len(cells) == 2 and not _TABLE_RULE.match(line.text):  # noqa: PLR2004
            found.append(Field(plain(cells[0]), cells[1], line.number))
    return tuple(found)


def table_cells(line: str) -> tuple[str, ...] | None:
    r"""Split a table's line at its bars; None where it is no table line. ``\|`` is no bar."""
    stripped = line.strip()
    if not stripped.startswith("|"):
        return None
    cells = re.split(r"(?<!\\)\|", stripped)[1:]
    if cells and not cells[-1].strip():
        cells.pop()  # the bar at the line's end
    return tuple(cell.strip().replace("\\|", "|") for cell in cells)


def plain(text: str) -> str:
    """Take emphasis, code marks and links' targets away: what a reader sees."""
    without_links = re.sub(r"!?\[([^\]\[]*)\]\([^()]*\)", r"\1", text)
    return re.sub(r"[*`]|(?<!\w)_|_(?!\w)", "", without_links).strip()


def first_paragraph(text: str) -> str:
    """Give the first paragraph of prose, on one line; empty where there is none."""
    words: list[str] = []
    for line in prose(text):
        stripped = line.text.strip()
        block = _BLOCK.match(stripped)
        if words and (not stripped or block):
            break
        if stripped and not block:
            words.append(stripped)
    return " ".join(words)
