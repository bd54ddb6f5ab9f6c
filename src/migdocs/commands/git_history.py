"""What git tells of a project: its releases, what each did to the migrations, and the commits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migdocs.adapters import repository
from migdocs.adapters.state import cache
from migdocs.core.releases import lineage, tags
from migdocs.core.releases.history import GitFacts

if TYPE_CHECKING:
    from migdocs.adapters.repository import Repository
    from migdocs.core.releases.tags import ReleaseTags
    from migdocs.core.settings import Settings


_COMPARED = "compared"


def read(git: Repository, settings: Settings, folder: str) -> tuple[ReleaseTags, GitFacts]:
    """Ask git for the releases and every commit.

    Args:
        git: the repository.
        settings: whose patterns choose the tags.
        folder: of the migrations, from the repository's top.
    """
    found = tags.read_tags(repository.tags(git), settings.tags, folder)
    commits = repository.log(git, [*(tag.commit for tag in found.tags), git.head])
    trace = lineage.trace(found.tags, commits, git.head)
    pairs = trace.pairs() if found.tags else ()
    kept = cache.load(git.root, _COMPARED)
    before = set(kept)
    changes = repository.differences(git, pairs, folder, kept)
    if kept.keys() != before:
        cache.store(git.root, _COMPARED, kept)
    told = replace(found, tags=trace.tags, strays=trace.strays())
    return told, GitFacts(trace, changes, commits, found.ignored)
