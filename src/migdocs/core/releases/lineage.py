"""Which release a commit is new in, which release came before another, and which line it is of.

Only ancestry and the order of versions tell, never dates: a clock may be wrong, and releases of one
second are common. Each commit is looked at once.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.core.releases import version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migdocs.core.timeline import Commit, Tag

MAIN = "main"


class Point(Struct, frozen=True):
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


class Trace(Struct, frozen=True):
    """The history, cut at the releases.

    Attributes:
        releases: lowest version first, but never before one that its own history holds; each tag
            says whether HEAD's history has it.
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

    def strays(self) -> tuple[tuple[str, str], ...]:
        """Name the releases whose history holds a higher version, each with the highest of those.

        A version that somebody counted down, or a fork that began to count anew.
        """
        highest: list[str] = []
        found: list[tuple[str, str]] = []
        for point in self.releases:
            name = point.tag.version if point.tag else ""
            before = "" if point.before is None else highest[point.before]
            if before and _is_lower(name, before):
                found.append((name, before))
            highest.append(before if before and _is_lower(name, before) else name)
        return tuple(found)

    def commit_before(self, point: Point) -> str:
        """Give the commit of the release before; empty where there is none."""
        return "" if point.before is None else self.releases[point.before].commit


def trace(tags: Sequence[Tag], commits: Sequence[Commit], head: str) -> Trace:
    """Cut the history at the tags.

    A commit is new in the first release that has it: ancestry decides before the version, so that
    a ``v0.0.0`` made years later takes nothing from the releases below it. The release before
    another is the highest of those that its own commits stand on, whether or not that release's tag
    lies on the branch; one whose history shares nothing with a lower version (an orphan) follows
    the next lower version.

    Args:
        tags: lowest version first; years and numbers beside each other are put in order here.
        commits: all that tags and HEAD can reach, children before parents.
        head: the commit that is checked out; empty before the first.
    """
    tags = _across_schemes(tags, commits)
    parents = {commit.id: commit.parents for commit in commits}
    cutter = _Cutter(parents)
    before = cutter.cut_all(tags)
    if cutter.upset:
        tags = _ancestors_first(tags, commits)
        cutter = _Cutter(parents)
        before = cutter.cut_all(tags)
    at_head = cutter.cut(head, len(tags)) if head else None
    own: list[list[Commit]] = [[] for _ in range(len(tags) + 1)]
    reached = {head}
    for commit in commits:
        if (number := cutter.owner.get(commit.id)) is not None:
            own[number].append(commit)
        if commit.id in reached:
            reached.update(commit.parents)
    points = [
        Point(tag, tag.commit, previous, commits=tuple(new))
        for tag, previous, new in zip(tags, before, own[:-1], strict=True)
    ]
    here = Point(None, head, at_head, commits=tuple(own[-1]))
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


def _ancestors_first(tags: Sequence[Tag], commits: Sequence[Commit]) -> list[Tag]:
    """Put releases behind those that their history holds; else the order stays."""
    of: dict[str, list[int]] = {}
    for number, tag in enumerate(tags):
        of.setdefault(tag.commit, []).append(number)
    none: frozenset[str] = frozenset()
    nearest: dict[str, frozenset[str]] = {}  # commit → the released commits right below it
    below: dict[str, frozenset[str]] = {}
    for commit in reversed(commits):
        sets = {below.get(parent, none) for parent in commit.parents}
        reached = sets.pop() if len(sets) == 1 else none.union(*sets)
        if commit.id in of:
            nearest[commit.id] = reached
            reached = frozenset({commit.id})
        below[commit.id] = reached
    waits = {id_: len(nearest.get(id_, none)) for id_ in of}
    above: dict[str, list[str]] = {}
    for id_, lower in nearest.items():
        for released in lower:
            above.setdefault(released, []).append(id_)
    ready = [number for id_, count in waits.items() if not count for number in of[id_]]
    heapq.heapify(ready)
    found: list[Tag] = []
    left = {id_: len(numbers) for id_, numbers in of.items()}
    while ready:
        tag = tags[heapq.heappop(ready)]
        found.append(tag)
        left[tag.commit] -= 1
        for id_ in above.get(tag.commit, ()) if not left[tag.commit] else ():
            waits[id_] -= 1
            for number in of[id_] if not waits[id_] else ():
                heapq.heappush(ready, number)
    return found


class _Cutter:
    """Hands each commit to the first release that asks for it.

    Attributes:
        owner: commit → the place of the release that it is new in.
        upset: whether a release asked for a commit of a release that comes after it.
    """

    def __init__(self, parents: Mapping[str, tuple[str, ...]]) -> None:
        self._parents = parents
        self._at: dict[str, int] = {}  # the last release on a commit of several
        self.owner: dict[str, int] = {}
        self.upset = False

    def cut_all(self, tags: Sequence[Tag]) -> list[int | None]:
        """Take each release's commits in turn; give what each stands on."""
        found = []
        for number, tag in enumerate(tags):
            taken = tag.commit in self.owner
            self.upset |= taken and tag.commit not in self._at
            found.append(self.cut(tag.commit, number))
            self._at[tag.commit] = number
        return found

    def cut(self, tip: str, number: int) -> int | None:
        """Take the commits that nobody has yet; give the release that they stand on."""
        owner, parents = self.owner, self._parents
        if tip in owner:
            return self._at.get(tip, owner[tip])
        stood_on: set[int] = set()
        owner[tip] = number
        waiting = [tip]
        while waiting:
            for parent in parents.get(waiting.pop(), ()):
                taken = owner.get(parent)
                if taken is None:
                    owner[parent] = number
                    waiting.append(parent)
                elif taken != number:
                    stood_on.add(self._at.get(parent, taken))
        return max(stood_on, default=number - 1 if number else None)


def _is_lower(one: str, other: str) -> bool:
    """Tell whether a version is below another of its scheme; years and numbers do not compare."""
    read, higher = version.parse(one), version.parse(other)
    if read is None or higher is None:
        return False
    calendar = (read.scheme == "calver") == (higher.scheme == "calver")
    return calendar and read.key < higher.key


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
