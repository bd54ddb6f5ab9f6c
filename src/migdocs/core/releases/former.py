"""What trees of releases before say of scripts: those that are gone, and those that were edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.core.releases import history
from migdocs.core.sql import meaning

if TYPE_CHECKING:
    from migdocs.core.memory import Memory
    from migdocs.core.model import Migration
    from migdocs.core.releases.history import GitFacts, Identify
    from migdocs.core.sources import Folder, Git

_NAME = "meanings"


def with_gone(folder: Folder, git: Git | None, facts: GitFacts | None) -> tuple[Migration, ...]:
    """Put the migrations that only tags still hold where they ran."""
    if git is None or facts is None or not facts.trace.releases:
        return folder.migrations
    gone = history.gone(facts, folder.identify, (m.id for m in folder.migrations))
    if not gone:
        return folder.migrations
    texts = git.blobs(blob for _, _, blob in gone)
    before = folder.read_again({path.removeprefix(git.prefix): texts[b] for _, path, b in gone})
    together = (*folder.migrations, *(m for m in before if not m.planned))
    return tuple(sorted(together, key=lambda m: (m.order, m.id)))


def with_meanings(git: Git, identify: Identify, memory: Memory) -> GitFacts:
    """Compare the texts of what was edited after a release; what was compared before is kept."""
    edited = history.edited(git.facts, identify)
    if not edited:
        return git.facts
    kept = memory.load(_NAME)
    names = {pair: " ".join(pair) for pair in edited}
    new = [pair for pair in edited if not isinstance(kept.get(names[pair]), bool)]
    texts = git.blobs(blob for pair in new for blob in pair)
    compared = {
        names[before, after]: meaning.changed(texts[before], texts[after]) for before, after in new
    }
    if compared:
        memory.store(_NAME, kept | compared)
    known = kept | compared
    return replace(git.facts, meanings={pair: known[name] for pair, name in names.items()})
