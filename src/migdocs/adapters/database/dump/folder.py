"""Keep dumps in a folder: each grows under another name, gets its label with its own, and stays.

What a run that was killed has left is told from what is growing by a lock that ends with its
process.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.core import backups as labels
from migdocs.core.backups import Backup, Label
from migdocs.core.errors import MachineError, MigdocsError

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMED = re.compile(r".+-\d{8}T\d{6}Z(?:-\d+)?\.dump")
LABEL = ".json"  # behind a dump's whole name
UNFINISHED = ".partial"
SCRATCH = ".restore-"
LOCK = "lock"
HOUR = 3600  # seconds


def backups(folder: Path) -> tuple[Backup, ...]:
    """List the complete dumps of a folder, oldest first; those without a label have none."""
    names = sorted(path for path in _entries(folder) if NAMED.fullmatch(path.name))
    return tuple(Backup(path, _label(path)) for path in names if not path.is_symlink())


def at(path: Path) -> Backup:
    """Give a dump by its path, with its label where it has one that fits."""
    return Backup(path, _label(path))


@contextlib.contextmanager
def growing(folder: Path, database: str) -> Iterator[Path]:
    """Give a file that only we can read, for a dump to grow in; nothing of it is left.

    Raises:
        MachineError: the folder cannot be written to.
    """
    try:
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
            # Rows of real people must not be committed by an ``git add --all``.
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        sweep(folder)
        handle, name = _locked_file(folder, f".{safe(database)}-")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise MachineError(
            f"no backup can be written here: {reason}",
            path=str(folder),
            hint="Make the folder writable, or set backup_dir to another.",
        ) from None
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
        os.close(handle)


@contextlib.contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """Give a folder of our own below another, which is gone afterwards."""
    sweep(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix=SCRATCH) as name:
        handle = os.open(Path(name, LOCK), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            _lock(handle)
            yield Path(name)
        finally:
            os.close(handle)


def finish(partial: Path, label: Label) -> Backup:
    """Give a finished dump its name and its label, and never another's; the label is there first.

    Both are on the disk before either has its name: what has a dump's name is whole.
    """
    label = replace(label, size=partial.stat().st_size)
    _synced(partial)
    kind = "" if label.kind == "backup" else f".{label.kind}"
    stem = f"{safe(label.database)}{kind}-{label.at}"
    for number in range(1, 1000):
        suffix = "" if number == 1 else f"-{number}"
        target = partial.with_name(f"{stem}{suffix}.dump")
        beside = target.with_name(target.name + LABEL)
        if target.exists():
            continue
        try:
            handle = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(labels.write(label))
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, target)
        _synced(target.parent)
        return Backup(target, label)
    raise MachineError("a thousand backups in one second", path=str(partial.parent))


def remove(backup: Backup) -> None:
    """Remove a dump, then its label: a dump never stays without it."""
    path = Path(backup.path)
    path.unlink(missing_ok=True)
    path.with_name(path.name + LABEL).unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what runs left that were killed: files that grew, folders, labels without a dump."""
    for path in _entries(folder):
        dead = path.name.startswith(".") and path.name.endswith(UNFINISHED) and _is_left(path)
        if dead:
            path.unlink(missing_ok=True)
        elif path.name.startswith(SCRATCH) and _is_left(path / LOCK):
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.endswith(f".dump{LABEL}") and _lacks_its_dump(path):
            path.unlink(missing_ok=True)


def safe(database: str) -> str:
    """Give a database's name as a file's; a name is anything, also ``../x``."""
    return re.sub(r"[^\w.]+", "_", database).lstrip(".") or "_"


def _lacks_its_dump(label: Path) -> bool:
    """Tell whether a label is of a dump that never got its name; one of just now may yet."""
    with contextlib.suppress(OSError):
        old = label.stat().st_mtime < time.time() - HOUR
        return old and not label.with_name(label.name.removesuffix(LABEL)).exists()
    return False


def _label(path: Path) -> Label | None:
    """Give a dump's label; None where it has none, or one of another file."""
    beside = path.with_name(path.name + LABEL)
    try:
        if beside.is_symlink():
            return None
        label = labels.read(beside.read_text(encoding="utf-8"), str(beside))
        return label if label.size == path.stat().st_size else None
    except (OSError, UnicodeDecodeError, MigdocsError):
        return None


def _entries(folder: Path) -> tuple[Path, ...]:
    """Give what is in a folder; nothing where there is none."""
    return tuple(folder.iterdir()) if folder.is_dir() else ()


def _is_left(path: Path) -> bool:
    """Tell whether nobody works on a file any more; one that we cannot open is somebody's."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return _lock(handle)
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    """Lock a file until its process ends; tell whether nobody else had it locked."""
    if os.name != "posix":
        return False
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _locked_file(folder: Path, prefix: str) -> tuple[int, str]:
    """Make a file and lock it; another's sweep may be quicker, and then it is made again."""
    while True:
        handle, name = tempfile.mkstemp(UNFINISHED, prefix, folder)
        if os.name != "posix" or (_lock(handle) and os.fstat(handle).st_nlink):
            return handle, name
        os.close(handle)


def _synced(path: Path) -> None:
    """See that a file or a folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
