"""Commits → the entries of a change log, in the sections of Keep a Changelog 1.1.

What was undone within one release is not told; what was cherry-picked is told once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from migdocs.core.changelog import merges, subjects
from migdocs.core.markup import escape
from migdocs.core.settings import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from migdocs.core.changelog.forge import Forge
    from migdocs.core.changelog.subjects import Said
    from migdocs.core.model import Commit, Release
    from migdocs.core.releases.version import Part

# Sections that make a release at least a minor one (SemVer 2.0.0, section 7).
_MINOR = {"Added", "Deprecated", "Removed"}
_PICKED = re.compile(r"^\(cherry picked from commit ([0-9a-f]{7,64})\)$", re.MULTILINE)
_REVERTS = re.compile(r"\bThis reverts commit ([0-9a-f]{7,64})\b")
_REFERS = re.compile(r"(?<=[\s,])([0-9a-f]{7,40})\b")  # Conventional Commits: 'Refs: 676104e'
_CUT = re.compile(r"(.{10,})…")  # forges cut a long subject
_SHORT = 7  # characters of a commit's id that people read


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a change log; its text is as somebody wrote it, and hostile.

    Attributes:
        section: one of ``SECTIONS``.
        note: what a breaking change asks of its readers; several footers, paragraphs apart.
        issues: numbers of issues.
        pulls: numbers of pull requests.
        commits: full ids; several where the change was cherry-picked.
        also: the other releases that have it.
    """

    section: str
    text: str
    scope: str = ""
    breaking: bool = False
    note: str = ""
    issues: tuple[int, ...] = ()
    pulls: tuple[int, ...] = ()
    commits: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ways:
    """How a project writes its commits, by its settings.

    Attributes:
        types: of its own → the section; None for what users do not notice.
        lenient: whether BREAKING CHANGE without a colon counts.
    """

    types: Mapping[str, str | None] = field(default_factory=dict)
    lenient: bool = False


_USUAL = Ways()


def entries(
    commits: Sequence[Commit],
    *,
    convention: bool | None = None,
    changes: Mapping[str, str] | None = None,
    ways: Ways = _USUAL,
) -> tuple[Entry, ...]:
    """Give one release's entries, in the order of its commits.

    A merge that says something is told, and stands for the commits below it.

    Args:
        commits: newest first.
        convention: whether the repository follows Conventional Commits; told by these commits
            where it is None.
        changes: which commits are one change, as ``same_changes`` tells; told by these commits
            where it is None.
        ways: how the project writes its commits.
    """
    if convention is None:
        convention = subjects.conventional(commits)
    if changes is None:
        changes = same_changes(commits)
    groups: dict[str, list[Commit]] = {}
    for commit in _standing(commits, convention=convention):
        groups.setdefault(changes[commit.id], []).append(commit)
    return tuple(
        entry
        for group in groups.values()
        if (entry := _entry(group, _said(group[0], ways, convention=convention)))
    )


def internal(
    commits: Sequence[Commit], told: Iterable[Entry], *, convention: bool | None = None
) -> int:
    """Count what a release's log leaves out because users would not notice it."""
    if convention is None:
        convention = subjects.conventional(commits)
    named = {id_ for entry in told for id_ in entry.commits}
    return sum(commit.id not in named for commit in _standing(commits, convention=convention))


def _standing(commits: Sequence[Commit], *, convention: bool) -> list[Commit]:
    """Give the project's commits that were not undone, merges told by what they say."""
    found = merges.told(commits, convention=convention)
    return [c for c in without_undone(found.commits, found.joined) if not c.foreign]


def _said(commit: Commit, ways: Ways, *, convention: bool) -> Said:
    """Read a commit as the project writes them."""
    return subjects.read(commit, convention=convention, extra=ways.types, lenient=ways.lenient)


