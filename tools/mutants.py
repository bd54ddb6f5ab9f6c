"""Change one token of the core at random, and see whether the core's own tests notice.

    python tools/mutants.py [SAMPLES [SEED [ROOM]]]

A comparison, ``and`` and ``or``, ``not``, a whole number or the condition of an ``if`` is changed,
in a copy of the project. Which test files run a function is found out once, by running all of
``tests/core``; of a change only those files are run, the quickest first. What nobody notices is
listed with its place: a test is missing, the code is dead, or the change means the same. A room of
the core (``hazards``) is tried alone, with its own tests where these have a folder.
"""

from __future__ import annotations

import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
# The core, and what of the adapters is pure.
PLACES = ("src/migdocs/core", "src/migdocs/adapters/layouts")
TESTS = "tests/core"
LIMIT = 120  # seconds that the tests of one change may take; a loop that never ends is noticed
SWAPS: dict[type[ast.cmpop], str] = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}
# What pytest loads to write down which functions of ours each test file runs.
TRACER = """
import collections, json, os, sys, time

RUN, SPENT, FAILED = collections.defaultdict(set), collections.Counter(), []
HERE = os.getcwd() + "/"


def pytest_runtest_protocol(item, nextitem):
    file, began = item.nodeid.partition("::")[0], time.perf_counter()
    seen = RUN[file]

    def note(frame, event, _):
        if event == "call" and frame.f_code.co_filename.startswith(HERE + "src/"):
            code = frame.f_code
            seen.add((code.co_filename[len(HERE):], code.co_firstlineno))

    sys.setprofile(note)
    from _pytest.runner import runtestprotocol

    runtestprotocol(item, nextitem=nextitem)
    sys.setprofile(None)
    SPENT[file] += time.perf_counter() - began
    return True


def pytest_runtest_logreport(report):
    if report.failed:
        FAILED.append(report.nodeid)


def pytest_sessionfinish():
    with open("run.json", "w") as stream:
        found = {file: [SPENT[file], sorted(seen)] for file, seen in RUN.items()}
        json.dump({"files": found, "failed": FAILED}, stream)
"""


