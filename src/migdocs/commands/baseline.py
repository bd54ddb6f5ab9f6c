"""Take over a database whose migrations ran before migdocs came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.adapters.database import landscape, ledger, tracking
from migdocs.adapters.layouts import TRACKERS, checksum_findings, due_again, recorded
from migdocs.adapters.layouts.table import Tracking
from migdocs.commands.target import alone
from migdocs.core.errors import DatabaseError, MigdocsError, raise_all
from migdocs.core.event import Event
from migdocs.core.ledger import standings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from migdocs.adapters.database.session import Session
    from migdocs.adapters.layouts import Layout
    from migdocs.commands.target import Target
    from migdocs.core.ledger.gate import Shown
    from migdocs.core.ledger.trackers import Relation
    from migdocs.core.model import Migration

# Hand-made runners of native triples keep the stem in such a table (authapi).
NATIVE = Tracking(
    "schema_migrations", "version", "SELECT version FROM schema_migrations WHERE success"
)


class Baseline(Struct, frozen=True):
    """What was taken over.

    Attributes:
        events: one for each migration that the ledger did not have as applied.
        unknown: what the other tool's table has and this project has not.
    """

    events: tuple[Event, ...]
    unknown: tuple[str, ...] = ()


def baseline(
    migrations: Sequence[Migration], target: Target, ids: Collection[str], *, reason: str = ""
) -> Baseline:
    """Declare migrations applied without running them.

    Raises:
        DatabaseError: another tool's table here says that a migration of its is unfinished.
    """
    with alone(target, "baseline") as session:
        _refuse_unfinished(session, landscape.inventory(session, TRACKERS))
        return Baseline(_declare(session, migrations, ids, reason))


def baseline_from_runner(
    migrations: Sequence[Migration], target: Target, layout: Layout
) -> Baseline:
    """Declare applied what the table of the project's own runner says was run.

    The table is found in any schema, and under any name where its columns tell it.

    Raises:
        MigdocsError: there is no such table here, or there are several.
        DatabaseError: a script is not what was run, by the checksum that the table keeps, all of
            them in one run; or a migration in it is unfinished.
    """
    table = layout.tracking or NATIVE
    with alone(target, "baseline") as session:
        shown = landscape.inventory(session, TRACKERS)
        _refuse_unfinished(session, shown)
        at = _table_of(layout, shown, target.options.search_path)
        rows = tracking.rows(session, table.table, table.query, at)
        if rows is None:
            raise _no_table(table.table, shown)
        sums = table.checksums
        kept = tracking.rows(session, table.table, sums, at) if sums else ()
        ids = [migration.id for migration in migrations]
        found = recorded(layout, (str(value) for (value,) in rows), ids)
        ran = [migration for migration in migrations if migration.id in found.applied]
        again = _compared(ran, {table.id_of(name): value for name, value in kept or ()})
        applied = [id_ for id_ in found.applied if id_ not in again]
        name = at.title if at else table.table
        events = _declare(session, migrations, applied, f"from {name}")
    return Baseline(events, found.unknown)


def _table_of(layout: Layout, shown: Shown, search_path: str) -> Relation | None:
    """Give the table of a layout's runner in whatever schema; None where only its name may tell.

    Raises:
        MigdocsError: there are several, and the search path tells none of them.
    """
    table = layout.tracking or NATIVE
    name = table.table.rpartition(".")[2]
    if layout.runner.name == "migdocs":
        fitting = [t for t in shown.tables if t.name == name and "success" in t.columns]
    else:
        of_it = [t for t in shown.trackers if t.tracker.title == layout.runner.name]
        fitting = [t.relation for t in sorted(of_it, key=lambda t: not t.rows)]
    fitting = [found for found in fitting if table.column in found.columns]
    found = [one for one in fitting if one.name == name] or fitting
    if len(found) < 2:  # noqa: PLR2004 - one, or none
        return found[0] if found else None
    first = search_path.split(",", maxsplit=1)[0].strip(' "')
    chosen = [table for table in found if table.schema == first]
    if chosen:
        return chosen[0]
    raise MigdocsError(
        f"several tables record what was run: {', '.join(table.title for table in found)}",
        hint="Choose one: set search_path under [database] to its schema.",
    )


def _no_table(table: str, shown: Shown) -> MigdocsError:
    """Say that the runner's table is not here, and whose is."""
    others = [found for found in shown.trackers if found.rows]
    if not others:
        return MigdocsError(
            f"there is no table '{table}' here to take over from",
            hint="Name what was run: migdocs baseline --to ID.",
        )
    other = others[0]
    return MigdocsError(
        f"there is no table '{table}' here to take over from, but one of"
        f" {other.tracker.title}: {other.relation.title}",
        hint="If that tool runs this project's migrations, set 'layout' in migdocs.toml to its"
        " convention; else say what was run: migdocs baseline --to ID.",
    )


def _refuse_unfinished(session: Session, shown: Shown) -> None:
    """Refuse to declare anything while a tool's own table says that something broke off."""
    for found in shown.trackers:
        left = found.tracker.unfinished
        if left and (names := tracking.unfinished(session, found)):
            raise DatabaseError(
                f"{found.relation.title} of {found.tracker.title} says that"
                f" {', '.join(names)} {left.means}",
                hint=f"{left.ends[0].upper()}{left.ends[1:]}; then 'migdocs baseline' again.",
            )


def _compared(migrations: Sequence[Migration], checksums: Mapping[str, int]) -> frozenset[str]:
    """Refuse scripts that are not what was run; give those that will be run again."""
    raise_all(
        DatabaseError(
            found.message,
            path=found.path,
            line=found.line,
            hint=f"{found.hint} 'migdocs baseline --to ID' takes it as it is now.",
        )
        for found in checksum_findings(migrations, checksums)
    )
    return due_again(migrations, checksums)


def _declare(
    session: Session, migrations: Sequence[Migration], ids: Collection[str], reason: str
) -> tuple[Event, ...]:
    """Write the events of those that are not applied yet, in run order."""
    standing = standings(ledger.read(session.connection, session.options.ledger))
    events = tuple(
        Event(
            migration.id,
            "baseline",
            "succeeded",
            at="",
            duration_ms=0,
            reason=reason,
            script_hash=migration.forward.digest,
            rollback_hash=migration.rollback.digest if migration.rollback else "",
        )
        for migration in migrations
        if migration.id in ids
        and migration.forward
        and not (migration.id in standing and standing[migration.id].applied)
    )
    with session.connection.transaction():
        for event in events:
            ledger.append(session, event)
    return events