def across(releases: Sequence[Release], ways: Ways = _USUAL) -> dict[str, tuple[Entry, ...]]:
    """Give the entries of each release by version.

    A change that was cherry-picked to another lineage stands in the first release that has it, in
    the order given, and names the others there, once they are out.
    """
    convention = subjects.conventional([c for release in releases for c in release.commits])
    changes = same_changes([c for release in releases for c in release.commits])
    told = {
        r.version: entries(r.commits, convention=convention, changes=changes, ways=ways)
        for r in releases
    }
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
    standing = {commit.id for commit in _standing(release.commits, convention=True)}
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
    mark = forge.pull_mark if forge else "#"
    numbers = [
        *(
            escape.link(escape.Safe(f"{mark}{n}"), forge.pull(n) if forge else "")
            for n in entry.pulls
        ),
        *(escape.link(escape.Safe(f"#{n}"), forge.issue(n) if forge else "") for n in entry.issues),
    ]
    ids = [_commit_link(id_, forge) for id_ in entry.commits]
    by = f" by {', '.join(map(escape.prose, entry.authors))}" if authors and entry.authors else ""
    also = f", also in {', '.join(map(escape.prose, entry.also))}" if entry.also else ""
    note = _note(entry)
    where = f" ({', '.join((*numbers, *ids))})" if numbers or ids else ""
    return escape.Safe(f"{scope}{escape.prose(entry.text)}{where}{by}{also}{note}")


def _note(entry: Entry) -> str:
    """Give what breaks: behind the line where it is one, else in paragraphs below it."""
    if not entry.note or entry.note == entry.text:
        return ""
    if "\n" not in entry.note:
        return f". {escape.prose(entry.note)}"
    below = escape.excerpt(entry.note).split("\n")
    return "\n\n" + "\n".join(f"  {text}" if text else "" for text in below)


def _commit_link(id_: str, forge: Forge | None) -> escape.Safe:
    """Give a commit's short id, linked where the forge is known."""
    short = escape.Safe(f"`{id_[:_SHORT]}`")
    return escape.link(short, forge.commit(id_)) if forge else short


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
        said.pulls,
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


def without_undone(
    commits: Sequence[Commit], joined: Mapping[str, tuple[str, ...]] | None = None
) -> list[Commit]:
    """Leave out each revert together with what it reverts, where both are here.

    The newest come first, so that a revert of a revert brings the first change back.

    Args:
        commits: newest first.
        joined: a merge's id → the ids of what it brought, which its revert takes back.
    """
    if not any(_may_revert(commit) for commit in commits):
        return list(commits)
    brought = joined or {}
    standing: dict[str, dict[str, None]] = defaultdict(dict)  # a short id or a subject → full ids
    for commit in commits:
        for name in _names(commit):
            standing[name][commit.id] = None
    undone: set[str] = set()
    for commit in commits:
        for name in _names(commit):
            standing[name].pop(commit.id, None)  # it is reached: what still stands is older
        if commit.id not in undone and (targets := _reverted(commit, standing, undone, brought)):
            undone |= {commit.id, *targets}
    return [commit for commit in commits if commit.id not in undone]


def _names(commit: Commit) -> tuple[str, str]:
    """Give what a revert may call a commit by."""
    return commit.id[:_SHORT], subjects.plain(commit.subject)


def _may_revert(commit: Commit) -> bool:
    """Tell whether a commit says that it reverts one: by its subject, or git's line alone.

    A feature that quotes the line reverts nothing.
    """
    if subjects.reverted(commit.subject):
        return True
    return "This reverts commit" in commit.body and not subjects.is_feature(commit.subject)


def _reverted(
    revert: Commit,
    standing: Mapping[str, Mapping[str, None]],
    undone: set[str],
    brought: Mapping[str, tuple[str, ...]],
) -> list[str]:
    """Find the ids of the commits that one reverts; none where one of them is not here.

    The id in a revert that was rebased or squashed is another's: then the subject tells.
    """
    subject = subjects.reverted(revert.subject)
    if not _may_revert(revert):
        return []
    named = set(_REVERTS.findall(revert.body))
    if subject:
        named |= set(_REFERS.findall(revert.body)) if "Refs:" in revert.body else set()
    found = []
    for name in named:
        merge = next((id_ for id_ in brought if id_.startswith(name)), "")
        of_it = brought.get(merge) or tuple(
            id_ for id_ in standing.get(name[:_SHORT], ()) if id_.startswith(name)
        )
        if not (there := [id_ for id_ in of_it if id_ not in undone]):
            break
        found += there
    else:
        if named:
            return found
    if not subject:
        return []
    if cut := _CUT.fullmatch(subject):
        subject = next((name for name in standing if name.startswith(cut[1])), subject)
    return [id_ for id_ in standing.get(subject, ()) if id_ not in undone][:1]
