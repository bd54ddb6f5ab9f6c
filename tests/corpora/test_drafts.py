"""Fifty forward scripts on a real server with rows: the drafted rollback is exact, or honest."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import psycopg
import pytest

import sql_cases
from migdocs.adapters import sandbox
from migdocs.core.catalog import Catalog
from migdocs.core.changes.reading import read_changes
from migdocs.core.draft import Draft, draft_rollback
from migdocs.core.sql import parser, script

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = sql_cases.CASES / "drafts"
SCRIPTS = sorted(p for p in FOLDER.glob("*.sql") if "base" not in p.name.split("."))
TABLES = (
    "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
)
# The name of a database, its catalog and its rows.
Base = tuple[str, list[str], dict[str, list[str]]]
WORD = re.compile(r"\w+")


def draft_of(base: str, forward: str) -> Draft:
    """Draft the rollback of a script on a schema."""
    catalog = Catalog()
    catalog.apply_all(read_changes(parser.parse_all(script.split(base)), "base.sql"))
    changes = read_changes(parser.parse_all(script.split(forward)), "forward.sql", catalog)
    return draft_rollback(catalog.apply_all(changes), catalog.search_path)


def run(url: str, text: str) -> None:
    """Run a script, a statement after the other: some may stand in no transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in script.split(text):
            if statement.kind != "blank":
                connection.execute(statement.text.encode())


def catalog_of(url: str) -> list[str]:
    """Give what the server's own tool says of the schema, a statement each, in no order."""
    dump = [sandbox.find_binaries().folder / "pg_dump", "--schema-only", url]
    text = subprocess.run(dump, check=True, capture_output=True, text=True).stdout
    lines = (line for line in text.splitlines() if line and not line.startswith(("--", "\\")))
    return sorted(re.split(r";\n", "\n".join(lines)))


def rows_of(url: str) -> dict[str, list[str]]:
    """Give every row of every table."""
    with psycopg.connect(url) as connection:
        tables = [name for (name,) in connection.execute(TABLES).fetchall()]
        return {
            name: sorted(row for (row,) in connection.execute(f"SELECT t::text FROM {name} t"))
            for name in tables
        }


@pytest.fixture(scope="module")
def bases() -> dict[Path, Base]:
    """Keep the database that each base made; it is copied from then on."""
    return {}


def base_of(path: Path) -> Path:
    """Give what a script meets."""
    own = path.with_suffix(".base.sql")
    return own if own.exists() else FOLDER / "base.sql"


@pytest.mark.parametrize("path", SCRIPTS or [None], ids=lambda p: p.stem if p else "none")
def test_a_draft_is_exact_or_says_what_it_is_not(
    postgres: sandbox.Server,
    bases: dict[Path, Base],
    path: Path | None,
) -> None:
    """What it does not bring back stands in the script, by its name."""
    if path is None:
        pytest.skip(f"no scripts at {FOLDER}: set MIGDOCS_CASES")
    base = base_of(path)
    if base not in bases:
        name = f"base_{base.name}"
        run(postgres.create_database(name), base.read_text())
        bases[base] = (name, catalog_of(postgres.url(name)), rows_of(postgres.url(name)))
    template, schema, rows = bases[base]
    url = postgres.create_database(f"draft_{path.stem}", template)
    draft = draft_of(base.read_text(), path.read_text())
    run(url, path.read_text())
    try:
        run(url, draft.text)
    except psycopg.Error:
        assert draft.by_hand  # it waits for what a person has to write
        return
    said = set(WORD.findall(" ".join((*draft.by_hand, *draft.losses))))
    now = rows_of(url)
    changed = {table for table in rows if now.get(table) != rows[table]}
    differing = set(catalog_of(url)) ^ set(schema)
    assert [t for t in changed if not said.intersection(WORD.findall(t))] == []
    assert [item for item in differing if not said.intersection(WORD.findall(item))] == []
