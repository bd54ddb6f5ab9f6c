"""Real projects' scripts: all of them read, replayed, judged and undone, as a server says.

What a server holds after a project's migrations is compared with what replaying the Changes
predicts, and what it holds after a drafted rollback with what it held before.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import tarfile
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import psycopg
import pytest

from migdocs.adapters import layouts
from migdocs.core.catalog import Catalog
from migdocs.core.changes.reading import read_changes, read_script
from migdocs.core.draft import draft_rollback
from migdocs.core.impact import assess
from migdocs.core.model import Migration, Script
from migdocs.core.sql import parser
from migdocs.core.sql.execution import execution
from migdocs.core.sql.script import join, split
from migdocs.core.sql.tree import qualified

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migdocs.adapters.sandbox import Server

    Corpus = Callable[[str], Path]

REVISIONS = {
    "authapi": "HEAD",
    "opentdf": "HEAD",
    "pocketid": "HEAD",
    "graphnode": "HEAD",
    "marquez": "HEAD",
    "ftl": "v0.410.2",
}
# Rollbacks that PostgreSQL cannot parse: the first error, and how many statements are read besides.
BROKEN = {
    "2020-12-15-000000_remove_nested_templates/down.sql": (
        "4:21: syntax error at end of input",
        0,
    ),
    "2021-02-24-051050_dds_remove_unused_columns/down.sql": (
        '2:3: syntax error at or near "raise"',
        0,
    ),
    "2021-03-24-220541_deployment_schemas_deployment_shard/down.sql": (
        '1:6: syntax error at or near "constraint"',
        1,
    ),
    "2022-10-13-000000_track_processed_data_source/down.sql": (
        '1:1: syntax error at or near "raise"',
        0,
    ),
    "2023-12-15-182102_add_first_last_fn/down.sql": ("1:27: syntax error at end of input", 2),
    "20250408120918_app_config_cols.down.sql": ("1:64: syntax error at end of input", 1),
}


@cache
def migrations(clone: Path, revision: str) -> tuple[Migration, ...]:
    """Give a project's migrations at a revision; the checkout is left alone."""
    archive = subprocess.run(
        ["git", "-C", clone, "archive", "--format=tar", revision], check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = ((member.name, tar.extractfile(member)) for member in tar if member.isfile())
        texts = {path: file.read().decode() for path, file in files if file}
    folder = layouts.find_folders(texts, texts.__getitem__)[0].folder
    return layouts.read(texts, folder, texts.__getitem__).migrations


def base_script(project: str, truth: Path) -> Script | None:
    """Give the script that makes what a project's migrations assume."""
    path = truth.parent / f"{project}_base.sql"
    return Script(path.name, path.read_text()) if path.exists() else None


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize("project", REVISIONS)
def test_every_statement_is_a_change_or_named_as_unread(project: str, corpus: Corpus) -> None:
    """No script stops the reading, and none loses a character; only six have anything unread."""
    for migration in migrations(corpus(project), REVISIONS[project]):
        for script in filter(None, (migration.forward, migration.rollback)):
            statements = split(script.text, script.line)
            assert join(statements) == script.text
            changes = read_changes(parser.parse_all(statements, script.path), script.path)
            found = {change.statement for change in changes}
            assert found == {s.index for s in statements if s.kind != "blank"}, script.path
            if any(change.verb == "unread" for change in changes):
                assert any(script.path.endswith(name) for name in BROKEN), script.path


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rollback_is_found_and_read_around(name: str, corpus: Corpus) -> None:
    """With line and column; the statements beside the broken one are still read."""
    project = "pocketid" if name.startswith("20250408120918") else "graphnode"
    rollbacks = (m.rollback for m in migrations(corpus(project), "HEAD") if m.rollback)
    script = next(script for script in rollbacks if script.path.endswith(name))
    parsed = parser.parse_all(split(script.text), script.path)
    errors = [str(p.error).removeprefix(script.path + ":") for p in parsed if p.error]
    assert (errors[0], sum(bool(p.kind) for p in parsed)) == BROKEN[name]


# --- judging ------------------------------------------------------------------------------------


def test_the_breaking_migrations_of_authapi_are_found(corpus: Corpus, truth: Path) -> None:
    """All that an auditor found, and at most two that he did not."""
    expected = set(json.loads((truth / "authapi_audit.json").read_text())["breaking_by_sql"])
    for base in (None, base_script("authapi", truth)):
        catalog = Catalog()
        catalog.apply_all(read_script(base) if base else ())
        breaking = {
            migration.id
            for migration in migrations(corpus("authapi"), "HEAD")
            if migration.forward
            and assess(catalog.apply_all(read_script(migration.forward))).impact == "major"
        }
        assert expected <= breaking
        assert len(breaking - expected) <= 2


# --- on a server --------------------------------------------------------------------------------

TABLE_COLUMNS = """
    SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema)'
"""
INDEXES = """
    SELECT n.nspname, i.relname, t.relname
    FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname !~ '^(pg_|information_schema)'
"""
CONSTRAINTS = """
    SELECT n.nspname, t.relname, c.conname, c.contype::text
    FROM pg_constraint c
    JOIN pg_class t ON t.oid = c.conrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname !~ '^(pg_|information_schema)' AND c.contype <> 't'
"""
# Everything that a rollback must bring back, as lines of text.
SCHEMA = """
    WITH ours AS (
        SELECT c.*, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname !~ '^(pg_|information_schema)'
    ), routines AS (
        SELECT p.* FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname !~ '^(pg_|information_schema)'
          AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
    )
    SELECT format('column %s.%s.%s %s %s %s %s%s %s', c.nspname, c.relname, a.attname,
                  format_type(a.atttypid, a.atttypmod), a.attnotnull,
                  pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,
                  col_description(c.oid, a.attnum))
    FROM ours c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    UNION ALL SELECT format('%s %s.%s %s %s', relkind, nspname, relname, relrowsecurity,
                            obj_description(oid, 'pg_class'))
    FROM ours WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL SELECT 'index ' || schemaname || '.' || indexdef FROM pg_indexes
    WHERE schemaname !~ '^(pg_|information_schema)'
    UNION ALL SELECT format('constraint %s.%s %s', conrelid::regclass, conname,
                            pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace::regnamespace::text !~ '^(pg_|information_schema)'
    UNION ALL SELECT format('view %s %s', oid::regclass, pg_get_viewdef(oid))
    FROM ours WHERE relkind IN ('v', 'm')
    UNION ALL SELECT format('routine %s %s %s %s', oid::regprocedure, prokind, provolatile, prosrc)
    FROM routines
    UNION ALL SELECT pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger
    WHERE NOT tgisinternal
    UNION ALL SELECT format('enum %s %s', enumtypid::regtype,
                            string_agg(enumlabel, ',' ORDER BY enumsortorder))
    FROM pg_enum GROUP BY enumtypid
    UNION ALL SELECT format('type %s %s', oid::regtype, typtype) FROM pg_type
    WHERE typtype IN ('d', 'r') AND typnamespace::regnamespace::text !~ '^(pg_|information_schema)'
    UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname !~ '^pg_'
    UNION ALL SELECT 'extension ' || extname FROM pg_extension
"""
# The server's names of types for those that people write.
LONG_NAMES = {
    "timestamp": "timestamp{} without time zone",
    "timestamptz": "timestamp{} with time zone",
    "time": "time{} without time zone",
    "timetz": "time{} with time zone",
    "varchar": "character varying{}",
    "varbit": "bit varying{}",
    "char": "character{}",
}
CONSTRAINT_TYPES = {
    "c": "check",
    "f": "foreign key",
    "p": "primary key",
    "u": "unique",
    "x": "exclude",
}
# Scripts that fail on a schema that only SQL has made (truth/authapi_audit.json, and what follows).
FAILING = {"20260223_add_multi_sender_support", "20260227_add_global_smtp_config"}


@dataclass
class Outcome:
    """What a server and the catalog say of a project's migrations.

    Attributes:
        predicted: kind of thing → what the catalog has of it; ``actual``: what the server has.
        drafts: migration id → what the drafted rollback did: ``exact``, ``differs …``, ``fails …``;
            only of those that a person need not complete.
        by_hand: how many drafts a person must complete.
    """

    predicted: dict[str, set[object]] = field(default_factory=dict)
    actual: dict[str, set[object]] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)
    by_hand: int = 0


