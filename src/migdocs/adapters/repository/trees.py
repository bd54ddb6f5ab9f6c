"""What releases changed below a folder: trees are compared by git, never read file by file."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from migdocs.adapters.repository.process import WHOLE_HINT, ids, run
from migdocs.core.errors import MachineError
from migdocs.core.model import FileChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from migdocs.adapters.repository.process import Repository

    Pair = tuple[str, str]
    File = tuple[str, str | None, str | None]  # path, blob before, blob after

# Git knows the empty tree without having it; by the length of the repository's ids.
_EMPTY = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
# Pairs that one process compares: git keeps every tree that it has read, and large ones add up.
_AT_ONCE = 200
# `<tree> <tree>\n`, then for each file `:100644 100644 <blob> <blob> M\0path\0`
_RECORD = re.compile(
    rb"(?P<trees>[0-9a-f]{40,64} [0-9a-f]{40,64})\n"
    rb"|:\d+ \d+ (?P<before>[0-9a-f]+) (?P<after>[0-9a-f]+) \w+\0(?P<path>[^\0]+)\0"
)


def differences(
    repository: Repository,
    pairs: Sequence[Pair],
    folder: str,
    kept: dict[str, Any] | None = None,
) -> tuple[tuple[FileChange, ...], ...]:
    """Compare what pairs of commits hold below a folder; an empty first commit holds nothing.

    Paths are from the top. A folder that stood elsewhere before is followed, and what it held there
    is named as if it had always stood here.

    Args:
        repository: the repository.
        pairs: ids, before and after.
        folder: from the top.
        kept: what was compared before, by the ids of the trees, which never differ in another way
            again; what is compared now is put into it, and what nobody asks for is taken out.

    Raises:
        MachineError: an object is missing or corrupt.
    """
    trees = _trees(repository, pairs, folder)
    wanted = [(trees.get(before, ""), trees[after]) for before, after in pairs]
    changed = _changed(repository, {pair for pair in wanted if pair[0] != pair[1]}, kept)
    prefix = f"{folder}/" if folder else ""
    below = {
        pair: tuple(FileChange(prefix + path, *blobs) for path, *blobs in files)
        for pair, files in changed.items()
    }
    return tuple(below.get(pair, ()) for pair in wanted)


# --- where the folder stood ---------------------------------------------------------------------


def _trees(repository: Repository, pairs: Sequence[Pair], folder: str) -> dict[str, str]:
    """Give the tree that each commit has for the folder; empty where it has none."""
    commits = list(dict.fromkeys(commit for pair in pairs for commit in pair if commit))
    roots = _roots(repository, commits)
    if not folder:
        return roots
    found = dict.fromkeys(commits, "")
    homes = [folder]
    for home in homes:  # former homes are put at its end as they are found
        without = [commit for commit in commits if not found[commit]]
        names = [f"{commit}:{home}" for commit in without]
        found |= dict(zip(without, ids(repository, names, "tree"), strict=True))
        without = [commit for commit in without if not found[commit]]
        _check_absent(repository, {roots[commit] for commit in without}, home)
        boundaries = [(b, a) for b, a in pairs if b in without and a not in without]
        moved = (_former_home(repository, *boundary, homes) for boundary in boundaries)
        homes += [former] if (former := next(filter(None, moved), "")) else []
    return found


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


def _check_absent(repository: Repository, roots: set[str], folder: str) -> None:
    """Make sure that trees have no such folder, and git has not lost a tree on the way to it.

    Raises:
        MachineError: it has.
    """
    found = _compared(repository, {("", root) for root in roots}, folder)
    for (_, root), files in found.items():
        if any(path.startswith(f"{folder}/") for path, *_ in files):
            raise MachineError(f"the tree of '{folder}' in {root} is missing", hint=WHOLE_HINT)


def _former_home(repository: Repository, before: str, after: str, homes: Sequence[str]) -> str:
    """Find a folder most of whose files moved to a known home, unchanged; empty for none."""
    output = run(
        repository.root,
        *("diff-tree", "-r", "-z", "--name-status", "--diff-filter=R", "-M100%", before, after),
    )
    words = output.decode(errors="replace").split("\0")
    moves = list(zip(words[1::3], words[2::3], strict=False))  # R100, from, to
    former = Counter(
        source.removesuffix(below)
        for source, target in moves
        for home in homes
        if (below := target.removeprefix(home)) != target and source.endswith(below)
    )
    return next(
        (
            folder
            for folder, moved in former.most_common()
            if folder not in homes and 2 * moved > _files_in(repository, before, folder)
        ),
        "",
    )


def _files_in(repository: Repository, commit: str, folder: str) -> int:
    """Count the files below a folder."""
    output = run(repository.root, "ls-tree", "-r", "-z", "--name-only", commit, f"{folder}/")
    return output.count(b"\0")


def _changed(
    repository: Repository, pairs: set[Pair], kept: dict[str, Any] | None
) -> Mapping[Pair, list[File]]:
    """Compare pairs of trees, those that were compared before excepted."""
    before = kept or {}
    known = {pair: before.get(" ".join(pair)) for pair in pairs}
    found = {pair: files for pair, files in known.items() if isinstance(files, list)}
    found |= _compared(repository, pairs - found.keys())
    if kept is not None:
        kept.clear()
        kept.update({" ".join(pair): found.get(pair, []) for pair in pairs})
    return found


# --- git's comparison ---------------------------------------------------------------------------


def _compared(
    repository: Repository, pairs: Iterable[Pair], limit: str = ""
) -> dict[Pair, list[File]]:
    """Compare pairs of trees, an empty id being the empty tree.

    Gives path, blob before and blob after of each file that differs, by pair; ``limit`` names the
    one path to compare.
    """
    wanted = sorted(pairs)
    found: dict[Pair, list[File]] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        found |= _compared_at_once(repository, wanted[first : first + _AT_ONCE], limit)
    return found


def _compared_at_once(
    repository: Repository, wanted: Sequence[Pair], limit: str
) -> dict[Pair, list[File]]:
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
