"""Read a project: settings, files, git, notes, ledger; out come the facts."""

from __future__ import annotations

import functools
import posixpath
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING

from migdocs.adapters import config, files, layouts, repository
from migdocs.commands import git_history, judging, scripts
from migdocs.core import analysis, facts, notes
from migdocs.core.changelog import commits, forge, headings
from migdocs.core.checking import lint
from migdocs.core.errors import InputError, MigdocsError, SeveralErrors, UsageError, raise_all
from migdocs.core.facts import Folded, LogSection
from migdocs.core.ledger import journal
from migdocs.core.markup import regions
from migdocs.core.model import Hazard, Script
from migdocs.core.notes import template
from migdocs.core.proof import evidence
from migdocs.core.releases import candidates, history, stamp, tags
from migdocs.core.releases.told import UNRELEASED, Told
from migdocs.core.settings import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from migdocs.adapters.config import Found
    from migdocs.adapters.layouts import Layout, Reading
    from migdocs.adapters.repository import Repository
    from migdocs.core.analysis import Analysis
    from migdocs.core.changelog.commits import Entry
    from migdocs.core.event import Event
    from migdocs.core.facts import Facts
    from migdocs.core.model import Finding, History, Migration
    from migdocs.core.notes.template import Template
    from migdocs.core.proof.evidence import Evidence
    from migdocs.core.releases.history import GitFacts
    from migdocs.core.releases.stamp import Stamp
    from migdocs.core.releases.tags import ReleaseTags
    from migdocs.core.settings import Settings

_EXAMPLE = "add_user_locale"
_EXAMPLE_TIME = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Project:
    """A project as read.

    Attributes:
        root: the folder of its settings.
        files: every file below it, from the root.
        git: what tells about the repository; None where there is none.
        template: TEMPLATE.md, None where the project has none.
        sql: what reading the scripts gave.
        judged: the hazards of each migration, and what PostgreSQL cannot read of it.
        findings: what was wrong with the folder while reading it.
        stamp: of a release that is made and not tagged yet.
    """

    root: Path
    settings: Settings
    files: frozenset[str]
    reading: Reading
    layout: Layout
    git: Repository | None
    release_tags: ReleaseTags
    template: Template | None
    sql: Analysis
    judged: Mapping[str, tuple[Finding, ...]]
    facts: Facts
    findings: tuple[Finding, ...]
    stamp: Stamp | None = None


def settings(start: Path) -> Found:
    """Find a project's root and settings from any folder in it."""
    return config.load(start)


