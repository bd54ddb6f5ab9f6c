"""What was read → what is true: the one door between the adapters and everything that is written.

``derive`` is a pure function of ``Sources``: documents, site, JSON, guides and checks read the
Facts that it gives, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.core import applying, audience, entries, judged, logged, reversals
from migdocs.core.checking import lint
from migdocs.core.checking import remembered as judgements
from migdocs.core.errors import UsageError
from migdocs.core.ledger import journal
from migdocs.core.model import Hazard
from migdocs.core.notes import template
from migdocs.core.releases import compatibility
from migdocs.core.sql import placeholders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from migdocs.core.analysis import Analysis
    from migdocs.core.applying import Applying
    from migdocs.core.event import Event
    from migdocs.core.facts import Entry, Facts
    from migdocs.core.logged import Placed
    from migdocs.core.model import Finding, Migration
    from migdocs.core.releases.compatibility import Compatibility
    from migdocs.core.runner import Runner
    from migdocs.core.sources import Sources
    from migdocs.core.timeline import History


def derive(sources: Sources) -> Facts:
    """Make the facts of what was read.

    Raises:
        MigdocsError: something in it cannot be understood; all of a kind are said together.
    """
    return of_placed(sources, logged.place(sources))


def of_placed(sources: Sources, placed: Placed) -> Facts:
    """Make the facts of a history that is placed already; git is not asked for releases any more.

    Raises:
        MigdocsError: something in it cannot be understood.
    """
    chosen, history, migrations = sources.settings, placed.history, placed.history.migrations
    read = _analysis(sources, history)
    found = judgements.judge(sources.memory, migrations, read.changes, chosen.postgres)
    hazards = {id_: tuple(h for h in all_ if isinstance(h, Hazard)) for id_, all_ in found.items()}
    events, seen = _events(sources), logged.observed(sources, migrations)
    contract = sources.text(chosen.template_path)
    parsed = None if contract is None else template.parse(chosen.template_path, contract)
    readers = audience.audience(chosen, migrations, read.present)
    who = applying.applying(chosen, sources.folder.runner, sources.sign)
    parts = entries.Read(
        history, read, seen, chosen.acronyms, readers.private, events=events, template=parsed
    )
    shared = logged.facts(sources, placed, parts, readers)
    made = shared.entries
    return replace(
        shared,
        present=placeholders.fill_all(sources.folder.migrations, chosen.placeholders),
        findings=(*_unfilled(sources), *_edited(sources, migrations)),
        script_findings=found,
        compatibility=_compatibility(history, made),
        events=events,
        template=parsed,
        runner=applying.commands(who, sources.folder.runner, chosen.database_url_env),
        runners=_runners(sources, history, who),
        recorded=_recorded(sources.folder.recorded, made),
        example_files=sources.folder.new_files([m.id for m in migrations]),
        hazards=hazards,
        judged=judged.judged(hazards, seen, read),
        changelog_template=_changelog_template(sources),
        applying=who,
    )


# --- scripts ------------------------------------------------------------------------------------


def _analysis(sources: Sources, placed: History) -> Analysis:
    """Read what the forward scripts do, and what each rollback gives back."""
    met = logged.read_scripts(sources, placed)
    backs = reversals.read_with_gone(
        sources.memory, placed.migrations, met.changes, met.base, met.gone
    )
    return replace(met, reversals=backs)


def _compatibility(history: History, made: Mapping[str, Entry]) -> tuple[Compatibility, ...]:
    """Say of each release whether the software before it runs on its schema."""
    return compatibility.matrix(
        history.releases,
        {m.id: m for m in history.migrations},
        {id_: entry.breaking for id_, entry in made.items()},
        frozenset(id_ for id_, entry in made.items() if entry.stops_before),
    )


def _runners(sources: Sources, history: History, who: Applying) -> dict[str, Runner]:
    """Give the runner's commands for each folder that the migrations stood in before."""
    variable = sources.settings.database_url_env
    return {
        folder: applying.commands(who, sources.folder.runner_in(folder), variable)
        for folder in dict.fromkeys(r.stood.folder for r in history.releases if r.stood)
    }


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
