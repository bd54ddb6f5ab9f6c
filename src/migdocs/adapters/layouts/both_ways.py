"""Scripts that look like both ways in one, in a convention that has one way to a file.

A line of words (``-- down``, ``/* rollback */``, ``---- undo below ----``) stands between what is
made and the same thing's end: whoever runs the file whole makes it and takes it away again.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# A line that holds a remark and nothing else, or words in a frame.
_LINE = re.compile(r"^[ \t]*(?:--+|/\*+|#+|//+|=+|\[+|@|%)(?P<words>[^\n]*)$", re.MULTILINE)
_WORDS = re.compile(
    r"(?<![a-z])(?:down|downs|undo|rollback|roll back|revert|reverse|downgrade|backward|backwards)"
    r"(?![a-z])",
    re.IGNORECASE,
)
# "drop" is a common word in remarks: alone, or in the company of its counterpart.
_DROP = re.compile(
    r"\W*drop\W*|.*\bdrop (?:below|above)\b.*|.*\bcreate\b.*\bdrop\b.*", re.IGNORECASE
)
_MOST_WORDS, _LONGEST = 8, 120
_NAME = r"(?P<name>(?:\"[^\"\n]+\"|\w+)(?:\.(?:\"[^\"\n]+\"|\w+))?)"
_KINDS = r"(?:TABLE|(?:MATERIALIZED )?VIEW|TYPE|SEQUENCE|SCHEMA|EXTENSION|DOMAIN|FUNCTION|TRIGGER)"
_MADE = re.compile(
    rf"\bCREATE\s+(?:OR\s+REPLACE\s+|UNLOGGED\s+)?(?:{_KINDS}|(?:UNIQUE\s+)?INDEX(?:\s+CONCURRENTLY)?)"
    rf"\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}"
    rf"|\bADD\s+(?:COLUMN\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(?P<column>\"[^\"\n]+\"|\w+)",
    re.IGNORECASE,
)
_GONE = re.compile(
    rf"\bDROP[ \t]++(?:{_KINDS}|INDEX(?:\s++CONCURRENTLY)?|COLUMN|CONSTRAINT)?"
    rf"\s*+(?:IF\s++EXISTS\s++)?{_NAME}",
    re.IGNORECASE,
)


class BothWays(NamedTuple):
    """Where a script turns back: the line from 1, its words, and what is made and taken away."""

    line: int
    words: str
    name: str


def find(text: str) -> BothWays | None:
    """Give the line at which a script turns back; None where it goes one way."""
    parted = {match.start(): match for match in _separators(text)}
    if not parted:
        return None
    places = sorted(parted)
    found = []
    for begin, end, name in _taken_back(text):
        at = bisect_right(places, begin)
        if at < len(places) and places[at] < end:
            found.append((places[at], name))
    if not found:
        return None
    place, name = min(found)
    return BothWays(text.count("\n", 0, place) + 1, parted[place][0].strip(), name)


def _separators(text: str) -> Iterator[re.Match[str]]:
    """Yield the lines of words that may part the ways."""
    for match in _LINE.finditer(text):
        words = match["words"]
        if (
            len(words) <= _LONGEST
            and len(words.split()) <= _MOST_WORDS
            and (_WORDS.search(words) or _DROP.fullmatch(words))
        ):
            yield match


def _taken_back(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield what is made and later taken away: both places, and its name."""
    made: dict[str, int] = {}
    for match in _MADE.finditer(text):
        made.setdefault(_bare(match["name"] or match["column"]), match.start())
    gone = {_bare(match["name"]): match.start() for match in _GONE.finditer(text)}
    for name, begin in made.items():
        if gone.get(name, -1) > begin:
            yield begin, gone[name], name


def _bare(name: str) -> str:
    """Give a name without its schema and quotes."""
    return name.rpartition(".")[2].strip('"').lower()
