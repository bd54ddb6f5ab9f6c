"""Which release a commit is new in, which release came before another, and which line it is of.

Only ancestry and the order of versions tell, never dates: a clock may be wrong, and releases of one
second are common. Each commit is looked at once.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from migdocs.core.releases import version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migdocs.core.model import Commit, Tag

MAIN = "main"


@dataclass(frozen=True, slots=True)
class Point:
    """A release, or HEAD, in the history.

    Attributes:
        tag: None for HEAD.
        commit: full id; empty for a HEAD without a commit.
        before: the place, among the releases, of the one before it; None for the first.
        lineage: the name of its line: ``main``, ``1.0.x``.
        commits: that no lower version has, newest first.
    """

    tag: Tag | None
    commit: str
    before: int | None
    lineage: str = MAIN
    commits: tuple[Commit, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """The history, cut at the releases.

    Attributes:
        releases: lowest version first; each tag says whether HEAD's history has it.
        head: what is new since the release before.
    """

    releases: tuple[Point, ...]
    head: Point

    @property
    def tags(self) -> tuple[Tag, ...]:
        """The releases' tags."""
        return tuple(point.tag for point in self.releases if point.tag)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Give the commits to compare, before and after; the first release's before is empty."""
        return tuple((self.commit_before(point), point.commit) for point in self.points())

    def points(self) -> tuple[Point, ...]:
        """Give the releases, and HEAD where it has commits of its own."""
        return (*self.releases, self.head) if self.head.commits else self.releases

    def commit_before(self, point: Point) -> str:
        """Give the commit of the release before; empty where there is none."""
        return "" if point.before is None else self.releases[point.before].commit


def trace(tags: Sequence[Tag], commits: Sequence[Commit], head: str) -> Trace:
    """Cut the history at the tags.

    A commit is new in the lowest version that has it. The release before another is the highest of
    those that its own commits stand on, whether or not that release's tag lies on the branch; one
    whose history shares nothing with a lower version (an orphan) follows the next lower version.

    Args:
        tags: lowest version first; years and numbers beside each other are put in order here.
        commits: all that tags and HEAD can reach, children before parents.
        head: the commit that is checked out; empty before the first.
    """
    known = {commit.id: (place, commit) for place, commit in enumerate(commits)}
    tags = _across_schemes(tags, commits)
    cutter = _Cutter({commit.id: commit.parents for commit in commits})
    points = []
    for number, tag in enumerate(tags):
        own, before = cutter.cut(tag.commit, number)
        points.append(Point(tag, tag.commit, before, commits=_newest_first(own, known)))
    own, before = cutter.cut(head, len(tags)) if head else ([], None)
    here = Point(None, head, before, commits=_newest_first(own, known))
    reached = cutter.ancestors(head)
    names = _lineages(points)
    releases = (
        replace(
            point,
            lineage=name,
            tag=replace(point.tag, on_branch=not head or point.commit in reached),
        )
        for point, name in zip(points, names, strict=True)
        if point.tag
    )
    return Trace(tuple(releases), here)


def _across_schemes(tags: Sequence[Tag], commits: Sequence[Commit]) -> Sequence[Tag]:
    """Put years and numbers into one order, where a project went from 2020.2 to 1.0.

    Either scheme keeps its own order; between the two, the one that is further back comes first.
    """
    read = [(tag, version.parse(tag.version)) for tag in tags]
    years = [tag for tag, found in read if found and found.scheme == "calver"]
    if not years or len(years) == len(tags):
        return tags
    dated = set(years)
    numbers = [tag for tag in tags if tag not in dated]
    age = {commit.id: -place for place, commit in enumerate(commits)}
    return list(heapq.merge(years, numbers, key=lambda tag: age.get(tag.commit, 0)))


class _Cutter:
    """Hands each commit to the first release that asks for it."""

    def __init__(self, parents: Mapping[str, tuple[str, ...]]) -> None:
        self._parents = parents
        self._owner: dict[str, int] = {}

    def cut(self, tip: str, number: int) -> tuple[list[str], int | None]:
        """Take the commits that nobody has yet; give them and the release that they stand on."""
        if tip in self._owner:
            return [], self._owner[tip]
        own: list[str] = []
        stood_on: set[int] = set()
        self._owner[tip] = number
        waiting = [tip]
        while waiting:
            commit = waiting.pop()
            own.append(commit)
            for parent in self._parents.get(commit, ()):
                owner = self._owner.get(parent)
                if owner is None:
                    self._owner[parent] = number
                    waiting.append(parent)
                elif owner != number:
                    stood_on.add(owner)
        return own, max(stood_on, default=number - 1 if number else None)

    def ancestors(self, tip: str) -> set[str]:
        """Give a commit and all that it stands on."""
        found = {tip}
        waiting = [tip]
        while waiting:
            new = [p for p in self._parents.get(waiting.pop(), ()) if p not in found]
            found.update(new)
            waiting.extend(new)
        return found


def _newest_first(ids: list[str], known: Mapping[str, tuple[int, Commit]]) -> tuple[Commit, ...]:
    """Give commits in the order of the log."""
    found = sorted((known[id_] for id_ in ids if id_ in known), key=lambda pair: pair[0])
    return tuple(commit for _, commit in found)


def _lineages(points: Sequence[Point]) -> list[str]:
    """Name each release's line: *main* leads to the highest version, a branch is ``1.0.x``."""
    names: dict[int, str] = {}
    for tip in reversed(range(len(points))):
        if tip not in names:
            name = _line_name(points[tip], set(names.values())) if names else MAIN
            current: int | None = tip
            while current is not None and current not in names:
                names[current] = name
                current = points[current].before
    return [names[place] for place in range(len(points))]


def _line_name(tip: Point, taken: set[str]) -> str:
    """Name a branch after its newest release: ``1.0.x``, or the whole version if that is taken."""
    text = tip.tag.version if tip.tag else ""
    read = version.parse(text)
    name = ".".join((*map(str, read.numbers[:2]), "x")) if read else text
    return name if name not in taken else text
