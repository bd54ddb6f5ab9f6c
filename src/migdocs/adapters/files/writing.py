"""Write all of a run's files or none, and only where a project's own files are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from errno import EACCES
from pathlib import Path, PurePosixPath
from stat import S_IMODE
from typing import TYPE_CHECKING

from migdocs.adapters.files.reading import another_programs, inside, top_of
from migdocs.core.errors import MachineError, UsageError, raise_all
from migdocs.core.paths import private_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What a folder holds that git takes for a repository, whatever it is called.
_GIT_FOLDER = ("HEAD", "objects", "refs")


def writable(root: Path, path: str) -> Path:
    """Give the place of a file that is to be written or removed.

    Every file that goes into a project is written at a place from here: a repository can hold links
    that look like documents, and folders whose files other programs run.

    Raises:
        UsageError: it leads out of the root or into another program's folder, or a part of it is a
            link.
    """
    inside(root, path)
    place = Path(top_of(str(root)))
    if part := private_part(path):
        raise another_programs(path, part)
    for part in PurePosixPath(path).parts:
        place /= part
        if part == ".." or place.is_symlink():
            raise UsageError(
                f"is not written: '{part}' is a link",
                path=path,
                hint="name the file that it leads to in the settings, or remove the link.",
            )
        if all((place / name).exists() for name in _GIT_FOLDER):
            raise another_programs(path, part)
    return place


def write_all(root: Path, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Write every file whose bytes differ, or none; give the paths that were written.

    All texts are laid beside their targets first; only when that has worked for every one are they
    renamed into place. A rename that fails puts the earlier ones back.

    Raises:
        UsageError: a path leads out of the root, into another program's folder, or over a link.
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
        target = writable(root, path)
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
            target = writable(root, path)
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


def _unwritable(path: str, error: OSError) -> MachineError:
    """Build the error about one target."""
    return MachineError(
        f"cannot be written: {error.strerror or error}",
        path=path,
        hint="nothing was written; make the file and its folder writable.",
    )
