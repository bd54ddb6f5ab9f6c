"""The sample project's scripts do, on a real PostgreSQL, what its notes say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from migdocs.core import notes
from migdocs.core.notes import template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.model import Notes

MIGRATIONS = Path(__file__).parents[2] / "migrations"
SHIPPED = ("initial_schema", "20240103_add_activity_log_smart_fields")
PLANNED = ("20260301_add_rbac", "20260308_add_user_preferences")

# Everything that the sample's scripts can leave behind, by name and in order.
SCHEMA = """
    SELECT format('column %s.%s %s %s not null: %s default: %s', attrelid::regclass, attname,
                  row_number() OVER (PARTITION BY attrelid ORDER BY attnum),
                  format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid))
    FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid AND relkind = 'r'
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped AND relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('constraint %s on %s %s valid: %s', conname, conrelid::regclass,
                  pg_get_constraintdef(oid), convalidated)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('index %s valid: %s', pg_get_indexdef(indexrelid), indisvalid)
    FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('sequence %s', relname)
    FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
    ORDER BY 1
"""
PEOPLE_AND_WHAT_THEY_DID = """
    INSERT INTO users (id, email, password_hash) VALUES (1, 'ada@example.org', 'x');
    INSERT INTO two_factor_methods (user_id, kind, secret) VALUES (1, 'totp', 's');
    INSERT INTO two_factor_recovery_codes (user_id, code_hash) VALUES (1, 'h');
    INSERT INTO activity_logs (user_id, event_type, created_at) VALUES
        (1, 'password.changed', '2024-01-01T00:00Z'),
        (1, 'login.failed', '2024-01-01T00:00Z'),
        (1, 'profile.viewed', '2024-01-01T00:00Z'),
        (NULL, 'account.deleted', '2024-01-01T00:00Z');
"""
LOG_ENTRIES = """
    SELECT id, user_id, event_type, ip_address, user_agent, details, created_at
    FROM activity_logs ORDER BY id
"""


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    """Give a connection to an empty database; the scripts bring their own transactions."""
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened


def run(connection: psycopg.Connection, migration: str, direction: str = "") -> None:
    """Run a migration's forward script, or its rollback."""
    suffix = "_rollback" if direction == "rollback" else ""
    text = (MIGRATIONS / f"{migration}{suffix}.sql").read_text(encoding="utf-8")
    connection.execute(text.encode())


def schema(connection: psycopg.Connection) -> list[str]:
    """List what the database's schema holds."""
    return [line for (line,) in connection.execute(SCHEMA.encode())]


def read_notes(migration: str) -> Notes:
    """Read a migration's notes."""
    path = MIGRATIONS / f"{migration}.md"
    return notes.parse(path.name, path.read_text(encoding="utf-8"))


def test_each_rollback_restores_the_schema_and_can_be_followed_by_the_migration(
    connection: psycopg.Connection,
) -> None:
    """Forward, back and forward again leave exactly what was there before and after."""
    for migration in SHIPPED:
        before = schema(connection)
        run(connection, migration)
        after = schema(connection)
        run(connection, migration, "rollback")
        assert schema(connection) == before
        run(connection, migration)
        assert schema(connection) == after
        assert set(after) > set(before)


def test_the_smart_fields_lose_no_log_entry_on_the_way_back(
    connection: psycopg.Connection,
) -> None:
    """What was in the log before is in it after the rollback, to the last value."""
    run(connection, SHIPPED[0])
    connection.execute(PEOPLE_AND_WHAT_THEY_DID.encode())
    before = connection.execute(LOG_ENTRIES).fetchall()
    run(connection, SHIPPED[1])
    run(connection, SHIPPED[1], "rollback")
    assert connection.execute(LOG_ENTRIES).fetchall() == before


def test_entries_of_before_get_the_severity_and_expiry_that_the_guide_names(
    connection: psycopg.Connection,
) -> None:
    """The back-fill judges old entries as the guide's table does."""
    run(connection, SHIPPED[0])
    connection.execute(PEOPLE_AND_WHAT_THEY_DID.encode())
    run(connection, SHIPPED[1])
    judged = connection.execute(
        "SELECT event_type, severity, extract(day FROM expires_at - created_at)::int, is_anomaly"
        " FROM activity_logs ORDER BY id"
    ).fetchall()
    assert judged == [
        ("password.changed", "CRITICAL", 365, False),
        ("login.failed", "IMPORTANT", 180, False),
        ("profile.viewed", "INFORMATIONAL", 90, False),
        ("account.deleted", "CRITICAL", 365, False),
    ]


def test_the_release_before_goes_on_writing_to_the_new_schema(
    connection: psycopg.Connection,
) -> None:
    """v1.0.0 names its columns and knows none of the new ones: nothing refuses it."""
    for migration in SHIPPED:
        run(connection, migration)
    connection.execute(PEOPLE_AND_WHAT_THEY_DID.encode())
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("UPDATE activity_logs SET severity = 'LOUD'")


@pytest.mark.parametrize("migration", SHIPPED)
def test_every_check_of_the_notes_answers_true(
    connection: psycopg.Connection, migration: str
) -> None:
    """What people are told to ask after the migration is so."""
    earlier = SHIPPED[: SHIPPED.index(migration)]
    for name in (*earlier, migration):
        run(connection, name)
    checks = read_notes(migration).checks
    assert len(checks) >= 2
    for check in checks:
        assert connection.execute(check.sql.encode()).fetchall() == [(True,)], check.sql


@pytest.mark.parametrize("migration", [*SHIPPED, *PLANNED])
def test_notes_fill_the_template(migration: str) -> None:
    """The sample is the example of its own contract: no field, section or word is left open."""
    path = MIGRATIONS / "TEMPLATE.md"
    contract = template.parse(path.name, path.read_text(encoding="utf-8"))
    written = read_notes(migration)
    assert list(template.check(written, contract)) == []
    assert [field.name for field in written.fields] == [field.name for field in contract.fields]


def test_the_template_brings_the_two_skeletons() -> None:
    """Both skeletons begin with the header that scripts have, and are one transaction."""
    path = MIGRATIONS / "TEMPLATE.md"
    contract = template.parse(path.name, path.read_text(encoding="utf-8"))
    for skeleton in (contract.forward, contract.rollback):
        assert skeleton.startswith("-- Migration: [id]")
        assert "\nBEGIN;\n" in skeleton
        assert skeleton.endswith("COMMIT;\n")


@pytest.mark.parametrize("migration", PLANNED)
def test_what_is_planned_has_notes_only(migration: str) -> None:
    """A planned migration is known by its notes, and by having no script."""
    assert [path.name for path in MIGRATIONS.glob(f"{migration}*")] == [f"{migration}.md"]
