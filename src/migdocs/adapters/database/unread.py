"""Run a statement whose rows nobody reads: they are thrown away as they come.

The driver would hold them all: a result of 3 GB became 5 GB of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg


def run(connection: psycopg.Connection[Any], text: bytes) -> None:
    """Run statements, and keep nothing of what they give.

    Raises:
        psycopg.Error: the server refuses, or it is gone.
    """
    from psycopg import generators
    from psycopg.errors import error_from_result
    from psycopg.pq import ExecStatus

    pgconn, failed = connection.pgconn, None
    with connection.lock:
        pgconn.send_query(text)
        connection.wait(generators.send(pgconn))
        pgconn.set_single_row_mode()
        while (result := connection.wait(generators.fetch(pgconn))) is not None:
            if result.status == ExecStatus.COPY_OUT:
                while isinstance(connection.wait(generators.copy_from(pgconn)), memoryview):
                    pass
            elif result.status == ExecStatus.COPY_IN:
                pgconn.put_copy_end(b"no rows follow this statement")
            elif result.status in {ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE}:
                failed = failed or result
    if failed:
        raise error_from_result(failed, encoding="utf-8")
