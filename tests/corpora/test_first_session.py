"""The first session with a real project: from the installed package to a guide for operators.

Each is a script of a terminal: what is typed, what stands there then. Nothing is edited.
"""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Session:
    """What is typed, and what is to come of it.

    Attributes:
        answers: to the questions of ``init``; an empty line takes what it proposes.
        asked: how many those are.
        first: the document that it says to open.
        kept: hand-written files that are left alone.
        way: the versions of the guide that an operator asks for then.
        commands: that stand in its steps.
        never: what belongs to another way of upgrading.
    """

    answers: tuple[str, ...]
    asked: tuple[str, ...]
    first: str
    kept: tuple[str, ...]
    way: tuple[str, str]
    commands: tuple[str, ...]
    never: tuple[str, ...]


COLUMNS, ROWS = 100, 30  # of a terminal, which is one screen
WHO, READS, WRITE = "Who applies the migrations?", "Does anything but this", "Write this?"
DUMP = 'pg_dump --format=custom --file=before.dump "$DATABASE_URL"'
SESSIONS = {
    # It starts, and applies: golang-migrate is a part of it.
    "pocketid": Session(
        ("application", "", ""),
        (WHO, READS, WRITE),
        "UPGRADE_GUIDE.md",
        ("CHANGELOG.md",),
        ("v2.0.0", "v2.6.0"),
        (DUMP, "WHERE value = '20260418120000'", "FROM schema_migrations WHERE dirty"),
        ("migrate -path", "migdocs apply", "migdocs migrate"),
    ),
    # Everything as it is proposed.
    "graphnode": Session(
        ("", "", ""),
        (WHO, READS, WRITE),
        "UPGRADE_GUIDE.md",
        ("NEWS.md",),
        ("v0.38.0", "v0.39.0"),
        (DUMP, "diesel migration run --migration-dir store/postgres/migrations"),
        ("migdocs apply",),
    ),
    "opentdf": Session(
        ("", "", ""),
        (WHO, READS, WRITE),
        "UPGRADE_GUIDE.md",
        ("service/CHANGELOG.md",),
        ("v0.12.0", "v0.18.0"),
        (DUMP, "goose -dir service/policy/db/migrations"),
        ("migdocs apply", 'psql "$DATABASE_URL" -X -v ON_ERROR_STOP=1'),
    ),
    # Flyway in an image's entrypoint; it says in its table what it ran.
    "marquez": Session(
        ("image", "y", ""),
        (WHO, READS, WRITE),
        "UPGRADE_GUIDE.md",
        ("CHANGELOG.md",),
        ("0.40.0", "0.51.1"),
        (DUMP, "flyway_schema_history", "its log says 'Successfully applied'"),
        ("flyway -locations", "migdocs apply"),
    ),
    # No tags, and a log of its own.
    "authapi": Session(
        ("", "", ""),
        (WHO, READS, WRITE),
        "UPGRADE_GUIDE.md",
        ("CHANGELOG.md", "migrations/MIGRATIONS_LOG.md"),
        ("1.0.0-alpha.4", "1.0.0-alpha.6"),
        ("migdocs backup", "migdocs apply --to 1.0.0-alpha.6"),
        ('createdb --maintenance-db="$DATABASE_URL" restored',),
    ),
}


def typed(root: Path, answers: tuple[str, ...], *arguments: str) -> tuple[int, str]:
    """Run migdocs at a terminal, type the answers, and give what stands there."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "migdocs", *arguments],
        cwd=root,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": str(COLUMNS)},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        close_fds=True,
    ) as process:
        os.close(theirs)
        os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
        text = b""
        while select.select([ours], [], [], 120)[0]:
            try:
                text += os.read(ours, 65536)
            except OSError:  # the other side was closed
                break
        os.close(ours)
    lines = text.decode().replace("\r\n", "\n").split("\n")
    # What a carriage return begins anew is not to be seen any more.
    return process.returncode, "\n".join(line.rpartition("\r")[2] for line in lines).rstrip("\n")


@pytest.mark.parametrize("name", SESSIONS)
def test_two_commands_lead_to_a_guide(
    name: str, corpus: Callable[[str], Path], tmp_path: Path
) -> None:
    """`init`, with three answers at most, and `upgrade`: nothing is edited."""
    session, root = SESSIONS[name], tmp_path / name
    shutil.copytree(corpus(name), root)
    before = {path: (root / path).read_bytes() for path in session.kept}

    code, screen = typed(root, session.answers, "init")
    assert code == 0, screen
    assert [question for question in (WHO, READS, WRITE) if question in screen] == [*session.asked]
    assert sum(len(line) // COLUMNS + 1 for line in screen.splitlines()) <= ROWS, screen
    assert screen.splitlines()[-1] == f"Open this first: {session.first}"
    assert all(path in screen.partition("left alone:")[2].split("\n")[0] for path in session.kept)
    assert {path: (root / path).read_bytes() for path in session.kept} == before
    assert "<!-- migdocs:begin upgrade -->" in (root / session.first).read_text()

    code, guide = typed(root, (), "upgrade", *session.way)
    assert code == 0, guide
    assert all(command in guide for command in session.commands), guide
    assert not any(command in guide for command in session.never), guide
    assert_usable(guide)


def assert_usable(guide: str) -> None:
    """Hold a guide to what an operator needs at night."""
    steps = guide.partition("## Steps")[2].partition("\n## ")[0]
    numbers = [int(found) for found in re.findall(r"^(\d+)\. \*\*", steps, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert steps.count("**Expect:**") == steps.count("**Stop if**") == len(numbers)
    titles = re.findall(r"^\d+\. \*\*(.*)\*\*", steps, re.MULTILINE)
    stop, save, run = (
        next((n for n, title in enumerate(titles) if re.search(words, title)), -1)
        for words in ("^Stop the application", "^Back up the database", "^Run the|^Start one")
    )
    assert stop < save < run, titles
    for heading in ("## Is this your version?", "## Rollback to ", "## If a migration fails half"):
        assert heading in guide
    assert not re.search(r"\{[a-z_]+\}", guide), "nothing is left to be filled in"