def long_name(type_: str) -> str:
    """Give a type's name as format_type() says it."""
    found = re.fullmatch(r"([^(\[]*)(\(.*\))?((?:\[\])*)", type_)
    assert found
    base, modifier, array = found.groups(default="")
    return LONG_NAMES.get(base, base + "{}").format(modifier) + ("[]" if array else "")


def predicted(catalog: Catalog) -> dict[str, set[object]]:
    """Give what the catalog has, in the server's words."""
    tables = [relation for relation in catalog.permanent() if relation.kind == "table"]
    return {
        "tables": {table.name for table in tables},
        "columns": {
            (t.name, c.name, long_name(c.type), not c.nullable)
            for t in tables
            for c in t.columns.values()
        },
        "indexes": {(n, r.name) for r in catalog.permanent() for n in r.all_indexes()},
        "constraints": {
            (t.name, name, constraint.type)
            for t in tables
            for name, constraint in t.constraints.items()
            if constraint.type != "not null"
        },
    }


def actual(connection: psycopg.Connection) -> dict[str, set[object]]:
    """Give what the server has."""
    columns = connection.execute(TABLE_COLUMNS.encode()).fetchall()
    return {
        "tables": {qualified(row[:2]) for row in columns},
        "columns": {(qualified(r[:2]), qualified(r[2:3]), r[3], r[4]) for r in columns if r[2]},
        "indexes": {
            (qualified((schema, index)), qualified((schema, table)))
            for schema, index, table in connection.execute(INDEXES.encode())
        },
        "constraints": {
            (qualified((schema, table)), qualified((name,)), CONSTRAINT_TYPES[type_])
            for schema, table, name, type_ in connection.execute(CONSTRAINTS.encode())
        },
    }


