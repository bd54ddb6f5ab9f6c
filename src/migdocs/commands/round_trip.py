"""One migration tried: applied to rows, checked, undone, compared, applied again, measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.adapters import catalog
from migdocs.adapters.database import filling, session, trial
from migdocs.commands import trial_steps
from migdocs.commands.apply import how_to_run
from migdocs.core import proof
from migdocs.core.proof import Measured, Proof, Rollback, Snapshot, many, schema

if TYPE_CHECKING:
    from migdocs.adapters.database.scratch_database import ScratchDatabase
    from migdocs.adapters.database.trial import Observed
    from migdocs.commands.trial_steps import Bench
    from migdocs.core.errors import DatabaseError
    from migdocs.core.model import Migration, Script
    from migdocs.core.proof.schema import Schema

LATER_ROWS = 101  # the number of the first row that is put in after a migration
MIGRATED_ROWS = "once rows are there that only the new schema allows, the rollback fails"


class Trip(Struct, frozen=True):
    """A migration that was applied in a copy of its own.

    Attributes:
        before: what was there, rows included.
        after: what was there then.
        error_with_rows: why it did not apply where there were rows.
    """

    migration: Migration
    database: ScratchDatabase
    before: Snapshot
    after: Schema
    up: Observed
    unfilled: tuple[tuple[str, str], ...] = ()
    error_with_rows: str = ""
    measured: Measured | None = None

    @property
    def scripts(self) -> tuple[Script, Script]:
        """Both scripts of a migration that has both."""
        forward, rollback = self.migration.forward, self.migration.rollback
        if forward is None or rollback is None:
            raise ValueError(f"{self.migration.id} has no way there and back")
        return forward, rollback


def advance(bench: Bench, database: ScratchDatabase, migration: Migration) -> Observed | None:
    """Apply a migration in the database that all go through; None where there is no SQL.

    Of one that fails, every statement that works is applied, so that those after it can be tried.
    """
    script = migration.forward
    if script is None or script.language != "sql":
        return None
    seen = trial_steps.run(bench, database, script)
    if seen.error:
        trial_steps.run(bench, database, script, leniently=True)
    return seen


def there(bench: Bench, template: ScratchDatabase, migration: Migration, schema: Schema) -> Trip:
    """Apply a migration in a copy of what was before it, with rows in every table.

    Where it fails for them, it is applied to another copy without; where it fails in that too, as
    many of its statements as work.
    """
    made = bench.place.made()
    trip = _attempt(bench, template, migration, schema, filled=True)
    if trip.up.error:
        trip.database.drop()
        bench.place.clean(bench.place.made() - made)
        empty = _attempt(bench, template, migration, schema, filled=False)
        return replace(empty, error_with_rows=str(trip.up.error))
    return trip


def _attempt(
    bench: Bench, template: ScratchDatabase, migration: Migration, schema: Schema, *, filled: bool
) -> Trip:
    """Go one way in a copy of its own."""
    database = trial_steps.copy(bench, template)
    unfilled: dict[str, str] = {}
    if filled:
        unfilled, schema = trial_steps.filled(database, schema)
    before = trial_steps.snapshot(database, catalog.moved(database.reader(), schema))
    up = advance(bench, database, migration)
    after = trial_steps.schema(database) if up else before.schema
    refused = tuple(sorted(unfilled.items()))
    return Trip(migration, database, before, after, up or trial.Observed(), refused)


def plainly(bench: Bench, database: ScratchDatabase, trip: Trip) -> Proof:
    """Apply a migration to tables without rows of ours."""
    return _found(bench, trip, advance(bench, database, trip.migration))


def alone(
    bench: Bench, database: ScratchDatabase, trip: Trip, made: frozenset[tuple[str, str]]
) -> Proof:
    """Prove a migration that makes a role or a database, which the server can have but once.

    It is undone and forgotten before it is applied in the database that all go through.
    """
    tried = prove(bench, trip, _found(bench, trip, trip.up))
    bench.place.clean(bench.place.made() - made)
    found = plainly(bench, database, trip)
    return replace(found, checks=tried.checks, rollback=tried.rollback) if found.applied else found


def _found(bench: Bench, trip: Trip, seen: Observed | None) -> Proof:
    """Say what was seen of a migration, before its way back is known."""
    migration = trip.migration
    error = seen.error if seen else None
    found = Proof(
        migration.id,
        migration.forward.digest if migration.forward else "",
        migration.rollback.digest if migration.rollback else "",
        bench.server,
        applied=seen is not None and error is None,
        rollback=Rollback("untried"),
        error=str(error) if error else "",
        error_with_rows="" if error else trip.error_with_rows,
        changes=schema.differences(trip.before.schema, trip.after),
        locks=trip.up.locks,
        rewrites=trip.up.rewrites,
        scans=trip.up.scans,
        unfilled=trip.unfilled,
        duration_ms=trip.up.duration_ms,
        measured=trip.measured,
    )
    if error and _lacks_rights(bench, error):
        return replace(found, error=f"{error} ({proof.ONLY_HERE})")
    if error and not proof.lacks_extension(error.message, error.sqlstate):
        failed = proof.fails(Rollback("exact"), error, "it does not apply")
        return replace(found, rollback=failed)
    return found


def _lacks_rights(bench: Bench, error: DatabaseError) -> bool:
    """Tell whether a script failed for what only the scripts' role here may not do."""
    return bool(bench.place.role) and proof.lacks_rights(error.sqlstate)


