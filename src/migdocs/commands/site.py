"""The site: write its pages, then let MkDocs build or serve them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from migdocs.adapters import files
from migdocs.commands import project as projects
from migdocs.commands.generate import flow_picture
from migdocs.core import render
from migdocs.core.errors import MachineError
from migdocs.core.page import TITLES, Place
from migdocs.core.settings import GUESTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FOLDER = "docs/database"


def write(root: Path) -> tuple[str, ...]:
    """Write the site's pages below ``docs/database``; give those whose bytes changed."""
    project = projects.read(root)
    pages = {name: f"{FOLDER}/{name}.md" for name in TITLES if name not in GUESTS}
    documents = render.documents(project.facts, Place(pages), pages)
    texts = {document.path: document.text for document in documents}
    texts[flow_picture(pages["flow"])] = render.flow_picture(project.facts)
    texts[f"{FOLDER}/.gitignore"] = "# Written by 'migdocs build' and 'migdocs serve'.\n*\n"
    return files.write_all(project.root, texts)


def watched(root: Path) -> tuple[Path, ...]:
    """List what the pages are made of: scripts, notes, template, settings, git's refs."""
    found = projects.settings(root)
    candidates = (
        found.root / found.settings.migrations,
        found.root / "migdocs.toml",
        found.root / ".git" / "refs",
        found.root / ".git" / "packed-refs",
        found.root / ".git" / "HEAD",
    )
    return tuple(path for path in candidates if path.exists())


def mkdocs(root: Path, arguments: Sequence[str]) -> int:
    """Run MkDocs in a project; give its exit code.

    Raises:
        MachineError: the project has no mkdocs.yml.
    """
    if not (root / "mkdocs.yml").is_file():
        raise MachineError(
            "there is no mkdocs.yml", hint="'migdocs init' writes one that shows the documents."
        )
    # Material's banner about its successor is for those who choose a theme, not for our readers.
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", *arguments]
    return subprocess.run(command, cwd=root, env=environment, check=False).returncode
