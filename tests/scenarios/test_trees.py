"""What is no table of the schema has no page, and what is nobody's fault is no fault of a script.

Written small here; the folders at MIGDOCS_CASES are tried whole where they are.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from migdocs.commands import project as projects
from migdocs.core import site

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.scenarios.conftest import Workplace

    from migdocs.adapters.sandbox import Server

CASES = Path(os.environ.get("MIGDOCS_CASES") or Path(__file__).parents[3] / "shared" / "cases")
PAGE = re.compile(r".*/schema/(?P<name>(?!index\b)[^/]+)\.md")

GONE = {
    "1_a.sql": "create table kept (id int); create table gone (id int, at timestamptz);"
    " create function now_at() returns trigger language plpgsql as"
    " $$ begin new.at = now(); return new; end $$;"
    " create trigger stamp before insert on gone for each row execute function now_at();"
    " create trigger stamp before insert on kept for each row execute function now_at();",
    "2_b.sql": "drop table gone cascade;",
}
PASSING = {
    "1_a.sql": "create temp table one as select 1 as id; create local temporary table two (id int);"
    " do $$ begin create temporary table three (id int); end $$;"
    " create table pg_temp.four (id int); create table kept as select * from one;"
}
OURS = {
    "1_team_rollback.sql": "drop table team; drop function part(); drop table extra;",
    "1_team.sql": "create table team (id serial primary key); create table extra (id int);"
    " create function part() returns trigger language plpgsql as $$ begin"
    " execute format('create table if not exists part_%s (id int)', new.id); return new; end $$;"
    " create trigger part after insert on team for each row execute function part();",
    "2_note.sql": "alter table extra add note text;",
    "2_note_rollback.sql": "alter table extra drop note;",
}
OWNER = {
    "1_a.sql": "create table a (id int); alter table a owner to postgres;",
    "1_a_rollback.sql": "drop table a;",
    "2_b.sql": "alter table a add b int;",
    "2_b_rollback.sql": "alter table a drop b;",
}


@pytest.fixture
def given(empty: Workplace) -> Callable[[str | dict[str, str]], Workplace]:
    """Give what makes a project of scripts, or of a folder of the cases by name."""

    def make(scripts: str | dict[str, str]) -> Workplace:
        """Make it; skipped where the folder is not there."""
        if isinstance(scripts, str):
            folder = CASES / "trees" / scripts
            if not folder.is_dir():
                pytest.skip(f"no folder {folder}: set MIGDOCS_CASES")
            shutil.copytree(folder, empty.root, dirs_exist_ok=True)
            return empty
        empty.write("migdocs.toml", 'layout = "native"\n')
        for name, text in scripts.items():
            empty.write(f"migrations/{name}", text)
        return empty

    return make


@pytest.mark.parametrize(
    ("scripts", "tables"),
    [
        (GONE, {"kept"}),
        (PASSING, {"kept"}),
        ("phantom", {"keep"}),
        ("temp", {"a"}),
    ],
    ids=["gone", "passing", "phantom", "temp"],
)
def test_only_what_is_there_has_a_page(
    given: Callable[[str | dict[str, str]], Workplace],
    scripts: str | dict[str, str],
    tables: set[str],
) -> None:
    """A dropped table is gone even when a trigger names it; temporary ones are no schema."""
    project = projects.read(given(scripts).root)
    written = site.files(project.facts, project.files)
    assert {found["name"] for path in written if (found := PAGE.fullmatch(path))} == tables


@pytest.mark.parametrize(
    "scripts",
    [OURS, OWNER, "trigger", "owner", "owner2"],
    ids=["rows of ours", "another owner", "trigger", "owner", "owner2"],
)
def test_no_rollback_is_blamed(
    given: Callable[[str | dict[str, str]], Workplace],
    scripts: str | dict[str, str],
    postgres: Server,
) -> None:
    """Rows of ours, what triggers make of them, and what only the sandbox's role may not do."""
    done = given(scripts).migdocs("verify", "--json", "--server", postgres.base)
    verdicts = {m["id"]: m["rollback"]["verdict"] for m in json.loads(done.out)["migrations"]}
    assert verdicts
    assert not set(verdicts.values()) & {"differs", "fails", "rows-lost"}
    tried = {m["id"] for m in json.loads(done.out)["migrations"] if m["applied"]}
    assert (done.code == 0) == (tried == verdicts.keys()), "what was not tried is not proved"
