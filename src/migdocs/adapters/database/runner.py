"""Run one step: its statements and its ledger row stand or fall together, or the ledger says so.

A plain script and its ledger row are one transaction, the only form that survives a crash at any
point. What cannot be one has a *started* row committed first and a *succeeded* or *failed* one
after, so that a crash in between is seen (apply.md).
"""

from __future__ import annotations

import contextlib
import functools
import random
import re
import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from migdocs.adapters.database import commits, errors, indexes, ledger, lock, psql, unread
from migdocs.adapters.database.session import FORGET
from migdocs.core.errors import DatabaseError, MigdocsError
from migdocs.core.event import Event
from migdocs.core.sql import concurrent, script
from migdocs.core.sql.rows import first_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import psycopg

    from migdocs.adapters.database.session import Session
    from migdocs.core.ledger.plan import Step
    from migdocs.core.sql.execution import Execution
    from migdocs.core.sql.script import Statement

Outcome = Literal["started", "succeeded", "failed"]
Send = Callable[["Statement"], "Iterator[bytes]"]

# lock_not_available and deadlock_detected: another session's doing, and gone the next time.
RETRIED = frozenset({"55P03", "40P01"})
PAUSE, LONGEST_PAUSE = 0.5, 10.0  # seconds before another attempt; doubled each time
TOGETHER = 1 << 18  # characters of statements sent as one message
# The server reads a message whole: what says how text is to be read ends one.
READ_ANEW = re.compile(
    r"standard_conforming_strings|backslash_quote|client_encoding|\bset\s[^;]{0,60}\bnames\b",
    re.IGNORECASE,
)
BETWEEN = ";\n"
BEGIN = b"BEGIN"
COPY_PIECE = 1 << 20  # characters of data sent at a time
LOCK_LOST = (
    "the script gave migdocs' lock away (pg_advisory_unlock_all, DISCARD ALL): another migdocs may"
    " have begun"
)
ROLLED_BACK = "This script was rolled back whole. 'migdocs status' lists what is still pending."
MAY_STAY = (
    "It ran outside a transaction: part of it may stay. 'migdocs status' shows how to continue."
)


@dataclass(frozen=True)
class Run:
    """One step in one session.

    Attributes:
        began: on the monotonic clock, in seconds.
        hint: what a failure leaves, for the person who reads the error.
        rows: gives what stands below a statement in the file only.
        reason: why it is run, for the ledger.
        committing: the number of the transaction whose COMMIT, the last of the step, was sent.
    """

    session: Session
    step: Step
    began: float
    hint: str
    rows: Send
    reason: str
    committing: list[int] = field(default_factory=list)

    @property
    def elapsed(self) -> int:
        """How long it has run, in milliseconds."""
        return round((time.monotonic() - self.began) * 1000)

    def event(self, outcome: Outcome, error: BaseException | None = None) -> Event:
        """Give the ledger's row for this moment."""
        migration, script = self.step.migration, self.step.script
        said = error if isinstance(error, DatabaseError) else None
        return Event(
            migration.id,
            self.step.direction,
            outcome,
            at="",
            duration_ms=None if outcome == "started" else self.elapsed,
            script_hash=script.digest,
            rollback_hash=migration.rollback.digest if migration.rollback else "",
            reason=self.reason,
            error="" if error is None else (said.message if said else "interrupted"),
            sqlstate=said.sqlstate if said else "",
            line=said.line if said else 0,
        )

    @functools.cached_property
    def success(self) -> ledger.Draft:
        """The ledger's row for when all is well, to be written while the server is at work."""
        return ledger.draft(self.session, self.event("succeeded"))

    def placed(
        self, statement: Statement | None = None, before: int = 0
    ) -> contextlib.AbstractContextManager[None]:
        """Give the driver's errors their place in the script; ``before`` as ``errors.place``."""
        return errors.at_script(self.step.script, statement, self.session.url, self.hint, before)


def held_rows(statement: Statement) -> Iterator[bytes]:
    """Give the rows that stand below a COPY statement in pieces."""
    data = statement.data or ""
    for start in range(0, len(data), COPY_PIECE):
        yield _bytes(data[start : start + COPY_PIECE])


def left_out(statement: Statement, rows: Send) -> Iterator[tuple[str, int]]:
    """Give the statements that follow one in the file only, some at a time, and their first line.

    Args:
        statement: that was sent.
        rows: gives what stands below it in the file.
    """
    if statement.followed:
        line = first_row(statement)
        for piece in rows(statement):
            yield piece.decode("utf-8", "surrogateescape"), line
            line += piece.count(b"\n")


