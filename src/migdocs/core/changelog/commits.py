"""Commits → the entries of a change log, in the sections of Keep a Changelog 1.1.

What was undone within one release is not told; what was cherry-picked is told once.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from migdocs.core.changelog import merges, picks, reverts, subjects
from migdocs.core.changelog.mailmap import Names
from migdocs.core.markup import escape
from migdocs.core.settings import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from migdocs.core.changelog.forge import Forge
    from migdocs.core.changelog.subjects import Said
    from migdocs.core.releases.version import Part
    from migdocs.core.timeline import Commit, Release

# Sections that make a release at least a minor one (SemVer 2.0.0, section 7).
_MINOR = {"Added", "Deprecated", "Removed"}
_MANY, _FEW_SCOPES = 20, 3  # entries that are read one by one; scopes that make no groups yet
_SHORT = 7  # characters of a commit's id that people read


class Entry(Struct, frozen=True):
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


class Ways(Struct, frozen=True):
    """How a project writes its commits, by its settings.

    Attributes:
        types: of its own → the section; None for what users do not notice.
        lenient: whether BREAKING CHANGE without a colon counts.
        names: what its people are called.
        forge: where its issues and pull requests are; None where that is not known.
        releasing: the subject of a release's commit, with ``{version}``; empty for the usual ones.
    """

    types: Mapping[str, str | None] = field(default_factory=dict)
    lenient: bool = False
    names: Names = field(default_factory=Names)
    forge: Forge | None = None
    releasing: str = ""


_USUAL = Ways()


def entries(
    commits: Sequence[Commit],
    *,
    convention: bool | None = None,
    changes: Mapping[str, str] | None = None,
    ways: Ways = _USUAL,
) -> tuple[Entry, ...]:
    """Give one release's entries, as ``tell`` does."""
    return tell(commits, convention=convention, changes=changes, ways=ways)[0]


def tell(
    commits: Sequence[Commit],
    *,
    convention: bool | None = None,
    changes: Mapping[str, str] | None = None,
    ways: Ways = _USUAL,
) -> tuple[tuple[Entry, ...], int]:
    """Give one release's entries, in the order of its commits, and how many changes have none.

    A merge that says something is told, and stands for the commits below it.

    Args:
        commits: newest first.
        convention: whether the repository follows Conventional Commits; told by these commits
            where it is None.
        changes: which commits are one change, as ``picks.same_changes`` tells; told by these
            commits where it is None.
        ways: how the project writes its commits.
    """
    if convention is None:
        convention = subjects.conventional(commits)
    if changes is None:
        changes = picks.same_changes(commits)
    groups: dict[str, list[Commit]] = {}
    for commit in _standing(commits, convention=convention):
        if not subjects.makes_release(commit.subject, ways.releasing):
            groups.setdefault(changes[commit.id], []).append(commit)
    found: dict[tuple[str, ...], Entry] = {}
    internal = 0
    for group in groups.values():
        entry = _entry(group, _said(group[0], ways, convention=convention), ways.names)
        if entry is None:
            internal += 1
            continue
        words = (entry.section, entry.scope, entry.text, entry.note)
        found[words] = _joined(found[words], entry) if words in found else entry
    return tuple(found.values()), internal


def _joined(one: Entry, other: Entry) -> Entry:
    """Tell two commits that say the same as one line: a reader learns nothing from the second."""
    return replace(
        one,
        issues=tuple(dict.fromkeys((*one.issues, *other.issues))),
        pulls=tuple(dict.fromkeys((*one.pulls, *other.pulls))),
        commits=(*one.commits, *other.commits),
        authors=tuple(dict.fromkeys((*one.authors, *other.authors))),
    )


def _standing(commits: Sequence[Commit], *, convention: bool) -> list[Commit]:
    """Give the project's commits that were not undone, merges told by what they say."""
    found = merges.told(commits, convention=convention)
    return [c for c in reverts.without_undone(found.commits, found.joined) if not c.foreign]


def _said(commit: Commit, ways: Ways, *, convention: bool) -> Said:
    """Read a commit as the project writes them."""
    return subjects.read(
        commit,
        convention=convention,
        extra=ways.types,
        lenient=ways.lenient,
        forge=ways.forge,
    )


def across(releases: Sequence[Release], ways: Ways = _USUAL) -> dict[str, tuple[Entry, ...]]:
    """Give the entries of each release by version, as ``tell_all`` does."""
    return tell_all(releases, ways)[0]


def tell_all(
    releases: Sequence[Release], ways: Ways = _USUAL
) -> tuple[dict[str, tuple[Entry, ...]], dict[str, int]]:
    """Give the entries of each release by version, and how many of its changes have none.

    A change that was cherry-picked to another lineage stands in the first release that has it, in
    the order given, and names the others there, once they are out.
    """
    convention = subjects.conventional([c for release in releases for c in release.commits])
    changes = picks.same_changes([c for release in releases for c in release.commits])
    both = {
        r.version: tell(r.commits, convention=convention, changes=changes, ways=ways)
        for r in releases
    }
    told = {name: made for name, (made, _) in both.items()}
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
    return found, {name: left_out for name, (_, left_out) in both.items()}


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


def lines(
    found: Sequence[Entry], forge: Forge | None = None, *, authors: bool = False
) -> tuple[escape.Safe, ...]:
    """Write a section's entries as lines; of many, those of one scope stand together below it."""
    scopes = Counter(entry.scope.casefold() for entry in found if entry.scope)
    shared = {scope for scope, count in scopes.items() if count > 1}
    breaking = any(entry.breaking for entry in found)  # its paragraphs have no place further in
    if breaking or len(found) <= _MANY or len(shared) < _FEW_SCOPES:
        return tuple(line(entry, forge, authors=authors) for entry in found)
    groups: dict[str | int, list[Entry]] = {}
    for number, entry in enumerate(found):
        scope = entry.scope.casefold()
        groups.setdefault(scope if scope in shared else number, []).append(entry)
    return tuple(_group(group, forge, authors=authors) for group in groups.values())


def _group(group: Sequence[Entry], forge: Forge | None, *, authors: bool) -> escape.Safe:
    """Write entries of one scope as a list below it; one alone is a line."""
    if len(group) == 1:
        return line(group[0], forge, authors=authors)
    items = (line(replace(entry, scope=""), forge, authors=authors) for entry in group)
    below = "".join(f"\n    - {item}" for item in items)
    return escape.Safe(f"**{escape.prose(group[0].scope)}:**{below}")


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


def _entry(group: Sequence[Commit], said: Said, names: Names) -> Entry | None:
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
        tuple(dict.fromkeys(names.of(c.author, c.address) for c in group if c.author)),
    )
