"""Prove migrations in throw-away databases: apply, check, undo, compare, apply again.

The project's migrations are applied in order, without rows, each to what was there before it. That
says whether each applies at all. What is to be proved is then tried on further copies, in which
every table holds rows; a trial hurts none of those after it. Many are shared out between several
servers, each of which begins at the beginning.
"""

from __future__ import annotations

import contextlib
import itertools
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.adapters import sandbox
from migdocs.adapters.database import scratch, session
from migdocs.adapters.sandbox import machine, walled
from migdocs.commands import round_trip, trial_steps
from migdocs.commands.trial_steps import Bench, Options
from migdocs.core.settings import SessionOptions
from migdocs.core.sql import privileged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from migdocs.adapters.database.scratch import Scratch
    from migdocs.adapters.database.scratch_database import ScratchDatabase
    from migdocs.core.model import Migration, Script
    from migdocs.core.proof import Proof

# For a server that makes and drops a database for each migration, and outlives none of them.
SERVER = {
    "autovacuum": "off",
    "jit": "off",  # compiling a query over a catalog takes longer than running it
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
    "wal_level": "minimal",
}
LEAST_SHARE = 8  # migrations that a server of their own is worth
APPLIED_FOR_ONE_PROVED = 10  # about how many are applied in the time that one is proved in
BETWEEN_ENDS = 0.1  # seconds between two tries to end all that still goes on
ROOM_BESIDE = 2_000_000_000  # bytes: copies, logs and temporary files, beside what one script fills


class Task(Struct, frozen=True):
    """What is to be proved.

    Attributes:
        root: of the project, for the rows of scripts that are too much to hold.
        base: the script that makes what the migrations assume, None where there is none.
        tracking: makes the table of the project's own runner, for scripts that read it; nothing of
            it is part of the schema. None where no script does.
        migrations: of the project, in run order.
        wanted: the ids of those to prove; the others are only applied.
    """

    root: Path
    base: Script | None
    migrations: tuple[Migration, ...]
    wanted: frozenset[str]
    tracking: Script | None = None


class Report(Struct, frozen=True):
    """What was seen.

    Attributes:
        server: PostgreSQL's version.
        proofs: in the order of the migrations.
        left: what scripts made outside of their database, which was dropped.
        stayed: what of it, or of ours, could not be dropped: kind, name, and why.
        changed: what scripts changed of the server's own: kind, name, and what of it.
    """

    server: str
    proofs: tuple[Proof, ...]
    left: tuple[tuple[str, str], ...] = ()
    stayed: tuple[tuple[str, str, str], ...] = ()
    changed: tuple[tuple[str, str, str], ...] = ()


def verify(
    task: Task,
    url: str = "",
    options: Options | None = None,
    on_proof: Callable[[Proof], None] = lambda _: None,
) -> Report:
    """Prove migrations, and give what was seen; a failure of one does not stop the others.

    Args:
        task: what is to be proved.
        url: of a server where scratch databases may be made; empty starts a throw-away one.
        options: how.
        on_proof: is told each proof as soon as it is known.

    Raises:
        MigdocsError: there is no server, or the base schema does not apply.
    """
    options = options or Options()
    shares = _shares(task, options) if not url else [task]
    places: list[Scratch] = []
    with ThreadPoolExecutor(len(shares)) as pool:
        done = [pool.submit(_share, s, url, options, on_proof, places.append) for s in shares]
        try:
            reports = [future.result() for future in done]
        except BaseException:
            while wait(done, timeout=BETWEEN_ENDS).not_done:
                for place in places:
                    place.end()
            raise
    proofs = itertools.chain.from_iterable(report.proofs for report in reports)
    left = {made for report in reports for made in report.left}
    stayed = {one for report in reports for one in report.stayed}
    changed = {one for report in reports for one in report.changed}
    return Report(
        reports[0].server,
        tuple(proofs),
        tuple(sorted(left)),
        tuple(sorted(stayed)),
        tuple(sorted(changed)),
    )


