"""Where a migrations folder stood before: which folder of an older tree became it.

A folder that moved keeps its migrations. What counts is, in this order: the same bytes under any
name, the same name where the old folder is gone, what git calls a rename at the commit that moved
it. What only looks alike is not taken, and named.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct, field

from migdocs.core.releases import likeness

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    Files = Mapping[str, str]  # path → blob

# Git's empty blobs: files without a byte say nothing.
_EMPTY = {
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
}
# So many scripts of one name in a folder that is gone are a move, whatever they say now.
_ENOUGH = 2


class Home(Struct, frozen=True):
    """A folder that held the migrations.

    Attributes:
        folder: from the repository's top.
        moved: a script's name below it → its name below the present folder; the others kept theirs.
        foreign: names below it of what went elsewhere: another dialect's scripts.
    """

    folder: str
    moved: Mapping[str, str] = field(default_factory=dict)
    foreign: frozenset[str] = frozenset()


class Boundary(Struct, frozen=True):
    """Two neighbouring trees, of which only the later has the folder.

    Attributes:
        before, after: every file of each.
        newest: every file of the newest tree.
        later: the folder in ``after``.
        known: folders that are not looked at: those where the migrations stood later.
        is_script: of a name below the present folder.
        texts: blob → text.
        renames: what git calls renames at the commit that made a folder: new path → old path.
    """

    before: Files
    after: Files
    newest: Files
    later: Home
    known: Collection[str]
    is_script: Callable[[str], bool]
    texts: Callable[[Collection[str]], Mapping[str, str]]
    renames: Callable[[str], Mapping[str, str]]

    @property
    def home(self) -> str:
        """The folder in ``after``, from the top."""
        return self.later.folder

    def is_ours(self, name: str) -> bool:
        """Tell whether a name below ``home`` is a script's."""
        later = self.later
        return name not in later.foreign and self.is_script(later.moved.get(name, name))


class _Match(Struct, frozen=True):
    """What of a former folder became what: new name → old name, both below their folders."""

    folder: str
    same_bytes: Mapping[str, str]
    same_name: Mapping[str, str]
    renamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def pairs(self) -> dict[str, str]:
        """All of them."""
        return {**self.renamed, **self.same_name, **self.same_bytes}


def find(at: Boundary) -> tuple[Home | None, str]:
    """Find the folder that became the home; or the one that may have, which is not taken."""
    new = {
        name: blob
        for path, blob in at.after.items()
        if (name := _below(path, at.home)) and at.is_ours(name)
    }
    unclear = ""
    for match in (*_matches(at, new), *_renamed(at, new)):
        whole = _with_renames(at, new, match)
        old = _population(at.before, whole)
        foreign = _foreign(at, whole, old)
        if 2 * (len(whole.pairs) + len(foreign)) <= len(old):
            continue
        if _is_move(at, new, whole, old):
            moved = {before: after for after, before in whole.pairs.items() if before != after}
            return Home(whole.folder, moved, frozenset(foreign)), ""
        unclear = unclear or whole.folder
    return None, unclear


def _below(path: str, folder: str) -> str:
    """Give a path's rest below a folder; empty where it does not lie in it."""
    if not folder:
        return path
    return path[len(folder) + 1 :] if path.startswith(folder + "/") else ""


def _matches(at: Boundary, new: Files) -> Iterator[_Match]:
    """Yield the folders that hold files of the same bytes or names, the likest first."""
    of_blob: dict[str, list[str]] = {}
    of_name: dict[str, list[str]] = {}
    wanted, names = set(new.values()) - _EMPTY, {name.rpartition("/")[2] for name in new}
    for path, blob in at.before.items():
        if blob in wanted:
            of_blob.setdefault(blob, []).append(path)
        if (base := path.rpartition("/")[2]) in names:
            of_name.setdefault(base, []).append(path)
    found: Counter[str] = Counter()
    for name, blob in new.items():
        named = (
            p for p in of_name.get(name.rpartition("/")[2], ()) if f"/{p}".endswith(f"/{name}")
        )
        sources = {*of_blob.get(blob, ()), *named}
        found.update({folder for path in sources if (folder := _folder(path, name)) is not None})
    for folder, _ in sorted(found.items(), key=lambda item: (-item[1], -len(item[0]), item[0])):
        if folder != at.home and folder not in at.known:
            yield _match(at, new, folder)


