"""Findings about the whole: missing parts, claims that contradict, links that lead nowhere."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core import notes
from migdocs.core.markup import links, markdown
from migdocs.core.model import Finding
from migdocs.core.releases import version

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from migdocs.core.changelog.headings import Heading
    from migdocs.core.model import Migration
    from migdocs.core.reversal import Reversal
    from migdocs.core.timeline import Edit, History, Release

# A word that can only be meant as an id: `20240103_add_x`, `00_init`; `PostgreSQL 12` is none.
_ID = re.compile(r"[vV]?\d++_++\w[\w.-]*+")
_VERSION_WORD = re.compile(r"\bv?\d+\.\d+\.\d++[\w.+-]*+")


class Claim(Struct, frozen=True):
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
                "write one ('migdocs fill' drafts it), or say 'Reversible: No' in its notes.",
            )
        if migration.notes is None:
            yield Finding(
                "missing-notes",
                "info",
                f"'{migration.id}' has no notes",
                path,
                0,
                "copy TEMPLATE.md next to it as 'ID.md', or run 'migdocs fill ID'.",
            )


def poor_rollbacks(
    migrations: Iterable[Migration], reversals: Mapping[str, Reversal]
) -> Iterator[Finding]:
    """Yield the rollbacks that do nothing, and those that are read to leave the schema different.

    Args:
        migrations: as read.
        reversals: what each rollback gives back, as read, by migration id.
    """
    for migration in migrations:
        back, read = migration.rollback, reversals.get(migration.id)
        if back is None or read is None or migration.declared.reversible is False:
            continue
        if read.outcome == "nothing":
            yield Finding(
                "empty-rollback",
                "warning",
                "the rollback does nothing, and its migration does something",
                back.path,
                back.line,
                "write what undoes it, or say 'Reversible: No' in its notes.",
            )
        elif read.outcome == "leaves":
            yield Finding(
                "incomplete-rollback",
                "warning",
                f"according to its SQL, the rollback does not restore the schema: it {read}",
                back.path,
                back.line,
                "complete it, then run 'migdocs verify'.",
            )


def claims_of_notes(migrations: Iterable[Migration]) -> Iterator[Claim]:
    """Yield what notes and script headers say about their own migration."""
    for migration in migrations:
        told = migration.declared
        if told.version is not None and not told.by_name:
            yield Claim(migration.id, *_said_at(migration, "version"), version=told.version)
        if told.reversible is not None:
            yield Claim(migration.id, *_said_at(migration, "reversible"), rollback=told.reversible)


def claims_of_log(path: str, text: str, ids: Collection[str]) -> Iterator[Claim]:
    """Yield what a hand-kept log says: an entry with a *Migration ID*, or a row of its history."""
    for section in markdown.headings(text):
        told = markdown.fields(section.text, section.line + 1)
        named = [f for f in told if f.name.lower() == "migration id"]
        if len(named) != 1 or (id_ := markdown.plain(named[0].value)) not in ids:
            continue
        field = notes.value(told, "version") or named[0]
        version_said = notes.version_in(field.value) if field is not named[0] else None
        undo = re.search(r"Rollback available:?\W*(\w+)", section.text, re.IGNORECASE)
        rollback_said = notes.yes_no(undo[1]) if undo else None
        if version_said is not None or rollback_said is not None:
            yield Claim(id_, path, field.line, version_said, rollback_said)
    for line in markdown.prose(text):
        cells = [markdown.plain(cell) for cell in markdown.table_cells(line.text) or ()]
        rows = [cell for cell in cells if cell in ids]
        versions = [c for c in cells if _VERSION_WORD.fullmatch(c) and notes.version_in(c)]
        if len(rows) == 1 and len(versions) == 1:
            yield Claim(rows[0], path, line.number, versions[0])


def claims_of_changelog(
    history: History, path: str, mentioned: Mapping[str, Heading]
) -> Iterator[Claim]:
    """Yield the releases under which a hand-kept change log first names migrations.

    Where git knows the release it claims nothing: a release that mends a script names it too.
    """
    for id_, heading in mentioned.items():
        if history.placements[id_].by != "git":
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
    sources = {
        "git": "its git tag places it in",
        "declared": "its notes say",
        "changelog": "the change log says",
    }
    seen: list[str] = []
    for claim in told:
        wrong = claim.version and not version.agree(claim.version, placed.release)
        if not wrong or claim.version in seen or claim.version is None:
            continue
        seen.append(claim.version)
        yield Finding(
            "version-contradiction",
            "error" if placed.by == "git" else "warning",
            f"'{migration.id}' is said to be of {claim.version}, but"
            f" {sources[placed.by or 'git']} {placed.release}",
            claim.path,
            claim.line,
            "git wins; correct the text." if placed.by == "git" else "correct the wrong one.",
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


def edited_after_release(
    migrations: Iterable[Migration], releases: Iterable[Release]
) -> Iterator[Finding]:
    """Yield the scripts that a release ships with another text than the one before.

    Args:
        migrations: of the checkout; those that run again at each change are meant to be edited.
        releases: lowest version first, with *Unreleased*.
    """
    edits: dict[tuple[str, str], list[Edit]] = {}
    for release in releases:
        for edit in release.edited:
            edits.setdefault((edit.migration, edit.path), []).append(edit)
    here = {migration.id: migration for migration in migrations if not migration.repeatable}
    for (id_, path), found in edits.items():
        if id_ in here:
            yield _edited_finding(here[id_], path, found)


def _edited_finding(migration: Migration, path: str, edits: Sequence[Edit]) -> Finding:
    """Say which releases edited one script, and whether it means something else now."""
    scripts = (migration.forward, migration.rollback)
    here = (script.path for script in scripts if script and path.endswith(script.path))
    formatting = all(edit.meaning is False for edit in edits)
    names = ", ".join(dict.fromkeys(edit.release for edit in edits))
    what = "only its formatting was changed" if formatting else "it was edited"
    return Finding(
        "script-edited",
        "info" if formatting else "warning",
        f"'{migration.id}' was shipped in {edits[0].since}, and {what} in {names}",
        next(here, path),
        0,
        "a database that ran the old text keeps it: write another migration instead.",
    )


def dead_links(path: str, text: str, is_there: Callable[[str], bool]) -> Iterator[Finding]:
    """Yield the links of one document that lead to nothing in the project.

    Args:
        path: of the document, from the root.
        text: all of it.
        is_there: tells whether a file or folder is there, by its path from the root.
    """
    for link in links.find(text):
        target = links.resolve(path, link.target)
        if target and not is_there(target):
            yield Finding(
                "dead-link",
                "warning",
                f"the link to '{link.target}' leads to no file",
                path,
                link.line,
                "correct it, or take it out.",
            )


def wrong_dependencies(migrations: Sequence[Migration]) -> Iterator[Finding]:
    """Yield the declared dependencies that are no migration's id, or of one that runs later."""
    position = {migration.id: index for index, migration in enumerate(migrations)}
    for index, migration in enumerate(migrations):
        for needed in migration.declared.dependencies:
            if needed == migration.id or position.get(needed, -1) > index:
                problem, hint = "does not run before it", "name one that does, or rename this one."
            elif needed not in position and _ID.fullmatch(needed):
                near = difflib.get_close_matches(needed, position, n=1)
                problem = "is not a migration"
                hint = f"did you mean '{near[0]}'?" if near else "correct its name."
            else:
                continue
            yield Finding(
                "wrong-dependency",
                "warning",
                f"'{migration.id}' is said to need '{needed}', which {problem}",
                *_said_at(migration, "dependencies"),
                hint,
            )


