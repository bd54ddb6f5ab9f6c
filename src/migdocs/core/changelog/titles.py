"""The headings of a change log in every shape that people give them, line by line."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.markup import markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

_ATX = re.compile(r" {0,3}(?P<level>#{1,6}+)(?:[ \t]++(?=#+\w)|[ \t]*+(?=[^#\s]))(?P<text>.*)")
_HTML = re.compile(
    r"[ \t]*<h(?P<level>[1-6])\b[^>]*>(?P<text>[^<]*)</h[1-6]>[ \t]*$", re.IGNORECASE
)
_ALONE = re.compile(
    r"(?:\*\*|__)(?P<text>[^*_]+)(?:\*\*|__)[ \t]*$|==+[ \t]++(?P<wiki>[^=]++)==+[ \t]*+$"
)
_UNDERLINE = re.compile(r" {0,3}(?P<mark>=|-)(?P=mark)*[ \t]*$")
_INDENTED = re.compile(r"(?: {4}|\t)")
_ITEM = re.compile(r" {0,3}(?:[-*+]|\d+[.)])[ \t]")
_RAW = re.compile(r"<(pre|script|style)\b", re.IGNORECASE)
# What stands around the words of a heading and is none of them.
_TAG = re.compile(r"<[^<>]*>|!\[[^\]\[]*+\]\([^()]*+\)")
_EMOJI = re.compile(
    r":[a-z][a-z0-9_+-]*:|[\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\ufe0f\u200d\U0001f000-\U0001faff]"
)
_LINK = re.compile(r"\]\([^()]*+(?:\([^()]*+\)[^()]*+)?\)|\]\[[^\]\[]*+\]")
_MARKS = re.compile(r"\\(?=[\W_])|[*`~\u3010\u3011]|__")
_BEHIND_VERSION = 2


class Title(Struct, frozen=True):
    """A heading.

    Attributes:
        level: 1 is the highest.
        words: without marks, links, emoji and HTML.
        line: its number, from 1.
        below: the number of the first line that is none of it.
    """

    level: int
    words: str
    line: int
    below: int


def titles(text: str) -> Iterator[Title]:
    """Yield every heading: of marks, of HTML, underlined, and what is bold on a line of its own."""
    before: markdown.Line | None = None
    closing = ""  # what ends the block that no heading stands in
    in_list = False
    for line in markdown.lines(text.removeprefix("\ufeff")):
        closing = closing or _opened(line.text)
        if line.kind != "prose" or closing:
            closing = "" if closing and closing in line.text.lower() else closing
            before = None
            continue
        in_list = bool(_ITEM.match(line.text)) or (in_list and not line.text[:1].strip())
        found = None if in_list and line.text[:1] == " " else _title(line, before)
        if found:
            yield found
            before = None
        else:
            before = line if line.text.strip() else None


def _opened(line: str) -> str:
    """Give what ends the raw HTML or comment that a line leaves open; empty for none."""
    if (raw := _RAW.search(line)) and (end := f"</{raw[1].lower()}") not in line.lower():
        return end
    comment = line.rpartition("<!--")
    return "-->" if comment[1] and "-->" not in comment[2] else ""


def _title(line: markdown.Line, before: markdown.Line | None) -> Title | None:
    """Read one line, with the line above it, as a heading; None where it is none."""
    text = line.text.rstrip("\r")
    if _INDENTED.match(text):
        return None
    under = _UNDERLINE.fullmatch(text)
    if under and before and before.number == line.number - 1 and not _INDENTED.match(before.text):
        level = 1 if under["mark"] == "=" else 2
        return Title(level, words(before.text), before.number, line.number + 1)
    if match := _ATX.fullmatch(text) or _HTML.fullmatch(text):
        marks = match["level"]
        level = int(marks) if marks.isdigit() else len(marks)
        return Title(level, words(_unclosed(match["text"])), line.number, line.number + 1)
    if match := _ALONE.fullmatch(text):
        return Title(
            _BEHIND_VERSION, words(match["text"] or match["wiki"]), line.number, line.number + 1
        )
    return None


def _unclosed(text: str) -> str:
    """Give a heading's text without the marks that close it."""
    bare = text.rstrip(" \t")
    open_ = bare.rstrip("#")
    return open_.rstrip(" \t") if open_ != bare and open_[-1:] in (" ", "\t") else bare


def words(text: str) -> str:
    """Give what a heading says, without marks, links, emoji and HTML."""
    plain = html.unescape(_TAG.sub("", text))
    plain = _EMOJI.sub(" ", _LINK.sub("]", plain))
    plain = _MARKS.sub("", plain).replace("\u2011", "-").replace("\\t", " ")
    return " ".join(plain.split())
