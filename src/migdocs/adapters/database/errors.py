"""Say what a server refused in words with a place and a hint, and never with a password."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from migdocs.core.errors import DatabaseError, MachineError, MigdocsError
from migdocs.core.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from migdocs.core.model import Script
    from migdocs.core.sql.script import Statement

TLS_HINT = "Add ?sslmode=verify-full to the URL (and sslrootcert, where the server's is private)."
# What libpq says when no session comes about, and what to do; the first that fits.
CONNECTION_HINTS = (
    (r"no encryption|SSL off|requires SSL|SSL connection is required", TLS_HINT),
    (r"server does not support SSL", "The server has no TLS; ask for it there, or sslmode=prefer."),
    (r"certificate|SSL error", "The server's certificate cannot be trusted: check sslrootcert."),
    (r"no pg_hba\.conf entry", "The server's pg_hba.conf does not let this user in from here."),
    (r"password authentication failed|no password supplied", "Check the user and the password."),
    (r'role "[^"]*" does not exist', "Check the user in the URL."),
    (r'database "[^"]*" does not exist', "Create it, or check the name in the URL."),
    (r"translate host name|resolve host", "Check the host in the URL."),
    (r"too many (?:clients|connections)|connection slots", "Close other sessions, then try again."),
    (r"the database system is", "Wait until the server is up, then try again."),
    (r"refused|No such file|timeout expired|unreachable", "Is the server up, and the port right?"),
)
LONGEST = 1000  # characters of what a server says: it repeats a word of the script whole
CLOSED = "server closed the connection unexpectedly"
STATE_HINTS = {
    "25006": "The session is read-only: give a role or a server that takes changes.",
    "2D000": "A COMMIT or ROLLBACK is not allowed here: in a function, or in a block with"
    " EXCEPTION. Take it out, or mark the script '-- migdocs: no-transaction'.",
    "42501": "The role lacks the right: grant it, or work as the owner.",
    "53100": "The server's disk is full.",
    "55P03": "Another session holds the lock: end it or wait, then try again.",
    "55P04": "A new enum value is used in the transaction that adds it: use it in the next script.",
    "57014": "It took longer than the statement's time limit allows.",
}
IN_BLOCK = re.compile(r"inline_code_block line (?P<line>\d+)")
BODY = re.compile(r"\$(?:\w*)\$|'")


def connection_error(error: psycopg.Error, url: str) -> MigdocsError:
    """Say why no session came about: the server refused (exit code 4), or none answers (3)."""
    text = redact(str(error), url).strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    message = lines[0] if lines else type(error).__name__
    # libpq tries with TLS, then without: what the first attempt met is the reason.
    hint = _connection_hint(message) or _connection_hint(text)
    if "FATAL:" in text:
        return DatabaseError(f"the server refused: {message}", hint=hint)
    return MachineError(f"no connection: {message}", hint=hint)


def _connection_hint(text: str) -> str:
    """Say what to do about a connection that does not come about; empty where we do not know."""
    return next((hint for pattern, hint in CONNECTION_HINTS if re.search(pattern, text)), "")


@contextlib.contextmanager
def translated(url: str) -> Iterator[None]:
    """Turn the driver's errors into ours; for statements that stand in no script."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise database_error(error, url) from None


def database_error(error: psycopg.Error, url: str) -> DatabaseError:
    """Say what a server refused."""
    state = error.sqlstate or ""
    message = redact(message_of(error), url)
    return DatabaseError(
        f"{message} ({state})" if state else message,
        hint=STATE_HINTS.get(state, ""),
        sqlstate=state,
    )


@contextlib.contextmanager
def at_script(
    script: Script, statement: Statement | None, url: str, hint: str, before: int = 0
) -> Iterator[None]:
    """Turn the driver's errors into ours, at a statement's place or at the script as a whole.

    Args:
        script: that the statement stands in.
        statement: that is being run; None between the statements.
        url: of the database, whose password is kept out.
        hint: what the failure leaves behind.
        before: as ``place`` takes it.
    """
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        said = database_error(error, url)
        line, column = place(error, statement, before) if statement else (script.line, 0)
        raise DatabaseError(
            said.message,
            path=script.path,
            line=line,
            column=column,
            hint=" ".join(part for part in (said.hint, hint) if part),
            sqlstate=said.sqlstate,
        ) from None


def message_of(error: psycopg.Error) -> str:
    """Give the server's words, or the driver's, on one line; never data of the rows' (DETAIL)."""
    said = " ".join((error.diag.message_primary or str(error)).split())
    if CLOSED in said:
        return CLOSED
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


def place(error: psycopg.Error, statement: Statement, before: int = 0) -> tuple[int, int]:
    """Give line and column of an error in the script; column 0 where only the line is known.

    Args:
        error: of the server.
        statement: that failed.
        before: how many characters of the message stood before the statement.
    """
    if error.diag.statement_position:
        return statement.place(int(error.diag.statement_position) - 1 - before)
    # A DO block counts its lines from where its body's quotes open.
    inside = IN_BLOCK.search(error.diag.context or "")
    body = BODY.search(statement.text)
    if inside and body:
        line, _ = statement.place(body.end())
        return line + int(inside["line"]) - 1, 0
    return statement.line, 0
