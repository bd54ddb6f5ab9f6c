"""Run a statement whose rows nobody reads: they are thrown away as they come.

The driver would hold them all: a result of 3 GB became 5 GB of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg
    from psycopg.abc import PQGen
    from psycopg.pq.abc import PGconn, PGresult


def run(connection: psycopg.Connection[Any], text: bytes) -> None:
    """Run statements, and keep nothing of what they give.

    Raises:
        psycopg.Error: the server refuses, or it is gone.
    """
    from psycopg.errors import error_from_result

    with connection.lock:
        send(connection, text)
        answers = connection.wait(received(connection.pgconn))
    if failed := next((answer for answer in answers if answer.status in _failures()), None):
        raise error_from_result(failed, encoding="utf-8")


def send(connection: psycopg.Connection[Any], text: bytes) -> None:
    """Send statements, whose answers are to be received."""
    connection.pgconn.send_query(text)
    connection.pgconn.set_single_row_mode()


def received(pgconn: PGconn) -> PQGen[list[PGresult]]:
    """Give the answer to each statement that was sent, without its rows."""
    from psycopg import OperationalError, generators
    from psycopg.pq import ConnStatus, ExecStatus

    answers: list[PGresult] = []
    yield from generators.send(pgconn)
    while True:
        try:
            result = yield from generators.fetch(pgconn)
        except OperationalError:
            if answers and answers[-1].status == ExecStatus.FATAL_ERROR:
                return answers  # its last words say more than that it is gone
            raise
        if result is None:
            return answers
        if result.status == ExecStatus.COPY_OUT:
            while isinstance((yield from generators.copy_from(pgconn)), memoryview):
                pass
        elif result.status == ExecStatus.COPY_IN:
            pgconn.put_copy_end(b"no rows follow this statement")
        elif result.status != ExecStatus.SINGLE_TUPLE:
            answers.append(result)
            if pgconn.status == ConnStatus.BAD:
                return answers


def _failures() -> set[int]:
    """Name the states of an answer that is an error."""
    from psycopg.pq import ExecStatus

    return {ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE}
