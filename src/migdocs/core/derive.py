"""What was read → what is true: the one door between the adapters and everything that is written.

``derive`` is a pure function of ``Sources``: documents, site, JSON, guides and checks read the
Facts that it gives, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.core import analysis, applying, audience, entries, judged, notes, paths, reversals
from migdocs.core.changelog import commits, forge, headings, mailmap, stamping
from migdocs.core.changes import remembered as changes_read
from migdocs.core.checking import lint
from migdocs.core.checking import remembered as judgements
from migdocs.core.errors import InputError, MigdocsError, SeveralErrors, UsageError, raise_all
from migdocs.core.facts import Facts, Folded, LogSection
from migdocs.core.ledger import journal
from migdocs.core.markup import regions
from migdocs.core.model import Hazard, Script
from migdocs.core.notes import template
from migdocs.core.releases import candidates, compatibility, former, history, stamp, version
from migdocs.core.releases.told import UNRELEASED, Told
from migdocs.core.settings import DOCUMENTS
from migdocs.core.sql import placeholders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from migdocs.core.analysis import Analysis
    from migdocs.core.changelog.commits import Entry
    from migdocs.core.event import Event
    from migdocs.core.model import Finding, History, Migration
    from migdocs.core.proof.evidence import Evidence
    from migdocs.core.releases.history import GitFacts
    from migdocs.core.releases.stamp import Stamp
    from migdocs.core.settings import Settings
    from migdocs.core.sources import Sources


class _Log(Struct, frozen=True):
    """The hand-written part of the change log, with a release's stamp in it.

    Attributes:
        whole: its text with our regions.
        written: its text without them.
        told: its headings.
        retold: the versions that our region has headings for.
    """

    whole: str
    written: str
    told: tuple[headings.Heading, ...]
    retold: frozenset[str]

    def versions(self) -> frozenset[str]:
        """Name the releases that it describes."""
        unreleased = {UNRELEASED} if headings.has_unreleased(self.written) else set()
        return frozenset({heading.version for heading in self.told} | unreleased)


def derive(sources: Sources) -> Facts:
    """Make the facts of what was read.

    Raises:
        MigdocsError: something in it cannot be understood; all of a kind are said together.
    """
    log = _log(sources)
    placed = _history(sources, log)
    stamped = sources.stamped or stamp.find(placed, headings.headings(log.whole))
    if stamped:
        placed = stamp.apply(placed, stamped)
    return of_history(sources, placed, log.versions(), stamped, log.retold)


def of_history(
    sources: Sources,
    placed: History,
    handwritten: frozenset[str] = frozenset(),
    stamped: Stamp | None = None,
    retold: frozenset[str] = frozenset(),
) -> Facts:
    """Make the facts of a history that is placed already.

    Args:
        sources: whose git is not asked for releases any more.
        placed: every migration and release.
        handwritten: the versions that the change log's hand-written part describes.
        stamped: of a release that is made and not tagged yet.
        retold: the versions that the change log's own part describes as it is.

    Raises:
        MigdocsError: something in it cannot be understood.
    """
    chosen, migrations = sources.settings, placed.migrations
    read = _analysis(sources, placed)
    found = judgements.judge(sources.memory, migrations, read.changes, chosen.postgres)
    hazards = {id_: tuple(h for h in all_ if isinstance(h, Hazard)) for id_, all_ in found.items()}
    events, seen = _events(sources), _evidence(sources, migrations)
    contract = sources.text(chosen.template_path)
    parsed = None if contract is None else template.parse(chosen.template_path, contract)
    readers = audience.audience(chosen, migrations, read.present)
    who = applying.applying(chosen, sources.folder.runner, sources.sign)
    variable = chosen.database_url_env
    found_entries = entries.entries(
        placed, read, events, seen, template=parsed, acronyms=chosen.acronyms
    )
    made = {id_: replace(e, private=readers.private) for id_, e in found_entries.items()}
    pages, names = _forge(sources), mailmap.read(sources.git.mailmap if sources.git else "")
    told, internal = commits.tell_all(placed.releases, _ways(chosen, names, pages))
    return Facts(
        chosen,
        placed,
        made,
        present=placeholders.fill_all(sources.folder.migrations, chosen.placeholders),
        sql=read,
        findings=(*_unfilled(sources), *_edited(sources, migrations)),
        script_findings=found,
        stamp=stamped,
        compatibility=compatibility.matrix(
            placed.releases,
            {m.id: m for m in migrations},
            {id_: entry.breaking for id_, entry in made.items()},
            frozenset(id_ for id_, entry in made.items() if entry.stops_before),
        ),
        events=events,
        template=parsed,
        logged={version: _sections(all_, pages) for version, all_ in told.items()},
        folded=_folded(placed, told, internal, pages),
        internal=internal,
        handwritten=handwritten,
        retold=retold,
        forge=pages,
        names=names,
        runner=applying.commands(who, sources.folder.runner, variable),
        runners={
            folder: applying.commands(who, sources.folder.runner_in(folder), variable)
            for folder in dict.fromkeys(r.stood.folder for r in placed.releases if r.stood)
        },
        recorded=_recorded(sources.folder.recorded, made),
        example_files=sources.folder.new_files([m.id for m in migrations]),
        hazards=hazards,
        judged=judged.judged(hazards, seen, read),
        changelog_template=_changelog_template(sources),
        evidence=seen,
        audience=readers,
        applying=who,
    )


# --- releases -----------------------------------------------------------------------------------


def _history(sources: Sources, log: _Log) -> History:
    """Place every migration, those that only releases before still hold among them."""
    git = _git_facts(sources)
    together = former.with_gone(sources.folder, sources.git, git)
    migrations = placeholders.fill_all(together, sources.settings.placeholders)
    mentions = headings.mentions(log.told, (m.id for m in migrations))
    told = Told(_told(sources, log), mentions, _written_down(sources, log))
    return history.place(migrations, git, sources.folder.identify, told)


def _told(sources: Sources, log: _Log) -> tuple[headings.Heading, ...]:
    """Give the headings of what was released, without a release that is being made."""
    stamped = sources.stamped
    if stamped is None:
        return log.told
    return tuple(h for h in log.told if not version.same(h.version, stamped.version))


def _written_down(sources: Sources, log: _Log) -> frozenset[str]:
    """Name the commits that were there when the log's newest release was written into it.

    Asked where hardly a tag says what was released: a project's first tags tell what is new since
    its log's last words, and not all that it ever did.
    """
    git = sources.git
    if git is None or len(git.facts.trace.releases) > 1:
        return frozenset()
    tagged = [p.tag.version for p in git.facts.trace.releases if p.tag]
    told = _told(sources, log)
    read = [(v, h) for h in told if not h.unreleased and (v := version.parse(h.version))]
    older = [(v, h) for v, h in read if not any(version.same(h.version, t) for t in tagged)]
    if not older:
        return frozenset()
    newest = max(older, key=lambda pair: pair[0].key)[1]
    line = log.written.split("\n")[newest.line - 1].rstrip()
    path = sources.settings.document("changelog")
    return history.reached(git.facts.commits, git.wrote(path, line))


def _git_facts(sources: Sources) -> GitFacts | None:
    """Give what git told, with what edits of released scripts mean."""
    git = sources.git
    if git is None:
        return None
    return former.with_meanings(git, sources.folder.identify, sources.memory)


def _log(sources: Sources) -> _Log:
    """Read the change log.

    Raises:
        MigdocsError: its regions are broken; those of other documents are said with it.
    """
    path = sources.settings.document("changelog")
    whole = sources.text(path) or ""
    if sources.stamped:
        whole = stamping.stamp(whole, sources.stamped, path)
    try:
        written = regions.outside(whole, path)
    except (InputError, SeveralErrors):
        raise_all(_broken_regions(sources))
        raise
    ours = headings.headings(regions.inside(whole, "changelog", path))
    return _Log(
        whole, written, headings.headings(written), frozenset(h.version for h in ours if h.date)
    )


def _broken_regions(sources: Sources) -> Iterator[MigdocsError]:
    """Yield what is wrong with the marks in any document: who mends one wants to know them all."""
    for path in dict.fromkeys(sources.settings.document(name) for name in DOCUMENTS):
        try:
            regions.find(sources.text(path) or "", path)
        except MigdocsError as error:
            yield error


# --- scripts ------------------------------------------------------------------------------------


def _analysis(sources: Sources, placed: History) -> Analysis:
    """Read what the forward scripts do, as far as they are PostgreSQL's parser's."""
    migrations = placed.migrations
    forward = {m.id: m.forward for m in migrations if m.forward and not m.unread}
    path = sources.settings.base_schema
    text = sources.text(path)
    base = () if text is None else (Script(path, notes.normalise(text)),)
    read = changes_read.read(sources.memory, (*base, *forward.values()))
    changes = {id_: read[script] for id_, script in forward.items()}
    made = tuple(change for script in base for change in read[script])
    gone = frozenset(changes) - {m.id for m in sources.folder.migrations}
    backs = reversals.read_with_gone(sources.memory, migrations, changes, made, gone)
    met = analysis.analyse(changes, made, gone, _first(placed))
    return replace(met, reversals=backs)


def _first(placed: History) -> tuple[str, ...]:
    """Name the migrations of the first release, where a tag says that it was one."""
    oldest = next(iter(placed.releases), None)
    return oldest.migrations if oldest and oldest.tag and not oldest.previous else ()


def _recorded(value: Callable[[str], str], ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Give what the runner's table holds for each migration, and for the one before it."""
    values = {id_: value(id_) for id_ in ids}
    before = ["", *values.values()]
    return {id_: (value, before[place]) for place, (id_, value) in enumerate(values.items())}


