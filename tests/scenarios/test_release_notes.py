"""The text of a release for its page on a forge, and what a fork and a clone may change."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.scenarios.conftest import Workplace

from git_scenarios import draw, git

if TYPE_CHECKING:
    from pathlib import Path

DRAWING = """
main | feat: start            | "1.sql=CREATE TABLE a (id int, b int);"  | v1.0.0
main | feat: pages for @ada   | "2.sql=ALTER TABLE a DROP COLUMN b;"     |
main | chore: tidy            |                                          | v1.1.0
"""


def project(folder: Path) -> Workplace:
    """Give the project of the drawing, with its documents committed."""
    place = Workplace(draw(folder, DRAWING))
    (folder / "migdocs.toml").write_text('name = "App"\n', encoding="utf-8")
    git(folder, "remote", "add", "origin", "https://github.com/acme/app.git")
    assert place.migdocs("generate", "-q").code == 0
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "docs: generate")
    return place


def test_the_page_of_a_release_says_what_the_upgrade_means(tmp_path: Path) -> None:
    """What breaks, which locks, where nothing leads back; then what is new, and by whom."""
    place = project(tmp_path / "app")
    done = place.migdocs("changelog", "--release", "1.1.0", "--format", "forge")
    assert done.code == 0, done.err
    head, _, log = done.out.partition("## Added")
    assert "## Upgrade from v1.0.0" in head
    assert "| Breaking changes | **1**: `2` |" in head
    assert "ACCESS EXCLUSIVE" in head
    assert "| Point of no return | `2`: " in head
    assert "`@ada`" in log
    assert "And 1 internal change." in log
    assert "compare/v1.0.0...v1.1.0" in log
    assert "## Contributors\n\nAda" in log
    forge = ("changelog", "--release", "1.1.0", "--format", "forge")
    assert "Contributors" not in place.migdocs(*forge, "--no-contributors").out
    assert place.migdocs("changelog", "--format", "forge").code == 2
    assert place.migdocs("changelog", "--release", "9.9", "--format", "forge").code == 2


def test_the_documents_are_the_same_in_a_fork_and_after_the_next_commit(tmp_path: Path) -> None:
    """Another remote, no remote, a commit more: nothing of it stands in a document."""
    place = project(tmp_path / "app")
    (place.root / "code.txt").write_text("1\n", encoding="utf-8")
    git(place.root, "add", "--all")
    git(place.root, "commit", "--quiet", "-m", "fix: a line")
    assert place.migdocs("generate", "--check").code == 0
    git(place.root, "remote", "set-url", "origin", "git@github.com:me/app.git")
    assert place.migdocs("generate", "--check").code == 0
    git(place.root, "remote", "remove", "origin")
    assert place.migdocs("generate", "--check").code == 0


def test_a_clone_without_tags_is_refused(tmp_path: Path) -> None:
    """Like a shallow one: every release would be missing from the documents."""
    place = project(tmp_path / "app")
    clone = tmp_path / "clone"
    subprocess.run(
        ["git", "clone", "--quiet", "--no-tags", f"file://{place.root}", clone], check=True
    )
    done = Workplace(clone).migdocs("generate", "--check")
    assert done.code == 3
    assert "git fetch --tags" in done.err


def test_a_project_below_the_top_tells_its_own_commits(tmp_path: Path) -> None:
    """What only touches another folder is another project's, and counts up no version."""
    folder = draw(
        tmp_path / "mono",
        """
        main | feat: start          | "/api/migrations/1.sql=SELECT 1;" /web/x=1 | api/v1.0.0
        main | feat(web)!: new page | /web/x=2                                  |
        main | fix(api): a crash    | /api/y=1                                  |
        """,
    )
    (folder / "api" / "migdocs.toml").write_text("", encoding="utf-8")
    place = Workplace(folder / "api")
    told = place.migdocs("changelog", "--unreleased").out
    assert "a crash" in told
    assert "new page" not in told
    assert "v1.0.1 (patch)" in place.migdocs("release", "--dry-run").err
