"""Commands of ours as processes of their own, forked from one that has imported everything.

A command spends most of its time on starting Python; two thousand of them would be most of the
suite. Each is still a process: its folder, environment, output, exit code and end are its own.
What a start costs, and what a command imports, other tests measure with a Python of their own.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Mapping, Sequence  # noqa: TC003 - types, in both processes
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory


class Starter:
    """The process that forks the others; one for each process of tests, started when asked."""

    _process: subprocess.Popen[str] | None = None

    def run(
        self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[bytes]:
        """Run ``migdocs`` with arguments, nothing to read, and give all that it said."""
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, __file__]
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        assert self._process.stdin
        assert self._process.stdout
        with TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            asked = [list(arguments), str(cwd), dict(environment), str(out), str(err)]
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            return subprocess.CompletedProcess(arguments, code, out.read_bytes(), err.read_bytes())


def _serve() -> None:
    """Fork a command for every line that is read; say how it ended."""
    import migdocs

    for module in pkgutil.walk_packages(migdocs.__path__, "migdocs."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    import pristine

    pristine.keep(Path(os.environ["MIGDOCS_TEST_SERVERS"]))
    gc.freeze()
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(*json.loads(line))
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


def _become(
    arguments: list[str], cwd: str, environment: dict[str, str], out: str, err: str
) -> None:
    """Be the command: its folder, environment and streams; never returns."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for number, path, mode in ((0, os.devnull, os.O_RDONLY), (1, out, 0), (2, err, 0)):
        opened = os.open(path, mode or os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - what was read of the other is not ours
    sys.argv = ["migdocs", *arguments]
    from migdocs.cli.main import main

    main()
    sys.exit()


if __name__ == "__main__":
    _serve()
