"""Time ``verify`` on a project's migrations, beside a plain loop of psql and pg_dump.

    python benchmarks/proof.py PROJECT FOLDER [LIMIT]

Both try each migration in a copy of the database before it: rows in, a dump, up, a dump, down, a
dump, up again, a dump. The loop is given the rows that ``verify`` puts in. CPU seconds are those of
the programs and of the server together.
"""

from __future__ import annotations

import contextlib
import os
import resource
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
from migdocs.commands.verify import SERVER, Options, Task
from migdocs.core.proof import evidence, fill

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.adapters.sandbox import Server
    from migdocs.core.model import Migration

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Took:
    """Seconds on the clock, and of processors."""

    wall: float = 0.0
    cpu: float = 0.0


@contextlib.contextmanager
def timed(server: Server) -> Iterator[Took]:
    """Time a block, with what the server did for it."""
    took = Took()
    wall, cpu = time.monotonic(), cpu_seconds(server)
    yield took
    took.wall, took.cpu = time.monotonic() - wall, cpu_seconds(server) - cpu


def cpu_seconds(server: Server) -> float:
    """Give what this process, its children, and the server with its sessions have used."""
    assert server.folder
    pid = (server.folder / "data/postmaster.pid").read_text().split()[0]
    used = 0.0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if pid in {fields[1], path.parent.name}:  # a session, or the postmaster
                own = 15 if path.parent.name == pid else 13
                used += sum(int(field) for field in fields[11:own]) / TICKS
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        used += usage.ru_utime + usage.ru_stime
    return used


def read(root: Path, folder: str, limit: int) -> tuple[Migration, ...]:
    """Read a project's migrations, those of SQL."""
    paths = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    paths = [path for path in paths if not path.startswith(".git/")]
    found = layouts.read(paths, folder, lambda path: (root / path).read_text(encoding="utf-8"))
    return tuple(m for m in found.migrations if m.forward)[: limit or None]


def by_loop(server: Server, migrations: Sequence[Migration], rows: Sequence[str]) -> None:
    """Do the same with the programs that come with PostgreSQL."""
    assert server.binaries
    tools = server.binaries.folder
    psql = [str(tools / "psql"), "-X", "-q", "-d"]

    def run(database: str, sql: str) -> None:
        """Run a script; a statement that fails does not stop it."""
        command = [*psql, server.url(database)]
        subprocess.run(command, input=sql, capture_output=True, text=True, check=False)

    def dump(database: str) -> str:
        """Dump schema and rows."""
        command = [str(tools / "pg_dump"), "-d", server.url(database)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    run("postgres", "CREATE DATABASE base TEMPLATE template0")
    for migration, filled in zip(migrations, rows, strict=True):
        run("postgres", "CREATE DATABASE copy TEMPLATE base")
        forward, back = migration.forward, migration.rollback
        assert forward
        run("copy", filled)
        dump("copy")
        run("copy", forward.text)
        dump("copy")
        if back:
            run("copy", back.text)
            dump("copy")
            run("copy", forward.text)
            dump("copy")
        run("base", forward.text)
        run("postgres", "DROP DATABASE copy WITH (FORCE)")


def rows_of(migrations: Sequence[Migration]) -> list[str]:
    """Give the rows that ``verify`` puts in before each migration, as scripts; not timed."""
    texts = []
    with (
        sandbox.server(settings=SERVER) as server,
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
    with sandbox.server(settings=SERVER) as server, timed(server) as loop:
        by_loop(server, migrations, rows)
    with sandbox.server(settings=SERVER) as server, timed(server) as ours:
        report = verify.verify(Task(root, None, migrations, wanted), server.base, Options(jobs=2))
    with tempfile.TemporaryDirectory() as place, sandbox.server(settings=SERVER) as server:
        file = Path(place) / evidence.FILE
        file.write_text(evidence.write(map(evidence.of, report.proofs)))
        with timed(server) as again:
            known = evidence.valid(evidence.read(file.read_text(), evidence.FILE), migrations)
            left = wanted - known.keys()
    print(f"| {len(migrations)} migrations of {root.name} | wall s | CPU s | of the loop's wall |")
    print("|---|---|---|---|")
    for what, took in (("psql and pg_dump in a loop", loop), ("verify", ours)):
        print(f"| {what} | {took.wall:.1f} | {took.cpu:.1f} | {took.wall / loop.wall:.2f} |")
    print(
        f"| verify, nothing changed ({len(left)} to try) | {again.wall:.2f} | {again.cpu:.2f} | |"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2], *map(int, sys.argv[3:]))
