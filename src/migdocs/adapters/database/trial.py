"""Run a script where nothing can be hurt, and watch what it locks, rewrites and takes."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migdocs.adapters.database import errors, scans, unread
from migdocs.adapters.database.sending import as_written, left_out
from migdocs.core.errors import DatabaseError
from migdocs.core.sql import script as scripts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from migdocs.adapters.database.limit import Limit
    from migdocs.adapters.database.run import Send
    from migdocs.adapters.database.session import Session
    from migdocs.core.model import Script
    from migdocs.core.sql.execution import Execution
    from migdocs.core.sql.script import Statement

    # Sees what a process of the server locks, and notes relation and mode.
    Watching = Callable[[int, list[tuple[int, str]]], contextlib.AbstractContextManager[None]]

# What stands before a script, by the server's numbers: its names may change on the way.
RELATIONS = """
SELECT c.oid,
       CASE n.nspname WHEN 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END
       || quote_ident(c.relname),
       pg_relation_filenode(c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f') AND c.oid >= 16384  -- the server's own come before
"""
FILES = """
SELECT oid, pg_catalog.pg_relation_filenode(oid) FROM pg_catalog.pg_class
WHERE relkind IN ('r', 'm') AND oid >= 16384
"""
# What is held just before COMMIT is all that the transaction took.
LOCKS = """
SELECT relation, mode FROM pg_catalog.pg_locks
WHERE locktype = 'relation' AND granted AND pid = pg_catalog.pg_backend_pid()
  AND database = (SELECT oid FROM pg_catalog.pg_database
                  WHERE datname = pg_catalog.current_database())
"""
# pg_locks' names, weakest first; those that reading and writing rows take are not worth a line.
MODES = {
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}
ALL_MODES = ("AccessShareLock", "RowShareLock", "RowExclusiveLock", *MODES)
BLOCKING = frozenset(MODES) - {"ShareUpdateExclusiveLock"}  # nobody writes meanwhile


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen while a script ran.

    Attributes:
        locks: relation and the strongest lock taken on it, of those that were there before.
        touched: the relations that were locked in any way, if only for reading.
        locked_ms: how long at most one could not write to a relation, or not read it.
        rewrites: the tables and materialized views that were written anew.
        scans: those that were read whole while they were locked; a small table is read whole by
            every query, which says nothing of a large one.
        duration_ms: for all of it.
        error: what the server said where it failed.
    """

    locks: tuple[tuple[str, str], ...] = ()
    touched: tuple[str, ...] = ()
    rewrites: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()
    duration_ms: int = 0
    locked_ms: int = 0
    error: DatabaseError | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A script that is tried.

    Attributes:
        session: as new, in a database that nobody else uses.
        script: that the statements stand in.
        execution: how it is run.
        rows: gives what stands below a statement in the file only.
        limit: how long it may take, and how much it may write.
        meet: gives what of a statement is to be sent, and does the rest; empty where all is done.
    """

    session: Session
    script: Script
    execution: Execution
    rows: Send
    limit: Limit
    meet: Callable[[Statement], str] = lambda statement: statement.text


@dataclass(slots=True)
class _Held:
    """What a script was seen to take: relation, by its number → the strongest lock, and scans."""

    before: dict[int, tuple[str, int | None]]
    watching: Watching | None = None
    modes: dict[int, str] = field(default_factory=dict)
    scanned: set[int] = field(default_factory=set)
    locked: float = 0.0

    def add(self, locks: Iterable[tuple[int, str]]) -> bool:
        """Note locks; tell whether one of them keeps writers away from what was there before."""
        found = [(oid, mode) for oid, mode in locks if oid in self.before and mode in ALL_MODES]
        for oid, mode in found:
            self.modes[oid] = max(self.modes.get(oid, mode), mode, key=ALL_MODES.index)
        return any(mode in BLOCKING for _, mode in found)


def run(this: Trial, watching: Watching | None = None) -> Observed:
    """Run a script and give what was seen; a failure is part of it.

    Args:
        this: the script, and where it is run.
        watching: sees the locks of what cannot run in a transaction; None sees none of them.
    """
    session, held = this.session, _Held(_relations(this.session), watching)
    began = time.monotonic()
    error: DatabaseError | None = None
    try:
        with this.limit.over(session):
            for batch in this.execution.batches:
                if this.execution.mode == "autocommit":
                    _alone(this, batch, held)
                else:
                    _in_transaction(this, batch, held)
            _must_be_idle(this)
    except DatabaseError as failure:
        error = failure
    took = round((time.monotonic() - began) * 1000)
    names = {held.before[oid][0]: mode for oid, mode in held.modes.items()}
    scanned = {held.before[oid][0] for oid in held.scanned & held.before.keys()}
    return Observed(
        tuple((name, MODES[mode]) for name, mode in sorted(names.items()) if mode in MODES),
        tuple(sorted(names)),
        _rewritten(session, held.before),
        tuple(sorted(name for name in scanned if names.get(name) in MODES)),
        took,
        round(held.locked * 1000),
        error,
    )


def run_what_works(this: Trial) -> Observed:
    """Run a script that fails statement by statement, and pass over what fails."""
    with this.limit.over(this.session):
        for statement in this.execution.statements:
            with contextlib.suppress(DatabaseError):
                _send(this, (statement,))
    this.session.roll_back()
    return Observed()


def _relations(session: Session) -> dict[int, tuple[str, int | None]]:
    """List what is there: number → name and file."""
    with errors.translated(session.url):
        found = session.connection.execute(RELATIONS).fetchall()
    return {oid: (name, file) for oid, name, file in found}


def _rewritten(session: Session, before: dict[int, tuple[str, int | None]]) -> tuple[str, ...]:
    """Name what has another file now."""
    import psycopg

    try:
        now = dict(session.connection.execute(FILES).fetchall())
    except psycopg.Error:  # the session is gone
        return ()
    return tuple(
        sorted(name for oid, (name, file) in before.items() if file and now.get(oid, file) != file)
    )


def _in_transaction(this: Trial, batch: tuple[Statement, ...], held: _Held) -> None:
    """Run statements in one transaction, and note the locks that it takes.

    A lock is taken while a statement runs; counted from that one's start, no time is left out.
    """
    connection = this.session.connection
    locked_since: float | None = None
    try:
        with errors.at_script(this.script, None, this.session.url, ""):
            connection.execute("BEGIN")
            scanned = scans.within(connection)
            for statement in batch:
                start = time.monotonic()
                _send(this, (statement,))
                if held.add(connection.execute(LOCKS).fetchall()) and locked_since is None:
                    locked_since = start
            held.scanned |= scans.grown(scanned, scans.within(connection))
            connection.execute("COMMIT")
    except DatabaseError:
        this.session.roll_back()
        raise
    if locked_since is not None:
        held.locked += time.monotonic() - locked_since


def _alone(this: Trial, batch: tuple[Statement, ...], held: _Held) -> None:
    """Run a statement that stands in no transaction of ours, and note the locks that it takes.

    Inside a transaction of the script's own they are asked for; else a second session watches.
    """
    from psycopg.pq import TransactionStatus

    session, seen = this.session, list[tuple[int, str]]()
    connection, alone = session.connection, session.is_idle
    scanned = scans.so_far(connection) if alone else {}
    start = time.monotonic()
    with contextlib.ExitStack() as stack:
        if held.watching and alone:
            stack.enter_context(held.watching(session.process, seen))
        _send(this, batch)
    took = time.monotonic() - start
    if connection.info.transaction_status == TransactionStatus.INTRANS:
        seen += connection.execute(LOCKS).fetchall()
    elif alone:
        held.scanned |= scans.grown(scanned, scans.so_far(connection))
    if held.add(seen):
        held.locked += took


def _send(this: Trial, batch: tuple[Statement, ...]) -> None:
    """Send statements, each with the lines of data that follow it."""
    for statement in batch:
        with errors.at_script(this.script, statement, this.session.url, ""):
            text = as_written(this.meet(statement))
            if statement.data is None:
                if text:
                    unread.run(this.session.connection, text)
                for more, line in left_out(statement, this.rows):
                    _send(this, scripts.split(more, line))
                continue
            with this.session.connection.cursor().copy(text) as copy:
                for piece in this.rows(statement):
                    copy.write(piece)


def _must_be_idle(this: Trial) -> None:
    """Refuse a script that leaves a transaction open."""
    if not this.session.is_idle:
        this.session.roll_back()
        raise DatabaseError(
            "the script began a transaction and did not end it",
            path=this.script.path,
            line=this.script.line,
        )