def _unfilled(sources: Sources) -> Iterator[Finding]:
    """Give what is wrong with the folder, without placeholders that the settings name."""
    values = sources.settings.placeholders
    for finding in sources.folder.findings:
        named = finding.message.partition("' is filled in")[0].removeprefix("'")
        if finding.rule != "template-placeholder" or placeholders.fill(named, values) == named:
            yield finding


def _edited(sources: Sources, migrations: Sequence[Migration]) -> tuple[Finding, ...]:
    """Find the scripts that were edited after they were added, where no tag says what shipped."""
    git = sources.git
    if git is None or git.facts.trace.releases or not git.facts.commits:
        return ()
    by_path = {path.removeprefix(git.prefix): found for path, found in git.edits().items()}
    return tuple(lint.edited_after_added(migrations, by_path))


# --- what people and databases said -------------------------------------------------------------


def _ways(chosen: Settings, names: mailmap.Names, pages: forge.Forge | None) -> commits.Ways:
    """Give how the project writes its commits."""
    types = {name.lower(): section or None for name, section in chosen.commit_types.items()}
    return commits.Ways(types, chosen.lenient_breaking, names, pages, chosen.release_message)


def _changelog_template(sources: Sources) -> str:
    """Give the project's own template for the change log; empty where it has none.

    Raises:
        UsageError: the settings name one that is not there.
    """
    path = sources.settings.changelog_template
    text = sources.text(path)
    if path and text is None:
        raise UsageError(f"'changelog_template' is '{path}', which is not there")
    return text or ""


