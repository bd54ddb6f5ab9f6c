"""Which paths of a project belong to another program, however a file system spells them."""

from __future__ import annotations

import re
import unicodedata

# Where what ``verify`` saw is kept, below the folder of the notes.
EVIDENCE = "evidence.json"
# A program takes its settings from these, and some of them name commands that it runs.
_PRIVATE = frozenset({".git", ".hg", ".svn", ".bzr", ".jj", ".migdocs"})
# Windows' short name of `.git`, and what its file system reads as the folder itself: `.git::$DATA`.
_SHORT = re.compile(r"git~[0-9]+")


def private_part(path: str) -> str:
    """Give the part of a path that is another program's own folder; empty where there is none."""
    return next((part for part in re.split(r"[/\\]", path) if _is_private(part)), "")


def _is_private(part: str) -> bool:
    """Tell whether some file system takes a name for one of those.

    It may know no capitals, drop dots and blanks at the end (Windows), or pass over letters that
    cannot be seen (macOS): ``.GIT``, ``.git .``.
    """
    name = part.partition(":")[0]
    if not name.isascii():
        name = "".join(letter for letter in name if unicodedata.category(letter) != "Cf")
        name = unicodedata.normalize("NFKC", name)
    name = name.casefold().rstrip(". ")
    return name in _PRIVATE or bool(_SHORT.fullmatch(name))