def run(  # noqa: PLR0913 - what a run is made of
    session: Session,
    step: Step,
    execution: Execution,
    rows: Send = held_rows,
    *,
    reason: str = "",
    root: Path = Path(),
) -> Event:
    """Run a step, write it into the ledger, and give the event; the lock must be held.

    Args:
        session: with the lock.
        step: to run.
        execution: how its script is run.
        rows: gives what stands below a statement in the file only.
        reason: why it is run, for the ledger.
        root: of the project, for scripts that psql runs.

    Raises:
        DatabaseError: a statement failed, at its place in the script; the ledger has it too.
    """
    whole = execution.mode == "transaction"
    this = Run(session, step, time.monotonic(), ROLLED_BACK if whole else MAY_STAY, rows, reason)
    try:
        if execution.mode == "autocommit":
            session.connection.execute(FORGET + session.prepare)
            _outside_transactions(this, execution.statements)
        elif execution.mode == "psql":
            _by_psql(this, root)
        else:
            _in_transactions(this, execution.batches or ((),))
    except BaseException as error:
        if _took_effect(this):
            raise _cut_off(this, error) from None
        _note(this, error)
        raise
    return this.event("succeeded")


# --- inside transactions ------------------------------------------------------------------------


def _in_transactions(this: Run, batches: tuple[tuple[Statement, ...], ...]) -> None:
    """Run each batch in a transaction; the ledger's rows are part of the first and the last."""
    for number, batch in enumerate(batches):
        first, last = number == 0, number == len(batches) - 1
        work = partial(_in_transaction, this, batch, first=first, last=last)
        _again_where_blocked(this.session, work)


def _in_transaction(this: Run, batch: tuple[Statement, ...], *, first: bool, last: bool) -> None:
    """Run statements and write ledger rows, all or none of it."""
    from psycopg.pq import TransactionStatus

    connection = this.session.connection
    # The settings are as they should be: who ends a step sees to that.
    opening = FORGET + BEGIN if first else BEGIN
    with this.placed(), _rolled_back_on_failure(this):
        if first and not last:
            started = ledger.addition(this.session, this.event("started"))
            connection.execute(opening + b";" + started)
            opening = b""
        for group in _together(batch):
            _send_all(this, group, opening)
            opening = b""
            for text, line in left_out(group[-1], this.rows):
                _send_message(this, text, partial(_parted, text, line))
        if opening:  # there was nothing to send
            connection.execute(opening)
        if connection.info.transaction_status != TransactionStatus.INTRANS:
            raise _error(this, "the script ended the transaction that it runs in")
        number = commits.number_under_lock(this.session)
        if number is None:
            raise _error(this, LOCK_LOST)
        ending = _ending(this) if last else b"COMMIT"
        this.committing.extend([number] if last else [])
        connection.execute(ending)


def _ending(this: Run) -> bytes:
    """Write the ledger row and the commit, as ourselves: a script may have gone on as another.

    What the script put off until the commit runs before, as the script: nothing of its own comes
    after the session was made as it should be, and the next message is read as it is wanted.
    """
    row = this.success.lasting(this.elapsed)
    return b"SET CONSTRAINTS ALL IMMEDIATE;" + this.session.prepare + row + b";COMMIT"


@contextlib.contextmanager
def _rolled_back_on_failure(this: Run) -> Iterator[None]:
    """End the transaction where something, or a person, broke it off."""
    try:
        yield
    except BaseException:
        _roll_back(this.session)
        raise


def _roll_back(session: Session) -> None:
    """End whatever transaction is open; a lost connection has ended its own."""
    import psycopg
    from psycopg.pq import TransactionStatus

    with contextlib.suppress(psycopg.Error):
        if session.connection.info.transaction_status != TransactionStatus.IDLE:
            session.connection.execute("ROLLBACK")


def _again_where_blocked(session: Session, work: Callable[[], None]) -> None:
    """Do work that leaves nothing when it fails; again where another session was in the way."""
    for attempt in range(1, session.options.attempts + 1):
        session.watch.forget()
        try:
            return work()
        except DatabaseError as error:
            if error.sqlstate not in RETRIED or attempt == session.options.attempts:
                error.hint = _told_who(error, session.watch.seen)
                raise
            said = error.message
        pause = min(LONGEST_PAUSE, PAUSE * 2 ** (attempt - 1)) * random.uniform(0.5, 1)  # noqa: S311 - spreads the runners
        session.notify(f"{said}; attempt {attempt + 1} in {pause:.1f} s")
        time.sleep(pause)
    return None


