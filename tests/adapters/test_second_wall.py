"""What holds a throw-away server in beside PostgreSQL's own rights: tried as its superuser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from migdocs.adapters import sandbox
from migdocs.adapters.sandbox import walled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.adapters.sandbox import Server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these walls are Linux's")
STANDING = walled.standing() if sys.platform == "linux" else ()


def needs(wall: str) -> pytest.MarkDecorator:
    """Skip where the system does not give a wall; ``doctor`` says so there."""
    return pytest.mark.skipif(wall not in STANDING, reason=f"this system gives no '{wall}'")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Give a server behind all walls that the system gives."""
    with sandbox.server() as running:
        yield running


def refused(server: Server, statement: str) -> str:
    """Give what a superuser is told whose statement is refused."""
    with (
        psycopg.connect(server.base, autocommit=True) as connection,
        pytest.raises(psycopg.Error) as caught,
    ):
        connection.execute(statement.encode())
    return str(caught.value)


def of_process(server: Server, name: str) -> str:
    """Give a line of what the system says of the server's process."""
    assert server.folder is not None
    process = int((server.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(line.split(":", 1)[1].strip() for line in lines if line.startswith(f"{name}:"))


@needs("programs")
def test_a_superuser_runs_no_program(server: Server, tmp_path: Path) -> None:
    """PostgreSQL would let it: the system does not."""
    tmp_path.chmod(0o777)
    marker = tmp_path / "ran"
    said = refused(server, f"COPY (SELECT 1) TO PROGRAM 'cat > {marker}'")
    assert "could not execute command" in said
    assert not marker.exists()


@needs("network")
def test_a_superuser_reaches_nobody(server: Server) -> None:
    """Not even a listener of this machine's own, which a look from here does reach."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        met: list[object] = []
        listener.settimeout(3)

        def wait() -> None:
            try:
                met.append(listener.accept()[1])
            except TimeoutError:
                return

        waiting = threading.Thread(target=wait)
        waiting.start()
        connect = (
            "CREATE EXTENSION IF NOT EXISTS dblink;"
            f"SELECT dblink_connect('host=127.0.0.1 port={port} connect_timeout=1 user=a')"
        )
        said = refused(server, connect)
        waiting.join()
    assert not met
    assert "not permitted" in said or "unreachable" in said, said
    with socket.create_server(("127.0.0.1", 0)) as listener:
        socket.create_connection(listener.getsockname()).close()


@needs("no new privileges")
def test_no_privilege_can_be_gained(server: Server) -> None:
    """A program with another user's bit would have run as ourselves."""
    assert of_process(server, "NoNewPrivs") == "1"


@needs("programs")
def test_calls_are_filtered(server: Server) -> None:
    """In every process that comes of the server's."""
    assert of_process(server, "Seccomp") == "2"


@needs("files")
def test_a_superuser_reads_and_writes_no_file_of_the_machine(
    server: Server, tmp_path: Path
) -> None:
    """Though every user may."""
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    tmp_path.chmod(0o777)
    (tmp_path / "secret").write_text("s3cret")
    (tmp_path / "secret").chmod(0o644)
    said = refused(server, f"SELECT pg_read_file('{tmp_path}/secret')")
    assert "Permission denied" in said
    assert "Permission denied" in refused(server, f"COPY (SELECT 1) TO '{tmp_path}/made'")
    assert not (tmp_path / "made").exists()


@needs("limits")
def test_files_memory_and_time_are_limited(server: Server) -> None:
    """By the system, in the server's process and so in all that come of it."""
    assert server.folder is not None
    process = int((server.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    text = Path(f"/proc/{process}/limits").read_text()
    rows = {line[:26].strip(): line[26:].split()[:2] for line in text.splitlines()[1:]}
    for name in ("Max file size", "Max address space", "Max cpu time", "Max core file size"):
        assert "unlimited" not in rows[name], name


def test_no_secret_of_ours_is_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it but what a program needs to be found and run."""
    monkeypatch.setenv("PGPASSWORD", "s3cret")
    monkeypatch.setenv("MY_TOKEN", "s3cret")
    with sandbox.server() as running:
        assert running.folder is not None
        process = (running.folder / "data" / "postmaster.pid").read_text().splitlines()[0]
        assert b"s3cret" not in Path(f"/proc/{process}/environ").read_bytes()


def test_every_process_of_the_server_ends_with_it() -> None:
    """Also a session at work, and also after SIGKILL of who started it."""
    code = (
        "import os, signal, threading, time, psycopg\n"
        "from migdocs.adapters import sandbox\n"
        "with sandbox.server() as server:\n"
        "    busy = psycopg.connect(server.base)\n"
        "    work = threading.Thread(target=busy.execute, args=('select pg_sleep(600)',))\n"
        "    work.start()\n"
        "    time.sleep(0.5)\n"
        "    print(server.folder, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    folder = ran.stdout.strip()
    assert folder, ran.stderr
    until = time.monotonic() + 20
    while time.monotonic() < until and (Path(folder).exists() or _naming(folder)):
        time.sleep(0.1)
    assert not Path(folder).exists()
    assert not _naming(folder)


def _naming(folder: str) -> list[str]:
    """List the processes that are told of a folder, or work in it."""
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True)
    found = [line for line in listed.stdout.splitlines() if folder in line]
    for place in Path("/proc").glob("[0-9]*/cwd"):
        try:
            found += [str(place)] if str(place.readlink()).startswith(folder) else []
        except OSError:
            continue
    return found
