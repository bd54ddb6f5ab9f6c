"""Take rows out of a database as its types write them: COPY calls no cast and no operator.

A cast to text or JSON is looked up, and a script may have made it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg
    from psycopg.pq.abc import PGconn

Value = str | None
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def query(columns: Sequence[str], table: str, limit: int | None = None) -> str:
    """Write the statement that takes rows of one table, and of none that inherits from it.

    Args:
        columns: quoted where they must be.
        table: with its schema, quoted likewise.
        limit: how many rows at most; all where it is None.
    """
    many = f" LIMIT {limit}" if limit is not None else ""
    return f"COPY (SELECT {', '.join(columns)} FROM ONLY {table}{many}) TO STDOUT"  # noqa: S608 - names of the catalog


def copied(
    connection: psycopg.Connection[Any], queries: Sequence[str]
) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of several COPY statements, each with the number of its statement.

    All are sent at once; what is not taken is thrown away.

    Raises:
        psycopg.Error: the server refuses one, and with it all.
    """
    from psycopg import generators
    from psycopg.errors import error_from_result
    from psycopg.pq import ExecStatus

    pgconn, number, failed = connection.pgconn, -1, None
    if not queries:
        return
    pgconn.send_query(";".join(queries).encode())
    connection.wait(generators.send(pgconn))
    try:
        while (result := connection.wait(generators.fetch(pgconn))) is not None:
            if result.status == ExecStatus.COPY_OUT:
                number += 1
                for line in _lines(connection):
                    yield number, line
            elif result.status == ExecStatus.FATAL_ERROR:
                failed = result
    finally:
        while connection.wait(generators.fetch(pgconn)) is not None:
            for _ in _lines(connection):
                pass
    if failed:
        raise error_from_result(failed, encoding="utf-8")


def values(line: bytes) -> list[Value]:
    """Give the values of a line, in the order of its columns; None where one is null."""
    text = line.decode("utf-8", "surrogateescape").removesuffix("\n")
    return [_value(field) for field in text.split("\t")]


def _value(field: str) -> Value:
    """Give one value as it was before it was escaped."""
    if field == "\\N":
        return None
    return _ESCAPED.sub(_meant, field) if "\\" in field else field


def _meant(found: re.Match[str]) -> str:
    """Give the character that an escape stands for."""
    return _MEANT.get(found[1], found[1])


def _lines(connection: psycopg.Connection[Any]) -> Iterator[bytes]:
    """Yield the lines that the server sends for one statement."""
    pgconn = connection.pgconn
    while True:
        size, line = pgconn.get_copy_data(1)
        if size > 0:
            yield bytes(line)
        elif size < 0:  # -1: the end; -2: an error, which the next result tells
            return
        else:
            connection.wait(_ready(pgconn))


def _ready(pgconn: PGconn) -> Any:  # noqa: ANN401 - a generator of the driver's own kind
    """Wait until there is something to read."""
    from psycopg.waiting import WAIT_R

    while not (yield WAIT_R):
        continue
    pgconn.consume_input()
