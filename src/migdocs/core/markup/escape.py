"""Text that came from outside, made harmless in Markdown; what is safe already says so by its type.

Commits, notes, SQL names and settings are hostile until they have been through here. The renderer
puts every value through ``prose`` unless it is ``Safe``, so a template cannot forget it.
"""

from __future__ import annotations

import functools
import re
from itertools import zip_longest

from migdocs.core.markup import markdown
from migdocs.core.markup.unseen import UNSEEN, UNSEEN_IN_CODE

# Words that no reader of Markdown, HTML or templates takes for anything else: nearly all text.
_WORD = r"[A-Za-z0-9,.;:()'\"/?@$%^+=-]"
_PLAIN = re.compile(rf"[A-Za-z]{_WORD}*(?: {_WORD}+)*")
# Bold text on one line, of which only the inside needs escaping.
_BOLD = re.compile(r"\*\*(?=\S)([^*]+)(?<=\S)\*\*")
_TICKS = re.compile(r"`+")
# Underlines in a word mean nothing, nor does a tilde before one (`~5 s`); hashes end a heading.
_SPECIAL = re.compile(
    r"[\\*\[\]<>|{`]|(?<![^\W_])(?<!_)_+|(?<!_)_+(?!_)(?![^\W_])|~(?=~)|(?<=\S)~|&(?=#|\w+;)"
)
# Python-Markdown has no backslash for these, and reads an attribute's list behind any brace.
_ENTITIES = {c: f"&#{ord(c)};" for c in "|{~=:?"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
# What begins a block: a heading, a list, a rule; then an underline, a tab or a block of plugins'.
_AT_LINE_START = re.compile(
    r"^(?P<space>\s*)(?:(?P<mark>#|[+-](?=[\s+-]|$)|!(?=!!))|(?P<number>\d+)(?=[.)](?:\s|$))"
    r"|(?P<entity>=(?==|\s*$)|:(?=[\s:])|\?(?=\?\?)))"
)
# A name to which a forge would send word.
_MENTION = re.compile(r"(?<![\w`])@(?=\w)")
LONGEST = 1 << 16  # characters of a line
# What a template engine would read wherever it stands.
_ENGINE = re.compile(r"\{[{%#]")


class Safe(str):
    """Markdown that we wrote, or that has been escaped."""

    __slots__ = ()


def prose(text: object) -> Safe:
    """Give text for one line of Markdown: code spans stay, all else reads as it was written.

    It cannot end a table cell, open a heading, a list, a link or HTML, or reach a template engine.
    """
    if isinstance(text, Safe):
        return text
    if isinstance(text, str) and _PLAIN.fullmatch(text):
        return Safe(text)
    return _prose(_cut(str(text)))


def _cut(text: str) -> str:
    """Cut what nobody reads in a line: it would be held many times over."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST].rstrip()} … (cut: it has {len(text):,} characters)"


# A title, a version or a sentence about a column stands on dozens of pages.
@functools.lru_cache(maxsize=16384)
def _prose(text: str) -> Safe:
    """Escape a text that is not plain."""
    line = re.sub(r"  +", " ", UNSEEN.sub(" ", text))
    outside, spans = _without_spans(line)
    # A null is no character of the line any more: it keeps the place of each span.
    pieces = _AT_LINE_START.sub(_defused, _with_bold("\0".join(outside))).split("\0")
    woven = [part for pair in zip_longest(pieces, spans, fillvalue="") for part in pair]
    return Safe("".join(woven))


def _without_spans(line: str) -> tuple[list[str], list[str]]:
    """Split a line at its code spans: what is around them, and the spans themselves.

    A span ends at the next run of as many marks as began it; each run is looked at once.
    """
    runs = [(match.start(), match.end()) for match in _TICKS.finditer(line)]
    later: dict[int, list[int]] = {}
    for index in range(len(runs) - 1, -1, -1):
        later.setdefault(runs[index][1] - runs[index][0], []).append(index)
    outside: list[str] = []
    spans: list[str] = []
    index = position = 0
    while index < len(runs):
        start, end = runs[index]
        alike = later[end - start]
        while alike and alike[-1] <= index:
            alike.pop()
        if alike:
            index = alike[-1]
            outside.append(line[position:start])
            spans.append(code(line[end : runs[index][0]].strip()))
            position = runs[index][1]
        index += 1
    return [*outside, line[position:]], spans


def _defused(match: re.Match[str]) -> str:
    """Escape what would begin a block."""
    if match["entity"]:
        return match["space"] + _ENTITIES[match["entity"]]
    return f"{match['space']}{match['number'] or ''}\\{match['mark'] or ''}"


def code(text: object) -> Safe:
    """Give a code span; text that a span cannot hold in a table is escaped as prose instead."""
    line = one_line(str(text))
    if not line:
        return Safe("")
    if "`" in line or "|" in line or _ENGINE.search(line):
        return Safe(_escaped(line))
    return Safe(f"`{line}`")


def link(text: Safe, target: str) -> Safe:
    """Give a link; only the text where there is no target."""
    return Safe(f"[{text}]({target})") if target else text


def block(text: str, language: str = "") -> Safe:
    """Give a fenced block whose fence is longer than any inside; nothing in it can end it."""
    inside = UNSEEN_IN_CODE.sub("\ufffd", re.sub(r"\r\n?", "\n", text).strip("\n"))
    longest = max((len(run) for run in re.findall(r"`{3,}", inside)), default=2)
    fence = "`" * (longest + 1)
    return Safe(f"{fence}{language}\n{inside}\n{fence}")


def unmentioned(text: str) -> str:
    """Give Markdown for a forge's comment in which nobody is called: ``@ann`` is a text.

    A forge does not call names in code; elsewhere something that is not seen parts the sign from
    its name.
    """
    return "\n".join(_unmentioned(line) if "@" in line else line for line in text.split("\n"))


def _unmentioned(line: str) -> str:
    """Part signs from names outside of code."""
    outside, spans = _without_spans(line)
    parts = (_MENTION.sub("@&#8203;", part) for part in outside)
    return "".join(part for pair in zip_longest(parts, spans, fillvalue="") for part in pair)


def one_line(text: str) -> str:
    """Give text without line ends, control characters and marks that turn the direction."""
    return re.sub(r"  +", " ", UNSEEN.sub(" ", text)).strip()


def _with_bold(text: str) -> str:
    """Escape a stretch of prose and keep what is bold in it."""
    parts = _BOLD.split(text)  # plain, bold, plain, bold, … plain
    return "".join(
        f"**{_escaped(part)}**" if index % 2 else _escaped(part) for index, part in enumerate(parts)
    )


def _escaped(text: str) -> str:
    """Escape what Markdown, HTML or a template engine would read."""
    words = text.rstrip()
    bare = words.rstrip("#")  # hashes at the end would close a heading
    closing = "\\#" * (len(words) - len(bare)) + text[len(words) :]
    return _SPECIAL.sub(_entities, bare) + closing


def _entities(match: re.Match[str]) -> str:
    """Escape each mark of a run."""
    return "".join(_ENTITIES.get(mark, f"\\{mark}") for mark in match[0])


def excerpt(text: str) -> Safe:
    """Give several lines of somebody's Markdown for a document of ours.

    Paragraphs, lists, tables and fenced blocks stay what they are; headings become bold lines;
    links and HTML read as text, so that nothing can leave its place. Comments stay where they are.
    Blocks are moved to the margin: not every renderer knows those of a list.
    """
    blocks = {fence.line: fence for fence in markdown.fences(text)}
    shown: list[str] = []
    for line in markdown.lines(text):
        if line.kind == "prose":
            shown.append(_excerpt_line(line.text))
        elif line.kind == "fence" and line.number + 1 in blocks:
            fence = blocks[line.number + 1]
            shown += ["", block(fence.text, fence.language), ""]
    return Safe("\n".join(_without_double_gaps(shown)).strip("\n"))


def _without_double_gaps(lines: list[str]) -> list[str]:
    """Keep one of several empty lines."""
    return [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]


def _excerpt_line(line: str) -> str:
    """Escape one line of prose and keep what makes it a heading, a list item or a table row."""
    if not line.strip() or re.fullmatch(r"\s*([-*_]\s*){3,}", line):
        return ""
    if headings := markdown.headings(line):
        return f"**{_escaped(one_line(headings[0].heading))}**" if headings[0].heading else ""
    if cells := markdown.table_cells(line):
        rule = all(re.fullmatch(r":?-+:?", cell) for cell in cells)
        return f"| {' | '.join(cell if rule else prose(cell) for cell in cells)} |"
    item = re.match(r"(\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?)(\S.*)$", line)
    if item:
        return UNSEEN.sub(" ", item[1]) + prose(item[2])
    indent = line[: len(line) - len(line.lstrip())]
    return UNSEEN.sub(" ", indent) + prose(line[len(indent) :])
