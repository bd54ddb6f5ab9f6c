"""The table of a project's own runner is made for scripts that read it, and for no others."""

from __future__ import annotations

import pytest

from migdocs.adapters import layouts
from migdocs.core.proof import tracking


@pytest.mark.parametrize(
    ("text", "is_made"),
    [
        ("select version from schema_migrations", True),
        ('update public."schema_migrations" set dirty = false', True),
        ("select 1 from my_schema_migrations_old", False),
        ("create table if not exists public.schema_migrations (version int)", False),
        ('CREATE TABLE "schema_migrations" (version int); select * from schema_migrations', False),
        ("select 1", False),
    ],
)
def test_only_what_reads_it_gets_it(text: str, is_made: bool) -> None:  # noqa: FBT001 - a case
    """A script that makes the table itself is left to."""
    made = tracking.definition("golang-migrate", "schema_migrations", [text])
    assert bool(made) == is_made


def test_every_convention_with_columns_has_a_table() -> None:
    """The names are the conventions' own; a schema of the runner's is made with it."""
    for name in tracking.COLUMNS:
        table = layouts.layout_named(name).tracking
        assert table is not None, name
        assert tracking.definition(name, table.table, [f"select * from {table.table}"]), name
    made = tracking.definition("drizzle", "drizzle.__drizzle_migrations", ["__drizzle_migrations"])
    assert made.startswith("CREATE SCHEMA IF NOT EXISTS drizzle;\nCREATE TABLE drizzle.__drizzle")
