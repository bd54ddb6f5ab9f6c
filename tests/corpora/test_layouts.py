"""Real projects' migrations folders: found, paired, ordered, and accepted by PostgreSQL so."""

from __future__ import annotations

import io
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from migdocs.adapters import layouts, sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Corpus = Callable[[str], Path]

# Project → layout, revision, migrations, and those with a rollback and with notes.
PROJECTS = {
    "authapi": ("native", "HEAD", 34, 33, 8),
    "opentdf": ("goose", "HEAD", 48, 48, 32),
    "pocketid": ("golang-migrate", "HEAD", 64, 63, 0),
    "graphnode": ("diesel", "HEAD", 125, 125, 0),
    "marquez": ("flyway", "HEAD", 84, 0, 0),
    "ftl": ("dbmate", "v0.410.2", 45, 0, 0),
}


def git(repository: Path, *arguments: str) -> bytes:
    """Give what git says."""
    return subprocess.run(
        ["git", "-C", repository, *arguments], check=True, capture_output=True
    ).stdout


def paths_at(repository: Path, revision: str) -> list[str]:
    """List the files of a revision."""
    return git(repository, "ls-tree", "-r", "-z", "--name-only", revision).decode().split("\0")[:-1]


def texts_at(repository: Path, revision: str) -> dict[str, str]:
    """Give the files of a revision by path; the checkout is left alone."""
    archive = io.BytesIO(git(repository, "archive", "--format=tar", revision))
    with tarfile.open(fileobj=archive) as tar:
        files = ((member.name, tar.extractfile(member)) for member in tar if member.isfile())
        return {path: file.read().decode() for path, file in files if file}


def read(repository: Path, revision: str) -> layouts.Reading:
    """Find and read the migrations folder of a revision, as ``init`` would."""
    texts = texts_at(repository, revision)
    best = layouts.find_folders(texts, texts.__getitem__)[0]
    return layouts.read(texts, best.folder, texts.__getitem__)


def trees(repository: Path) -> Iterator[tuple[str, list[str]]]:
    """Give each different tree that a tag has, with one tag of it."""
    shape = "--format=%(refname:short) %(tree)%(*tree)"
    lines = git(repository, "for-each-ref", "refs/tags", shape).decode().splitlines()
    by_tree = {tree: tag for tag, _, tree in (line.partition(" ") for line in lines)}
    for tree, tag in by_tree.items():
        yield tag, paths_at(repository, tree)


@pytest.mark.parametrize("project", PROJECTS)
def test_every_migration_is_found_and_paired(project: str, corpus: Corpus) -> None:
    """Counts are those of the corpora's README; nothing is left over."""
    layout, revision, forward, rollbacks, notes = PROJECTS[project]
    reading = read(corpus(project), revision)
    assert reading.layout == layout
    assert len([m for m in reading.migrations if m.forward]) == len(reading.migrations) == forward
    assert len([m for m in reading.migrations if m.rollback]) == rollbacks
    assert len([m for m in reading.migrations if m.notes]) == notes
    others = {"other-dialect"} if project == "pocketid" else set()
    assert {finding.rule for finding in reading.findings} == others


def test_authapi_lacks_exactly_one_rollback(corpus: Corpus) -> None:
    """The truth file names the one."""
    without = [m.id for m in read(corpus("authapi"), "HEAD").migrations if not m.rollback]
    assert without == ["20260309_seed_backup_email_verification_type"]


def test_marquez_runs_in_flyways_order(corpus: Corpus) -> None:
    """V10 after V9, V2.1 between V2 and V3, and what is repeatable last."""
    ids = [m.id.partition("__")[0] for m in read(corpus("marquez"), "HEAD").migrations]
    assert ids[:5] == ["V1", "V2", "V2.1", "V3", "V4"]
    assert ids.index("V10") == ids.index("V9") + 1
    assert ids[-4:] == ["V74", "R", "R", "R"]


def test_pocketid_has_two_databases_and_postgres_is_meant(corpus: Corpus) -> None:
    """SQLite's folder has more scripts, and is named as SQLite's."""
    paths = paths_at(corpus("pocketid"), "HEAD")
    found = [(c.folder.rpartition("/")[2], c.dialect) for c in layouts.find_folders(paths)]
    assert found == [("postgres", "postgresql"), ("sqlite", "sqlite")]


@pytest.mark.parametrize("project", [name for name in PROJECTS if name != "authapi"])
def test_every_script_of_every_tag_is_identified_and_paired(project: str, corpus: Corpus) -> None:
    """Folders moved and files were renamed over the years; no script is lost, no rollback alone."""
    layout = layouts.layout_named(PROJECTS[project][0])
    seen = 0
    for tag, paths in trees(corpus(project)):
        scripts = [path for path in paths if path.endswith(".sql")]
        identities = layout.identify_all(scripts)
        assert set(identities) == set(scripts), tag
        # A migration is a name in a folder: pocketid has one for each database.
        placed = [(path[: path.index(i.migration)], i) for path, i in identities.items()]
        forward = {(folder, i.migration) for folder, i in placed if i.part in ("forward", "both")}
        rollbacks = {(folder, i.migration) for folder, i in placed if i.part == "rollback"}
        assert rollbacks <= forward, tag
        seen += len(scripts)
    assert seen > 0


@pytest.mark.parametrize(
    ("project", "tag", "expected"),
    [
        ("opentdf", "service/v0.1.0", "service/migrations"),
        ("marquez", "0.11.0", "src/main/resources/marquez/db/migration"),
        ("pocketid", "v0.20.0", "backend/migrations/postgres"),
        # Then it had SQLite only, with other migrations.
        ("pocketid", "v0.1.0", None),
    ],
)
def test_folders_of_old_are_found(
    project: str, tag: str, expected: str | None, corpus: Corpus
) -> None:
    """A folder that moved is known by the migrations in it."""
    reading = read(corpus(project), "HEAD")
    ids = {migration.id for migration in reading.migrations}
    forward = next(m.forward.path for m in reading.migrations if m.forward)
    layout, folder = layouts.layout_named(reading.layout), forward.rpartition("/")[0]
    assert layouts.former_folder(layout, paths_at(corpus(project), tag), ids, folder) == expected


@pytest.fixture(scope="module")
def server() -> Iterator[sandbox.Server]:
    """Give a PostgreSQL 15, which the corpora's truth was made with."""
    with sandbox.server(major=15) as running:
        yield running


@pytest.mark.parametrize("project", [name for name in PROJECTS if name != "authapi"])
def test_postgresql_accepts_the_scripts_in_our_order(
    project: str, corpus: Corpus, server: sandbox.Server
) -> None:
    """On an empty database every script applies, one after the other."""
    import psycopg

    reading = read(corpus(project), PROJECTS[project][1])
    with psycopg.connect(server.create_database(project), autocommit=True) as connection:
        for migration in reading.migrations:
            assert migration.forward is not None
            connection.execute(migration.forward.text.encode())
        tables = connection.execute("SELECT count(*) FROM pg_class WHERE relkind = 'r'").fetchone()
    assert tables is not None
    assert tables[0] > 0
