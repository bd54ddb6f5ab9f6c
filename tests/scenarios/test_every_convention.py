"""The same three steps in each convention: users, a nickname, and a dropped column, a release each.

Each project is built once, and read in this process.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from migdocs.commands import choosing, generate, init, project, survey
from migdocs.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migdocs.core.facts import Entry

CASES = Path(os.environ.get("MIGDOCS_CASES") or Path(__file__).parents[3] / "shared" / "cases")
BUILDER = CASES / "conventions.py"
RELEASES = ["v1.0.0", "v1.1.0", "v2.0.0"]
URL = '"$DATABASE_URL"'
NO_COMMAND = "Start one instance of v2.0.0: it runs its migrations first"
NOBODY_SAYS = "What runs these scripts is not known"


class Right(NamedTuple):
    """What must come out of a project whose scripts are SQL.

    Attributes:
        layout: the convention's name.
        command: that runs its migrations, or the sentence that there is none.
        back: the ends of the files that hold its rollbacks; empty where it has none.
    """

    layout: str
    command: str
    back: str = ""


READ = {
    "atlas": Right("atlas", f"atlas migrate apply --dir file://migrations --url {URL}"),
    "bytebase_folders": Right("version-folders", NOBODY_SAYS),
    "dbup": Right("dbup", NO_COMMAND),
    "drizzle": Right("drizzle", "npx drizzle-kit migrate"),
    "drizzle_v1": Right("drizzle-v1", "npx drizzle-kit migrate"),
    "graphile": Right("graphile-migrate", "npx graphile-migrate migrate"),
    "hasura": Right(
        "hasura", "hasura migrate apply --project hasura --database-name default", "/down.sql"
    ),
    "liqui_multi": Right("liquibase", "liquibase update", "/changelog.sql"),
    "liqui_sql": Right("liquibase", "liquibase update", ".sql"),
    "liqui_xml": Right("liquibase", "liquibase update"),
    "mig_updown_dirs": Right("up-down-folders", NOBODY_SAYS, ".sql"),
    "migrant_sql_pgmigrate": Right("pgmigrate", f"pgmigrate -d . -c {URL} -t latest migrate"),
    "nodepg": Right("node-pg-migrate", "npx node-pg-migrate up -m migrations", ".sql"),
    "pgroll": Right(
        "pgroll", f"pgroll migrate migrations --complete --postgres-url {URL}", ".json"
    ),
    "pgroll_yaml": Right(
        "pgroll", f"pgroll migrate migrations --complete --postgres-url {URL}", ".yaml"
    ),
    "play": Right("play", NO_COMMAND, ".sql"),
    "refinery": Right("refinery", "refinery migrate -e DATABASE_URL -p migrations"),
    "sqlmigrate": Right("sql-migrate", "sql-migrate up", ".sql"),
    "sqlmigrate_num": Right("sql-migrate", "sql-migrate up", ".sql"),
    "supabase": Right("supabase", f"supabase db push --db-url {URL}"),
    "tern": Right("tern", f"tern migrate --migrations migrations --conn-string {URL}", ".sql"),
    "upper_lower_flyway_undo": Right("flyway", "flyway -locations=filesystem:sql migrate", ".sql"),
    "version_folders": Right("version-folders", NOBODY_SAYS),
    "yoyo": Right("yoyo", f"yoyo apply --batch --database {URL} migrations", ".rollback.sql"),
}
# Written in something else than SQL: the convention's name, and its own command.
PLACED = {
    "django": ("django", "python manage.py migrate"),
    "ecto": ("ecto", "mix ecto.migrate"),
    "fizz": ("fizz", "soda migrate up -p migrations"),
    "knex": ("knex", "npx knex migrate:latest"),
    "rails": ("rails", "bin/rails db:migrate"),
    "typeorm": ("typeorm", "npx typeorm migration:run -d PATH_OF_DATA_SOURCE"),
}
# Nothing in it names a tool; and no migrations at all.
ASKED, DECLARED = "marten_dbtimestamps_plain", "sqldef"


def built(folder: Path, name: str) -> Path:
    """Build one project in a folder, by the script that outsiders try these with; give its own."""
    if not BUILDER.exists():
        pytest.skip(f"there is no {BUILDER}: set MIGDOCS_CASES")
    told(folder, name)
    return folder / name


def told(folder: Path, *names: str) -> set[str]:
    """Run the builder for some projects; give the names of all that it can build."""
    command = [sys.executable, str(BUILDER), *names]
    environment = {**os.environ, "ROOT": str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return set(done.stdout.split()[1:])


def read(root: Path, layout: str = "") -> project.Project:
    """Set a project up as `init` does, and read it."""
    init.write(init.plan(survey.look(root, layout=layout), name=None, ci="none"))
    return project.read(root)


def guide(read: project.Project) -> str:
    """Give the text of its upgrade guide."""
    return generate.plan(read, ["upgrade"]).after["UPGRADE_GUIDE.md"]


def step(text: str, version: str) -> str:
    """Give the step of a guide that runs the migrations of a version."""
    return text.partition(f"**Run the migrations of {version}**")[2].partition("**Install ")[0]


def releases(entries: Iterable[Entry]) -> list[str | None]:
    """Give the version that each migration came in."""
    return [entry.placement.release for entry in entries]


@pytest.mark.parametrize("name", READ)
def test_what_is_sql_is_read(tmp_path: Path, name: str) -> None:
    """Three migrations in three releases, the third breaking, paired, by the project's own tool."""
    right = READ[name]
    found = read(built(tmp_path, name))
    entries = list(found.facts.entries.values())
    assert found.reading.layout == right.layout
    assert releases(entries) == RELEASES
    assert [entry.breaking for entry in entries] == [False, False, True]
    assert [entry.unread for entry in entries] == [(), (), ()]
    rollbacks = [entry.migration.rollback for entry in entries]
    assert [script is not None for script in rollbacks] == [bool(right.back)] * 3
    assert all(script.path.endswith(right.back) for script in rollbacks if script)
    assert not [finding for finding in found.reading.findings if finding.severity == "error"]
    text = guide(found)
    assert right.command in (text if right.command == NO_COMMAND else step(text, "v2.0.0"))
    assert "migdocs apply" not in text


