"""The server follows an edit: one build, one reload, and only what changed is made again."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest
from tests.site.conftest import run

from migdocs.commands import demo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE = 120  # seconds; a build on a busy machine


def fetched(url: str) -> str:
    """Give what the server answers; empty while it does not."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server
            return str(answer.read().decode())
    except OSError:
        return ""


def awaited(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.2)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str, Path]]:
    """Give a project, the address of its server, and what the server says."""
    root = demo.build(tmp_path / "sample")
    run(sys.executable, "-m", "migdocs", "init", cwd=root)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "log"
    with log.open("w") as said:
        command = [sys.executable, "-m", "mkdocs", "serve", "--dev-addr", f"127.0.0.1:{port}"]
        environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
        server = subprocess.Popen(command, cwd=root, stdout=said, stderr=said, env=environment)
        try:
            awaited(lambda: "Serving on" in log.read_text())
            yield root, f"http://127.0.0.1:{port}", log
        finally:
            server.terminate()
            server.wait(timeout=30)


def test_one_edit_is_one_build(served: tuple[Path, str, Path]) -> None:
    """What was edited is shown; the rest is there as it was, and search still finds it."""
    root, url, log = served
    edited = f"{url}/database/migrations/initial_schema/"
    other = f"{url}/database/migrations/20240103_add_activity_log_smart_fields/"
    before, index = fetched(other), json.loads(fetched(f"{url}/search/search_index.json"))
    script = root / "migrations/initial_schema.sql"
    script.write_text(f"-- quite another remark\n{script.read_text()}")
    awaited(lambda: "quite another remark" in fetched(edited))
    time.sleep(3)  # a second build would begin by now
    assert log.read_text().count("Building documentation...") == 2
    assert "quite another remark" in fetched(edited)
    marks = "livereload("  # with the time of the build
    assert fetched(other).partition(marks)[0] == before.partition(marks)[0]
    again = json.loads(fetched(f"{url}/search/search_index.json"))
    assert {item["location"] for item in again["docs"]} >= {
        item["location"] for item in index["docs"]
    }
    assert len(again["docs"]) == len({item["location"] for item in again["docs"]})
    # A listed page that says the same is not read again, and says it with its headings.
    breaking = fetched(f"{url}/database/breaking/")
    assert "Breaking changes" in breaking.partition("<title>")[2].partition("</title>")[0]
    assert '<a href="#see-also" class="md-nav__link">' in breaking
    assert subprocess.run(
        ["git", "status", "--porcelain", "docs"], cwd=root, capture_output=True, check=True
    ).stdout in {b"", b"?? docs/index.md\n", b"?? docs/\n"}
    assert not (root / "docs/database").exists()
