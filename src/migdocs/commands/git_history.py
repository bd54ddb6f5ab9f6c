"""What git tells of a project: its releases, what each did to the migrations, and the commits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migdocs.adapters import repository
from migdocs.adapters.state import cache
from migdocs.core.releases import history, lineage, tags
from migdocs.core.releases.history import GitFacts
from migdocs.core.sql import meaning

if TYPE_CHECKING:
    from migdocs.adapters.repository import Repository
    from migdocs.core.releases.tags import ReleaseTags
    from migdocs.core.settings import Settings


_NAME, _COMPARED = "meanings", "compared"


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
    return replace(found, tags=trace.tags), GitFacts(trace, changes, commits, found.ignored)


def with_meanings(git: Repository, facts: GitFacts, identify: history.Identify) -> GitFacts:
    """Compare the texts of what was edited after a release; what was compared before is kept."""
    edited = history.edited(facts, identify)
    if not edited:
        return facts
    kept = cache.load(git.root, _NAME)
    names = {pair: " ".join(pair) for pair in edited}
    new = [pair for pair in edited if not isinstance(kept.get(names[pair]), bool)]
    texts = repository.blobs(git, (blob for pair in new for blob in pair))
    compared = {
        names[before, after]: meaning.changed(texts[before], texts[after]) for before, after in new
    }
    if compared:
        cache.store(git.root, _NAME, kept | compared)
    known = kept | compared
    return replace(facts, meanings={pair: known[name] for pair, name in names.items()})
