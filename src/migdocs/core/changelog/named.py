"""Which file is a project's change log, where it has another name than ours would have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.changelog import headings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# The first that is there counts; in capitals, in small letters, with '.md', '.txt' or neither.
_STEMS = ("changelog", "changes", "history", "news")
_NAME = re.compile(
    r"(?P<stem>change[-_]?log|changes|history|news)(?P<end>\.md|\.markdown|\.txt)?", re.IGNORECASE
)
_SURE = "changelog"  # the others may tell of something else than releases


def find(names: Iterable[str], read: Callable[[str], str]) -> str:
    """Give the name of the change log among a folder's files; empty where there is none.

    Args:
        names: of the files.
        read: gives a file's text; asked of few.
    """
    found: list[tuple[int, str, str]] = []
    for name in names:
        if match := _NAME.fullmatch(name):
            stem = re.sub("[-_]", "", match["stem"].lower())
            found.append((_STEMS.index(stem), (match["end"] or "").lower(), name))
    for place, _, name in sorted(found, key=lambda one: (one[0], one[1] != ".md", one[2])):
        if _STEMS[place] == _SURE or headings.headings(read(name)):
            return name
    return ""
