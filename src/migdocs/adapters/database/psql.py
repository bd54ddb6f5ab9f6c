"""Hand a script to psql, which alone understands its own commands; only where a project opts in.

psql runs what a script says, shell commands too. ``-X`` keeps the user's own ``.psqlrc`` out,
``ON_ERROR_STOP`` ends at the first error; ``-1`` is not given, for the script may hold what a
transaction refuses (apply.md). It ends with us, however we end, and its session with it
(``client_connection_check_interval``): a script that goes on alone would make the ledger a liar.
"""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from migdocs.adapters.database import errors, leash
from migdocs.core.errors import DatabaseError, MachineError
from migdocs.core.secrets import redact

if TYPE_CHECKING:
    from pathlib import Path

    from migdocs.adapters.database.session import Session
    from migdocs.core.model import Script

OPTIONS = ("-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose")
# What it prints: psql:migrations/1_x.sql:3: ERROR:  42P01: relation "x" does not exist
FAILURE = re.compile(
    r"^psql:(?P<path>.+?):(?P<line>\d+): (?:(?:ERROR|FATAL|error):\s+)?"
    r"(?:(?P<state>[0-9A-Z]{5}): )?(?P<said>.+)$",
    re.MULTILINE,
)


def run(session: Session, root: Path, script: Script, hint: str) -> None:
    """Run a script of the project with psql, in a session like ours.

    Args:
        session: whose database, settings and role it takes; it holds the lock meanwhile.
        root: of the project, where the script's relative paths begin.
        script: to run, a whole file.
        hint: what a failure leaves behind.

    Raises:
        MachineError: there is no psql here.
        DatabaseError: the script failed, at psql's line.
    """
    program = shutil.which("psql")
    if program is None:
        raise MachineError("there is no psql here", path=script.path, hint="Install it.")
    command = [program, *OPTIONS, f"--file={script.path}", place(session.url)]
    done = leash.run(command, environment(session), root)
    if done.returncode:
        raise _failed(script, redact(done.stderr, session.url).strip(), hint)


def _failed(script: Script, said: str, hint: str) -> DatabaseError:
    """Say what psql said of the first failure; in an included file the path is that one's."""
    found = next((m for m in FAILURE.finditer(said) if "NOTICE" not in m["said"]), None)
    if found is None:
        last = said.splitlines()[-1] if said else "psql failed and said nothing"
        return DatabaseError(last, path=script.path, hint=hint)
    state = found["state"] or ""
    return DatabaseError(
        f"{found['said']} ({state})" if state else found["said"],
        path=found["path"],
        line=int(found["line"]),
        hint=" ".join(part for part in (errors.STATE_HINTS.get(state, ""), hint) if part),
        sqlstate=state,
    )


def place(url: str) -> str:
    """Give the database without the password, which other users could see."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    parameters = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    parameters.pop("password", None)
    return make_conninfo(**parameters)


def environment(session: Session) -> dict[str, str]:
    """Give psql's environment: the password, and our session's settings."""
    from psycopg.conninfo import conninfo_to_dict

    options = (f"-c {name}={_escaped(value)}" for name, value in session.settings.items())
    found = {
        **os.environ,
        "LC_ALL": "C",
        "PGCLIENTENCODING": "UTF8",
        "PGOPTIONS": " ".join(options),
    }
    password = conninfo_to_dict(session.url).get("password")
    return {**found, "PGPASSWORD": str(password)} if password else found


def _escaped(value: str) -> str:
    """Write a value for PGOPTIONS, where spaces part the options."""
    return re.sub(r"([\\\s])", r"\\\1", value)
