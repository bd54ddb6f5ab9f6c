"""Run every benchmark, print one table of ratios with their bounds, and write ``results.json``.

``make bench`` runs it. Each script stands alone, takes no arguments and prints Markdown tables;
what a table holds in its columns *ratio* and *bound* is taken from there. A script that cannot run
here (no corpora, no browser, no peer to install) is named with its reason and stops no other.

``python benchmarks/suite.py sql generate`` runs these alone: what is known of the others stays,
with the day, the machine and the load that it was measured under.
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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HERE = Path(__file__).resolve().parent
SCRIPTS = ("values", "generate", "sql", "apply", "proof", "releases", "site")
RESULTS = HERE / "results.json"
LIMIT = 3_600  # seconds that a script may take
QUIET = 1.2  # a script keeps one core busy: where more is, other work ran beside it


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


def measured(script: str) -> dict[str, object]:
    """Run one script, print what it says, and give its ratios with all that they depend on."""
    began, load = time.monotonic(), os.getloadavg()[0]
    text, problem = run(script)
    found = list(rows(script, text))
    loads = [round(load, 1), round(os.getloadavg()[0], 1)]
    print(f"## {script}\n\n{text}\n{time.monotonic() - began:.0f} s\n", flush=True)
    return {
        "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "python": platform.python_version(),
        "machine": f"{os.cpu_count()} cores of {processor()}",
        "load": loads,
        "quiet": max(loads) <= QUIET,
        "rows": [{**asdict(row), "kept": row.kept} for row in found],
        "problem": problem,
    }


def processor() -> str:
    """Name the processor, as Linux has it."""
    place = Path("/proc/cpuinfo")
    lines = place.read_text(encoding="utf-8").splitlines() if place.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def main(scripts: Sequence[str] = SCRIPTS) -> None:
    """Run them one after the other: what runs beside a measurement spoils it."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for script in scripts:
        results[script] = measured(script)
        text = json.dumps(results, indent=1, ensure_ascii=False)
        RESULTS.write_text(text + "\n", encoding="utf-8")
    print(f"## All\n\n{summary({name: results[name] for name in scripts})}")


def summary(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the table of all ratios, and below it what makes some of them doubtful."""
    told = [item for result in results.values() for item in result["rows"]]
    found = [Row(**{name: item[name] for name in Row.__slots__}) for item in told]
    lines = [table(found), ""]
    for script, result in results.items():
        if not result["quiet"]:
            before, after = result["load"]
            lines.append(f"Other work ran beside {script}: the load was {before} and {after}.")
        if result["problem"]:
            lines.append(f"Not measured to its end: {script} ({result['problem']})")
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:] or SCRIPTS)
