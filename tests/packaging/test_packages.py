"""Wheel and sdist: the same bytes from the same source, nothing missing, nothing of ours beside."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from building import MOMENT, build, tracked

if TYPE_CHECKING:
    from collections.abc import Iterable

# What the wheel holds beside the package's own files.
INSTALLED = {
    "share/bash-completion/completions/migdocs",
    "share/fish/vendor_completions.d/migdocs.fish",
    "share/man/man1/migdocs.1",
    "share/migdocs/completions/migdocs.ps1",
    "share/zsh/site-functions/_migdocs",
}
# What the sdist holds beside src/ and the sample's migrations.
SOURCE = {
    ".gitignore",
    "LICENSE",
    "PKG-INFO",
    "README.md",
    "docs/ACTIVITY_LOGGING_GUIDE.md",
    "hatch_build.py",
    "pyproject.toml",
    "tools/manual.py",
}
PROGRAM = Path(sys.executable).with_name("migdocs")


def digests(paths: Iterable[Path]) -> list[str]:
    """Give what tells two files apart."""
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


def test_the_same_source_gives_the_same_bytes(packages: tuple[Path, Path], tmp_path: Path) -> None:
    """Whoever builds a release again, elsewhere and later, gets what was published."""
    assert digests(build(tmp_path)) == digests(packages)


def test_the_wheel_holds_the_package_and_what_is_installed_beside_it(
    packages: tuple[Path, Path],
) -> None:
    """No test, no cache, no document of this repository."""
    with zipfile.ZipFile(packages[0]) as wheel:
        names = set(wheel.namelist())
    data = {re.sub(r"^[^/]+\.data/data/", "", name) for name in names if ".data/data/" in name}
    assert data == INSTALLED
    package = {name for name in names if name.startswith("migdocs/")}
    expected = {name.removeprefix("src/") for name in tracked() if name.startswith("src/")}
    sample = {f"migdocs/sample/{name}" for name in tracked() if name.startswith("migrations/")}
    assert package == expected | sample | {"migdocs/sample/docs/ACTIVITY_LOGGING_GUIDE.md"}


def test_the_sdist_holds_what_builds_the_wheel(packages: tuple[Path, Path], tmp_path: Path) -> None:
    """A wheel made of the sdist is the wheel."""
    with tarfile.open(packages[1]) as sdist:
        names = {member.name.partition("/")[2] for member in sdist.getmembers()}
    subprocess.run(["tar", "-xf", packages[1], "-C", tmp_path], check=True)
    kept = {name for name in names if not name.startswith(("src/migdocs/", "migrations/"))}
    assert kept == SOURCE
    (source,) = tmp_path.iterdir()
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", tmp_path]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": MOMENT}
    subprocess.run(command, cwd=source, env=environment, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert digests([wheel]) == digests([packages[0]])


@pytest.fixture(scope="session")
def unpacked(packages: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of what the wheel installs below the prefix."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(packages[0]) as wheel:
        wheel.extractall(folder)  # noqa: S202 - our own
    (data,) = folder.glob("*.data")
    return data / "data"


def test_the_manual_page_has_every_command_and_is_good_roff(unpacked: Path) -> None:
    """``man migdocs`` says what ``--help`` says, and troff has nothing to complain of."""
    page = unpacked / "share" / "man" / "man1" / "migdocs.1"
    command = ["groff", "-man", "-Tutf8", "-ww", "-P-cbou", page]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    shown = done.stdout.replace("\u2010", "-")
    for name in ("apply", "rollback", "verify", "upgrade", "doctor"):
        assert f"migdocs {name}" in shown
    assert "--dry-run" in shown
    assert "EXIT STATUS" in shown


def test_bash_completes_commands_and_options(unpacked: Path) -> None:
    """The installed script asks the installed program."""
    script = unpacked / "share" / "bash-completion" / "completions" / "migdocs"
    asked = (
        f'source "{script}"; COMP_WORDS=(migdocs roll); COMP_CWORD=1;'
        ' _migdocs_completion migdocs roll migdocs; echo "${COMPREPLY[@]}"'
    )
    environment = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", asked], env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["rollback"]


@pytest.mark.parametrize(
    ("line", "word", "answer"),
    [
        ("migdocs roll", "roll", "rollback"),
        ("migdocs rollback --la", "--la", "--last"),
        ("migdocs ", "", "apply"),
    ],
)
def test_powershell_is_answered_a_line_each(line: str, word: str, answer: str) -> None:
    """Kind, value and help, parted by tabs, as the script that the wheel installs reads them."""
    asked = {"_MIGDOCS_COMPLETE": "powershell_complete", "COMP_LINE": line, "COMP_WORD": word}
    done = subprocess.run(
        [PROGRAM],
        env={**os.environ, **asked},
        check=True,
        capture_output=True,
        text=True,
    )
    rows = [row.split("\t") for row in done.stdout.splitlines()]
    assert answer in [value for _, value, _ in rows]
    assert all(len(row) == 3 for row in rows)
