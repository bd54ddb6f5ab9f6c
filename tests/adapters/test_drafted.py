"""Drafted rollbacks, run on a real server: exact, or saying beforehand what they are not."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import psycopg
import pytest

from migdocs.adapters import sandbox
from migdocs.core.catalog import Catalog
from migdocs.core.changes.reading import read_changes
from migdocs.core.draft import Draft, draft_rollback
from migdocs.core.sql import parser, script

if TYPE_CHECKING:
    from migdocs.core.model import Change

BASE = """
CREATE TABLE teams (id int PRIMARY KEY, name varchar(12) NOT NULL, price numeric(10,2),
    seen timestamp(0), day date, size smallint);
INSERT INTO teams SELECT g, 'n' || g, g, now(), now(), g FROM generate_series(1, 9) g;
CREATE TABLE people (id bigserial PRIMARY KEY, team int REFERENCES teams (id), note text);
INSERT INTO people (team, note) SELECT g, 'x' || g FROM generate_series(1, 9) g;
CREATE UNIQUE INDEX notes_uq ON people (note);
CREATE VIEW names AS SELECT id, team, note FROM people;
COMMENT ON VIEW names IS 'of people';
GRANT SELECT ON names TO PUBLIC;
GRANT SELECT (id, name), UPDATE (name) ON teams TO PUBLIC;
ALTER TABLE teams ENABLE ROW LEVEL SECURITY;
ALTER TABLE teams FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON teams USING (id > 0);
ALTER TABLE people ALTER COLUMN note SET STATISTICS 300;
ALTER TABLE people ALTER COLUMN note SET STORAGE EXTERNAL;
ALTER TABLE people REPLICA IDENTITY FULL;
CREATE STATISTICS both_ones (dependencies) ON team, note FROM people;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE people DISABLE TRIGGER touched;
CREATE FUNCTION secret(a int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT a';
REVOKE ALL ON FUNCTION secret(int) FROM PUBLIC;
CREATE PUBLICATION outward FOR TABLE people;
CREATE SCHEMA app;
"""

# What is run, and what rows are written after it that only the new schema takes.
EXACT = {
    "ALTER TABLE teams ALTER COLUMN name TYPE text": "UPDATE teams SET name = 'short'",
    "ALTER TABLE teams ALTER COLUMN price TYPE numeric(14,4)": "",
    "ALTER TABLE teams ALTER COLUMN size TYPE bigint": "",
    "ALTER TABLE teams ALTER COLUMN day TYPE timestamp": "",
    "DROP FUNCTION secret(int)": "",
    "REVOKE ALL ON names FROM PUBLIC": "",
    "GRANT ALL ON teams TO PUBLIC": "",
    "ALTER TABLE teams DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY": "",
    "ALTER TABLE people ENABLE TRIGGER touched": "",
    "DROP TRIGGER touched ON people": "",
    "DROP POLICY own ON teams": "",
    "DROP STATISTICS both_ones": "",
    "CREATE OR REPLACE VIEW names AS SELECT id, team, note, 1 AS one FROM people": "",
    "DROP VIEW names": "",
    "ALTER TABLE people ALTER COLUMN note SET STATISTICS 10": "",
    "ALTER TABLE people REPLICA IDENTITY DEFAULT": "",
    "ALTER TABLE people RENAME TO members": "",
    "CREATE SCHEMA IF NOT EXISTS public; CREATE EXTENSION IF NOT EXISTS plpgsql": "",
    "SET search_path TO app; CREATE TABLE teams (id int); CREATE TYPE mood AS ENUM ('a')": "",
    "CREATE TEMP TABLE teams (id int); DROP TABLE teams": "",
    "CREATE UNIQUE INDEX u ON people (id); ALTER TABLE people ADD UNIQUE USING INDEX u": "",
}
# These refuse, and change nothing: rows written since do not fit any more.
REFUSED = {
    "ALTER TABLE teams ALTER name TYPE text": "UPDATE teams SET name = repeat('z', 40)",
    "ALTER TABLE teams ALTER name TYPE varchar(20)": "UPDATE teams SET name = 'ends         '",
    "ALTER TABLE teams ALTER price TYPE numeric(14,4)": "UPDATE teams SET price = 1.2345",
    "ALTER TABLE teams ALTER size TYPE numeric": "UPDATE teams SET size = 1.5",
    "ALTER TABLE teams ALTER size TYPE bigint": "UPDATE teams SET size = 70000",
    "ALTER TABLE teams ALTER day TYPE timestamp": "UPDATE teams SET day = '2020-01-01 10:00'",
    "ALTER TABLE teams ALTER seen TYPE timestamp": "UPDATE teams SET seen = '2020-01-01 10:00:0.5'",
    "ALTER TABLE teams ALTER name DROP NOT NULL": "UPDATE teams SET name = NULL WHERE id = 1",
    "DROP INDEX notes_uq": "UPDATE people SET note = 'same'",
    "ALTER TABLE people DROP CONSTRAINT people_team_fkey": "UPDATE people SET team = 99",
}
# What is not as it was is said beforehand, by its name.
SAID = {
    "ALTER TABLE teams ALTER COLUMN price TYPE numeric(10,0)": "price",
    "ALTER TABLE teams ALTER COLUMN name TYPE varchar(2) USING name::varchar(2)": "name",
    "ALTER TABLE teams ALTER COLUMN seen TYPE date": "seen",
    "ALTER TABLE teams DROP COLUMN size": "size",
    "DROP TABLE people CASCADE": "people",
    "DELETE FROM people": "people",
}


def changes(sql: str, known: Catalog | None = None) -> tuple[Change, ...]:
    """Read a script."""
    return read_changes(parser.parse_all(script.split(sql)), "a.sql", known)


def drafted(forward: str) -> Draft:
    """Draft the rollback of a script on the schema."""
    catalog = Catalog()
    catalog.apply_all(changes(BASE))
    return draft_rollback(catalog.apply_all(changes(forward, catalog)))


def catalog_of(url: str) -> list[str]:
    """Give what the server's own tool says of the schema, a statement each, in no order."""
    dump = [sandbox.find_binaries().folder / "pg_dump", "--schema-only", url]
    text = subprocess.run(dump, check=True, capture_output=True, text=True).stdout
    lines = (line for line in text.splitlines() if line and not line.startswith(("--", "\\")))
    return sorted(re.split(r";\n", "\n".join(lines)))


def rows_of(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Give every row of the two tables."""
    with psycopg.connect(url) as connection:
        return {
            table: sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=str)
            for table in ("teams", "people")
        }


def run(url: str, sql: str) -> None:
    """Run a script in one transaction."""
    with psycopg.connect(url) as connection:
        if sql:
            connection.execute(sql.encode())


@pytest.mark.parametrize("forward", EXACT)
def test_a_draft_brings_the_schema_and_the_rows_back(database: str, forward: str) -> None:
    """Owners, grants, row security, trigger states, statistics and comments with it."""
    run(database, BASE)
    schema = catalog_of(database)
    rows = rows_of(database)
    run(database, forward)
    if EXACT[forward]:
        run(database, EXACT[forward])
        rows = rows_of(database)
    draft = drafted(forward)
    assert not draft.by_hand
    assert not draft.losses
    run(database, draft.text)
    assert catalog_of(database) == schema
    assert rows_of(database) == rows


@pytest.mark.parametrize("forward", REFUSED)
def test_a_draft_refuses_what_it_would_change(database: str, forward: str) -> None:
    """No value is cut or rounded, and the draft says what will stop it."""
    run(database, BASE)
    run(database, forward)
    run(database, REFUSED[forward])
    rows = rows_of(database)
    draft = drafted(forward)
    assert draft.stops
    with pytest.raises(psycopg.Error):
        run(database, draft.text)
    assert rows_of(database) == rows


@pytest.mark.parametrize("forward", SAID)
def test_a_draft_says_what_does_not_come_back(forward: str) -> None:
    """In the script itself, where the operator reads it."""
    draft = drafted(forward)
    assert any(SAID[forward] in loss for loss in draft.losses)
    assert "-- migdocs: data are lost:" in draft.text


def test_a_dropped_table_comes_back_with_all_that_was_said_of_it(database: str) -> None:
    """Only its rows are gone."""
    run(database, BASE)
    schema = catalog_of(database)
    for forward in ("DROP TABLE people CASCADE", "DROP VIEW names; DROP TABLE teams CASCADE"):
        run(database, forward)
        run(database, drafted(forward).text)
        assert catalog_of(database) == schema
