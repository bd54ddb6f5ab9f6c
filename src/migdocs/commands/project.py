"""Read a project: settings, files, git; what they mean is the core's to derive."""

from __future__ import annotations

import functools
import posixpath
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.adapters import config, files, held, layouts, repository, startup
from migdocs.adapters.state import cache
from migdocs.commands import git_history
from migdocs.core import notes
from migdocs.core.documents.log_page import Place
from migdocs.core.errors import InputError, raise_all
from migdocs.core.releases.tags import ReleaseTags
from migdocs.core.settings import DOCUMENTS, GUESTS
from migdocs.core.sources import Folder, Git, Sources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from migdocs.adapters.config import Found
    from migdocs.adapters.layouts import Layout, Reading
    from migdocs.adapters.repository import Repository
    from migdocs.core.facts import Facts
    from migdocs.core.model import Migration, Script
    from migdocs.core.releases.stamp import Stamp
    from migdocs.core.settings import Settings

# Parts a file's path from the name of one of several migrations in it; no path holds it.
_PART = "\n"
_EXAMPLE = "add_user_locale"
_EXAMPLE_TIME = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Project(Struct, frozen=True):
    """A project as read.

    Attributes:
        root: the folder of its settings.
        files: every file below it, from the root.
        git: what tells about the repository; None where there is none.
    """

    root: Path
    settings: Settings
    files: frozenset[str]
    reading: Reading
    layout: Layout
    git: Repository | None
    release_tags: ReleaseTags
    facts: Facts


def settings(start: Path) -> Found:
    """Find a project's root and settings from any folder in it."""
    return config.load(start)


def read(
    start: Path,
    stamped: Stamp | None = None,
    *,
    half: bool = False,
    without: frozenset[str] = frozenset(),
    log_alone: bool = False,
) -> Project:
    """Read the project around a folder.

    Args:
        start: the folder.
        stamped: what *Unreleased* is to be called; where it is None, the change log tells.
        half: whether scripts named in another convention are only findings: for those who tell
            what is wrong. For all others a part of the migrations is none.
        without: commits whose tags are to be passed over.
        log_alone: whether only a change log is to be made of it: nothing is judged.

    Raises:
        MigdocsError: something in it cannot be read; all of a kind are said together.
    """
    found = config.load(start)
    root, chosen = found.root, found.settings
    texts = files.texts(root, files.everything(root, chosen.migrations))
    reading = _read(texts, chosen)
    _refuse_doubles(reading)
    if not half:
        _refuse_half(reading)
    chosen = replace(chosen, notes=reading.convention.notes_folder)
    layout = layouts.followed(reading.convention, chosen.migrations, reading.migrations)
    git = repository.find(root)
    folder = _folder(reading, layout, chosen, _from_top(git, chosen.migrations))
    told = _git(git, chosen, folder, layout, without) if git else None
    sign = functools.partial(startup.sign, root, texts, chosen.migrations)
    sources = Sources(chosen, texts, folder, told, stamped, cache.Memory(root), sign)
    return Project(
        root,
        chosen,
        frozenset(texts),
        reading,
        layout,
        git,
        told.tags if told else ReleaseTags(),
        _derived(sources, log_alone=log_alone),
    )


def _derived(sources: Sources, *, log_alone: bool) -> Facts:
    """Derive the facts; what all of them need is slow to import, and not everybody's."""
    if log_alone:
        from migdocs.core import logged

        return logged.derive(sources)
    from migdocs.core.derive import derive

    return derive(sources)


def place(project: Project) -> Place:
    """Give where the repository's own documents stand; a guest's host may not be there."""
    documents = {
        name: path
        for name in DOCUMENTS
        if (path := project.settings.document(name)) and _is_due(name, project)
    }
    return Place(documents, project.files | frozenset(documents.values()), held.run)


def _is_due(name: str, project: Project) -> bool:
    """Tell whether a document is to be written: guests only where their file is there."""
    return name not in GUESTS or project.settings.document(name) in project.files


def default_template() -> str:
    """Give the template that a project without one starts from."""
    return resources.files("migdocs").joinpath("templates/TEMPLATE.md").read_text(encoding="utf-8")


