"""Run the checks that a migration's notes hold: queries that must at least not fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.adapters.database import errors
from migdocs.core.model import Script
from migdocs.core.sql import script

if TYPE_CHECKING:
    from migdocs.adapters.database.session import Session
    from migdocs.core.model import Check


def run(session: Session, path: str, check: Check) -> None:
    r"""Run a fenced block of the notes in a transaction that changes nothing; tell what it found.

    Commands of psql (``\d users``) are for people, and passed over.

    Raises:
        DatabaseError: a query failed, at its place in the notes.
    """
    from psycopg import Rollback

    block = Script(path, check.sql, check.line)
    connection = session.connection
    with connection.transaction() as transaction:
        connection.execute("SET TRANSACTION READ ONLY")
        for statement in script.split(block.text, block.line):
            if statement.kind != "sql" or statement.variables:
                continue
            with errors.at_script(
                block, statement, session.url, "The migration itself is applied."
            ):
                found = connection.execute(statement.text.encode())
            session.notify(f"check {path}:{statement.line}: {found.rowcount} rows")
        raise Rollback(transaction)
