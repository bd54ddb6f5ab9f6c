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
