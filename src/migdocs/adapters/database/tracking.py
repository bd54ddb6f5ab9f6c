"""Read the table in which another tool remembers what it ran."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migdocs.adapters.database import errors

if TYPE_CHECKING:
    from migdocs.adapters.database.session import Session


def rows(session: Session, table: str, query: str) -> tuple[tuple[Any, ...], ...] | None:
    """Give what a query finds in a tool's table; None where there is no such table.

    Args:
        session: in the database.
        table: as written, maybe with its schema.
        query: one of our own constants.

    Raises:
        DatabaseError: the table is there, and has other columns than its tool gives it.
    """
    with errors.translated(session.url):
        there = session.connection.execute("select to_regclass(%s) is not null", (table,))
        if there.fetchone() == (False,):
            return None
        return tuple(session.connection.execute(query.encode()).fetchall())