@pytest.mark.parametrize("name", PLACED)
def test_what_is_not_sql_is_placed_and_not_known(tmp_path: Path, name: str) -> None:
    """Each is in its release; nothing says that one of them breaks nothing."""
    layout, command = PLACED[name]
    found = read(built(tmp_path, name))
    entries = list(found.facts.entries.values())
    assert found.reading.layout == layout
    assert releases(entries) == RELEASES
    assert not any(isinstance(entry.breaking, bool) for entry in entries)
    text = guide(found)
    assert command in step(text, "v2.0.0")
    assert "migdocs apply" not in text
    assert not re.search(r"\bnone\b", text, re.IGNORECASE)
    hops = [line for line in text.splitlines() if re.match(r"\| v\d\S* \| \[v", line)]
    assert [line.endswith("| 1 | not known | not known |") for line in hops] == [True, True]


def test_scripts_that_name_no_tool_are_asked_about(tmp_path: Path) -> None:
    """`init` stops, and reads them where it is told what they are."""
    root = built(tmp_path, ASKED)
    with pytest.raises(choosing.Undecided, match=r"20240101000000-init\.sql"):
        read(root)
    found = read(root, "plain")
    assert releases(found.facts.entries.values()) == RELEASES
    assert [entry.breaking for entry in found.facts.entries.values()] == [False, False, True]


def test_a_declared_schema_is_no_migration(tmp_path: Path) -> None:
    """`init` says that there is nothing to document."""
    with pytest.raises(UsageError, match="declares a schema"):
        read(built(tmp_path, DECLARED))
    assert {*READ, *PLACED, ASKED, DECLARED} == told(tmp_path, DECLARED), "each is looked at here"
