"""Write the documents, or say which are stale; users' bytes stay."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from migdocs.adapters import files
from migdocs.commands.project import place
from migdocs.core.changelog import adopting, inlaid
from migdocs.core.documents import render, shapes
from migdocs.core.documents.log_page import TITLES
from migdocs.core.documents.page import Page
from migdocs.core.errors import InputError, SeveralErrors, UsageError, raise_all
from migdocs.core.markup import regions
from migdocs.core.model import Document
from migdocs.core.settings import DOCUMENTS, GUESTS, picture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migdocs.commands.project import Project
    from migdocs.core.documents.log_page import Place
    from migdocs.core.facts import Facts

# By these a file is known that is wholly ours.
_OURS = ('"generator": "migdocs"', 'class="migdocs-drawing"')


class Generated(Struct, frozen=True):
    """What a run would write, or wrote.

    Attributes:
        before: path → the file's text, None where there is none yet.
        after: path → its text with our parts up to date.
        unadopted: files that people wrote and that have no region of ours: left alone.
        foreign: files that stand where a whole file of ours would, and that we did not write.
        adopted: people's file → what is put into it, and where.
    """

    before: dict[str, str | None]
    after: dict[str, str]
    unadopted: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    adopted: Mapping[str, str] = field(default_factory=dict)

    @property
    def stale(self) -> tuple[str, ...]:
        """The files whose bytes would change."""
        return tuple(path for path, text in self.after.items() if text != self.before[path])

    def diff(self) -> str:
        """Give a unified diff of all that would change."""
        return "".join(
            line if line.endswith("\n") else f"{line}\n"
            for path in self.stale
            for line in difflib.unified_diff(
                (self.before[path] or "").splitlines(keepends=True),
                self.after[path].splitlines(keepends=True),
                path if self.before[path] is not None else "/dev/null",
                path,
            )
        )


def plan(project: Project, names: Sequence[str] = (), *, adopt: bool = False) -> Generated:
    """Render the documents and lay them into their files' texts; nothing is written.

    Args:
        project: as read.
        names: of documents; none means all.
        adopt: put a region into files that people wrote, and keep their text below it.

    Raises:
        UsageError: a name is no document's.
        InputError: a region is broken, or there are no migrations.
    """
    raise_all(
        UsageError(f"'{n}' is not a document", hint=f"documents: {', '.join(DOCUMENTS)}.")
        for n in names
        if n not in DOCUMENTS
    )
    there = place(project)
    wanted = [
        name for name in DOCUMENTS if (not names or name in names) and there.documents.get(name)
    ]
    if not project.facts.entries and not GUESTS.issuperset(wanted):
        raise _no_migrations(project)
    documents = _rendered(project.facts, there, wanted)
    laid = _laid(project, documents, adopt=adopt)
    return with_parts(project, laid) if "changelog" in wanted else laid


def with_parts(project: Project, generated: Generated) -> Generated:
    """Put what each release does to the database into people's change log, if they ask for it."""
    path = project.settings.document("changelog")
    if path not in generated.after:
        return generated
    wanted = project.settings.adopted_log == "sections"
    bodies = render.told_by_hand(project.facts, place(project)) if wanted else {}
    text = inlaid.lay(generated.after[path], bodies, path)
    return replace(generated, after={**generated.after, path: text})


def _no_migrations(project: Project) -> InputError:
    """Build the error about a project with nothing to write about."""
    folder = project.settings.migrations
    is_there = files.is_there(project.root, folder)
    return InputError(
        "there are no migrations in this folder" if is_there else "there is no such folder",
        path=folder,
        hint="'migdocs new NAME' starts one. Where they lie elsewhere, set 'migrations' in"
        " migdocs.toml; 'migdocs init' finds them.",
    )


def _laid(project: Project, documents: Sequence[Document], *, adopt: bool) -> Generated:
    """Lay documents into their files' texts; several may stand in one file."""
    paths = dict.fromkeys(document.path for document in documents)
    present = files.read_all(project.root, [path for path in paths if path in project.files])
    before = {path: present.get(path) for path in paths}
    after: dict[str, str] = {}
    left: dict[str, str] = {}
    adopted: dict[str, str] = {}
    errors: dict[str, InputError | SeveralErrors] = {}
    for document in documents:
        path = document.path
        try:
            merged = _merged(after.get(path, before[path]), document, new=before[path] is None)
            if merged is None and adopt and document.name and document.name not in GUESTS:
                text = after.get(path) or before[path] or ""
                merged = _put(text, document, project)
                adopted[path] = _what_is_put(document, text, project)
        except (InputError, SeveralErrors) as error:
            errors[path] = error
            continue
        if merged is not None:
            after[path] = merged
        elif document.name not in GUESTS:
            left[path] = document.name
    raise_all(errors.values())
    unadopted = tuple(path for path, name in left.items() if name)
    foreign = tuple(path for path in left if not left[path])
    return Generated(before, after, unadopted, foreign, adopted)


# Setting 'adopted_log' → what is put into a change log that people wrote.
_PUT = {
    "from_now": "{what} {where}",
    "sections": "{what} {where}, and what each does to the database into your sections",
    "below": "the releases that you passed over, and every migration, below your text",
}


def _put(text: str, document: Document, project: Project) -> str:
    """Put a document's region into a file that people wrote."""
    if document.name != "changelog":
        return regions.adopt(text, *_named(document))
    if is_below(document.name, project):
        return regions.append(text, *_named(document))
    return adopting.put(text, *_named(document), document.path)


def _what_is_put(document: Document, text: str, project: Project) -> str:
    """Say what goes into a file that people wrote, and where."""
    if document.name != "changelog":
        return "a region of migdocs above your text"
    page = Page("changelog", project.facts, place(project))
    told = [release.version for release in project.facts.released() if page.is_told(release)]
    what = f"the releases after {told[-1]}" if told else "the releases"
    where = adopting.spot(text, document.path)
    return _PUT[project.settings.adopted_log].format(what=what, where=where)


def is_below(name: str, project: Project) -> bool:
    """Tell whether a document's region is put under what people wrote."""
    return name == "changelog" and project.settings.adopted_log == "below"


def _named(document: Document) -> tuple[str, str]:
    """Give a region's name and its inside."""
    return document.name, document.text


def _merged(before: str | None, document: Document, *, new: bool) -> str | None:
    """Lay a document into a file's text; None where the file is somebody's.

    Args:
        before: the text, None where there is none.
        document: what to lay.
        new: the file is written by this run, so a second region goes below the first.
    """
    if not document.name:
        ours = not (before or "").strip() or any(mark in (before or "")[:400] for mark in _OURS)
        return document.text if ours else None
    if before is None:
        return regions.wrap(*_named(document))
    replaced = regions.replace(before, *_named(document), document.path)
    return regions.append(before, *_named(document)) if replaced is None and new else replaced


def write(project: Project, generated: Generated) -> tuple[str, ...]:
    """Write what changed: all of it, or nothing. Give the paths written."""
    return files.write_all(project.root, generated.after)


def _rendered(facts: Facts, there: Place, wanted: Sequence[str]) -> list[Document]:
    """Render the documents; one that is a whole file of ours has no name."""
    documents = list(render.documents(facts, there, [name for name in wanted if name in TITLES]))
    if "flow" in wanted:
        path = picture(there.documents["flow"])
        documents.append(Document("", path, render.flow_picture(facts)))
    if "json" in wanted:
        text = json.dumps(shapes.whole(facts), indent=2, ensure_ascii=False) + "\n"
        documents.append(Document("", there.documents["json"], text))
    return documents
