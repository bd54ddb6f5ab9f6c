"""Run the project's own commands, and keep a log of what a flow's steps came to."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from migdocs.core.errors import MachineError

if TYPE_CHECKING:
    from pathlib import Path

LOG = "flow.log"


def run(command: str, root: Path) -> None:
    """Run a command line of the settings in the project's folder; what it says goes to stderr.

    Raises:
        MachineError: it ended with anything but 0.
    """
    done = subprocess.run(command, shell=True, cwd=root, stdout=sys.stderr, check=False)  # noqa: S602 - the user's own line, from the user's own settings
    if done.returncode:
        raise MachineError(f"'{command}' ended with {done.returncode}")


def log(folder: Path, line: str) -> None:
    """Add a line, with the time, to the flow's log in the project's state folder."""
    with (folder / LOG).open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {' '.join(line.split())}\n")
