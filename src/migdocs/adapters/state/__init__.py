"""Where migdocs keeps what is no part of a project: the user's own cache and state folders.

A repository is written by strangers, so nothing in it is believed to be ours: a committed data
directory would run its ``archive_command``, a committed link would send our log into a profile.
Each project has folders of its own, named after the place where it lies.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from stat import S_IMODE, S_ISDIR, S_ISLNK
from typing import TYPE_CHECKING, Literal

from migdocs.core.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    Kind = Literal["cache", "state"]

VARIABLE = "MIGDOCS_STATE_DIR"
OLD = ".migdocs"  # where versions before 0.2 kept all this, in the project
_HINT = f"set {VARIABLE} to a folder of your own, outside of the project."
_PRIVATE = 0o700


def cache_folder(root: Path) -> Path:
    """Give the private folder for what can be computed again, made where it is missing.

    Raises:
        MachineError: it cannot be made, or is a link, somebody else's, or inside the repository.
    """
    return _made(root, "cache")


def state_folder(root: Path) -> Path:
    """Give the private folder for what must stay: the embedded server, logs, backups.

    Raises:
        MachineError: it cannot be made, or is a link, somebody else's, or inside the repository.
    """
    return _made(root, "state")


def leftovers(root: Path) -> tuple[str, ...]:
    """Name what an older migdocs, or somebody else, left in the project and is not used.

    Nothing of it is opened, and no link is followed.

    Returns:
        ``.migdocs``, and what in it may be a database: ``.migdocs/postgres``, which holds one, or
        ``.migdocs/postgres.folder``, which names the folder of one. Empty where there is none.
    """
    if (root / OLD).is_symlink() or not (root / OLD).is_dir():
        return ()
    paths = (OLD, f"{OLD}/postgres", f"{OLD}/postgres.folder")
    return tuple(path for path in paths if os.path.lexists(root / path))


def _made(root: Path, kind: Kind) -> Path:
    """Give a project's folder of one kind, made where it is missing and checked where it is not."""
    base, parts = _planned(root, kind)
    top = _repository(root)
    real = Path(os.path.realpath(base))
    if real == top or top in real.parents:
        raise MachineError(
            f"the {kind} folder '{base}' is inside the repository, and so anybody's who commits",
            hint=_HINT,
        )
    place = base
    try:
        base.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        for part in parts:
            place /= part
            place.mkdir(mode=_PRIVATE, exist_ok=True)
            _check(place)
    except OSError as error:
        problem = f"the {kind} folder '{place}' cannot be made: {error.strerror}"
        raise MachineError(problem, hint=_HINT) from None
    return place


def _planned(root: Path, kind: Kind) -> tuple[Path, tuple[str, ...]]:
    """Give the folder that a person or the system chose, and the names of ours below it."""
    parts: tuple[str, str]
    if chosen := os.environ.get(VARIABLE, ""):
        base, parts = Path(chosen), (_key(root), kind)
    else:
        import platformdirs  # takes as long to import as all else here

        ask = platformdirs.user_cache_path if kind == "cache" else platformdirs.user_state_path
        ours = ask("migdocs", appauthor=False)
        base, parts = ours.parent, (ours.name, _key(root))
    if not base.is_absolute():
        raise MachineError(f"the {kind} folder '{base}' is not an absolute path", hint=_HINT)
    return base, parts


def _key(root: Path) -> str:
    """Name a project's folder: its own name, for people, and a hash of where it lies."""
    place = os.path.realpath(root)
    name = re.sub(r"[^A-Za-z0-9_-]", "-", Path(place).name)[:24]
    return f"{name}-{hashlib.sha256(os.fsencode(place)).hexdigest()[:12]}"


def _repository(root: Path) -> Path:
    """Give the innermost repository around a project, else the project's own folder."""
    place = Path(os.path.realpath(root))
    return next(_repositories(place), place)


def _repositories(place: Path) -> Iterator[Path]:
    """Yield the folders around a place that git works in, the innermost first."""
    return (folder for folder in (place, *place.parents) if os.path.lexists(folder / ".git"))


def _check(folder: Path) -> None:
    """Make sure that a folder is ours and nobody else can enter it.

    Raises:
        MachineError: it is a link, no folder, or somebody else's.
    """
    found = folder.lstat()
    if S_ISLNK(found.st_mode) or not S_ISDIR(found.st_mode):
        what = "a link" if S_ISLNK(found.st_mode) else "not a folder"
        raise MachineError(f"'{folder}' is {what}: migdocs does not follow it", hint=_HINT)
    if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
        raise MachineError(f"the folder '{folder}' belongs to another user", hint=_HINT)
    if S_IMODE(found.st_mode) != _PRIVATE:
        folder.chmod(_PRIVATE)
