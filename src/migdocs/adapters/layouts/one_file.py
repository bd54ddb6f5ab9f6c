"""One file for both ways, parted by marker lines: goose and dbmate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

from migdocs.adapters.layouts.convention import (
    Halves,
    Layout,
    Naming,
    Rule,
    Tracking,
    by_leading_number,
    foreign_runner,
    leading_number,
)
from migdocs.adapters.layouts.pairs import seconds
from migdocs.core.model import Finding, Script

_NUMBERED = r"[0-9]+_[^/]*?"

Way = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Markers:
    """The lines that part a file.

    Attributes:
        way: begins a part; group ``way`` is ``up`` or ``down``, whatever its case.
        no_transaction: on a marker's own line, or anywhere (see ``whole_file``).
        whole_file: whether one ``no_transaction`` line counts for both parts.
        begin: opens a statement that holds semicolons.
        end: closes it.
        example: how the first marker is written, for hints.
    """

    way: re.Pattern[str]
    no_transaction: re.Pattern[str]
    whole_file: bool
    example: str
    begin: re.Pattern[str] | None = None
    end: re.Pattern[str] | None = None


class _Mark(NamedTuple):
    """A marker line: its way, its number from 1, and its text."""

    way: Way
    line: int
    text: str


def split(path: str, text: str, *, markers: Markers) -> Halves:
    """Take a file apart at its markers; what is before the first belongs to no part.

    A file without any marker is a forward script as it stands, with a finding: its runner
    refuses it. A part without a word in it is no part.
    """
    lines = text.split("\n")
    marks = _marks(lines, markers)
    if not marks:
        return Halves(Script(path, text), None, (_no_marker(path, markers),))
    parts: dict[Way, Script] = {}
    for mark, end in zip(marks, [*(m.line for m in marks[1:]), len(lines) + 1], strict=True):
        part = "\n".join(lines[mark.line : end - 1])
        if part.strip() and mark.way not in parts:
            source = text if markers.whole_file else mark.text
            transaction = markers.no_transaction.search(source) is None
            parts[mark.way] = Script(path, part, mark.line + 1, transaction=transaction)
    findings = (
        *_misplaced(path, lines, marks, markers),
        *_never_ended(path, lines, markers),
    )
    return Halves(parts.get("up"), parts.get("down"), findings)


def _marks(lines: list[str], markers: Markers) -> list[_Mark]:
    found = ((n, line, markers.way.match(line)) for n, line in enumerate(lines, 1))
    return [
        _Mark("up" if match["way"].lower() == "up" else "down", number, line)
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
    for number, line in enumerate(lines[: first - 1], 1):
        if line.strip() and not line.lstrip().startswith("--"):
            message = f"'{line.strip()[:40]}' stands above the first marker: it never runs"
            hint = f"move it below '{markers.example}'."
            findings.append(Finding("text-before-marker", "error", message, path, number, hint))
            break
    if marks[0].way == "down":
        message = "the file begins with its rollback: nothing says what the forward part is"
        hint = f"begin the file with '{markers.example}'."
        findings.append(Finding("missing-marker", "error", message, path, first, hint))
    seen: set[Way] = set()
    for mark in marks:
        if mark.way in seen:
            message = f"'{mark.text.strip()}' stands here a second time: only the first is read"
            hint = "put all statements of one way under one marker."
            findings.append(Finding("repeated-marker", "error", message, path, mark.line, hint))
        seen.add(mark.way)
    return findings


def _never_ended(path: str, lines: list[str], markers: Markers) -> list[Finding]:
    """Find statements that are opened and not closed before the next marker, or the end."""
    if markers.begin is None or markers.end is None:
        return []
    findings = []
    opened = 0
    for number, line in enumerate([*lines, markers.example], 1):
        if markers.way.match(line) or markers.begin.match(line):
            if opened:
                message = "the statement that begins here is never ended"
                hint = "end it with '-- +goose StatementEnd'."
                finding = Finding("statement-never-ended", "error", message, path, opened, hint)
                findings.append(finding)
            opened = number if markers.begin.match(line) else 0
        elif markers.end.match(line):
            if not opened:
                message = "a statement ends here that never began"
                hint = "begin it with '-- +goose StatementBegin'."
                finding = Finding("statement-never-begun", "error", message, path, number, hint)
                findings.append(finding)
            opened = 0
    return findings


def leading_digits(migration_id: str) -> str:
    """Give the digits that an id begins with, leading zeros and all: dbmate keeps text."""
    return (re.match(r"[0-9]*", migration_id) or [""])[0]


def _goose(words: str) -> re.Pattern[str]:
    """Match a goose annotation: on a line of its own, in whatever case."""
    return re.compile(rf"--[ \t]*\+goose[ \t]+{words}[ \t]*$", re.IGNORECASE | re.MULTILINE)


GOOSE_MARKERS = Markers(
    way=_goose("(?P<way>up|down)"),
    no_transaction=_goose(r"no[ \t]+transaction"),
    whole_file=True,
    example="-- +goose Up",
    begin=_goose("StatementBegin"),
    end=_goose("StatementEnd"),
)

DBMATE_MARKERS = Markers(
    way=re.compile(r"--[ \t]*migrate:(?P<way>up|down)(?:[ \t].*)?$"),
    no_transaction=re.compile(r"transaction:false\b"),
    whole_file=False,
    example="-- migrate:up",
)

GOOSE = Layout(
    name="goose",
    title="goose: one file with '-- +goose Up' and 'Down'",
    rules=(
        Rule("both", rf"(?P<id>{_NUMBERED})(?<!\.up)(?<!\.down)\.sql"),
        Rule("both", rf"(?P<id>{_NUMBERED})(?<!_test)\.go"),
        Rule("notes", rf"(?:notes/)?(?P<id>{_NUMBERED})\.md"),
    ),
    order=by_leading_number,
    number=leading_number,
    recorded=lambda migration_id: leading_number(migration_id) or "",
    marker=re.compile(rf"^{_goose('up').pattern}|\bgoose\.Add", re.IGNORECASE | re.MULTILINE),
    split=partial(split, markers=GOOSE_MARKERS),
    naming=Naming(
        clock=seconds,
        width=5,
        file="-- +goose Up\n{forward}\n-- +goose Down\n{rollback}",
        wrapped=True,
    ),
    tracking=Tracking(
        "goose_db_version",
        "version_id",
        # A row per event: the newest of each version counts.
        "SELECT version_id::text FROM (SELECT DISTINCT ON (version_id) * FROM goose_db_version"
        " ORDER BY version_id, id DESC) AS newest WHERE is_applied",
    ),
    runner=foreign_runner(
        "goose",
        status='goose -dir {folder} postgres "$DATABASE_URL" status',
        apply='goose -dir {folder} postgres "$DATABASE_URL" up',
        rollback_one='goose -dir {folder} postgres "$DATABASE_URL" down',
        by_hand=False,
    ),
)

DBMATE = Layout(
    name="dbmate",
    title="dbmate: one file with '-- migrate:up' and 'down'",
    rules=(
        Rule("both", r"(?P<id>[0-9]+[^/]*?)(?<!\.up)(?<!\.down)\.sql"),
        Rule("notes", r"(?:notes/)?(?P<id>[0-9]+[^/]*?)\.md"),
    ),
    order=lambda migration_id: (migration_id,),
    number=leading_number,
    recorded=leading_digits,
    marker=re.compile(r"^--[ \t]*migrate:up(?:[ \t]|$)", re.MULTILINE),
    split=partial(split, markers=DBMATE_MARKERS),
    naming=Naming(
        clock=seconds,
        file="-- migrate:up\n{forward}\n-- migrate:down\n{rollback}",
        wrapped=True,
    ),
    tracking=Tracking("schema_migrations", "version", "SELECT version FROM schema_migrations"),
    runner=foreign_runner(
        "dbmate",
        status="dbmate --migrations-dir {folder} status",
        apply="dbmate --migrations-dir {folder} up",
        rollback_one="dbmate --migrations-dir {folder} rollback",
        by_hand=False,
    ),
)
