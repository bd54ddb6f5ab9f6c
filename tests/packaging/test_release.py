"""migdocs' own release: messages that make a change log, one command, nothing published."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from building import ROOT, tracked

if TYPE_CHECKING:
    from pathlib import Path

HOOK = ROOT / ".githooks" / "commit-msg"
GOOD = ("feat(apply): ask one gate", "fix!: read links", "docs: say it", "Merge branch 'x'")
BAD = ("Ask one gate", "feat:no blank", "feature: x", "feat(Apply): x", "")


@pytest.mark.parametrize("subject", [*GOOD, *BAD])
def test_the_hook_lets_only_conventional_commits_through(tmp_path: Path, subject: str) -> None:
    """The change log is made of them."""
    message = tmp_path / "message"
    message.write_text(f"# a comment of git's\n\n{subject}\n\nMore.\n" if subject else "# none\n")
    done = subprocess.run([HOOK, message], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (subject in GOOD), done.stderr


def test_a_release_is_committed_tagged_and_built(tmp_path: Path) -> None:
    """The version stands in one file; the log has a heading for it; nothing is pushed."""
    clone = tmp_path / "clone"
    git = ["git", "-C", clone]
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    for name in tracked():  # as they would be committed now
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_bytes((ROOT / name).read_bytes())
        (clone / name).chmod((ROOT / name).stat().st_mode)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "feat: a thing"], check=True)
    tool = [sys.executable, clone / "tools" / "release.py"]
    for wrong in ("soon", ""):
        assert subprocess.run([*tool, wrong], capture_output=True, check=False).returncode == 1
    subprocess.run([*tool, "9.8.7"], check=True, capture_output=True)
    asked = [*git, "tag", "--points-at", "HEAD"]
    assert subprocess.run(asked, check=True, capture_output=True, text=True).stdout == "v9.8.7\n"
    page = (clone / "docs" / "changelog.md").read_text(encoding="utf-8")
    assert "## v9.8.7" in page
    assert "a thing" in page
    (wheel,) = (clone / "dist").glob("migdocs-9.8.7-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        assert b'__version__ = "9.8.7"' in packed.read("migdocs/__init__.py")
    again = subprocess.run([*tool, "9.8.7"], capture_output=True, text=True, check=False)
    assert "is there already" in again.stderr
