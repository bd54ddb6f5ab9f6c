"""Time reading and judging SQL: beside squawk on the corpora, and beside the parser alone.

CPU seconds of this process's children, or of this process, the least of several runs that take
turns. squawk is installed into an environment that is thrown away. Run by hand:
``python benchmarks/sql.py``.
"""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import TYPE_CHECKING

from migdocs.core.hazards import judge
from migdocs.core.sql import parser, script

if TYPE_CHECKING:
    from collections.abc import Callable

CORPORA = Path(os.environ.get("MIGDOCS_CORPORA", "../shared/corpora"))
# Bundle → the revision whose scripts are read.
REVISIONS = {
    "authapi": "HEAD",
    "opentdf": "HEAD",
    "pocketid": "HEAD",
    "graphnode": "HEAD",
    "marquez": "HEAD",
    "ftl": "v0.410.2",
}
RUNS = 5
STATEMENTS = 5_000


def scripts(work: Path) -> list[str]:
    """Check every project out and list its SQL scripts."""
    found: list[str] = []
    for name, revision in REVISIONS.items():
        clone = work / name
        bundle = (CORPORA / f"{name}.bundle").resolve()
        subprocess.run(["git", "clone", "-q", bundle, clone], check=True)
        subprocess.run(["git", "-C", clone, "checkout", "-q", revision], check=True)
        found += [str(path.relative_to(work)) for path in sorted(clone.rglob("*.sql"))]
    return found


def squawk(work: Path) -> str:
    """Install squawk; give its program."""
    venv.create(work / "peer", with_pip=True)
    programs = work / "peer/bin"
    subprocess.run([programs / "pip", "install", "-q", "squawk-cli"], check=True)
    return str(programs / "squawk")


def cpu(command: list[str], root: Path, cache: str) -> float:
    """Give the CPU seconds of a command and its children; what it finds makes it exit 1."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "XDG_CACHE_HOME": cache, "PYTHONDONTWRITEBYTECODE": ""},
        capture_output=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode in {0, 1}, done.stderr
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def beside_squawk(work: Path) -> None:
    """Print what a run over all scripts costs."""
    root = work / "projects"
    root.mkdir()
    paths, peer = scripts(root), squawk(work)
    ours = [sys.executable, "-m", "migdocs"]
    check = [*ours, "check", "--postgres", "15", *paths]
    kept = str(work / "kept")  # beside the projects: nothing is kept inside of what is judged
    cpu(check, root, kept)  # writes the bytecode and the cache
    runs: dict[str, list[float]] = {}
    for index in range(RUNS):
        for name, command, cache in (
            ("`migdocs --version`", [*ours, "--version"], kept),
            ("`squawk`", [peer, *paths], kept),
            ("`migdocs check`, nothing kept", check, str(work / f"cache{index}")),
            ("`migdocs check`, nothing changed", check, kept),
        ):
            runs.setdefault(name, []).append(cpu(command, root, cache))
    least = {name: min(times) for name, times in runs.items()}
    start, whole = least["`migdocs --version`"], least["`squawk`"]
    print(f"{len(paths)} scripts\n\n| what | CPU s | beyond start-up | ratio | bound |")
    print("|---|---|---|---|---|")
    for name, used in least.items():
        beyond = used if name == "`squawk`" else used - start
        bound = "1" if name.startswith("`migdocs check`") else ""
        print(f"| {name} | {used:.3f} | {beyond:.3f} | {beyond / whole:.2f} | {bound} |")


def many() -> str:
    """Give a script of 5,000 statements of the kinds that migrations have."""
    blocks = STATEMENTS // 5
    return "".join(
        f"CREATE TABLE t{n} (id bigint PRIMARY KEY, owner_id bigint, name varchar(20) NOT NULL);\n"
        f"CREATE INDEX t{n}_name ON t{n} (name);\n"
        f"ALTER TABLE users ADD COLUMN c{n} text DEFAULT 'none';\n"
        f"UPDATE users SET c{n} = lower(name) WHERE id > {n};\n"
        f"ALTER TABLE t{n} ADD CONSTRAINT o{n} FOREIGN KEY (owner_id) REFERENCES users (id);\n"
        for n in range(blocks)
    )


def least(work: Callable[[], object]) -> float:
    """Give the least CPU seconds of several runs."""
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def beside_the_parser() -> None:
    """Print what reading and judging 5,000 statements costs beside parsing the same text."""
    gc.set_threshold(500_000)  # as the command line does
    text = many()
    library = parser.linked()
    alone = least(lambda: library.parse(text))
    ours = least(lambda: judge(parser.parse_all(script.split(text))))
    print(f"\n| {STATEMENTS:,} statements | CPU s | ratio | bound |\n|---|---|---|---|")
    print(f"| the parser alone | {alone:.3f} | 1.00 | 1 |")
    print(f"| split, parsed and judged | {ours:.3f} | {ours / alone:.2f} | 2.5 |")


def main() -> None:
    """Measure, and print Markdown tables."""
    with tempfile.TemporaryDirectory(prefix="migdocs-benchmark-") as folder:
        beside_squawk(Path(folder))
    beside_the_parser()


if __name__ == "__main__":
    main()