def _told_who(error: DatabaseError, seen: str) -> str:
    """Give an error's hint, with who was in the way where the error is about that."""
    if error.sqlstate in RETRIED and seen:
        return f"Blocked by {seen}. {error.hint}"
    return error.hint


# --- outside transactions -----------------------------------------------------------------------


def _outside_transactions(this: Run, statements: Iterable[Statement]) -> None:
    """Run statement by statement, between two ledger rows that are committed each on its own."""
    with this.placed():
        ledger.append(this.session, this.event("started"))
        for statement in statements:
            _alone(this, statement)
            for text, line in left_out(statement, this.rows):
                for each in script.split(text, line):
                    _send(this, each)
            _still_ours(this)
        _must_be_idle(this)
        this.session.connection.execute(this.session.prepare)
        ledger.append(this.session, this.event("succeeded"))


def _by_psql(this: Run, root: Path) -> None:
    """Let psql run the file, between two ledger rows that are committed each on its own."""
    with this.placed():
        ledger.append(this.session, this.event("started"))
        psql.run(this.session, root, this.step.script, this.hint)
        ledger.append(this.session, this.event("succeeded"))


def _alone(this: Run, statement: Statement) -> None:
    """Run one statement outside a transaction of ours."""
    session, resumed = this.session, this.step.resumed
    dropped = concurrent.index_dropped(statement)
    if index := concurrent.index_built(statement):
        send = partial(_patiently, this, statement)
        build = partial(indexes.build, session, index, send, resumed=resumed)
        _again_where_blocked(session, build)
    elif dropped and resumed and not indexes.is_there(session.connection, dropped):
        session.notify(f"the index {dropped} is gone already")
    elif concurrent.waits_for_others(statement):
        _patiently(this, statement)
    else:
        _send(this, statement)


def _patiently(this: Run, statement: Statement) -> None:
    """Run a statement that waits for older transactions as long as they last."""
    with indexes.without_lock_timeout(this.session.connection):
        _send(this, statement)


def _must_be_idle(this: Run) -> None:
    """Refuse a script that leaves a transaction open: what it did would be lost, or half of it."""
    from psycopg.pq import TransactionStatus

    if this.session.connection.info.transaction_status != TransactionStatus.IDLE:
        _roll_back(this.session)
        raise _error(this, "the script began a transaction and did not end it")


def _still_ours(this: Run) -> None:
    """Refuse to go on without the lock, which a script outside a transaction can drop.

    Inside a transaction of the script's own it is asked at the end of that one, if it went well.
    """
    from psycopg.pq import TransactionStatus

    open_or_broken = this.session.connection.info.transaction_status != TransactionStatus.IDLE
    if not open_or_broken and not lock.is_held(this.session):
        raise _error(this, LOCK_LOST)


# --- statements ---------------------------------------------------------------------------------


def _together(statements: Iterable[Statement]) -> Iterator[tuple[Statement, ...]]:
    """Group what is sent as one message: a round trip for each statement adds up."""
    group: list[Statement] = []
    size = 0
    for statement in statements:
        if group and (statement.data is not None or size > TOGETHER):
            yield tuple(group)
            group, size = [], 0
        group.append(statement)
        size += len(statement.text)
        is_last = statement.data is not None or statement.followed
        if is_last or READ_ANEW.search(statement.text):
            yield tuple(group)
            group, size = [], 0
    if group:
        yield tuple(group)


def _send_all(this: Run, statements: tuple[Statement, ...], opening: bytes) -> None:
    """Send statements as one message; the server stops at the first that fails.

    Args:
        this: the step.
        statements: one, or several without data.
        opening: what begins the transaction, to be sent before them; empty where it is begun.
    """
    connection = this.session.connection
    if opening and statements[0].data is not None:
        connection.execute(opening)
        opening = b""
    if len(statements) == 1 and not opening:
        _send(this, statements[0])
        return
    lengths = (len(each.text) + len(BETWEEN) for each in statements)
    parts = list(zip(accumulate(lengths, initial=0), statements, strict=False))
    _send_message(this, BETWEEN.join(each.text for each in statements), lambda: parts, opening)


