"""What in notes was read from the SQL, and not written by a person: marked, and renewable.

``**Type:** Schema Change <!-- migdocs:derived 3f2a91c0 -->`` marks its line; on a line of its own
the mark is for all below it, up to the next heading of the second level. The number is a hash of
what is marked: where a person has changed that, the words are the person's.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from migdocs.core.markup import markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARK = re.compile(
    r"(?<![ \t])[ \t]*+(?:<!-- migdocs:derived (?P<html>[0-9a-f]{8}) -->"
    r"|# migdocs:derived (?P<yaml>[0-9a-f]{8})(?=[ \t]*$))"
)
_DEEPEST = 2  # the level of heading that ends a section of the notes


def digest(text: str) -> str:
    """Give the hash of a text; how its lines end and what is empty around it does not count."""
    lines = "\n".join(line.rstrip() for line in text.strip().split("\n"))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def mark(text: str) -> str:
    """Give the comment that says of a text that it was derived."""
    return f"<!-- migdocs:derived {digest(text)} -->"


def marked(line: str) -> str:
    """Mark one line of a header: bold, a table's row, or YAML."""
    bare, end = line.rstrip(" "), line[len(line.rstrip(" ")) :]
    if bare.lstrip().startswith("|"):
        return f"{bare.rstrip('|').rstrip()} {mark(bare)} |"
    if bare.lstrip().startswith(("*", "-")) or ":" not in bare:
        return f"{bare} {mark(bare)}{end}"
    return f"{bare} # migdocs:derived {digest(bare)}"


def without(text: str) -> str:
    """Give notes without the marks; every line keeps its number."""
    return _MARK.sub("", text) if "migdocs:derived" in text else text


def lines(text: str) -> frozenset[int]:
    """Give the numbers, from 1, of the lines that were derived and are as they were written."""
    if "migdocs:derived" not in text:
        return frozenset()
    every = text.split("\n")
    ends = [h.line for h in markdown.headings(text) if h.level <= _DEEPEST]
    found: set[int] = set()
    for number, line in enumerate(every, 1):
        match = _MARK.search(line)
        if match is None:
            continue
        told = match["html"] or match["yaml"]
        rest = _MARK.sub("", line)
        if rest.strip():
            found |= {number} if told in {digest(rest), digest(_row(rest))} else set()
            continue
        end = next((other for other in ends if other > number), len(every) + 1)
        body = every[number : end - 1]
        found |= set(range(number, end)) if told == digest("\n".join(body)) else set()
    return frozenset(found)


def untouched(text: str, start: int, end: int) -> bool:
    """Tell whether all words between two lines, the second left out, are derived and unchanged."""
    every, known = text.split("\n"), lines(text)
    return all(number in known for number in range(start, end) if every[number - 1].strip())


def section(told: str) -> Sequence[str]:
    """Give the lines of a section that is derived, without its heading."""
    return (mark(told), "", *told.strip("\n").split("\n"), "")


def _row(line: str) -> str:
    """Give a table's row as it was before its mark: the mark stands before the last bar."""
    return re.sub(r"(?<![ \t])[ \t]*+\|[ \t]*+$", " |", line)
