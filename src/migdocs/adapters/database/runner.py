"""Run one step: its statements and its ledger row stand or fall together, or the ledger says so.

A plain script and its ledger row are one transaction, the only form that survives a crash at any
point. What cannot be one has a *started* row committed first and a *succeeded* or *failed* one
after, so that a crash in between is seen (apply.md).
"""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from migdocs.adapters.database import blocked, commits, indexes, ledger, lock, psql, sending
from migdocs.adapters.database.session import FORGET
from migdocs.core.errors import DatabaseError, MigdocsError
from migdocs.core.sql import concurrent, script

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migdocs.adapters.database.run import Run
    from migdocs.core.event import Event
    from migdocs.core.sql.script import Statement

LOCK_LOST = (
    "the script gave migdocs' lock away (pg_advisory_unlock_all, DISCARD ALL): another migdocs may"
    " have begun"
)


def run(this: Run) -> Event:
    """Run a step, write it into the ledger, and give the event; the lock must be held.

    Raises:
        DatabaseError: a statement failed, at its place in the script; the ledger has it too.
    """
    session, execution = this.session, this.execution
    try:
        if execution.mode == "autocommit":
            session.connection.execute(FORGET + session.prepare)
            _outside_transactions(this, execution.statements)
        elif execution.mode == "psql":
            _by_psql(this)
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
        blocked.again_where_blocked(this.session, work)


def _in_transaction(this: Run, batch: tuple[Statement, ...], *, first: bool, last: bool) -> None:
    """Run statements and write ledger rows, all or none of it."""
    from psycopg.pq import TransactionStatus

    connection = this.session.connection
    # The settings are as they should be: who ends a step sees to that.
    opening = FORGET + sending.BEGIN if first else sending.BEGIN
    with this.placed(), _rolled_back_on_failure(this):
        if first and not last:
            started = ledger.addition(this.session, this.event("started"))
            connection.execute(opening + b";" + started)
            opening = b""
        for group in sending.together(batch):
            sending.send_all(this, group, opening)
            opening = b""
            for text, line in sending.left_out(group[-1], this.rows):
                sending.send_message(this, text, partial(sending.parted, text, line))
        if opening:  # there was nothing to send
            connection.execute(opening)
        if connection.info.transaction_status != TransactionStatus.INTRANS:
            raise this.error("the script ended the transaction that it runs in")
        number = commits.number_under_lock(this.session)
        if number is None:
            raise this.error(LOCK_LOST)
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
        this.session.roll_back()
        raise


# --- outside transactions -----------------------------------------------------------------------


def _outside_transactions(this: Run, statements: Iterable[Statement]) -> None:
    """Run statement by statement, between two ledger rows that are committed each on its own."""
    with this.placed():
        ledger.append(this.session, this.event("started"))
        for statement in statements:
            _alone(this, statement)
            for text, line in sending.left_out(statement, this.rows):
                for each in script.split(text, line):
                    sending.send(this, each)
            _still_ours(this)
        _must_be_idle(this)
        this.session.connection.execute(this.session.prepare)
        ledger.append(this.session, this.event("succeeded"))


def _by_psql(this: Run) -> None:
    """Let psql run the file, between two ledger rows that are committed each on its own."""
    with this.placed():
        ledger.append(this.session, this.event("started"))
        psql.run(this.session, this.root, this.step.script, this.hint)
        ledger.append(this.session, this.event("succeeded"))


def _alone(this: Run, statement: Statement) -> None:
    """Run one statement outside a transaction of ours."""
    session, resumed = this.session, this.step.resumed
    dropped = concurrent.index_dropped(statement)
    if index := concurrent.index_built(statement):
        send = partial(_patiently, this, statement)
        build = partial(indexes.build, session, index, send, resumed=resumed)
        blocked.again_where_blocked(session, build)
    elif dropped and resumed and not indexes.is_there(session.connection, dropped):
        session.notify(f"the index {dropped} is gone already")
    elif concurrent.waits_for_others(statement):
        _patiently(this, statement)
    else:
        sending.send(this, statement)


def _patiently(this: Run, statement: Statement) -> None:
    """Run a statement that waits for older transactions as long as they last."""
    with indexes.without_lock_timeout(this.session.connection):
        sending.send(this, statement)


def _must_be_idle(this: Run) -> None:
    """Refuse a script that leaves a transaction open: what it did would be lost, or half of it."""
    if not this.session.is_idle:
        this.session.roll_back()
        raise this.error("the script began a transaction and did not end it")


def _still_ours(this: Run) -> None:
    """Refuse to go on without the lock, which a script outside a transaction can drop.

    Inside a transaction of the script's own it is asked at the end of that one, if it went well.
    """
    if this.session.is_idle and not lock.is_held(this.session):
        raise this.error(LOCK_LOST)


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

    this.session.roll_back()
    row = this.session.prepare + ledger.addition(this.session, this.event("failed", error))
    if this.session.connection.closed and not this.committing:
        return
    with (
        contextlib.suppress(psycopg.Error, MigdocsError),
        commits.asking(this.session) as connection,
    ):
        connection.execute(row)
