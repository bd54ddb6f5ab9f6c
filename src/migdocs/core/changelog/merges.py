"""What a merge says is the change; the commits below it are its details.

GitHub, GitLab, Bitbucket, Gitea, Azure and bors each write a pull request's title in their own way.
A merge that says nothing (``Merge branch 'x'``), or that joins other pull requests, leaves the word
to what is below it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from migdocs.core.changelog import footers, subjects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from migdocs.core.timeline import Commit

# The subject of a merge → where its title is: in a group of the subject, or else in the body.
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        r"Merge pull request '(?P<title>.+)' \(#(?P<number>\d+)\) from \S+(?: into \S+)?",
        r"Merge pull request #(?P<number>\d+) from (?P<branch>\S+)",
        r"Merged in (?P<branch>\S+) \(pull request #(?P<number>\d+)\)",
        r"Pull request #(?P<number>\d+): (?P<title>\S.*)",
        r"Merged PR (?P<number>\d+): (?P<title>\S.*)",
        r"Merge (?:[\w.-]+/[\w.-]+)?#(?P<number>\d+): (?P<title>\S.*)",
        r"Auto merge of #(?P<number>\d+) - \S.*",
    )
)
_SAYS_NOTHING = re.compile(
    r"Merge(?:d|s|ing)?\b.*\b(?:branch(?:es)?|commit|tag|pull request|remote-tracking)\b"
    r"|Merge (?:[\w./-]+) (?:into|to|with|from) [\w./-]+$",
    re.IGNORECASE,
)
_REQUEST = re.compile(r"^See merge request (?:[\w./-]*)!(\d+)\s*$", re.MULTILINE)
_TRAILER = re.compile(r"(?:[A-Z][A-Za-z-]*-by|See merge request|Approved|Closes)\b.*")
_SEPARATORS = re.compile(r"[\W_]+")


class Told(Struct, frozen=True):
    """A release's commits as its log tells them.

    Attributes:
        commits: newest first; a merge that speaks stands for those below it, with its pull
            request's title as subject, and no longer has several parents.
        joined: the id of every merge → the ids, among ``commits``, of what it brought.
    """

    commits: tuple[Commit, ...]
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def titled(commit: Commit) -> Commit | None:
    """Give a commit whose subject is its pull request's title; None where it says nothing.

    Bitbucket writes so on squashed commits too. A subject of somebody's own is a title.
    """
    subject, body = commit.subject, commit.body
    match = next((m for shape in _SHAPES if (m := shape.fullmatch(subject))), None)
    if match is None and not _SAYS_NOTHING.match(subject):
        return commit
    request = _REQUEST.search(body)
    groups = match.groupdict() if match else {}
    title, rest = groups.get("title") or "", body
    if not title:
        title, rest = _first_line(body)
        known = bool(match or request) or subjects.is_typed(title)
        if not known or not title or _is_branch(title, groups.get("branch") or ""):
            return None
    number = groups.get("number")
    mark = f" (#{number})" if number and f"#{number}" not in title else ""
    if request and f"!{request[1]}" not in title:
        mark = f" (!{request[1]})"
    return replace(commit, subject=title + mark, body=rest)


def told(commits: Sequence[Commit], *, convention: bool = True) -> Told:
    """Let each merge that speaks stand for what is below it.

    Args:
        commits: of one release, newest first.
        convention: whether the repository follows Conventional Commits.
    """
    if not any(len(commit.parents) > 1 for commit in commits):
        return Told(tuple(titled(c) or c if c.subject[:1] in "MPA" else c for c in commits))
    reading = _Reading({commit.id: commit for commit in commits}, convention=convention)
    for commit in commits:
        if commit.id not in reading.seen:
            reading.walk(commit.id)
    kept = tuple(reading.made.get(c.id, c) for c in commits if c.id not in reading.details)
    there = {commit.id for commit in kept}
    joined = {id_: tuple(b for b in below if b in there) for id_, below in reading.joined.items()}
    return Told(tuple(c for c in kept if len(c.parents) < 2), joined)  # noqa: PLR2004 - a merge


class _Reading:
    """Walks the lines of a release, and finds what each merge brought."""

    def __init__(self, commits: Mapping[str, Commit], *, convention: bool) -> None:
        self._commits = commits
        self._convention = convention
        self.seen: set[str] = set()
        self.details: set[str] = set()  # told by the merge above them
        self.made: dict[str, Commit] = {}  # a merge → with what it says
        self.joined: dict[str, tuple[str, ...]] = {}

    def walk(self, tip: str) -> None:
        """Read a line from its tip down, and the lines that were merged into it."""
        tips = [tip]
        while tips:
            line: list[str] = []
            here = tips.pop()
            while here in self._commits and here not in self.seen:
                self.seen.add(here)
                line.append(here)
                parents = self._commits[here].parents
                here = parents[0] if parents else ""
            for id_ in reversed(line):  # the oldest first: what it brings is not brought again
                if len(self._commits[id_].parents) > 1:
                    tips += self._merge(self._commits[id_])

    def _merge(self, merge: Commit) -> list[str]:
        """Read one merge; give the tips of the lines below it that tell themselves."""
        below = self._below(merge)
        self.joined[merge.id] = (merge.id, *below)
        said = titled(merge)
        inner = [c for c in map(self._commits.__getitem__, below) if len(c.parents) > 1]
        if said is None and self._is_another_history(merge, below):
            self.details.update(below)
            return []
        if said is None or any(titled(commit) for commit in inner):
            self.seen.difference_update(below)
            return list(merge.parents[1:])
        self.details.update(below)
        self.made[merge.id] = self._whole(said, [self._commits[id_] for id_ in below])
        return []

    def _is_another_history(self, merge: Commit, below: Iterable[str]) -> bool:
        """Tell whether a merge takes in a history with a beginning of its own: what it vendors.

        What another project did before it came here is no change of this release.
        """
        brought = set(below)
        here = merge.parents[1]
        while here in brought:
            parents = self._commits[here].parents
            if not parents:
                return True
            here = parents[0]
        return False

    def _below(self, merge: Commit) -> tuple[str, ...]:
        """Give what a merge brought: what its other parents reach and nobody has yet."""
        found: list[str] = []
        waiting = list(merge.parents[:0:-1])
        while waiting:
            id_ = waiting.pop()
            if id_ in self._commits and id_ not in self.seen:
                self.seen.add(id_)
                found.append(id_)
                waiting += self._commits[id_].parents
        return tuple(found)

    def _whole(self, said: Commit, below: Iterable[Commit]) -> Commit:
        """Give a merge with the type and the warnings of its details, where it has none."""
        details = [commit for commit in below if len(commit.parents) < 2]  # noqa: PLR2004
        subject, body = said.subject, said.body
        if self._convention and details and not subjects.is_typed(subject):
            kind = subjects.weightiest(commit.subject for commit in details)
            subject = f"{kind}: {subject}" if kind else subject
        if not subjects.is_breaking(said):
            notes = [note for c in details for note in footers.breaking(c.body)]
            marked = [c.subject.partition(": ")[2] for c in details if subjects.is_marked(c)]
            body += "".join(f"\n\nBREAKING CHANGE: {note}" for note in notes or marked)
        own = any(not commit.foreign for commit in details) or not said.foreign
        return replace(said, subject=subject, body=body, parents=said.parents[:1], foreign=not own)


def _first_line(body: str) -> tuple[str, str]:
    """Split the first line that says something from the rest; trailers say nothing."""
    for number, line in enumerate(lines := body.split("\n")):
        if _TRAILER.match(line):
            break
        if line.strip():
            return line.strip(), "\n".join(lines[number + 1 :]).strip("\n")
    return "", body


def _is_branch(title: str, branch: str) -> bool:
    """Tell whether a title is only the branch's name, as forges propose it."""
    names = {_SEPARATORS.sub("", part).lower() for part in (branch, branch.rpartition("/")[2])}
    return _SEPARATORS.sub("", title).lower() in names - {""}
