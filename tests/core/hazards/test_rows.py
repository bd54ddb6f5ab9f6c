"""Statements that change rows: hazards.md, part K."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from migdocs.core.locks import ACCESS_EXCLUSIVE as AX
from migdocs.core.locks import ROW_EXCLUSIVE as RX

if TYPE_CHECKING:
    from collections.abc import Callable

T = "CREATE TABLE t (id serial PRIMARY KEY, a text, b int);"
ADD = "ALTER TABLE t ADD COLUMN c text;"

# rule, statement, earlier migrations, version, (lock, on, work, impact) or None
ROWS = [
    ("dml-nowhere", "UPDATE t SET a = 'x'", T, 15, (RX, "t", "scan", "patch")),
    ("dml-nowhere", "DELETE FROM t", T, 15, (RX, "t", "scan", "patch")),
    ("dml-nowhere", "DELETE FROM t WHERE true", T, 15, (RX, "t", "scan", "patch")),
    ("dml-nowhere", "UPDATE t SET a = 'x' WHERE 1 = 1", T, 15, (RX, "t", "scan", "patch")),
    ("dml-nowhere", "UPDATE t SET a = 'x' WHERE b = 1", T, 15, None),
    ("dml-nowhere", "CREATE TABLE n (a int); UPDATE n SET a = 1", "", 15, None),
    ("dml-with-ddl", f"{ADD} UPDATE t SET c = a", T, 15, (AX, "t", "scan", "patch")),
    (
        "dml-with-ddl",
        f"{ADD} INSERT INTO t (a) SELECT a FROM t",
        T,
        15,
        (AX, "t", "scan", "patch"),
    ),
    ("dml-with-ddl", f"{ADD} INSERT INTO t (a) VALUES ('x')", T, 15, None),
    ("dml-with-ddl", "UPDATE t SET a = 'x'; " + ADD, T, 15, None),
    ("dml-with-ddl", f"BEGIN; {ADD} COMMIT; BEGIN; UPDATE t SET c = a; COMMIT", T, 15, None),
    ("dml-irreversible", "DELETE FROM t WHERE b = 1", T, 15, (RX, "t", "", "patch")),
    ("dml-irreversible", "UPDATE t SET a = lower(a) WHERE b = 1", T, 15, (RX, "t", "", "patch")),
    ("dml-irreversible", f"{ADD} UPDATE t SET c = a", T, 15, None),
    ("dml-irreversible", "UPDATE t SET a = 'x' WHERE a IS NULL", T, 15, None),
    ("dml-dup-assign", "UPDATE t SET a = '1', a = '2'", T, 15, ("", "", "", "patch")),
    ("dml-dup-assign", "UPDATE t SET a[1] = '1', a[2] = '2'", T, 15, None),
    ("dml-seed", "INSERT INTO t (id, a) VALUES (1, 'x')", T, 15, (RX, "t", "", "patch")),
    ("dml-seed", "INSERT INTO t (id, a) VALUES (1, 'x')", "", 15, (RX, "t", "", "patch")),
    ("dml-seed", "INSERT INTO t (a, b) VALUES ('x', 1)", T, 15, None),
    ("dml-seed", "INSERT INTO t (id) VALUES (1); SELECT setval('t_id_seq', 1)", T, 15, None),
    ("dml-seed", "INSERT INTO n (id) VALUES (1)", "CREATE TABLE n (id int);", 15, None),
    (
        "dml-seed",
        "CREATE TABLE n (id serial); INSERT INTO n (id) VALUES (1)",
        "",
        15,
        (RX, "n", "", "patch"),
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_happens_to_rows(facts: Callable, row: tuple) -> None:
    """Lock, relations, work and impact are those of the table."""
    *asked, expected = row
    assert facts(*asked) == expected


def test_what_is_set_twice_is_refused(judged: Callable) -> None:
    """PostgreSQL says 42601, but only when the statement runs."""
    found = judged("UPDATE t SET a = '1', a = '2' WHERE b = 1", T)
    assert [h.severity for h in found if h.rule == "dml-dup-assign"] == ["error"]
