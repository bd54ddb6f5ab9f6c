"""For whom a dropped column breaks something: by who reads the database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.scenarios.conftest import Workplace

STOP = "v1.0.0 and older cannot run on this schema: stop them first"


@pytest.fixture
def dropping(empty: Workplace) -> Workplace:
    """Give two releases and what comes next: each of the later ones drops a column."""
    empty.write("migrations/001_users.up.sql", "CREATE TABLE users (id int, a int, b int);\n")
    empty.write("migrations/001_users.down.sql", "DROP TABLE users;\n")
    empty.commit("feat: users", tag="v1.0.0")
    empty.write("migrations/002_drop_a.up.sql", "ALTER TABLE users DROP COLUMN a;\n")
    empty.write("migrations/002_drop_a.down.sql", "ALTER TABLE users ADD COLUMN a int;\n")
    empty.commit("fix: drop a", tag="v1.1.0")
    empty.write("migrations/003_drop_b.up.sql", "ALTER TABLE users DROP COLUMN b;\n")
    empty.write("migrations/003_drop_b.down.sql", "ALTER TABLE users ADD COLUMN b int;\n")
    empty.commit("fix: drop b")
    return empty


def test_a_private_schema_asks_for_a_stop_and_no_major_version(dropping: Workplace) -> None:
    """Nobody else reads the database: the release before cannot run, and that is all."""
    assert dropping.migdocs("generate").code == 0
    assert "No release has a breaking change" in dropping.read("BREAKING_CHANGES.md")
    operators = dropping.read("BREAKING_CHANGES.md").partition("## What operators must know")[2]
    assert "the release before cannot run on this schema: stop it first" in operators
    assert "drops column users.a" in operators
    assert STOP in dropping.read("migrations/MIGRATIONS_LOG.md")
    assert "stop first" in dropping.read("docs/version-flow.md")
    guide = dropping.migdocs("upgrade", "v1.0.0", "v1.1.0").out
    assert "| Breaking changes | none |" in guide
    assert "**v1.0.0 cannot run on this schema**" in guide
    assert "no view, grant, notification or note shows another reader" in guide
    dropping.commit("docs: write them")
    done = dropping.migdocs("release", "v1.2.0", "--dry-run")
    assert done.code == 0, done.err


def test_a_public_schema_asks_for_a_major_version(dropping: Workplace) -> None:
    """Every client that reads the column breaks."""
    dropping.write("migdocs.toml", 'schema = "public"\n')
    assert dropping.migdocs("generate").code == 0
    assert "## v1.1.0" in dropping.read("BREAKING_CHANGES.md")
    assert "breaks v1.0.0 and older" in dropping.read("migrations/MIGRATIONS_LOG.md")
    done = dropping.migdocs("release", "v1.2.0", "--dry-run")
    assert done.code == 1
    assert "asks for a major step" in done.err


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("CREATE VIEW ours AS SELECT id FROM users;", "creates the view 'ours'"),
        ("GRANT SELECT ON users TO reporting;", "grants select to reporting"),
        ("NOTIFY users_changed;", "notifies whoever listens"),
        ("CREATE PUBLICATION feed FOR TABLE users;", "publishes tables"),
    ],
)
def test_what_others_read_makes_it_public_and_is_named(
    dropping: Workplace, sql: str, why: str
) -> None:
    """The reason stands in the documents, with the migration that shows it."""
    dropping.write("migrations/004_more.up.sql", f"{sql}\n")
    assert dropping.migdocs("generate").code == 0
    said = dropping.read("BREAKING_CHANGES.md")
    assert "schema is public" in said
    assert why in said.replace("\\", "")


def test_what_notes_declare_breaking_always_counts(dropping: Workplace) -> None:
    """A person knows what no script shows."""
    dropping.write(
        "migrations/002_drop_a.md",
        "# Migration: drop a\n\n**Breaking:** Yes\n\n## Breaking Changes\n\nExport `a` first.\n",
    )
    assert dropping.migdocs("generate").code == 0
    assert "Export `a` first." in dropping.read("BREAKING_CHANGES.md")
    guide = json.loads(dropping.migdocs("upgrade", "v1.0.0", "v1.1.0", "--format", "json").out)
    assert guide["schema"] == "private"
    assert guide["stops"] == []
    assert [item["migration"] for item in guide["breaking"]] == ["002_drop_a"]
