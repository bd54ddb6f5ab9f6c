"""What differs between trees, as git compares them: never read file by file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.adapters.repository.process import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from migdocs.adapters.repository.process import Repository

    Pair = tuple[str, str]
    File = tuple[str, str | None, str | None]  # path, blob before, blob after

# Git knows the empty tree without having it; by the length of the repository's ids.
_EMPTY = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
# Pairs that one process compares: git keeps every tree that it has read, and large ones add up.
_MANY = 200
# `<tree> <tree>\n`, then for each file `:100644 100644 <blob> <blob> M\0path\0`
_RECORD = re.compile(
    rb"(?P<trees>[0-9a-f]{40,64} [0-9a-f]{40,64})\n"
    rb"|:\d+ \d+ (?P<before>[0-9a-f]+) (?P<after>[0-9a-f]+) \w+\0(?P<path>[^\0]+)\0"
)


def compared(
    repository: Repository, pairs: Iterable[Pair], limit: str = ""
) -> dict[Pair, list[File]]:
    """Compare pairs of trees, an empty id being the empty tree.

    Gives path, blob before and blob after of each file that differs, by pair; ``limit`` names the
    one path to compare.
    """
    wanted = sorted(pairs)
    found: dict[Pair, list[File]] = {}
    for first in range(0, len(wanted), _MANY):
        found |= _at_once(repository, wanted[first : first + _MANY], limit)
    return found


def _at_once(repository: Repository, wanted: Sequence[Pair], limit: str) -> dict[Pair, list[File]]:
    """Compare pairs of trees in one process."""
    empty = _EMPTY[max(map(len, wanted[0]))]
    output = run(
        repository.root,
        *("diff-tree", "-r", "-z", "--no-renames", "--no-abbrev", "--stdin"),
        *(("--", limit) if limit else ()),
        stdin="".join(f"{before or empty} {after or empty}\n" for before, after in wanted),
    )
    found: dict[Pair, list[File]] = {}
    files: list[File] = []
    for match in _RECORD.finditer(output):
        if match["trees"]:
            before, after = ("" if id_ == empty else id_ for id_ in match["trees"].decode().split())
            files = found.setdefault((before, after), [])
        else:
            path = match["path"].decode(errors="replace")
            files.append((path, _blob(match["before"]), _blob(match["after"])))
    return found


def _blob(raw: bytes) -> str | None:
    """Give a blob's id; None for the zeros of a file that is not there."""
    return raw.decode() if raw.strip(b"0") else None
