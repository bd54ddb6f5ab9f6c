"""Which release first ships each migration, and what else each release did to them.

Trees at tags are compared, not commits: squashes, cherry-picks, rebases and back-ports cannot
fool that (``releases.md``). The key is a migration's id, so a renamed file stays what it was.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from migdocs.core.releases import told as words
from migdocs.core.releases.lineage import MAIN
from migdocs.core.releases.told import UNRELEASED
from migdocs.core.timeline import Edit, History, Moves, Placement, Release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from migdocs.core.model import Migration
    from migdocs.core.releases.lineage import Point, Trace
    from migdocs.core.releases.told import Told
    from migdocs.core.timeline import Commit, FileChange, IgnoredTag, Stood

    Identify = Callable[[str], tuple[str, str] | None]
    Files = dict[str, frozenset[str]]  # migration → the paths of its scripts

_PARTS = {"forward", "rollback", "both"}


class GitFacts(Struct, frozen=True):
    """What git told.

    Attributes:
        trace: the history cut at the releases.
        changes: what differs below the migrations folder, for each of ``trace.points()`` against
            the release before it.
        commits: children before parents, all that tags and HEAD can reach.
        meanings: blobs before and after → whether an edit changed what the script does.
        stood: for each of ``trace.points()``: the folder that held the migrations, from the
            project's root, and what scripts were called there; empty where it was as it is now.
    """

    trace: Trace
    changes: tuple[tuple[FileChange, ...], ...] = ()
    commits: tuple[Commit, ...] = ()
    ignored: tuple[IgnoredTag, ...] = ()
    meanings: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    stood: tuple[Stood | None, ...] = ()
    moves: Moves = field(default_factory=Moves)


def place(
    migrations: Sequence[Migration], git: GitFacts | None, identify: Identify, told: Told
) -> History:
    """Place every migration.

    Args:
        migrations: in run order; those that only releases before still hold are among them.
        git: None where there is no repository.
        identify: a path → the migration's id and part, by the layout.
        told: the hand-written change log, asked where neither git nor the notes answer.
    """
    if git is None:
        return words.place(migrations, told)
    if not git.trace.releases:
        return words.place(migrations, told, git.commits, git.ignored)
    placed = _by_tags(migrations, git, identify)
    first = placed.releases[0]
    if not told.before or first.commit in told.before:
        return placed
    new = tuple(commit for commit in first.commits if commit.id not in told.before)
    return replace(placed, releases=(replace(first, commits=new), *placed.releases[1:]))


def reached(commits: Iterable[Commit], tip: str) -> frozenset[str]:
    """Name a commit and all that it stands on; none where it is not among them.

    Args:
        commits: children before parents.
        tip: full id.
    """
    wanted: set[str] = set()
    for commit in commits:
        if commit.id == tip or commit.id in wanted:
            wanted |= {commit.id, *commit.parents}
    return frozenset(wanted)


def gone(
    git: GitFacts, identify: Identify, present: Iterable[str]
) -> tuple[tuple[str, str, str], ...]:
    """List the files of migrations that releases had and the checkout does not.

    Each is an id, a path and a blob, from the newest release that had it.
    """
    here = set(present)
    files: dict[str, dict[str, str]] = {}
    for changes in git.changes[: len(git.trace.releases)]:
        for id_, found in _by_migration(changes, identify).items():
            removed = {change.path for _, change in found if change.after is None}
            written = {change.path: change.after for _, change in found if change.after}
            kept = {p: blob for p, blob in files.get(id_, {}).items() if p not in removed}
            files[id_] = kept | written or files.get(id_, {})
    return tuple(
        (id_, path, blob)
        for id_, parts in files.items()
        if id_ not in here
        for path, blob in parts.items()
    )


def edited(git: GitFacts, identify: Identify) -> tuple[tuple[str, str], ...]:
    """List what edits between releases made of which blob: before and after."""
    steps = _steps(git, identify) if git.trace.releases else ()
    return tuple(dict.fromkeys(edit.blobs for _, step in steps for edit in step.edited))


# --- what a release did -------------------------------------------------------------------------


class _Edited(Struct, frozen=True):
    """A script of a migration that was there before, with other bytes."""

    migration: str
    path: str
    blobs: tuple[str, str]


class _Step(Struct, frozen=True):
    """What one release did to the migrations, by id."""

    new: frozenset[str]
    removed: frozenset[str]
    edited: tuple[_Edited, ...]


def _steps(git: GitFacts, identify: Identify) -> Iterator[tuple[Point, _Step]]:
    """Yield what each release and then HEAD did, from the lowest version on."""
    points = git.trace.points()
    following = Counter(point.before for point in points)
    files: dict[int | None, Files] = {None: {}}
    for place_, (point, changes) in enumerate(zip(points, git.changes, strict=True)):
        following[point.before] -= 1
        # A copy is only needed where lines part.
        held = dict(files[point.before]) if following[point.before] else files.pop(point.before)
        yield point, _step(held, _by_migration(changes, identify))
        files[place_] = held


def _by_migration(
    changes: Iterable[FileChange], identify: Identify
) -> dict[str, list[tuple[str, FileChange]]]:
    """Group changed files by migration, each with its part; what is none of its files is left."""
    found: dict[str, list[tuple[str, FileChange]]] = {}
    for change in changes:
        identity = identify(change.path)
        if identity:
            found.setdefault(identity[0], []).append((identity[1], change))
    return found


def _step(held: Files, changes: Mapping[str, list[tuple[str, FileChange]]]) -> _Step:
    """Bring the files up to a release, and say what that did."""
    new: set[str] = set()
    removed: set[str] = set()
    edited: list[_Edited] = []
    for id_, found in changes.items():
        scripts = [(part, change) for part, change in found if part in _PARTS]
        before = held.get(id_, frozenset())
        after = before.difference(c.path for _, c in scripts if c.after is None)
        after = after.union(c.path for _, c in scripts if c.after)
        if after:
            held[id_] = after
            edited += _edited(id_, scripts) if before else ()
        else:
            held.pop(id_, None)
        if bool(after) != bool(before):
            (new if after else removed).add(id_)
    return _Step(frozenset(new), frozenset(removed), tuple(edited))


def _edited(id_: str, scripts: Sequence[tuple[str, FileChange]]) -> Iterator[_Edited]:
    """Yield the scripts whose bytes were in no script before: what was only renamed is no edit."""
    old = {change.before for _, change in scripts}
    renamed = {part: change.before for part, change in scripts if change.after is None}
    for part, change in scripts:
        before = change.before or renamed.get(part)
        if before and change.after and change.after not in old:
            yield _Edited(id_, change.path, (before, change.after))


# --- releases -----------------------------------------------------------------------------------


def _by_tags(migrations: Sequence[Migration], git: GitFacts, identify: Identify) -> History:
    """Place by what each release did."""
    order = {m.id: index for index, m in enumerate(migrations)}
    releases: list[Release] = []
    stood = git.stood or (None,) * len(git.changes)
    for (point, step), there in zip(_steps(git, identify), stood, strict=True):
        before = None if point.before is None else releases[point.before]
        made = _release(point, step, before, order, git.meanings)
        releases.append(replace(made, stood=there) if there else made)
    released = releases[: len(git.trace.releases)]
    at_head = releases[len(released) :] or [_nothing_new(released, git.trace.head)]
    placements = _placements(migrations, released)
    unreleased = _unreleased(migrations, placements, at_head[0])
    planned = words.planned(migrations)
    return History(
        tuple(migrations), (*released, *unreleased, *planned), placements, git.ignored, git.moves
    )


def _release(
    point: Point,
    step: _Step,
    before: Release | None,
    order: Mapping[str, int],
    meanings: Mapping[tuple[str, str], bool],
) -> Release:
    """Make a release of what it did; ids are put in run order."""
    name = point.tag.version if point.tag else UNRELEASED
    since = before.version if before else None

    def in_order(ids: Iterable[str]) -> tuple[str, ...]:
        # One that neither the checkout nor a release has any more is at HEAD only.
        return tuple(sorted(filter(order.__contains__, ids), key=order.__getitem__))

    new = in_order(step.new)
    ships = before.ships if before else ()
    if step.removed:
        ships = tuple(id_ for id_ in ships if id_ not in step.removed)
    if new:
        last = bool(ships) and order[ships[-1]] > order[new[0]]
        ships = in_order((*ships, *new)) if last else (*ships, *new)
    edits = (
        Edit(edit.migration, edit.path, since or "", name, meanings.get(edit.blobs))
        for edit in step.edited
    )
    return Release(
        name,
        status="released" if point.tag else "unreleased",
        tag=point.tag.name if point.tag else None,
        commit=point.commit,
        date=point.tag.date if point.tag else None,
        lineage=point.lineage,
        previous=since,
        aliases=point.tag.aliases if point.tag else (),
        migrations=new,
        ships=ships,
        edited=tuple(sorted(edits, key=lambda edit: (order.get(edit.migration, -1), edit.path))),
        removed=in_order(step.removed),
        commits=point.commits,
    )


def _nothing_new(released: Sequence[Release], head: Point) -> Release:
    """Give *Unreleased* for a HEAD that is a release, or lies before one."""
    last = released[-1 if head.before is None else head.before]
    return Release(UNRELEASED, "unreleased", previous=last.version, ships=last.ships)


def _unreleased(
    migrations: Sequence[Migration], placements: Mapping[str, Placement], release: Release
) -> tuple[Release, ...]:
    """Give *Unreleased* with what no release ships, committed or not; none where nothing is new."""
    new = tuple(m.id for m in migrations if placements[m.id].status == "unreleased")
    if not (new or release.commits or release.edited or release.removed):
        return ()
    ships = (*release.ships, *(id_ for id_ in new if id_ not in set(release.ships)))
    return (replace(release, migrations=new, ships=ships),)


def _placements(
    migrations: Sequence[Migration], releases: Sequence[Release]
) -> dict[str, Placement]:
    """Find each migration's first release, the other lines' that brought it, and where it went."""
    brought: dict[str, list[Release]] = {}
    went: dict[tuple[str, str], str] = {}
    for release in releases:  # the lowest version first
        for id_ in release.migrations:
            brought.setdefault(id_, []).append(release)
            went.pop((id_, release.lineage), None)
        for id_ in release.removed:
            went[id_, release.lineage] = release.version
    return {
        m.id: words.planned_placement(m)
        if m.planned
        else _placement(brought.get(m.id, []), went, m)
        for m in migrations
    }


def _placement(
    brought: Sequence[Release], went: Mapping[tuple[str, str], str], migration: Migration
) -> Placement:
    """Place one migration; it is gone where its main line dropped it, or the one line it was in."""
    if not brought:
        return Placement()
    first, *later = brought
    lineages = {release.lineage for release in brought}
    line = MAIN if MAIN in lineages else first.lineage
    return Placement(
        first.version,
        "git",
        "released",
        tuple(release.version for release in later if release.lineage != first.lineage),
        went.get((migration.id, line)),
    )