def read(start: Path, stamped: Stamp | None = None) -> Project:
    """Read the project around a folder.

    Args:
        start: the folder.
        stamped: what *Unreleased* is to be called; where it is None, the change log tells.

    Raises:
        MigdocsError: something in it cannot be read; all of a kind are said together.
    """
    found = config.load(start)
    root, chosen = found.root, found.settings
    paths = files.everything(root, chosen.migrations)
    here = frozenset(paths)
    text_of = functools.cache(lambda path: files.read(root, path))
    reading = layouts.read(paths, chosen.migrations, text_of, chosen.layout)
    _refuse_doubles(reading)
    layout = layouts.layout_named(reading.layout)
    layout = layouts.followed(layout, chosen.migrations, reading.migrations)
    git = repository.find(root)
    folder = _from_top(git, chosen.migrations)
    identify = functools.cache(functools.partial(_identity, layout, folder))
    release_tags, git_facts = tags.ReleaseTags(), None
    if git:
        release_tags, git_facts = git_history.read(git, chosen, folder)
        git_facts = git_history.with_meanings(git, git_facts, identify)
    migrations = _with_gone(reading, git, git_facts, chosen, identify)
    path = chosen.document("changelog")
    logged = text_of(path) if path in here else ""
    if stamped:
        logged = headings.stamp(logged, stamped.version, stamped.date, path)
    try:
        written = regions.outside(logged, path)
    except (InputError, SeveralErrors):
        raise_all(_broken_regions(chosen, here, text_of))
        raise
    told = headings.headings(written)
    placed = history.place(
        migrations,
        git_facts,
        identify,
        Told(told, headings.mentions(told, (m.id for m in migrations))),
    )
    stamped = stamped or stamp.find(placed, headings.headings(logged))
    if stamped:
        placed = stamp.apply(placed, stamped)
    contract = None
    if chosen.template_path in here:
        contract = template.parse(chosen.template_path, text_of(chosen.template_path))
    pages = _forge(git, chosen)
    read_sql = _analysis(root, migrations, chosen, here, text_of)
    judged = judging.judge(root, migrations, read_sql.changes, chosen.postgres)
    told_entries = commits.across(placed.releases)
    gathered = facts.gather(
        chosen,
        placed,
        sql=read_sql,
        hazards={
            id_: tuple(item for item in items if isinstance(item, Hazard))
            for id_, items in judged.items()
        },
        events=_events(chosen, here, text_of),
        evidence=_evidence(chosen, here, text_of, migrations),
        template=contract,
        logged={version: _sections(told, pages) for version, told in told_entries.items()},
        folded=_folded(placed, told_entries, pages),
        handwritten=_told_versions(written, told),
        forge=pages,
        runner=layouts.runner(layout, chosen.migrations),
        example_files=_example_files(layout, chosen, [m.id for m in migrations]),
    )
    gathered = replace(gathered, changelog_template=_changelog_template(chosen, here, text_of))
    edits = _edited(git, git_facts, migrations, chosen)
    return Project(
        root,
        chosen,
        here,
        reading,
        layout,
        git,
        release_tags,
        contract,
        read_sql,
        judged,
        gathered,
        (*reading.findings, *edits),
        stamped,
    )


def default_template() -> str:
    """Give the template that a project without one starts from."""
    return resources.files("migdocs").joinpath("templates/TEMPLATE.md").read_text(encoding="utf-8")


def _from_top(git: Repository | None, folder: str) -> str:
    """Give a folder's path from the repository's top; settings may stand in a folder below it."""
    path = posixpath.normpath(posixpath.join(git.prefix if git else "", folder))
    return "" if path == "." else path


def _identity(layout: Layout, folder: str, path: str) -> tuple[str, str] | None:
    """Tell which part of which migration a path of git's is."""
    identity = layout.identify(path, folder)
    return (identity.migration, identity.part) if identity else None


def _with_gone(
    reading: Reading,
    git: Repository | None,
    git_facts: GitFacts | None,
    chosen: Settings,
    identify: history.Identify,
) -> tuple[Migration, ...]:
    """Put the migrations that only tags still hold where they ran."""
    if git is None or git_facts is None or not git_facts.trace.releases:
        return reading.migrations
    gone = history.gone(git_facts, identify, (m.id for m in reading.migrations))
    if not gone:
        return reading.migrations
    texts = repository.blobs(git, (blob for _, _, blob in gone))
    by_path = {path.removeprefix(git.prefix): texts[blob] for _, path, blob in gone}
    before = layouts.read(by_path, chosen.migrations, by_path.__getitem__, reading.layout)
    together = (*reading.migrations, *(m for m in before.migrations if not m.planned))
    return tuple(sorted(together, key=lambda m: (m.order, m.id)))


def _told_versions(written: str, told: tuple[headings.Heading, ...]) -> frozenset[str]:
    """Name the releases that the hand-written change log describes."""
    unreleased = {UNRELEASED} if headings.has_unreleased(written) else set()
    return frozenset({heading.version for heading in told} | unreleased)


def _analysis(
    root: Path,
    migrations: tuple[Migration, ...],
    chosen: Settings,
    here: frozenset[str],
    text_of: Callable[[str], str],
) -> Analysis:
    """Read what the forward scripts do, as far as they are PostgreSQL's parser's."""
    forward = {m.id: m.forward for m in migrations if m.forward and not m.unread}
    base: tuple[Script, ...] = ()
    if chosen.base_schema in here:
        base = (Script(chosen.base_schema, notes.normalise(text_of(chosen.base_schema))),)
    read = scripts.read(root, (*base, *forward.values()))
    return analysis.analyse(
        {id_: read[script] for id_, script in forward.items()},
        tuple(change for script in base for change in read[script]),
    )


