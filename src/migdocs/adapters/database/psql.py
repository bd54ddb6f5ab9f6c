"""Hand a script to psql, which alone understands its own commands; only where a project opts in.

psql runs what a script says, shell commands too. ``-X`` keeps the user's own ``.psqlrc`` out,
``ON_ERROR_STOP`` ends at the first error; ``-1`` is not given, for the script may hold what a
transaction refuses (apply.md). It ends with us, however we end, and its session with it
(``client_connection_check_interval``): a script that goes on alone would make the ledger a liar.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from migdocs.adapters.database import errors, leash
from migdocs.core.errors import DatabaseError, MachineError
from migdocs.core.secrets import PARAMETERS, redact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from migdocs.adapters.database.session import Session
    from migdocs.core.model import Script

OPTIONS = ("-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose")
SERVICE = "migdocs"
# Refused where the script left a transaction open; psql begins none for it (AUTOCOMMIT off).
AT_THE_END = ("--command=DISCARD ALL",)
LEFT_OPEN = re.compile(r"^[^:\n]+:\s+25(?:001|P02):\s", re.MULTILINE)
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
    with reached(session) as way:
        command = [program, *OPTIONS, f"--file={script.path}", *AT_THE_END, way.place]
        done = leash.run(command, way.environment, root, files=way.files)
    if done.returncode:
        raise _failed(script, redact(done.stderr, session.url).strip(), hint)


def _failed(script: Script, said: str, hint: str) -> DatabaseError:
    """Say what psql said of the first failure; in an included file the path is that one's."""
    if LEFT_OPEN.search(said):
        message = "the script left a transaction open: what it did there was rolled back"
        return DatabaseError(message, path=script.path, hint=hint, sqlstate="25001")
    found = next((m for m in FAILURE.finditer(said) if "NOTICE" not in m["said"]), None)
    if found is None:
        last = said.splitlines()[-1] if said else "psql failed without a message"
        return DatabaseError(last, path=script.path, hint=hint)
    state = found["state"] or ""
    return DatabaseError(
        f"{found['said']} ({state})" if state else found["said"],
        path=found["path"],
        line=int(found["line"]),
        hint=" ".join(part for part in (errors.STATE_HINTS.get(state, ""), hint) if part),
        sqlstate=state,
    )


@dataclass(frozen=True, slots=True)
class Way:
    """How another program reaches a session's database without showing a secret.

    Attributes:
        place: the database, for its command line, which other users can see.
        environment: all of its environment, with the password and our session's settings.
        files: open ones that it reads.
    """

    place: str
    environment: dict[str, str]
    files: tuple[int, ...] = ()


@contextlib.contextmanager
def reached(session: Session) -> Iterator[Way]:
    """Give a program of PostgreSQL's the way to a session's database.

    Raises:
        MachineError: a secret cannot be handed over unseen.
    """
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    parameters = {name: str(value) for name, value in conninfo_to_dict(session.url).items()}
    secrets = {name: parameters.pop(name) for name in PARAMETERS if name in parameters}
    # A URL's options would outweigh the variable that ours go by.
    given = parameters.pop("options", os.environ.get("PGOPTIONS", ""))
    environment = _environment(session, given, secrets.pop("password", ""))
    if not secrets:
        yield Way(make_conninfo(**parameters), environment)
        return
    _can_be_handed_over(parameters, secrets)
    with _service(secrets) as (path, files):
        place = make_conninfo(**parameters, service=SERVICE)
        yield Way(place, environment | {"PGSERVICEFILE": path}, files)


def _environment(session: Session, given: str, password: str) -> dict[str, str]:
    """Give a program's environment: the password, the options given, our session's settings."""
    options = (f"-c {name}={_escaped(value)}" for name, value in session.settings.items())
    found = {
        **os.environ,
        "LC_ALL": "C",
        "PGCLIENTENCODING": "UTF8",
        "PGOPTIONS": " ".join([given, *options]).strip(),
    }
    return {**found, "PGPASSWORD": password} if password else found


def _can_be_handed_over(parameters: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    """Refuse what a service file of ours cannot say.

    Raises:
        MachineError: the user has a service already, or a secret is no line of a file.
    """
    for name, value in secrets.items():
        if "service" in parameters or os.environ.get("PGSERVICE"):
            raise MachineError(
                f"{name} cannot be handed to a program beside a service",
                hint=f"Write {name} into the service file, and leave it out of the URL.",
            )
        if value != value.strip() or "\n" in value:
            raise MachineError(
                f"{name} begins or ends with a space, or has several lines",
                hint=f"Choose another {name}: programs of PostgreSQL's cannot be given this one.",
            )


@contextlib.contextmanager
def _service(secrets: Mapping[str, str]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Write what no variable can hold into a service file that lies on no disk, where possible."""
    lines = (f"{name}={value}\n" for name, value in secrets.items())
    text = f"[{SERVICE}]\n{''.join(lines)}".encode()
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create(SERVICE), "wb") as held:
            held.write(text)
            held.flush()
            yield f"/proc/self/fd/{held.fileno()}", (held.fileno(),)
        return
    with tempfile.TemporaryDirectory(prefix="migdocs-") as folder:  # nobody else may look into it
        path = Path(folder, SERVICE)
        path.write_bytes(text)
        yield str(path), ()


def _escaped(value: str) -> str:
    """Write a value for PGOPTIONS, where spaces part the options."""
    return re.sub(r"([\\\s])", r"\\\1", value)
