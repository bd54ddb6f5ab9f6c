"""``migdocs doctor`` says what git told, and other commands say what git cannot tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.tracking_tables import ddl

from git_scenarios import draw, git

if TYPE_CHECKING:
    from tests.scenarios.conftest import Workplace


def execute(url: str, statements: str) -> None:
    """Run statements as their owner would."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statements.encode())


@pytest.fixture
def project(empty: Workplace) -> Workplace:
    """Give a project with releases on two lines, and with tags that are none."""
    (empty.root / ".git").rename(empty.root.with_name("unused"))
    draw(
        empty.root,
        """
        main              | feat: start | +1.sql | v1.0.0-rc.1 v1.0.0 nightly
        main              | feat: more  | +2.sql | v1.1.0
        1.0.x from v1.0.0 | fix: a page | /a=1   | v1.0.1
        main              | feat: next  |        | web/v7
        """,
    )
    git(empty.root, "tag", "v1.2.0", "HEAD:migrations/1.sql")
    return empty


def lines(place: Workplace) -> list[str]:
    """Give what doctor says of git and tags, without the marks in front."""
    said = place.migdocs("doctor").out.splitlines()
    about = (line.strip().partition(" ")[2].strip() for line in said)
    return [line for line in about if line.startswith(("git: complete", "releases:", "tags:"))]


def test_doctor_prints_what_git_told(project: Workplace) -> None:
    """Releases, families, those off the branch, and each ignored tag with its reason."""
    at = project.git("rev-parse", "--short=7", "HEAD").strip()
    assert lines(project) == [
        f"git: complete, on branch 'main' at {at}",
        "releases: 3, the highest 'v1.1.0' of 2026-01-02",
        "tags: 4 of the family '(bare)', read as semver",
        "tags: 1 of the family 'web/', read as semver",
        "tags: off this branch, and counted: v1.0.1",
        "tags: 1 ignored: it does not point to a commit: v1.2.0",
        "tags: 1 ignored: it is of the family 'web/': name it in the setting 'tags': web/v7",
        "tags: 1 ignored: its name holds no version: nightly",
    ]
    project.git("checkout", "--quiet", "v1.0.1")
    assert "git: complete, on no branch, at " in "\n".join(lines(project))


def test_doctor_on_a_repository_without_commits(empty: Workplace) -> None:
    """It says so, and where releases come from then."""
    branch = empty.git("symbolic-ref", "--short", "HEAD").strip()
    first, second = lines(empty)
    assert first == f"git: complete, with no commit yet on '{branch}'"
    assert second.startswith("tags: none names a release")


def test_a_shallow_clone_is_refused_everywhere(project: Workplace, empty: Workplace) -> None:
    """A shorter log would look like the whole one; doctor says it too."""
    clone = empty.root.with_name("shallow")
    git(empty.root, "clone", "--quiet", "--depth=1", f"file://{project.root}", str(clone))
    place = type(empty)(clone)
    for command in ("changelog", "list", "generate", "release"):
        said = place.migdocs(command)
        assert (said.code, said.out) == (3, "")
        assert ".git: the clone is shallow" in said.err
        assert "Hint: run 'git fetch --unshallow --tags'" in said.err
    assert "the clone is shallow" in place.migdocs("doctor").out


def test_git_is_missing(project: Workplace) -> None:
    """One sentence, and what to install."""
    said = project.migdocs("changelog", env={"PATH": str(project.root)})
    assert (said.code, said.out) == (3, "")
    assert said.err == "error: git is not installed\nHint: install git 2.20 or newer.\n"


def test_a_folder_that_is_not_there_is_said(project: Workplace) -> None:
    """The commits are told all the same, and nobody takes the log for one with migrations."""
    for _ in range(2):  # an answer that was kept says it too
        said = project.migdocs("changelog", env={"MIGDOCS_MIGRATIONS": "elsewhere"})
        assert said.code == 0
        assert said.out.startswith("## Unreleased\n\n### Added\n\n- next (")
        assert said.err.startswith("elsewhere: there is no such folder: the log lists no ")


# --- a database ---------------------------------------------------------------------------------


def about_the_database(place: Workplace, *options: str, **env: str) -> list[str]:
    """Give what doctor says of a database, marks and hints with it."""
    said = place.migdocs("doctor", *options, env=env).out.splitlines()
    start = next((i for i, line in enumerate(said) if "  database: " in line), len(said))
    return [line.strip() for line in said[start:]]


def test_doctor_says_whose_a_database_is(empty: Workplace, database: str) -> None:
    """Nobody's, ours, another tool's, the application's; and with which option to go on."""
    empty.write("migdocs.toml", 'layout = "native"\n[environments.prod]\n')
    empty.write("migrations/20260101_orders.sql", "create table orders (id int);")
    assert about_the_database(empty) == []
    server, whose = about_the_database(empty, "--database-url", database)[:2]
    assert server.startswith("ok  database: PostgreSQL ")
    assert whose == "ok  database: empty: nothing was applied in it yet"
    execute(database, "create table book (id int)")
    whose = about_the_database(empty, "--env", "prod", DATABASE_URL=database)[1:3]
    assert whose == [
        "note  database: this database has tables, and no history of what ran in it: public.book",
        (
            "Hint: 'migdocs baseline --env prod --to VERSION' records what ran here, and runs"
            " nothing; or, if none of the migrations ran here, 'migdocs apply --env prod"
            " --take-over' runs all of them."
        ),
    ]
    env = {"MIGDOCS_APPLIED_BY": "application", "DATABASE_URL": database}
    assert "the application applies its migrations itself" in about_the_database(empty, **env)[1]
    execute(database, ddl("flyway", "app"))
    whose = about_the_database(empty, DATABASE_URL=database)[1:3]
    assert whose[0].startswith("error  database: Flyway migrates this database: app.flyway_schema")
    assert whose[1].startswith("Hint: run 'flyway migrate'; or, to go on with migdocs from here,")
    assert about_the_database(empty, **env)[1] == whose[0]  # a table outweighs a setting
    empty.write("migdocs.toml", 'layout = "flyway"\n')
    (empty.root / "migrations/20260101_orders.sql").unlink()
    empty.write("migrations/V1__orders.sql", "create table orders (id int);")
    whose = about_the_database(empty, DATABASE_URL=database)[1:2]
    assert whose[0].startswith("ok  database: Flyway migrates it, as the project's files say: app.")
    assert empty.migdocs("status", env={"DATABASE_URL": database}).out.count("applied: 0") == 1
    execute(database, "drop schema app cascade; drop table book")
    empty.migdocs("apply", "--take-over", "--yes", env={"DATABASE_URL": database})
    empty.migdocs("backup", env={"DATABASE_URL": database})
    ours, readable = about_the_database(empty, DATABASE_URL=database)[1:3]
    assert ours == "ok  database: migdocs migrates it: its ledger is there"
    assert readable.startswith("ok  backup: the newest can be read: ")


def test_doctor_says_that_a_database_does_not_answer(empty: Workplace) -> None:
    """As a remark beside the others, without the password."""
    said = about_the_database(empty, DATABASE_URL="postgresql://ada:secret@127.0.0.1:1/app")
    assert said[0].startswith("error  database: no connection: ")
    assert "secret" not in said[0]
    assert about_the_database(empty, "--env", "prod")[0].startswith(
        "error  database: the environment 'prod' needs its database's URL in DATABASE_URL"
    )
