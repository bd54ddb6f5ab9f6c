"""Real projects' change logs: one heading a release, by hand or ours; none is lost or doubled."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Corpus = Callable[[str], Path]

# Project → its migrations, and what is checked out.
PROJECTS = {
    "authapi": ("migrations", "HEAD"),
    "opentdf": ("service/policy/db/migrations", "HEAD"),
    "pocketid": ("backend/resources/migrations/postgres", "HEAD"),
    "graphnode": ("store/postgres/migrations", "HEAD"),
    "marquez": ("api/src/main/resources/marquez/db/migration", "HEAD"),
    "ftl": ("backend/controller/sql/schema", "v0.410.2"),
}
# Its own log passes over releases of long ago; they stay untold, as nobody wants them above today.
PASSED_OVER = {"graphnode"}
LOGS = ("CHANGELOG.md", "NEWS.md")
_HEADING = re.compile(r"^##? \[?v?(\d+\.\d+[\w.+-]*)", re.MULTILINE)


def releases(repository: Path) -> Iterator[str]:
    """List the versions that tags name; of several on one commit only the last of each number."""
    shape = "--format=%(refname:short) %(objectname) %(*objectname)"
    lines = subprocess.run(
        ["git", "-C", repository, "for-each-ref", "refs/tags", "--sort=version:refname", shape],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    final: dict[tuple[str, str], str] = {}
    for tag, *ids in map(str.split, lines):
        version = tag.rpartition("/")[2].removeprefix("v")
        number, _, suffix = version.partition("-")
        if not suffix or (ids[-1], number) not in final or "-" in final[ids[-1], number]:
            final[ids[-1], number] = version
    return iter(final.values())


@pytest.mark.parametrize("name", PROJECTS)
def test_every_release_has_one_heading(name: str, corpus: Corpus, tmp_path: Path) -> None:
    """Also beside a change log that people wrote, whose text stays around ours."""
    migrations, revision = PROJECTS[name]
    project = shutil.copytree(corpus(name), tmp_path / name, symlinks=True)
    subprocess.run(["git", "-C", project, "checkout", "--quiet", revision], check=True)
    log = next(filter(Path.exists, (project / found for found in LOGS)), project / LOGS[0])
    before = log.read_text(encoding="utf-8") if log.exists() else ""
    subprocess.run(
        [sys.executable, "-m", "migdocs", "generate", "changelog", "--adopt", "--quiet"],
        cwd=project,
        env={**os.environ, "MIGDOCS_MIGRATIONS": migrations},
        check=True,
    )
    text = log.read_text(encoding="utf-8")
    above, _, rest = text.partition("<!-- migdocs:begin changelog -->\n")
    below = rest.partition("<!-- migdocs:end changelog -->\n")[2].removeprefix("\n")
    assert above + below == before
    headings = Counter(_HEADING.findall(text))
    assert not [version for version, count in headings.items() if count > 1]
    # A candidate of a final release that is told has no heading of its own.
    final = {version for version in releases(project) if "-" not in version}
    if name in PASSED_OVER:
        assert headings.keys() == set(_HEADING.findall(before))
    else:
        assert final <= headings.keys()
    assert headings
