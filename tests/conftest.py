"""Fixtures that several rooms' tests share: real projects' migrations, git and PostgreSQL."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pristine
from migdocs.adapters import sandbox
from migdocs.adapters.sandbox import programs
from migdocs.core.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CORPORA = Path(
    os.environ.get("MIGDOCS_CORPORA", Path(__file__).parents[1].parent / "shared" / "corpora")
)

# Run in this order, and before all others: a worker that meets one of them last works alone.
LONGEST = (
    "site/",
    "corpora/test_proof.py",
    "adapters/test_dump_under_fire.py",
    "corpora/test_history_cases.py",
    "packaging/test_installed.py",
    "adapters/test_sandbox_walls.py",
    "adapters/test_verify_hostile.py",
    "adapters/test_verify.py",
)
# Their tests share nothing that is dear to make, so that each is for the next worker that is free.
APART = LONGEST[1:4]

# Folders of more servers' programs, as a pattern: "/opt/postgres/*/bin". What differs by version is
# then tried on each of them.
MORE_SERVERS = os.environ.get("MIGDOCS_SERVERS", "")
if MORE_SERVERS:
    programs.PLACES = (*programs.PLACES, MORE_SERVERS)

# A commit made by a test has the same id on every machine.
PINNED = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests together, on one worker, with what they share; the longest come first."""

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(Path(__file__).parent).as_posix()
        return next((n for n, one in enumerate(LONGEST) if path.startswith(one)), len(LONGEST))

    items.sort(key=place)
    for item in items:
        found = place(item)
        if found < len(LONGEST) and LONGEST[found] in APART:
            continue
        group = LONGEST[0] if found == 0 else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session", autouse=True)
def _pinned(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give every git one author and no configuration of the machine's, and folders of our own."""
    # What runs in the background may ignore Ctrl-C, and so would all that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(PINNED)
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
    os.environ.pop("MIGDOCS_STATE_DIR", None)
    os.environ["MIGDOCS_TEST_SERVERS"] = str(tmp_path_factory.mktemp("servers"))
    pristine.keep(Path(os.environ["MIGDOCS_TEST_SERVERS"]))


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give a fresh clone of a real project's migrations by name; skip where they are absent."""
    clones: dict[str, Path] = {}

    def clone(name: str) -> Path:
        bundle = CORPORA / f"{name}.bundle"
        if not bundle.exists():
            pytest.skip(f"no corpora at {CORPORA}: set MIGDOCS_CORPORA")
        if name not in clones:
            clones[name] = tmp_path_factory.mktemp(name) / name
            subprocess.run(["git", "clone", "--quiet", bundle, clones[name]], check=True)
        return clones[name]

    return clone


@pytest.fixture(scope="session")
def truth() -> Path:
    """Give the folder that says what is true of the corpora; skip where it is absent."""
    if not (CORPORA / "truth").is_dir():
        pytest.skip(f"no corpora at {CORPORA}: set MIGDOCS_CORPORA")
    return CORPORA / "truth"


@pytest.fixture(scope="session")
def postgres() -> Iterator[sandbox.Server]:
    """Give one throw-away PostgreSQL for the whole run; skip where no server is to be had."""
    try:
        sandbox.find_binaries()
    except MachineError as error:
        pytest.skip(f"{error}. {error.hint}")
    with sandbox.server(room=2_000_000_000) as server:
        yield server


_numbers = itertools.count(1)


@pytest.fixture
def database(postgres: sandbox.Server) -> str:
    """Give the URL of a fresh, empty database."""
    return postgres.create_database(f"test_{next(_numbers)}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in CI that a skipped test is a failed run."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and os.environ.get("MIGDOCS_NO_SKIP"):
        terminalreporter.write_line(f"{len(skipped)} skipped, where nothing may be", red=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run in CI where a test was skipped: there everything that is needed is installed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("MIGDOCS_NO_SKIP") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
