"""One file for both ways, parted by marker lines."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec import Struct

from migdocs.adapters.layouts.convention import Halves
from migdocs.core.model import Finding, Script

if TYPE_CHECKING:
    import re

    from migdocs.adapters.layouts.convention import Splitter

Way = Literal["up", "down"]


class Markers(Struct, frozen=True):
    """The lines that part a file.

    Attributes:
        way: begins a part; its group ``up`` or ``down`` says which.
        example: how the marker is written that a file needs, for hints.
        no_transaction: on a marker's own line, or anywhere (see ``whole_file``).
        whole_file: whether one ``no_transaction`` line counts for both parts.
        implicit: whether a file begins with its forward part, without a marker.
        optional: whether a file without any marker is a forward script, and right so.
        joined: whether a way may come several times, each adding to it.
        begin: opens a statement that holds semicolons.
        end: closes it.
        statement: how the two are written, for hints.
    """

    way: re.Pattern[str]
    example: str
    no_transaction: re.Pattern[str] | None = None
    whole_file: bool = False
    implicit: bool = False
    optional: bool = False
    joined: bool = False
    begin: re.Pattern[str] | None = None
    end: re.Pattern[str] | None = None
    statement: tuple[str, str] = ("", "")


class _Mark(NamedTuple):
    """A marker line: its way, its number from 1 (0 for the file's beginning), and its text."""

    way: Way
    line: int
    text: str


def splitter(markers: Markers) -> Splitter:
    """Give what takes a file apart at its markers."""
    return partial(split, markers=markers)


def split(path: str, text: str, *, markers: Markers) -> Halves:
    """Take a file apart at its markers; what is before the first belongs to no part.

    A file without any marker is a forward script as it stands; where its runner would refuse it,
    with a finding. A part without a word in it is no part.
    """
    lines = text.split("\n")
    marks = _marks(lines, markers)
    if not marks:
        plain = Script(path, text, transaction=_transaction(text, markers))
        missing = not (markers.optional or markers.implicit)
        return Halves(plain, None, (_no_marker(path, markers),) if missing else ())
    if markers.implicit:
        marks.insert(0, _Mark("up", 0, text))
    parts = _parts(path, text, lines, marks, markers)
    findings = (
        *_misplaced(path, lines, marks, markers),
        *_never_ended(path, lines, markers),
    )
    return Halves(parts.get("up"), parts.get("down"), findings)


def _parts(
    path: str, text: str, lines: list[str], marks: list[_Mark], markers: Markers
) -> dict[Way, Script]:
    """Give the text of each way."""
    parts: dict[Way, Script] = {}
    for mark, end in zip(marks, [*(m.line for m in marks[1:]), len(lines) + 1], strict=True):
        part = "\n".join(lines[mark.line : end - 1])
        if not part.strip():
            continue
        before = parts.get(mark.way)
        if before is None:
            source = text if markers.whole_file else mark.text
            transaction = _transaction(source, markers)
            parts[mark.way] = Script(path, part, mark.line + 1, transaction=transaction)
        elif markers.joined:
            # Empty lines keep what follows on the line that it has in the file.
            gap = "\n" * (mark.line + 1 - before.line - before.text.count("\n"))
            joined = before.text + gap + part
            parts[mark.way] = Script(path, joined, before.line, transaction=before.transaction)
    return parts


def _transaction(source: str, markers: Markers) -> bool:
    return markers.no_transaction is None or markers.no_transaction.search(source) is None


def _marks(lines: list[str], markers: Markers) -> list[_Mark]:
    found = ((n, line, markers.way.match(line)) for n, line in enumerate(lines, 1))
    return [
        _Mark("up" if match.groupdict().get("up") is not None else "down", number, line)
        for number, line, match in found
        if match
    ]


def _no_marker(path: str, markers: Markers) -> Finding:
    return Finding(
        "missing-marker",
        "error",
        f"no line '{markers.example}' says where the forward part begins",
        path,
        1,
        f"write '{markers.example}' above the forward statements.",
    )


def _misplaced(path: str, lines: list[str], marks: list[_Mark], markers: Markers) -> list[Finding]:
    """Find statements above the first marker, and markers that are not one up, then one down."""
    findings = []
    first = marks[0].line
    for number, line in enumerate(lines[: max(first - 1, 0)], 1):
        if line.strip() and not line.lstrip().startswith(("--", "#")):
            message = f"'{line.strip()[:40]}' is above the first marker: it never runs"
            hint = f"move it below '{markers.example}'."
            findings.append(Finding("text-before-marker", "error", message, path, number, hint))
            break
    if marks[0].way == "down":
        message = "the file begins with its rollback: nothing says what the forward part is"
        hint = f"begin the file with '{markers.example}'."
        findings.append(Finding("missing-marker", "error", message, path, first, hint))
    seen: set[Way] = set()
    for mark in marks:
        if mark.way in seen and not markers.joined:
            message = f"'{mark.text.strip()}' is here a second time: only the first is read"
            hint = "put all statements of one way under one marker."
            findings.append(Finding("repeated-marker", "error", message, path, mark.line, hint))
        seen.add(mark.way)
    return findings


def _never_ended(path: str, lines: list[str], markers: Markers) -> list[Finding]:
    """Find statements that are opened and not closed before the next marker, or the end."""
    if markers.begin is None or markers.end is None:
        return []
    begins, ends = markers.statement
    findings = []
    opened = 0
    for number, line in enumerate([*lines, markers.example], 1):
        if markers.way.match(line) or markers.begin.match(line):
            if opened:
                message = "the statement that begins here is never ended"
                hint = f"end it with '{ends}'."
                finding = Finding("statement-never-ended", "error", message, path, opened, hint)
                findings.append(finding)
            opened = number if markers.begin.match(line) else 0
        elif markers.end.match(line):
            if not opened:
                message = "a statement ends here that never began"
                hint = f"begin it with '{begins}'."
                finding = Finding("statement-never-begun", "error", message, path, number, hint)
                findings.append(finding)
            opened = 0
    return findings
