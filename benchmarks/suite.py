"""Run every benchmark, print one table of ratios with their bounds, and write ``results.json``.

``make bench`` runs it. Each script stands alone, takes no arguments and prints Markdown tables;
what a table holds in its columns *ratio* and *bound* is taken from there. A script that cannot run
here (no corpora, no browser, no peer to install) is named with its reason and stops no other.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).resolve().parent
SCRIPTS = ("values", "generate", "sql", "apply", "proof", "releases", "site")
RESULTS = HERE / "results.json"
LIMIT = 3_600  # seconds that a script may take


@dataclass(frozen=True, slots=True)
class Row:
    """A ratio of one run, and what it may be at most."""

    script: str
    what: str
    ratio: float
    bound: float

    @property
    def kept(self) -> bool:
        """Whether it is within its bound."""
        return self.ratio <= self.bound


def rows(script: str, text: str) -> Iterator[Row]:
    """Read the bounded rows of a script's Markdown tables."""
    names: list[str] = []
    for line in text.splitlines():
        if not line.startswith("|"):
            names = []
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not names:
            names = cells
            continue
        found = dict(zip(names, cells, strict=False))
        ratio, bound = found.get("ratio", ""), found.get("bound", "")
        if _is_number(ratio) and _is_number(bound) and float(bound) != 0:
            yield Row(script, cells[0], float(ratio), float(bound))


def _is_number(text: str) -> bool:
    """Tell whether a cell is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def run(script: str) -> tuple[str, str]:
    """Run one script; give what it printed, and why it did not come to its end."""
    settings = dict(os.environ)
    settings.setdefault("MIGDOCS_CORPORA", str(HERE.parents[1] / "shared" / "corpora"))
    command = [sys.executable, str(HERE / f"{script}.py")]
    try:
        done = subprocess.run(
            command,
            cwd=HERE.parent,
            env=settings,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        printed = error.stdout or b""
        text = printed.decode() if isinstance(printed, bytes) else printed
        return text, f"stopped after {LIMIT} s"
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    return done.stdout, f"exit code {done.returncode}: {last}" if done.returncode else ""


def table(found: Sequence[Row]) -> str:
    """Write all ratios as one Markdown table."""
    lines = ["| script | what | ratio | bound | kept |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.script} | {row.what} | {row.ratio:.2f} | {row.bound:g}"
        f" | {'yes' if row.kept else '**no**'} |"
        for row in found
    ]
    return "\n".join(lines)


def main(scripts: Sequence[str] = SCRIPTS) -> None:
    """Run them one after the other: what runs beside a measurement spoils it."""
    found: list[Row] = []
    failed: dict[str, str] = {}
    for script in scripts:
        began = time.monotonic()
        text, problem = run(script)
        print(f"## {script}\n\n{text}\n{time.monotonic() - began:.0f} s\n", flush=True)
        found += rows(script, text)
        if problem:
            failed[script] = problem
    print(f"## All\n\n{table(found)}\n")
    for script, problem in failed.items():
        print(f"Not measured to its end: {script} ({problem})")
    results = {
        "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": [round(load, 1) for load in os.getloadavg()],
        "rows": [{**asdict(row), "kept": row.kept} for row in found],
        "failed": failed,
    }
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:] or SCRIPTS)
