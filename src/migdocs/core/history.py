"""Which release first ships each migration, and what else each release did to them.

Trees at tags are compared, not commits: squashes, cherry-picks, rebases and back-ports cannot
fool that (``releases.md``). The key is a migration's id, so a renamed file stays what it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from migdocs.core import version
from migdocs.core.model import Edit, History, IgnoredTag, Placement, Release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from migdocs.core.changelog import Heading
    from migdocs.core.model import Commit, Migration, Tag

    Tree = Mapping[str, str]
    Identify = Callable[[str], tuple[str, str] | None]

UNRELEASED = "Unreleased"
_PARTS = {"forward", "rollback", "both"}


@dataclass(frozen=True, slots=True)
class GitFacts:
    """What git told.

    Attributes:
        tags: the releases, lowest version first.
        trees: commit → path → blob id, for every tag's commit and for HEAD.
        commits: children before parents, all that tags and HEAD can reach.
        head: the commit that is checked out.
    """

    tags: tuple[Tag, ...] = ()
    trees: Mapping[str, Tree] = field(default_factory=dict)
    commits: tuple[Commit, ...] = ()
    head: str = ""
    ignored: tuple[IgnoredTag, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What a change log that people wrote says: its releases, and which names which migration."""

    headings: tuple[Heading, ...] = ()
    mentions: Mapping[str, Heading] = field(default_factory=dict)


def place(
    migrations: Sequence[Migration], git: GitFacts | None, identify: Identify, told: Told
) -> History:
    """Place every migration.

    Args:
        migrations: in run order; those that only tags' trees still hold are among them.
        git: None where there is no repository.
        identify: a path → the migration's id and part, by the layout.
        told: the hand-written change log, asked where neither git nor the notes answer.
    """
    if git and git.tags:
        return _by_tags(migrations, git, identify)
    return _by_words(migrations, git, told)


def gone(
    git: GitFacts, identify: Identify, present: Iterable[str]
) -> tuple[tuple[str, str, str], ...]:
    """List the files of migrations that tags hold and the checkout does not.

    Each is an id, a path and a blob, from the newest release that has it.
    """
    here = set(present)
    found: dict[str, dict[str, str]] = {}
    for tag in reversed(git.tags):
        files: dict[str, dict[str, str]] = {}
        for path, blob in git.trees[tag.commit].items():
            identity = identify(path)
            if identity and identity[0] not in here and identity[0] not in found:
                files.setdefault(identity[0], {})[path] = blob
        found |= files
    return tuple((id_, path, blob) for id_, parts in found.items() for path, blob in parts.items())


# --- by git -------------------------------------------------------------------------------------


def _by_tags(migrations: Sequence[Migration], git: GitFacts, identify: Identify) -> History:
    """Place by the trees at tags."""
    ancestry = _Ancestry.of(git)
    previous = _previous(git.tags, ancestry)
    lineages = _lineages(git.tags, previous)
    shipped = _shipped(git, identify)
    order = {m.id: index for index, m in enumerate(migrations)}
    releases = []
    for tag in git.tags:
        before = previous[tag.name]
        releases.append(
            replace(
                _compared(
                    shipped[tag.commit],
                    shipped[before.commit] if before else {},
                    order,
                    tag.version,
                    before.version if before else None,
                ),
                tag=tag.name,
                commit=tag.commit,
                date=tag.date,
                lineage=lineages[tag.name],
                aliases=tag.aliases,
                commits=ancestry.commits_of(tag.name, before.name if before else None),
            )
        )
    pending = _unreleased(migrations, git, ancestry, shipped, order)
    placements = _placements(migrations, releases)
    planned = _planned(migrations)
    return History(tuple(migrations), (*releases, *pending, *planned), placements, git.ignored)


