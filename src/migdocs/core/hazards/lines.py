"""Tell on which line of an ALTER TABLE a sub-command stands; the parse tree does not say."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migdocs.core.sql.script import Statement

TOKEN = re.compile(
    r"""
      '[^']*' | "[^"]*" | --[^\n]* | /\*.*?(?:\*/|\Z)
    | (?P<opens>[(\[]) | (?P<closes>[)\]]) | (?P<comma>,)
    """,
    re.DOTALL | re.VERBOSE,
)
PART = re.compile(r"[\w\"]")
BLANK = re.compile(r"(?:\s|--[^\n]*|/\*.*?\*/)*", re.DOTALL)


def line_of(statement: Statement, index: int, relation: str) -> int:
    """Give the line of the sub-command at an index; the statement's where it is not found.

    Args:
        statement: an ALTER TABLE, or another of its grammar.
        index: of the sub-command, from 0.
        relation: the name of what it alters, without its schema.
    """
    if "\n" not in statement.text:
        return statement.line
    starts = _starts(statement.text, relation)
    return statement.place(starts[index])[0] if index < len(starts) else statement.line


@lru_cache(maxsize=8)
def _starts(text: str, relation: str) -> tuple[int, ...]:
    """Give where the sub-commands begin: behind the name, and behind each comma between them."""
    depth = 0
    starts = [_behind(text, relation)]
    for token in TOKEN.finditer(text, starts[0]):
        kind = token.lastgroup
        depth += (kind == "opens") - (kind == "closes")
        if kind == "comma" and depth == 0:
            starts.append(token.end())
    return tuple(_first_word(text, start) for start in starts)


def _behind(text: str, relation: str) -> int:
    """Give where a name ends, where it stands first; 0 where it does not."""
    whole, name = text.lower(), relation.lower()
    if len(whole) != len(text):  # a letter whose small form is two
        whole = text
    place = whole.find(name)
    while place >= 0:
        start, end = place - (whole[place - 1 : place] == '"'), place + len(name)
        end += whole[end : end + 1] == '"'
        if not (PART.match(whole[start - 1 : start]) or PART.match(whole[end : end + 1])):
            return end
        place = whole.find(name, place + 1)
    return 0


def _first_word(text: str, start: int) -> int:
    """Give the first place that is neither white space nor comment."""
    blank = BLANK.match(text, start)
    return blank.end() if blank else start
