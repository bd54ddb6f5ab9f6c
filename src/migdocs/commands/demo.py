"""The sample project with a history of its own: built, tagged, and its documents written."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from migdocs.commands import apply, generate, history, project, rollback
from migdocs.commands import place as places
from migdocs.core.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Callable

_PACKAGE = Path(__file__).parents[1]
# A demo's commits have the same ids on every machine.
_AUTHOR = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One commit of the sample's history: what it adds, when, and the tag it gets."""

    subject: str
    date: str
    patterns: tuple[str, ...]
    tag: str = ""


HISTORY = (
    Moment(
        "feat: sign-in with a second factor, and a log of what people did",
        "2023-11-20T09:00:00+00:00",
        ("migrations/initial_schema*", "migrations/TEMPLATE.md", "docs/ACTIVITY_LOGGING_GUIDE.md"),
        "v1.0.0",
    ),
    Moment(
        "feat(log): say how grave an entry is, when to forget it, and what is unusual",
        "2024-01-03T09:00:00+00:00",
        ("migrations/20240103_*",),
        "v1.1.0",
    ),
    Moment("docs: plan roles and preferences", "2026-03-08T09:00:00+00:00", ("migrations/2026*",)),
)
_SETTINGS = 'name = "the sample"\n'


def build(folder: Path | None = None) -> Path:
    """Make the sample's repository, tags and all; give its folder.

    Args:
        folder: where; it must be empty or missing. A new temporary one where it is None.

    Raises:
        MachineError: the folder holds something, or git is missing.
    """
    place = folder or Path(tempfile.mkdtemp(prefix="migdocs-demo-"))
    if place.exists() and any(place.iterdir()):
        raise MachineError("is not empty", path=str(place), hint="name another folder.")
    place.mkdir(parents=True, exist_ok=True)
    source = _sample()
    _git(place, "init", "--quiet", "--initial-branch=main")
    (place / "migdocs.toml").write_text(_SETTINGS, encoding="utf-8")
    for moment in HISTORY:
        for pattern in moment.patterns:
            for path in sorted(source.glob(pattern)):
                target = place / path.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        _git(place, "add", "--all")
        _git(place, "commit", "--quiet", "--message", moment.subject, date=moment.date)
        if moment.tag:
            _git(place, "tag", moment.tag)
    return place


def database(root: Path, notify: Callable[[str], None]) -> None:
    """Apply the sample's migrations, undo the last, apply it again; bring the ledger into the log.

    Args:
        root: of the sample.
        notify: told which server this is, and each step.

    Raises:
        MachineError: no PostgreSQL is to be had.
    """
    place = places.find(root)
    with places.target(place, "", notify) as target:
        for event in apply.apply(place.migrations, target):
            notify(f"applied {event.migration} in {event.duration_ms} ms")
        for event in rollback.rollback(place.migrations, target, reason="the demo shows the way"):
            notify(f"rolled back {event.migration} in {event.duration_ms} ms")
        for event in apply.apply(place.migrations, target):
            notify(f"applied {event.migration} again in {event.duration_ms} ms")
        history.export(root, place.settings.below("history.jsonl"), target, "demo")


def documents(place: Path) -> tuple[str, ...]:
    """Write the sample's documents; give their paths."""
    read = project.read(place)
    return generate.write(read, generate.plan(read))


def _sample() -> Path:
    """Find the sample: in the package, or above it in a checkout."""
    packed = _PACKAGE / "sample"
    return packed if packed.is_dir() else _PACKAGE.parents[1]


def _git(place: Path, *arguments: str, date: str = "") -> None:
    """Run git in the sample's folder."""
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
    try:
        subprocess.run(
            ["git", *arguments],  # noqa: S607 - the user's git is the one on the PATH
            cwd=place,
            env={**os.environ, **_AUTHOR, **dates},
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        raise MachineError("git is not installed", hint="install git 2.20 or newer.") from None
    except subprocess.CalledProcessError as error:
        text = error.stderr.decode(errors="replace").strip()
        raise MachineError(f"git {arguments[0]} failed: {text}") from None
