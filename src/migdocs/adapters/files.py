"""Read a project's files, and write all of a run's documents or none."""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from migdocs.core.errors import InputError, MachineError, UsageError, raise_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_IGNORED = {".git", ".migdocs", ".venv", "node_modules", "__pycache__", "site", ".tox", "vendor"}


def walk(root: Path, folder: str = "") -> tuple[str, ...]:
    """List the files below a folder as paths from the root, sorted.

    Folders that hold tools' files (``.git``, ``node_modules`` …) are passed over. Links to folders
    are not followed, so a loop cannot be entered; links to files count where they stay inside.

    Raises:
        UsageError: the folder leaves the root.
    """
    top = inside(root, folder)
    return tuple(sorted(_files(root, str(top))))


def _files(root: Path, folder: str) -> Iterator[str]:
    """Yield the files below a folder, in no order."""
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    except OSError as error:
        raise MachineError(
            f"cannot be listed: {error.strerror}", path=os.path.relpath(folder, root)
        ) from None
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in _IGNORED:
                yield from _files(root, entry.path)
        elif entry.is_file():
            yield os.path.relpath(entry.path, root).replace(os.sep, "/")


def read(root: Path, path: str) -> str:
    """Give a file's text, with its line ends and byte-order mark as they are.

    Raises:
        InputError: it is not UTF-8; the line of the first bad byte is given.
        MachineError: it cannot be read.
    """
    try:
        data = inside(root, path).read_bytes()
    except OSError as error:
        raise MachineError(f"cannot be read: {error.strerror}", path=path) from None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InputError(
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            path=path,
            line=data.count(b"\n", 0, error.start) + 1,
            hint="save the file as UTF-8.",
        ) from None


def read_all(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """Give the texts of several files; every one that cannot be read is said in one error."""
    texts: dict[str, str] = {}
    errors: list[InputError | MachineError] = []
    for path in paths:
        try:
            texts[path] = read(root, path)
        except (InputError, MachineError) as error:
            errors.append(error)
    raise_all(errors)
    return texts


def digest(root: Path, path: str) -> bytes:
    """Give the hash of a file's bytes."""
    try:
        return hashlib.sha256(inside(root, path).read_bytes()).digest()
    except OSError as error:
        raise MachineError(f"cannot be read: {error.strerror}", path=path) from None


def exists(root: Path, path: str) -> bool:
    """Tell whether a file is there."""
    return inside(root, path).is_file()


def is_there(root: Path, path: str) -> bool:
    """Tell whether there is a file or folder at a path."""
    return (root / path).exists()


@functools.cache
def _top(root: Path) -> str:
    """Give where a root really is; every file asks, so it is found out once."""
    return os.path.realpath(root)


def inside(root: Path, path: str) -> Path:
    """Give the place of a path from the root.

    Raises:
        UsageError: it leads out of the root, by ``..`` or by a link.
    """
    place = root / path
    top, real = _top(root), os.path.realpath(place)
    if real != top and not real.startswith(top.rstrip(os.sep) + os.sep):
        raise UsageError(
            f"'{path}' leads out of the project",
            hint="migdocs reads and writes nothing outside the folder of its settings.",
        )
    return place


def write_all(root: Path, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Write every file whose bytes differ, or none; give the paths that were written.

    All texts are laid beside their targets first; only when that has worked for every one are they
    renamed into place. A rename that fails puts the earlier ones back.

    Raises:
        MachineError: a target cannot be written; nothing was changed.
    """
    changed = {path: text for path, text in texts.items() if _differs(root, path, text)}
    staged: dict[str, Path] = {}
    try:
        for path, text in changed.items():
            staged[path] = _stage(root, path, text)
        _rename_all(root, staged)
    finally:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)
    return tuple(changed)


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


def _differs(root: Path, path: str, text: str) -> bool:
    """Tell whether a file is missing or holds other bytes."""
    target = inside(root, path)
    try:
        return target.read_bytes() != text.encode()
    except FileNotFoundError:
        return True
    except OSError as error:
        raise MachineError(f"cannot be read: {error.strerror}", path=path) from None


def _stage(root: Path, path: str, text: str) -> Path:
    """Write a text to a temporary file beside its target."""
    target = inside(root, path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(13, "permission denied")
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(text.encode())
        temporary = Path(name)
        temporary.chmod(target.stat().st_mode if target.exists() else 0o644)
    except OSError as error:
        raise MachineError(
            f"cannot be written: {(error.strerror or str(error)).lower()}",
            path=path,
            hint="nothing was written; make the file and its folder writable.",
        ) from None
    return temporary


def _rename_all(root: Path, staged: Mapping[str, Path]) -> None:
    """Rename every temporary file onto its target; put the old ones back where one fails."""
    before: dict[Path, bytes | None] = {}
    try:
        for path, temporary in staged.items():
            target = inside(root, path)
            before[target] = target.read_bytes() if target.exists() else None
            temporary.replace(target)
    except OSError as error:
        for target, data in before.items():
            if data is None:
                target.unlink(missing_ok=True)
            else:
                target.write_bytes(data)
        raise MachineError(
            f"cannot be written: {error.strerror}", path=path, hint="nothing was changed."
        ) from None
