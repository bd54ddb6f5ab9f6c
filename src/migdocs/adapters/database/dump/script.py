"""Write what a restore runs: drop what is there, bring back what the dump has, tell the ledger."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from migdocs.adapters.database import ledger
from migdocs.adapters.database.dump.tools import asked
from migdocs.core.errors import MachineError
from migdocs.core.event import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from migdocs.adapters.database.dump.tools import Tools
    from migdocs.adapters.database.session import Session

# Drops what a dump does not know: a table that a migration made after it would stand in the way.
# What belongs to an extension stays with it; an extension of another role's stays, and its schema.
EMPTY = """
set client_min_messages = warning;
do $empty$
declare statement text; statements text[] := (
  with kept as (
    select oid, extnamespace as schema from pg_extension
    where not pg_has_role(current_user, extowner, 'usage')
  ), emptied as (
    select oid from pg_namespace
    where nspname = 'public' or oid in (select schema from kept)
      and nspname !~ '^pg_' and nspname <> 'information_schema'
  )
  select array_agg(format('drop %s if exists %s cascade', kind, name) order by rank) from (
    select 0 as rank, 'event trigger' as kind, quote_ident(evtname) as name, oid
    from pg_event_trigger
    union all
    select 1, 'publication', quote_ident(pubname), oid from pg_publication
    union all
    select 1, 'schema', quote_ident(nspname), oid from pg_namespace
    where nspname !~ '^pg_' and nspname <> 'information_schema'
      and oid not in (select oid from emptied)
    union all
    select 2, case relkind when 'v' then 'view' when 'm' then 'materialized view'
                           when 'S' then 'sequence' when 'f' then 'foreign table'
                           else 'table' end, oid::regclass::text, oid
    from pg_class
    where relnamespace in (select oid from emptied) and relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    union all
    select 3, 'routine', oid::regprocedure::text, oid
    from pg_proc where pronamespace in (select oid from emptied)
    union all
    select 4, case typtype when 'd' then 'domain' else 'type' end, t.oid::regtype::text, t.oid
    from pg_type t left join pg_class c on c.oid = t.typrelid
    where typnamespace in (select oid from emptied)
      and (typtype in ('d', 'e', 'r') or c.relkind = 'c')
    union all
    select 5, 'collation', format('%s.%I', collnamespace::regnamespace, collname), oid
    from pg_collation where collnamespace in (select oid from emptied)
  ) as objects
  where not exists (
    select from pg_depend d
    where d.objid = objects.oid and d.refobjid <> d.objid and d.deptype in ('e', 'i')
  )
);
begin
  foreach statement in array coalesce(statements, '{}') loop
    execute statement;
  end loop;
  perform lo_unlink(oid) from pg_largeobject_metadata;
end
$empty$;
"""
# Lets a ledger that an older migdocs made take the rows that say that it was restored.
ADMIT = """
DO $admit$
DECLARE old record;
BEGIN
  FOR old IN SELECT conname FROM pg_catalog.pg_constraint
    WHERE conrelid = {literal}::pg_catalog.regclass AND contype = 'c'
      AND pg_catalog.pg_get_constraintdef(oid) LIKE '%%baseline%%'
      AND pg_catalog.pg_get_constraintdef(oid) NOT LIKE '%%restore%%'
  LOOP
    EXECUTE pg_catalog.format('ALTER TABLE {table} DROP CONSTRAINT %I', old.conname);
    ALTER TABLE {table} ADD CHECK (action IN ({actions}));
  END LOOP;
END
$admit$;
"""
# A line of a dump's list: 215; 1259 16385 TABLE public book owner
ENTRY = re.compile(r"^\d+; \d+ \d+ (?P<what>.+)$", re.MULTILINE)
# What a list has that is no object of its own, or only holds rows.
DATA = ("TABLE DATA", "SEQUENCE SET", "BLOB", "LARGE OBJECT", "MATERIALIZED VIEW DATA", "COMMENT")
PREAMBLE = 8192  # bytes, in which a script sets its session up
SETS = re.compile(rb"^SET (\w+) = [^;\n]*;$", re.MULTILINE)
ESCAPES = {"\\b": "\b", "\\f": "\f", "\\n": "\n", "\\r": "\r", "\\t": "\t", "\\v": "\v"}


def entries(tools: Tools, path: Path) -> tuple[str, ...]:
    """List the objects of a dump, each as pg_restore names it.

    Raises:
        MachineError: it is not there, is no dump, or not a whole one.
    """
    if not path.is_file():
        raise MachineError(
            "there is no such file", path=str(path), hint="Name a dump that 'migdocs backup' wrote."
        )
    listed = asked(tools, "pg_restore", "--list", str(path))
    if "unsupported version" in listed.stderr:
        hint = f"Install newer client programs than those of PostgreSQL {tools.major}."
        raise MachineError("a newer pg_dump made this dump", path=str(path), hint=hint)
    if listed.returncode:
        raise MachineError(f"is not a complete dump: {listed.stderr.strip()}", path=str(path))
    return tuple(match["what"] for match in ENTRY.finditer(listed.stdout))


def objects(found: Iterable[str], own: str) -> frozenset[str]:
    """Give a list's objects, without those that only hold rows, and without our ledger's.

    Args:
        found: a dump's list.
        own: the ledger's name without its schema.
    """
    return frozenset(
        entry for entry in found if not entry.startswith(DATA) and f" {own}" not in entry
    )


def write(tools: Tools, dump: Path, script: Path, kept: Iterable[tuple[str, str]]) -> None:
    """Write a dump as a script, without the extensions that stay, and their schemas.

    Raises:
        MachineError: the dump cannot be read to its end.
    """
    chosen = script.with_suffix(".list")
    listed = asked(tools, "pg_restore", "--list", str(dump)).stdout
    chosen.write_text("".join(_filtered(listed, tuple(kept))), encoding="utf-8")
    options = ["--clean", "--if-exists", f"--use-list={chosen}", f"--file={script}"]
    made = asked(tools, "pg_restore", *options, str(dump))
    if made.returncode:
        raise MachineError(f"cannot be read: {made.stderr.strip()}", path=str(dump))


def _filtered(listed: str, kept: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Yield a list's lines, those about what stays as comments."""
    stays = [f" {what}{name} " for name, _ in kept for what in ("EXTENSION - ", "EXTENSION ")]
    stays += [f" SCHEMA - {schema} " for _, schema in kept]
    for line in listed.splitlines(keepends=True):
        yield f";{line}" if any(mark in f"{line.rstrip()} " for mark in stays) else line


