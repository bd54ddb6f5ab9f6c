"""Everything that the documents say; ``derive`` makes it of what was read."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

from migdocs.core.acronyms import spelled
from migdocs.core.analysis import Analysis
from migdocs.core.applying import Applying
from migdocs.core.audience import Audience
from migdocs.core.changelog.mailmap import Names
from migdocs.core.judged import Judged
from migdocs.core.known import Known, Unknown, of_scripts
from migdocs.core.releases import told
from migdocs.core.reversal import Reversal
from migdocs.core.runner import Runner
from migdocs.core.undoing import Undoing, undoing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from migdocs.core.changelog import commits
    from migdocs.core.changelog.forge import Forge
    from migdocs.core.event import Event
    from migdocs.core.markup.escape import Safe
    from migdocs.core.model import Field, Finding, Hazard, Impact, Migration
    from migdocs.core.notes.template import Template
    from migdocs.core.proof.evidence import Evidence
    from migdocs.core.releases.compatibility import Compatibility
    from migdocs.core.releases.stamp import Stamp
    from migdocs.core.settings import Settings
    from migdocs.core.timeline import History, Placement, Release, Status

# What an id begins with that says when it runs: `20240103_`, `00-`, `V1.2__`, `R__`.
_NUMBER = re.compile(r"^(?:[VvRr](?=[\d_]))?[\d_.-]+")


class Entry(Struct, frozen=True):
    """One migration as the documents show it.

    Attributes:
        changes: what the SQL does, a sentence each; empty where it was not read.
        computed: the impact that the SQL has, None where it was not judged.
        breaks: the changes that make it breaking, a sentence each.
        read_type: what kind of migration its SQL makes it; empty where it was not read.
        loss: what undoing it cannot give back, read from the SQL.
        fields: header fields of the notes beyond the usual, in the template's order.
        applied: environment → the event that last applied it there.
        unread: why its forward script, or a part of it, was not read; empty where all of it was.
        reversal: what its rollback gives back, as read.
        private: whether only this application reads the database.
    """

    migration: Migration
    placement: Placement
    title: str
    changes: tuple[str, ...] = ()
    computed: Impact | None = None
    breaks: tuple[str, ...] = ()
    read_type: str = ""
    loss: str = ""
    dependencies: tuple[str, ...] = ()
    dependents: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    applied: Mapping[str, Event] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    reversal: Reversal = field(default_factory=Reversal)
    private: bool = False

    @property
    def id(self) -> str:
        """The migration's id."""
        return self.migration.id

    @property
    def status(self) -> Status:
        """Whether it is released, unreleased or planned."""
        return self.placement.status

    @property
    def date(self) -> str | None:
        """The day that the notes say, else that the id begins with."""
        return self.migration.declared.date or told.date_in(self.id)

    @property
    def type(self) -> str | None:
        """What kind of migration the notes say it is, else what its SQL does."""
        return self.migration.declared.type or self.read_type or None

    @property
    def breaking(self) -> Known[bool]:
        """Whether it breaks anything; *no* only where all of it was read."""
        if self.breaks_something:
            return True
        declared = self.migration.declared.breaking
        if self.unread:
            said = "; its notes say that nothing breaks" if declared is False else ""
            return Unknown("; ".join(self.unread) + said)
        if self.computed not in {None, "unknown"}:
            return False
        if declared is False:
            return False
        return Unknown("neither its SQL nor its notes say it")

    @property
    def breaks_something(self) -> bool:
        """Whether its notes or its SQL are known to say that it breaks something."""
        return bool(self.migration.declared.breaking) or self.computed == "major"

    @property
    def breaks_users(self) -> bool:
        """Whether those who use the software have to do something: a major version is due."""
        return bool(self.migration.declared.breaking) or (
            self.computed == "major" and not self.private
        )

    @property
    def stops_before(self) -> bool:
        """Whether it only keeps the release before from running on the new schema."""
        return self.breaks_something and not self.breaks_users


