"""What git tells of a project: its releases, what each did to the migrations, and the commits."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.adapters import repository
from migdocs.adapters.state import cache
from migdocs.core.releases import identity, lineage, tags
from migdocs.core.releases.history import GitFacts
from migdocs.core.timeline import Commit, FileChange, Moves, Stood

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from migdocs.adapters.repository import Repository
    from migdocs.core.releases.history import Identify
    from migdocs.core.releases.tags import ReleaseTags
    from migdocs.core.settings import Settings

    Unfold = Callable[[str, str], Mapping[str, str]]


_COMPARED = "compared"


class Asked(Struct, frozen=True):
    """What is asked of a repository.

    Attributes:
        settings: whose patterns choose the tags.
        folder: of the migrations, from the repository's top.
        identify: a path from the top → its migration and part.
        unfold: a path and its text → what else the file holds, part by part; None where a file
            is one migration.
        without: commits whose tags are passed over.
    """

    settings: Settings
    folder: str
    identify: Identify
    unfold: Unfold | None = None
    without: frozenset[str] = frozenset()


def read(git: Repository, asked: Asked) -> tuple[ReleaseTags, GitFacts]:
    """Ask git for the releases and every commit."""
    settings, folder, identify = asked.settings, asked.folder, asked.identify
    every = repository.tags(git)
    repository.check_tags(git, every)
    found = tags.read_tags(
        [tag for tag in every if tag.commit not in asked.without], settings.tags, folder
    )
    tips = [*(tag.commit for tag in found.tags), git.head]
    commits = _marked(git, settings, tips, repository.log(git, tips))
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
        _unfolded(git, followed.changes, asked.unfold) if asked.unfold else followed.changes,
        commits,
        found.ignored,
        stood=tuple(
            _stood(git, folder, home.folder, names)
            for (_, home), names in zip(found_in.homes, followed.names, strict=True)
        ),
        moves=Moves(found_in.unclear, followed.again),
    )
    return replace(found, tags=trace.tags, strays=trace.strays()), facts


def _unfolded(
    git: Repository, changes: Sequence[tuple[FileChange, ...]], unfold: Unfold
) -> tuple[tuple[FileChange, ...], ...]:
    """Tell files that hold several migrations as one file each: only parts that differ changed."""
    blobs = {blob for step in changes for c in step for blob in (c.before, c.after) if blob}
    texts = repository.blobs(git, blobs)

    def parts(path: str, blob: str | None) -> Mapping[str, str]:
        """Give what a file held, by the paths of its parts."""
        return unfold(path, texts[blob]) if blob else {}

    def parted(change: FileChange) -> Iterator[FileChange]:
        """Yield what changed in one file, part by part."""
        old, new = parts(change.path, change.before), parts(change.path, change.after)
        for path in dict.fromkeys((*old, *new)):
            if old.get(path) != new.get(path):
                before = change.before if path in old else None
                yield FileChange(path, before, change.after if path in new else None)

    return tuple(tuple(part for c in step for part in parted(c)) for step in changes)


def _marked(
    git: Repository, settings: Settings, tips: Sequence[str], commits: tuple[Commit, ...]
) -> tuple[Commit, ...]:
    """Mark what is another project's, in a repository that holds several."""
    paths = [f"{git.prefix}{path}" for path in settings.paths]
    if git.prefix:
        paths.append(git.prefix)
    if not paths:
        return commits
    ours = repository.touching(git, tips, paths)
    return tuple(c if c.id in ours else replace(c, foreign=True) for c in commits)


def _stood(git: Repository, now: str, then: str, names: Mapping[str, str]) -> Stood | None:
    """Say where a tree has the migrations; None where they are there still."""
    if then == now and not names:
        return None
    here = git.prefix or "."
    present, former = (posixpath.relpath(folder or ".", here) for folder in (now, then))
    return Stood("" if former == "." else former, names, "" if present == "." else present)
