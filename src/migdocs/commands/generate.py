"""Write the documents, or say which are stale; users' bytes stay."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migdocs.adapters import files
from migdocs.core import regions, render, shapes
from migdocs.core.errors import InputError, UsageError, raise_all
from migdocs.core.page import TITLES, Place
from migdocs.core.settings import DOCUMENTS, GUESTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migdocs.commands.project import Project
    from migdocs.core.facts import Facts

_OURS = '"generator": "migdocs"'
_SVG_OURS = "migdocs"


@dataclass(frozen=True, slots=True)
class Generated:
    """What a run would write, or wrote.

    Attributes:
        before: path → the file's text, None where there is none yet.
        after: path → its text with our parts up to date.
        unadopted: files that people wrote and that have no region of ours: left alone.
    """

    before: dict[str, str | None]
    after: dict[str, str]
    unadopted: tuple[str, ...] = ()

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


def place(project: Project) -> Place:
    """Give where the repository's own documents stand."""
    documents = {name: path for name in DOCUMENTS if (path := project.settings.document(name))}
    return Place(documents, project.files | frozenset(documents.values()))


def plan(project: Project, names: Sequence[str] = (), *, adopt: bool = False) -> Generated:
    """Render the documents and lay them into their files' texts; nothing is written.

    Args:
        project: as read.
        names: of documents; none means all.
        adopt: put a region into files that people wrote, and keep their text below it.

    Raises:
        UsageError: a name is no document's.
        InputError: a region is broken.
    """
    unknown = [
        UsageError(f"'{n}' is no document", hint=_KNOWN) for n in names if n not in DOCUMENTS
    ]
    raise_all(unknown)
    there = place(project)
    wanted = [
        name
        for name in DOCUMENTS
        if (not names or name in names) and there.documents.get(name) and _is_due(name, project)
    ]
    before: dict[str, str | None] = {}
    after: dict[str, str] = {}
    unadopted: list[str] = []
    errors: list[InputError] = []
    for path, text, name in _texts(project.facts, there, wanted):
        before[path] = files.read(project.root, path) if path in project.files else None
        try:
            merged = _merged(before[path], name, text, path, adopt=adopt)
        except InputError as error:
            errors.append(error)
            continue
        if merged is None and name not in GUESTS:
            unadopted.append(path)
        elif merged is not None:
            after[path] = merged
    raise_all(errors)
    return Generated(before, after, tuple(unadopted))


def _is_due(name: str, project: Project) -> bool:
    """Tell whether a document is to be written: guests only where their file is there."""
    return name not in GUESTS or project.settings.document(name) in project.files


def write(project: Project, generated: Generated) -> tuple[str, ...]:
    """Write what changed: all of it, or nothing. Give the paths written."""
    return files.write_all(project.root, generated.after)


_KNOWN = f"documents: {', '.join(DOCUMENTS)}."


def _texts(facts: Facts, there: Place, wanted: Sequence[str]) -> list[tuple[str, str, str]]:
    """Render path, text and region of each; a file that is wholly ours has no region."""
    texts = [
        (document.path, document.text, document.name)
        for document in render.documents(facts, there, [name for name in wanted if name in TITLES])
    ]
    if "flow" in wanted:
        picture = flow_picture(there.documents["flow"])
        texts.append((picture, render.flow_picture(facts), ""))
    if "json" in wanted:
        text = json.dumps(shapes.whole(facts), indent=2, ensure_ascii=False) + "\n"
        texts.append((there.documents["json"], text, ""))
    return texts


def flow_picture(path: str) -> str:
    """Give where the drawing stands that belongs to the version flow's page."""
    return path.removesuffix(".md") + ".svg"


def _merged(before: str | None, name: str, text: str, path: str, *, adopt: bool) -> str | None:
    """Lay a text into its file; None where the file is somebody's and was not adopted."""
    if not name:
        ours = before is None or _OURS in before[:200] or _SVG_OURS in before[:400]
        return text if ours else None
    if before is None:
        return regions.wrap(name, text)
    replaced = regions.replace(before, name, text, path)
    if replaced is None and adopt and name not in GUESTS:
        return regions.adopt(before, name, text)
    return replaced
