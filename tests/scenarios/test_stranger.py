"""A repository that somebody else wrote: nothing of it runs, nothing outside of it is written."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from migdocs.adapters import sandbox, state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scenarios.conftest import Workplace


@pytest.fixture
def home(sample: Workplace) -> Iterator[Path]:
    """Give the sample's state folder, and remove its server's when that lies elsewhere."""
    folder = state.state_folder(sample.root)
    yield folder
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree((folder / "postgres.folder").read_text())


@pytest.mark.usefixtures("postgres", "home")
def test_a_committed_data_directory_is_never_started(sample: Workplace, tmp_path: Path) -> None:
    """Its ``archive_command`` ran on ``status``; migdocs takes a new server of its own."""
    evil, proof = sample.root / "evil", Path(tempfile.mkdtemp()) / "ran"
    proof.parent.chmod(0o777)
    made = tmp_path / "made"
    made.mkdir()
    with sandbox.embedded(made) as server, psycopg.connect(server.base, autocommit=True) as session:
        session.execute("ALTER SYSTEM SET archive_mode = on")
        session.execute(f"ALTER SYSTEM SET archive_command = 'touch {proof}'")
        assert server.folder
    shutil.move(server.folder, evil)
    (sample.root / ".migdocs").mkdir()
    (sample.root / ".migdocs" / "postgres.folder").write_text(str(evil))
    sample.git("add", "--force", ".migdocs")
    before = sample.files()
    done = sample.migdocs("status")
    assert done.code in {0, 1}, done.err
    assert "'.migdocs/postgres.folder' is not used any more" in done.err
    assert "'.migdocs' is committed: do not start a server on its data" in done.err
    assert not proof.exists()
    assert sample.files() == before
    shutil.rmtree(proof.parent)


@pytest.mark.usefixtures("postgres")
def test_an_old_database_can_be_taken_over(sample: Workplace, home: Path) -> None:
    """Whoever made it is told where it was, and the command that is named brings it back."""
    with sandbox.embedded(home) as server, psycopg.connect(server.base) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    old = sample.root / ".migdocs"
    old.mkdir()
    name = "postgres.folder" if (home / "postgres.folder").exists() else "postgres"
    (home / name).rename(old / name)
    said = sample.migdocs("doctor").out
    assert f"'.migdocs/{name}' is not used any more" in said
    command = next(line for line in said.splitlines() if " mv " in line).partition(" mv ")[2]
    source, target = command.split()
    assert (Path(source), Path(target)) == (old / name, home / name)
    Path(source).rename(target)
    with sandbox.embedded(home) as server, psycopg.connect(server.base) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_links_of_our_names_are_not_written_through(
    sample: Workplace, env: dict[str, str], tmp_path: Path
) -> None:
    """``flow.log`` to a shell profile, ``.gitignore`` to any file: both were written once."""
    profile, other = tmp_path / "profile", tmp_path / "other"
    profile.write_text("mine\n")
    other.write_text("mine\n")
    (sample.root / ".migdocs").mkdir()
    (sample.root / ".migdocs" / "flow.log").symlink_to(profile)
    (sample.root / ".migdocs" / ".gitignore").symlink_to(other)
    assert sample.migdocs("migrate", "--yes", env=env).code == 0
    assert profile.read_text() == other.read_text() == "mine\n"
    assert (state.state_folder(sample.root) / "flow.log").read_text().count("\n") == 4


@pytest.fixture
def env(database: str) -> dict[str, str]:
    """Give the environment that names the database."""
    return {"DATABASE_URL": database}


STEERING = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.sql\u2066\x7f\r\u2028"


def test_nothing_that_is_printed_steers_the_terminal(
    sample: Workplace, env: dict[str, str]
) -> None:
    """Escapes, marks of direction and line ends of others are seen as what they are."""
    sample.write(
        "migrations/20990101_evil.sql",
        f'-- {STEERING}\nSELECT 1 AS "a{STEERING}b";\n',
    )
    sample.write("migrations/20990101_evil_rollback.sql", f"-- {STEERING}\nSELECT 1;\n")
    sample.write(
        "migrations/20990101_evil.md", f"# Migration: {STEERING}\n\n**Type:** {STEERING}\n"
    )
    asked = [
        ("apply", "--dry-run"),
        ("check",),
        ("check", "--format", "json"),
        ("list", "--json"),
        ("review", "migrations/20990101_evil.sql"),
        ("upgrade", "v1.1.0", "unreleased", "--format", "shell"),
        ("explain", STEERING),
    ]
    said = [sample.migdocs(*words, env=env) for words in asked]
    for one in said:
        for text in (one.out, one.err):
            assert not set(text) & set(STEERING) - set("]0;ow2J31mgnp.sqled["), text
    assert "\\u001b]0;owned\\u0007" in said[0].out, said[0]
    json.loads(said[2].out)


def test_the_name_is_text_in_the_site_s_settings(bare: Workplace) -> None:
    """The theme prints it as it stands."""
    bare.write("migdocs.toml", 'name = "<img src=x onerror=alert(1)>"\n')
    assert bare.migdocs("init").code == 0
    assert 'site_name: "&lt;img src=x onerror=alert(1)&gt;"' in bare.read("mkdocs.yml")