class LogSection(Struct, frozen=True):
    """One section of a release in the change log.

    Attributes:
        entries: its lines, already escaped.
        told: what they were made of, as written.
    """

    title: str
    entries: tuple[Safe, ...]
    told: tuple[commits.Entry, ...] = ()


class Folded(Struct, frozen=True):
    """A final release with all that its candidates brought, for the change log."""

    release: Release
    sections: tuple[LogSection, ...]
    internal: int = 0


class NotKnown(Struct, frozen=True):
    """The migrations of a release whose scripts were not read whole, and that in a clause."""

    entries: tuple[Entry, ...]
    summary: str


class Facts(Struct, frozen=True):
    """What the documents are made of.

    Attributes:
        entries: by migration id, in run order.
        present: the migrations of the checkout: those that only tags still hold are not among them.
        sql: what reading the scripts gave.
        findings: what is wrong with the migrations folder.
        script_findings: the hazards of each migration, and what PostgreSQL cannot read of it.
        stamp: of a release that is made and not tagged yet.
        logged: version → the change log's sections made of its commits.
        folded: version → a final release told together with its candidates.
        internal: version → how many of its changes are of no interest to users.
        handwritten: the versions that the change log's hand-written part has headings for.
        retold: the versions that our part of the change log describes as it is on the disk.
        led: whether people's own words lead the change log: a title, or what is above our part.
        runner: the commands that apply this project's migrations.
        runners: the same where releases before had their migrations in another folder, by folder.
        example_files: what ``migdocs new add_user_locale`` would lay here.
        recorded: what the runner's table holds for a migration and for the one before it, by id.
        hazards: what can hurt a running system, by migration id.
        changelog_template: the text of the project's own one; empty where it has none.
        judged: what the SQL and a server's evidence say about running and undoing.
        evidence: what a server showed of the scripts as they are, by migration id.
        audience: who reads the database, and how that is known.
        applying: who applies the migrations, and how that is known.
    """

    settings: Settings
    history: History
    entries: Mapping[str, Entry]
    present: tuple[Migration, ...] = ()
    sql: Analysis = field(default_factory=Analysis)
    findings: tuple[Finding, ...] = ()
    script_findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    stamp: Stamp | None = None
    compatibility: tuple[Compatibility, ...] = ()
    events: tuple[Event, ...] = ()
    template: Template | None = None
    logged: Mapping[str, tuple[LogSection, ...]] = field(default_factory=dict)
    folded: Mapping[str, Folded] = field(default_factory=dict)
    handwritten: frozenset[str] = frozenset()
    retold: frozenset[str] = frozenset()
    led: bool = False
    internal: Mapping[str, int] = field(default_factory=dict)
    forge: Forge | None = None
    names: Names = field(default_factory=Names)
    runner: Runner = field(default_factory=Runner)
    runners: Mapping[str, Runner] = field(default_factory=dict)
    example_files: tuple[str, ...] = ()
    recorded: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    hazards: Mapping[str, tuple[Hazard, ...]] = field(default_factory=dict)
    judged: Judged = field(default_factory=Judged)
    changelog_template: str = ""
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    audience: Audience = field(default_factory=Audience)
    applying: Applying = field(default_factory=Applying)

    def other_databases(self) -> tuple[str, ...]:
        """Say which scripts are for other databases, a clause each: they are not documented."""
        return tuple(f.message for f in self.findings if f.rule == "other-dialect")

    def released(self) -> tuple[Release, ...]:
        """Give the releases that are out, oldest first."""
        return tuple(r for r in self.history.releases if r.status == "released")

    def runner_at(self, release: Release | None) -> Runner:
        """Give the commands for the files of a release: its folder can be another than today's."""
        if release is None or release.stood is None:
            return self.runner
        return self.runners.get(release.stood.folder, self.runner)

    def last_of(self, release: Release) -> str:
        """Give the id of the migration that runs last of all that a release ships, if any."""
        return next((id_ for id_ in reversed(tuple(self.entries)) if id_ in release.ids), "")

    def applied_in(self, environment: str) -> tuple[Entry, ...]:
        """Give the entries that stand applied in an environment, in run order."""
        return tuple(entry for entry in self.entries.values() if environment in entry.applied)

    def undoing(self, entry: Entry) -> Undoing:
        """Say whether a migration can be undone, by what was seen and read of it."""
        return undoing(entry, self.judged.verdicts.get(entry.id, ""))

    def undone(self, can: str) -> tuple[Entry, ...]:
        """Give the migrations that can be undone, or cannot, or of which that is not known."""
        there = (e for e in self.entries.values() if not e.migration.planned)
        return tuple(entry for entry in there if self.undoing(entry).can == can)

    def not_known(self, release: Release) -> NotKnown:
        """Give the migrations of a release of which nobody knows what they break."""
        there = self.of(release)
        found = tuple(e for e in there if e.unread and not e.breaks_something)
        whys = [why for entry in found for why in entry.unread]
        return NotKnown(found, str(of_scripts(len(found), len(there), whys)) if found else "")

    def verified(self, id_: str) -> str:
        """Say what a server showed of a migration, or that nothing is verified."""
        return self._shown(id_, "sentence") or "not verified"

    def observed(self, id_: str) -> str:
        """Say what a migration locked and rewrote on a server; empty where nothing is known."""
        return self._shown(id_, "locks_sentence")

    def unread(self, id_: str) -> tuple[str, ...]:
        """Say what a server showed of a migration and its SQL does not say."""
        return self.evidence[id_].unread if id_ in self.evidence else ()

    def time_taken(self, id_: str) -> str:
        """Say how long a migration took with how many rows, or that nobody measured."""
        return self._shown(id_, "time_sentence") or "not measured"

    def _shown(self, id_: str, how: Literal["sentence", "locks_sentence", "time_sentence"]) -> str:
        """Say what a server showed of a migration; empty where none was asked."""
        seen = self.evidence.get(id_)
        if seen is None:
            return ""
        from migdocs.core.proof import evidence  # only where a server was asked

        say = {
            "sentence": evidence.sentence,
            "locks_sentence": evidence.locks_sentence,
            "time_sentence": evidence.time_sentence,
        }
        return say[how](seen)

    def of(self, release: Release) -> tuple[Entry, ...]:
        """Give the entries that are new in a release, in run order."""
        return tuple(self.entries[id_] for id_ in release.migrations if id_ in self.entries)