def _shares(task: Task, options: Options) -> list[Task]:
    """Share out what is to be proved between servers, where that is more than applying the rest.

    Later ones meet more tables, and take about twice as long as the first.
    """
    total = len(task.migrations)
    wanted = [(m.id, total + n) for n, m in enumerate(task.migrations) if m.id in task.wanted]
    least = max(LEAST_SHARE, total // APPLIED_FOR_ONE_PROVED)
    count = min(options.jobs, len(wanted) // least) if not options.rows else 1
    if count <= 1:
        return [task]
    work = itertools.accumulate(weight for _, weight in wanted)
    each = sum(weight for _, weight in wanted) / count
    shares: list[set[str]] = [set() for _ in range(count)]
    for (id_, _), done in zip(wanted, work, strict=True):
        shares[min(count - 1, int((done - 1) / each))].add(id_)
    return [replace(task, wanted=frozenset(ids)) for ids in shares]


def _share(
    task: Task,
    url: str,
    options: Options,
    on_proof: Callable[[Proof], None],
    on_place: Callable[[Scratch], None],
) -> Report:
    """Prove what one server is to prove; tell the place there, so that it can be ended."""
    with (
        sandbox.server(
            url or None, settings=SERVER, room=_room(options), walls=_walls(options)
        ) as server,
        scratch.scratch(
            server.base,
            superuser=options.superuser,
            private=not url,
            extensions=privileged.extensions(_texts(task)),
        ) as place,
        session.connected(server.base, SessionOptions(), writes=False) as asked,
    ):
        on_place(place)
        where = "" if url else machine.described()
        bench = Bench(task.root, place, options, asked.server, where)
        proofs = tuple(_proofs(bench, task, on_proof))
        left = tuple(sorted(place.made()))
    # What could not be dropped is known when the place is left.
    return Report(bench.server, proofs, left, tuple(place.stayed), tuple(place.changed))


def _room(options: Options) -> int | None:
    """Say how many bytes scripts may fill; None where what is timed is better timed on a disk."""
    return None if options.rows else options.size_limit + ROOM_BESIDE


def _walls(options: Options) -> tuple[str, ...]:
    """Name what holds the server in: superusers may read files and run programs."""
    return walled.FOR_SUPERUSERS if options.superuser else walled.ALL


def _texts(task: Task) -> Iterator[str]:
    """Give the texts of all scripts."""
    if task.base:
        yield task.base.text
    for migration in task.migrations:
        yield from (s.text for s in (migration.forward, migration.rollback) if s)


def _proofs(bench: Bench, task: Task, on_proof: Callable[[Proof], None]) -> Iterator[Proof]:
    """Apply the migrations one after the other, and prove those that are wanted beside it."""
    database = trial_steps.empty(bench)
    if task.tracking:
        empty = trial_steps.schema(database).objects.keys()
        _make_base(bench, database, task.tracking)
        database.runners = frozenset(trial_steps.schema(database).objects.keys() - empty)
    _make_base(bench, database, task.base)
    futures: list[Future[Proof]] = []
    open_ = set(task.wanted)
    with contextlib.closing(database), ThreadPoolExecutor(bench.options.jobs) as pool:
        for migration in task.migrations:
            if not open_:
                break
            if migration.id not in open_:
                round_trip.advance(bench, database, migration)
                continue
            open_.discard(migration.id)
            before, made = trial_steps.schema(database), bench.place.made()
            trip = round_trip.there(bench, database, migration, before)
            if bench.place.made() != made:
                found = round_trip.alone(bench, database, trip, made)
                futures.append(pool.submit(replace, found))  # as it is: it is known
                futures[-1].add_done_callback(lambda done: _tell(done, on_proof))
                continue
            if bench.options.rows:
                wait(futures)  # what is measured has the machine for itself
                trip = replace(trip, measured=round_trip.measure(bench, database, trip, before))
            found = round_trip.plainly(bench, database, trip)
            futures.append(pool.submit(round_trip.prove, bench, trip, found))
            futures[-1].add_done_callback(lambda done: _tell(done, on_proof))
        yield from (future.result() for future in futures)


def _tell(done: Future[Proof], on_proof: Callable[[Proof], None]) -> None:
    """Tell a proof that came about; what broke instead is raised where it is waited for."""
    if not done.cancelled() and not done.exception():
        on_proof(done.result())


def _make_base(bench: Bench, database: ScratchDatabase, base: Script | None) -> None:
    """Run the base schema."""
    if base is None:
        return
    seen = trial_steps.run(bench, database, base)
    if seen.error:
        raise seen.error
