"""Find a place in memory for a server's data: databases are made and dropped there far quicker."""

from __future__ import annotations

import os
import re
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - what is made there is private
MEMORY = Path("/proc/meminfo")
AVAILABLE = re.compile(r"^MemAvailable:\s+(\d+) kB$", re.MULTILINE)


def place(room: int) -> Path | None:
    """Give a folder in memory where files may take ``room`` bytes; None where there is none.

    Linux only. Where TMPDIR says where temporary files go, that is where they go.
    """
    if "TMPDIR" in os.environ:
        return None
    try:
        found = os.statvfs(SHARED_MEMORY)
        available = AVAILABLE.search(MEMORY.read_text(encoding="ascii"))
    except OSError:
        return None
    free = min(found.f_bavail * found.f_frsize, int(available[1]) * 1024 if available else 0)
    runs_programs = not found.f_flag & os.ST_NOEXEC  # a wheel's may have to be copied there
    usable = runs_programs and free >= room and os.access(SHARED_MEMORY, os.W_OK | os.X_OK)
    return SHARED_MEMORY if usable else None
