"""Evidence that somebody wrote into the file turns no check green."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("postgres")

ADDS = ("CREATE TABLE users (id int PRIMARY KEY);\n", "DROP TABLE users;\n")
HARMS = ("ALTER TABLE users ADD age int;\n", "SELECT 1;\n")  # its rollback brings nothing back


def git(root: Path, *arguments: str) -> None:
    """Run git in a folder."""
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


def commit(root: Path, id_: str, pair: tuple[str, str]) -> None:
    """Commit one migration, with whatever else there is."""
    for ending, text in zip((".up.sql", ".down.sql"), pair, strict=True):
        (root / "migrations" / f"{id_}{ending}").write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-qm", id_)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a project whose main branch holds one migration with its evidence."""
    monkeypatch.setenv("MIGDOCS_STATE_DIR", str(tmp_path / "mine"))
    root = tmp_path / "project"
    (root / "migrations").mkdir(parents=True)
    (root / "migdocs.toml").write_text('migrations = "migrations"\nlayout = "golang-migrate"\n')
    git(root, "init", "-q", "-b", "main")
    monkeypatch.chdir(root)
    commit(root, "001_users", ADDS)
    assert run("verify", "-q") == 0
    git(root, "add", "-A")
    git(root, "commit", "-qm", "evidence")
    return root


def migdocs(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run migdocs in the folder that the test is in."""
    command = [sys.executable, "-m", "migdocs", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def run(*arguments: str) -> int:
    """Run migdocs, and give its exit code."""
    return migdocs(*arguments).returncode


def unproved(*arguments: str) -> list[str]:
    """List what the check says about evidence."""
    done = migdocs("check", "--json", "--require-evidence", *arguments)
    found = json.loads(done.stdout)
    assert "findings" in found, done.stdout
    rules = [item["rule"] for item in found["findings"]]
    return [rule for rule in rules if rule in {"no-evidence", "evidence-against"}]


def forged(root: Path) -> None:
    """Write into the file that a migration with a bad rollback is fine, and commit it."""
    assert run("verify", "-q") == 1
    path = root / "migrations" / "evidence.json"
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        if "002_age" in line:
            entry = json.loads(line.rstrip(","))
            entry = {k: v for k, v in entry.items() if k not in {"differences", "verdict"}}
            lines[number] = json.dumps({**entry, "verdict": "exact"}) + ","
    path.write_text("\n".join(lines) + "\n")
    git(root, "commit", "-qam", "evidence")


def test_what_main_holds_is_believed_and_what_a_branch_writes_is_not(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forged entry is no evidence; the run tries the scripts, and then the check knows."""
    assert unproved() == []
    git(project, "checkout", "-qb", "feature")
    commit(project, "002_age", HARMS)
    forged(project)
    monkeypatch.setenv("MIGDOCS_STATE_DIR", str(tmp_path / "another-machine"))
    assert unproved() == ["no-evidence"]
    assert run("verify", "-q") == 1
    assert unproved() == ["evidence-against"]


def test_what_was_seen_here_is_not_tried_again(project: Path) -> None:
    """A branch's own evidence is believed where it was made."""
    git(project, "checkout", "-qb", "feature")
    commit(
        project, "002_age", ("ALTER TABLE users ADD age int;\n", "ALTER TABLE users DROP age;\n")
    )
    assert run("verify", "-q") == 0
    git(project, "add", "-A")
    git(project, "commit", "-qm", "evidence")
    assert unproved() == []
    assert "0 tried" in migdocs("verify").stderr


def test_a_base_that_is_none_is_an_error(project: Path) -> None:
    """Nothing is believed by mistake."""
    assert (project / "migrations").is_dir()
    assert run("verify", "--base", "nowhere") == 2
    assert run("check", "--require-evidence", "--base", "--all") == 2
