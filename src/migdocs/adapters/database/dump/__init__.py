"""Back a database up, complete or not at all, and bring it back, whole or not at all."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from migdocs.adapters.database import ledger, watch
from migdocs.adapters.database.dump import folder as folders
from migdocs.adapters.database.dump import script as scripts
from migdocs.adapters.database.dump import tools as programs
from migdocs.adapters.database.dump.tools import Tools, find_tools
from migdocs.core import backups as labels
from migdocs.core.backups import STAMP, Backup, Label
from migdocs.core.ledger import brought_back, standings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import psycopg

    from migdocs.adapters.database.session import Session
    from migdocs.core.backups import Kind
    from migdocs.core.event import Event

__all__ = ["Tools", "backup", "check", "find_tools", "here", "prune", "restore", "warnings"]
check = scripts.entries  # lists a dump, which only a whole one lets

IDENTITY = """
select (select system_identifier::text from pg_catalog.pg_control_system()),
       d.datname::text, d.oid::int8
from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()
"""
WITHOUT_SYSTEM = IDENTITY.replace(
    "(select system_identifier::text from pg_catalog.pg_control_system())", "''"
)
# Extensions that the session's role may not drop, each with its schema.
KEPT = """
select e.extname::text, n.nspname::text
from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
where not pg_catalog.pg_has_role(current_user, e.extowner, 'usage') and e.extname <> 'plpgsql'
order by 1
"""
EVENT_TRIGGERS = "select evtname::text from pg_catalog.pg_event_trigger order by 1"
SUPERUSER = "select rolsuper from pg_catalog.pg_roles where rolname = current_user"
BLOCKERS = """
select pg_catalog.array_agg(distinct blocker) from pg_catalog.pg_stat_activity a,
    pg_catalog.unnest(pg_catalog.pg_blocking_pids(a.pid)) as blocker
where a.application_name = %s and a.datname = pg_catalog.current_database()
"""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Attributes:
        events: written into the ledger, so that it says what the database has now.
        beyond: what the database has and the dump has not, as pg_restore names it.
    """

    events: tuple[Event, ...]
    beyond: tuple[str, ...]


def here(session: Session, environment: str, kind: Kind = "backup", client: int = 0) -> Label:
    """Give what a dump of the database would say now, but for its size."""
    events = ledger.read(session.connection, session.options.ledger, ledger.STANDING)
    system, name, oid = _identity(session.connection)
    applied = tuple(id_ for id_, where in standings(events).items() if where.applied)
    return Label(
        system=system,
        database=name,
        oid=oid,
        environment=environment,
        at=datetime.now(UTC).strftime(STAMP),
        kind=kind,
        applied=applied,
        events=len(events),
        server=session.server,
        client=str(client or ""),
        tool=session.origin.tool,
    )


def _identity(connection: psycopg.Connection[tuple[str, str, int]]) -> tuple[str, str, int]:
    """Give the server's identifier, the database's name and its number."""
    import psycopg

    for query in (IDENTITY, WITHOUT_SYSTEM):
        try:
            with connection.transaction():
                return connection.execute(query).fetchall()[0]
        except psycopg.errors.InsufficientPrivilege:
            continue
    return "", "", 0


def backup(
    tools: Tools, session: Session, folder: Path, environment: str, kind: Kind = "backup"
) -> Backup:
    """Dump a session's database into a folder; a file with the final name is complete.

    The label says what the ledger had at the very moment that the dump shows.

    Raises:
        MachineError: the folder cannot be written to, or is full; nothing is left there.
        DatabaseError: the server does not let all be read.
    """
    import psycopg

    connection = session.connection
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    try:
        with connection.transaction():
            label = here(session, environment, kind, tools.major)
            row = connection.execute("select pg_catalog.pg_export_snapshot()").fetchone()
            with folders.growing(folder, label.database) as partial:
                snapshot = f"--snapshot={row[0]}" if row else ""
                asked = ["--format=custom", snapshot, f"--file={partial}"]
                programs.run(tools, session, "pg_dump", *filter(None, asked))
                scripts.entries(tools, partial)
                return folders.finish(partial, label)
    finally:
        connection.isolation_level = None


