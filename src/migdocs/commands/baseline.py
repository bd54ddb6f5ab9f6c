"""Take over a database whose migrations ran before migdocs came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migdocs.adapters.database import ledger, tracking
from migdocs.adapters.layouts import checksum_findings, due_again, recorded
from migdocs.adapters.layouts.convention import Tracking
from migdocs.commands.target import alone
from migdocs.core.errors import DatabaseError, MigdocsError, raise_all
from migdocs.core.event import Event
from migdocs.core.ledger import standings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from migdocs.adapters.database.session import Session
    from migdocs.adapters.layouts import Layout
    from migdocs.commands.target import Target
    from migdocs.core.model import Migration

# Hand-made runners of native triples keep the stem in such a table (authapi).
NATIVE = Tracking(
    "schema_migrations", "version", "SELECT version FROM schema_migrations WHERE success"
)


@dataclass(frozen=True, slots=True)
class Baseline:
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
    """Declare migrations applied without running them."""
    with alone(target, "baseline") as session:
        return Baseline(_declare(session, migrations, ids, reason))


def baseline_from_runner(
    migrations: Sequence[Migration], target: Target, layout: Layout
) -> Baseline:
    """Declare applied what the table of the project's own runner says was run.

    Raises:
        MigdocsError: there is no such table here.
        DatabaseError: a script is not what was run, by the checksum that the table keeps; all of
            them in one run.
    """
    table = layout.tracking or NATIVE
    with alone(target, "baseline") as session:
        rows = tracking.rows(session, table.table, table.query)
        if rows is None:
            raise MigdocsError(
                f"there is no table '{table.table}' here to take over from",
                hint="Say what was run: migdocs baseline --to ID.",
            )
        kept = tracking.rows(session, table.table, table.checksums) if table.checksums else ()
        ids = [migration.id for migration in migrations]
        found = recorded(layout, (str(value) for (value,) in rows), ids)
        ran = [migration for migration in migrations if migration.id in found.applied]
        again = _compared(ran, {table.id_of(name): value for name, value in kept or ()})
        applied = [id_ for id_ in found.applied if id_ not in again]
        events = _declare(session, migrations, applied, f"from {table.table}")
    return Baseline(events, found.unknown)


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
