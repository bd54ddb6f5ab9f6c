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
ADVICE: dict[str, tuple[str, str]] = {
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
    "col-add-null": ("", "SELECT id, name FROM users"),
    "col-add-const": ("", "ALTER TABLE users ADD COLUMN locale text"),
    "col-add-gen-virtual": ("", "CREATE TABLE a (x int, y int GENERATED ALWAYS AS (x) STORED)"),
    "col-add-domain-con": (
        "CREATE DOMAIN positive AS int CHECK (value > 0); ALTER TABLE users ADD COLUMN age int;",
        "ALTER TABLE users ADD CONSTRAINT age_positive CHECK (age > 0) NOT VALID",
    ),
    "col-drop-cascade": (
        "CREATE VIEW roles AS SELECT id, role FROM users;",
        "CREATE OR REPLACE VIEW roles AS SELECT id, NULL::text AS role FROM users",
    ),
    "col-rename": ("", "ALTER TABLE users ADD COLUMN kind text"),
    "col-gen-drop-expr": (
        "CREATE TABLE a (x int, y int GENERATED ALWAYS AS (x) STORED);",
        "CREATE TRIGGER kept BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION stamp()",
    ),
    "col-gen-set-expr": ("", "ALTER TABLE users ADD COLUMN mail_new text"),
    "ck-validate": (
        "ALTER TABLE users ADD CONSTRAINT visited CHECK (visits > 0) NOT VALID;",
        "BEGIN; ALTER TABLE users VALIDATE CONSTRAINT visited; COMMIT",
    ),
    "fk-validate": (
        "ALTER TABLE users ADD CONSTRAINT t FOREIGN KEY (team_id) REFERENCES teams NOT VALID;",
        "BEGIN; ALTER TABLE users VALIDATE CONSTRAINT t; COMMIT",
    ),
    "pk-add": (
        (
            "CREATE TABLE logs (id bigint, CONSTRAINT given CHECK (id IS NOT NULL));"
            " CREATE UNIQUE INDEX logs_id ON logs (id);"
        ),
        (
            "ALTER TABLE logs ALTER COLUMN id SET NOT NULL;"
            " ALTER TABLE logs ADD PRIMARY KEY USING INDEX logs_id"
        ),
    ),
    "pk-using": (
        "CREATE TABLE logs (id bigint NOT NULL); CREATE UNIQUE INDEX logs_id ON logs (id);",
        "ALTER TABLE logs ADD CONSTRAINT logs_pkey PRIMARY KEY USING INDEX logs_id",
    ),
    "ex-add": (
        "",
        "CREATE TABLE stays (room int, during tsrange, EXCLUDE USING gist (during WITH &&))",
    ),
    "con-drop": (
        "",
        "ALTER TABLE users ADD CONSTRAINT visited CHECK (visits > 0) NOT VALID",
    ),
    "dml-nowhere": ("", "UPDATE users SET role = 'user' WHERE id BETWEEN 1 AND 1000"),
    "dml-with-ddl": ("", "UPDATE users SET role = 'user' WHERE role IS NULL"),
    "dml-irreversible": (
        "ALTER TABLE users ADD COLUMN name_before text;",
        "UPDATE users SET name_before = name WHERE name_before IS NULL",
    ),
    "dml-dup-assign": ("", "UPDATE users SET name = 'a' WHERE id = 1"),
    "dml-seed": (
        "CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text);",
        (
            "INSERT INTO notes (id, text) OVERRIDING SYSTEM VALUE VALUES (1, 'read me');"
            " SELECT setval(pg_get_serial_sequence('notes', 'id'), max(id)) FROM notes"
        ),
    ),
    "en-rename": ("CREATE TYPE mood AS ENUM ('glad');", "ALTER TYPE mood ADD VALUE 'happy'"),
    "en-recreate": ("", "CREATE TABLE feelings (name text PRIMARY KEY)"),
    "dm-add": (
        "CREATE DOMAIN positive AS int CHECK (value > 0);",
        "ALTER DOMAIN positive ADD CONSTRAINT small CHECK (value < 100) NOT VALID",
    ),
    "dm-create": ("", "CREATE TABLE ages (age int CHECK (age > 0))"),
    "cp-attr": (
        "CREATE TYPE pair AS (one int, other int);",
        "CREATE TYPE triple AS (one int, other int, third int)",
    ),
    "type-narrow": (
        "",
        "ALTER TABLE users ADD CONSTRAINT small CHECK (visits < 32768) NOT VALID",
    ),
    "type-domain-con": (
        "CREATE DOMAIN positive AS int CHECK (value > 0);",
        "ALTER TABLE users ADD CONSTRAINT visited CHECK (visits > 0) NOT VALID",
    ),
    "type-ts-tstz": ("", "ALTER TABLE users ADD COLUMN seen_zoned timestamptz"),
    "type-using": ("", "ALTER TABLE users ADD COLUMN role_number integer"),
    "type-collate": ("", 'CREATE INDEX CONCURRENTLY users_role_c ON users (role COLLATE "C")'),
    "fk-action": (
        "",
        (
            "ALTER TABLE users ADD CONSTRAINT t FOREIGN KEY (team_id) REFERENCES teams"
            " ON DELETE CASCADE NOT VALID"
        ),
    ),
    "fk-deferrable": (
        "ALTER TABLE users ADD CONSTRAINT t FOREIGN KEY (team_id) REFERENCES teams;",
        (
            "ALTER TABLE users ADD CONSTRAINT t_late FOREIGN KEY (team_id) REFERENCES teams"
            " DEFERRABLE NOT VALID"
        ),
    ),
    "ix-conc": ("", "CREATE INDEX CONCURRENTLY users_visits ON users (visits)"),
    "ix-conc-ine": ("", "DROP INDEX CONCURRENTLY IF EXISTS users_visits"),
    "ix-drop-conc": ("", "DROP INDEX CONCURRENTLY users_team"),
    "ix-reindex-conc": ("", "REINDEX TABLE CONCURRENTLY users"),
    "ix-partial": (
        "",
        "CREATE UNIQUE INDEX CONCURRENTLY users_seen ON users (name) WHERE visits > 0",
    ),
    "ix-wide": ("", "CREATE INDEX CONCURRENTLY users_role ON users (role)"),
    "nn-drop": (
        "",
        "CREATE VIEW named AS SELECT id, coalesce(name, '') AS name FROM users",
    ),
    "def-set": ("", "UPDATE users SET name = '' WHERE name IS NULL AND id < 1000"),
    "id-drop": (
        "CREATE SEQUENCE numbers; CREATE TABLE a (n int DEFAULT nextval('numbers'));",
        "ALTER TABLE a ALTER COLUMN n SET DEFAULT 0",
    ),
    "seq-alter": (
        "CREATE SEQUENCE numbers;",
        "ALTER SEQUENCE numbers RESTART 9",
    ),
    "pt-detach": (
        f"CREATE TABLE first PARTITION OF events {BOUND};",
        "ALTER TABLE events DETACH PARTITION first CONCURRENTLY",
    ),
    "pt-detach-conc": (
        f"CREATE TABLE first PARTITION OF events {BOUND};",
        "ALTER TABLE events DETACH PARTITION first FINALIZE",
    ),
    "rls-enable": ("", "CREATE POLICY own ON users USING (name = current_user)"),
    "gr-lost": (
        "CREATE VIEW names AS SELECT name FROM users; GRANT SELECT ON names TO PUBLIC;",
        "CREATE OR REPLACE VIEW names AS SELECT name, role FROM users",
    ),
    "sch-drop": (
        "CREATE SCHEMA archive;",
        "DROP TABLE IF EXISTS archive.new; DROP SCHEMA archive",
    ),
    "no-column-in-query": ("", "UPDATE users SET role = 'x' WHERE id = 1"),
    "commit-in-block": ("", "DO $$ BEGIN DELETE FROM users WHERE id = 1; END $$"),
    "not-for-a-child": ("", "ALTER TABLE events ADD COLUMN note text"),
    "no-identity": (
        "CREATE TABLE a (n int NOT NULL);",
        "ALTER TABLE a ALTER COLUMN n ADD GENERATED BY DEFAULT AS IDENTITY",
    ),
    "constraint-exists": (
        "ALTER TABLE users ADD CONSTRAINT visited CHECK (visits > 0);",
        "ALTER TABLE users ADD CONSTRAINT visited_once CHECK (visits > 1) NOT VALID",
    ),
    "needed-by-others": (
        "CREATE VIEW names AS SELECT name FROM users;",
        "CREATE OR REPLACE VIEW names AS SELECT 'x'::text AS name",
    ),
    "truncate-referenced": (
        "ALTER TABLE users ADD FOREIGN KEY (team_id) REFERENCES teams;",
        "DELETE FROM teams WHERE id < 1000",
    ),
    "pub-no-key": ("", "CREATE PUBLICATION outward FOR TABLE users"),
    "mv-refresh-conc": ("", "SELECT 1"),
    "vw-drop": (
        "CREATE VIEW names AS SELECT name FROM users;",
        "CREATE OR REPLACE VIEW names AS SELECT name, role FROM users",
    ),
    "fn-overload": (
        "CREATE FUNCTION double(n int) RETURNS int LANGUAGE sql AS 'SELECT n + n';",
        "CREATE FUNCTION double_text(n text) RETURNS text LANGUAGE sql AS 'SELECT n || n'",
    ),
    "ru-create": (
        "",
        (
            "CREATE TRIGGER kept BEFORE DELETE ON users FOR EACH ROW WHEN (OLD.visits > 0)"
            " EXECUTE FUNCTION stamp()"
        ),
    ),
    "tg-drop": (
        "CREATE TRIGGER old BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION stamp();",
        "CREATE TRIGGER fresh BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION stamp()",
    ),
    "tx-many-ax": ("", "ALTER TABLE users ADD COLUMN a text"),
    "tx-setlocal": (
        "",
        "SET lock_timeout = 900; CREATE INDEX CONCURRENTLY u ON users (visits); RESET ALL",
    ),
    "tx-set-leak": ("CREATE SCHEMA app;", "BEGIN; SET LOCAL search_path = app; COMMIT"),
    "tx-nonqual": ("", "CREATE TABLE public.logs (id bigint)"),
    "tx-meta": ("", "SELECT 1"),
    "tx-copy": ("", "INSERT INTO users (id, name) VALUES (1, 'a'), (2, 'b')"),
    "tx-dynamic": ("CREATE TABLE logs (id bigint);", "SELECT count(*) FROM logs"),
    "tx-ident": ("", "CREATE TABLE logs (id bigint)"),
    "tx-style": (
        "",
        (
            "CREATE TABLE logs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
            " at timestamptz, price numeric, note text)"
        ),
    ),
    "tb-create-fk": (
        "CREATE TABLE notes (user_id bigint); CREATE INDEX ON notes (user_id);",
        "ALTER TABLE notes ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID",
    ),
    "tb-ctas": ("", "CREATE TABLE people (LIKE users INCLUDING ALL)"),
    "tb-truncate": ("", "DELETE FROM users WHERE id < 1000"),
    "tb-am": ("", "CREATE TABLE people (LIKE users INCLUDING ALL)"),
    "tb-lock": ("", "LOCK TABLE users IN ROW SHARE MODE NOWAIT"),
    "con-rename": (
        "",
        "INSERT INTO users (id) VALUES (1) ON CONFLICT (id) DO NOTHING",
    ),
    "fk-enforce-18": (
        "ALTER TABLE users ADD CONSTRAINT t FOREIGN KEY (team_id) REFERENCES teams;",
        (
            "ALTER TABLE users DROP CONSTRAINT t;"
            " ALTER TABLE users ADD CONSTRAINT t FOREIGN KEY (team_id) REFERENCES teams NOT VALID"
        ),
    ),
    "key-not-null": (
        "CREATE TABLE a (n int GENERATED ALWAYS AS IDENTITY);",
        "ALTER TABLE a ALTER n DROP IDENTITY; ALTER TABLE a ALTER n DROP NOT NULL",
    ),
    "ty-rename": (
        "CREATE TYPE mood AS ENUM ('glad');",
        "CREATE DOMAIN feeling AS mood",
    ),
    "type-check-col": (
        "CREATE TABLE a (n varchar(9) CONSTRAINT named CHECK (n <> ''));",
        (
            "ALTER TABLE a DROP CONSTRAINT named;"
            " ALTER TABLE a ALTER n TYPE text;"
            " ALTER TABLE a ADD CONSTRAINT named CHECK (n <> '') NOT VALID"
        ),
    ),
    "type-fk-col": (
        "CREATE TABLE a (t int CONSTRAINT t REFERENCES teams);",
        (
            "ALTER TABLE a DROP CONSTRAINT t;"
            " ALTER TABLE a ALTER t TYPE bigint;"
            " ALTER TABLE a ADD CONSTRAINT t FOREIGN KEY (t) REFERENCES teams NOT VALID"
        ),
    ),
    "type-view-dep": (
        "CREATE TABLE a (n varchar(9)); CREATE VIEW v AS SELECT n FROM a;",
        (
            "DROP VIEW v;"
            " ALTER TABLE a ALTER n TYPE text;"
            " CREATE VIEW v AS SELECT n FROM a;"
            " GRANT SELECT ON v TO PUBLIC"
        ),
    ),
    "type-numeric-up": (
        "CREATE TABLE a (p numeric(8,2));",
        "ALTER TABLE a ALTER p TYPE numeric(10,2)",
    ),
    "type-varchar-widen": (
        "CREATE TABLE a (n varchar(9));",
        "SET LOCAL lock_timeout = '2s'; ALTER TABLE a ALTER n TYPE varchar(20)",
    ),
    "type-binary-ok": (
        "CREATE TABLE a (n cidr);",
        "SET LOCAL lock_timeout = '2s'; ALTER TABLE a ALTER n TYPE inet",
    ),
    "uq-using": (
        "",
        (
            "SET LOCAL lock_timeout = '2s';"
            " ALTER TABLE users ADD CONSTRAINT one UNIQUE USING INDEX users_name"
        ),
    ),
    "tb-storage": (
        "",
        "SET LOCAL lock_timeout = '2s'; ALTER TABLE users ALTER name SET STORAGE external",
    ),
    "tb-options": (
        "",
        "ALTER TABLE users SET (fillfactor = 70)",
    ),
    "ix-attach": (
        (
            "CREATE TABLE first PARTITION OF events FOR VALUES FROM ('2026-01-01') TO"
            " ('2026-02-01');"
            " CREATE INDEX events_at ON ONLY events (at);"
            " CREATE INDEX first_at ON first (at);"
        ),
        "SET LOCAL lock_timeout = '2s'; ALTER INDEX events_at ATTACH PARTITION first_at",
    ),
    "ix-rename": (
        "",
        "INSERT INTO users (id, name) VALUES (1, 'a') ON CONFLICT (name) DO NOTHING",
    ),
    "fn-replace": (
        "CREATE FUNCTION double(n int) RETURNS int LANGUAGE sql AS 'SELECT n + n';",
        "CREATE FUNCTION double_old(n int) RETURNS int LANGUAGE sql AS 'SELECT n + n'",
    ),
    "nn-18": (
        "ALTER TABLE users ADD CONSTRAINT g CHECK (role IS NOT NULL) NOT VALID;",
        "ALTER TABLE users VALIDATE CONSTRAINT g",
    ),
    "tb-cluster": (
        "",
        "CREATE TABLE people (LIKE users INCLUDING ALL)",
    ),
    "tx-lock-slots": (
        "CREATE TABLE first PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');",
        "ALTER TABLE events DETACH PARTITION first CONCURRENTLY",
    ),
    "col-drop": (
        "",
        "SELECT id, name FROM users",
    ),
    "unknown-part": ("", "ALTER TABLE users ADD UNIQUE USING INDEX users_name"),
    "bad-definition": ("", "CREATE TABLE notes (id int PRIMARY KEY, text text, title text)"),
    "wrong-kind": (
        "CREATE VIEW names AS SELECT name FROM users;",
        "ALTER VIEW names ALTER name SET DEFAULT 'x'; COMMENT ON VIEW names IS 'x'",
    ),
    "unknown-name": ("", "DROP TRIGGER IF EXISTS gone ON users; ALTER TABLE users ADD x text"),
    "not-yet": (
        "CREATE TABLE many (id int) PARTITION BY LIST (id);",
        "CREATE INDEX many_id ON ONLY many (id)",
    ),
    "unknown-function": ("", "ALTER TABLE users ALTER role SET DEFAULT gen_random_uuid()::text"),
    "too-young": (
        "",
        "DELETE FROM users u WHERE NOT EXISTS (SELECT FROM teams t WHERE t.id = u.team_id)",
    ),
}


# Advice that is no script: to wait, to look, to leave a statement alone or to somebody else.
NO_SCRIPT = frozenset(
    (
        "key-exists",
        "tb-drop",
        "con-drop-cascade",
        "ty-drop",
        "def-drop",
        "id-always",
        "rls-policy",
        "gr-revoke",
        "role-alter",
        "ext",
        "db-drop",
        "event-trigger",
        "tb-oids",
        "vw-opt",
        "fn-drop",
        "tg-create",
        "tg-disable",
        "tb-drop-cascade",
        "tb-truncate-cascade",
        "tb-logged",
        "tb-replident",
        "tb-inherit",
        "tb-owner",
    )
)


def test_every_rule_says_what_to_do_instead() -> None:
    """In a script that is tried here, or in words that make none."""
    assert set(RULES) == set(ADVICE) | NO_SCRIPT
    assert NO_SCRIPT.isdisjoint(ADVICE)


# The advised form locks or loses less, and clients meet it all the same.
STAYS = frozenset(("en-add", "dm-add", "seq-alter", "sch-drop"))


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
    assert not grave or rule in STAYS, grave
