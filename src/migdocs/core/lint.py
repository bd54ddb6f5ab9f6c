"""Findings about the whole: missing parts, claims that contradict, links that lead nowhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migdocs.core import links, markdown, notes, version
from migdocs.core.model import Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from migdocs.core.changelog import Heading
    from migdocs.core.model import History, Migration

_VERSION_WORD = re.compile(r"\bv?\d+\.\d+\.\d+[\w.+-]*")


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody wrote about a migration's release or rollback.

    Attributes:
        version: the release that it is said to belong to, None where nothing is said.
        rollback: whether a rollback is said to exist.
    """

    migration: str
    path: str
    line: int
    version: str | None = None
    rollback: bool | None = None


def missing_parts(migrations: Iterable[Migration]) -> Iterator[Finding]:
    """Yield the migrations without a rollback, and those without notes."""
    for migration in migrations:
        if migration.forward is None or migration.repeatable:
            continue
        path = migration.forward.path
        if migration.rollback is None and migration.declared.reversible is not False:
            yield Finding(
                "missing-rollback",
                "warning",
                f"'{migration.id}' has no rollback",
                path,
                0,
                "write one, or say 'Reversible: No' in its notes: then only a backup leads back.",
            )
        if migration.notes is None:
            yield Finding(
                "missing-notes",
                "info",
                f"'{migration.id}' has no notes",
                path,
                0,
                "'migdocs new' lays them from the template; say why, what breaks, how to check.",
            )


def claims_of_notes(migrations: Iterable[Migration]) -> Iterator[Claim]:
    """Yield what notes and script headers say about their own migration."""
    for migration in migrations:
        told, written = migration.declared, migration.notes
        if told.version is None and told.reversible is None:
            continue
        field = notes.value(written.fields, "version") if written else None
        path = written.path if written else migration.forward.path if migration.forward else ""
        yield Claim(migration.id, path, field.line if field else 0, told.version, told.reversible)


def claims_of_log(path: str, text: str, ids: Collection[str]) -> Iterator[Claim]:
    """Yield what a hand-kept log says: an entry with a *Migration ID*, or a row of its history."""
    for section in markdown.headings(text):
        told = markdown.fields(section.text, section.line + 1)
        named = [f for f in told if f.name.lower() == "migration id"]
        if len(named) != 1 or (id_ := markdown.plain(named[0].value)) not in ids:
            continue
        found = notes.value(told, "version")
        undo = re.search(r"Rollback available:?\W*(\w+)", section.text, re.IGNORECASE)
        yield Claim(
            id_,
            path,
            (found or named[0]).line,
            found.value if found else None,
            notes.yes_no(undo[1]) if undo else None,
        )
    for line in markdown.prose(text):
        cells = markdown.table_cells(line.text) or ()
        rows = [plain for cell in cells if (plain := markdown.plain(cell)) in ids]
        versions = [cell for cell in cells if _VERSION_WORD.fullmatch(cell)]
        if len(rows) == 1 and len(versions) == 1:
            yield Claim(rows[0], path, line.number, versions[0])


def claims_of_changelog(path: str, mentioned: Mapping[str, Heading]) -> Iterator[Claim]:
    """Yield the releases under which a hand-kept change log names migrations."""
    for id_, heading in mentioned.items():
        yield Claim(id_, path, heading.line, heading.version)


def contradictions(history: History, claims: Iterable[Claim]) -> Iterator[Finding]:
    """Yield the claims that disagree with what is true, or, where git is silent, among themselves.

    One finding a migration and wrong version, at the first place that says it.
    """
    by_migration: dict[str, list[Claim]] = {}
    for claim in claims:
        by_migration.setdefault(claim.migration, []).append(claim)
    for migration in history.migrations:
        told = by_migration.get(migration.id, [])
        yield from _wrong_versions(history, migration, told)
        yield from _wrong_rollbacks(migration, told)


def _wrong_versions(
    history: History, migration: Migration, told: Iterable[Claim]
) -> Iterator[Finding]:
    """Yield the versions that are not the one which the migration is placed in."""
    placed = history.placements[migration.id]
    if placed.release is None:
        return
    sources = {"git": "its git tag", "declared": "its notes", "changelog": "the change log"}
    seen: list[str] = []
    for claim in told:
        wrong = claim.version and not version.same(claim.version, placed.release)
        if not wrong or claim.version in seen or claim.version is None:
            continue
        seen.append(claim.version)
        yield Finding(
            "version-contradiction",
            "error" if placed.by == "git" else "warning",
            f"'{migration.id}' is said to be of {claim.version}, but {sources[placed.by or 'git']}"
            f" {'says' if placed.by != 'git' else 'places it in'} {placed.release}",
            claim.path,
            claim.line,
            "git wins; correct the text." if placed.by == "git" else "let them say the same.",
        )


def _wrong_rollbacks(migration: Migration, told: Iterable[Claim]) -> Iterator[Finding]:
    """Yield the places that deny a rollback that exists, or promise one that does not."""
    exists = migration.rollback is not None
    for claim in told:
        if claim.rollback is None or claim.rollback == exists:
            continue
        have = f"{migration.rollback.path} is one" if migration.rollback else "there is none"
        yield Finding(
            "rollback-contradiction",
            "warning",
            f"'{migration.id}' is said to have {'a' if claim.rollback else 'no'} rollback,"
            f" but {have}",
            claim.path,
            claim.line,
            "correct the text, or add what it promises.",
        )


def edited_after_added(
    migrations: Iterable[Migration], touched: Mapping[str, tuple[tuple[str, str], ...]]
) -> Iterator[Finding]:
    """Yield the scripts that a later commit changed: databases that ran them have the old text.

    Args:
        migrations: as read.
        touched: path → the commits that touched it, id and date, newest first.
    """
    for migration in migrations:
        for script in (migration.forward, migration.rollback):
            commits = touched.get(script.path, ()) if script else ()
            if script is None or len(commits) < 2:  # noqa: PLR2004 - the one that added it, and more
                continue
            (added, day), (last, last_day) = commits[-1], commits[0]
            yield Finding(
                "script-edited",
                "warning",
                f"'{migration.id}' was edited in {last} ({last_day}) after it was added in"
                f" {added} ({day})",
                script.path,
                0,
                "a database that ran the old text keeps it: write another migration instead.",
            )


def dead_links(path: str, text: str, files: Collection[str]) -> Iterator[Finding]:
    """Yield the links of one document that lead to no file of the project.

    Args:
        path: of the document, from the root.
        text: all of it.
        files: every file of the project; folders are those that hold one.
    """
    folders = {
        "/".join(f.split("/")[:depth]) for f in files for depth in range(1, f.count("/") + 1)
    }
    for link in links.find(text):
        target = links.resolve(path, link.target)
        if target and target != "." and target not in files and target.rstrip("/") not in folders:
            yield Finding(
                "dead-link",
                "warning",
                f"the link to '{link.target}' leads to no file",
                path,
                link.line,
                "correct it, or take it out.",
            )
