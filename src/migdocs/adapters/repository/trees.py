"""What releases changed below a folder, wherever it stood; and where that was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from migdocs.adapters.repository.comparing import compared
from migdocs.adapters.repository.homes import standing
from migdocs.adapters.repository.process import WHOLE_HINT, ids
from migdocs.core.errors import MachineError
from migdocs.core.releases.homes import Home
from migdocs.core.timeline import FileChange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migdocs.adapters.repository.comparing import File, Pair
    from migdocs.adapters.repository.homes import IsScript
    from migdocs.adapters.repository.process import Repository


class Differences(Struct, frozen=True):
    """What pairs of commits hold below a folder.

    Attributes:
        changes: what differs, a group for each pair; names are below the folder, as they were.
        homes: where the folder stood in the first and in the second commit of each pair.
        unclear: folders that may have held the migrations before, and are not taken.
    """

    changes: tuple[tuple[FileChange, ...], ...]
    homes: tuple[tuple[Home, Home], ...]
    unclear: tuple[str, ...] = ()


def differences(
    repository: Repository,
    pairs: Sequence[Pair],
    folder: str,
    is_script: IsScript,
    kept: dict[str, Any] | None = None,
) -> Differences:
    """Compare what pairs of commits hold below a folder; an empty first commit holds nothing.

    A folder that stood elsewhere before is followed.

    Args:
        repository: the repository.
        pairs: ids, before and after.
        folder: from the top.
        is_script: of a name below the folder.
        kept: what was compared before, by the ids of the trees, which never differ in another way
            again; what is compared now is put into it, and what nobody asks for is taken out.

    Raises:
        MachineError: an object is missing or corrupt.
    """
    roots = _roots(repository, list(dict.fromkeys(c for pair in pairs for c in pair if c)))
    stood = standing(repository, pairs, folder, roots, is_script)
    wanted = [(stood.trees.get(before, ""), stood.trees[after]) for before, after in pairs]
    changed = _changed(repository, {pair for pair in wanted if pair[0] != pair[1]}, kept)
    present = Home(folder)
    return Differences(
        tuple(tuple(FileChange(*file) for file in changed.get(pair, ())) for pair in wanted),
        tuple(tuple(stood.homes.get(c, present) for c in pair) for pair in pairs),  # type: ignore[misc]  # two of two
        stood.unclear,
    )


def _roots(repository: Repository, commits: Sequence[str]) -> dict[str, str]:
    """Give the commits' own trees.

    Raises:
        MachineError: one is missing or corrupt.
    """
    found = dict(
        zip(commits, ids(repository, [f"{c}^{{tree}}" for c in commits], "tree"), strict=True)
    )
    for commit, tree in found.items():
        if not tree:
            raise MachineError(f"the tree of commit {commit} is missing", hint=WHOLE_HINT)
    return found


def _changed(
    repository: Repository, pairs: set[Pair], kept: dict[str, Any] | None
) -> Mapping[Pair, list[File]]:
    """Compare pairs of trees, those that were compared before excepted."""
    before = kept or {}
    known = {pair: before.get(" ".join(pair)) for pair in pairs}
    found = {pair: files for pair, files in known.items() if isinstance(files, list)}
    found |= compared(repository, pairs - found.keys())
    if kept is not None:
        kept.clear()
        kept.update({" ".join(pair): found.get(pair, []) for pair in pairs})
    return found
