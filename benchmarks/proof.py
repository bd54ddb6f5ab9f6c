"""Time ``verify`` on a project's migrations, beside plain loops of psql and pg_dump.

    python benchmarks/proof.py [PROJECT FOLDER [LIMIT]]

Without arguments it is the service of the corpora whose migrations are the most.

The *short* loop goes up, down and up again in one database, and dumps the schema after each. The
*same* loop does what ``verify`` does: each migration in a copy of the database before it, with rows
in (the ones that ``verify`` puts in), schema and rows dumped four times. CPU seconds are those of
the whole machine, so nothing else may run.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from migdocs.adapters import catalog, layouts, sandbox
from migdocs.commands import verify
from migdocs.commands.verify import SERVER, Task
from migdocs.core.proof import evidence, fill

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.adapters.sandbox import Server
    from migdocs.core.model import Migration

TICKS = os.sysconf("SC_CLK_TCK")
CORPORA = Path(os.environ.get("MIGDOCS_CORPORA", "../shared/corpora"))
PROJECT, FOLDER = "opentdf", "service/policy/db/migrations"
ROOM = 6_000_000_000  # bytes, as verify asks for: all work in memory, or none


@dataclass
class Took:
    """Seconds on the clock, and of the machine's processors."""

    wall: float = 0.0
    cpu: float = 0.0


@contextlib.contextmanager
def timed() -> Iterator[Took]:
    """Time a block."""
    took = Took()
    wall, cpu = time.monotonic(), busy()
    yield took
    took.wall, took.cpu = time.monotonic() - wall, busy() - cpu


def busy() -> float:
    """Give the seconds that the machine's processors have worked since it started."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _, _, *others = map(int, fields)
    return (user + nice + system + sum(others)) / TICKS


def read(root: Path, folder: str, limit: int) -> tuple[Migration, ...]:
    """Read a project's migrations, those of SQL."""
    paths = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    paths = [path for path in paths if not path.startswith(".git/")]
    found = layouts.read(paths, folder, lambda path: (root / path).read_text(encoding="utf-8"))
    return tuple(m for m in found.migrations if m.forward)[: limit or None]


@dataclass(frozen=True)
class Programs:
    """The programs that come with PostgreSQL, on a server."""

    server: Server

    def run(self, database: str, sql: str) -> None:
        """Run a script; a statement that fails does not stop it."""
        self.start("psql", "-X", "-q", "-d", self.server.url(database), sql=sql)

    def dump(self, database: str, *options: str) -> str:
        """Dump a database."""
        return self.start("pg_dump", *options, "-d", self.server.url(database))

    def start(self, program: str, *arguments: str, sql: str = "") -> str:
        """Start a program, and give what it wrote."""
        assert self.server.binaries
        command = [str(self.server.binaries.folder / program), *arguments]
        return subprocess.run(
            command, input=sql, capture_output=True, text=True, check=False
        ).stdout


def short(programs: Programs, migrations: Sequence[Migration]) -> None:
    """Go up, down and up again in one database, and dump the schema after each."""
    programs.run("postgres", "CREATE DATABASE short TEMPLATE template0")
    programs.dump("short", "-s")
    for migration in migrations:
        for script in (migration.forward, migration.rollback, migration.forward):
            if script:
                programs.run("short", script.text)
                programs.dump("short", "-s")


def same(programs: Programs, migrations: Sequence[Migration], rows: Sequence[str]) -> None:
    """Do what ``verify`` does."""
    programs.run("postgres", "CREATE DATABASE base TEMPLATE template0")
    for migration, filled in zip(migrations, rows, strict=True):
        programs.run("postgres", "CREATE DATABASE copy TEMPLATE base")
        forward, back = migration.forward, migration.rollback
        assert forward
        for text in (filled, forward.text, *((back.text, forward.text) if back else ())):
            programs.run("copy", text)
            programs.dump("copy")
        programs.run("base", forward.text)
        programs.run("postgres", "DROP DATABASE copy WITH (FORCE)")


def rows_of(migrations: Sequence[Migration]) -> list[str]:
    """Give the rows that ``verify`` puts in before each migration, as scripts; not timed."""
    texts = []
    with (
        sandbox.server(settings=SERVER, room=ROOM) as server,
        psycopg.connect(server.create_database("rows"), autocommit=True) as connection,
    ):
        for migration in migrations:
            found = fill.inserts(catalog.read(connection))
            texts.append("\n".join(f"{insert.statements[0]};" for insert in found))
            assert migration.forward
            with contextlib.suppress(psycopg.Error), connection.transaction():
                connection.execute(migration.forward.text.encode())
    return texts


def main(root: Path, folder: str, limit: int = 0) -> None:
    """Print the table."""
    migrations = read(root, folder, limit)
    rows = rows_of(migrations)
    wanted = frozenset(m.id for m in migrations)
    with sandbox.server(settings=SERVER, room=ROOM) as server, timed() as alike:
        same(Programs(server), migrations, rows)
    with sandbox.server(settings=SERVER, room=ROOM) as server, timed() as quick:
        short(Programs(server), migrations)
    with timed() as ours:  # starting its servers included
        report = verify.verify(Task(root, None, migrations, wanted))
    text = evidence.write(map(evidence.of, report.proofs))
    with timed() as again:
        known = evidence.valid(evidence.read(text, evidence.FILE), migrations)
    print(f"| {len(migrations)} migrations of {root.name} | wall s | CPU s | ratio | bound |")
    print("|---|---|---|---|---|")
    print(f"| `verify` | {ours.wall:.1f} | {ours.cpu:.1f} | {ours.wall / alike.wall:.2f} | 1 |")
    for what, took in (("short loop", quick), ("same loop", alike)):
        print(f"| {what} | {took.wall:.1f} | {took.cpu:.1f} | {took.wall / alike.wall:.2f} | |")
    left = len(wanted - known.keys())
    print(f"| `verify`, nothing changed ({left} to try) | {again.wall:.2f} | {again.cpu:.2f} | | |")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]).resolve(), sys.argv[2], *map(int, sys.argv[3:]))
    else:
        with tempfile.TemporaryDirectory(prefix="migdocs-benchmark-") as name:
            bundle = (CORPORA / f"{PROJECT}.bundle").resolve()
            subprocess.run(["git", "clone", "-q", bundle, Path(name) / PROJECT], check=True)
            main(Path(name) / PROJECT, FOLDER)
