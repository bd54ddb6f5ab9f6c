"""Build an index without blocking writers, and leave a valid one or none.

Source: PostgreSQL manual, CREATE INDEX, "Building Indexes Concurrently".
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from migdocs.core.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg

    from migdocs.adapters.database.session import Session
    from migdocs.core.sql.concurrent import IndexBuild

STATE = """
select i.indisvalid, format('%%I.%%I', n.nspname, c.relname)
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace
where i.indrelid = to_regclass(%s) and c.relname = %s
"""


def build(session: Session, index: IndexBuild, send: Callable[[], None], *, resumed: bool) -> None:
    """Build an index by sending its statement; clean up what an earlier or this attempt left.

    Args:
        session: with no transaction open.
        index: what the statement builds.
        send: sends the statement.
        resumed: an earlier attempt may have finished the index: then it is not built again.

    Raises:
        DatabaseError: the statement succeeded, but there is no valid index.
    """
    drop_invalid(session, index)
    if resumed and is_valid(session.connection, index):
        session.notify(f"the index '{index.name}' is there and valid already")
        return
    try:
        send()
    except BaseException:
        drop_invalid(session, index)
        raise
    if not is_valid(session.connection, index):
        raise DatabaseError(
            f"there is no valid index '{index.name}' on {index.table}",
            hint="An index of that name may be on another table.",
        )


def is_valid(connection: psycopg.Connection[Any], index: IndexBuild) -> bool:
    """Tell whether an index is there and valid."""
    row = connection.execute(STATE, (index.table, index.name)).fetchone()
    return bool(row and row[0])


def is_there(connection: psycopg.Connection[Any], name: str) -> bool:
    """Tell whether there is an index of a name as it is written in SQL."""
    row = connection.execute("select to_regclass(%s) is not null", (name,)).fetchone()
    return bool(row and row[0])


def drop_invalid(session: Session, index: IndexBuild) -> None:
    """Drop the index where a failed build left it invalid."""
    from psycopg import sql

    if session.connection.closed:
        return
    row = session.connection.execute(STATE, (index.table, index.name)).fetchone()
    if row and not row[0]:
        session.notify(f"dropping the invalid index '{index.name}' that a failed build left")
        drop = sql.SQL("DROP INDEX CONCURRENTLY {}").format(sql.SQL(row[1]))
        with without_lock_timeout(session.connection):
            session.connection.execute(drop)


@contextlib.contextmanager
def without_lock_timeout(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Let a statement wait for older transactions: a time limit would break it half-way."""
    row = connection.execute("select current_setting('lock_timeout')").fetchone()
    before = row[0] if row else "0"
    connection.execute("set lock_timeout = 0")
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("select set_config('lock_timeout', %s, false)", (before,))
