"""The values of an upgrade: where it starts, the hops it takes, and the whole way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from migdocs.core.facts import Entry
    from migdocs.core.timeline import Release


class Start(Struct, frozen=True):
    """Where an upgrade starts.

    Attributes:
        name: a version, or what else a reader calls it.
        applied: the ids of the migrations that have run there.
        release: None where not even the first release's migrations have run.
    """

    name: str
    applied: frozenset[str]
    release: Release | None = None


class Hop(Struct, frozen=True):
    """A part of the way that is gone at one go: to a required stop, or to the end.

    Attributes:
        entries: to run, in order; repeatable ones last.
        required_by: why one has to stop at its end; empty for the last hop.
        leave_when: what the settings say must be true before one goes on.
    """

    before: str
    release: Release
    entries: tuple[Entry, ...]
    required_by: str = ""
    leave_when: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The version that it leads to."""
        return self.release.version


class Route(Struct, frozen=True):
    """The way from one version to another, or why there is none.

    Attributes:
        reason: why it is refused; empty where it is allowed.
        instead: what to do then.
        undo: to go back from ``version``, in order; for a refused downgrade, what undoes it.
        left: ids that have run and that the target does not have: they stay.
        releases: those passed on the way, the target last.
        applied: the ids that have run at the start.
    """

    before: str
    version: str
    reason: str = ""
    instead: str = ""
    hops: tuple[Hop, ...] = ()
    undo: tuple[Entry, ...] = ()
    left: tuple[str, ...] = ()
    releases: tuple[Release, ...] = ()
    applied: frozenset[str] = frozenset()

    @property
    def allowed(self) -> bool:
        """Whether one may go this way."""
        return not self.reason

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All migrations to run, in order."""
        return tuple(entry for hop in self.hops for entry in hop.entries)

    @property
    def release(self) -> Release | None:
        """The release that it leads to; None where it is refused."""
        return self.hops[-1].release if self.hops else None