def _parted(text: str, line: int) -> list[tuple[int, Statement]]:
    """Part a message into its statements, each after the number of characters before it."""
    return [(each.offset, each) for each in script.split(text, line)]


def _send_message(
    this: Run,
    text: str,
    parts: Callable[[], Sequence[tuple[int, Statement]]],
    opening: bytes = b"",
) -> None:
    """Send several statements as one message.

    Args:
        this: the step.
        text: of all statements.
        parts: gives the statements, and how many characters stand before each; asked where one
            of them failed.
        opening: as ``_send_all`` takes it.
    """
    from psycopg import errors as driver_errors
    from psycopg.pq import ExecStatus

    connection = this.session.connection
    opening += b";" if opening else b""
    with this.placed():
        unread.send(connection, opening + _bytes(text))
        try:
            _ = this.success
        finally:  # Ctrl-C leaves no answer behind that the next message would get
            results = connection.wait(unread.received(connection.pgconn))
    if results[-1].status == ExecStatus.FATAL_ERROR:
        error = driver_errors.error_from_result(results[-1])
        tags = [result.command_status for result in results]
        begun = tags.index(BEGIN) + 1 if BEGIN in tags else 0
        answered = len(tags) - 1 - begun if begun or not opening else -1
        with this.placed(*_failed(error, parts(), answered, len(opening.decode()))):
            raise error


def _failed(
    error: psycopg.Error, parts: Sequence[tuple[int, Statement]], answered: int, before: int
) -> tuple[Statement | None, int]:
    """Give the statement of a message that failed, and how many characters stand before it.

    A syntax error is met before any statement is run; the server says where. Others need not have
    a position, but then all statements before it were answered.

    Args:
        error: of the server.
        parts: the message's statements, and how many of its characters stand before each.
        answered: how many of them were; below 0 where what is before them failed.
        before: how many characters stand before the first.
    """
    position = error.diag.statement_position
    number = answered
    if position:
        at = int(position) - 1 - before
        number = bisect_right(parts, at, key=lambda part: part[0]) - 1
    if number < 0:
        return None, 0
    start, statement = parts[min(number, len(parts) - 1)]
    return statement, before + start


def _send(this: Run, statement: Statement) -> None:
    """Send one statement, with the lines of data that follow it."""
    with this.placed(statement):
        if statement.data is None:
            unread.run(this.session.connection, _bytes(statement.text))
            return
        cursor = this.session.connection.cursor()
        with cursor.copy(_bytes(statement.text)) as copy:
            for piece in this.rows(statement):
                copy.write(piece)


def _bytes(text: str) -> bytes:
    """Give a text as it stands in its file; the server judges what is not UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def _error(this: Run, message: str) -> DatabaseError:
    """Give an error of our own about the script."""
    script = this.step.script
    return DatabaseError(message, path=script.path, line=script.line, hint=this.hint)


def _took_effect(this: Run) -> bool:
    """Tell whether a step that was broken off at its end is applied all the same."""
    from psycopg.pq import TransactionStatus

    status = this.session.connection.info.transaction_status
    if not this.committing or status in {TransactionStatus.INERROR, TransactionStatus.INTRANS}:
        return False
    fate = commits.fate(this.session, this.committing[-1])
    if fate == "unknown":
        this.session.notify("whether the commit took effect is not known: ask 'migdocs status'")
    return fate == "committed"


def _cut_off(this: Run, error: BaseException) -> BaseException:
    """Say that the step is done, though the answer to its COMMIT was lost."""
    done = f"{this.step.direction} of {this.step.migration.id} took effect, as the ledger says"
    if isinstance(error, DatabaseError):
        return DatabaseError(
            f"the connection was lost after the commit: {done}", hint="Run the command again."
        )
    this.session.notify(done)
    return error


def _note(this: Run, error: BaseException) -> None:
    """Write a failure into the ledger, where there is still a server to write to.

    A connection that was lost is made anew where the server was asked about a COMMIT.
    """
    import psycopg

    _roll_back(this.session)
    row = this.session.prepare + ledger.addition(this.session, this.event("failed", error))
    if this.session.connection.closed and not this.committing:
        return
    with (
        contextlib.suppress(psycopg.Error, MigdocsError),
        commits.asking(this.session) as connection,
    ):
        connection.execute(row)
