"""Say what to do next in a folder: as much as can be told without reading the migrations again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from migdocs.adapters import config, files
from migdocs.commands import freshness

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_HELP = "'migdocs --help' lists all commands."
_NAMED = 3  # migrations that a sentence names


def told(start: Path) -> tuple[str, ...]:
    """Give the lines that say how things are, and the command that comes next.

    Raises:
        MigdocsError: the settings cannot be read.
    """
    found = config.load(start)
    if folder := freshness.missing_folder(start):
        if found.source:
            return (
                f"{folder}/: there is no such folder, and the setting 'migrations' names it.",
                "Next: correct the setting, or 'migdocs new NAME' starts the folder.",
                _HELP,
            )
        return (
            "migdocs is not set up in this folder, and there is not a folder 'migrations'.",
            "Next: 'migdocs init' looks for your migrations; 'migdocs demo' shows a sample.",
            _HELP,
        )
    if found.source is None:
        said = "migdocs is not set up in this folder."
        return said, "Next: 'migdocs init' shows what it would write, and asks first.", _HELP
    return (*_of_project(start), _HELP)


def _of_project(start: Path) -> tuple[str, str]:
    """Say how a project is, and what comes next."""
    is_fresh, errors = freshness.known(start)
    if not is_fresh:
        return (
            "Something has changed since the documents were written.",
            "Next: 'migdocs generate' updates them.",
        )
    open_ones = [m for m in _migrations(start) if m.get("status") == "unreleased"]
    incomplete = [m for m in open_ones if not (m.get("rollback") and m.get("notes"))]
    if incomplete:
        return (
            f"Without a rollback or notes: {_named(incomplete)}.",
            "Next: 'migdocs fill' drafts what the SQL can tell.",
        )
    if errors is None:
        return "The documents are up to date.", "Next: 'migdocs check' looks for mistakes."
    if errors:
        count = "an error" if errors == 1 else f"{errors} errors"
        return f"'migdocs check' found {count}.", "Next: 'migdocs check' shows what to fix."
    if open_ones:
        return (
            f"Not released yet: {_named(open_ones)}.",
            "Next: 'migdocs verify' proves them, 'migdocs release' makes the release.",
        )
    return (
        "Everything is released and documented.",
        "Next: 'migdocs new NAME' starts a migration.",
    )


def _migrations(start: Path) -> Sequence[dict[str, Any]]:
    """Give the migrations as the data file has them, which is fresh; none where it is not ours."""
    found = config.load(start)
    path = found.settings.document("json")
    if not files.is_there(found.root, path):
        return ()
    try:
        data = json.loads(files.read(found.root, path))
        return [m for m in data["migrations"] if isinstance(m, dict)]
    except (ValueError, KeyError, TypeError):
        return ()


def _named(migrations: Sequence[dict[str, Any]]) -> str:
    """Name the first migrations of a list, and count the others."""
    names = [str(m.get("id")) for m in migrations]
    more = len(names) - _NAMED
    return ", ".join([*names[:_NAMED], *([f"and {more} more"] if more > 0 else [])])
