"""Send a script's statements: several as one message, and the rows that stand below them."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from migdocs.adapters.database import unread
from migdocs.core.sql import script
from migdocs.core.sql.rows import first_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import psycopg

    from migdocs.adapters.database.run import Run, Send
    from migdocs.core.sql.script import Statement

TOGETHER = 1 << 18  # characters of statements sent as one message
# The server reads a message whole: what says how text is to be read ends one.
READ_ANEW = re.compile(
    r"standard_conforming_strings|backslash_quote|client_encoding|\bset\s[^;]{0,60}\bnames\b",
    re.IGNORECASE,
)
BETWEEN = ";\n"
BEGIN = b"BEGIN"
COPY_PIECE = 1 << 20  # characters of data sent at a time


def held_rows(statement: Statement) -> Iterator[bytes]:
    """Give the rows that stand below a COPY statement in pieces."""
    data = statement.data or ""
    for start in range(0, len(data), COPY_PIECE):
        yield as_written(data[start : start + COPY_PIECE])


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


def together(statements: Iterable[Statement]) -> Iterator[tuple[Statement, ...]]:
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


def send_all(this: Run, statements: tuple[Statement, ...], opening: bytes) -> None:
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
        send(this, statements[0])
        return
    lengths = (len(each.text) + len(BETWEEN) for each in statements)
    parts = list(zip(accumulate(lengths, initial=0), statements, strict=False))
    send_message(this, BETWEEN.join(each.text for each in statements), lambda: parts, opening)


def parted(text: str, line: int) -> list[tuple[int, Statement]]:
    """Part a message into its statements, each after the number of characters before it."""
    return [(each.offset, each) for each in script.split(text, line)]


def send_message(
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
        opening: as ``send_all`` takes it.
    """
    from psycopg import errors as driver_errors
    from psycopg.pq import ExecStatus

    connection = this.session.connection
    opening += b";" if opening else b""
    with this.placed():
        unread.send(connection, opening + as_written(text))
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


def send(this: Run, statement: Statement) -> None:
    """Send one statement, with the lines of data that follow it."""
    with this.placed(statement):
        if statement.data is None:
            unread.run(this.session.connection, as_written(statement.text))
            return
        cursor = this.session.connection.cursor()
        with cursor.copy(as_written(statement.text)) as copy:
            for piece in this.rows(statement):
                copy.write(piece)


def as_written(text: str) -> bytes:
    """Give a text as it stands in its file; the server judges what is not UTF-8."""
    return text.encode("utf-8", "surrogateescape")
