"""What git tells of a project: its releases, what each did to the migrations, and the commits."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from migdocs.adapters import repository
from migdocs.adapters.state import cache
from migdocs.core.model import Moves, Stood
from migdocs.core.releases import identity, lineage, tags
from migdocs.core.releases.history import GitFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migdocs.adapters.repository import Repository
    from migdocs.core.releases.history import Identify
    from migdocs.core.releases.tags import ReleaseTags
    from migdocs.core.settings import Settings


_COMPARED = "compared"


def read(
    git: Repository, settings: Settings, folder: str, identify: Identify
) -> tuple[ReleaseTags, GitFacts]:
    """Ask git for the releases and every commit.

    Args:
        git: the repository.
        settings: whose patterns choose the tags.
        folder: of the migrations, from the repository's top.
        identify: a path from the top → its migration and part.
    """
    found = tags.read_tags(repository.tags(git), settings.tags, folder)
    commits = repository.log(git, [*(tag.commit for tag in found.tags), git.head])
    trace = lineage.trace(found.tags, commits, git.head)
    pairs = trace.pairs() if found.tags else ()
    kept = cache.load(git.root, _COMPARED)
    before = set(kept)
    prefix = f"{folder}/" if folder else ""
    found_in = repository.differences(
        git, pairs, folder, lambda name: identify(prefix + name) is not None, kept
    )
    if kept.keys() != before:
        cache.store(git.root, _COMPARED, kept)
    points = trace.points() if pairs else ()
    befores = [point.before for point in points]
    followed = identity.follow(found_in.changes, found_in.homes, befores, folder, identify)
    facts = GitFacts(
        trace,
        followed.changes,
        commits,
        found.ignored,
        stood=tuple(
            _stood(git, folder, home.folder, names)
            for (_, home), names in zip(found_in.homes, followed.names, strict=True)
        ),
        moves=Moves(found_in.unclear, followed.again),
    )
    return replace(found, tags=trace.tags, strays=trace.strays()), facts


def _stood(git: Repository, now: str, then: str, names: Mapping[str, str]) -> Stood | None:
    """Say where a tree has the migrations; None where they are there still."""
    if then == now and not names:
        return None
    here = git.prefix or "."
    present, former = (posixpath.relpath(folder or ".", here) for folder in (now, then))
    return Stood("" if former == "." else former, names, "" if present == "." else present)
