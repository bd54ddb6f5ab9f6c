"""Where the migrations folder stood in each commit: the tree it had there."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from msgspec import Struct, field

from migdocs.adapters.repository.comparing import compared
from migdocs.adapters.repository.process import WHOLE_HINT, ids, run
from migdocs.adapters.repository.questions import blobs
from migdocs.core.errors import MachineError
from migdocs.core.releases.homes import Boundary, Home, find

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from migdocs.adapters.repository.process import Repository

    IsScript = Callable[[str], bool]
    Pairs = Sequence[tuple[str, str]]

_WORDS_OF_A_RENAME = 3  # R100, from, to


class Standing(Struct, frozen=True):
    """Where the folder stood.

    Attributes:
        trees: commit → the tree that the folder has there; empty where it has none.
        homes: commit → the folder.
        unclear: folders that may have been it before, and were not taken.
    """

    trees: Mapping[str, str]
    homes: Mapping[str, Home]
    unclear: tuple[str, ...] = field(default=())


def standing(
    repository: Repository, pairs: Pairs, folder: str, roots: Mapping[str, str], is_script: IsScript
) -> Standing:
    """Find the folder in every commit, also where it stood elsewhere.

    Args:
        repository: the repository.
        pairs: ids of neighbouring commits, before and after; an empty first one holds nothing.
        folder: from the top.
        roots: commit → its own tree.
        is_script: of a name below the folder.
    """
    if not folder:
        return Standing(roots, dict.fromkeys(roots, Home("")))
    found = dict.fromkeys(roots, "")
    where: dict[str, Home] = {}
    spare: dict[str, tuple[str, Home]] = {}  # without a script that is known by its name
    homes = [Home(folder)]
    unclear: list[str] = []
    listed = functools.cache(functools.partial(_listed, repository))
    for home in homes:  # former homes are put at its end as they are found
        held = _held(repository, [c for c in roots if not found[c]], home, roots, is_script)
        for commit, (tree, has_scripts) in held.items():
            if has_scripts:
                found[commit], where[commit] = tree, home
            else:
                spare.setdefault(commit, (tree, home))
        boundaries = [(b, a) for b, a in pairs if b and not found[b] and found[a]]
        for pair in boundaries:
            trees = [listed(commit) for commit in (*pair, list(roots)[-1])]
            former, doubt = find(
                Boundary(
                    trees[0],
                    trees[1],
                    trees[2],
                    where[pair[1]],
                    {home.folder for home in homes},
                    is_script,
                    functools.partial(blobs, repository),
                    functools.cache(functools.partial(_renames, repository, *pair)),
                )
            )
            unclear += [doubt] if doubt else []
            if former:
                homes.append(_through(former, where[pair[1]]))
                break
    for commit, (tree, home) in spare.items():
        if not found[commit]:
            found[commit], where[commit] = tree, home
    return Standing(found, where, tuple(dict.fromkeys(unclear)))


def _held(
    repository: Repository,
    commits: Sequence[str],
    home: Home,
    roots: Mapping[str, str],
    is_script: IsScript,
) -> dict[str, tuple[str, bool]]:
    """Give the tree of a folder in the commits that have it, and whether it holds a script."""
    trees = ids(repository, [f"{commit}:{home.folder}" for commit in commits], "tree")
    there = dict(zip(commits, trees, strict=True))
    _check_absent(repository, {roots[c] for c, tree in there.items() if not tree}, home.folder)
    empty = _empty_ones(repository, trees, home, is_script)
    return {commit: (tree, tree not in empty) for commit, tree in there.items() if tree}


def _through(former: Home, later: Home) -> Home:
    """Give a former home with the present names, where the home after it was a former one too."""
    names = {before: later.moved.get(after, after) for before, after in former.moved.items()}
    kept = {name: after for name, after in later.moved.items() if name not in former.moved}
    return Home(former.folder, {**kept, **names}, former.foreign | later.foreign)


def _listed(repository: Repository, commit: str) -> dict[str, str]:
    """List every file of a commit: path → blob."""
    output = run(repository.root, "ls-tree", "-r", "-z", commit).decode(errors="replace")
    found = {}
    for record in output.split("\0")[:-1]:
        kind, _, path = record.partition("\t")
        found[path] = kind.split(" ")[2]
    return found


def _renames(repository: Repository, before: str, after: str, folder: str) -> dict[str, str]:
    """Give what git calls a rename into a folder: new path → old path.

    It is asked at the commit that made the folder, where nothing was edited since.
    """
    made = run(
        repository.root,
        *("rev-list", "--topo-order", "--reverse", f"{before}..{after}", "--", folder),
    ).split()
    first = made[0].decode() if made else after
    tip = f"{first}^" if made else before
    parent = ids(repository, [f"{tip}^{{commit}}"], "commit")[0] or before
    words = (
        run(
            repository.root,
            *("diff-tree", "-r", "-z", "--name-status", "--diff-filter=R", "-M50%", parent, first),
        )
        .decode(errors="replace")
        .split("\0")
    )
    moves = zip(words[1::_WORDS_OF_A_RENAME], words[2::_WORDS_OF_A_RENAME], strict=False)
    return {new: old for old, new in moves if new.startswith(f"{folder}/")}


def _empty_ones(
    repository: Repository, trees: Sequence[str], home: Home, is_script: IsScript
) -> set[str]:
    """Name the trees without a script, of the oldest: a folder can be older than its migrations."""
    found: set[str] = set()
    for tree in dict.fromkeys(filter(None, trees)):
        names = run(repository.root, "ls-tree", "-r", "-z", "--name-only", tree)
        paths = names.decode(errors="replace").split("\0")
        if any(
            path and path not in home.foreign and is_script(home.moved.get(path, path))
            for path in paths
        ):
            break
        found.add(tree)
    return found


def _check_absent(repository: Repository, roots: set[str], folder: str) -> None:
    """Make sure that trees have no such folder, and git has not lost a tree on the way to it.

    Raises:
        MachineError: it has.
    """
    found = compared(repository, {("", root) for root in roots}, folder)
    for (_, root), files in found.items():
        if any(path.startswith(f"{folder}/") for path, *_ in files):
            raise MachineError(f"the tree of '{folder}' in {root} is missing", hint=WHOLE_HINT)
