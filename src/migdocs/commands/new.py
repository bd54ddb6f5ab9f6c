"""Scaffold a new migration, in the project's own convention."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.adapters import files, layouts
from migdocs.commands.project import default_template
from migdocs.core import notes
from migdocs.core.draft import completion, triple
from migdocs.core.errors import UsageError, raise_all
from migdocs.core.notes import scaffold, template

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from migdocs.commands.project import Project
    from migdocs.core.draft.triple import Content
    from migdocs.core.notes.template import Template, TemplateField


def of_draft(project: Project, place: Path) -> Content:
    """Read a forward script that somebody has drafted: what its triple can say already.

    Args:
        project: as read; its migrations are the schema that the script meets.
        place: of the draft, anywhere.

    Raises:
        InputError: something in it is no PostgreSQL, or no statement that can be sent to a server.
    """
    from migdocs.commands import drafted
    from migdocs.core.changes import touches

    read = drafted.read(project, place)
    changes = [effect.change for effect in read.effects]
    needs = touches.dependencies({**project.facts.sql.present, "": changes})[""]
    private = project.facts.audience.private
    return triple.content(
        triple.Read(read.text, read.before, read.effects, read.hazards, needs, private)
    )


def open_fields(
    project: Project, known: Mapping[str, str], content: Content | None = None
) -> tuple[TemplateField, ...]:
    """List the template's header fields that are neither known nor filled in by us."""
    filled = {notes.canonical(name) for name in (*known, *(content.fields if content else ()))}
    filled.add("date")
    return tuple(f for f in _contract(project).fields if notes.canonical(f.name) not in filled)


def plan(
    project: Project,
    words: str,
    now: datetime,
    fields: Mapping[str, str],
    content: Content | None = None,
) -> dict[str, str]:
    """Give the new files' texts by path; nothing is written.

    Args:
        project: as read.
        words: the name as typed.
        now: gives the date, and the id where the convention counts by the clock.
        fields: header values by the template's names.
        content: what a drafted script says already.

    Raises:
        UsageError: the name is no name, a value is not among the template's choices, or a file of
            that name is there already.
    """
    name = scaffold.name(words)
    contract = _contract(project)
    raise_all(template.refused(contract, fields))
    layout = project.layout
    ids = [m.id for m in project.facts.history.migrations]
    if not ids and project.settings.layout == "auto":
        _refuse_elsewhere(project.files)
    id_ = layouts.next_id(layout, name, now, ids)
    title = scaffold.title(words, project.settings.acronyms)
    made = scaffold.New(id_, title, f"{now:%Y-%m-%d}")
    draft = scaffold.draft(contract, made, fields, _unmarked(content))
    halves = (draft.forward, draft.rollback)
    newest = ids[-1] if ids else ""
    texts = layouts.lay(layout, project.settings.migrations, id_, halves, newest)
    path = layouts.notes_path(layout, project.settings.migrations, id_)
    texts[path] = _whole(contract, path, draft.notes, content)
    taken = sorted(set(texts) & project.files)
    if taken:
        raise UsageError("this file exists already", path=taken[0], hint="choose another name.")
    return texts


def _refuse_elsewhere(paths: frozenset[str]) -> None:
    """Refuse to start a folder where scripts that look like migrations are in another form."""
    here = tuple(paths)
    found = [one.folder for one in layouts.find_folders(here)]
    found += [posixpath.dirname(path) or "." for path in layouts.unrecognised(here)]
    if found:
        raise UsageError(
            f"what is in '{found[0]}' looks like migrations, and is not what is read here",
            hint="'migdocs init' sets the project up, or asks which convention it is.",
        )


def _unmarked(content: Content | None) -> Content | None:
    """Leave out what must not look as if a person had declared it."""
    if content is None or content.fields.get("breaking") != triple.PRIVATE:
        return content
    others = {name: value for name, value in content.fields.items() if name != "breaking"}
    return replace(content, fields=others)


def _whole(contract: Template, path: str, text: str, content: Content | None) -> str:
    """Give new notes with what is known of a drafted script and the template does not ask for."""
    return completion.complete(path, text, contract, content).text if content else text


def _contract(project: Project) -> Template:
    """Give the project's template, or the one that comes with migdocs."""
    return project.facts.template or template.parse("TEMPLATE.md", default_template())


def write(project: Project, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Write the new files: all, or none."""
    return files.write_all(project.root, texts)
