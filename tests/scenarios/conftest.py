"""Whole commands, run as a user runs them, on projects with a history of their own."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from migdocs.commands import demo
from warm import Starter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STARTER = Starter()


@dataclass(frozen=True)
class Result:
    """What a command said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Workplace:
    """A project's folder, and the commands that are run in it."""

    root: Path

    def migdocs(self, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        """Run migdocs as a process of its own, without a terminal."""
        done = STARTER.run(arguments, self.root, {**os.environ, "NO_COLOR": "1", **(env or {})})
        out, err = done.stdout.decode(), done.stderr.decode()
        assert "Traceback" not in err, err
        return Result(done.returncode, out, err)

    def typed(
        self, answers: str, *arguments: str, env: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Run migdocs at a terminal of its own, and type the answers; give its code and text."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-m", "migdocs", *arguments],
            cwd=self.root,
            env={**os.environ, "NO_COLOR": "1", **(env or {})},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            close_fds=True,
        ) as process:
            os.close(theirs)
            os.write(ours, answers.encode())
            text = b""
            while select.select([ours], [], [], 20)[0]:
                try:
                    text += os.read(ours, 4096)
                except OSError:  # the other side was closed
                    break
            os.close(ours)
        return process.returncode, text.decode().replace("\r\n", "\n")

    def git(self, *arguments: str, date: str = "2026-01-01T00:00:00+00:00") -> str:
        """Run git with a pinned date."""
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**os.environ, **dates},
            check=True,
            capture_output=True,
        )
        return done.stdout.decode()

    def commit(self, subject: str, *, tag: str = "", date: str = "2026-01-01") -> None:
        """Commit everything, and tag it."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", subject, date=f"{date}T00:00:00+00:00")
        if tag:
            self.git("tag", tag)

    def write(self, path: str, text: str | bytes) -> Path:
        """Write a file, its folder too."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        return place

    def read(self, path: str) -> str:
        """Give a file's text, byte for byte."""
        return (self.root / path).read_bytes().decode()

    def files(self) -> dict[str, bytes]:
        """Give every file but git's, by path."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(self.root).parts
        }


@pytest.fixture(scope="session")
def _sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sample project once."""
    return demo.build(tmp_path_factory.mktemp("built") / "sample")


@pytest.fixture
def sample(_sample: Path, tmp_path: Path) -> Workplace:
    """Give the sample project: v1.0.0, v1.1.0, and two planned migrations; no documents yet."""
    return Workplace(shutil.copytree(_sample, tmp_path / "sample", symlinks=True))


@pytest.fixture
def empty(tmp_path: Path) -> Workplace:
    """Give a git repository with nothing in it."""
    root = tmp_path / "empty"
    root.mkdir()
    place = Workplace(root)
    place.git("init", "--quiet", "--initial-branch=main")
    return place


@pytest.fixture
def bare(tmp_path: Path) -> Workplace:
    """Give a folder that is no repository."""
    root = tmp_path / "bare"
    root.mkdir()
    return Workplace(root)
