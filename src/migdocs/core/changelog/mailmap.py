"""Who somebody is, by a project's ``.mailmap``: one person under one name (gitmailmap(5))."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINE = re.compile(
    r"(?P<name>[^<#]*+)<(?P<first>[^>]*+)>(?:(?P<other>[^<]*+)<(?P<second>[^>]*+)>)?"
)


class Names(Struct, frozen=True):
    """What people are called.

    Attributes:
        proper: address, and the name written beside it or an empty one, both in small letters →
            the name to use.
    """

    proper: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def of(self, name: str, address: str) -> str:
        """Give the name to use for whoever wrote under a name and an address."""
        if not self.proper:
            return name
        where = address.lower()
        exact = self.proper.get((where, name.lower()))
        return exact or self.proper.get((where, ""), name)


def read(text: str) -> Names:
    """Read a ``.mailmap``; the last line about somebody wins, one that names nobody is passed."""
    found: dict[tuple[str, str], str] = {}
    for line in text.splitlines():
        match = None if line.startswith("#") else _LINE.match(line)
        if match and (name := match["name"].strip()):
            address = match["second"] if match["second"] is not None else match["first"]
            found[address.lower(), (match["other"] or "").strip().lower()] = name
    return Names(found)