def run(connection: psycopg.Connection, script: Script) -> None:
    """Run a script as its execution says."""
    decided = execution(split(script.text), transaction=script.transaction)
    assert decided.mode != "refused", script.path
    for batch in decided.batches:
        text = ";\n".join(statement.text for statement in batch)
        connection.execute(text.encode())


def schema(connection: psycopg.Connection) -> set[str]:
    """Give everything that a rollback must bring back."""
    return {line for (line,) in connection.execute(SCHEMA.encode())}


def undo(connection: psycopg.Connection, draft: str, before: set[str]) -> str:
    """Try a drafted rollback, say what it did, and leave no trace of it."""
    try:
        with connection.transaction(force_rollback=True):
            if draft:
                connection.execute(draft.encode())
            after = schema(connection)
    except psycopg.Error as error:
        return f"fails: {error}"
    return "exact" if after == before else f"differs: {sorted(after ^ before)[:4]}"


_outcomes: dict[str, Outcome] = {}


@pytest.fixture
def outcome(
    request: pytest.FixtureRequest, corpus: Corpus, truth: Path, postgres: Server
) -> Outcome:
    """Give what a server says of a project; each project runs once."""
    project: str = request.param
    if project not in _outcomes:
        found = migrations(corpus(project), REVISIONS[project])
        url = postgres.create_database(f"corpus_{project}")
        with psycopg.connect(url, autocommit=True) as connection:
            base = base_script(project, truth)
            _outcomes[project] = apply_and_undo(connection, found, base)
    return _outcomes[project]


def apply_and_undo(
    connection: psycopg.Connection, found: tuple[Migration, ...], base: Script | None
) -> Outcome:
    """Apply every migration to a server and to a catalog, and try each drafted rollback."""
    outcome, catalog = Outcome(), Catalog()
    if base:
        run(connection, base)
        catalog.apply_all(read_script(base))
    before = schema(connection)
    for migration in found:
        assert migration.forward
        if migration.id in FAILING:
            continue
        run(connection, migration.forward)
        draft = draft_rollback(catalog.apply_all(read_script(migration.forward)))
        if draft.complete:
            outcome.drafts[migration.id] = undo(connection, draft.text, before)
        outcome.by_hand += not draft.complete
        before = schema(connection)
    outcome.predicted, outcome.actual = predicted(catalog), actual(connection)
    return outcome


@pytest.mark.parametrize("outcome", REVISIONS, indirect=True)
def test_replaying_predicts_what_a_server_holds(outcome: Outcome) -> None:
    """Tables, columns with type and nullability, indexes and constraints by name: all of them."""
    for kind, things in outcome.actual.items():
        assert things, kind
        differing = things ^ outcome.predicted[kind]
        share = 100 * (1 - len(differing) / len(things))
        assert not differing, (
            f"{share:.1f} % of {len(things)} {kind}: {sorted(map(str, differing))}"
        )


@pytest.mark.parametrize("outcome", REVISIONS, indirect=True)
def test_drafted_rollbacks_bring_the_schema_back(outcome: Outcome) -> None:
    """Every one that needs no person's help, to the last comment."""
    assert outcome.drafts
    assert {id_: what for id_, what in outcome.drafts.items() if what != "exact"} == {}
