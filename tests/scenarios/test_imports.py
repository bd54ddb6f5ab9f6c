"""What a command may import: it starts no more than it is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

HAZARDS, PARSER, JINJA, DRIVER = "migdocs.core.hazards", "google.protobuf", "jinja2", "psycopg"
DOCUMENTS, DATABASE = "migdocs.core.documents", "migdocs.adapters.database"
SITE, PROOF = "migdocs.core.site", "migdocs.core.proof"
# Command → what it does not import where nothing has changed since the last `generate`.
UNASKED = {
    "generate": (HAZARDS, PARSER, JINJA, DRIVER, DOCUMENTS, DATABASE, SITE, PROOF),
    "check": (HAZARDS, PARSER, DRIVER, DATABASE),
    "changelog": (HAZARDS, PARSER, DRIVER, DATABASE, SITE, PROOF),
    "status": (HAZARDS, PARSER, JINJA, DOCUMENTS, SITE, PROOF),
}
RUN = """
import sys
from migdocs.cli.main import main
try:
    main()
finally:
    with open({!r}, "w") as listing:
        listing.write("\\n".join(sys.modules))
"""


def imported(root: Path, *arguments: str, cache: str = "cache") -> set[str]:
    """Run a command in a folder; name every module that it imported, the library's own too."""
    listing = root.parent / "modules"
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(str(listing)), *arguments],
        cwd=root,
        env={**os.environ, "XDG_CACHE_HOME": str(root.parent / cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return set(listing.read_text().split())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a repository with one migration, whose documents are up to date."""
    root = tmp_path / "project"
    (root / "migrations").mkdir(parents=True)
    (root / "migrations/001_users.sql").write_text("CREATE TABLE users (id bigint PRIMARY KEY);\n")
    author = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
    for words in (["init", "-q"], ["add", "."], [*author, "commit", "-q", "-m", "feat: users"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    first = imported(root, "generate")
    assert {HAZARDS, PARSER, JINJA, DOCUMENTS} <= first, "what a first run needs is seen at all"
    return root


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_imports_click_and_the_command_line_alone(tmp_path: Path, option: str) -> None:
    """It shows words; nothing that reads or decides is loaded for that."""
    (tmp_path / "empty").mkdir()
    found = imported(tmp_path / "empty", option)
    assert found.isdisjoint({"json", "secrets", "msgspec", "dataclasses", "subprocess"})
    ours = {name for name in found if name.startswith("migdocs.")}
    allowed = {"main", "output", "progress"}
    assert ours <= {"migdocs.cli", "migdocs.core", "migdocs.core.errors"} | {
        f"migdocs.cli.{name}" for name in allowed
    }


@pytest.mark.parametrize("command", ["generate", "check", "changelog"])
def test_a_command_imports_only_what_it_is_asked_for(project: Path, command: str) -> None:
    """Where nothing has changed, nothing is judged, parsed or rendered again."""
    assert imported(project, command).isdisjoint(UNASKED[command])
    if command == "changelog":  # asked for the first time: told of what is remembered of scripts
        assert imported(project, command, "--unreleased").isdisjoint(UNASKED[command])


def test_a_first_change_log_judges_nothing(project: Path) -> None:
    """It reads the scripts and the commits; nothing is known yet, and nothing else is asked."""
    found = imported(project, "changelog", cache="another")
    assert {PARSER, JINJA} <= found
    assert found.isdisjoint({HAZARDS, DRIVER, DATABASE, SITE, PROOF})
    assert found.isdisjoint({"migdocs.core.upgrade", "migdocs.core.flow", "migdocs.core.reversals"})


def test_status_imports_nothing_of_documents(project: Path, database: str) -> None:
    """It compares the files with the tracking table, and renders nothing."""
    found = imported(project, "status", "--database-url", database)
    assert DATABASE in found
    assert found.isdisjoint(UNASKED["status"])