# Test file → the seconds that it takes, and the functions that it runs: file and first line.
Runners = dict[str, tuple[float, set[tuple[str, int]]]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: a piece of a file's text, from one place to another, and what stands there then.

    Attributes:
        functions: the first lines of the functions around it, the outermost first.
    """

    path: str
    line: int
    start: int
    end: int
    text: str
    functions: tuple[int, ...]


def mutants(path: Path) -> Iterator[Mutant]:
    """Give every change of a file."""
    text = path.read_text(encoding="utf-8")
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    name = str(path.relative_to(ROOT))
    for node, functions in _walk(ast.parse(text), ()):
        for start, end, new in _changes(node, text.encode(), starts):
            yield Mutant(name, getattr(node, "lineno", 0), start, end, new, functions)


def _walk(node: ast.AST, functions: tuple[int, ...]) -> Iterator[tuple[ast.AST, tuple[int, ...]]]:
    """Give every node that runs, with the functions around it; no annotation, no decorator."""
    yield node, functions
    inner = functions
    if isinstance(node, (ast.FunctionDef, ast.Lambda)):
        decorators = getattr(node, "decorator_list", [])
        inner = (*functions, min([node.lineno, *(d.lineno for d in decorators)]))
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _walk(child, inner)


def _changes(node: ast.AST, text: bytes, starts: list[int]) -> Iterator[tuple[int, int, str]]:
    """Give the changes of one node: from, to, and the new text."""

    def place(line: int, column: int) -> int:
        return starts[line - 1] + column

    def span(item: ast.expr) -> tuple[int, int]:
        return (
            place(item.lineno, item.col_offset),
            place(item.end_lineno or 0, item.end_col_offset or 0),
        )

    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        start, end = span(node.left)[1], span(node.comparators[0])[0]
        between = text[start:end].decode()
        if set(between) <= set(" !=<>innotis"):
            yield start, end, f" {SWAPS[type(node.ops[0])]} "
    elif isinstance(node, ast.BoolOp):
        start, end = span(node.values[0])[1], span(node.values[1])[0]
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        if len(node.values) == 2 and text[start:end].decode().strip() == old:  # noqa: PLR2004
            yield start, end, f" {new} "
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        start, end = span(node)
        yield start, end, f"bool({text[slice(*span(node.operand))].decode()})"
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        start, end = span(node)
        yield start, end, str(node.value + 1)
    elif isinstance(node, ast.If) and ast.unparse(node.test) != "TYPE_CHECKING":
        start, end = span(node.test)
        yield start, end, f"not ({text[start:end].decode()})"


def copied(folder: Path) -> Path:
    """Copy what the tests need."""
    for name in ("src", "tests", "docs", "tools", "benchmarks"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md", "Makefile"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def tested(folder: Path, files: list[str], *more: str) -> int:
    """Run some test files on the copy; give pytest's exit code, 1 where it took too long."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *more, *files]
    settings = {**os.environ, "PYTHONPATH": f"{folder / 'src'}:{folder}", "PYTHONHASHSEED": "0"}
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=settings | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            timeout=None if "tracer" in more else LIMIT,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return 1


def runners(folder: Path, tests: str) -> tuple[Runners, list[str]]:
    """Give what each test file takes and which functions it runs, and the tests that fail here.

    Those measure time, or look at what is not copied: they say nothing of a change.
    """
    (folder / "tracer.py").write_text(TRACER, encoding="utf-8")
    tested(folder, [tests], "-p", "tracer")
    found = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    files = found["files"].items()
    known = {file: (spent, {(p, n) for p, n in seen}) for file, (spent, seen) in files}
    return known, found["failed"]


def chosen(mutant: Mutant, known: Runners) -> list[str]:
    """Give the test files that run the function around a change, the quickest first."""
    wanted = {(mutant.path, line) for line in mutant.functions[-1:]}
    files = [
        (spent, file)
        for file, (spent, seen) in known.items()
        if (wanted & seen if wanted else any(path == mutant.path for path, _ in seen))
    ]
    return [file for _, file in sorted(files)]


def say(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(samples: int = 300, seed: int = 1, room: str = "") -> None:
    """Try some changes; print what nobody noticed, and the share that was."""
    places = [f"{PLACES[0]}/{room}"] if room else PLACES
    tests = f"{TESTS}/{room}" if (ROOT / TESTS / room).is_dir() else TESTS
    files = [p for place in places for p in sorted((ROOT / place).rglob("*.py"))]
    every = [mutant for path in files for mutant in mutants(path)]
    picked = random.Random(seed).sample(every, min(samples, len(every)))  # noqa: S311 - a sample
    noticed, began = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="migdocs-mutants-") as name:
        folder = copied(Path(name))
        known, failed = runners(folder, tests)
        left_out = ("-x", *(f"--deselect={test}" for test in failed))
        say(f"{len(known)} test files; {len(failed)} tests fail in a copy, and are left out")
        for mutant in picked:
            place = folder / mutant.path
            whole = place.read_bytes()
            old = whole[mutant.start : mutant.end].decode()
            place.write_bytes(whole[: mutant.start] + mutant.text.encode() + whole[mutant.end :])
            run = chosen(mutant, known)
            if run and tested(folder, run, *left_out):
                noticed += 1
            else:
                why = "" if run else " (no test runs it)"
                say(f"{mutant.path}:{mutant.line}: {old!r} → {mutant.text!r}{why}")
            place.write_bytes(whole)
    say(
        f"{noticed} of {len(picked)} changes noticed ({noticed / len(picked):.0%}), of"
        f" {len(every):,} that there are; seed {seed}, {time.monotonic() - began:.0f} s"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:])
