"""Read a project's files: below its folder, and never what belongs to another program."""

from __future__ import annotations

import functools
import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from errno import ELOOP
from pathlib import Path
from typing import TYPE_CHECKING

from migdocs.core.errors import InputError, MachineError, MigdocsError, UsageError, raise_all
from migdocs.core.markup.unseen import is_unseen
from migdocs.core.paths import private_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_IGNORED = {".git", ".migdocs", ".venv", "node_modules", "__pycache__", "site", ".tox", "vendor"}

# Nanoseconds after which a change is seen in a file's times; FAT's count two seconds.
SETTLED = 2_500_000_000


def walk(root: Path, folder: str = "") -> tuple[str, ...]:
    """List the files below a folder as paths from the root, sorted.

    Folders that hold tools' files (``.git``, ``node_modules`` …) are passed over. Links to folders
    are not followed, so a loop cannot be entered; links to files count.

    Args:
        root: of the project.
        folder: what is needed whole: it may be a link, and what cannot be listed in it is an error.
            Of the root itself, such folders and names are passed over: they are not ours to judge.

    Raises:
        UsageError: the folder leads out of the root.
        MachineError: a folder cannot be listed.
        InputError: the name of a file cannot be written down; all of them in one run.
    """
    errors: list[InputError | MachineError] = []
    prefix = f"{folder}/" if folder.strip("./") else ""
    found = sorted(_files(str(inside(root, folder)), prefix, errors))
    if folder:
        raise_all(errors)
    return tuple(found)


def everything(root: Path, needed: str) -> tuple[str, ...]:
    """List a project's files, and those of one folder that is needed whole."""
    whole = walk(root, needed)
    if not needed.strip("./"):
        return whole
    others = _files(str(root), "", [], passed_over=f"{needed}/")
    return tuple(sorted({*others, *whole}))


def _files(
    folder: str, prefix: str, errors: list[InputError | MachineError], passed_over: str = ""
) -> Iterator[str]:
    """Yield the files below a folder, in no order; note what cannot be listed or written down."""
    if prefix and prefix == passed_over:
        return
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        place = prefix.rstrip("/") or "."
        errors.append(MachineError(f"cannot be listed: {error.strerror}", path=place))
        return
    for entry in entries:
        path = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in _IGNORED:
                yield from _files(entry.path, f"{path}/", errors, passed_over)
        elif is_unseen(entry.name):
            shown = ascii(path)[1:-1]
            problem = "this file's name holds characters that cannot be seen"
            errors.append(InputError(problem, path=shown, hint="rename it."))
        elif _is_file(entry):
            yield path


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Tell whether an entry is a file, or a link to one; a link in a loop fails when it is read."""
    try:
        return entry.is_file()
    except OSError:
        return True


def read(root: Path, path: str) -> str:
    """Give a file's text, with its line ends and byte-order mark as they are.

    Raises:
        InputError: it is not UTF-8; the line of the first bad byte is given.
        MachineError: it cannot be read.
    """
    data = _bytes(root, path)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InputError(
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            path=path,
            line=data.count(b"\n", 0, error.start) + 1,
            hint="save the file as UTF-8.",
        ) from None


def _bytes(root: Path, path: str) -> bytes:
    """Read a file."""
    try:
        with open(_inside(root, path), "rb", buffering=0) as file:  # noqa: PTH123 - asked thousands of times
            return file.read()
    except OSError as error:
        raise _unreadable(path, error) from None


@dataclass(frozen=True)
class Texts(Mapping[str, str]):
    """Files' texts by path, each read when it is first asked for.

    Attributes:
        root: of the project.
        paths: of its files, from the root.
    """

    root: Path
    paths: frozenset[str]
    _read: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def __getitem__(self, path: str) -> str:
        """Give one text.

        Raises:
            InputError, MachineError: it cannot be read.
        """
        if path not in self._read:
            self._read[path] = read(self.root, path)
        return self._read[path]

    def __contains__(self, path: object) -> bool:
        """Tell whether there is such a file, without reading it."""
        return path in self.paths

    def __iter__(self) -> Iterator[str]:
        """Give the paths, in order."""
        return iter(sorted(self.paths))

    def __len__(self) -> int:
        """Count the files."""
        return len(self.paths)


def texts(root: Path, paths: Iterable[str]) -> Texts:
    """Give the texts of a project's files; none is read before it is asked for."""
    return Texts(root, frozenset(paths))


