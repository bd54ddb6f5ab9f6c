"""Time ``migdocs --help`` and ``migdocs generate`` against the start-up that nobody can avoid.

Ratios of CPU seconds, this process's children only, the least of several runs: that is what the
machine can do when nothing else is in its way. Run by hand: ``python benchmarks/generate.py``.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CORPORA = Path(os.environ.get("MIGDOCS_CORPORA", "../shared/corpora"))
PYTHON = sys.executable
IMPORTS = [PYTHON, "-c", "import click, jinja2"]
RUNS = 7
TAGS = 200


def cpu(
    command: list[str], root: Path, runs: int = RUNS, *, before: list[str] | None = None
) -> float:
    """Give the least CPU seconds of a command and its children, of several runs."""
    least = float("inf")
    for _ in range(runs):
        if before:
            subprocess.run(before, cwd=root, check=True, capture_output=True)
        start = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=root, check=True, capture_output=True)
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime
        least = min(least, used)
    return least


def migdocs(*arguments: str) -> list[str]:
    """Give a command line of ours."""
    return [PYTHON, "-m", "migdocs", *arguments]


def made_up(root: Path, migrations: int) -> Path:
    """Make a repository of this many triples, shipped by 200 tags, a commit each."""
    stream: list[str] = ["reset refs/heads/main\n"]
    each = migrations // TAGS
    for release in range(TAGS):
        date = f"{1_600_000_000 + release * 86_400} +0000"
        subject = f"feat: release {release}"
        stream += [
            "commit refs/heads/main\n",
            f"committer Ada <ada@example.org> {date}\ndata {len(subject)}\n{subject}\n",
        ]
        for index in range(each):
            number = release * each + index
            stem = f"migrations/{20200101 + number // 400}_{number:06}_change_{number}"
            column = f"column_{number}"
            for path, text in (
                (f"{stem}.sql", f"ALTER TABLE things ADD COLUMN {column} text;\n"),
                (f"{stem}_rollback.sql", f"ALTER TABLE things DROP COLUMN {column};\n"),
                (f"{stem}.md", f"# Migration: Change {number}\n\n**Breaking:** No\n"),
            ):
                stream.append(f"M 100644 inline {path}\ndata {len(text)}\n{text}\n")
        stream.append(f"reset refs/tags/v1.{release}.0\nfrom refs/heads/main\n\n")
    root.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=root, check=True)
    subprocess.run(
        ["git", "fast-import", "--quiet"], cwd=root, input="".join(stream).encode(), check=True
    )
    subprocess.run(["git", "checkout", "-q", "-f", "main"], cwd=root, check=True)
    return root


def row(what: str, used: float, base: float, limit: str) -> None:
    """Print one line of the table."""
    print(f"| {what} | {used:.3f} | {used / base:.2f} | {limit} |")


def main() -> None:
    """Measure, and print a Markdown table."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        os.environ["XDG_CACHE_HOME"] = str(work / "cache")
        authapi = work / "authapi"
        bundle = str((CORPORA / "authapi.bundle").resolve())
        subprocess.run(["git", "clone", "-q", bundle, str(authapi)], check=True)
        subprocess.run(migdocs("init", "-q"), cwd=authapi, check=True)
        subprocess.run(migdocs("generate", "-q", "--adopt"), cwd=authapi, check=True)

        click = cpu([PYTHON, "-c", "import click"], authapi)
        base = cpu(IMPORTS, authapi)
        spoil = ["sed", "-i", "s/^# Breaking changes/# Broken/", "docs/BREAKING_CHANGES.md"]
        print("| what | CPU s | ratio | bound |\n|---|---|---|---|")
        row("`import click`", click, click, "1")
        row("`migdocs --help`", cpu(migdocs("--help"), authapi), click, "1.25")
        row("`migdocs --version`", cpu(migdocs("--version"), authapi), click, "1.25")
        row("`import click, jinja2`", base, base, "1")
        changed = cpu(migdocs("generate"), authapi, before=spoil)
        row("`generate`, authapi, a document to write", changed, base, "2")
        row("`generate`, authapi, nothing changed", cpu(migdocs("generate"), authapi), base, "2")
        cold = ["rm", "-rf", str(work / "cache")]
        row(
            "`generate`, authapi, cache deleted",
            cpu(migdocs("generate"), authapi, before=cold),
            base,
            "",
        )

        times = {}
        for migrations in (1_000, 10_000):
            root = made_up(work / str(migrations), migrations)
            times[migrations] = cpu(migdocs("generate"), root, 2, before=cold)
            shutil.rmtree(root)
        authapi_cold = cpu(migdocs("generate"), authapi, before=cold)
        row(
            "1,000 migrations, 200 tags, against authapi (both cold)",
            times[1_000],
            authapi_cold,
            "10",
        )
        row("10,000 migrations, against 1,000 (both cold)", times[10_000], times[1_000], "8")


if __name__ == "__main__":
    main()
