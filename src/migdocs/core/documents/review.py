"""What a change's migrations do, as a comment for its reviewers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.counting import counted
from migdocs.core.known import Unknown
from migdocs.core.markup import escape
from migdocs.core.model import Hazard

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from migdocs.core.facts import Entry
    from migdocs.core.model import Finding

# By this line the workflow finds its own comment, and writes it anew instead of a second one.
MARK = "<!-- migdocs review -->"
# A forge cuts longer comments off (GitHub: 65,536 characters), in the middle of a word.
LONGEST = 60_000
_SHOWN = 20
_WORST = ("error", "warning", "info")


def touched(entries: Iterable[Entry], paths: Collection[str]) -> tuple[Entry, ...]:
    """Give the migrations that any of these files is a part of, in run order."""
    wanted = {path.removeprefix("./") for path in paths}
    return tuple(entry for entry in entries if wanted.intersection(_paths(entry)))


def unreleased(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Give the migrations that no release has shipped and that have a script."""
    return tuple(e for e in entries if e.status == "unreleased")


def comment(entries: Sequence[Entry], findings: Iterable[Finding]) -> str:
    """Write the comment: a summary, then each migration; nothing where there is none.

    Args:
        entries: the change's migrations, in run order.
        findings: of the whole project; those at the migrations' files are shown.
    """
    if not entries:
        return ""
    found = tuple(findings)
    parts = [MARK, f"### {counted(len(entries), 'migration')} in this change", _summary(entries)]
    for index, entry in enumerate(entries):
        part = "\n\n".join(_migration(entry, found))
        if sum(map(len, parts)) + len(part) > LONGEST:
            rest = counted(len(entries) - index, "more migration")
            parts.append(f"*{rest} not shown here: 'migdocs review' prints them all.*")
            break
        parts.append(part)
    return escape.unmentioned("\n\n".join(parts)) + "\n"


def _summary(entries: Sequence[Entry]) -> str:
    """Say at a glance what a reviewer must look at first."""
    scripted = [entry for entry in entries if entry.migration.forward]
    told = [
        (sum(1 for e in entries if e.breaks_something), "breaking"),
        (sum(1 for e in scripted if isinstance(e.breaking, Unknown)), "not known whether breaking"),
        (sum(1 for e in scripted if e.reversal.outcome in {None, "nothing"}), "without a rollback"),
        (sum(1 for e in scripted if e.migration.notes is None), "without notes"),
        (sum(1 for e in entries if e.status == "released"), "**released already**"),
    ]
    words = [f"{count} {what}" for count, what in told if count]
    return " · ".join(words) or "Nothing breaks, and each has its rollback and its notes."


def _migration(entry: Entry, findings: tuple[Finding, ...]) -> Iterator[str]:
    """Write one migration: what it does, its parts, and what was found."""
    title = f": {escape.prose(entry.title)}" if entry.title not in ("", entry.id) else ""
    yield f"#### {escape.code(entry.id)}{title}"
    if entry.status == "released":
        yield (
            f"> **This was released in {escape.prose(entry.placement.release)}.** Databases that"
            " ran it will not run it again: write a new migration instead of editing this one."
        )
    yield _facts(entry)
    if entry.changes:
        yield "What it does:\n\n" + _list(entry.changes)
    mine = [item for item in findings if item.path and item.path in _paths(entry)]
    if mine:
        yield "What was found:\n\n" + _list(_findings(mine))


def _findings(items: Sequence[Finding]) -> Iterator[str]:
    """Write a line for each rule: the worst first, and what the SQL does before its words."""
    alike: dict[str, list[Finding]] = {}
    for item in sorted(items, key=lambda i: (_WORST.index(i.severity), not isinstance(i, Hazard))):
        alike.setdefault(item.rule, []).append(item)
    for first, *rest in alike.values():
        place = f"{first.path}:{first.line}" if first.line else first.path
        more = f", and {len(rest)} more of '{first.rule}'" if rest else ""
        yield f"{first.severity}: {first.message} ({place}{more}). Hint: {first.hint}"


def _facts(entry: Entry) -> str:
    """Write a table of what is known of a migration."""
    migration, declared = entry.migration, entry.migration.declared
    forward = migration.forward
    script = escape.code(forward.path) if forward else "none: it is planned"
    if migration.unread:
        script = f"{script}, {migration.unread}"
    elif forward and not forward.transaction:
        script = f"{script} (outside a transaction)"
    rows = [
        ("Script", script),
        ("Rollback", _rollback(entry)),
        ("Notes", escape.code(migration.notes.path) if migration.notes else "**none**"),
        ("Breaking", _breaking(entry)),
        ("Downtime", escape.prose(declared.downtime) if declared.downtime else ""),
        ("Takes", escape.prose(declared.duration) if declared.duration else ""),
        ("Needs", ", ".join(escape.code(name) for name in entry.dependencies)),
    ]
    lines = [f"| {name} | {value} |" for name, value in rows if value]
    return "\n".join(("| | |", "|---|---|", *lines))


def _rollback(entry: Entry) -> str:
    """Say where the rollback is, and what it gives back as read."""
    forward, rollback = entry.migration.forward, entry.migration.rollback
    read = escape.prose(str(entry.reversal))
    if rollback is None:
        return "**none**" if entry.reversal.outcome is None else read
    if forward and forward.path == rollback.path and rollback.line > 1:
        return f"the same file, from line {rollback.line}; from its SQL: {read}"
    return f"{escape.code(rollback.path)}; from its SQL: {read}"


def _breaking(entry: Entry) -> str:
    """Say whether a migration breaks anything, and who says so."""
    declared, computed = entry.migration.declared.breaking, entry.computed == "major"
    if computed and declared is False:
        return "**yes**, by its SQL; its notes say no"
    if entry.breaking is True:
        return f"**yes**, by its {'SQL' if computed else 'notes'}"
    return "no" if entry.breaking is False else escape.prose(str(entry.breaking))


def _list(lines: Iterable[str]) -> str:
    """Write a list of escaped lines, cut where it grows too long to read."""
    items = [f"- {escape.prose(line)}" for line in lines]
    if len(items) > _SHOWN:
        items = [*items[:_SHOWN], f"- … and {len(items) - _SHOWN} more"]
    return "\n".join(items)


def _paths(entry: Entry) -> set[str]:
    """List the files of a migration."""
    parts = (entry.migration.forward, entry.migration.rollback, entry.migration.notes)
    return {part.path for part in parts if part}
