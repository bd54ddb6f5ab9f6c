"""Setting a project up, as the person who does it sees it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.scenarios.conftest import Workplace


def test_at_a_terminal_it_asks_once_before_it_writes(empty: Workplace) -> None:
    """What would be written stands there first; no means nothing, with exit code 1."""
    code, text = empty.typed("n\n", "init")
    assert code == 1
    assert "will write migdocs.toml: the settings" in text
    assert "Write this? [Y/n]" in text
    assert not empty.files()

    code, text = empty.typed("y\n", "init")
    assert code == 0
    assert {"migdocs.toml", "migrations/TEMPLATE.md", "Makefile"} <= empty.files().keys()


def test_nobody_is_asked_where_that_was_said_or_nobody_is_there(empty: Workplace) -> None:
    """``--yes`` and ``--no-input`` write at once, as does a run without a terminal."""
    code, text = empty.typed("", "init", "--yes")
    assert code == 0
    assert "wrote migdocs.toml" in text
    assert "[Y/n]" not in text
    written = empty.files()
    assert empty.typed("", "init", "--no-input")[0] == 0
    assert empty.migdocs("init").code == 0
    assert empty.files() == written


def test_the_shells_script_can_be_run_as_it_is(empty: Workplace) -> None:
    """From any folder, with the options of 'migdocs migrate'."""
    assert empty.migdocs("init", "--yes").code == 0
    script = empty.root / "scripts" / "migrate.sh"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [script, "--help"], cwd="/", env={"PATH": path}, capture_output=True, text=True, check=True
    )
    assert "migrate [OPTIONS]" in done.stdout


@pytest.mark.parametrize(
    ("remote", "name"),
    [("", "empty"), ("https://github.com/acme/shop.git", "shop"), ("/srv/git/shop.git", "empty")],
)
def test_a_project_is_called_as_its_forge_or_folder_is(
    empty: Workplace, remote: str, name: str
) -> None:
    """Not as the first heading of its README, which may be about anything."""
    empty.write("README.md", "# Legal\n\nText.\n")
    empty.write("migrations/20240101_users.sql", "CREATE TABLE users (id int);\n")
    empty.write("migrations/20240101_users_rollback.sql", "DROP TABLE users;\n")
    if remote:
        empty.git("remote", "add", "origin", remote)
    empty.migdocs("init", "--yes")
    assert f'name = "{name}"' in empty.read("migdocs.toml")


@pytest.fixture
def shop(empty: Workplace) -> Workplace:
    """Give an application that applies its migrations, and a change log that people keep."""
    for number, name in enumerate(("users", "orders"), 1):
        empty.write(f"migrations/00{number}_{name}.up.sql", f"CREATE TABLE {name} (id int);\n")
        empty.write(f"migrations/00{number}_{name}.down.sql", f"DROP TABLE {name};\n")
        empty.write("CHANGELOG.md", "# What is new\n\nMuch.\n")
        empty.commit(f"feat: {name}", tag=f"v{number}.0.0")
    return empty


def test_what_is_seen_is_said_and_set_and_the_documents_are_there(shop: Workplace) -> None:
    """One command; the one file that people wrote is left alone, and named."""
    shop.write("main.go", "package main\n\nfunc main() {\n\tm, err := migrate.New(a, b)\n}\n")
    done = shop.migdocs("init", "--yes", "--ci", "none")
    assert done.code == 0, done.err
    said = (
        "Applied by: the application, when it starts ('main.go:4' has 'm, err := migrate.New(a, b)'"
    )
    assert said in done.err
    assert (
        "Schema: private (no view, grant, notification or note shows another reader)." in done.err
    )
    assert "Written by hand, left alone: CHANGELOG.md." in done.err
    assert done.err.splitlines()[-1] == "Open this first: UPGRADE_GUIDE.md"
    assert 'applied_by = "application"' in shop.read("migdocs.toml")
    assert "schema" not in shop.read("migdocs.toml"), "it is found out anew each time"
    assert "migrate-up" not in shop.read("Makefile")
    assert "Start one instance of v2.0.0" in shop.read("UPGRADE_GUIDE.md")
    assert shop.read("CHANGELOG.md") == "# What is new\n\nMuch.\n"
    assert shop.migdocs("generate", "--check").code == 0


def test_a_person_is_asked_three_questions_at_most(shop: Workplace) -> None:
    """What was seen is proposed, and what is answered is set."""
    shop.write("Dockerfile", "FROM scratch\nCOPY migrations /migrations\n")
    code, text = shop.typed("image\ny\ny\n", "init", "--ci", "none")
    assert code == 0, text
    assert "But 'Dockerfile:2' has 'COPY migrations /migrations': does the image apply" in text
    assert text.count("?") == text.count("apply them?") + 3, text
    assert "runner (golang-migrate), application, image [runner]:" in text
    written = shop.read("migdocs.toml")
    assert 'applied_by = "image"' in written
    assert 'schema = "public"' in written
    assert "Open this first: UPGRADE_GUIDE.md" in text
