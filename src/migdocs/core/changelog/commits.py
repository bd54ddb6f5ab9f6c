"""Commits → the entries of a change log, in the sections of Keep a Changelog 1.1.

What was undone within one release is not told; what was cherry-picked is told once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from migdocs.core.changelog import subjects
from migdocs.core.markup import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from migdocs.core.changelog.forge import Forge
    from migdocs.core.changelog.subjects import Said
    from migdocs.core.model import Commit, Release
    from migdocs.core.releases.version import Part

SECTIONS = ("Breaking", "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
# Sections that make a release at least a minor one (SemVer 2.0.0, section 7).
_MINOR = {"Added", "Deprecated", "Removed"}
_PICKED = re.compile(r"^\(cherry picked from commit ([0-9a-f]{7,64})\)$", re.MULTILINE)
_REVERTS = re.compile(r"\bThis reverts commit ([0-9a-f]{7,64})\b")
_CUT = re.compile(r"(.{10,})…")  # forges cut a long subject
_SHORT = 7  # characters of a commit's id that people read


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a change log; its text is as somebody wrote it, and hostile.

    Attributes:
        section: one of ``SECTIONS``.
        note: what a breaking change asks of its readers.
        issues: numbers of issues and pull requests.
        commits: full ids; several where the change was cherry-picked.
        also: the other releases that have it.
    """

    section: str
    text: str
    scope: str = ""
    breaking: bool = False
    note: str = ""
    issues: tuple[int, ...] = ()
    commits: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


def entries(
    commits: Sequence[Commit],
    *,
    convention: bool | None = None,
    changes: Mapping[str, str] | None = None,
) -> tuple[Entry, ...]:
    """Give one release's entries, in the order of its commits.

    Args:
        commits: newest first.
        convention: whether the repository follows Conventional Commits; told by these commits
            where it is None.
        changes: which commits are one change, as ``same_changes`` tells; told by these commits
            where it is None.
    """
    if convention is None:
        convention = subjects.conventional(commits)
    if changes is None:
        changes = same_changes(commits)
    kept = without_undone([commit for commit in commits if not _is_merge(commit)])
    groups: dict[str, list[Commit]] = {}
    for commit in kept:
        groups.setdefault(changes[commit.id], []).append(commit)
    return tuple(
        entry
        for group in groups.values()
        if (entry := _entry(group, subjects.read(group[0], convention=convention)))
    )


def across(releases: Sequence[Release]) -> dict[str, tuple[Entry, ...]]:
    """Give the entries of each release by version.

    A change that was cherry-picked to another lineage stands in the first release that has it, in
    the order given, and names the others there, once they are out.
    """
    convention = subjects.conventional([c for release in releases for c in release.commits])
    changes = same_changes([c for release in releases for c in release.commits])
    told = {r.version: entries(r.commits, convention=convention, changes=changes) for r in releases}
    having: dict[str, list[Release]] = {}
    for release in releases:
        for entry in told[release.version]:
            having.setdefault(changes[entry.commits[0]], []).append(release)
    before = {release.version: release.previous for release in releases}
    found: dict[str, tuple[Entry, ...]] = {}
    for release in releases:
        mine = ((e, having[changes[e.commits[0]]]) for e in told[release.version])
        found[release.version] = tuple(
            _with_others(entry, those, before) if those[0] is release else entry
            for entry, those in mine
            if those[0] is release or _follows(release, those[0], before)
        )
    return found


def _with_others(
    entry: Entry, having: Sequence[Release], before: Mapping[str, str | None]
) -> Entry:
    """Name, in the first release that has a change, those beside its line that have it too.

    What is done again further down its line is told there.
    """
    first, *later = having
    others = (r for r in later if r.status == "released" and not _follows(r, first, before))
    also = tuple(dict.fromkeys(release.version for release in others))
    return replace(entry, also=also) if also else entry


def _follows(release: Release, first: Release, before: Mapping[str, str | None]) -> bool:
    """Tell whether a release is further down the line of another."""
    version = release.version if release.lineage == first.lineage else None
    while version and version != first.version:
        version = before.get(version)
    return version is not None


def folded(release: Release, parts: Iterable[Sequence[Entry]]) -> tuple[Entry, ...]:
    """Give the entries of a release that has its candidates' commits too.

    Args:
        release: with all those commits, newest first.
        parts: its own entries and its candidates', newest first; what they undid is left out.
    """
    own = [commit for commit in release.commits if not _is_merge(commit)]
    standing = {commit.id for commit in without_undone(own)}
    return tuple(entry for part in parts for entry in part if standing.intersection(entry.commits))


def sections(found: Iterable[Entry]) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
    """Group entries by section, in the order of Keep a Changelog with *Breaking* first."""
    by_title: dict[str, list[Entry]] = {title: [] for title in SECTIONS}
    for entry in found:
        by_title[entry.section].append(entry)
    return tuple((title, tuple(group)) for title, group in by_title.items() if group)


def bump(found: Iterable[Entry]) -> Part:
    """Say which part of the version the entries count up (SemVer 2.0.0, sections 6 to 8)."""
    told = tuple(found)
    if any(entry.breaking for entry in told):
        return "major"
    return "minor" if any(entry.section in _MINOR for entry in told) else "patch"


