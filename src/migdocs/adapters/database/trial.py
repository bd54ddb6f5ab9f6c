"""Run a script where nothing can be hurt, and watch what it locks, rewrites and takes."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from migdocs.adapters.database import errors
from migdocs.core.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from migdocs.adapters.database.runner import Send
    from migdocs.adapters.database.session import Session
    from migdocs.core.model import Script
    from migdocs.core.proof.fill import Insert
    from migdocs.core.sql.execution import Execution
    from migdocs.core.sql.script import Statement

# What stands before a script, by the server's numbers: its names may change on the way.
RELATIONS = """
SELECT c.oid,
       CASE n.nspname WHEN 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END
       || quote_ident(c.relname),
       pg_relation_filenode(c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f') AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'
"""
FILES = "SELECT oid, pg_catalog.pg_relation_filenode(oid) FROM pg_catalog.pg_class"
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
STRENGTH = tuple(MODES)
ENDED = frozenset({"57P01", ""})  # the session was ended, or its connection was


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen while a script ran.

    Attributes:
        locks: relation and the strongest lock taken on it, of those that were there before.
        rewrites: the tables and materialized views that were written anew.
        duration_ms: for all of it.
        error: what the server said where it failed.
    """

    locks: tuple[tuple[str, str], ...] = ()
    rewrites: tuple[str, ...] = ()
    duration_ms: int = 0
    error: DatabaseError | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a script may take, whatever it sets for itself.

    Attributes:
        end: ends a session of the server, by its process.
    """

    seconds: float
    end: Callable[[int], None]

    @contextlib.contextmanager
    def over(self, session: Session) -> Iterator[None]:
        """End a session that takes longer.

        Raises:
            DatabaseError: it took longer.
        """
        passed = threading.Event()

        def stop() -> None:
            """Note that the time is over, and end the session."""
            passed.set()
            self.end(session.process)

        timer = threading.Timer(self.seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            yield
        except DatabaseError as error:
            if passed.is_set() and error.sqlstate in ENDED:
                raise DatabaseError(
                    f"it was ended after {self.seconds:g} seconds",
                    path=error.path,
                    line=error.line,
                    hint="'--time-limit' gives it more.",
                    sqlstate="57014",
                ) from None
            raise
        finally:
            timer.cancel()


def run(
    session: Session, script: Script, execution: Execution, rows: Send, limit: Limit
) -> Observed:
    """Run a script and give what was seen; a failure is part of it.

    Args:
        session: as new, in a database that nobody else uses.
        script: that the statements stand in.
        execution: how it is run.
        rows: gives the rows of a COPY statement.
        limit: how long it may take.
    """
    began = time.monotonic()
    held: dict[int, str] = {}
    error: DatabaseError | None = None
    before = _relations(session)
    try:
        with limit.over(session):
            for batch in execution.batches:
                if execution.mode == "autocommit":
                    _send(session, script, batch, rows)
                else:
                    held.update(_in_transaction(session, script, batch, rows))
            _must_be_idle(session, script)
    except DatabaseError as failure:
        error = failure
    took = round((time.monotonic() - began) * 1000)
    locks = sorted((before[oid][0], MODES[mode]) for oid, mode in held.items() if oid in before)
    return Observed(tuple(locks), _rewritten(session, before), took, error)


def run_what_works(
    session: Session, script: Script, execution: Execution, rows: Send, limit: Limit
) -> Observed:
    """Run a script that fails statement by statement, and pass over what fails."""
    with limit.over(session):
        for statement in execution.statements:
            with contextlib.suppress(DatabaseError):
                _send(session, script, (statement,), rows)
    _roll_back(session)
    return Observed()


def fill(session: Session, inserts: Iterable[Insert]) -> dict[str, str]:
    """Put rows in; give the tables that took none, each with what the server said."""
    import psycopg

    refused: dict[str, str] = {}
    filled: set[str] = set()
    with errors.translated(session.url), session.connection.transaction():
        session.connection.execute("SET LOCAL search_path = public")
        for insert in inserts:
            for statement in insert.statements:
                try:
                    with session.connection.transaction():
                        session.connection.execute(statement.encode())
                except psycopg.Error as error:
                    if not insert.twin:
                        refused.setdefault(insert.table, errors.message_of(error))
                else:
                    filled.add(insert.table)
                    break
    return {table: why for table, why in refused.items() if table not in filled}


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


def _in_transaction(
    session: Session, script: Script, batch: tuple[Statement, ...], rows: Send
) -> dict[int, str]:
    """Run statements in one transaction; give the strongest lock on each relation."""
    connection = session.connection
    try:
        with errors.at_script(script, None, session.url, ""):
            connection.execute("BEGIN")
            _send(session, script, batch, rows)
            locks = _strongest(connection.execute(LOCKS).fetchall())
            connection.execute("COMMIT")
    except DatabaseError:
        _roll_back(session)
        raise
    return locks


def _strongest(locks: Iterable[tuple[Any, ...]]) -> dict[int, str]:
    """Keep the strongest lock of each relation."""
    found: dict[int, str] = {}
    for relation, mode in locks:
        if mode in MODES and STRENGTH.index(mode) >= STRENGTH.index(found.get(relation, mode)):
            found[relation] = mode
    return found


def _send(session: Session, script: Script, batch: tuple[Statement, ...], rows: Send) -> None:
    """Send statements, each with the lines of data that follow it."""
    for statement in batch:
        with errors.at_script(script, statement, session.url, ""):
            text = statement.text.encode("utf-8", "surrogateescape")
            if statement.data is None:
                session.connection.execute(text)
                continue
            with session.connection.cursor().copy(text) as copy:
                for piece in rows(statement):
                    copy.write(piece)


def _must_be_idle(session: Session, script: Script) -> None:
    """Refuse a script that leaves a transaction open."""
    from psycopg.pq import TransactionStatus

    if session.connection.info.transaction_status != TransactionStatus.IDLE:
        _roll_back(session)
        raise DatabaseError(
            "the script began a transaction and did not end it", path=script.path, line=script.line
        )


def _roll_back(session: Session) -> None:
    """End what is open, where there is still a server."""
    import psycopg
    from psycopg.pq import TransactionStatus

    with contextlib.suppress(psycopg.Error):
        if session.connection.info.transaction_status != TransactionStatus.IDLE:
            session.connection.execute("ROLLBACK")