def shipped_before_need(
    history: History, needs: Mapping[str, tuple[str, ...]]
) -> Iterator[Finding]:
    """Yield the migrations that a release is said to bring before one that they cannot do without.

    Of two that git placed nothing is said: what a tag's tree holds did ship.

    Args:
        history: every migration placed.
        needs: what each migration needs, according to its notes and its SQL is read.
    """
    migrations = {migration.id: migration for migration in history.migrations}
    rank = {release.version: index for index, release in enumerate(history.releases)}
    for id_, parents in needs.items():
        mine = history.placements[id_]
        for parent in parents:
            theirs = history.placements[parent]
            if not (mine.release and theirs.release) or mine.by == theirs.by == "git":
                continue
            if rank.get(theirs.release, 0) <= rank.get(mine.release, 0):
                continue
            yield Finding(
                "ships-before-need",
                "warning",
                f"'{parent}' is said to be of {theirs.release}, but '{id_}' of {mine.release}"
                " needs it",
                *_said_at(migrations[parent], "version"),
                "correct the version, or tag the releases: then git decides.",
            )


def _said_at(migration: Migration, name: str) -> tuple[str, int]:
    """Give the path and line at which a migration's notes or script declare something."""
    if migration.notes:
        field = notes.value(migration.notes.fields, name)
        return migration.notes.path, field.line if field else 0
    return (migration.forward.path, 1) if migration.forward else ("", 0)
