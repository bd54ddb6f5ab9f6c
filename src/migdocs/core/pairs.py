"""The neighbouring pairs of releases: what an upgrade by one step runs, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migdocs.core.facts import Entry, Facts
    from migdocs.core.model import Release


@dataclass(frozen=True, slots=True)
class Pair:
    """A release and the one before it in its lineage.

    Attributes:
        entries: to run, in order.
        irreversible: the first migration that has no rollback: the point of no return.
    """

    before: str
    release: Release
    entries: tuple[Entry, ...]

    @property
    def version(self) -> str:
        """The version that the step leads to."""
        return self.release.version

    @property
    def breaking(self) -> tuple[Entry, ...]:
        """The migrations that break something."""
        return tuple(entry for entry in self.entries if entry.breaking)

    @property
    def irreversible(self) -> Entry | None:
        """The first migration that has no rollback script."""
        return next((e for e in self.entries if not e.migration.rollback), None)

    @property
    def way_back(self) -> tuple[Entry, ...]:
        """The migrations to undo, the last one first."""
        return tuple(reversed(self.entries))


def neighbouring(facts: Facts) -> tuple[Pair, ...]:
    """Give every neighbouring pair, the newest first; *Unreleased* follows the newest release."""
    return tuple(
        Pair(release.previous, release, facts.of(release))
        for release in reversed(facts.history.releases)
        if release.previous and (release.status == "released" or release.migrations)
    )
