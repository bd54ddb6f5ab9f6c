"""Do what a file of the project says within limits of time, memory and size, in a process apart.

A template is a program: nothing inside of ours could end one that multiplies a text or loops on.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from migdocs.core.errors import InputError, MigdocsError

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 20.0
MEMORY = 1 << 29  # bytes beyond what we have ourselves
LONGEST = 16 << 20  # bytes of text
PIECE = 1 << 16


def run(work: Callable[[], str], path: str) -> str:
    """Give the text that work makes; where the system parts no processes, without limits.

    Args:
        work: makes it, and changes nothing else.
        path: of the file that says what to do, for errors.

    Raises:
        InputError: it failed, or took too much.
    """
    if not hasattr(os, "fork"):
        return work()
    out, into = os.pipe()
    child = os.fork()
    if not child:
        _answer(work, out, into)
    os.close(into)
    try:
        said = _read(out, path)
    finally:
        os.close(out)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return _text(said, path)


def _answer(work: Callable[[], str], out: int, into: int) -> None:
    """Do the work as the child, which never comes back."""
    try:
        os.close(out)
        # A terminal's Ctrl-C is for the parent, which ends us.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _limit()
        try:
            answer: dict[str, object] = {"text": work()}
        except MigdocsError as error:
            answer = {"error": error.message, "line": error.line}
        text = json.dumps(answer).encode()
        while text:
            text = text[os.write(into, text) :]
    finally:
        os._exit(0)


def _limit() -> None:
    """Limit what this process may take."""
    import resource

    limits = [(resource.RLIMIT_CPU, int(SECONDS)), (resource.RLIMIT_CORE, 0)]
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
        limits.append((resource.RLIMIT_AS, pages * resource.getpagesize() + MEMORY))
    for which, most in limits:
        with contextlib.suppress(OSError, ValueError):
            hard = resource.getrlimit(which)[1]
            value = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(which, (value, value))


def _read(out: int, path: str) -> bytes:
    """Give what the child wrote.

    Raises:
        InputError: it takes too long, or writes too much.
    """
    until, size = time.monotonic() + SECONDS, 0
    pieces: list[bytes] = []
    while True:
        left = until - time.monotonic()
        if left <= 0 or not select.select([out], [], [], left)[0]:
            raise InputError(
                f"the template takes longer than {SECONDS:.0f} seconds",
                path=path,
                hint="Let it loop over less.",
            )
        piece = os.read(out, PIECE)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
        if size > LONGEST:
            raise InputError(
                f"the template writes more than {LONGEST >> 20} MB",
                path=path,
                hint="Let it write less.",
            )


def _text(said: bytes, path: str) -> str:
    """Read what the child said.

    Raises:
        InputError: the work failed, or the system ended it.
    """
    if not said:
        raise InputError(
            "the template takes more memory or time than there is for it",
            path=path,
            hint="Let it make less.",
        )
    answer = json.loads(said)
    if "error" in answer:
        raise InputError(answer["error"], path=path, line=answer["line"])
    return str(answer["text"])
