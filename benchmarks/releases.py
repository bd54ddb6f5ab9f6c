"""Time the change log beside its peers: real projects' histories, and a made-up large one.

Usage: ``python benchmarks/releases.py [--runs 5] [--bundles FOLDER] [--only NAME]``. The peers and
this checkout are installed into an environment that is thrown away, all of them compiled. The tools
take turns, so that other work on the machine meets them alike. For each history and each tool the
median of the runs is printed as a Markdown table: CPU seconds of the tool and its children, wall
seconds, and the memory of its largest process.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import statistics
import subprocess
import tempfile
import time
import venv
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import histories

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PEERS = ("git-cliff", "git-changelog", "commitizen")
HERE = Path(__file__).resolve().parents[1]
# Bundle → its migrations, which only migdocs reads.
BUNDLES = {
    "opentdf": "service/policy/db/migrations",
    "pocketid": "backend/resources/migrations/postgres",
    "graphnode": "store/postgres/migrations",
    "marquez": "api/src/main/resources/marquez/db/migration",
    "ftl": "backend/controller/sql/schema",
}
# What migdocs forgets before each run: all; its answer, as after any commit; nothing.
FORGOTTEN = {
    "migdocs, first time": "*",
    "migdocs, after a commit": "changelog.json",
    "migdocs, again": "",
}
LIMIT = 120  # seconds that a run may take
FIELDS = "%H%x00%P%x00%at%x00%cs%x00%aN%x00%B"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took; None in ``code`` where it was stopped."""

    cpu: float
    wall: float
    memory: float
    code: int | None


def main() -> None:
    """Run everything and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--bundles", type=Path, default=Path(os.environ.get("MIGDOCS_CORPORA", "../shared/corpora"))
    )
    parser.add_argument("--only", choices=[*BUNDLES, "large"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="migdocs-benchmark-") as folder:
        tools = install(Path(folder) / "peers")
        print(heading(tools, options.runs))
        for name, repository, migrations in projects(Path(folder), options.bundles, options.only):
            print(f"\n{table(name, repository, migrations, tools, options.runs)}", flush=True)


def install(folder: Path) -> Path:
    """Install the peers and migdocs into an environment of their own; give its programs' folder."""
    venv.create(folder, with_pip=True)
    programs = folder / "bin"
    subprocess.run(
        [programs / "pip", "install", "--quiet", "--disable-pip-version-check", *PEERS, HERE],
        check=True,
    )
    subprocess.run(
        [programs / "python", "-m", "compileall", "-q", folder],
        check=False,  # some packages hold files of older Pythons
        stdout=subprocess.DEVNULL,
    )
    return programs


def projects(folder: Path, bundles: Path, only: str | None) -> Iterator[tuple[str, Path, str]]:
    """Yield the histories: name, repository, and the folder of the migrations."""
    for name, migrations in BUNDLES.items():
        if only in {None, name}:
            place = folder / name
            bundle = bundles / f"{name}.bundle"
            subprocess.run(["git", "clone", "--quiet", bundle, place], check=True)
            yield name, place, migrations
    if only in {None, "large"}:
        shape = histories.LARGE
        title = f"made up: {shape.commits:,} commits, {shape.tags:,} tags"
        yield title, histories.make(folder / "large", shape), "migrations"


def commands(tools: Path) -> dict[str, list[str | Path]]:
    """Give each tool's command for the change log of a whole history, on standard output."""
    return {
        "git log, same fields": ["git", "log", "--topo-order", f"--format={FIELDS}", "--all"],
        **{name: [tools / "migdocs", "changelog"] for name in FORGOTTEN},
        "git-cliff": [tools / "git-cliff", "--offline"],
        "git-changelog": [tools / "git-changelog", "--convention", "conventional", "."],
        "commitizen": [tools / "cz", "changelog", "--dry-run"],
    }


def table(name: str, repository: Path, migrations: str, tools: Path, runs: int) -> str:
    """Measure every tool on one history and write a table."""
    count = subprocess.run(
        ["git", "-C", repository, "rev-list", "--all", "--count"], check=True, capture_output=True
    ).stdout.decode()
    lines = [f"### {name}", "", f"{int(count):,} commits.", "", *HEADER]
    settings = {"MIGDOCS_MIGRATIONS": migrations, "XDG_CACHE_HOME": f"{repository}-cache"}
    measured = measure(commands(tools), repository, settings, runs)
    fastest = min(
        (
            statistics.median(cost.cpu for cost in costs)
            for t, costs in measured.items()
            if costs and t in BESIDE
        ),
        default=0.0,
    )
    for tool, costs in measured.items():
        if not costs:
            lines.append(f"| {tool} | more than {LIMIT} s, stopped | | | | |")
            continue
        cpu, wall, memory = (
            statistics.median(getattr(cost, part) for cost in costs) for part in MEASURED
        )
        failed = f" (exit code {costs[-1].code})" if costs[-1].code else ""
        ratio = f"{cpu / fastest:.2f}" if fastest else ""
        bound = "1" if tool in BOUNDED else ""
        figures = f"{cpu:.2f} s | {wall:.2f} s | {memory:.0f} MB"
        lines.append(f"| {name}: {tool}{failed} | {figures} | {ratio} | {bound} |")
    return "\n".join(lines)


MEASURED = ("cpu", "wall", "memory")
HEADER = ("| tool | CPU | wall | memory | ratio | bound |", "|---|---|---|---|---|---|")
# Whose least is 1 in the column of ratios, and the rows that are to be below it.
BESIDE = frozenset(PEERS)
BOUNDED = frozenset(("migdocs, first time", "migdocs, after a commit"))


def measure(
    tools: Mapping[str, list[str | Path]], folder: Path, settings: Mapping[str, str], runs: int
) -> dict[str, list[Cost]]:
    """Run every tool some times after one time that does not count; none where one takes too long.

    What migdocs keeps between runs is thrown away before each run that is to be without it.
    """
    costs: dict[str, list[Cost]] = {tool: [] for tool in tools}
    stopped = {t for t, command in tools.items() if run(command, folder, settings).code is None}
    for _ in range(runs):
        for tool in (tool for tool in tools if tool not in stopped):
            forget = FORGOTTEN.get(tool, "")
            for kept in Path(settings["XDG_CACHE_HOME"]).rglob(forget) if forget else ():
                kept.unlink() if kept.is_file() else None
            costs[tool].append(run(tools[tool], folder, settings))
    return costs


def run(command: list[str | Path], folder: Path, settings: Mapping[str, str]) -> Cost:
    """Run a command once, with its output thrown away."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(process.pid, signal.SIGKILL))
    signal.alarm(LIMIT)
    _, status, usage = os.wait4(process.pid, 0)
    signal.alarm(0)
    process.returncode = os.waitstatus_to_exitcode(status)
    code = None if process.returncode == -signal.SIGKILL else process.returncode
    wall = time.perf_counter() - began
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, code)


def heading(tools: Path, runs: int) -> str:
    """Say when, where and with which versions."""
    listed = subprocess.run(
        [tools / "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    versions = [
        line.replace("==", " ")
        for line in listed
        if line.partition("==")[0].replace("_", "-") in PEERS
    ]
    git = subprocess.run(["git", "version"], check=True, capture_output=True, text=True).stdout
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores of {processor()},"
        f" Python {platform.python_version()}, {git.strip()}, {', '.join(versions)};"
        f" median of {runs} runs."
    )


def processor() -> str:
    """Name the processor, as Linux has it."""
    place = Path("/proc/cpuinfo")
    lines = place.read_text(encoding="utf-8").splitlines() if place.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()
