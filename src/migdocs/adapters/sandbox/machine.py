"""Say what a server of ours runs on, so that a time measured there can be judged."""

from __future__ import annotations

import math
import os
from pathlib import Path

from migdocs.core.counting import counted

# "200000 100000": of so many microseconds, a container may use so many of processor time.
QUOTA = Path("/sys/fs/cgroup/cpu.max")


def described() -> str:
    """Describe this machine for a reader of times: ``2 cores, fsync off``.

    A throw-away server does not wait for its disk, and is quicker for it.
    """
    return f"{counted(cores(), 'core')}, fsync off"


def cores() -> int:
    """Count the processor's cores that a program started here may use."""
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(mine or 1, _quota() or mine or 1)


def _quota() -> int:
    """Give how many cores' worth of time a container may use; 0 where nothing limits it."""
    try:
        most, each = QUOTA.read_text(encoding="ascii").split()
        return max(1, math.ceil(int(most) / int(each)))
    except (OSError, ValueError):
        return 0
