"""The steps of a guide are those of whoever applies the migrations, and its commands work."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.scenarios.conftest import Workplace

    from migdocs.adapters import sandbox

START = "package main\n\nfunc main() {\n\tm, err := migrate.New(source, url)\n}\n"


@pytest.fixture
def shop(empty: Workplace) -> Workplace:
    """Give two releases, in golang-migrate's files."""
    empty.write("migrations/001_users.up.sql", "CREATE TABLE users (id int);\n")
    empty.write("migrations/001_users.down.sql", "DROP TABLE users;\n")
    empty.commit("feat: users", tag="v1.0.0")
    empty.write("migrations/002_email.up.sql", "ALTER TABLE users ADD COLUMN email text;\n")
    empty.write("migrations/002_email.down.sql", "ALTER TABLE users DROP COLUMN email;\n")
    empty.write("migrations/003_orders.up.sql", "CREATE TABLE orders (id int);\n")
    empty.write("migrations/003_orders.down.sql", "DROP TABLE orders;\n")
    empty.commit("feat: orders", tag="v2.0.0")
    return empty


def guide(place: Workplace, **env: str) -> dict[str, Any]:
    """Give the guide from v1.0.0 to v2.0.0 as data."""
    done = place.migdocs("upgrade", "v1.0.0", "v2.0.0", "--format", "json", env=env)
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_an_application_is_stopped_backed_up_and_started(shop: Workplace) -> None:
    """Nobody runs a tool; the table tells that it is done; going back is not starting the old."""
    shop.write("cmd/server/main.go", START)
    found = guide(shop)
    assert found["applied_by"] == "application"
    steps = {step["kind"]: step for step in found["steps"]}
    assert list(steps) == [
        "identify",
        "obtain",
        "stop_all",
        "backup",
        "start_applying",
        "applied",
        "start_rest",
    ]
    assert steps["backup"]["commands"][0].startswith("pg_dump ")
    assert "value = '003'" not in steps["applied"]["commands"][0]
    assert "value = '3'" in steps["applied"]["commands"][0]
    assert "let no health check" in steps["start_applying"]["text"]
    assert "not measured" in steps["start_applying"]["text"]
    text = shop.migdocs("upgrade", "v1.0.0", "v2.0.0").out
    assert "`cmd/server/main.go:4`" in text
    assert "Starting v1.0.0 again undoes nothing" in text
    assert "Nothing: the new version runs its migrations when it starts." in text
    for tool in ("migrate -path", "migdocs apply", "migdocs migrate"):
        assert tool not in text
    half = "\n".join(item["text"] + item["command"] for item in found["halfway"])
    assert "every restart tries its migrations again" in half
    assert "SELECT * FROM schema_migrations WHERE dirty" in half


def test_every_document_says_who_applies(shop: Workplace) -> None:
    """The setting wins; a page for operators names no command that the project does not have."""
    shop.write("migdocs.toml", 'applied_by = "image"\n')
    assert shop.migdocs("generate").code == 0
    said = "The container applies the migrations when it starts"
    assert said in shop.read("MIGRATIONS.md")
    assert said in shop.read("UPGRADE_GUIDE.md")
    pages = shop.read("MIGRATIONS.md") + shop.read("UPGRADE_GUIDE.md")
    assert "migrate -path" not in pages
    assert "migdocs apply" not in pages


def test_by_hand_stands_only_where_it_is_recorded(shop: Workplace) -> None:
    """Each tool's own record is kept with each script, else nobody is told to run one by hand."""

    def apply(**env: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = guide(shop, **env)["steps"]
        return next(step for step in found if step["kind"] == "apply")

    own = apply()
    assert own["commands"] == ['migrate -path migrations -database "$DATABASE_URL" up']
    assert [line.split()[0] for line in own["by_hand"]] == ["psql", "migrate", "psql", "migrate"]
    ours = apply(MIGDOCS_APPLIED_BY="migdocs")
    assert ours["commands"] == ["migdocs apply --to v2.0.0"]
    assert ours["by_hand"][1] == "migdocs baseline --to 002_email"
    assert not any(item["by_hand"] for item in guide(shop, MIGDOCS_APPLIED_BY="migdocs")["back"])
    started = guide(shop, MIGDOCS_APPLIED_BY="application")["back"]
    assert all("INSERT INTO schema_migrations" in item["by_hand"] for item in started)


def test_the_commands_of_a_guide_work(shop: Workplace, postgres: sandbox.Server) -> None:
    """Backup, by hand with its record, the answer, the rollback with its record, the restore."""
    url, fresh = postgres.create_database("by_hand"), postgres.url("restored")
    programs = postgres.binaries.folder if postgres.binaries else "."
    found = guide(shop, MIGDOCS_APPLIED_BY="application", MIGDOCS_DATABASE_URL_ENV="SHOP_URL")

    def shell(*lines: str) -> str:
        """Run commands of the guide as an operator would."""
        done = subprocess.run(
            ["sh", "-ec", "\n".join(lines)],
            cwd=shop.root,
            env={
                **os.environ,
                "PATH": f"{programs}:{os.environ['PATH']}",
                "SHOP_URL": url,
                "RESTORED_URL": fresh,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    steps = {step["kind"]: step for step in found["steps"]}
    shell(
        'psql "$SHOP_URL" -Xq -f migrations/001_users.up.sql -c "CREATE TABLE schema_migrations'
        ' (version bigint PRIMARY KEY, dirty boolean NOT NULL)"'
        ' -c "INSERT INTO schema_migrations VALUES (1, false)"'
    )
    shell(*steps["backup"]["commands"])
    (asking,) = steps["applied"]["commands"]
    assert "f" in shell(asking).split()
    shell(*(piece["run"] for piece in found["pieces"]))
    shell('psql "$SHOP_URL" -Xqc "UPDATE schema_migrations SET version = 3"')
    assert "t" in shell(asking).split()
    shell(*(item["command"] for item in found["halfway"]))
    shell(*(item["by_hand"] for item in found["back"]))
    (identify,) = steps["identify"]["commands"]
    assert "1" in shell(identify).split()
    assert "f" in shell(asking).split()
    text = shop.migdocs(
        "upgrade",
        "v1.0.0",
        "v2.0.0",
        env={"MIGDOCS_APPLIED_BY": "application", "MIGDOCS_DATABASE_URL_ENV": "SHOP_URL"},
    ).out
    (restore,) = {line for line in text.splitlines() if line.startswith("createdb ")}
    shell(restore)
    assert "1" in shell('psql "$RESTORED_URL" -XAtc "SELECT version FROM schema_migrations"')


def test_a_program_that_begins_to_apply_makes_the_documents_stale(shop: Workplace) -> None:
    """No file came or went: what one says is what the documents say."""
    shop.write("cmd/server/main.go", START.replace("migrate.New", "connect"))
    assert shop.migdocs("generate").code == 0
    assert shop.migdocs("generate", "--check").code == 0
    shop.write("cmd/server/main.go", START)
    assert shop.migdocs("generate", "--check").code == 1
