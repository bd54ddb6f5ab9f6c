"""Types, views, routines, triggers, rights: what hazards.md measured, parts H, I and J."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from migdocs.core.locks import ACCESS_EXCLUSIVE as AX
from migdocs.core.locks import ACCESS_SHARE, SHARE
from migdocs.core.locks import SHARE_ROW_EXCLUSIVE as SRE

if TYPE_CHECKING:
    from collections.abc import Callable

T = "CREATE TABLE t (a int, b text);"
ENUM = "CREATE TYPE mood AS ENUM ('calm', 'glad');"
DOMAIN = "CREATE DOMAIN d AS int; CREATE TABLE u (x d); CREATE TABLE w (y d[]);"
PAIR = "CREATE TYPE pair AS (one int);"
VIEW = T + "CREATE VIEW v AS SELECT a, b FROM t;"
F = "CREATE FUNCTION f(x int, y int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1';"
TRIGGER = T + "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();"
RECREATE = (
    "ALTER TYPE mood RENAME TO mood_old; CREATE TYPE mood AS ENUM ('calm');"
    " ALTER TABLE t ALTER b TYPE mood USING b::text::mood; DROP TYPE mood_old"
)

# rule, statement, earlier migrations, version, (lock, on, work, impact) or None
TYPES = [
    ("en-add", "ALTER TYPE mood ADD VALUE 'sad'", ENUM, 15, ("", "", "", "minor")),
    ("en-add", f"{ENUM} ALTER TYPE mood ADD VALUE 'sad'", "", 15, None),
    ("en-rename", "ALTER TYPE mood RENAME VALUE 'glad' TO 'gay'", ENUM, 15, ("", "", "", "major")),
    (
        "en-recreate",
        RECREATE,
        ENUM + T,
        15,
        (AX, "t", "rewrite", "major"),
    ),
    ("ty-drop", "DROP TYPE mood", ENUM, 15, ("", "", "", "major")),
    ("ty-drop", "DROP DOMAIN d CASCADE", DOMAIN, 15, (AX, "u w", "", "major")),
    ("ty-rename", "ALTER TYPE mood RENAME TO m", ENUM, 15, ("", "", "", "major")),
    ("ty-rename", "ALTER SEQUENCE s RENAME TO r", "", 15, (AX, "s", "", "major")),
    ("ty-rename", "ALTER VIEW v RENAME TO w", VIEW, 15, (AX, "v", "", "major")),
    ("ty-rename", "ALTER FUNCTION f(int) RENAME TO g", F, 15, ("", "", "", "major")),
    ("dm-add", "ALTER DOMAIN d ADD CHECK (value > 0)", DOMAIN, 15, (SHARE, "u w", "scan", "major")),
    ("dm-add", "ALTER DOMAIN d SET NOT NULL", DOMAIN, 15, (SHARE, "u w", "scan", "major")),
    (
        "dm-add",
        "ALTER DOMAIN d ADD CHECK (value > 0) NOT VALID",
        DOMAIN,
        15,
        ("", "", "", "major"),
    ),
    (
        "dm-add",
        "ALTER DOMAIN d VALIDATE CONSTRAINT c",
        DOMAIN,
        15,
        (SHARE, "u w", "scan", "patch"),
    ),
    ("dm-add", "ALTER DOMAIN d DROP CONSTRAINT c", DOMAIN, 15, None),
    ("dm-create", "CREATE DOMAIN e AS int CHECK (value > 0)", "", 15, ("", "", "", "minor")),
    ("dm-create", "CREATE DOMAIN e AS int", "", 15, None),
    ("cp-attr", "ALTER TYPE pair ADD ATTRIBUTE two int", PAIR, 15, (AX, "pair", "", "major")),
    ("cp-attr", "ALTER TYPE pair DROP ATTRIBUTE one", PAIR, 15, (AX, "pair", "", "major")),
    ("cp-attr", "ALTER TYPE pair RENAME ATTRIBUTE one TO a", PAIR, 15, (AX, "pair", "", "major")),
]
ROUTINES = [
    (
        "vw-replace",
        "CREATE OR REPLACE VIEW v AS SELECT a, b FROM t WHERE a > 0",
        VIEW,
        15,
        (AX, "v", "", "patch"),
    ),
    (
        "vw-replace",
        "CREATE OR REPLACE VIEW v AS SELECT a, b, a AS c FROM t",
        VIEW,
        15,
        (AX, "v", "", "minor"),
    ),
    ("vw-replace", "CREATE OR REPLACE VIEW v AS SELECT b FROM t", VIEW, 15, (AX, "v", "", "major")),
    ("vw-replace", "CREATE OR REPLACE VIEW v AS SELECT b FROM t", "", 15, (AX, "v", "", "unknown")),
    ("vw-replace", "CREATE OR REPLACE VIEW n AS SELECT b FROM t", VIEW, 15, None),
    ("vw-drop", "DROP VIEW v", VIEW, 15, (AX, "v", "", "major")),
    ("vw-drop", "DROP MATERIALIZED VIEW m", "", 15, (AX, "m", "", "major")),
    ("vw-opt", "ALTER VIEW v SET (security_invoker = on)", VIEW, 15, (AX, "v", "", "major")),
    ("mv-refresh", "REFRESH MATERIALIZED VIEW m", "", 15, (AX, "m", "rewrite", "patch")),
    ("mv-refresh", "REFRESH MATERIALIZED VIEW CONCURRENTLY m", "", 15, None),
    (
        "fn-replace",
        "CREATE OR REPLACE FUNCTION f(x int, y int DEFAULT 1) RETURNS int LANGUAGE sql AS ''",
        F,
        15,
        ("", "", "", "unknown"),
    ),
    (
        "fn-replace",
        "CREATE OR REPLACE FUNCTION f(x int, y int DEFAULT 1) RETURNS text LANGUAGE sql AS ''",
        F,
        15,
        ("", "", "", "major"),
    ),
    (
        "fn-replace",
        "CREATE OR REPLACE FUNCTION f(z int, y int DEFAULT 1) RETURNS int LANGUAGE sql AS ''",
        F,
        15,
        ("", "", "", "major"),
    ),
    (
        "fn-replace",
        "CREATE OR REPLACE FUNCTION f(x int, y int) RETURNS int LANGUAGE sql AS ''",
        F,
        15,
        ("", "", "", "major"),
    ),
    ("fn-replace", "CREATE OR REPLACE FUNCTION n() RETURNS int LANGUAGE sql AS ''", F, 15, None),
    (
        "fn-overload",
        "CREATE FUNCTION f(x text) RETURNS int LANGUAGE sql AS ''",
        F,
        15,
        ("", "", "", "unknown"),
    ),
    ("fn-overload", "CREATE FUNCTION n() RETURNS int LANGUAGE sql AS ''", F, 15, None),
    (
        "fn-overload",
        "DROP FUNCTION f(int, int); CREATE FUNCTION f(x text) RETURNS int LANGUAGE sql AS ''",
        F,
        15,
        None,
    ),
    ("fn-drop", "DROP FUNCTION f(int, int)", F, 15, ("", "", "", "major")),
    ("fn-drop", "ALTER FUNCTION f(int, int) IMMUTABLE", F, 15, ("", "", "", "major")),
    ("fn-drop", "ALTER FUNCTION f(int, int) COST 5", F, 15, None),
    (
        "tg-create",
        "CREATE TRIGGER n AFTER INSERT ON t EXECUTE FUNCTION f()",
        T,
        15,
        (SRE, "t", "", "minor"),
    ),
    (
        "tg-create",
        "CREATE TABLE n (); CREATE TRIGGER g AFTER INSERT ON n EXECUTE FUNCTION f()",
        "",
        15,
        None,
    ),
    ("tg-drop", "DROP TRIGGER g ON t", TRIGGER, 15, (AX, "t", "", "major")),
    ("tg-disable", "ALTER TABLE t DISABLE TRIGGER ALL", T, 15, (SRE, "t", "", "major")),
    (
        "ru-create",
        "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
        T,
        15,
        (AX, "t", "", "major"),
    ),
]
RIGHTS = [
    ("rls-enable", "ALTER TABLE t ENABLE ROW LEVEL SECURITY", T, 15, (AX, "t", "", "major")),
    ("rls-policy", "CREATE POLICY p ON t USING (true)", T, 15, (AX, "t", "", "minor")),
    ("rls-policy", "CREATE POLICY p ON t AS RESTRICTIVE", T, 15, (AX, "t", "", "major")),
    ("rls-policy", "ALTER POLICY p ON t USING (false)", T, 15, (AX, "t", "", "major")),
    ("rls-policy", "DROP POLICY p ON t", T, 15, (AX, "t", "", "major")),
    ("gr-revoke", "REVOKE SELECT ON t FROM ada", T, 17, ("", "", "", "major")),
    ("gr-revoke", "REVOKE SELECT ON t FROM ada", T, 18, (ACCESS_SHARE, "t", "", "major")),
    ("gr-revoke", "GRANT SELECT ON t TO ada", T, 18, None),
    ("gr-lost", "DROP VIEW v; CREATE VIEW v AS SELECT 1", VIEW, 15, (AX, "v", "", "major")),
    ("gr-lost", "DROP VIEW v; CREATE VIEW v AS SELECT 1; GRANT SELECT ON v TO a", VIEW, 15, None),
    ("gr-lost", "CREATE VIEW v AS SELECT 1", VIEW, 15, None),
    ("role-alter", "ALTER ROLE ada SET work_mem = '1GB'", "", 15, ("", "", "", "major")),
    ("role-alter", "CREATE ROLE bob", "", 15, ("", "", "", "major")),
    ("ext", "CREATE EXTENSION pg_trgm", "", 15, ("", "", "", "minor")),
    ("ext", "ALTER EXTENSION pg_trgm UPDATE", "", 15, ("", "", "", "major")),
    ("ext", "DROP EXTENSION pg_trgm", "", 15, ("", "", "", "major")),
    (
        "sch-drop",
        "DROP SCHEMA s CASCADE",
        "CREATE SCHEMA s; CREATE TABLE s.t ();",
        15,
        (AX, "s.t", "", "major"),
    ),
    ("sch-drop", "ALTER SCHEMA s RENAME TO r", "CREATE SCHEMA s;", 15, ("", "", "", "major")),
    ("sch-drop", "CREATE SCHEMA s; DROP SCHEMA s", "", 15, None),
    ("db-drop", "CREATE DATABASE other", "", 15, ("", "", "", "major")),
    ("db-drop", "DROP SUBSCRIPTION s", "", 15, ("", "", "", "major")),
]


@pytest.mark.parametrize("row", TYPES + ROUTINES + RIGHTS, ids=str)
def test_what_happens_to_an_object(facts: Callable, row: tuple) -> None:
    """Lock, relations, work and impact are those that were measured."""
    *asked, expected = row
    assert facts(*asked) == expected


@pytest.mark.parametrize(
    ("sql", "postgres", "severity"),
    [
        ("ALTER TYPE mood ADD VALUE 'sad'", 11, "error"),  # 25001
        ("ALTER TYPE mood ADD VALUE 'sad'", 12, "warning"),
    ],
)
def test_adding_a_value_in_a_transaction(
    judged: Callable, sql: str, postgres: int, severity: str
) -> None:
    """Up to 11 it is refused; other tools say so of later versions too, wrongly."""
    found = judged(sql, ENUM, postgres=postgres)
    assert [h.severity for h in found if h.rule == "en-add"] == [severity]


def test_a_value_that_is_used_at_once(judged: Callable) -> None:
    """It is not to be used before the transaction ends (55P04)."""
    found = judged("ALTER TYPE mood ADD VALUE 'sad'; UPDATE t SET b = 'sad' WHERE a = 1", ENUM)
    assert next(h.message for h in found if h.rule == "en-add").endswith("before it is committed")


def test_a_type_in_use_keeps_its_shape(judged: Callable) -> None:
    """ALTER TYPE of a composite is refused (0A000) where a column uses it."""
    found = judged("ALTER TYPE pair ADD ATTRIBUTE two int", PAIR + "CREATE TABLE u (p pair);")
    assert [h.severity for h in found if h.rule == "cp-attr"] == ["error"]


def test_triggers_that_are_switched_on_again(judged: Callable) -> None:
    """Off and on within the script hurts nobody afterwards."""
    sql = "ALTER TABLE t DISABLE TRIGGER g; UPDATE t SET a = 1; ALTER TABLE t ENABLE TRIGGER g"
    impacts = [h.impact for h in judged(sql, TRIGGER) if h.rule == "tg-disable"]
    assert impacts == ["patch", "patch"]


def test_policies_make_row_security_bearable(judged: Callable) -> None:
    """Without one, nobody but the owner sees a row; the message says which case it is."""
    enable = "ALTER TABLE t ENABLE ROW LEVEL SECURITY"
    (bare,) = (h for h in judged(enable, T) if h.rule == "rls-enable")
    assert "no policy lets anybody see a row" in bare.message
    found = judged(f"{enable}; CREATE POLICY p ON t USING (true)", T)
    assert "its policies decide" in next(h.message for h in found if h.rule == "rls-enable")
