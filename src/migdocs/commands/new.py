"""Scaffold a new migration, in the project's own convention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.adapters import files, layouts
from migdocs.core import scaffold, template
from migdocs.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from migdocs.commands.project import Project


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
    contract = project.template or template.parse(
        project.settings.template_path, project.default_template
    )
    template.check_values(contract, fields)
    layout = layouts.layout_named(project.reading.layout)
    ids = [m.id for m in project.facts.history.migrations]
    id_ = layouts.next_id(layout, name, now, ids)
    draft = scaffold.draft(contract, id_, words.strip().capitalize(), f"{now:%Y-%m-%d}", fields)
    texts = layouts.lay(layout, project.settings.migrations, id_, draft.forward, draft.rollback)
    texts[layouts.notes_path(layout, project.settings.migrations, id_)] = draft.notes
    taken = sorted(set(texts) & project.files)
    if taken:
        raise UsageError("there is such a file already", path=taken[0], hint="choose another name.")
    return texts


def write(project: Project, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Write the new files: all, or none."""
    return files.write_all(project.root, texts)
