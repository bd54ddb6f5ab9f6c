"""The guide from one version to another, as Markdown, JSON or a shell script."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from migdocs.commands.project import place
from migdocs.core import shaped
from migdocs.core.documents import render, shapes
from migdocs.core.errors import InputError, UsageError
from migdocs.core.upgrade import guide as upgrade_guide
from migdocs.core.upgrade import routes
from migdocs.core.upgrade import shell as upgrade_shell

if TYPE_CHECKING:
    from migdocs.commands.project import Project
    from migdocs.core.upgrade.guide import Guide
    from migdocs.core.upgrade.ways import Start

FORMATS = ("markdown", "json", "shell")


def guide(project: Project, before: str | Start, after: str) -> Guide:
    """Put the guide together; one that is refused says why."""
    return upgrade_guide.guide(project.facts, routes.route(project.facts, before, after))


def from_applied(project: Project, text: str, place: str) -> Start:
    """Read what a database has applied: ids, one a line, or the JSON of ``migdocs status``.

    Raises:
        InputError: it is neither.
        UsageError: an id is no migration's of this project.
    """
    ids = _ids(text, place)
    unknown = [id_ for id_ in ids if id_ not in project.facts.entries]
    if unknown:
        raise UsageError(
            f"'{unknown[0]}' is not a migration of this project",
            path=place,
            hint="'migdocs list' names them; give one id a line.",
        )
    return routes.from_applied(project.facts.history, ids)


def formatted(project: Project, found: Guide, form: str) -> str:
    """Give a guide in one of ``FORMATS``."""
    if form == "json":
        return json.dumps(shape(found), indent=2, ensure_ascii=False) + "\n"
    if form == "shell":
        return upgrade_shell.script(found)
    return render.upgrade_pair(project.facts, place(project), found)


def shape(found: Guide) -> dict[str, Any]:
    """Give the JSON shape, with its schema's version."""
    return {"schema_version": 1, **shapes.upgrade(found)}


def _ids(text: str, place: str) -> list[str]:
    """Read ids from lines or from JSON."""
    if not text.lstrip().startswith(("{", "[")):
        return [line.strip() for line in text.splitlines() if line.strip()]
    hint = "Give one id a line, or the output of 'migdocs status --json'."
    data = shaped.document(text, place, hint)
    ids = data.get("applied") if isinstance(data, dict) else data
    if not isinstance(ids, list):
        raise InputError("'applied' is not a list of migrations", path=place, hint=hint)
    found = []
    for number, item in enumerate(ids, 1):
        name = item.get("migration") if isinstance(item, dict) else item
        if not isinstance(name, str):
            raise InputError(f"entry {number} names no migration", path=place, hint=hint)
        found.append(name)
    return found