def _folder(path: str, name: str) -> str | None:
    """Give the folder that a file lay in, as deep below it as its new name says."""
    if f"/{path}".endswith(f"/{name}"):
        return path[: -len(name)].rstrip("/")
    words = path.split("/")
    depth = name.count("/") + 1
    return "/".join(words[:-depth]) if len(words) >= depth else None


def _match(at: Boundary, new: Files, folder: str) -> _Match:
    """Pair a folder's files with the home's: by bytes first, then by name."""
    old = {name: blob for path, blob in at.before.items() if (name := _below(path, folder))}
    where = {f"{folder}/{name}": name for name in old}
    there = {f"{at.home}/{name}": name for name in new}
    alike = likeness.by_content(
        {path: old[name] for path, name in where.items() if old[name] not in _EMPTY},
        {path: new[name] for path, name in there.items()},
    )
    same_bytes = {there[after]: where[before] for after, before in alike.items()}
    used = set(same_bytes.values())
    same_name = {n: n for n in new if n in old and n not in same_bytes and n not in used}
    return _Match(folder, same_bytes, same_name)


def _renamed(at: Boundary, new: Files) -> Iterator[_Match]:
    """Yield the folder that most of the home's files were renamed from, as git has it."""
    renames = at.renames(at.home) if new else {}
    found: dict[str, dict[str, str]] = {}
    for name in new:
        path = renames.get(f"{at.home}/{name}", "")
        folder = _folder(path, name) if path in at.before else None
        if folder is not None and folder not in at.known:
            found.setdefault(folder, {})[name] = _below(path, folder)
    if found:
        folder = max(found, key=lambda key: (len(found[key]), key))
        yield _Match(folder, {}, {}, found[folder])


def _with_renames(at: Boundary, new: Files, match: _Match) -> _Match:
    """Add what git calls a rename, where files on either side have no partner."""
    pairs = match.pairs
    used = set(pairs.values())
    free = [name for name in new if name not in pairs]
    if not free or not any(p not in used for p in _population(at.before, match)):
        return match
    renames = at.renames(at.home)
    more: dict[str, str] = {}
    for name in free:
        old = _below(renames.get(f"{at.home}/{name}", ""), match.folder)
        if old and old not in used:
            more[name] = old
            used.add(old)
    return _Match(match.folder, match.same_bytes, match.same_name, {**match.renamed, **more})


def _population(files: Files, match: _Match) -> dict[str, str]:
    """Give the files of a folder that are of the kind that matched: as deep, with such an end."""
    kinds = {_kind(name) for name in match.pairs.values()}
    names = ((_below(path, match.folder), blob) for path, blob in files.items())
    return {name: blob for name, blob in names if name and _kind(name) in kinds}


def _kind(name: str) -> tuple[int, str]:
    """Give a file's depth and the end of its name."""
    return name.count("/"), name.rpartition(".")[2]


def _foreign(at: Boundary, match: _Match, old: Files) -> set[str]:
    """Name the files that went somewhere else than into the home."""
    used = set(match.pairs.values())
    elsewhere = {blob for path, blob in at.after.items() if not _below(path, at.home)} - _EMPTY
    return {name for name, blob in old.items() if name not in used and blob in elsewhere}


def _is_move(at: Boundary, new: Files, match: _Match, old: Files) -> bool:
    """Tell whether a folder became the home: nothing else may explain what they share."""
    lives_on = {
        name
        for name, blob in _population(at.newest, match).items()
        if name not in match.pairs.values() or old.get(name) != blob
    }
    if lives_on:
        return False  # two folders that share a beginning, and each has gone its own way
    renamed = {name: before for name, before in match.same_name.items() if old.get(before)}
    texts = at.texts({old[b] for b in renamed.values()} | {new[n] for n in renamed})
    said = [(texts[old[before]], texts[new[name]]) for name, before in renamed.items()]
    same = sum(likeness.same_text(*pair) for pair in said)
    if 2 * (len(match.same_bytes) + same) >= len(match.pairs):
        return True
    stays = any(f"{match.folder}/{name}".lstrip("/") in at.after for name in old)
    enough = len(match.pairs) >= _ENOUGH or any(likeness.alike(*pair) for pair in said)
    return not stays and (bool(match.renamed) or enough)
