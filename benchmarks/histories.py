"""Make git histories of any size, in seconds: one ``git fast-import``, the same ids on every run.

The history is a busy project's: side branches that are merged, a migration now and then, a tag at
every release, and release branches that get back-ports.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SUBJECTS = (
    "feat(api): answer question {n}",
    "fix(store): close hole {n} (#{n})",
    "chore: tidy corner {n}",
    "Add page {n}",
    "docs: explain thing {n}",
    "refactor(core): move part {n}",
    "perf: read table {n} once",
    "fix: stop crash {n}",
)
_BODY = "\n\nIt was seen by a user and took a day to find.\n\nRefs: #{n}\n"
_BEGAN = 1_600_000_000  # seconds since 1970
_MERGED_EVERY = 25


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a history is.

    Attributes:
        commits: in all, merges included.
        tags: on the main line, evenly spread; every tenth release has a back-port of its own.
        migrations: forward scripts at the end.
    """

    commits: int
    tags: int
    migrations: int


LARGE = Shape(80_000, 1_000, 2_000)
WIDE = Shape(10_000, 200, 10_000)


def make(folder: Path, shape: Shape) -> Path:
    """Make a repository of this shape in an empty folder, with a work tree of its last commit."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", folder], check=True)
    with subprocess.Popen(
        ["git", "-C", folder, "fast-import", "--quiet"], stdin=subprocess.PIPE
    ) as importer:
        assert importer.stdin
        importer.stdin.writelines(line.encode() for line in _stream(shape))
        importer.stdin.close()
    assert importer.returncode == 0
    subprocess.run(["git", "-C", folder, "reset", "--quiet", "--hard", "main"], check=True)
    subprocess.run(["git", "-C", folder, "commit-graph", "write", "--reachable"], check=True)
    return folder


def _stream(shape: Shape) -> Iterator[str]:
    """Write the history in fast-import's language."""
    release = 0
    side = ""
    brought: list[tuple[str, str]] = []
    for n in range(1, shape.commits + 1):
        place = n % _MERGED_EVERY
        files = [(f"src/part{n % 97}/file{n % 13}.txt", f"{n}\n"), *_migrations(n, shape)]
        if place == _MERGED_EVERY - 2:
            side, brought = f"side{n}", files
            yield from _commit(side, n, files, parent="refs/heads/main")
        elif place == _MERGED_EVERY - 1 and side:
            yield from _commit(
                "main", n, [*brought, *files], subject=f"Merge branch '{side}'", merges=side
            )
        else:
            yield from _commit("main", n, files)
        if n * shape.tags // shape.commits > release:
            release += 1
            yield from _tag(f"v1.{release}.0", "refs/heads/main", n)
            if release % 10 == 0:
                fix = [(f"src/fix{release}.txt", f"{n}\n")]
                branch = f"1.{release}.x"
                yield from _commit(branch, n, fix, parent="refs/heads/main")
                yield from _tag(f"v1.{release}.1", f"refs/heads/{branch}", n)


def _migrations(n: int, shape: Shape) -> list[tuple[str, str]]:
    """Give the files of the migrations that a commit adds."""
    first, last = ((i * shape.migrations) // shape.commits for i in (n - 1, n))
    stems = [f"migrations/{20200101 + i}_change_{i}" for i in range(first, last)]
    return [
        pair
        for stem in stems
        for pair in (
            (f"{stem}.sql", f"ALTER TABLE a ADD COLUMN c{n} text;\n"),
            (f"{stem}_rollback.sql", f"ALTER TABLE a DROP COLUMN c{n};\n"),
        )
    ]


def _commit(  # noqa: PLR0913 - what a commit is made of
    branch: str,
    n: int,
    files: list[tuple[str, str]],
    *,
    subject: str = "",
    parent: str = "",
    merges: str = "",
) -> Iterator[str]:
    """Write one commit."""
    text = (subject or _SUBJECTS[n % len(_SUBJECTS)]).format(n=n)
    message = text + (_BODY.format(n=n) if n % 3 == 0 else "\n")
    who = f"Author {n % 40} <author{n % 40}@example.org> {_BEGAN + n * 60} +0000"
    yield f"commit refs/heads/{branch}\nauthor {who}\ncommitter {who}\n"
    yield f"data {len(message)}\n{message}\n"
    yield f"from {parent}\n" if parent else ""
    yield f"merge refs/heads/{merges}\n" if merges else ""
    for path, text in files:
        yield f"M 100644 inline {path}\ndata {len(text)}\n{text}\n"


def _tag(name: str, branch: str, n: int) -> Iterator[str]:
    """Write one annotated tag."""
    tagger = f"Author 0 <author0@example.org> {_BEGAN + n * 60} +0000"
    yield f"tag {name}\nfrom {branch}\ntagger {tagger}\ndata {len(name)}\n{name}\n"
