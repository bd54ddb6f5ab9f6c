"""Our own advice passes our own check: what a rule says to do instead is found to be no error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from migdocs.core.hazards import RULES, check_script

if TYPE_CHECKING:
    from migdocs.core.model import Finding

SCHEMA = """
CREATE TABLE teams (id bigint PRIMARY KEY, name text);
CREATE TABLE users (id bigint PRIMARY KEY, name text, role text, visits int, team_id bigint,
    seen_at timestamptz);
CREATE UNIQUE INDEX users_name ON users (name);
CREATE INDEX users_team ON users (team_id);
CREATE TABLE events (id int NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
"""
BOUND = "FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')"

# Rule → what had been done before, and the script that follows its advice.
ADVICE = {
    "col-add-volatile": ("", "ALTER TABLE users ADD COLUMN token uuid"),
    "col-add-notnull-nodef": ("", "ALTER TABLE users ADD COLUMN locale text"),
    "col-add-serial": ("", "ALTER TABLE users ADD COLUMN number bigint"),
    "col-add-identity": ("", "ALTER TABLE users ADD COLUMN number bigint"),
    "col-add-gen-stored": ("", "ALTER TABLE users ADD COLUMN mail text"),
    "col-add-check": (
        "ALTER TABLE users ADD COLUMN age int;",
        "ALTER TABLE users ADD CONSTRAINT grown CHECK (age > 0) NOT VALID",
    ),
    "col-add-ref": (
        "ALTER TABLE users ADD COLUMN boss bigint; CREATE INDEX ON users (boss);",
        "ALTER TABLE users ADD FOREIGN KEY (boss) REFERENCES teams NOT VALID",
    ),
    "col-add-unique": (
        "ALTER TABLE users ADD COLUMN mail text; CREATE UNIQUE INDEX users_mail ON users (mail);",
        "ALTER TABLE users ADD CONSTRAINT users_mail UNIQUE USING INDEX users_mail",
    ),
    "col-add-json": ("", "ALTER TABLE users ADD COLUMN settings jsonb"),
    "type-text-varcharn": (
        "",
        "ALTER TABLE users ADD CONSTRAINT short CHECK (length(name) <= 20) NOT VALID",
    ),
    "type-int-bigint": ("", "ALTER TABLE users ADD COLUMN visits_wide bigint"),
    "nn-set": (
        "ALTER TABLE users ADD CONSTRAINT has_role CHECK (role IS NOT NULL);",
        (
            "ALTER TABLE users ALTER COLUMN role SET NOT NULL;"
            " ALTER TABLE users DROP CONSTRAINT has_role"
        ),
    ),
    "nn-notvalid-check": (
        "ALTER TABLE users ADD CONSTRAINT has_role CHECK (role IS NOT NULL) NOT VALID;",
        "ALTER TABLE users VALIDATE CONSTRAINT has_role",
    ),
    "fk-add": (
        "",
        "ALTER TABLE users ADD CONSTRAINT t FOREIGN KEY (team_id) REFERENCES teams NOT VALID",
    ),
    "fk-notvalid": (
        "ALTER TABLE users ADD CONSTRAINT t FOREIGN KEY (team_id) REFERENCES teams NOT VALID;",
        "ALTER TABLE users VALIDATE CONSTRAINT t",
    ),
    "fk-noindex": ("", "CREATE INDEX CONCURRENTLY users_role ON users (role)"),
    "ck-add": ("", "ALTER TABLE users ADD CONSTRAINT visited CHECK (visits > 0) NOT VALID"),
    "ck-notvalid": (
        "ALTER TABLE users ADD CONSTRAINT visited CHECK (visits > 0) NOT VALID;",
        "ALTER TABLE users VALIDATE CONSTRAINT visited",
    ),
    "uq-add": ("", "ALTER TABLE users ADD CONSTRAINT one UNIQUE USING INDEX users_name"),
    "ix-create": ("", "CREATE INDEX CONCURRENTLY users_visits ON users (visits)"),
    "ix-create-part": ("", "CREATE INDEX events_at ON ONLY events (at)"),
    "ix-drop": ("", "DROP INDEX CONCURRENTLY users_team"),
    "ix-reindex": ("", "REINDEX INDEX CONCURRENTLY users_team"),
    "tb-rename": ("", "ALTER TABLE users RENAME TO people; CREATE VIEW users AS TABLE people"),
    "tb-create-ine": ("", "CREATE TABLE notes (id bigint PRIMARY KEY)"),
    "pt-attach": (
        (
            "CREATE TABLE first (id int NOT NULL, at date NOT NULL,"
            " CONSTRAINT bound CHECK (at >= '2026-01-01' AND at < '2026-02-01'));"
        ),
        (
            f"ALTER TABLE events ATTACH PARTITION first {BOUND};"
            " ALTER TABLE first DROP CONSTRAINT bound"
        ),
    ),
    "pt-create": (
        "",
        (
            "CREATE TABLE first (LIKE events, CHECK (at >= '2026-01-01' AND at < '2026-02-01'));"
            f" ALTER TABLE events ATTACH PARTITION first {BOUND}"
        ),
    ),
    "vw-replace": (
        "CREATE VIEW names AS SELECT name FROM users;",
        "CREATE OR REPLACE VIEW names AS SELECT name, role FROM users",
    ),
    "mv-refresh": (
        (
            "CREATE MATERIALIZED VIEW roles AS SELECT role FROM users;"
            " CREATE UNIQUE INDEX roles_role ON roles (role);"
        ),
        "REFRESH MATERIALIZED VIEW CONCURRENTLY roles",
    ),
    "en-add": ("CREATE TYPE mood AS ENUM ('calm');", "ALTER TYPE mood ADD VALUE 'sad'"),
    "object-exists": (
        "",
        (
            "DROP TABLE IF EXISTS notes; CREATE TABLE notes (id int);"
            " DROP FUNCTION IF EXISTS f(int);"
            " CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';"
            " DROP TRIGGER IF EXISTS t ON users;"
            " CREATE TRIGGER t BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION stamp()"
        ),
    ),
    "no-cast": (
        "ALTER TABLE users ALTER COLUMN role SET DEFAULT '1';",
        "ALTER TABLE users ADD COLUMN role_number int",
    ),
    "no-such-column": ("", "ALTER TABLE users DROP COLUMN IF EXISTS nickname"),
    "column-exists": ("", "ALTER TABLE users ADD COLUMN IF NOT EXISTS role text"),
    "key-without-partition": ("", "ALTER TABLE events ADD PRIMARY KEY (id, at)"),
    "bad-reference": (
        "",
        "ALTER TABLE users ADD FOREIGN KEY (team_id) REFERENCES teams (id) NOT VALID",
    ),
    "no-such-object": ("", "ALTER TABLE users DROP CONSTRAINT IF EXISTS gone"),
    "enum-too-early": (
        "CREATE TYPE mood AS ENUM ('calm'); ALTER TYPE mood ADD VALUE 'sad';",
        "CREATE TABLE days (how mood DEFAULT 'sad')",
    ),
    "tx-own": ("", "BEGIN;\nCREATE TABLE notes (id int);\nCOMMIT;"),
    "tx-nontx-mix": ("", "CREATE INDEX CONCURRENTLY users_visits ON users (visits)"),
    "tx-notimeout": ("", "SET lock_timeout = '2s'; ALTER TABLE users ADD COLUMN locale text"),
    "bad-body": (
        'CREATE TABLE t ("end" int);',
        (
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql"
            " BEGIN ATOMIC SELECT t.end FROM t; SELECT 1 AS end; END"
        ),
    ),
}


def said(rule: str) -> tuple[Finding, ...]:
    """Check the script that follows a rule's advice."""
    given, sql = ADVICE[rule]
    return check_script(sql, "a.sql", postgres=15, schema_text=SCHEMA + given)


@pytest.mark.parametrize("rule", ADVICE)
def test_advice_is_no_error(rule: str) -> None:
    """Nothing of it is refused, breaks clients or loses data, and the rule has nothing to say."""
    assert rule in RULES
    found = said(rule)
    assert [f"{f.rule}: {f.message}" for f in found if f.severity == "error"] == []
    grave = [f for f in found if f.rule == rule and f.severity == "warning"]
    assert not grave or rule == "en-add", grave
