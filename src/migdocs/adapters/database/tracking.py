"""Read the table in which another tool remembers what it ran."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from migdocs.adapters.database import errors

if TYPE_CHECKING:
    from migdocs.adapters.database.session import Session
    from migdocs.core.ledger.trackers import Relation, Tracked


def rows(
    session: Session, table: str, query: str, at: Relation | None = None
) -> tuple[tuple[Any, ...], ...] | None:
    """Give what a query finds in a tool's table; None where there is no such table.

    Args:
        session: in the database.
        table: as written, maybe with its schema.
        query: one of our own constants.
        at: the table that is meant; None for the one that the search path finds.

    Raises:
        DatabaseError: the table is there, and has other columns than its tool gives it.
    """
    with errors.translated(session.url):
        if at:
            quoted = _quoted(session, at)
            query = re.sub(rf"\b{re.escape(table)}\b", lambda _: quoted, query)
        else:
            there = session.connection.execute("select to_regclass(%s) is not null", (table,))
            if there.fetchone() == (False,):
                return None
        return tuple(session.connection.execute(query.encode()).fetchall())


def unfinished(session: Session, tracked: Tracked) -> tuple[str, ...]:
    """Name the migrations that a tool's table says failed or were cut off, a few of them."""
    relation, left = tracked.relation, tracked.tracker.unfinished
    if not left or not relation.naming:
        return ()
    query = (
        f"SELECT coalesce({relation.naming}::text, 'a script') FROM {_quoted(session, relation)}"  # noqa: S608 - constants of ours and a quoted name
        f" WHERE {left.condition} ORDER BY 1 LIMIT 3"
    )
    with errors.translated(session.url):
        return tuple(name for (name,) in session.connection.execute(query.encode()).fetchall())


def _quoted(session: Session, relation: Relation) -> str:
    """Write a table's name as SQL."""
    from psycopg import sql

    return sql.Identifier(relation.schema, relation.name).as_string(session.connection)