def _changelog_template(
    chosen: Settings, here: frozenset[str], text_of: Callable[[str], str]
) -> str:
    """Give the project's own template for the change log; empty where it has none.

    Raises:
        UsageError: the settings name one that is not there.
    """
    path = chosen.changelog_template
    if path and path not in here:
        raise UsageError(f"'changelog_template' is '{path}', which is not there")
    return text_of(path) if path else ""


def _events(
    chosen: Settings, here: frozenset[str], text_of: Callable[[str], str]
) -> tuple[Event, ...]:
    """Read what databases reported: the exported ledgers."""
    path = chosen.below("history.jsonl")
    return journal.read(text_of(path), path) if path in here else ()


def _evidence(
    chosen: Settings,
    here: frozenset[str],
    text_of: Callable[[str], str],
    migrations: tuple[Migration, ...],
) -> dict[str, Evidence]:
    """Read what ``verify`` saw of the scripts as they are."""
    path = chosen.below(evidence.FILE)
    found = evidence.read(text_of(path), path) if path in here else ()
    return evidence.valid(found, migrations)


def _sections(told: Sequence[Entry], pages: forge.Forge | None) -> tuple[LogSection, ...]:
    """Write a release's entries as the change log's sections."""
    return tuple(
        LogSection(title, tuple(commits.line(entry, pages) for entry in entries), entries)
        for title, entries in commits.sections(told)
    )


def _folded(
    placed: History, told: Mapping[str, Sequence[Entry]], pages: forge.Forge | None
) -> dict[str, Folded]:
    """Tell final releases together with their candidates."""
    return {
        release.version: Folded(
            release, _sections(commits.folded(release, (told[name] for name in names)), pages)
        )
        for release, names in candidates.fold(placed.releases)
    }


def _forge(git: Repository | None, chosen: Settings) -> forge.Forge | None:
    """Give the forge of the settings or of the remote."""
    url = chosen.forge or (repository.remote(git) if git else "")
    return forge.read(url) if url else None


def _example_files(layout: Layout, chosen: Settings, ids: list[str]) -> tuple[str, ...]:
    """Name the files that a new migration would have here."""
    if layout.naming.command:
        return (layout.naming.command.format(name=_EXAMPLE),)
    id_ = layouts.next_id(layout, _EXAMPLE, _EXAMPLE_TIME, ids)
    paths = layouts.lay(layout, chosen.migrations, id_, "-", "-")
    return tuple(dict.fromkeys((*paths, layouts.notes_path(layout, chosen.migrations, id_))))


def _refuse_doubles(reading: Reading) -> None:
    """Stop where two migrations have one id: nothing could be said of either."""
    for finding in reading.findings:
        if finding.rule == "duplicate-id":
            raise InputError(
                finding.message, path=finding.path, line=finding.line, hint=finding.hint
            )


def _broken_regions(
    chosen: Settings, here: frozenset[str], text_of: Callable[[str], str]
) -> Iterator[MigdocsError]:
    """Yield what is wrong with the marks in any document: who mends one wants to know them all."""
    for path in dict.fromkeys(chosen.document(name) for name in DOCUMENTS):
        try:
            regions.find(text_of(path) if path in here else "", path)
        except MigdocsError as error:
            yield error


def _edited(
    git: Repository | None,
    git_facts: GitFacts | None,
    migrations: tuple[Migration, ...],
    chosen: Settings,
) -> tuple[Finding, ...]:
    """Find the scripts that were edited after they were added, where no tag says what shipped."""
    if git is None or git_facts is None or git_facts.trace.releases or not git.head:
        return ()
    touched = repository.edits(git, _from_top(git, chosen.migrations))
    by_path = {path.removeprefix(git.prefix): commits for path, commits in touched.items()}
    return tuple(lint.edited_after_added(migrations, by_path))