def title(migration: Migration, acronyms: Iterable[str] = ()) -> str:
    """Give what people call a migration: its notes' title, else its id in words.

    Args:
        migration: one.
        acronyms: of the project's own, which keep their case.
    """
    declared = migration.declared.title
    if declared and declared != migration.id:
        return declared
    bare = _NUMBER.sub("", migration.id)
    words = re.sub(r"[_-]+", " ", bare).strip()
    return spelled(words, acronyms) or migration.id


def statistics(facts: Facts) -> dict[str, Counter[str]]:
    """Count the migrations by status, type and release, and the events by outcome."""
    entries = facts.entries.values()
    return {
        "status": Counter(entry.status for entry in entries),
        "type": Counter(entry.type or "not documented" for entry in entries),
        "rollback": Counter(
            _rollback(entry.reversal) for entry in entries if not entry.migration.planned
        ),
        "breaking": Counter(
            {True: "yes", False: "no"}.get(entry.breaking, "not known")  # type: ignore[arg-type]
            for entry in entries
        ),
        "events": Counter(f"{event.action} {event.outcome}" for event in facts.events),
    }


def _rollback(reversal: Reversal) -> str:
    """Tell for counting whether a migration has a rollback."""
    if reversal.outcome is None or reversal.outcome == "nothing":
        return "without"
    return "with" if reversal.outcome != "unknown" else "not known"
