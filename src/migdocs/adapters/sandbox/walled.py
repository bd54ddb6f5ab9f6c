"""Start a throw-away server behind walls, wait until it listens, and say which walls stand."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migdocs.adapters.sandbox.programs import server_environment, stand_in
from migdocs.core.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from migdocs.adapters.sandbox.programs import Binaries

WALL = Path(__file__).with_name("wall.py")  # a program of its own, which Windows cannot even read
UP, ENDED = "up", "ended"  # files that it writes
CPU = 3600  # seconds that a process of the server may work
START_TIMEOUT = 30  # seconds
BETWEEN_LOOKS = 0.01  # seconds
READY_LINE = 7  # of postmaster.pid, counted from 0 (miscadmin.h: LOCK_FILE_LINE_PM_STATUS)
ALL = ("limits", "network", "files", "programs")
# Where scripts may do what a superuser may, they read files and run programs.
FOR_SUPERUSERS = ("limits", "network")
# Its statistics go through a socket of the machine's own network before this version.
NEEDS_NO_NETWORK_SINCE = 15
# A wall, as it is reported → what it keeps.
MEANING = {
    "limits": "limits of memory, file size, time and processes",
    "no new privileges": "no way to gain privileges",
    "network namespace": "a network of its own",
    "network": "no socket but its own",
    "files": "no file but its own and the system's programs",
    "programs": "no other program",
}


@dataclass(frozen=True, slots=True)
class Keeper:
    """The program that starts a server in a folder, and ends and removes both with us."""

    process: subprocess.Popen[bytes]
    folder: Path

    def start(
        self, binaries: Binaries, settings: Mapping[str, str], walls: tuple[str, ...] = ALL
    ) -> None:
        """Start the server, and wait until it takes connections.

        Raises:
            MachineError: it does not start.
        """
        if self._tried(binaries, settings, walls):
            return
        # Its libraries may be where nobody would look for them.
        less = tuple(wall_ for wall_ in walls if wall_ != "files")
        if less == walls or not self._tried(binaries, settings, less):
            raise MachineError(f"the server did not start: {last_words(self.folder / 'log')}")

    def _tried(
        self, binaries: Binaries, settings: Mapping[str, str], walls: tuple[str, ...]
    ) -> bool:
        """Start the server, and tell whether it takes connections."""
        if binaries.version[0] < NEEDS_NO_NETWORK_SINCE:
            walls = tuple(wall_ for wall_ in walls if wall_ != "network")
        data = self.folder / "data"
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        account = stand_in()
        asked = {
            "command": [binaries.program("postgres"), "-D", str(data), *options],
            "environment": server_environment() | {"LC_ALL": "C"},
            "user": account.get("user"),
            "group": account.get("group"),
            "walls": walls,
            "cpu": CPU,
            "writes": [str(self.folder)],
            "reads": _reads(binaries),
        }
        if self.process.stdin:
            self.process.stdin.write(json.dumps(asked).encode() + b"\n")
            self.process.stdin.flush()
        return self._listens(data / "postmaster.pid")

    def _listens(self, file: Path) -> bool:
        """Wait until the server says that it is ready, or is gone."""
        until = time.monotonic() + START_TIMEOUT
        ended = self.folder / ENDED
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(OSError, IndexError):
                if file.read_text(encoding="utf-8").splitlines()[READY_LINE].strip() == "ready":
                    return True
            if ended.exists() and (self.folder / UP).exists():
                ended.unlink(missing_ok=True)
                return False
            time.sleep(BETWEEN_LOOKS)
        return False


@contextlib.contextmanager
def kept(folder: Path) -> Iterator[Keeper]:
    """Keep a folder that goes, with the server in it, when this program ends, even by SIGKILL."""
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(WALL), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": "/usr/bin:/bin"} | _loader(),
        start_new_session=True,  # a terminal's Ctrl-C is not for it
    ) as process:
        yield Keeper(process, folder)


def standing() -> tuple[str, ...]:
    """Name the walls that this system gives: those that a program behind them reports."""
    if sys.platform == "win32":
        return ()
    with tempfile.TemporaryDirectory(prefix="migdocs-") as place:
        folder = Path(place) / "walls"
        folder.mkdir()
        with kept(folder) as keeper:
            asked: dict[str, Any] = {
                "command": ["/bin/true"],
                "environment": {},
                "user": None,
                "group": None,
                "walls": ALL,
                "cpu": CPU,
                "writes": [str(folder)],
                "reads": [],
            }
            if keeper.process.stdin:
                keeper.process.stdin.write(json.dumps(asked).encode() + b"\n")
                keeper.process.stdin.flush()
            until = time.monotonic() + START_TIMEOUT
            while time.monotonic() < until and not (folder / ENDED).exists():
                time.sleep(BETWEEN_LOOKS)
            try:
                return tuple(json.loads((folder / UP).read_text(encoding="utf-8")))
            except (OSError, ValueError):
                return ()


def last_words(log: Path) -> str:
    """Give the end of a log, which says why a server did not start."""
    if not log.exists():
        return "it wrote no log"
    return log.read_text(encoding="utf-8", errors="replace").strip()[-500:]


def _reads(binaries: Binaries) -> list[str]:
    """Name the folders that a server's programs and libraries lie in, beside the system's own."""
    top = next((p for p in binaries.folder.parents if p.name == binaries.source), None)
    top = top or binaries.folder.parent
    found = [str(top), str(top.with_name(f"{top.name}.libs"))]
    return found + os.environ.get("LD_LIBRARY_PATH", "").split(":")


def _loader() -> dict[str, str]:
    """Give what the system's loader needs to find the interpreter's own libraries."""
    names = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {name: os.environ[name] for name in names if name in os.environ}
