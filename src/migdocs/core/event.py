"""One row of a ledger: what a database went through, as it was written down."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Event(Struct, frozen=True):
    """One row of the ledger, or one line of ``migrations/history.jsonl``.

    Attributes:
        migration: by its id; empty for a restore, which is of the whole database.
        at: when it began, ISO 8601 in UTC.
        duration_ms: None while it is only started.
        by: the user of the machine at ``host``; ``role`` is the database's.
        script_hash: of the text that ran. A repair that takes a script as applied has its hash, one
            that takes it as not applied has none.
        rollback_hash: of the script that undoes it, as it was then.
        error: what the server said, with ``sqlstate`` and the ``line`` of the script.
        tool: name and version of what wrote it; ``server`` is PostgreSQL's version.
        commit: of the project's files, full id.
    """

    migration: str
    action: Literal["apply", "rollback", "baseline", "repair", "restore"]
    outcome: Literal["started", "succeeded", "failed"]
    at: str
    duration_ms: int | None = None
    by: str = ""
    script_hash: str = ""
    error: str = ""
    reason: str = ""
    environment: str = ""
    host: str = ""
    role: str = ""
    rollback_hash: str = ""
    sqlstate: str = ""
    line: int = 0
    tool: str = ""
    server: str = ""
    commit: str = ""
