"""Whether two files of different names are one: by their bytes, their names, or what they say."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_COMMENT = re.compile(r"--[^\n]*|/\*(?:[^*]|\*(?!/)|(?!))*+(?:\*/|\Z)", re.DOTALL)
_WORD = re.compile(r"\w+|[^\w\s]")
_NAME_WORD = re.compile(r"[A-Za-z]+|[0-9]+")
# So much of two scripts must be the same before one can be the other, edited.
_ALIKE = 0.5


def pair(old: Iterable[str], new: Iterable[str]) -> dict[str, str]:
    """Pair names of files that hold the same bytes, one to one: new → old, the likest first.

    ``pg/1.sql`` is ``1.pg.sql`` rather than ``1.mysql.sql``.
    """
    found: dict[str, str] = {}
    old, new = set(old), set(new)
    for score, after, before in sorted(
        (-_name_likeness(before, after), after, before) for before in old for after in new
    ):
        del score
        if after not in found and before in old:
            found[after] = before
            old.discard(before)
    return found


def by_content(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Pair files of the same bytes: new name → old name.

    Args:
        old: name → an id of its bytes.
        new: the same of the others.
    """
    of_old, of_new = _by_value(old), _by_value(new)
    found: dict[str, str] = {}
    for content in of_old.keys() & of_new.keys():
        found |= pair(of_old[content], of_new[content])
    return found


def same_text(one: str, other: str) -> bool:
    """Tell whether two scripts differ in comments and spacing only: a licence was put on top."""
    return _words(one) == _words(other)


def alike(one: str, other: str) -> bool:
    """Tell whether one script can be the other, edited: half of what they say is the same."""
    first, second = Counter(_words(one)), Counter(_words(other))
    larger = max(first.total(), second.total())
    return larger == 0 or (first & second).total() >= _ALIKE * larger


def _words(text: str) -> list[str]:
    """Give the words of a script without its comments; strings are words like others."""
    return _WORD.findall(_COMMENT.sub(" ", text).casefold())


def _by_value(names: Mapping[str, str]) -> dict[str, list[str]]:
    """Group names by what they have."""
    found: dict[str, list[str]] = {}
    for name, value in names.items():
        found.setdefault(value, []).append(name)
    return found


def _name_likeness(one: str, other: str) -> float:
    """Give how many words two paths share, of all that they have."""
    first = Counter(_NAME_WORD.findall(one.casefold()))
    second = Counter(_NAME_WORD.findall(other.casefold()))
    return (first & second).total() / max((first | second).total(), 1)
