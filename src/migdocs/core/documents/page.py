"""What a template asks for: links from the place it is written to, and a document's own questions.

Templates say how a document reads; the answers they need are computed here, one small question a
method. Everything that comes back is escaped.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core import decision
from migdocs.core.documents.log_page import LogPage
from migdocs.core.markup import escape
from migdocs.core.releases import dependencies
from migdocs.core.upgrade import halfway, pairs, verdict
from migdocs.core.upgrade import piece as upgrade_piece

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migdocs.core.facts import Entry
    from migdocs.core.timeline import Release
    from migdocs.core.upgrade.duration import Said
    from migdocs.core.upgrade.guide import Back, Guide
    from migdocs.core.upgrade.halfway import Remedy

# The deepest heading that a guide's own parts have; below it they are bold lines.
_DEEPEST = 2


class PairRow(Struct, frozen=True):
    """One pair of releases in the table of pairs."""

    before: str
    version: str
    hops: int
    migrations: int
    breaking: int
    no_return: Entry | None
    unread: int = 0
    undo_unknown: bool = False


class Page(LogPage, frozen=True):
    """One document's view of the facts, from the place it is written to."""

    # --- the log --------------------------------------------------------------------------------

    def tree(self) -> str:
        """Draw the dependency tree."""
        return dependencies.tree({id_: e.dependencies for id_, e in self.facts.entries.items()})

    # --- breaking changes -----------------------------------------------------------------------

    def breaking_commits(self, release: Release) -> tuple[escape.Safe, ...]:
        """Give what the commits of a release say that they break."""
        sections = self.facts.logged.get(release.version, ())
        return tuple(line for part in sections if part.title == "Breaking" for line in part.entries)

    def advice(self, entry: Entry) -> escape.Safe:
        """Give what the notes tell those whom a migration breaks; empty where they do not."""
        headings = upgrade_piece.HEADINGS["advice"]
        return escape.excerpt(upgrade_piece.text_under(entry.migration.notes, *headings))

    # --- the upgrade guide ----------------------------------------------------------------------

    def heading(self, text: str, level: int) -> escape.Safe:
        """Give a heading of that level; in bold where that is deeper than a contents list shows."""
        shown = escape.prose(text)
        return escape.Safe(f"{'#' * level} {shown}" if level <= _DEEPEST else f"**{shown}**")

    def halfway(self) -> tuple[Remedy, ...]:
        """Give what to do where a migration of any pair fails half way."""
        return halfway.between(self.facts, "the version before", "the new version")

    def supported(self) -> tuple[PairRow, ...]:
        """Give a row for each supported pair, the newest target first."""
        return tuple(
            PairRow(
                route.before,
                route.version,
                len(route.hops),
                len(route.entries),
                len(verdict.breaking(route.entries, self.facts.judged)),
                verdict.no_return(route.entries, self.facts.judged),
                sum(1 for e in route.entries if e.unread),
                any(self.facts.undoing(e).can == "unknown" for e in route.entries),
            )
            for route in pairs.supported(self.facts)
        )

    def downtime(self, guide: Guide) -> escape.Safe:
        """Say what the notes on the way say about downtime."""
        said = [item for item in guide.downtime if not upgrade_piece.no_downtime(item.text)]
        if said:
            return self._listed(said)
        whole = len(guide.downtime) == len(guide.pieces)
        return escape.prose("none, as the notes say" if whole else "not documented")

    def duration(self, guide: Guide) -> escape.Safe:
        """Say how long it takes, as measured, else as the notes say."""
        time = guide.duration
        if time.total_ms is not None:
            return escape.prose(f"{time.total_ms / 1000:g} s, measured in {time.on}")
        known = [item for item in time.said if not item.text.lower().startswith("not measured")]
        said = f"; notes say: {self._listed(known)}" if known else ""
        return escape.Safe(f"not measured{said}")

    def _listed(self, said: Iterable[Said]) -> escape.Safe:
        """Join what notes say, each with its migration."""
        return escape.Safe(
            "; ".join(
                f"{escape.prose(item.text)} ({self.migration(item.migration)})" for item in said
            )
        )

    def rollback(self, back: Back) -> escape.Safe:
        """Name the file that undoes a migration; linked where the checkout has it at that place."""
        now = self.facts.entries[back.migration].migration.rollback
        if now and now.path == back.script:
            return self.file(back.script, back.script)
        return escape.code(back.script)

    def loss(self, back: Back) -> escape.Safe:
        """Say what undoing a migration loses, for a cell of a table."""
        if back.why_not:
            return escape.prose("what was written since the backup")
        items = re.split(r"(?:^|\n)[^\S\n]*(?:[-*+]|\d+[.)])\s+", back.loss)
        said = "; ".join(filter(None, (" ".join(item.split()) for item in items)))
        return escape.prose(said or "not documented")

    def command(self, name: str, version: str = "") -> escape.Safe:
        """Give a command of the project's runner for one version; empty where it has none."""
        release = next((r for r in self.facts.history.releases if r.version == version), None)
        last = (self.facts.last_of(release),) if release else ()
        return escape.Safe(self.facts.runner.filled(name, version, *last))

    def commands(self) -> tuple[tuple[str, escape.Safe], ...]:
        """List what an operator may want, with the command of the project's runner for it."""
        wanted = (
            ("see the state of my database", "status"),
            ("back up", "backup"),
            ("apply what is pending", "apply"),
            ("upgrade step by step, asked at each one", "guided"),
            ("go back to a version", "rollback_to"),
            ("undo the last migration", "" if self.facts.applying.at_start else "rollback_one"),
            ("restore a backup", "restore"),
        )
        known = ((purpose, self.command(name, "VERSION")) for purpose, name in wanted if name)
        listed = ("list every migration", escape.Safe("migdocs list"))
        return (*(pair for pair in known if pair[1]), listed)

    def tag(self, version: str) -> str:
        """Give the tag of a version; empty where it has none."""
        release = next((r for r in self.facts.history.releases if r.version == version), None)
        return release.tag or "" if release else ""

    # --- the contributor guide ------------------------------------------------------------------

    def decision_table(self) -> escape.Safe:
        """Give the decision tree as a table."""
        return escape.Safe(decision.markdown(decision.tree(self.facts.settings.orm)).rstrip("\n"))

    def new_files(self) -> tuple[escape.Safe, ...]:
        """Name the files that ``migdocs new add_user_locale`` would lay."""
        return tuple(escape.Safe(path) for path in self.facts.example_files)

    # --- drawings -------------------------------------------------------------------------------

    @property
    def drawing(self) -> str:
        """The page's own drawing, as a link from it."""
        return posixpath.basename(self.path).removesuffix(".md") + ".svg"
