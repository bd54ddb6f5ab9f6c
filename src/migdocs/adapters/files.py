"""Read a project's files, and write all of a run's documents or none."""

from __future__ import annotations

import functools
import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from errno import EACCES, ELOOP
from pathlib import Path
from stat import S_IMODE
from typing import TYPE_CHECKING

from migdocs.core.errors import InputError, MachineError, MigdocsError, UsageError, raise_all
from migdocs.core.markup.unseen import is_unseen

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
    try:
        with open(_inside(root, path), "rb", buffering=0) as file:  # noqa: PTH123 - asked thousands of times
            data = file.read()
    except OSError as error:
        raise _unreadable(path, error) from None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InputError(
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            path=path,
            line=data.count(b"\n", 0, error.start) + 1,
            hint="save the file as UTF-8.",
        ) from None


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
    try:
        return hashlib.sha256(inside(root, path).read_bytes()).digest()
    except OSError as error:
        raise _unreadable(path, error) from None


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
    top, real = _top(start), _real(place)
    if real != top and not real.startswith(top.rstrip(os.sep) + os.sep):
        raise UsageError(
            "leads out of the project",
            path=path,
            hint="migdocs reads and writes nothing outside the folder of its settings.",
        )
    return place


@functools.cache
def _top(root: str) -> str:
    """Give where a root really is; every file asks, so it is found out once."""
    return os.path.realpath(root)


def _real(place: str) -> str:
    """Give where a place really is; of thousands in one folder, that is found out once."""
    folder, name = os.path.split(place)
    if name in {"", ".", ".."} or os.path.islink(place):  # noqa: PTH114
        return os.path.realpath(place)
    return os.path.join(_top(folder), name)  # noqa: PTH118


def write_all(root: Path, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Write every file whose bytes differ, or none; give the paths that were written.

    All texts are laid beside their targets first; only when that has worked for every one are they
    renamed into place. A rename that fails puts the earlier ones back. A link stays one: the file
    that it leads to is written.

    Raises:
        UsageError: a path leads out of the root.
        MachineError: a target cannot be written; all are said, and nothing was changed.
    """
    staged: dict[str, _Staged] = {}
    folders: list[Path] = []
    written = False
    try:
        raise_all(_stage_all(root, texts, staged, folders))
        _rename_all(staged)
        written = True
    finally:
        for one in staged.values():
            one.temporary.unlink(missing_ok=True)
        for folder in () if written else reversed(folders):
            folder.rmdir()
    return tuple(staged)


@dataclass(frozen=True, slots=True)
class _Staged:
    """A text in a file of its own, beside its target."""

    temporary: Path
    target: Path


def remove(root: Path, paths: Iterable[str]) -> None:
    """Remove files, and the folders that are empty then.

    Raises:
        MachineError: one cannot be removed.
    """
    for path in paths:
        target = inside(root, path)
        try:
            target.unlink(missing_ok=True)
            if not any(target.parent.iterdir()):
                target.parent.rmdir()
        except OSError as error:
            raise MachineError(f"cannot be removed: {error.strerror}", path=path) from None


def _stage_all(
    root: Path, texts: Mapping[str, str], staged: dict[str, _Staged], folders: list[Path]
) -> list[MachineError | UsageError]:
    """Lay every text that differs beside its target; give what went wrong."""
    errors: list[MachineError | UsageError] = []
    for path, text in texts.items():
        try:
            target = Path(os.path.realpath(inside(root, path)))
            if _differs(target, text):
                staged[path] = _Staged(_temporary(target, folders), target)
                staged[path].temporary.write_bytes(text.encode())
                if text.startswith("#!") and not target.exists():
                    staged[path].temporary.chmod(0o755)
        except OSError as error:
            errors.append(_unwritable(path, error))
        except UsageError as error:
            errors.append(error)
    return errors


def _differs(target: Path, text: str) -> bool:
    """Tell whether a file is missing or holds other bytes."""
    try:
        return target.read_bytes() != text.encode()
    except FileNotFoundError:
        return True


def _temporary(target: Path, folders: list[Path]) -> Path:
    """Make an empty file beside a target, with its permissions; note the folders that were made."""
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(EACCES, "Permission denied")
    missing = [folder for folder in target.parents if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir()
        folders.append(folder)
    import tempfile  # takes as long to import as all else here, and seldom is anything written

    handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
    os.close(handle)
    made = Path(name)
    made.chmod(S_IMODE(target.stat().st_mode) if target.exists() else 0o644)
    return made


def _rename_all(staged: Mapping[str, _Staged]) -> None:
    """Rename every temporary file onto its target; put the old ones back where one fails."""
    before: dict[Path, bytes | None] = {}
    path = ""
    try:
        for path in staged:
            target = staged[path].target
            old = target.read_bytes() if target.exists() else None
            staged[path].temporary.replace(target)
            before[target] = old
    except BaseException as error:
        for target, data in before.items():
            if data is None:
                target.unlink(missing_ok=True)
            else:
                target.write_bytes(data)
        if isinstance(error, OSError):
            raise _unwritable(path, error) from None
        raise


def _unreadable(path: str, error: OSError) -> MachineError:
    """Build the error about one file, with what to do about it."""
    hint = "make the file readable, or take it out of the project."
    if error.errno == ELOOP:
        hint = "the link leads back to itself: remove it, or let it lead to a file."
    return MachineError(f"cannot be read: {error.strerror}", path=path, hint=hint)


def _unwritable(path: str, error: OSError) -> MachineError:
    """Build the error about one target."""
    return MachineError(
        f"cannot be written: {error.strerror or error}",
        path=path,
        hint="nothing was written; make the file and its folder writable.",
    )
