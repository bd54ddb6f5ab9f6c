"""Which version comes next, and why: by the commits, and by what the migrations do and declare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.changelog import commits
from migdocs.core.errors import MigdocsError, UsageError
from migdocs.core.releases import version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from migdocs.core import facts
    from migdocs.core.releases.version import Part, Version

FIRST = "v0.1.0"
# 01.2.0, which SemVer 2.0.0 (section 2) does not allow.
_ZERO = re.compile(r"[vV]?(?:\d+\.)*0\d")
_PARTS: tuple[Part, ...] = ("patch", "minor", "major")


class Reason(Struct, frozen=True):
    """One thing that is new, and the part of the version that it counts up."""

    part: Part
    text: str


class Proposal(Struct, frozen=True):
    """What the next version should be at least.

    Attributes:
        last: the version before; None before the first.
        version: the lowest that says enough, written as the last one is.
        part: the number that counts up; below 1.0.0 a breaking change counts up the minor one
            (SemVer 2.0.0, section 4).
        reasons: the weightiest first.
    """

    last: str | None
    version: str
    part: Part
    reasons: tuple[Reason, ...]


def propose(
    last: str | None,
    log: Sequence[commits.Entry],
    migrations: Sequence[facts.Entry],
    taken: Iterable[str] = (),
) -> Proposal:
    """Propose the next version.

    Args:
        last: the version of the release before.
        log: what the commits since then say.
        migrations: that no release has yet.
        taken: the versions that are out, on every line: a patch release of 1.0 may have 1.0.1.
    """
    reasons = [*_of_commits(log), *_of_migrations(migrations)]
    reasons.sort(key=lambda reason: -_PARTS.index(reason.part))
    part: Part = reasons[0].part if reasons else "patch"
    if last and part == "major" and _is_early(last):
        part = "minor"
    lowest = _free(last, part, taken) if last else FIRST
    declared = [m.migration.declared.version for m in migrations]
    return Proposal(last, _highest([lowest, *filter(None, declared)]), part, tuple(reasons))


def check(wanted: str, proposal: Proposal, *, allow_lower: str = "") -> str:
    """Give the wanted version, written as the last one is.

    Raises:
        UsageError: it is no version.
        MigdocsError: it is not above the last one, or says too little and nobody gave a reason.
    """
    read = _read(wanted)
    if read.scheme == "semver" and _ZERO.match(wanted) and not _ZERO.match(proposal.last or ""):
        raise UsageError(
            f"'{wanted}' is not a version: a number begins with 0", hint="Write it like 1.2.0."
        )
    written = _as_written(wanted, proposal.last)
    if proposal.last and read.key <= _read(proposal.last).key:
        raise MigdocsError(
            f"'{wanted}' is not above the last release, '{proposal.last}'",
            hint=f"'{proposal.version}' would be.",
        )
    enough = _read(version.bump(proposal.last, proposal.part)) if proposal.last else read
    if read.scheme != "calver" and read.release < enough.release and not allow_lower:
        because = next((reason.text for reason in proposal.reasons), "")
        raise MigdocsError(
            f"'{wanted}' is too low: what is new asks for a {proposal.part} step ({because})",
            hint=f"release '{proposal.version}', or say why not: --allow-lower REASON.",
        )
    return written


def _of_commits(log: Iterable[commits.Entry]) -> Iterator[Reason]:
    """Say what each commit asks for."""
    for entry in log:
        scope = f"{entry.scope}: " if entry.scope else ""
        yield Reason(commits.bump([entry]), f"{entry.section.lower()}: {scope}{entry.text}")


def _of_migrations(migrations: Iterable[facts.Entry]) -> Iterator[Reason]:
    """Say what each migration asks for, by its SQL and by its notes."""
    for entry in migrations:
        declared = entry.migration.declared
        if declared.version:
            yield Reason("patch", f"{entry.id}: its notes name {declared.version}")
        if entry.stops_before:
            what = _first(entry.breaks or entry.changes)
            yield Reason("minor", f"{entry.id}: {what}; stop the release before first")
        elif entry.computed == "major":
            yield Reason("major", f"{entry.id}: {_first(entry.breaks or entry.changes)}")
        elif declared.breaking:
            yield Reason("major", f"{entry.id}: its notes say that it breaks")
        elif entry.computed == "unknown":
            yield Reason("minor", f"{entry.id}: what it does cannot be read, so it may break")
        else:
            part: Part = "minor" if entry.computed == "minor" else "patch"
            yield Reason(part, f"{entry.id}: {_first(entry.changes)}")


def _first(sentences: Sequence[str]) -> str:
    """Give the first of several sentences, and how many more there are."""
    if not sentences:
        return "changes nothing that is known"
    rest = f" (and {len(sentences) - 1} more)" if len(sentences) > 1 else ""
    return sentences[0] + rest


def _free(last: str, part: Part, taken: Iterable[str]) -> str:
    """Give the next version that is not out; where a patch's number is, the next minor one."""
    out = {read.key for text in taken if (read := version.parse(text))}
    found = version.bump(last, part)
    while _read(found).key in out:
        found = version.bump(found, "minor" if part == "patch" else part)
    return found


def _read(text: str) -> Version:
    """Read a version.

    Raises:
        UsageError: it is none.
    """
    found = version.parse(text)
    if found is None:
        raise UsageError(f"'{text}' is not a version", hint="Write it like 1.2.0.")
    return found


def _is_early(last: str) -> bool:
    """Tell whether a version is below 1.0.0, where anything may change."""
    numbers = _read(last).numbers
    return len(numbers) > 1 and numbers[0] == 0


def _highest(texts: Iterable[str]) -> str:
    """Give the highest version; what is none is passed over."""
    readable = [text for text in texts if version.parse(text)]
    return max(readable, key=lambda text: _read(text).key)


def _as_written(wanted: str, last: str | None) -> str:
    """Write a version with the mark that the last one has: ``1.3.0`` → ``v1.3.0``."""
    bare = version.split(wanted)[1].lstrip("vV")
    mark = "v" if last is None and wanted.startswith("v") else ""
    if last:
        mark = last[: len(last) - len(last.lstrip("vV"))]
    return mark + bare
