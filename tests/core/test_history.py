"""History at size: linear in what changed, whatever the number of releases."""

from __future__ import annotations

import time

from migdocs.core.model import Migration, Script
from migdocs.core.releases import history, lineage
from migdocs.core.releases.history import GitFacts
from migdocs.core.releases.told import Told
from migdocs.core.timeline import Commit, FileChange, Tag

RELEASES = 200
MIGRATIONS = 10_000
COMMITS = 20_000


def test_two_hundred_releases_of_ten_thousand_migrations() -> None:
    """They are placed in a second; each release ships what those before it did, and its own."""
    names = [f"{number:05}" for number in range(MIGRATIONS)]
    each = MIGRATIONS // RELEASES
    changes = tuple(
        tuple(
            FileChange(f"migrations/{name}.sql", None, "blob")
            for name in names[number * each : (number + 1) * each]
        )
        for number in range(RELEASES)
    )
    commits = tuple(
        Commit(str(number), f"feat: {number}", parents=(str(number - 1),) if number else ())
        for number in reversed(range(COMMITS))
    )
    step = COMMITS // RELEASES
    tags = [
        Tag(f"v1.{number}.0", f"v1.{number}.0", str((number + 1) * step - 1), "2026-01-01")
        for number in range(RELEASES)
    ]
    began = time.process_time()
    trace = lineage.trace(tags, commits, str(COMMITS - 1))
    facts = GitFacts(trace, changes, commits)
    found = history.place(
        [Migration(name, Script(name, "")) for name in names], facts, identify, Told()
    )
    assert time.process_time() - began < 3
    assert len(found.releases) == RELEASES
    assert found.releases[-1].ships == tuple(names)
    assert found.placements[names[-1]].release == f"v1.{RELEASES - 1}.0"
    assert all(len(release.commits) == step for release in found.releases)


def identify(path: str) -> tuple[str, str]:
    """Tell which migration a path is."""
    return path.removeprefix("migrations/").removesuffix(".sql"), "forward"