def read_all(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """Give the texts of several files; every one that cannot be read is said in one error."""
    texts: dict[str, str] = {}
    errors: list[MigdocsError] = []
    for path in paths:
        try:
            texts[path] = read(root, path)
        except MigdocsError as error:
            errors.append(error)
    raise_all(errors)
    return texts


def digest(root: Path, path: str) -> bytes:
    """Give the hash of a file's bytes."""
    return hashlib.sha256(_bytes(root, path)).digest()


def stamps(root: Path, paths: Iterable[str]) -> list[tuple[int, ...]] | None:
    """Give what tells each file from what it was before and will be when it is changed.

    None where one is missing, or was changed so lately that a change to come might leave the same:
    a file system counts time in steps.
    """
    start, settled = f"{root}{os.sep}", time.time_ns() - SETTLED
    found: list[tuple[int, ...]] = []
    try:
        for path in paths:
            now = os.stat(start + path)  # noqa: PTH116 - asked thousands of times
            found.append((now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino))
    except OSError:
        return None
    lately = any(max(mtime, ctime) > settled for _, mtime, ctime, _ in found)
    return None if lately else found


def exists(root: Path, path: str) -> bool:
    """Tell whether a file is there."""
    return inside(root, path).is_file()


def is_there(root: Path, path: str) -> bool:
    """Tell whether there is a file or folder at a path."""
    return (root / path).exists()


def size(root: Path, path: str) -> int:
    """Give how many bytes a file has; 0 where that cannot be told: who reads it says why."""
    try:
        return os.stat(f"{root}{os.sep}{path}").st_size  # noqa: PTH116 - asked thousands of times
    except OSError:
        return 0


def inside(root: Path, path: str) -> Path:
    """Give the place of a path from the root.

    Raises:
        UsageError: it leads out of the root, by ``..`` or by a link.
    """
    return Path(_inside(root, path))


def _inside(root: Path, path: str) -> str:
    """Give the place of a path as text: a ``Path`` for each of thousands costs as much as reading.

    Raises:
        UsageError: it leads out of the root.
    """
    start = str(root)
    place = os.path.join(start, path)  # noqa: PTH118
    top, real = top_of(start), _real(place)
    if real != top and not real.startswith(top.rstrip(os.sep) + os.sep):
        raise UsageError(
            "leads out of the project",
            path=path,
            hint="migdocs reads and writes nothing outside the folder of its settings.",
        )
    if part := private_part(real[len(top) :]):
        raise another_programs(path, part)
    return place


def another_programs(path: str, part: str) -> UsageError:
    """Build the error about a path into another program's folder, as a link may lead to one."""
    problem = f"leads into '{part}', which belongs to another program"
    return UsageError(problem, path=path, hint="migdocs reads and writes nothing there.")


@functools.cache
def top_of(root: str) -> str:
    """Give where a root really is; every file asks, so it is found out once."""
    return os.path.realpath(root)


def _real(place: str) -> str:
    """Give where a place really is; of thousands in one folder, that is found out once."""
    folder, name = os.path.split(place)
    if name in {"", ".", ".."} or os.path.islink(place):  # noqa: PTH114
        return os.path.realpath(place)
    return os.path.join(top_of(folder), name)  # noqa: PTH118


def _unreadable(path: str, error: OSError) -> MachineError:
    """Build the error about one file, with what to do about it."""
    hint = "make the file readable, or take it out of the project."
    if error.errno == ELOOP:
        hint = "the link points to itself: remove it, or link to a file."
    return MachineError(f"cannot be read: {error.strerror}", path=path, hint=hint)
