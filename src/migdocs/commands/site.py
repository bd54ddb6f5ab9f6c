"""The site: write its pages, then let MkDocs build or serve them."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import resources
from typing import TYPE_CHECKING

from migdocs.adapters import files
from migdocs.commands import project as projects
from migdocs.core import site
from migdocs.core.errors import MachineError
from migdocs.core.site.places import FOLDER

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

# Files of the package that the site needs as they are.
_ASSETS = {
    "migdocs.js": "assets/migdocs.js",
    "migdocs.css": "assets/migdocs.css",
    "migrations.schema.json": "migrations.schema.json",
}
_IGNORE = "# Written by 'migdocs build' and 'migdocs serve'.\n*\n"


def write(root: Path) -> tuple[str, ...]:
    """Write the site's pages below ``docs/database``; give those whose bytes changed.

    What was written there before and belongs to nothing any more is removed.
    """
    project = projects.read(root)
    texts = site.files(project.facts, project.facts.sql, project.files)
    for name, path in _ASSETS.items():
        asset = resources.files("migdocs").joinpath(f"assets/{name}")
        texts[f"{FOLDER}/{path}"] = asset.read_text(encoding="utf-8")
    texts[f"{FOLDER}/.gitignore"] = _IGNORE
    written = files.write_all(project.root, texts)
    return (*written, *_cleared(project.root, texts.keys()))


def _cleared(root: Path, wanted: Collection[str]) -> tuple[str, ...]:
    """Remove the pages of what is gone; only where the folder is marked as ours."""
    left = [path for path in files.walk(root, FOLDER) if path not in wanted]
    if files.read(root, f"{FOLDER}/.gitignore") != _IGNORE:
        return ()
    files.remove(root, left)
    return tuple(left)


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
