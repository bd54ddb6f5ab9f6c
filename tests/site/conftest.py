"""A site that was built, and a real browser to read it with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from migdocs.commands import demo, project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

    from migdocs.commands.project import Project

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# What a careless page would run, swallow or break at.
HOSTILE = "</script><img src=x onerror=alert(1)> {{ 7*7 }} **bold** `x` <!-- migdocs:end -->"


@dataclass(frozen=True)
class Site:
    """A project and its site as MkDocs built it."""

    root: Path
    built: Path
    project: Project

    def url(self, page: str, query: str = "") -> str:
        """Give a page's address as a file: nothing is served."""
        return (self.built / page / "index.html").as_uri() + query


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end, with what it says."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, check=False, env={**os.environ, **environment}
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
    return done


def built(root: Path) -> Site:
    """Build a project's site as its users do."""
    run(sys.executable, "-m", "migdocs", "build", cwd=root)
    return Site(root, root / "site", project.read(root))


def lay_site(root: Path) -> None:
    """Set a project up as its users do."""
    run(sys.executable, "-m", "migdocs", "init", cwd=root)


def release(
    root: Path, version: str, files: dict[str, str], *, remove: tuple[str, ...] = ()
) -> None:
    """Commit files and tag them."""
    for path in remove:
        (root / path).unlink()
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    run("git", "add", "--all", cwd=root)
    run("git", "commit", "--quiet", "-m", f"feat!: {HOSTILE}", cwd=root)
    run("git", "tag", version, cwd=root)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Give the sample with a hostile release, a deleted script, a back-port and a declared stop."""
    root = demo.build(tmp_path_factory.mktemp("site") / "sample")
    lay_site(root)
    (root / "migdocs.toml").write_text(
        'stops = ["v1.2.0"]\n\n[leave_when]\n"v1.2.0" = "the queue is empty"\n\n'
        '[commands]\nstop = "systemctl stop app"\nhealth = "curl localhost/health"\n'
    )
    evil = "migrations/20240401_evil"
    release(
        root,
        "v1.2.0",
        {
            f"{evil}.sql": f"-- {HOSTILE}\nALTER TABLE users DROP COLUMN password_hash;\n",
            f"{evil}.md": f"# Migration: {HOSTILE}\n\n**Breaking:** Yes\n**Downtime:** Required\n\n"
            f"## What to do\n\n{HOSTILE}\n\n## Configuration\n\nSet `TTL`; {HOSTILE}\n\n"
            f"## Verification\n\n{HOSTILE}\n\n```sql\nSELECT '{HOSTILE}' <> '';\n```\n\n"
            f"## Way back\n\n{HOSTILE}\n\n## Troubleshooting\n\n{HOSTILE}\n",
        },
    )
    drafts = "migrations/20240501_drafts"
    release(
        root,
        "v1.3.0",
        {
            f"{drafts}.sql": "CREATE TABLE drafts (id bigint PRIMARY KEY);\n",
            f"{drafts}_rollback.sql": "DROP TABLE drafts;\n",
        },
    )
    run("git", "checkout", "--quiet", "-b", "1.1.x", "v1.1.0", cwd=root)
    late = "migrations/20240601_late"
    scripts = {
        f"{late}.sql": "SET lock_timeout = '5s'; CREATE INDEX late ON users (email);\n",
        f"{late}_rollback.sql": "DROP INDEX late;\n",
    }
    lay_site(root)
    release(root, "v1.1.1", scripts)
    run("git", "checkout", "--quiet", "main", cwd=root)
    release(root, "v2.0.0", scripts, remove=(f"{drafts}.sql", f"{drafts}_rollback.sql"))
    (root / "migrations/20240701_next.sql").write_text("DROP TABLE activity_logs;\n")
    return built(root)


@pytest.fixture(scope="session")
def pocketid(corpus: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Give a real project of 130 releases and 64 migrations, with its site."""
    root = tmp_path_factory.mktemp("site") / "pocketid"
    shutil.copytree(corpus("pocketid"), root)
    lay_site(root)
    (root / "migdocs.toml").write_text('migrations = "backend/resources/migrations/postgres"\n')
    return built(root)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give Chromium; skip where there is none, or nothing to drive it with."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Give a browser that knows nothing of other tests."""
    fresh = browser.new_context(viewport={"width": 1280, "height": 900})
    yield fresh
    fresh.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Give an open tab that fails where a script of ours does."""
    return context.new_page()