def line(entry: Entry, forge: Forge | None = None, *, authors: bool = False) -> escape.Safe:
    """Write an entry as one line of Markdown, linked where the forge is known."""
    scope = f"**{escape.prose(entry.scope)}:** " if entry.scope else ""
    numbers = [
        escape.link(escape.Safe(f"#{n}"), forge.issue(n) if forge else "") for n in entry.issues
    ]
    ids = [_commit_link(id_, forge) for id_ in entry.commits]
    by = f" by {', '.join(map(escape.prose, entry.authors))}" if authors and entry.authors else ""
    also = f", also in {', '.join(map(escape.prose, entry.also))}" if entry.also else ""
    note = f". {escape.prose(entry.note)}" if entry.note and entry.note != entry.text else ""
    where = f" ({', '.join((*numbers, *ids))})" if numbers or ids else ""
    return escape.Safe(f"{scope}{escape.prose(entry.text)}{where}{by}{also}{note}")


def _commit_link(id_: str, forge: Forge | None) -> escape.Safe:
    """Give a commit's short id, linked where the forge is known."""
    short = escape.Safe(f"`{id_[:_SHORT]}`")
    return escape.link(short, forge.commit(id_)) if forge else short


def _is_merge(commit: Commit) -> bool:
    """Tell whether a commit joins histories: what it brings is told by their own commits."""
    return len(commit.parents) > 1


def _entry(group: Sequence[Commit], said: Said) -> Entry | None:
    """Make an entry of one change; None where nobody would notice it."""
    if said.section is None and not said.breaking:
        return None
    return Entry(
        "Breaking" if said.breaking else said.section or "Changed",
        said.text,
        said.scope,
        said.breaking,
        said.note,
        said.issues,
        tuple(commit.id for commit in group),
        tuple(dict.fromkeys(commit.author for commit in group if commit.author)),
    )


# --- cherry-picks -------------------------------------------------------------------------------


def same_changes(commits: Sequence[Commit]) -> dict[str, str]:
    """Tell which commits are one change: commit → the first commit of the same change.

    By the trailer of ``cherry-pick -x``; by who wrote what at which second, which a cherry-pick
    keeps; by the pull request that a back-port names.
    """
    ports = _back_ported(commits)
    ported = set(ports.values())
    firsts: dict[object, str] = {}
    changes: dict[str, str] = {}
    for commit in commits:
        marks: list[object] = [commit.id]
        if commit.authored:
            marks.append((commit.author, commit.authored, subjects.plain(commit.subject)))
        if "cherry picked" in commit.body:
            marks += _PICKED.findall(commit.body)
        if ported and (pull := ports.get(commit.id) or subjects.pull(commit.subject)) in ported:
            marks.append(pull)
        first = next((firsts[mark] for mark in marks if mark in firsts), commit.id)
        for mark in marks:
            firsts.setdefault(mark, first)
        changes[commit.id] = first
    return changes


def _back_ported(commits: Iterable[Commit]) -> dict[str, int]:
    """Find what forges and their robots port back: commit → the number of the pull request."""
    return {
        commit.id: number
        for commit in commits
        if "ackport" in commit.subject or "ackport" in commit.body
        if (number := subjects.back_ported(commit))
    }


# --- reverts ------------------------------------------------------------------------------------


def without_undone(commits: Sequence[Commit]) -> list[Commit]:
    """Leave out each revert together with what it reverts, where both are here.

    The newest come first, so that a revert of a revert brings the first change back.
    """
    if not any(subjects.reverted(commit.subject) for commit in commits):
        return list(commits)
    standing: dict[str, dict[str, None]] = defaultdict(dict)  # a short id or a subject → full ids
    for commit in commits:
        for name in _names(commit):
            standing[name][commit.id] = None
    undone: set[str] = set()
    for commit in commits:
        for name in _names(commit):
            standing[name].pop(commit.id, None)  # it is reached: what still stands is older
        if commit.id not in undone and (targets := _reverted(commit, standing, undone)):
            undone |= {commit.id, *targets}
    return [commit for commit in commits if commit.id not in undone]


def _names(commit: Commit) -> tuple[str, str]:
    """Give what a revert may call a commit by."""
    return commit.id[:_SHORT], subjects.plain(commit.subject)


def _reverted(
    revert: Commit, standing: Mapping[str, Mapping[str, None]], undone: set[str]
) -> list[str]:
    """Find the ids of the commits that one reverts; none where one of them is not here.

    The id in a revert that was rebased or squashed is another's: then the subject tells.
    """
    subject = subjects.reverted(revert.subject)
    if not subject:
        return []
    named = set(_REVERTS.findall(revert.body))
    found = [
        id_
        for name in named
        for id_ in standing.get(name[:_SHORT], ())
        if id_.startswith(name) and id_ not in undone
    ]
    if named and len(found) == len(named):
        return found
    if cut := _CUT.fullmatch(subject):
        subject = next((name for name in standing if name.startswith(cut[1])), subject)
    return [id_ for id_ in standing.get(subject, ()) if id_ not in undone][:1]
