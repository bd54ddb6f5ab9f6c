"""Run a program that does not outlive us: a child that goes on alone makes the ledger a liar."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

# The kernel closes our end of a pipe when we end, even by SIGKILL; who waits at the other end then
# ends the program, which told its number before it began.
WATCHDOG = 'read -r number; PATH="$PATH:/usr/bin:/bin" cat >/dev/null; kill -KILL "$number"'
LEASHED = 'echo $$ && exec "$@" >/dev/null'
LOOK = 1.0  # seconds


def run(
    command: Sequence[str],
    environment: dict[str, str],
    folder: Path | None = None,
    meanwhile: Callable[[], None] = lambda: None,
    files: Sequence[int] = (),
) -> subprocess.CompletedProcess[str]:
    """Run a program that ends when we do; nobody answers its questions, what it prints is dropped.

    Args:
        command: the program and its arguments.
        environment: all of it.
        folder: to run in.
        meanwhile: is called about once a second while it runs.
        files: open ones that it may read.

    Returns:
        Its exit code and what it said of errors.
    """
    with _held() as (prefix, told):
        process = subprocess.Popen(
            [*prefix, *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            pass_fds=files,
        )
        with process:
            try:
                said = _waited(process, meanwhile)
            except BaseException:
                process.kill()
                raise
        return subprocess.CompletedProcess(command, process.returncode, "", said)


def _waited(process: subprocess.Popen[str], meanwhile: Callable[[], None]) -> str:
    """Wait for a program's end, and give what it said of errors."""
    while True:
        try:
            return process.communicate(timeout=LOOK)[1]
        except subprocess.TimeoutExpired:
            meanwhile()


@contextlib.contextmanager
def _held() -> Iterator[tuple[tuple[str, ...], int]]:
    """Give what a program's command begins with, and its output, so that it ends when we do.

    Where there is no POSIX shell, nothing holds it.
    """
    if os.name != "posix":
        yield (), subprocess.DEVNULL
        return
    waits, told = os.pipe()
    try:
        with subprocess.Popen(
            ["/bin/sh", "-c", WATCHDOG, "migdocs-watchdog"],
            stdin=waits,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a terminal's Ctrl-C is not for the watchdog
        ) as watchdog:
            try:
                yield ("/bin/sh", "-c", LEASHED, "migdocs-leashed"), told
            finally:
                watchdog.kill()
    finally:
        os.close(waits)
        os.close(told)
