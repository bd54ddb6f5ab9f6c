"""A repository made of the sample project's files: copied, committed and tagged."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.errors import MachineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PACKAGE = Path(__file__).parents[1]
# Such commits have the same ids on every machine.
_AUTHOR = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Moment(Struct, frozen=True):
    """One commit: what it says, when, the files that it adds, and the tag it gets."""

    subject: str
    date: str
    patterns: tuple[str, ...]
    tag: str = ""


def build(folder: Path | None, moments: Iterable[Moment], beside: Mapping[str, str]) -> Path:
    """Make a repository; give its folder.

    Args:
        folder: where; it must be empty or missing. A new temporary one where it is None.
        moments: the commits, in order.
        beside: files of the first commit that are not the sample's: path → text.

    Raises:
        UsageError: the folder holds something, or is none.
        MachineError: the folder cannot be written, or git is missing.
    """
    try:
        place = _empty_folder(folder)
        _git(place, "init", "--quiet", "--initial-branch=main")
        for path, text in beside.items():
            (place / path).write_text(text, encoding="utf-8")
        for moment in moments:
            _commit(place, moment)
    except OSError as error:
        raise MachineError(
            f"cannot be written: {error.strerror}", path=str(error.filename or folder)
        ) from None
    return place


def _empty_folder(folder: Path | None) -> Path:
    """Make the folder, or a temporary one."""
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="migdocs-demo-"))
    if folder.exists() and not folder.is_dir():
        raise UsageError("is not a folder", path=str(folder), hint="name another.")
    if folder.exists() and any(folder.iterdir()):
        raise UsageError("is not empty", path=str(folder), hint="name another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _commit(place: Path, moment: Moment) -> None:
    """Copy a moment's files, commit and tag them."""
    source = _source()
    for path in sorted(path for pattern in moment.patterns for path in source.glob(pattern)):
        target = place / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    _git(place, "add", "--all")
    _git(place, "commit", "--quiet", "--message", moment.subject, date=moment.date)
    if moment.tag:
        _git(place, "tag", moment.tag)


def _source() -> Path:
    """Find the sample: in the package, or above it in a checkout."""
    packed = _PACKAGE / "sample"
    return packed if packed.is_dir() else _PACKAGE.parents[1]


def _git(place: Path, *arguments: str, date: str = "") -> None:
    """Run git in a folder; a hook's own variables would lead it to another repository."""
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        subprocess.run(
            ["git", *arguments],  # noqa: S607 - the user's git is the one on the PATH
            cwd=place,
            env={**own, **_AUTHOR, **dates},
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        raise MachineError("git is not installed", hint="install git 2.20 or newer.") from None
    except subprocess.CalledProcessError as error:
        text = error.stderr.decode(errors="replace").strip()
        raise MachineError(f"git {arguments[0]} failed: {text}") from None
