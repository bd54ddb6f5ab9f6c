"""One step of a trial: a script run, rows put in, a database read, in the scratch place."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.adapters import catalog
from migdocs.adapters.catalog import rows as catalog_rows
from migdocs.adapters.database import (
    checks,
    filling,
    limit,
    lock_watch,
    scans,
    trial,
)
from migdocs.adapters.database.scratch_database import ScratchDatabase
from migdocs.commands.apply import how_to_run, sender
from migdocs.core.errors import DatabaseError
from migdocs.core.proof import Snapshot, fill
from migdocs.core.proof.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migdocs.adapters.database.outside import Outside
    from migdocs.adapters.database.scratch import Scratch
    from migdocs.adapters.database.trial import Observed, Watching
    from migdocs.core.model import Migration, Script
    from migdocs.core.sql.execution import Execution


class Options(Struct, frozen=True):
    """How migrations are proved.

    Attributes:
        jobs: how many are tried at a time.
        time_limit: for one script, in seconds.
        superuser: let scripts read files and run programs on the server.
        rows: measure with so many rows in every table that a script touches; 0 measures nothing.
        size_limit: by how many bytes one script may make its database grow.
    """

    jobs: int = 2
    time_limit: float = 60.0
    superuser: bool = False
    rows: int = 0
    size_limit: int = 4_000_000_000


class Bench(Struct, frozen=True):
    """What a trial works with.

    Attributes:
        root: of the project.
        place: where databases are made.
        options: how migrations are proved.
        server: PostgreSQL's version.
        machine: that the server runs on, as times are told with it; empty where it is another's.
    """

    root: Path
    place: Scratch
    options: Options
    server: str
    machine: str = ""


def empty(bench: Bench) -> ScratchDatabase:
    """Make a database that holds nothing."""
    return ScratchDatabase(bench.place, bench.place.create(), set(bench.place.ready))


def copy(bench: Bench, of: ScratchDatabase) -> ScratchDatabase:
    """Copy a database, in which nobody may work meanwhile."""
    of.close()
    return ScratchDatabase(bench.place, bench.place.create(of.name), set(of.hidden), of.runners)


def run(
    bench: Bench,
    database: ScratchDatabase,
    script: Script,
    *,
    leniently: bool = False,
    watched: bool = True,
) -> Observed:
    """Run a script in a session that is as new; leniently, pass over what fails of it.

    Unwatched, nothing makes it wait: what it takes is its own time.
    """
    execution = how_to_run(script)
    if execution.refusals:
        refusal = execution.refusals[0]
        error = DatabaseError(refusal.reason, path=script.path, line=refusal.line)
        return trial.Observed(error=error)
    worker, until = database.worker(), _limit(bench)
    outside = bench.place.outside(database.hidden)
    rows = sender(bench.root, script, execution)
    this = trial.Trial(worker, script, execution, rows, until, outside.meet)
    if leniently:
        seen = trial.run_what_works(this)
    else:
        with _watchers(database, execution, wait=watched) as watching:
            seen = trial.run(this, watching)
    return _settled(outside, script, execution, seen)


def _settled(outside: Outside, script: Script, execution: Execution, seen: Observed) -> Observed:
    """Drop the roles that a script dropped; where all of it was undone, those that it made."""
    undone = seen.error is not None and execution.mode == "transaction"
    if seen.error and not undone:
        return seen
    try:
        outside.settle(undone=undone)
    except DatabaseError as error:
        if undone:
            return seen
        found = DatabaseError(error.message, path=script.path, sqlstate=error.sqlstate)
        return replace(seen, error=found)
    return seen


@contextlib.contextmanager
def _watchers(
    database: ScratchDatabase, execution: Execution, *, wait: bool
) -> Iterator[Watching | None]:
    """Give what sees the locks of a script that does not run in a transaction; else nothing."""
    if execution.mode != "autocommit":
        yield None
        return
    scans.tell(database.reader())
    with contextlib.ExitStack() as stack:
        gate = database.another(stack)
        yield functools.partial(lock_watch.watched, database.reader(), gate if wait else None)


def _limit(bench: Bench) -> limit.Limit:
    """Say how long a script may take, and how much it may write."""
    options, place = bench.options, bench.place
    return limit.Limit(options.time_limit, options.size_limit, place.size, place.terminate)


def snapshot(database: ScratchDatabase, known: Schema | None = None) -> Snapshot:
    """Read schema and rows; the rows alone where the schema is known, and is what is there."""
    reader = database.reader()
    if known and (rows := catalog_rows.read_if_there(reader, known)) is not None:
        return Snapshot(known, rows)
    found = schema(database)
    return Snapshot(found, catalog_rows.read(reader, found))


def schema(database: ScratchDatabase) -> Schema:
    """Read the schema as scripts made it; what is the project's own runner's is no part of it."""
    found = catalog.read(database.reader(), database.hidden)
    if not database.runners:
        return found
    return Schema({key: item for key, item in found.objects.items() if key not in database.runners})


def fill_tables(database: ScratchDatabase, found: Schema, first: int = 1) -> dict[str, str]:
    """Put rows into every table; give those that took none."""
    return filling.fill(database.worker(), fill.inserts(found, first))


def filled(database: ScratchDatabase, found: Schema) -> tuple[dict[str, str], Schema]:
    """Put rows into every table; give those that took none, and the schema as it is then.

    A trigger may have made tables of its own for our rows: they are no script's doing.
    """
    before = catalog.mark(database.reader())
    refused = fill_tables(database, found)
    return refused, found if catalog.mark(database.reader()) == before else schema(database)


def failed_checks(bench: Bench, database: ScratchDatabase, migration: Migration) -> Iterator[str]:
    """Yield what the checks of the notes met that failed."""
    written = migration.notes
    if written is None or not written.checks:
        return
    for check in written.checks:
        worker = database.worker()
        try:
            with _limit(bench).over(worker):
                checks.run(worker, written.path, check)
        except DatabaseError as error:
            yield str(error)