def _git(
    git: Repository, chosen: Settings, there: Folder, layout: Layout, without: frozenset[str]
) -> Git:
    """Ask the repository; texts and edits are asked for when they are wanted."""
    folder = _from_top(git, chosen.migrations)
    unfold = functools.partial(_parts, layout, folder) if layout.unfold else None
    asked = git_history.Asked(chosen, folder, there.identify, unfold, without)
    release_tags, told = git_history.read(git, asked)
    return Git(
        told,
        release_tags,
        git.prefix,
        "" if chosen.forge else repository.remote(git),
        functools.partial(repository.blobs, git),
        functools.partial(repository.edits, git, folder),
        repository.mailmap(git.root),
        functools.partial(repository.wrote, git),
    )


def _folder(reading: Reading, layout: Layout, chosen: Settings, from_top: str) -> Folder:
    """Give the migrations folder as its layout reads it."""
    same = replace(chosen, layout=reading.layout, dialect=reading.convention.dialect)

    def read_again(texts: Mapping[str, str]) -> Sequence[Migration]:
        return _read(texts, same).migrations

    return Folder(
        reading.migrations,
        reading.findings,
        functools.cache(functools.partial(_identity, layout, from_top)),
        read_again,
        layouts.runner(layout, chosen.migrations),
        functools.partial(layouts.runner, layout),
        functools.partial(_example_files, layout, chosen),
        layout.recorded,
    )


def _read(texts: Mapping[str, str], chosen: Settings) -> Reading:
    """Read the migrations folder of a tree as the settings have it."""
    return layouts.read(
        texts,
        chosen.migrations,
        texts.__getitem__,
        chosen.layout,
        notes_folder=chosen.notes,
        dialect=chosen.dialect,
    )


def _from_top(git: Repository | None, folder: str) -> str:
    """Give a folder's path from the repository's top; settings may stand in a folder below it."""
    path = posixpath.normpath(posixpath.join(git.prefix if git else "", folder))
    return "" if path == "." else path


def _identity(layout: Layout, folder: str, path: str) -> tuple[str, str] | None:
    """Tell which part of which migration a path of git's is."""
    name, _, part = path.partition(_PART)
    identity = layout.identify(name, folder)
    return (identity.migration + part, identity.part) if identity else None


def _parts(layout: Layout, folder: str, path: str, text: str) -> dict[str, str]:
    """Tell what a file holds, each part by a path of its own: the first has the file's."""
    identity = layout.identify(path, folder)
    if identity is None or identity.part != "both" or layout.unfold is None:
        return {path: text}
    return {
        path + (_PART + name if name else ""): _words(halves.forward) + _words(halves.rollback)
        for name, halves in layout.unfold(path, notes.normalise(text))
    }


def _words(half: Script | None) -> str:
    """Give a half's text; empty lines at its ends come and go with what is written below it."""
    return half.text.strip() + "\n" if half else ""


def _example_files(layout: Layout, chosen: Settings, ids: Sequence[str]) -> tuple[str, ...]:
    """Name the files that a new migration would have here."""
    by_others = layout.naming.command.replace("{name}", _EXAMPLE) or layout.naming.by_hand
    if by_others or layout.name == "unknown":
        return (by_others,) if by_others else ()
    id_ = layouts.next_id(layout, _EXAMPLE, _EXAMPLE_TIME, ids)
    paths = layouts.lay(layout, chosen.migrations, id_, ("-", "-"))
    return tuple(dict.fromkeys((*paths, layouts.notes_path(layout, chosen.migrations, id_))))


def _refuse_doubles(reading: Reading) -> None:
    """Stop where two migrations have one id: nothing could be said of either."""
    for finding in reading.findings:
        if finding.rule == "duplicate-id":
            raise InputError(
                finding.message, path=finding.path, line=finding.line, hint=finding.hint
            )


def _refuse_half(reading: Reading) -> None:
    """Stop where scripts are named in another convention than the one that is read.

    Raises:
        InputError: one for each that would be left out.
    """
    parts = (part for m in reading.migrations for part in (m.forward, m.rollback))
    known = {part.path for part in parts if part}
    raise_all(
        InputError(f.message, path=f.path, line=f.line, hint=f.hint)
        for f in reading.findings
        if f.rule == "mixed-layouts" and f.path not in known
    )
