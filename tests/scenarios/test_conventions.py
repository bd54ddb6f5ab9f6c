"""`init`, `generate` and `check` in projects of other conventions: nothing is renamed or lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.scenarios.conftest import Workplace

USERS = "CREATE TABLE public.users (id bigint PRIMARY KEY, name text);\n"
GONE = "DROP TABLE public.users;\n"
AGE = "ALTER TABLE public.users ADD COLUMN age int;\n"

# Convention → its files, then the folder, the ids in run order, and the command that undoes one.
PROJECTS: dict[str, tuple[dict[str, str], str, list[str], str]] = {
    "goose": (
        {
            "go.mod": "module example.org/x\n",
            "db/sql/00001_users.sql": f"-- +goose Up\n{USERS}-- +goose Down\n{GONE}",
            "db/sql/00002_fill.go": "package sql\n\nfunc init() { goose.AddMigration(up, down) }\n",
            "db/sql/00010_age.sql": f"-- +goose Up\n{AGE}",
        },
        "db/sql",
        ["00001_users", "00002_fill", "00010_age"],
        'goose -dir db/sql postgres "$DATABASE_URL" down',
    ),
    "flyway": (
        {
            "src/main/resources/db/migration/V2__users.sql": USERS,
            "src/main/resources/db/migration/V10__age.sql": AGE,
            "src/main/resources/db/migration/R__names.sql": "CREATE VIEW names AS SELECT 1;\n",
        },
        "src/main/resources/db/migration",
        ["V2__users", "V10__age", "R__names"],
        "",
    ),
    "prisma": (
        {
            "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
            "prisma/migrations/20240101000000_users/migration.sql": USERS,
            "prisma/migrations/20240102000000_age/migration.sql": AGE,
        },
        "prisma/migrations",
        ["20240101000000_users", "20240102000000_age"],
        "",
    ),
    "sqitch": (
        {
            "README.md": "# Users\n\nA database.\n",
            "sqitch.plan": "%project=x\n\n"
            "users 2024-01-01T00:00:00Z A <a@example.org> # Add users\n"
            "age [users] 2024-01-02T00:00:00Z A <a@example.org> # Add age\n",
            "deploy/age.sql": AGE,
            "deploy/users.sql": USERS,
            "revert/users.sql": GONE,
            "verify/users.sql": "SELECT 1;\n",
        },
        ".",
        ["users", "age"],
        "sqitch revert -y --to MIGRATION",
    ),
}


@pytest.mark.parametrize("convention", PROJECTS)
def test_an_existing_project_gets_its_documents(empty: Workplace, convention: str) -> None:
    """Three commands write them all; no file that was there changes but by a region."""
    texts, folder, ids, undo = PROJECTS[convention]
    for path, text in texts.items():
        empty.write(path, text)
    empty.commit("feat: users", tag="v1.0.0")
    assert empty.migdocs("init", "--ci", "github").code == 0
    said = empty.migdocs("generate")
    assert said.code == 0, said.err
    checked = empty.migdocs("check", "--json")
    assert checked.code == 0, checked.out
    rules = {item["rule"] for item in json.loads(checked.out)["findings"]}
    assert checked.code == 0, checked.out
    assert not rules & {"dead-link", "unread-script", "mixed-layouts"}

    listed = json.loads(empty.migdocs("list", "--json").out)["migrations"]
    assert [migration["id"] for migration in listed] == ids
    assert {migration["release"] for migration in listed} == {"v1.0.0"}
    assert all(empty.read(path).startswith(text) for path, text in texts.items())
    guide = empty.read("MIGRATIONS.md")
    assert f"`{undo}`" in guide if undo else "undo the last migration" not in guide
    assert ("has no command for that" in guide) == (convention in ("flyway", "prisma"))
    home = "" if folder == "." else f"{folder}/"
    log = empty.read(f"{home}MIGRATIONS_LOG.md")
    assert all(f"### {id_}" in log for id_ in ids)
    assert ("not SQL: not read (go)" in log) == (convention == "goose")


def test_what_is_not_sql_is_called_neither_safe_nor_breaking(empty: Workplace) -> None:
    """Nobody read it: the list says so, and the same program is no rollback script."""
    for path, text in PROJECTS["goose"][0].items():
        empty.write(path, text)
    empty.commit("feat: users", tag="v1.0.0")
    empty.migdocs("init", "--ci", "none")
    empty.migdocs("generate")
    facts = {m["id"]: m for m in json.loads(empty.read("migrations.json"))["migrations"]}
    assert facts["00002_fill"]["breaking"] == {"declared": None, "computed": None}
    assert facts["00001_users"]["breaking"]["computed"] is False
    assert facts["00002_fill"]["changes"] == []
    entry = empty.read("db/sql/MIGRATIONS_LOG.md").partition("### 00002_fill")[2]
    told = "not known: it is written in Go: the project's runner decides"
    assert f"| Rollback | {told} |" in entry
    assert entry.partition("###")[0].count("(00002_fill.go)") == 1


def test_init_names_what_is_kept_by_hand(empty: Workplace) -> None:
    """A change log above the migrations is the project's; ``--adopt`` is said only where needed."""
    empty.write("service/db/migrations/1_users.sql", USERS)
    empty.write("service/db/migrations/1_users_rollback.sql", GONE)
    empty.write("service/CHANGELOG.md", "# Changes\n")
    said = empty.migdocs("init", "--dry-run")
    assert "Written by hand, left alone: service/CHANGELOG.md." in said.err
    assert "'migdocs generate --adopt' adds ours to it" in said.err
    (empty.root / "service/CHANGELOG.md").unlink()
    assert "adopt" not in empty.migdocs("init", "--dry-run").err
