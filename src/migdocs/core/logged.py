"""What a change log alone is made of: what git and the log itself tell, and what scripts change.

Nothing is judged, and no rollback is read: whoever asks for the log waits for the log. ``derive``
makes the facts of everything from the same parts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.core import analysis, audience, entries, notes, paths
from migdocs.core.changelog import adopting, commits, forge, headings, mailmap, stamping
from migdocs.core.changes import remembered
from migdocs.core.errors import InputError, MigdocsError, SeveralErrors, raise_all
from migdocs.core.facts import Facts, Folded, LogSection
from migdocs.core.markup import regions
from migdocs.core.model import Script
from migdocs.core.releases import candidates, former, history, stamp, version
from migdocs.core.releases.stamp import Stamp
from migdocs.core.releases.told import UNRELEASED, Told
from migdocs.core.settings import DOCUMENTS
from migdocs.core.sql import placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from migdocs.core.analysis import Analysis
    from migdocs.core.changelog.commits import Entry
    from migdocs.core.model import Migration
    from migdocs.core.proof.evidence import Evidence
    from migdocs.core.releases.history import GitFacts
    from migdocs.core.settings import Settings
    from migdocs.core.sources import Sources
    from migdocs.core.timeline import History


# What our part of a log says where people told of releases that git knows nothing of.
_FIRST_BY_GIT = re.compile(r"^<!-- From (\S+) on, git tells", re.MULTILINE)


class Placed(Struct, frozen=True):
    """Every migration and release in its place, and what the change log says of them.

    Attributes:
        stamped: of a release that is made and not tagged yet.
        handwritten: the versions that the change log's hand-written part describes.
        retold: the versions that the change log's own part describes as it is.
        led: whether people's own words lead the change log.
    """

    history: History
    stamped: Stamp | None = None
    handwritten: frozenset[str] = frozenset()
    retold: frozenset[str] = frozenset()
    led: bool = False


class Lines(Struct, frozen=True):
    """What the commits say, release by release, as ``Facts`` holds it."""

    logged: Mapping[str, tuple[LogSection, ...]]
    folded: Mapping[str, Folded]
    internal: Mapping[str, int]
    forge: forge.Forge | None
    names: mailmap.Names


def derive(sources: Sources) -> Facts:
    """Make the facts that a change log is made of, and no others.

    Raises:
        MigdocsError: something in what was read cannot be understood.
    """
    placed = place(sources, meanings=False)
    read, seen = read_scripts(sources, placed.history), observed(sources, placed.history.migrations)
    readers = audience.audience(sources.settings, placed.history.migrations, read.present)
    acronyms = sources.settings.acronyms
    parts = entries.Read(placed.history, read, seen, acronyms, readers.private)
    return facts(sources, placed, parts, readers)


def facts(
    sources: Sources, placed: Placed, parts: entries.Read, readers: audience.Audience
) -> Facts:
    """Make the facts that every reader of a project shares; the others are at their defaults."""
    said = tell(sources, placed.history)
    return Facts(
        sources.settings,
        placed.history,
        entries.entries(parts),
        sql=parts.sql,
        stamp=placed.stamped,
        logged=said.logged,
        folded=said.folded,
        internal=said.internal,
        handwritten=placed.handwritten,
        retold=placed.retold,
        led=placed.led,
        forge=said.forge,
        names=said.names,
        evidence=parts.seen,
        audience=readers,
    )


def place(sources: Sources, *, meanings: bool = True) -> Placed:
    """Place every migration and release.

    Args:
        sources: what was read.
        meanings: whether edits of released scripts are compared by what they do.
    """
    if awaited := _awaited(sources):
        sources = replace(sources, stamped=awaited)
    log = _log(sources)
    placed = _history(sources, log, meanings=meanings)
    stamped = sources.stamped or stamp.find(placed, headings.headings(log.whole))
    if stamped:
        placed = stamp.apply(placed, stamped)
    return Placed(placed, stamped, log.versions(), log.retold, log.led)


def tell(sources: Sources, placed: History) -> Lines:
    """Tell what the commits of each release say."""
    pages, names = _forge(sources), mailmap.read(sources.git.mailmap if sources.git else "")
    told, internal = commits.tell_all(placed.releases, _ways(sources.settings, names, pages))
    return Lines(
        {version: _sections(all_, pages) for version, all_ in told.items()},
        _folded(placed, told, internal, pages),
        internal,
        pages,
        names,
    )


def read_scripts(sources: Sources, placed: History) -> Analysis:
    """Read what the forward scripts do, as far as they are PostgreSQL's parser's."""
    migrations = placed.migrations
    forward = {m.id: m.forward for m in migrations if m.forward and not m.unread}
    path = sources.settings.base_schema
    text = sources.text(path)
    base = () if text is None else (Script(path, notes.normalise(text)),)
    read = remembered.read(sources.memory, (*base, *forward.values()))
    changes = {id_: read[script] for id_, script in forward.items()}
    made = tuple(change for script in base for change in read[script])
    gone = frozenset(changes) - {m.id for m in sources.folder.migrations}
    return analysis.analyse(changes, made, gone, _first(placed))


class _Log(Struct, frozen=True):
    """The hand-written part of the change log, with a release's stamp in it.

    Attributes:
        whole: its text with our regions.
        written: its text without them.
        told: its headings.
        retold: the versions that our region has headings for.
        led: whether people's own words lead the file.
    """

    whole: str
    written: str
    told: tuple[headings.Heading, ...]
    retold: frozenset[str]
    led: bool

    def versions(self) -> frozenset[str]:
        """Name the releases that it describes."""
        unreleased = {UNRELEASED} if headings.has_unreleased(self.written) else set()
        return frozenset({heading.version for heading in self.told} | unreleased)


def _awaited(sources: Sources) -> Stamp | None:
    """Give the first release that git is to tell of, where it is made and not tagged yet.

    A log that people wrote has its heading by then, as it has those of releases that nobody ever
    tagged: our part says which one is which.
    """
    git = sources.git
    if sources.stamped or git is None or git.facts.trace.releases:
        return None
    path = sources.settings.document("changelog")
    text = sources.text(path) or ""
    if "<!-- From " not in text:
        return None
    named = _FIRST_BY_GIT.search(regions.inside(text, "changelog", path))
    told = headings.headings(regions.outside(text, path)) if named else ()
    heading = next((h for h in told if named and version.same(h.version, named[1])), None)
    return Stamp(named[1], named[1], heading.date) if named and heading and heading.date else None


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
        whole,
        written,
        headings.headings(written),
        frozenset(h.version for h in ours if h.date),
        adopting.is_led(whole, "changelog", path),
    )


def _broken_regions(sources: Sources) -> Iterator[MigdocsError]:
    """Yield what is wrong with the marks in any document: who mends one wants to know them all."""
    for path in dict.fromkeys(sources.settings.document(name) for name in DOCUMENTS):
        try:
            regions.find(sources.text(path) or "", path)
        except MigdocsError as error:
            yield error


def _history(sources: Sources, log: _Log, *, meanings: bool) -> History:
    """Place every migration, those that only releases before still hold among them."""
    git = _git_facts(sources, meanings=meanings)
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


def _git_facts(sources: Sources, *, meanings: bool) -> GitFacts | None:
    """Give what git told, with what edits of released scripts mean where that is asked."""
    git = sources.git
    if git is None or not meanings:
        return git.facts if git else None
    return former.with_meanings(git, sources.folder.identify, sources.memory)


def _first(placed: History) -> tuple[str, ...]:
    """Name the migrations of the first release, where a tag says that it was one."""
    oldest = next(iter(placed.releases), None)
    return oldest.migrations if oldest and oldest.tag and not oldest.previous else ()


def observed(sources: Sources, migrations: Sequence[Migration]) -> dict[str, Evidence]:
    """Read what ``verify`` saw of the scripts as they are."""
    path = sources.settings.below(paths.EVIDENCE)
    text = sources.text(path)
    if text is None:
        return {}
    from migdocs.core.proof import evidence

    return evidence.valid(evidence.read(text, path), migrations)


def _ways(chosen: Settings, names: mailmap.Names, pages: forge.Forge | None) -> commits.Ways:
    """Give how the project writes its commits."""
    types = {name.lower(): section or None for name, section in chosen.commit_types.items()}
    return commits.Ways(types, chosen.lenient_breaking, names, pages, chosen.release_message)


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
