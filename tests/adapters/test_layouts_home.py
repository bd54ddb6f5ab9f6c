"""Commands are typed at the repository's root, and run where their tool finds its own files."""

from __future__ import annotations

import pytest

from migdocs.adapters import layouts
from migdocs.core.runner import Runner, recording

PACKAGE = '{{"devDependencies": {{"{}": "1"}}}}'
SQL = "CREATE TABLE t (id int);\n"
ROOT = {"package.json": '{"workspaces": ["packages/*"]}', "README.md": ""}

# Convention → the files of a part of a repository, its folder, and how all pending is applied.
PARTS: dict[str, tuple[dict[str, str], str, str]] = {
    "drizzle": (
        {
            "packages/db/drizzle.config.ts": "export default { out: './migrations' };",
            "packages/db/migrations/meta/_journal.json": '{"entries": []}',
            "packages/db/migrations/0000_a.sql": SQL,
        },
        "packages/db/migrations",
        "(cd packages/db && npx drizzle-kit migrate)",
    ),
    "prisma": (
        {
            "packages/db/prisma/schema.prisma": 'datasource db { provider = "postgresql" }',
            "packages/db/prisma/migrations/migration_lock.toml": 'provider = "postgresql"',
            "packages/db/prisma/migrations/20240101000000_a/migration.sql": SQL,
        },
        "packages/db/prisma/migrations",
        "(cd packages/db && npx prisma migrate deploy)",
    ),
    "node-pg-migrate": (
        {
            "packages/my api/package.json": PACKAGE.format("node-pg-migrate"),
            "packages/my api/db/package.json": "{}",
            "packages/my api/db/migrations/1700000000000_a.sql": f"-- Up Migration\n{SQL}",
        },
        "packages/my api/db/migrations",
        "(cd 'packages/my api' && npx node-pg-migrate up -m db/migrations)",
    ),
    "rails": (
        {
            "backend/Gemfile": "gem 'rails'\n",
            "backend/bin/rails": "",
            "backend/db/migrate/20240101000000_a.rb": "class A < ActiveRecord::Migration[7.1]\n",
        },
        "backend/db/migrate",
        "(cd backend && bin/rails db:migrate)",
    ),
    "alembic": (
        {
            "backend/alembic.ini": "[alembic]\n",
            "backend/alembic/versions/a1_a.py": 'revision = "a1"\ndown_revision = None\n',
        },
        "backend/alembic/versions",
        "(cd backend && alembic upgrade head)",
    ),
    "sqitch": (
        {
            "db/sqitch.conf": "[core]\n\tengine = pg\n",
            "db/sqitch.plan": "%project=x\n\na 2024-01-01T00:00:00Z A <a@example.org>\n",
            "db/deploy/a.sql": SQL,
        },
        "db",
        "(cd db && sqitch deploy)",
    ),
    "mybatis": (
        {
            "db/environments/development.properties": "",
            "db/scripts/20240101000000_a.sql": f"{SQL}-- //@UNDO\nDROP TABLE t;\n",
        },
        "db/scripts",
        "(cd db && migrate up)",
    ),
    "goose": (
        {"backend/go.mod": "module x\n", "backend/sql/001_a.sql": f"-- +goose Up\n{SQL}"},
        "backend/sql",
        'goose -dir backend/sql postgres "$DATABASE_URL" up',
    ),
}


@pytest.mark.parametrize("convention", PARTS)
def test_a_part_of_a_repository_is_entered(convention: str) -> None:
    """Tools that look for a file of theirs stand beside it; those that name the folder do not."""
    texts, folder, apply = PARTS[convention]
    texts = ROOT | texts
    found = layouts.read(texts, folder, texts.__getitem__)
    assert found.layout == convention
    assert layouts.runner(found.convention, folder).apply == apply


def test_at_the_root_nothing_is_entered() -> None:
    """Most projects: the commands stay as their tools' own pages print them."""
    texts = {"alembic.ini": "", "db/versions/a1_a.py": 'revision = "a1"\ndown_revision = None\n'}
    found = layouts.read(texts, "db/versions", texts.__getitem__)
    assert layouts.runner(found.convention, "db/versions").apply == "alembic upgrade head"


def test_a_tool_that_knows_no_versions_is_told_the_last_migration() -> None:
    """Its own tags need not be git's; before the first migration there is none to name."""
    sqitch = next(one for one in layouts.LAYOUTS if one.name == "sqitch")
    runner = layouts.runner(sqitch, ".")
    assert runner.filled("apply_to", "v1.1", "add age") == "sqitch deploy --to 'add age'"
    assert runner.filled("rollback_to", "v1.0", "users") == "sqitch revert -y --to users"
    assert runner.filled("rollback_to", "v0.9", "") == "sqitch revert -y"
    assert recording(runner.unrecord, "age", "age", "users").endswith("--log-only --to users")
    assert recording(runner.unrecord, "users", "users", "").endswith("-y --log-only")
    assert Runner().filled("apply_to", "v1.1", "users") == "migdocs apply --to v1.1"