def prove(bench: Bench, trip: Trip, found: Proof) -> Proof:
    """Check a migration, and go back."""
    try:
        if found.applied:
            failed = tuple(trial_steps.failed_checks(bench, trip.database, trip.migration))
            return replace(found, checks=failed, rollback=_back(bench, trip))
        if found.rollback.verdict == "fails" and trip.migration.rollback:
            told = _back(bench, trip).differences
            return replace(found, rollback=proof.with_difference(found.rollback, "fails", *told))
        return found
    finally:
        trip.database.drop()


def _back(bench: Bench, trip: Trip) -> Rollback:
    """Undo a migration, compare with what was before it, and go on from there."""
    script = trip.migration.rollback
    declared = trip.migration.declared.reversible is False
    if script is None or script.language != "sql":
        return proof.missing(declared=declared)
    execution = how_to_run(script)
    if not execution.statements and not execution.refusals and proof.is_empty(script.text):
        return proof.missing(declared=declared, path=script.path)
    database = trip.database
    down = trial_steps.run(bench, trip.database, script)
    if not down.error:
        undone = trial_steps.snapshot(database)
        rollback = proof.judge(trip.before, undone)
        timed = replace(rollback, duration_ms=down.duration_ms)
        return _again(bench, trip, timed, undone.schema)
    if _lacks_rights(bench, down.error):
        return proof.not_allowed(down.error)
    rollback = proof.refused(down.error, down.error.sqlstate, declared=declared)
    if not trip.up.error:
        return rollback
    # A script that fails half-way has a rollback that does: what would the rest leave?
    trial_steps.run(bench, trip.database, script, leniently=True)
    left = proof.judge(trip.before, trial_steps.snapshot(database)).differences
    return proof.with_difference(rollback, rollback.verdict, *left)


def _again(bench: Bench, trip: Trip, rollback: Rollback, undone: Schema) -> Rollback:
    """Apply a migration again, put rows in that only the new schema allows, and undo it again."""
    forward, back = trip.scripts
    database = trip.database
    up = trial_steps.run(bench, trip.database, forward)
    if up.error:
        if trip.up.error or _lacks_rights(bench, up.error):
            return rollback
        return proof.fails(rollback, up.error, "it does not apply again", "differs")
    second = trial_steps.snapshot(database)
    rollback = proof.again(rollback, trip.after, second.schema)
    trial_steps.fill_tables(trip.database, second.schema, LATER_ROWS)
    later = trial_steps.snapshot(database, second.schema)
    down = trial_steps.run(bench, trip.database, back)
    if down.error:
        if _lacks_rights(bench, down.error):
            return rollback
        return proof.fails(rollback, down.error, MIGRATED_ROWS)
    return proof.overdeleted(rollback, second, later, trial_steps.snapshot(database, undone))


def measure(bench: Bench, template: ScratchDatabase, trip: Trip, before: Schema) -> Measured:
    """Time a migration and its rollback where the tables that they touch hold many rows."""
    database = trial_steps.copy(bench, template)
    try:
        trial_steps.fill_tables(database, before)
        with session.connected(bench.place.url(database.name)) as filler:
            enough = many.filling(before, trip.up.touched, bench.options.rows)
            filling.fill(filler, enough, plainly=bench.place.skips_triggers)
            filler.connection.execute("ANALYZE")
            rows = filling.counts(filler, [insert.table for insert in enough])
        forward, rollback = trip.migration.forward, trip.migration.rollback
        up = (
            trial_steps.run(bench, database, forward, watched=False)
            if forward
            else trial.Observed()
        )
        if up.error or rollback is None or rollback.language != "sql":
            failed = str(up.error or "")
            return Measured(rows, up.duration_ms, up.locked_ms, error=failed, machine=bench.machine)
        down = trial_steps.run(bench, database, rollback, watched=False)
        return Measured(
            rows,
            up.duration_ms,
            up.locked_ms,
            down.duration_ms,
            down.locked_ms,
            str(down.error or ""),
            bench.machine,
        )
    finally:
        database.drop()
