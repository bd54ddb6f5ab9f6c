"""The tutorial does what it says: every command of it is run, in order, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migdocs.adapters import sandbox

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"


def commands(text: str) -> str:
    """Give the shell blocks of a page as one script that stops at the first error."""
    blocks = re.findall(r"^(`{3,})sh\n(.*?)^\1$", text, re.MULTILINE | re.DOTALL)
    return "set -eu\n" + "\n".join(body for _, body in blocks)


def test_every_command_of_the_tutorial_works(tmp_path: Path, postgres: sandbox.Server) -> None:
    """From a folder of SQL to a site, with a database of its own."""
    programs = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "-c", commands(TUTORIAL.read_text(encoding="utf-8"))],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "DATABASE_URL": postgres.create_database("tutorial"),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert done.returncode == 0, said
    assert "Upgrade v1.0.0 to v1.1.0" in said
    assert "stop it first" in (tmp_path / "notebook/BREAKING_CHANGES.md").read_text()
    assert "A better name for the text" in (tmp_path / "notebook/CHANGELOG.md").read_text()
    assert (tmp_path / "notebook/site/database/upgrade/index.html").exists()
