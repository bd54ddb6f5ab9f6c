"""What ``apply`` makes of real projects' scripts is what psql makes of them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from migdocs.adapters import layouts
from migdocs.commands.apply import apply
from migdocs.commands.target import Target
from migdocs.core.errors import DatabaseError
from migdocs.core.ledger.gate import Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from migdocs.adapters.sandbox import Server
    from migdocs.core.model import Migration


@dataclass(frozen=True)
class Project:
    """A corpus, and what of it applies from empty.

    Attributes:
        alone: scripts that need a transaction (LOCK TABLE) and begin none: psql gets ``-1``.
    """

    name: str
    folder: str
    revision: str = "HEAD"
    alone: tuple[str, ...] = ()


PROJECTS = (
    Project("opentdf", "service/policy/db/migrations"),
    Project("pocketid", "backend/resources/migrations/postgres"),
    Project(
        "graphnode",
        "store/postgres/migrations",
        alone=("2025-05-13-173523_split_subgraph_deployment",),
    ),
    Project("marquez", "api/src/main/resources/marquez/db/migration"),
    Project("ftl", "backend/controller/sql/schema", "v0.410.2"),
)


def read(repository: Path, project: Project) -> tuple[Migration, ...]:
    """Read a project's migrations at its revision."""
    subprocess.run(["git", "-C", repository, "checkout", "-q", project.revision], check=True)
    paths = [str(path.relative_to(repository)) for path in repository.rglob("*") if path.is_file()]
    reading = layouts.read(
        [path for path in paths if not path.startswith(".git/")],
        project.folder,
        lambda path: (repository / path).read_text(encoding="utf-8"),
    )
    return reading.migrations


def written(migrations: Iterable[Migration], folder: Path) -> Iterator[Path]:
    """Write forward scripts as files of their own: some conventions have both ways in one."""
    for migration in migrations:
        assert migration.forward is not None
        path = folder / f"{migration.id}.sql"
        path.write_text(migration.forward.text, encoding="utf-8")
        yield path


def program(server: Server, name: str) -> str:
    """Give a client program of the server's own version."""
    assert server.binaries is not None
    return server.binaries.program(name)


def psql(server: Server, url: str, files: Iterable[Path], *options: str) -> None:
    """Run scripts as a person would by hand, each in a session as good as new."""
    command = [program(server, "psql"), "-qX", "-v", "ON_ERROR_STOP=1", *options]
    for path in files:
        command += [f"--file={path}", *([] if options else ["--command=discard all"])]
    subprocess.run([*command, url], check=True, capture_output=True)


def schema(server: Server, url: str) -> list[str]:
    """Give a database's schema as text, without the ledger and the random lines."""
    command = [program(server, "pg_dump"), "--schema-only", "--exclude-table=migdocs_ledger*", url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [line for line in text.splitlines() if "restrict " not in line]


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_the_schema_is_the_one_that_psql_makes(
    project: Project, corpus: Callable[[str], Path], postgres: Server, tmp_path: Path
) -> None:
    """Statement by statement, COPY data, concurrent indexes and all."""
    migrations = read(corpus(project.name), project)
    ours = postgres.create_database(f"{project.name}_ours")
    theirs = postgres.create_database(f"{project.name}_theirs")
    assert len(apply(migrations, Target(ours))) == len(migrations)
    for alone, group in groupby(migrations, lambda m: m.id in project.alone):
        psql(postgres, theirs, written(group, tmp_path), *(("-1",) if alone else ()))
    assert len(schema(postgres, ours)) > 100
    assert schema(postgres, ours) == schema(postgres, theirs)


def test_authapi_stops_where_psql_stops(
    corpus: Callable[[str], Path], truth: Path, postgres: Server, database: str
) -> None:
    """Its own script drops an index that a constraint needs; what ran before it stays."""
    psql(postgres, database, [truth.parent / "authapi_base.sql"])
    migrations = read(corpus("authapi"), Project("authapi", "migrations"))
    with pytest.raises(DatabaseError, match=r"add_multi_sender_support\.sql:28: .*\(2BP01\)"):
        apply(migrations, Target(database, owner=lambda: Owner(take_over=True)))