def mask_unknown_settings(script: Path, known: frozenset[str]) -> None:
    """Take out of a script's head what an older server does not know (``transaction_timeout``).

    The file keeps its length: it may be too large to be copied.
    """
    with script.open("r+b") as file:
        head = file.read(PREAMBLE)
        file.seek(0)
        file.write(
            SETS.sub(
                lambda m: (
                    m[0] if m[1].decode().lower() in known else b"--" + b" " * (len(m[0]) - 2)
                ),
                head,
            )
        )


def kept_events(tools: Tools, dump: Path, table: str) -> tuple[Event, ...]:
    """Give the rows of the ledger in a dump, oldest first; none where it has no ledger."""
    schema, _, name = table.rpartition(".")
    only = ["--data-only", f"--schema={schema or 'public'}", f"--table={name}", "--file=-"]
    text = asked(tools, "pg_restore", *only, str(dump)).stdout
    head = re.search(r"^COPY [^\n(]* \((?P<columns>[^()\n]*)\) FROM stdin;\n", text, re.MULTILINE)
    if not head:
        return ()
    columns = [name.strip().strip('"') for name in head["columns"].split(",")]
    lines = text[head.end() :].partition("\n\\.\n")[0].splitlines()
    rows = sorted((_row(columns, line) for line in lines if line), key=lambda row: int(row["id"]))
    return tuple(_event(row) for row in rows)


def _row(columns: list[str], line: str) -> dict[str, str]:
    """Give a row of COPY's text, by column; what is null is left out."""
    values = zip(columns, line.split("\t"), strict=True)
    return {
        name: re.sub(r"\\(.)", lambda m: ESCAPES.get(m[0], m[1]), value)
        for name, value in values
        if value != "\\N"
    }


def _event(row: dict[str, str]) -> Event:
    """Give the event that a row is, its time as the ledger is read."""
    moment = datetime.fromisoformat(row["at"]).astimezone(UTC)
    found: dict[str, object] = {name: row[name] for name in ledger.COLUMNS if name in row}
    found["at"] = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    found["line"] = int(row["line"])
    found["duration_ms"] = int(row["duration_ms"]) if "duration_ms" in row else None
    return Event(**found)  # type: ignore[arg-type] # as the table has them


def ledger_script(session: Session, lost: Iterable[Event], told: Iterable[Event]) -> bytes:
    """Write what makes the ledger true after a restore, to be run in the same transaction.

    Args:
        session: whose ledger it is.
        lost: rows that were written after the dump was made; they stay as they were.
        told: events of this restore.
    """
    from psycopg import sql

    name = session.options.ledger
    table = ledger.table(name)
    schema = sql.Identifier(name.rpartition(".")[0] or "public")
    missing = sql.SQL(
        "DO $made$ BEGIN IF pg_catalog.to_regnamespace({}) IS NULL THEN CREATE SCHEMA {}; END IF;"
        " END $made$;"
    ).format(sql.Literal(schema.as_string(session.connection)), schema)
    admit = sql.SQL(ADMIT.replace("%%", "%")).format(
        literal=sql.Literal(table.as_string(session.connection)),
        table=table,
        actions=sql.SQL(", ").join(map(sql.Literal, ledger.ACTIONS)),
    )
    parts = [missing, sql.SQL(ledger.DEFINITION).format(table) + sql.SQL(";"), admit]
    head = b"\n".join(part.as_bytes(session.connection) for part in parts)
    rows = [ledger.copied(session, event) for event in lost]
    rows += [ledger.addition(session, event) for event in told]
    return b";\n".join([b"SET client_encoding = 'UTF8';\n" + head, *rows]) + b";\n"