def _shipped(git: GitFacts, identify: Identify) -> dict[str, dict[str, dict[str, str]]]:
    """Group each commit's files by migration; a tree that several share is grouped once."""
    known: dict[str, tuple[str, str] | None] = {}
    grouped: dict[int, dict[str, dict[str, str]]] = {}
    result: dict[str, dict[str, dict[str, str]]] = {}
    for commit, tree in git.trees.items():
        if id(tree) not in grouped:
            files: dict[str, dict[str, str]] = {}
            for path, blob in tree.items():
                if path not in known:
                    known[path] = identify(path)
                identity = known[path]
                if identity and identity[1] in _PARTS:
                    files.setdefault(identity[0], {})[path] = blob
            grouped[id(tree)] = files
        result[commit] = grouped[id(tree)]
    return result


def _compared(
    files: Mapping[str, Mapping[str, str]],
    before: Mapping[str, Mapping[str, str]],
    order: Mapping[str, int],
    name: str,
    since: str | None,
) -> Release:
    """Give a release with what is new, edited and gone against the one before it."""

    def run_order(ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(ids, key=lambda id_: (order.get(id_, -1), id_)))

    new = files.keys() - before.keys()
    edited = [
        Edit(id_, path, since or "", name)
        for id_ in files.keys() & before.keys()
        if files[id_] is not before[id_] and files[id_] != before[id_]
        for path in _changed(files[id_], before[id_])
    ]
    return Release(
        name,
        previous=since,
        migrations=run_order(new),
        ships=run_order(files),
        edited=tuple(sorted(edited, key=lambda edit: (order.get(edit.migration, -1), edit.path))),
        removed=run_order(before.keys() - files.keys()),
    )


def _changed(now: Mapping[str, str], before: Mapping[str, str]) -> Iterator[str]:
    """Yield the paths whose bytes are in no file of the migration before: a rename is no edit."""
    old = set(before.values())
    for path, blob in now.items():
        if path in before and before[path] != blob and blob not in old:
            yield path


def _unreleased(
    migrations: Sequence[Migration],
    git: GitFacts,
    ancestry: _Ancestry,
    shipped: Mapping[str, Mapping[str, Mapping[str, str]]],
    order: Mapping[str, int],
) -> tuple[Release, ...]:
    """Give *Unreleased*: what the checkout has and no release of its line ships."""
    tags = {tag.name: tag for tag in git.tags}
    reached = [tags[name] for name in ancestry.reached()]
    last = max(reached, key=git.tags.index) if reached else git.tags[-1]
    here = {m.id for m in migrations if not m.planned and _is_here(m, git, shipped)}
    release = _compared(
        shipped.get(git.head, {}), shipped[last.commit], order, UNRELEASED, last.version
    )
    ever = {id_ for tag in git.tags for id_ in shipped[tag.commit]}
    new = tuple(m.id for m in migrations if m.id in here and m.id not in ever)
    commits = ancestry.unreleased()
    if not new and not commits and not release.edited:
        return ()
    return (replace(release, status="unreleased", migrations=new, commits=commits),)


