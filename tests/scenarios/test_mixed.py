"""Two spellings in one folder: all of the migrations are read, or none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.scenarios.conftest import Workplace

from git_scenarios import draw

if TYPE_CHECKING:
    from pathlib import Path

SPELLINGS = """
main | Start | "1_a.up.sql=CREATE TABLE a (id int);" "2_b.sql=ALTER TABLE a ADD b int;" \
"3_c.sql=ALTER TABLE a ADD c int;" | v1.0.0
"""


def project(folder: Path, settings: str) -> Workplace:
    """Give a folder of three migrations, one of which is spelled otherwise."""
    draw(folder, SPELLINGS)
    (folder / "migdocs.toml").write_text(settings, encoding="utf-8")
    return Workplace(folder)


@pytest.mark.parametrize("layout", ["auto", "sqlx", "plain"])
def test_a_layout_that_holds_both_spellings_reads_all(tmp_path: Path, layout: str) -> None:
    """Three files are three migrations."""
    place = project(tmp_path / "p", f'layout = "{layout}"\n')
    listed = json.loads(place.migdocs("list", "--json").out)
    assert [m["id"] for m in listed["migrations"]] == ["1_a", "2_b", "3_c"]


@pytest.mark.parametrize("layout", ["golang-migrate", "native"])
@pytest.mark.parametrize("command", [["list"], ["generate"], ["upgrade", "v1.0.0", "v1.0.0"]])
def test_a_layout_that_holds_a_part_stops(tmp_path: Path, layout: str, command: list[str]) -> None:
    """A document of one migration of three would say that there are no others."""
    place = project(tmp_path / "p", f'layout = "{layout}"\n')
    done = place.migdocs(*command)
    assert done.code == 2
    assert "is named as" in done.err
    assert "Hint:" in done.err
    assert not (place.root / "UPGRADE_GUIDE.md").exists()


def test_check_and_doctor_say_what_is_left_out(tmp_path: Path) -> None:
    """Who asks what is wrong gets an answer, with the file."""
    place = project(tmp_path / "p", 'layout = "golang-migrate"\n')
    done = place.migdocs("check", "--json")
    assert done.code == 1
    found = {(f["rule"], f["path"]) for f in json.loads(done.out)["findings"]}
    assert ("mixed-layouts", "migrations/2_b.sql") in found
    assert "migrations/2_b.sql" in place.migdocs("doctor").out


def test_a_dump_beside_the_migrations_is_no_spelling(tmp_path: Path) -> None:
    """A folder with its schema.sql is read: nobody runs that file as a migration."""
    place = Workplace(
        draw(
            tmp_path / "p",
            'main | Start | "1_a.up.sql=CREATE TABLE a (id int);" "1_a.down.sql=DROP TABLE a;" '
            '"schema.sql=CREATE TABLE a (id int);" | v1.0.0',
        )
    )
    assert [m["id"] for m in json.loads(place.migdocs("list", "--json").out)["migrations"]] == [
        "1_a"
    ]
