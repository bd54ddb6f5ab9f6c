"""Back a database up, complete or not at all, and bring it back, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from migdocs.core.errors import DatabaseError, MachineError, MigdocsError
from migdocs.core.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROGRAMS = ("pg_dump", "pg_restore", "psql")
STAMP = "%Y%m%dT%H%M%SZ"
NAMED = re.compile(r"(?P<database>.+)-(?P<at>\d{8}T\d{6}Z)(?:-\d+)?\.dump")
UNFINISHED = ".partial"
INSTALL_HINT = "Install PostgreSQL's client programs, or: pip install 'migdocs[embedded]'."
# Drops what a dump does not know: a table that a migration made after it would stand in the way.
# What belongs to an extension stays with it; pg_restore drops and makes the extensions.
EMPTY = """
set client_min_messages = warning;
do $empty$
declare statement text; statements text[] := (
  select array_agg(format('drop %s if exists %s cascade', kind, name) order by rank) from (
    select 1 as rank, 'schema' as kind, quote_ident(nspname) as name, oid from pg_namespace
    where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')
    union all
    select 2, case relkind when 'v' then 'view' when 'm' then 'materialized view'
                           when 'S' then 'sequence' when 'f' then 'foreign table'
                           else 'table' end, oid::regclass::text, oid
    from pg_class
    where relnamespace = to_regnamespace('public') and relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    union all
    select 3, 'routine', oid::regprocedure::text, oid
    from pg_proc where pronamespace = to_regnamespace('public')
    union all
    select 4, case typtype when 'd' then 'domain' else 'type' end, t.oid::regtype::text, t.oid
    from pg_type t left join pg_class c on c.oid = t.typrelid
    where typnamespace = to_regnamespace('public')
      and (typtype in ('d', 'e', 'r') or c.relkind = 'c')
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
end
$empty$;
"""


@dataclass(frozen=True, slots=True)
class Tools:
    """PostgreSQL's client programs, of one version."""

    folder: Path
    major: int


@dataclass(frozen=True, slots=True)
class Backup:
    """A dump that is complete.

    Attributes:
        at: when it was begun, ``20260301T020000Z``.
    """

    path: Path
    database: str
    at: str


def find_tools(folders: Iterable[Path], server: int) -> Tools:
    """Give the programs that can dump a server: of its major version, or the next newer ones.

    Raises:
        MachineError: there are none, or only older ones, which would not know all that is there.
    """
    found = [tools for folder in folders if (tools := _tools(folder))]
    able = [tools for tools in found if tools.major >= server]
    if able:
        return min(able, key=lambda tools: tools.major)
    if found:
        newest = max(tools.major for tools in found)
        raise MachineError(
            f"pg_dump {newest} is older than the server, PostgreSQL {server}",
            hint=f"Install the client programs of PostgreSQL {server}.",
        )
    raise MachineError("there is no pg_dump here", hint=INSTALL_HINT)


def backup(tools: Tools, url: str, folder: Path) -> Backup:
    """Dump a database into a folder; a file with the final name is complete and was checked.

    Raises:
        MachineError: the folder cannot be written to, or is full; nothing is left there.
        DatabaseError: the server does not let all be read.
    """
    at = datetime.now(UTC).strftime(STAMP)
    database = _database(url)
    with _unfinished(folder, database) as partial:
        _run(tools, url, "pg_dump", "--format=custom", "--no-password", f"--file={partial}")
        check(tools, partial)
        return Backup(_renamed(partial, f"{_safe(database)}-{at}"), database, at)


def check(tools: Tools, path: Path) -> None:
    """See that a dump can be read to its table of contents.

    Raises:
        MachineError: it is not there, is no dump, or not a whole one.
    """
    if not path.is_file():
        raise MachineError(
            "there is no such file", path=str(path), hint="Name a dump that 'migdocs backup' wrote."
        )
    listed = _ran([str(tools.folder / "pg_restore"), "--list", str(path)], dict(os.environ))
    if listed.returncode:
        raise MachineError(f"is no complete dump: {listed.stderr.strip()}", path=str(path))


def restore(tools: Tools, url: str, path: Path, scratch: Path) -> None:
    """Make a database what it was when a dump was made, in one transaction.

    What was made since then goes; what fails leaves the database as it is. The dump is read to its
    end before that: a pipe that breaks off would commit its first half.

    Args:
        tools: not older than those that made the dump.
        url: of the database.
        path: of the dump.
        scratch: a folder with room for the dump as text.

    Raises:
        MachineError: the file is no complete dump.
        DatabaseError: the server refused.
    """
    check(tools, path)
    with tempfile.TemporaryDirectory(dir=scratch, prefix=".restore-") as folder:
        empty, script = Path(folder, "empty.sql"), Path(folder, "restore.sql")
        empty.write_text(EMPTY, encoding="utf-8")
        read = [str(tools.folder / "pg_restore"), "--clean", "--if-exists", f"--file={script}"]
        made = _ran([*read, str(path)], dict(os.environ))
        if made.returncode:
            raise MachineError(f"cannot be read: {made.stderr.strip()}", path=str(path))
        quiet = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
        files = [f"--file={empty}", f"--file={script}"]
        _run(tools, url, "psql", *quiet, "--no-password", "--single-transaction", *files)


def backups(folder: Path) -> tuple[Backup, ...]:
    """List the complete dumps of a folder, oldest first."""
    found = [
        Backup(path, match["database"], match["at"])
        for path in (folder.iterdir() if folder.is_dir() else ())
        if (match := NAMED.fullmatch(path.name))
    ]
    return tuple(sorted(found, key=lambda item: (item.at, item.path.name)))


def prune(folder: Path, database: str, keep_days: int) -> tuple[Path, ...]:
    """Remove a database's dumps that are older than some days, but never the newest; give them."""
    limit = (datetime.now(UTC) - timedelta(days=keep_days)).strftime(STAMP)
    own = [item for item in backups(folder) if item.database == _safe(database)]
    old = [item.path for item in own[:-1] if item.at < limit]
    for path in old:
        path.unlink(missing_ok=True)
    return tuple(old)


# --- files --------------------------------------------------------------------------------------


@contextlib.contextmanager
def _unfinished(folder: Path, database: str) -> Iterator[Path]:
    """Give a file that only we can read, for a dump to grow in; nothing of it is left."""
    try:
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
            # Rows of real people must not be committed by an ``git add --all``.
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        handle, name = tempfile.mkstemp(UNFINISHED, f".{_safe(database)}-", folder)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise MachineError(
            f"no backup can be written here: {reason}",
            path=str(folder),
            hint="Make the folder writable, or set backup_dir to another.",
        ) from None
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _renamed(partial: Path, stem: str) -> Path:
    """Give a finished dump its name, and never another's."""
    for number in range(1, 1000):
        suffix = "" if number == 1 else f"-{number}"
        target = partial.with_name(f"{stem}{suffix}.dump")
        try:
            os.link(partial, target)
        except FileExistsError:
            continue
        return target
    raise MachineError("a thousand backups in one second", path=str(partial.parent))


def _safe(database: str) -> str:
    """Give a database's name as a file's; a name is anything, also ``../x``."""
    return re.sub(r"[^\w.]+", "_", database).lstrip(".") or "_"


# --- programs -----------------------------------------------------------------------------------


def _tools(folder: Path) -> Tools | None:
    """Give the programs in a folder, None where one is missing or does not run."""
    if not all((folder / name).is_file() for name in PROGRAMS):
        return None
    asked = _ran([str(folder / "pg_dump"), "--version"], dict(os.environ))
    # What it prints: pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
    match = re.search(r"\) (\d+)", asked.stdout)
    return Tools(folder, int(match[1])) if match else None


def _run(tools: Tools, url: str, program: str, *arguments: str) -> None:
    """Run a program in a database; the password goes by the environment, which others cannot see.

    Raises:
        MachineError: the disk is full, or the file cannot be written.
        DatabaseError: anything else, in the program's own words.
    """
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    parameters = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    environment = dict(os.environ)
    if password := parameters.pop("password", ""):
        environment["PGPASSWORD"] = password
    place = f"--dbname={make_conninfo(**parameters)}"
    done = _ran([str(tools.folder / program), place, *arguments], environment)
    if done.returncode:
        raise _failure(program, done.returncode, redact(done.stderr, url))


def _failure(program: str, code: int, said: str) -> MigdocsError:
    """Say why a program failed, in its own words; a signal or a file is the machine's error."""
    match = re.search(r"(?:ERROR|FATAL|error): +(?P<reason>.+)", said)
    message = f"{program}: {match['reason'] if match else f'was ended ({code})'}"
    if code < 0 or re.search(r"could not (?:write|open|close)", said):
        return MachineError(message, hint="Is there room on the disk?")
    return DatabaseError(message)


def _ran(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program and take what it says, in English."""
    return subprocess.run(
        command,
        env=environment | {"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def _database(url: str) -> str:
    """Give the name of the database that a URL leads to, as libpq finds it."""
    from psycopg.conninfo import conninfo_to_dict

    parameters = conninfo_to_dict(url)
    return str(parameters.get("dbname") or os.environ.get("PGDATABASE") or parameters.get("user"))