def _is_here(
    migration: Migration,
    git: GitFacts,
    shipped: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> bool:
    """Tell whether a migration is in the checkout: at HEAD, or not yet committed."""
    at_head = migration.id in shipped.get(git.head, {})
    return at_head or not any(migration.id in shipped[tag.commit] for tag in git.tags)


def _placements(
    migrations: Sequence[Migration], releases: Sequence[Release]
) -> dict[str, Placement]:
    """Find each migration's first release, the others that brought it, and where it went."""
    brought: dict[str, list[Release]] = {}
    removed: dict[str, Release] = {}
    last: dict[str, int] = {}
    for index, release in enumerate(releases):  # the lowest version first
        for id_ in release.migrations:
            brought.setdefault(id_, []).append(release)
        for id_ in release.ships:
            last[id_] = index
        for id_ in release.removed:
            removed[id_] = release
    placements = {}
    for m in migrations:
        if m.planned:
            placements[m.id] = _planned_placement(m)
        elif m.id in brought:
            first, *later = brought[m.id]
            out = removed.get(m.id)
            is_gone = out is not None and releases.index(out) > last[m.id]
            placements[m.id] = Placement(
                first.version,
                "git",
                "released",
                tuple(r.version for r in later if r.lineage != first.lineage),
                out.version if out and is_gone else None,
            )
        else:
            placements[m.id] = Placement()
    return placements


# --- ancestry -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Ancestry:
    """Which commit is in which tags, from one pass over the log.

    Attributes:
        bits: tag name → its bit; HEAD has the highest.
        inside: commit → the bits of all that can reach it.
        groups: bits → the commits with exactly these, newest first.
    """

    bits: Mapping[str, int]
    inside: Mapping[str, int]
    groups: Mapping[int, tuple[Commit, ...]]
    tag_commits: Mapping[str, str]
    head_bit: int

    @classmethod
    def of(cls, git: GitFacts) -> _Ancestry:
        """Walk the log once, handing every commit's bits down to its parents."""
        bits = {tag.name: 1 << index for index, tag in enumerate(git.tags)}
        head_bit = 1 << len(git.tags)
        inside: dict[str, int] = {git.head: head_bit}
        for tag in git.tags:
            inside[tag.commit] = inside.get(tag.commit, 0) | bits[tag.name]
        groups: dict[int, list[Commit]] = {}
        for commit in git.commits:  # children first
            mask = inside.get(commit.id, 0)
            groups.setdefault(mask, []).append(commit)
            for parent in commit.parents:
                inside[parent] = inside.get(parent, 0) | mask
        return cls(
            bits,
            inside,
            {mask: tuple(found) for mask, found in groups.items()},
            {tag.name: tag.commit for tag in git.tags},
            head_bit,
        )

    def commits_of(self, name: str, before: str | None) -> tuple[Commit, ...]:
        """List the commits that are in a tag and not in the one before it, newest first."""
        has, lacks = self.bits[name], self.bits[before] if before else 0
        return tuple(
            commit
            for mask, commits in self.groups.items()
            if mask & has and not mask & lacks
            for commit in commits
        )

    def unreleased(self) -> tuple[Commit, ...]:
        """List the commits of HEAD that are in no tag."""
        return self.groups.get(self.head_bit, ())

    def reached(self) -> tuple[str, ...]:
        """List the tags that HEAD can reach."""
        return tuple(
            name
            for name, commit in self.tag_commits.items()
            if self.inside.get(commit, 0) & self.head_bit
        )

    def reaches(self, name: str, other: str) -> bool:
        """Tell whether a tag's history holds another tag's commit."""
        return bool(self.inside.get(self.tag_commits[other], 0) & self.bits[name])


def _previous(tags: Sequence[Tag], ancestry: _Ancestry) -> dict[str, Tag | None]:
    """Find each release's predecessor: the highest lower version in its own history.

    One whose history holds no other tag (an orphan) follows the next lower version.
    """
    previous: dict[str, Tag | None] = {}
    for index, tag in enumerate(tags):
        lower = tags[:index][::-1]
        before = next((other for other in lower if ancestry.reaches(tag.name, other.name)), None)
        previous[tag.name] = before or (lower[0] if lower else None)
    return previous


def _lineages(tags: Sequence[Tag], previous: Mapping[str, Tag | None]) -> dict[str, str]:
    """Name each release's line: *main* leads to the highest version, a branch is ``1.0.x``."""
    lineages: dict[str, str] = {}
    for tip in reversed(tags):
        if tip.name in lineages:
            continue
        name = "main" if not lineages else _line_name(tip, set(lineages.values()))
        current: Tag | None = tip
        while current and current.name not in lineages:
            lineages[current.name] = name
            current = previous[current.name]
    return lineages


def _line_name(tip: Tag, taken: set[str]) -> str:
    """Name a branch after its newest release: ``1.0.x``, or the whole version if that is taken."""
    read = version.parse(tip.version)
    name = ".".join((*map(str, read.numbers[:2]), "x")) if read else tip.version
    return name if name not in taken else tip.version


# --- by words -----------------------------------------------------------------------------------


def _by_words(migrations: Sequence[Migration], git: GitFacts | None, told: Told) -> History:
    """Place by what the notes declare, else by the change log."""
    placements = {m.id: _placement_by_words(m, told) for m in migrations}
    dates = {heading.version: heading.date for heading in told.headings}
    names = dict.fromkeys(
        (
            *(heading.version for heading in told.headings),
            *(p.release for p in placements.values() if p.release and p.status == "released"),
        )
    )
    releases: list[Release] = []
    for name in _one_each(names):
        ids = [
            id_
            for id_, p in placements.items()
            if p.status == "released" and p.release and version.same(p.release, name)
        ]
        placements |= {id_: replace(placements[id_], release=name) for id_ in ids}
        previous = releases[-1].version if releases else None
        ships = (*releases[-1].ships, *ids) if releases else tuple(ids)
        releases.append(
            Release(
                name, date=dates.get(name), previous=previous, migrations=tuple(ids), ships=ships
            )
        )
    pending = tuple(id_ for id_, p in placements.items() if p.status == "unreleased")
    commits = git.commits if git else ()
    unreleased: tuple[Release, ...] = ()
    if pending or (commits and not releases):
        last = releases[-1].version if releases else None
        unreleased = (
            Release(UNRELEASED, "unreleased", previous=last, migrations=pending, commits=commits),
        )
    ignored = git.ignored if git else ()
    return History(
        tuple(migrations), (*releases, *unreleased, *_planned(migrations)), placements, ignored
    )


def _one_each(names: Iterable[str]) -> list[str]:
    """Give one name for each version (``1.1.0`` is ``v1.1.0``), lowest first."""
    kept: dict[object, str] = {}
    for name in names:
        read = version.parse(name)
        kept.setdefault(read.key if read else name, name)
    readable = [(read, name) for name in kept.values() if (read := version.parse(name))]
    return [name for _, name in sorted(readable, key=lambda pair: pair[0].key)]


def _placement_by_words(migration: Migration, told: Told) -> Placement:
    """Place one migration by its notes, else by the change log."""
    if migration.planned:
        return _planned_placement(migration)
    if migration.declared.version:
        return Placement(migration.declared.version, "declared", "released")
    mentioned = told.mentions.get(migration.id)
    heading = mentioned or _dated(migration, told.headings)
    return Placement(heading.version, "changelog", "released") if heading else Placement()


def _dated(migration: Migration, headings: Sequence[Heading]) -> Heading | None:
    """Find the first release on or after a migration's own date."""
    day = migration.declared.date or _date_in(migration.id)
    dated = sorted((h.date, -h.line, h) for h in headings if h.date)
    return next((h for date, _, h in dated if day and date >= day), None)


def _date_in(id_: str) -> str | None:
    """Read a date that a migration's id begins with."""
    match = re.match(r"(\d{4})-?(\d{2})-?(\d{2})", id_)
    return "-".join(match.groups()) if match else None


# --- planned ------------------------------------------------------------------------------------


def _planned_placement(migration: Migration) -> Placement:
    """Place a migration that only notes exist of."""
    declared = migration.declared.version
    return Placement(declared, "declared" if declared else None, "planned")


def _planned(migrations: Sequence[Migration]) -> tuple[Release, ...]:
    """Group planned migrations by the version that they are planned for."""
    names = _one_each(
        dict.fromkeys(m.declared.version for m in migrations if m.planned and m.declared.version)
    )
    return tuple(
        Release(
            name,
            "planned",
            migrations=tuple(
                m.id
                for m in migrations
                if m.planned and m.declared.version and version.same(m.declared.version, name)
            ),
        )
        for name in names
    )
