"""Tables, storage, partitions: what hazards.md measured, parts F and G."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from migdocs.core.locks import ACCESS_EXCLUSIVE as AX
from migdocs.core.locks import ACCESS_SHARE, EXCLUSIVE
from migdocs.core.locks import SHARE_ROW_EXCLUSIVE as SRE
from migdocs.core.locks import SHARE_UPDATE_EXCLUSIVE as SUE

if TYPE_CHECKING:
    from collections.abc import Callable

T = "CREATE TABLE t (id int PRIMARY KEY, a text);"
KEYED = T + "CREATE TABLE c (t_id int REFERENCES t); CREATE VIEW v AS SELECT a FROM t;"
PARENT = "CREATE TABLE e (at date) PARTITION BY RANGE (at); CREATE TABLE old (at date);"
DEFAULT = PARENT + "CREATE TABLE rest PARTITION OF e DEFAULT;"
PART = PARENT + "CREATE TABLE p1 PARTITION OF e FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');"
BOUND = "FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')"

# rule, statement, earlier migrations, version, (lock, on, work, impact) or None
TABLES = [
    ("tb-drop", "DROP TABLE t", T, 15, (AX, "t", "", "major")),
    ("tb-drop", "DROP TABLE c", KEYED, 15, (AX, "c t", "", "major")),
    ("tb-drop", "CREATE TABLE n (); DROP TABLE n", T, 15, None),
    ("tb-drop-cascade", "DROP TABLE t CASCADE", KEYED, 15, (AX, "t c v", "", "major")),
    ("tb-drop-cascade", "DROP TABLE t", T, 15, None),
    ("tb-drop-cascade", "DROP FUNCTION f() CASCADE", "", 15, (AX, "f()", "", "major")),
    ("tb-rename", "ALTER TABLE t RENAME TO u", T, 15, (AX, "t", "", "major")),
    ("tb-rename", "ALTER TABLE t SET SCHEMA s", T, 15, (AX, "t", "", "major")),
    ("tb-rename", "CREATE TABLE n (); ALTER TABLE n RENAME TO m", "", 15, None),
    ("tb-create-fk", "CREATE TABLE n (x int REFERENCES t)", T, 15, (SRE, "t", "", "minor")),
    (
        "tb-create-fk",
        "CREATE TABLE n (x int, FOREIGN KEY (x) REFERENCES s.t)",
        "",
        15,
        (SRE, "s.t", "", "minor"),
    ),
    ("tb-create-fk", "CREATE TABLE n (id int PRIMARY KEY, up int REFERENCES n)", "", 15, None),
    (
        "tb-create-fk",
        "CREATE TABLE m (id int PRIMARY KEY); CREATE TABLE n (x int REFERENCES m)",
        "",
        15,
        None,
    ),
    ("tb-create-ine", "CREATE TABLE IF NOT EXISTS n ()", "", 15, ("", "", "", "minor")),
    ("tb-create-ine", "CREATE INDEX IF NOT EXISTS i ON t (a)", T, 15, ("", "", "", "minor")),
    ("tb-create-ine", "ALTER TABLE t ADD COLUMN IF NOT EXISTS b int", T, 15, ("", "", "", "minor")),
    ("tb-create-ine", "DROP TABLE IF EXISTS t", T, 15, ("", "", "", "minor")),
    ("tb-create-ine", "ALTER TABLE t DROP COLUMN IF EXISTS a", T, 15, ("", "", "", "minor")),
    ("tb-create-ine", "DROP TABLE t", T, 15, None),
    ("tb-ctas", "CREATE TABLE n AS SELECT * FROM t", T, 15, (ACCESS_SHARE, "t", "scan", "minor")),
    ("tb-ctas", "SELECT * INTO n FROM t", T, 15, (ACCESS_SHARE, "t", "scan", "minor")),
    ("tb-ctas", "SELECT * FROM t", T, 15, None),
    ("tb-truncate", "TRUNCATE t", T, 15, (AX, "t", "", "major")),
    ("tb-truncate", "CREATE TABLE n (); TRUNCATE n", "", 15, None),
    ("tb-truncate-cascade", "TRUNCATE t CASCADE", KEYED, 15, (AX, "t c", "", "major")),
    ("tb-truncate-cascade", "TRUNCATE t", KEYED, 15, None),
    ("tb-logged", "ALTER TABLE t SET UNLOGGED", T, 15, (AX, "t", "rewrite", "minor")),
    ("tb-logged", "ALTER TABLE t SET LOGGED", T, 15, (AX, "t", "rewrite", "minor")),
    ("tb-am", "ALTER TABLE t SET TABLESPACE fast", T, 15, (AX, "t", "rewrite", "patch")),
    ("tb-am", "ALTER TABLE t SET ACCESS METHOD heap2", T, 15, (AX, "t", "rewrite", "patch")),
    ("tb-cluster", "CLUSTER t USING t_pkey", T, 15, (AX, "t", "rewrite", "patch")),
    ("tb-cluster", "VACUUM FULL t", T, 15, (AX, "t", "rewrite", "patch")),
    ("tb-cluster", "VACUUM t", T, 15, None),
    ("tb-storage", "ALTER TABLE t ALTER a SET STORAGE EXTERNAL", T, 15, (AX, "t", "", "patch")),
    ("tb-storage", "ALTER TABLE t ALTER a SET COMPRESSION lz4", T, 14, (AX, "t", "", "patch")),
    ("tb-options", "ALTER TABLE t SET (fillfactor = 70)", T, 15, (SUE, "t", "", "patch")),
    ("tb-options", "ALTER TABLE t ALTER a SET STATISTICS 9", T, 15, (SUE, "t", "", "patch")),
    ("tb-options", "ANALYZE t", T, 15, (SUE, "t", "", "patch")),
    ("tb-options", "COMMENT ON COLUMN t.a IS 'x'", T, 15, (SUE, "t", "", "patch")),
    ("tb-options", "CREATE STATISTICS s ON id, a FROM t", T, 15, (SUE, "t", "", "patch")),
    ("tb-options", "CREATE PUBLICATION p FOR TABLE t", T, 15, (SUE, "t", "", "patch")),
    ("tb-options", "COMMENT ON FUNCTION f() IS 'x'", T, 15, None),
    ("tb-replident", "ALTER TABLE t REPLICA IDENTITY FULL", T, 15, (AX, "t", "", "major")),
    ("tb-inherit", "ALTER TABLE t INHERIT p", T, 15, (AX, "t p", "", "major")),
    ("tb-inherit", "ALTER TABLE t NO INHERIT p", T, 15, (AX, "t p", "", "major")),
    ("tb-owner", "ALTER TABLE t OWNER TO ada", T, 15, (AX, "t", "", "major")),
    ("tb-owner", "ALTER VIEW v OWNER TO ada", KEYED, 15, (AX, "v", "", "major")),
    ("tb-owner", "REASSIGN OWNED BY ada TO bob", T, 15, (AX, "", "", "major")),
    ("tb-lock", "LOCK TABLE t", T, 15, (AX, "t", "", "patch")),
    ("tb-lock", "LOCK TABLE t IN EXCLUSIVE MODE", T, 15, (EXCLUSIVE, "t", "", "patch")),
    ("tb-lock", "LOCK TABLE t IN ROW SHARE MODE", T, 15, None),
]
PARTITIONS = [
    (
        "pt-attach",
        f"ALTER TABLE e ATTACH PARTITION old {BOUND}",
        PARENT,
        12,
        (AX, "old e", "scan", "minor"),
    ),
    (
        "pt-attach",
        f"ALTER TABLE e ATTACH PARTITION old {BOUND}",
        DEFAULT,
        11,
        (AX, "old e rest", "scan", "minor"),
    ),
    (
        "pt-attach",
        f"CREATE TABLE n (at date); ALTER TABLE e ATTACH PARTITION n {BOUND}",
        PARENT,
        15,
        (SUE, "e", "", "minor"),
    ),
    ("pt-create", f"CREATE TABLE n PARTITION OF e {BOUND}", PARENT, 15, (AX, "e", "", "minor")),
    (
        "pt-create",
        f"CREATE TABLE n PARTITION OF e {BOUND}",
        DEFAULT,
        15,
        (AX, "e rest", "scan", "minor"),
    ),
    ("pt-create", f"CREATE TABLE n PARTITION OF e {BOUND}", "", 15, (AX, "e", "scan", "minor")),
    (
        "pt-create",
        f"CREATE TABLE m (at date) PARTITION BY RANGE (at); CREATE TABLE n PARTITION OF m {BOUND}",
        "",
        15,
        None,
    ),
    ("pt-detach", "ALTER TABLE e DETACH PARTITION p1", PART, 14, (AX, "e p1", "", "major")),
    ("pt-detach", "ALTER TABLE e DETACH PARTITION p1 CONCURRENTLY", PART, 14, None),
    (
        "pt-detach-conc",
        "ALTER TABLE e DETACH PARTITION p1 CONCURRENTLY",
        PART,
        14,
        (SUE, "e p1", "", "major"),
    ),
]


@pytest.mark.parametrize("row", TABLES + PARTITIONS, ids=str)
def test_what_happens_to_a_table(facts: Callable, row: tuple) -> None:
    """Lock, relations, work and impact are those that were measured."""
    *asked, expected = row
    assert facts(*asked) == expected


def test_comments_are_told_of_once(judged: Callable) -> None:
    """A lock that the transaction holds already is no news."""
    sql = "COMMENT ON TABLE t IS 'x'; COMMENT ON COLUMN t.a IS 'y'; COMMENT ON COLUMN t.id IS 'z'"
    assert len([h for h in judged(sql, T) if h.rule == "tb-options"]) == 1


def test_detaching_beside_a_default_partition_is_refused(judged: Callable) -> None:
    """PostgreSQL says 55000."""
    sql = "ALTER TABLE e DETACH PARTITION p1 CONCURRENTLY"
    given = PART + "CREATE TABLE rest PARTITION OF e DEFAULT;"
    found = judged(sql, given)
    assert [h.severity for h in found if h.rule == "pt-detach-conc"] == ["error"]


def test_a_new_partition_is_no_harmless_table(judged: Callable) -> None:
    """It is a warning although it looks like any CREATE TABLE."""
    found = judged(f"CREATE TABLE n PARTITION OF e {BOUND}", PARENT)
    assert [h.severity for h in found if h.rule == "pt-create"] == ["warning"]