def _events(sources: Sources) -> tuple[Event, ...]:
    """Read what databases reported: the exported ledgers."""
    path = sources.settings.below(journal.PATH)
    text = sources.text(path)
    return () if text is None else tuple(journal.read(text, path))


def _evidence(sources: Sources, migrations: Sequence[Migration]) -> dict[str, Evidence]:
    """Read what ``verify`` saw of the scripts as they are."""
    path = sources.settings.below(paths.EVIDENCE)
    text = sources.text(path)
    if text is None:
        return {}
    from migdocs.core.proof import evidence

    return evidence.valid(evidence.read(text, path), migrations)


def _sections(told: Sequence[Entry], pages: forge.Forge | None) -> tuple[LogSection, ...]:
    """Write a release's entries as the change log's sections."""
    return tuple(
        LogSection(title, commits.lines(found, pages), found)
        for title, found in commits.sections(told)
    )


def _folded(
    placed: History,
    told: Mapping[str, Sequence[Entry]],
    internal: Mapping[str, int],
    pages: forge.Forge | None,
) -> dict[str, Folded]:
    """Tell final releases together with their candidates."""
    return {
        release.version: Folded(
            release,
            _sections(commits.folded(release, (told[name] for name in names)), pages),
            sum(internal[name] for name in names),
        )
        for release, names in candidates.fold(placed.releases)
    }


def _forge(sources: Sources) -> forge.Forge | None:
    """Give the forge of the settings, of the change log's own links, or of the remote.

    A fork's remote is another one, and its documents are the same.
    """
    if sources.settings.forge:
        return forge.read(sources.settings.forge)
    path = sources.settings.document("changelog")
    linked = forge.linked(regions.inside(sources.text(path) or "", "changelog", path))
    return linked or (forge.read(sources.git.remote) if sources.git else None)
