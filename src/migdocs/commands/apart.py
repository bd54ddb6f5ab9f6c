"""Releases of other branches: a document of this branch is right without them.

A tag that is put somewhere else after a branch began must not turn its check red: who wrote the
branch cannot know of it. A release that the document tells of already is held to be right.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.commands import generate, project
from migdocs.core.errors import MigdocsError
from migdocs.core.markup import regions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from migdocs.commands.generate import Generated
    from migdocs.commands.project import Project
    from migdocs.core.timeline import Tag


class Checked(Struct, frozen=True):
    """What a check finds.

    Attributes:
        generated: what is stale.
        passed_over: the releases of other branches that some document need not tell of yet.
        missing: the releases that the change log tells of and whose tags are not here.
    """

    generated: Generated
    passed_over: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def check(read: Project, generated: Generated, names: Sequence[str] = ()) -> Checked:
    """Leave out the documents that are stale only by releases of other branches.

    Args:
        read: the project.
        generated: the documents as they would be with every release.
        names: of the documents, as ``generate.plan`` was told.
    """
    if not generated.stale:
        return Checked(generated)
    elsewhere = [tag for tag in read.release_tags.tags if not tag.on_branch]
    groups: dict[tuple[Tag, ...], list[str]] = {}
    for path in generated.stale:
        text = _ours(generated.before[path] or "", path)
        untold = tuple(tag for tag in elsewhere if text and not _names(text, tag.version))
        if untold:
            groups.setdefault(untold, []).append(path)
    right: dict[str, str] = {}
    passed: dict[str, None] = {}
    for untold, paths in groups.items():
        fresh = _fresh_without(read, untold, names)
        same = [path for path in paths if fresh.get(path) == generated.before[path]]
        right |= {path: fresh[path] for path in same}
        passed |= dict.fromkeys(tag.version for tag in untold if same)
    left = replace(generated, after={**generated.after, **right})
    return Checked(left, tuple(passed), _missing(read) if left.stale else ())


def _fresh_without(read: Project, tags: Iterable[Tag], names: Sequence[str]) -> dict[str, str]:
    """Write the documents as they are without some releases; nothing where that cannot be."""
    try:
        other = project.read(read.root, without=frozenset(tag.commit for tag in tags))
        return dict(generate.plan(other, names).after)
    except MigdocsError:
        return {}


def _ours(text: str, path: str) -> str:
    """Give what we wrote into a file: its regions, or all of it."""
    return "".join(text[r.start : r.end] for r in regions.find(text, path)) or text


def _names(text: str, version: str) -> bool:
    """Tell whether a text names a version, and not only a longer one."""
    return bool(re.search(rf"(?<![\w.-]){re.escape(version)}(?![\w+-]|\.\w)", text))


def _missing(read: Project) -> tuple[str, ...]:
    """Name the releases that our part of the change log tells of, and no tag."""
    known = {release.version for release in read.facts.history.releases}
    return tuple(sorted(read.facts.retold - known))
