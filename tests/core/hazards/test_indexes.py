"""Indexes: what hazards.md measured, part E."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from migdocs.core.locks import ACCESS_EXCLUSIVE as AX
from migdocs.core.locks import SHARE
from migdocs.core.locks import SHARE_UPDATE_EXCLUSIVE as SUE

if TYPE_CHECKING:
    from collections.abc import Callable

    from migdocs.core.model import Hazard

    Judge = Callable[..., tuple[Hazard, ...]]

T = "CREATE TABLE t (a int, b int, c int, d int);"
INDEXED = T + "CREATE INDEX i ON t (a, b); CREATE UNIQUE INDEX u ON t (c);"
PARTED = (
    "CREATE TABLE t (a int) PARTITION BY LIST (a);"
    " CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1);"
)

# rule, statement, earlier migrations, version, (lock, on, work, impact) or None
ROWS = [
    ("ix-create", "CREATE INDEX ON t (a)", T, 15, (SHARE, "t", "scan", "minor")),
    ("ix-create", "CREATE UNIQUE INDEX ON t (a)", T, 15, (SHARE, "t", "scan", "major")),
    ("ix-create", "CREATE TABLE n (a int); CREATE INDEX ON n (a)", "", 15, None),
    ("ix-create", "CREATE INDEX CONCURRENTLY x ON t (a)", T, 15, None),
    ("ix-create", "CREATE INDEX ON ONLY t (a)", PARTED, 15, (SHARE, "t", "scan", "minor")),
    ("ix-create-part", "CREATE INDEX ON t (a)", PARTED, 15, (SHARE, "t t1", "scan", "minor")),
    ("ix-create-part", "CREATE INDEX ON t (a)", T, 15, None),
    ("ix-conc", "CREATE INDEX CONCURRENTLY x ON t (a)", T, 15, (SUE, "t", "scan", "minor")),
    ("ix-conc", "CREATE UNIQUE INDEX CONCURRENTLY x ON t (a)", T, 15, (SUE, "t", "scan", "major")),
    (
        "ix-conc-ine",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS x ON t (a)",
        T,
        15,
        (SUE, "t", "", "minor"),
    ),
    ("ix-conc-ine", "CREATE INDEX IF NOT EXISTS x ON t (a)", T, 15, None),
    ("ix-drop", "DROP INDEX i", INDEXED, 15, (AX, "t", "", "patch")),
    ("ix-drop", "DROP INDEX u", INDEXED, 15, (AX, "t", "", "major")),
    ("ix-drop", "DROP INDEX x", "", 15, (AX, "x", "", "patch")),
    ("ix-drop", "CREATE INDEX n ON t (d); DROP INDEX n", T, 15, None),
    ("ix-drop-conc", "DROP INDEX CONCURRENTLY i", INDEXED, 15, (SUE, "t", "", "patch")),
    ("ix-reindex", "REINDEX TABLE t", INDEXED, 15, (AX, "i u t", "scan", "patch")),
    ("ix-reindex", "REINDEX INDEX i", INDEXED, 15, (AX, "i t", "scan", "patch")),
    ("ix-reindex-conc", "REINDEX INDEX CONCURRENTLY i", INDEXED, 12, (SUE, "t i", "scan", "patch")),
    ("ix-rename", "ALTER INDEX i RENAME TO j", INDEXED, 12, (SUE, "i", "", "patch")),
    ("ix-rename", "ALTER INDEX i RENAME TO j", INDEXED, 11, (AX, "i", "", "patch")),
    (
        "ix-partial",
        "DROP INDEX u; CREATE UNIQUE INDEX u ON t (c) WHERE a > 0",
        INDEXED,
        15,
        (SHARE, "t", "scan", "major"),
    ),
    (
        "ix-partial",
        "DROP INDEX u; CREATE UNIQUE INDEX v ON t (abs(c))",
        INDEXED,
        15,
        (SHARE, "t", "scan", "major"),
    ),
    ("ix-partial", "DROP INDEX u; CREATE UNIQUE INDEX v ON t (c)", INDEXED, 15, None),
    ("ix-partial", "CREATE UNIQUE INDEX v ON t (c) WHERE a > 0", INDEXED, 15, None),
    ("ix-wide", "CREATE INDEX w ON t (a, b, c, d)", T, 15, (SHARE, "t", "scan", "patch")),
    ("ix-wide", "CREATE INDEX w ON t (a)", INDEXED, 15, (SHARE, "t", "scan", "patch")),
    ("ix-wide", "CREATE INDEX w ON t (b)", INDEXED, 15, None),
    ("ix-wide", "CREATE UNIQUE INDEX w ON t (a, b, c, d)", T, 15, None),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_happens_to_an_index(facts: Callable, row: tuple) -> None:
    """Lock, relations, work and impact are those that were measured."""
    *asked, expected = row
    assert facts(*asked) == expected


def test_concurrently_is_refused_on_a_partitioned_table(judged: Callable) -> None:
    """PostgreSQL says 0A000, whatever other linters advise."""
    found = judged("CREATE INDEX CONCURRENTLY i ON t (a)", PARTED)
    assert [h.severity for h in found if h.rule == "ix-create-part"] == ["error"]


def test_the_index_of_a_constraint_cannot_be_dropped(judged: Callable) -> None:
    """PostgreSQL says 2BP01; an auditor found it in a real project's migration."""
    found = judged("DROP INDEX t_a_key", "CREATE TABLE t (a int UNIQUE);")
    assert [h.severity for h in found if h.rule == "ix-drop"] == ["error"]


def test_the_safe_ways_are_only_told_of(judged: Callable) -> None:
    """Who follows the advice is not warned for it."""
    for sql in ("CREATE INDEX CONCURRENTLY x ON t (a)", "DROP INDEX CONCURRENTLY i"):
        found = judged(sql, INDEXED)
        assert {h.severity for h in found if h.rule.startswith("ix-")} == {"info"}


@pytest.mark.parametrize(
    ("sql", "built"),
    [
        ("ALTER TABLE a ALTER x TYPE bigint", "'a_y', 'a_pkey'"),
        ("ALTER TABLE a ALTER y TYPE text", "'a_y'"),
        ("ALTER TABLE a ADD COLUMN z serial", "'a_y', 'a_pkey'"),
        ("VACUUM FULL a", "'a_y', 'a_pkey'"),
        ("CLUSTER a USING a_pkey", "'a_y', 'a_pkey'"),
        ("ALTER TABLE a SET UNLOGGED", "'a_y', 'a_pkey'"),
        ("ALTER TABLE a SET TABLESPACE t", ""),
        ("ALTER TABLE a ADD COLUMN z int", ""),
        ("ALTER TABLE a ALTER x SET DEFAULT 1", ""),
    ],
)
def test_indexes_that_are_built_again_under_the_lock_are_named(
    judged: Judge, sql: str, built: str
) -> None:
    """Those of what is written anew, and those over a column that they compute with."""
    given = "CREATE TABLE a (x int PRIMARY KEY, y varchar(9)); CREATE INDEX a_y ON a (lower(y));"
    said = [h.message.partition("; built again under the lock: ")[2] for h in judged(sql, given)]
    assert {text for text in said if text} == ({built} if built else set())