def restore(tools: Tools, session: Session, dump: Backup, folder: Path) -> Restored:
    """Make a database what it was when a dump was made, ledger and all, in one transaction.

    What was made since then goes; what fails leaves the database as it is. The dump is read to its
    end before that: a pipe that breaks off would commit its first half. The session holds the lock.

    Raises:
        MachineError: the file is no complete dump.
        DatabaseError: the server refused.
    """
    from pathlib import Path

    path, name = Path(dump.path), session.options.ledger
    listed = scripts.entries(tools, path)
    known = ledger.read(session.connection, name)
    found = scripts.kept_events(tools, path, name)
    events = _told(dump, known, found)
    with folders.scratch(folder) as place:
        empty, script, last = (place / f"{part}.sql" for part in ("empty", "restore", "ledger"))
        empty.write_text(scripts.EMPTY, encoding="utf-8")
        kept = session.connection.execute(KEPT).fetchall()
        scripts.write(tools, path, script, [(name, schema) for name, schema in kept])
        scripts.mask_unknown_settings(script, _settings(session))
        lost = [event for event in known if event not in set(found)]
        last.write_bytes(scripts.ledger_script(session, lost, events))
        _run_in_one(tools, session, (empty, script, last))
        return Restored(events, _beyond(tools, session, listed, place / "after.dump"))


def _run_in_one(tools: Tools, session: Session, files: Sequence[Path]) -> None:
    """Run scripts with psql in one transaction; tell whom it waits for."""
    name = f"migdocs restore {secrets.token_hex(4)}"
    quiet = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    asked = [*quiet, "--single-transaction", *(f"--file={file}" for file in files)]
    look = _Waiting(session, name).look
    programs.run(tools, session, "psql", *asked, meanwhile=look, extra={"PGAPPNAME": name})


@dataclass(slots=True)
class _Waiting:
    """Tell, once for each, which sessions a program of ours waits for.

    Attributes:
        name: that the program gives itself.
        told: who was told last.
    """

    session: Session
    name: str
    told: str = ""

    def look(self) -> None:
        """Look once."""
        connection = self.session.connection
        row = connection.execute(BLOCKERS, (self.name,)).fetchone()
        who = watch.describe(connection, list(row[0])) if row and row[0] else ""
        if who and who != self.told:
            self.session.notify(f"waiting for {who}")
        self.told = who or self.told


def _told(dump: Backup, known: Sequence[Event], found: Sequence[Event]) -> tuple[Event, ...]:
    """Give the events of a restore: that it was, and what it means for each migration."""
    from migdocs.core.event import Event

    of = f" ({dump.label.holds})" if dump.label else ""
    kept = set(found)
    lost = [event for event in known if event not in kept]
    restored = Event(
        "",
        "restore",
        "succeeded",
        at="",
        duration_ms=0,
        reason=f"restored from {dump.path.name}{of}",
    )
    return (restored, *brought_back(found, lost, reason=f"restored from {dump.path.name}"))


def _settings(session: Session) -> frozenset[str]:
    """Name the settings that a server knows."""
    rows = session.connection.execute("select name from pg_catalog.pg_settings").fetchall()
    return frozenset(name.lower() for (name,) in rows)


def _beyond(tools: Tools, session: Session, listed: Sequence[str], after: Path) -> tuple[str, ...]:
    """Name what a database has after a restore that the dump has not."""
    programs.run(tools, session, "pg_dump", "--format=custom", "--schema-only", f"--file={after}")
    own = session.options.ledger.rpartition(".")[2]
    present = scripts.objects(scripts.entries(tools, after), own)
    return tuple(sorted(present - scripts.objects(listed, own)))


def warnings(tools: Tools, session: Session) -> tuple[str, ...]:
    """Say what will stand in the way of a restore here: now, and not when it is needed."""
    connection, said = session.connection, []
    kept = [name for name, _ in connection.execute(KEPT).fetchall()]
    if kept:
        said.append(f"extensions of another role stay as they are in a restore: {', '.join(kept)}")
    triggers = [name for (name,) in connection.execute(EVENT_TRIGGERS).fetchall()]
    if triggers and connection.execute(SUPERUSER).fetchone() != (True,):
        said.append(
            "only a superuser can restore this database: it has event triggers,"
            f" {', '.join(triggers)}"
        )
    if tools.major != session.major:
        said.append(
            f"the client programs are of PostgreSQL {tools.major}, the server is"
            f" {session.major}: install those of {session.major}, for a restore is surest with them"
        )
    return tuple(said)


def prune(folder: Path, present: Label, keep_days: int) -> tuple[Path, ...]:
    """Remove this database's dumps that are older than some days, never the newest; give them."""
    limit = (datetime.now(UTC) - timedelta(days=keep_days)).strftime(STAMP)
    old = labels.outdated(folders.backups(folder), present, limit)
    for item in old:
        folders.remove(item)
    return tuple(folder / item.path.name for item in old)
