"""Just enough of Markdown's structure to read notes: headings, fences, fields, tables.

Line by line and in one pass: ten thousand notes must be read in the time that a full Markdown
parser takes for a few hundred. Nothing inside a fenced block or an HTML comment is a heading, a
field or a table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migdocs.core.model import Field, Section

if TYPE_CHECKING:
    from collections.abc import Iterator

_FENCE = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,})\s*(?P<language>[\w+-]*)")
_HEADING = re.compile(r" {0,3}(?P<level>#{1,6})[ \t]+(?P<text>.*?)[ \t]*#*[ \t]*$")
# `**Date:** 2024-01-03`, `**Date**: 2024-01-03`, `- **Date:** …`
_BULLET = r"\s*(?:[-*+]\s+)?"
_BOLD_FIELD = re.compile(_BULLET + r"\*\*(?P<name>[^*:]+?)(?::\*\*|\*\*\s*:)\s*(?P<value>.*)$")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
_QUESTION_FIELD = re.compile(_BULLET + r"\*\*(?P<name>[^*]+\?)\*\*\s*(?P<value>.*)$")
_FIELD_TABLES = {"field", "property", "item", "key"}


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced code block.

    Attributes:
        line: of the first line of ``text``, from 1.
    """

    language: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of prose: its number from 1, and its text without the line end."""

    number: int
    text: str


def prose(text: str, first: int = 1) -> Iterator[Line]:
    """Yield the lines that are neither in a fence nor in an HTML comment."""
    mark = ""
    comment = False
    for number, line in enumerate(text.split("\n"), first):
        fence = _FENCE.match(line) if not comment else None
        if mark:
            if fence and fence["mark"].startswith(mark) and not fence["language"]:
                mark = ""
            continue
        if fence:
            mark = fence["mark"]
            continue
        if comment or line.lstrip().startswith("<!--"):
            comment = "-->" not in line
            continue
        yield Line(number, line)


def fences(text: str, first: int = 1) -> tuple[Fence, ...]:
    """List the fenced blocks; one that is never closed ends with the text."""
    found: list[Fence] = []
    opened: tuple[str, str, int] | None = None
    body: list[str] = []
    for number, line in enumerate(text.split("\n"), first):
        fence = _FENCE.match(line)
        if opened is None and fence:
            opened, body = (fence["mark"], fence["language"].lower(), number + 1), []
        elif opened and fence and fence["mark"].startswith(opened[0]) and not fence["language"]:
            found.append(Fence(opened[1], "\n".join(body), opened[2]))
            opened = None
        elif opened:
            body.append(line)
    if opened:
        found.append(Fence(opened[1], "\n".join(body), opened[2]))
    return tuple(found)


def headings(text: str, first: int = 1) -> tuple[Section, ...]:
    """List every heading with the text below it, up to the next of its level or above."""
    lines = text.split("\n")
    marks = [
        (line.number, len(match["level"]), match["text"].strip())
        for line in prose(text, first)
        if (match := _HEADING.match(line.text))
    ]
    found: list[Section] = []
    for index, (number, level, heading) in enumerate(marks):
        end = next((n for n, other, _ in marks[index + 1 :] if other <= level), len(lines) + first)
        body = "\n".join(lines[number - first + 1 : end - first])
        found.append(Section(heading, level, body.strip("\n"), number))
    return tuple(found)


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
    if not line.lstrip().startswith("|"):
        return None
    inner = (
        line.strip().strip("|") if not line.rstrip().endswith("\\|") else line.strip().lstrip("|")
    )
    return tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", inner))


def plain(text: str) -> str:
    """Take emphasis, code marks and links' targets away: what a reader sees."""
    without_links = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"[*`]|(?<!\w)_|_(?!\w)", "", without_links).strip()


def first_paragraph(text: str) -> str:
    """Give the first paragraph of prose, on one line; empty where there is none."""
    words: list[str] = []
    for line in prose(text):
        stripped = line.text.strip()
        block = stripped.startswith(("#", "|", "-", "*  ", "* ", "+ ", ">")) or stripped == "---"
        if words and (not stripped or block):
            break
        if stripped and not block:
            words.append(stripped)
    return " ".join(words)
