"""See what another session locks, where it cannot be asked: statements outside a transaction."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

BETWEEN_LOOKS = 0.001  # seconds
PATIENCE = 1.0  # seconds that a statement may take to come to its first wait
TABLES = """
SELECT pg_catalog.string_agg(pg_catalog.format('ONLY %I.%I', n.nspname, c.relname), ', ')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema' AND pg_catalog.has_table_privilege(c.oid, 'UPDATE')
"""
LOCKS = "SELECT relation, mode, granted, locktype FROM pg_catalog.pg_locks WHERE pid = %s"


@contextlib.contextmanager
def watched(
    watcher: psycopg.Connection[Any],
    gate: psycopg.Connection[Any] | None,
    process: int,
    seen: list[tuple[int, str]],
) -> Iterator[None]:
    """Note the locks of one statement of a process, asked for or held.

    What works concurrently takes its lock and then waits for all who write to the table. So a
    second session writes there until the statement was seen to wait: it cannot slip by unseen.

    Args:
        watcher: a connection to the same database.
        gate: another one; None makes nobody wait.
        process: of the session that is watched.
        seen: takes relation and mode.
    """
    ended = threading.Event()
    if gate:
        gate.execute("BEGIN")
        (tables,) = gate.execute(TABLES).fetchall()[0]
        if tables:
            gate.execute(f"LOCK TABLE {tables} IN ROW EXCLUSIVE MODE".encode())
    thread = threading.Thread(target=_look, args=(watcher, gate, process, seen, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _look(
    watcher: psycopg.Connection[Any],
    gate: psycopg.Connection[Any] | None,
    process: int,
    seen: list[tuple[int, str]],
    ended: threading.Event,
) -> None:
    """Look until the statement ended; open the gate as soon as it waits, or will not.

    A server that dies meanwhile is told by the session that is watched.
    """
    import psycopg

    until = time.monotonic() + PATIENCE
    try:
        while not ended.wait(BETWEEN_LOOKS):
            locks = watcher.execute(LOCKS, [process]).fetchall()
            seen += {(oid, mode) for oid, mode, _, kind in locks if kind == "relation"}
            waits = any(not granted for _, _, granted, _ in locks)
            if gate and (waits or time.monotonic() > until):
                gate.execute("ROLLBACK")
                gate = None
    except psycopg.Error:
        return
    finally:
        if gate:
            with contextlib.suppress(psycopg.Error):
                gate.execute("ROLLBACK")
