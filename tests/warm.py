"""Commands of ours as processes of their own, forked from one that has imported everything.

A command spends most of its time on starting Python; two thousand of them would be most of the
suite. Each is still a process: its folder, environment, streams, exit code and end are its own.
What a start costs, and what a command imports, other tests measure with a Python of their own.

This file is also what a shell script calls, so that little is imported before it is needed.
"""

from __future__ import annotations

import json
import os
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Starter:
    """The process that forks the others; one for each process of tests, started when asked."""

    _process: subprocess.Popen[bytes] | None = None
    _address = ""

    def run(
        self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[bytes]:
        """Run ``migdocs`` with arguments, nothing to read, and give all that it said."""
        import subprocess
        from pathlib import Path
        from tempfile import TemporaryFile

        with Path(os.devnull).open() as nothing, TemporaryFile() as out, TemporaryFile() as err:
            streams = [nothing.fileno(), out.fileno(), err.fileno()]
            code = _ask(self.address(), arguments, str(cwd), dict(environment), streams)
            said = (os.pread(file.fileno(), sys.maxsize >> 32, 0) for file in (out, err))
            return subprocess.CompletedProcess(arguments, code, *said)

    def command(self) -> str:
        """Give what a shell script calls for ``migdocs``."""
        return f"{sys.executable} -I -S {__file__} {self.address()}"

    def address(self) -> str:
        """Give the socket that the process listens at."""
        import subprocess
        from tempfile import mkdtemp

        if self._process is None or self._process.poll() is not None:
            self._address = f"{mkdtemp(prefix='warm-')}/socket"
            command = [sys.executable, __file__]
            pipe = subprocess.PIPE  # closed when we end, and then it ends
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe)
            assert self._process.stdin
            assert self._process.stdout
            self._process.stdin.write(self._address.encode() + b"\n")
            self._process.stdin.flush()
            assert self._process.stdout.readline() == b"ready\n"
        return self._address


def _ask(
    address: str,
    arguments: Sequence[str],
    cwd: str,
    environment: Mapping[str, str],
    streams: list[int],
) -> int:
    """Have a command run with these streams; give its exit code."""
    asked = json.dumps([list(arguments), cwd, environment]).encode()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        socket.send_fds(connection, [b"%010d" % len(asked)], streams)
        connection.sendall(asked)
        return int(connection.makefile().readline())


def _serve() -> None:
    """Fork a command for everyone who asks, until the process that started this one ends."""
    import gc
    import pkgutil
    import select
    import signal
    from importlib import import_module
    from pathlib import Path

    import migdocs
    import pristine

    for module in pkgutil.walk_packages(migdocs.__path__, "migdocs."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    pristine.keep(Path(os.environ["MIGDOCS_TEST_SERVERS"]))
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX)
    address = Path(sys.stdin.readline().rstrip("\n"))
    listener.bind(str(address))
    listener.listen()
    os.write(1, b"ready\n")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            address.unlink()
            address.parent.rmdir()
            return
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            _answer(connection)
        connection.close()


def _answer(connection: socket.socket) -> None:
    """Run the command that is asked for, say how it ended; never returns."""
    size, streams, _, _ = socket.recv_fds(connection, 10, 3)
    asked = json.loads(connection.makefile("rb").read(int(size)))
    child = os.fork()
    if child == 0:
        connection.close()
        _become(*asked, streams)
    _, status = os.waitpid(child, 0)
    connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(
    arguments: list[str], cwd: str, environment: dict[str, str], streams: list[int]
) -> None:
    """Be the command: its folder, environment and streams; never returns."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    # Those that were forked know of the others whether they can be rewound.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.argv = ["migdocs", *arguments]
    from migdocs.cli.main import main

    main()
    sys.exit()


if __name__ == "__main__":
    if sys.argv[1:]:
        own = sys.argv[2:], os.path.realpath(""), dict(os.environ), [0, 1, 2]
        sys.exit(_ask(sys.argv[1], *own))
    _serve()
