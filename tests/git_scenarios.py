"""Histories as drawings: one line of text is one commit of a real git repository.

::

    main               | feat: sign in         | +1.sql +2.sql     | v1.0.0
    main               | feat: pages           | 2.sql=SELECT 2;   |
    1.0.x from v1.0.0  | fix: a page           | -1.sql            | v1.0.1 *v1.0.2-rc.1
    main               | pick fix: a page      |                   |
    main               | revert feat: pages    |                   |
    main               | merge 1.0.x           |                   | v1.1.0

The columns are the branch (with where it starts), the subject, the files and the tags. ``+x`` adds
a file whose text is its name, ``x=text`` writes one, ``-x`` removes one, ``x>y`` moves one; files
are below ``migrations/`` unless they begin with a slash. ``*v1`` is an annotated tag. A subject may
begin with ``merge``, ``squash``, ``pick`` (cherry-pick -x), ``copy`` (without -x) or ``revert``.
Each commit is a day after the one before, from 2026-01-01 on.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    """One line of a drawing."""

    branch: str
    start: str
    subject: str
    files: tuple[str, ...]
    tags: tuple[str, ...]


def draw(folder: Path, drawing: str) -> Path:
    """Make the repository that a drawing shows; its first branch is checked out at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=nothing")
    lines = list(_read(drawing))
    for number, line in enumerate(lines):
        _commit(folder, line, _FIRST_DAY + timedelta(days=number))
    if lines:
        git(folder, "switch", "--quiet", lines[0].branch)
    return folder


def git(folder: Path, *arguments: str, day: datetime = _FIRST_DAY, stdin: bytes = b"") -> str:
    """Run git at a pinned time and give what it says."""
    when = {"GIT_AUTHOR_DATE": day.isoformat(), "GIT_COMMITTER_DATE": day.isoformat()}
    done = subprocess.run(
        ["git", "-C", folder, *arguments],
        env={**os.environ, **when, "GIT_EDITOR": "true"},
        input=stdin,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode(errors="replace")


def _read(drawing: str) -> Iterator[Line]:
    """Read the lines of a drawing; cells that are left out are empty."""
    for text in filter(str.strip, drawing.splitlines()):
        branch, subject, files, tags = ([cell.strip() for cell in text.split("|")] + [""] * 3)[:4]
        name, _, start = branch.partition(" from ")
        yield Line(name, start, subject, tuple(shlex.split(files)), tuple(tags.split()))


def _commit(folder: Path, line: Line, day: datetime) -> None:
    """Make one commit and its tags."""
    _switch(folder, line)
    verb, _, rest = line.subject.partition(" ")
    if verb in _VERBS:
        target = rest if verb in {"merge", "squash"} else _named(folder, rest)
        git(folder, *_VERBS[verb], target, day=day)
    for word in line.files:
        _change(folder, word)
    git(folder, "add", "--all")
    if verb not in _VERBS or verb == "squash":
        git(folder, "commit", "--quiet", "--allow-empty", "-m", line.subject, day=day)
    for tag in line.tags:
        annotated = ("-a", "-m", tag[1:]) if tag.startswith("*") else ()
        git(folder, "tag", *annotated, tag.removeprefix("*"), day=day)


# What a subject's first word does → git's arguments, which a branch or a commit follows.
_VERBS = {
    "merge": ("merge", "--quiet", "--no-ff", "--no-edit", "-X", "theirs"),
    "squash": ("merge", "--quiet", "--squash", "-X", "theirs"),
    "pick": ("cherry-pick", "-x"),
    "copy": ("cherry-pick",),
    "revert": ("revert", "--no-edit"),
}


def _switch(folder: Path, line: Line) -> None:
    """Go to a line's branch; one that does not exist yet starts where it says, or with nothing."""
    exists = git(folder, "branch", "--list", line.branch).strip()
    if exists:
        git(folder, "switch", "--quiet", line.branch)
    elif line.start:
        git(folder, "switch", "--quiet", "-c", line.branch, line.start)
    else:
        git(folder, "switch", "--quiet", "--orphan", line.branch)


def _named(folder: Path, subject: str) -> str:
    """Find the newest commit with a subject."""
    for entry in git(folder, "log", "--all", "--format=%H %s").splitlines():
        id_, _, text = entry.partition(" ")
        if text == subject:
            return id_
    raise AssertionError(f"no commit says '{subject}'")


def _change(folder: Path, word: str) -> None:
    """Change the files as one word of a drawing says."""
    if word.startswith("+"):
        _write(_place(folder, word[1:]), f"-- {word[1:]}\n")
    elif word.startswith("-"):
        _place(folder, word[1:]).unlink()
    elif "=" in word:
        name, _, text = word.partition("=")
        _write(_place(folder, name), f"{text}\n")
    else:
        old, _, new = word.partition(">")
        target = _place(folder, new)
        target.parent.mkdir(parents=True, exist_ok=True)
        _place(folder, old).rename(target)


def _place(folder: Path, name: str) -> Path:
    """Give a file's path."""
    return folder / (name.removeprefix("/") if name.startswith("/") else f"migrations/{name}")


def _write(path: Path, text: str) -> None:
    """Write a file, its folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
