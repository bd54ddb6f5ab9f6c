"""Say how the databases of a fleet stand, from the ledgers that they exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from migdocs.core.ledger import State, state
from migdocs.core.markup import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from migdocs.core.event import Event
    from migdocs.core.fleet import Fleet
    from migdocs.core.ledger import Known

SLOWEST = 5


class Standing(Struct, frozen=True):
    """One database.

    Attributes:
        state: against the project's migrations; None where it exported nothing, and so how it
            stands is not known.
        last: when its ledger was last written to, ISO 8601.
        longest: its slowest migration and how long that took, in milliseconds.
    """

    name: str
    state: State | None = None
    last: str = ""
    longest: tuple[str, int] | None = None

    @property
    def outcome(self) -> str:
        """How it stands, in one word or two."""
        if self.state is None:
            return "not known"
        if self.state.failed:
            return "failed"
        return "pending" if self.state.pending else "up to date"


class Report(Struct, frozen=True):
    """A fleet.

    Attributes:
        standings: in the order of the fleet's file.
        strangers: names of exports that are of no database of the fleet.
    """

    standings: tuple[Standing, ...]
    strangers: tuple[str, ...] = ()

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The databases by their last migration; those that are not known are left out."""
        found: dict[str, list[str]] = {}
        for one in self.standings:
            if one.state:
                found.setdefault(one.state.current or "nothing applied", []).append(one.name)
        return {current: tuple(names) for current, names in found.items()}

    @property
    def slowest(self) -> tuple[tuple[str, str, int], ...]:
        """Database, migration and milliseconds of what took longest, the slowest first."""
        found = [(one.name, *one.longest) for one in self.standings if one.longest]
        return tuple(sorted(found, key=lambda row: (-row[2], row[0]))[:SLOWEST])

    @property
    def good(self) -> bool:
        """Whether every database is known, and none failed or is behind."""
        return all(one.outcome == "up to date" for one in self.standings)

    def shape(self) -> dict[str, Any]:
        """Give what ``status --fleet --json`` prints."""
        return {
            "databases": [_shape(one) for one in self.standings],
            "versions": {current: list(names) for current, names in self.groups.items()},
            "slowest": [
                {"database": name, "migration": migration, "duration_ms": took}
                for name, migration, took in self.slowest
            ],
            "strangers": list(self.strangers),
        }


def report(
    fleet: Fleet, migrations: Sequence[Known], exports: Mapping[str, Iterable[Event]]
) -> Report:
    """Give the report of a fleet.

    Args:
        fleet: the databases.
        migrations: of the project, in run order.
        exports: name of a database → the events that it exported.
    """
    names = [member.name for member in fleet.members]
    standings = tuple(
        _standing(name, migrations, tuple(exports[name])) if name in exports else Standing(name)
        for name in names
    )
    return Report(standings, tuple(sorted(exports.keys() - set(names))))


def _standing(name: str, migrations: Sequence[Known], events: tuple[Event, ...]) -> Standing:
    """Give how one database stands."""
    took = [
        (event.migration, event.duration_ms)
        for event in events
        if event.action == "apply" and event.outcome == "succeeded" and event.duration_ms
    ]
    last = max((event.at for event in events), default="")
    return Standing(
        name, state(migrations, events), last, max(took, key=lambda pair: pair[1], default=None)
    )


def _shape(one: Standing) -> dict[str, Any]:
    """Give one database as JSON has it; null is what is not known."""
    found = one.state
    return {
        "name": one.name,
        "outcome": one.outcome,
        "current": found.current if found else None,
        "applied": len(found.applied) if found else None,
        "pending": list(found.pending) if found else None,
        "failed": list(found.failed) if found else None,
        "last": one.last or None,
    }


def markdown(found: Report) -> str:
    """Give the report as a document."""
    lines = [
        "# Databases",
        "",
        "| Database | State | Last migration | Pending | Failed | Last run |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_row(one) for one in found.standings]
    lines += ["", "## Versions", ""]
    lines += [
        f"- {escape.code(current)}: {len(names)} ({', '.join(names)})"
        for current, names in found.groups.items()
    ]
    if found.slowest:
        lines += ["", "## Slowest", "", "| Database | Migration | Time |", "|---|---|---|"]
        lines += [
            f"| {name} | {escape.code(migration)} | {took} ms |"
            for name, migration, took in found.slowest
        ]
    if found.strangers:
        named = ", ".join(escape.prose(name) for name in found.strangers)
        lines += ["", f"Exported, but not in the fleet: {named}."]
    return "\n".join(lines) + "\n"


def _row(one: Standing) -> str:
    """Give one database's row."""
    if one.state is None:
        return f"| {one.name} | not known: it exported no ledger | | | | |"
    current = escape.code(one.state.current) if one.state.current else "nothing applied"
    failed = ", ".join(escape.code(name) for name in one.state.failed)
    when = one.last[:16].replace("T", " ")
    return (
        f"| {one.name} | {one.outcome} | {current} | {len(one.state.pending)} | {failed} | {when} |"
    )


def text(found: Report) -> str:
    """Give the report for a terminal: what wants attention, then the counts."""
    lines = [
        f"{one.outcome:<11} {one.name}{_why(one)}"
        for one in found.standings
        if one.outcome != "up to date"
    ]
    lines += [f"{len(names):>5} at {current}" for current, names in found.groups.items()]
    lines += [f"slowest: {m} in {name}, {took} ms" for name, m, took in found.slowest[:1]]
    lines += [f"exported, but not in the fleet: {name}" for name in found.strangers]
    return "\n".join(lines)


def _why(one: Standing) -> str:
    """Say what a database's outcome is about."""
    if one.state is None:
        return ": it exported no ledger"
    return f": {', '.join(one.state.failed or one.state.pending)}"
