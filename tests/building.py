"""Build wheel and sdist of this source; the tests of the packages import it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOMENT = "1700000000"  # for SOURCE_DATE_EPOCH, in seconds


def tracked() -> list[str]:
    """Name the repository's files as git would commit them now."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def build(folder: Path) -> tuple[Path, Path]:
    """Build wheel and sdist from a copy of the source in a folder; give their paths."""
    source = folder / "source"
    for name in tracked():
        place = source / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, place)  # no times, no modes
    environment = {**os.environ, "SOURCE_DATE_EPOCH": MOMENT}
    command = [sys.executable, "-m", "hatchling", "build", "--directory", folder / "dist"]
    subprocess.run(command, cwd=source, env=environment, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    return wheel, sdist
