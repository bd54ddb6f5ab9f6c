"""Scaffold a new migration, in the project's own convention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.adapters import files, layouts
from migdocs.commands.project import default_template
from migdocs.core import notes
from migdocs.core.errors import UsageError, raise_all
from migdocs.core.notes import scaffold, template

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from migdocs.commands.project import Project
    from migdocs.core.notes.template import Template, TemplateField


def open_fields(project: Project, known: Mapping[str, str]) -> tuple[TemplateField, ...]:
    """List the template's header fields that are neither known nor filled in by us."""
    filled = {notes.canonical(name) for name in known} | {"date"}
    return tuple(f for f in _contract(project).fields if notes.canonical(f.name) not in filled)


def plan(project: Project, words: str, now: datetime, fields: Mapping[str, str]) -> dict[str, str]:
    """Give the new files' texts by path; nothing is written.

    Args:
        project: as read.
        words: the name as typed.
        now: gives the date, and the id where the convention counts by the clock.
        fields: header values by the template's names.

    Raises:
        UsageError: the name is no name, a value is not among the template's choices, or a file of
            that name is there already.
    """
    name = scaffold.name(words)
    contract = _contract(project)
    raise_all(template.refused(contract, fields))
    layout = project.layout
    ids = [m.id for m in project.facts.history.migrations]
    id_ = layouts.next_id(layout, name, now, ids)
    draft = scaffold.draft(contract, id_, scaffold.title(words), f"{now:%Y-%m-%d}", fields)
    texts = layouts.lay(layout, project.settings.migrations, id_, draft.forward, draft.rollback)
    texts[layouts.notes_path(layout, project.settings.migrations, id_)] = draft.notes
    taken = sorted(set(texts) & project.files)
    if taken:
        raise UsageError("there is such a file already", path=taken[0], hint="choose another name.")
    return texts


def _contract(project: Project) -> Template:
    """Give the project's template, or the one that comes with migdocs."""
    return project.template or template.parse("TEMPLATE.md", default_template())


def write(project: Project, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Write the new files: all, or none."""
    return files.write_all(project.root, texts)
