"""Constraints and foreign keys: what hazards.md measured, part D."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from migdocs.core.locks import ACCESS_EXCLUSIVE as AX
from migdocs.core.locks import SHARE_ROW_EXCLUSIVE as SRE
from migdocs.core.locks import SHARE_UPDATE_EXCLUSIVE as SUE

if TYPE_CHECKING:
    from collections.abc import Callable

P = "CREATE TABLE p (id int PRIMARY KEY);"
T = P + "CREATE TABLE t (id int NOT NULL, maybe int, p_id int); CREATE INDEX t_p ON t (p_id);"
CK = T + "ALTER TABLE t ADD CONSTRAINT ck CHECK (id > 0) NOT VALID;"
FK = T + "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (p_id) REFERENCES p NOT VALID;"
PARTED = P + "CREATE TABLE t (p_id int) PARTITION BY LIST (p_id); CREATE INDEX ON t (p_id);"
ADD_FK = "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (p_id) REFERENCES p"
ADD_CK = "ALTER TABLE t ADD CONSTRAINT ck CHECK (id > 0)"
INDEXES = T + "CREATE UNIQUE INDEX t_id ON t (id); CREATE UNIQUE INDEX t_maybe ON t (maybe);"

# rule, statement, earlier migrations, version, (lock, on, work, impact) or None
ROWS = [
    ("fk-add", ADD_FK, T, 15, (SRE, "t p", "scan", "major")),
    ("fk-add", f"{ADD_FK} NOT VALID", T, 15, None),
    ("fk-add", f"CREATE TABLE t (p_id int); {ADD_FK}", P, 15, None),
    ("tb-create-fk", f"CREATE TABLE t (p_id int); {ADD_FK}", P, 15, (SRE, "p", "", "minor")),
    ("fk-notvalid", f"{ADD_FK} NOT VALID", T, 15, (SRE, "t p", "", "major")),
    ("fk-notvalid", f"{ADD_FK} NOT VALID", PARTED, 18, (SRE, "t p", "", "major")),
    ("fk-validate", "ALTER TABLE t VALIDATE CONSTRAINT fk", FK, 15, (SUE, "t p", "scan", "patch")),
    ("ck-validate", "ALTER TABLE t VALIDATE CONSTRAINT fk", FK, 15, None),
    (
        "fk-validate",
        f"{ADD_FK} NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT fk",
        T,
        15,
        (SRE, "t p", "scan", "patch"),
    ),
    ("fk-noindex", ADD_FK, P + "CREATE TABLE t (p_id int);", 15, ("", "", "", "minor")),
    ("fk-noindex", ADD_FK, T, 15, None),
    ("fk-noindex", ADD_FK, "", 15, None),
    ("fk-noindex", "CREATE TABLE n (p_id int REFERENCES p)", P, 15, ("", "", "", "minor")),
    ("fk-noindex", "CREATE TABLE n (p_id int PRIMARY KEY REFERENCES p)", P, 15, None),
    (
        "fk-noindex",
        "CREATE TABLE n (p_id int REFERENCES p); CREATE INDEX ON n (p_id, x)",
        P,
        15,
        None,
    ),
    (
        "fk-noindex",
        "CREATE TABLE n (p_id int REFERENCES p); CREATE INDEX ON n (p_id) WHERE x",
        P,
        15,
        ("", "", "", "minor"),
    ),
    ("fk-enforce-18", f"{ADD_FK} NOT ENFORCED", T, 18, (SRE, "t p", "", "major")),
    (
        "fk-enforce-18",
        "ALTER TABLE t ALTER CONSTRAINT fk ENFORCED",
        FK,
        18,
        (AX, "t p", "scan", "major"),
    ),
    ("fk-add", f"{ADD_FK} NOT ENFORCED", T, 18, None),
    (
        "fk-deferrable",
        "ALTER TABLE t ALTER CONSTRAINT fk DEFERRABLE INITIALLY DEFERRED",
        FK,
        15,
        (AX, "t", "", "major"),
    ),
    (
        "fk-action",
        f"ALTER TABLE t DROP CONSTRAINT fk; {ADD_FK} ON DELETE CASCADE",
        FK,
        15,
        (AX, "t p", "scan", "major"),
    ),
    ("fk-action", f"ALTER TABLE t DROP CONSTRAINT fk; {ADD_FK}", FK, 15, None),
    ("ck-add", "ALTER TABLE t ADD CHECK (id > 0)", T, 15, (AX, "t", "scan", "major")),
    ("ck-add", "ALTER TABLE t ADD CHECK (id > 0)", T, 10, (AX, "t", "scan", "major")),
    ("ck-add", "ALTER TABLE t ADD CHECK (id > 0) NOT VALID", T, 15, None),
    ("ck-notvalid", "ALTER TABLE t ADD CHECK (id > 0) NOT VALID", T, 15, (AX, "t", "", "major")),
    ("ck-validate", "ALTER TABLE t VALIDATE CONSTRAINT ck", CK, 15, (SUE, "t", "scan", "patch")),
    (
        "ck-validate",
        f"{ADD_CK} NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT ck",
        T,
        15,
        (AX, "t", "scan", "patch"),
    ),
    ("uq-add", "ALTER TABLE t ADD UNIQUE (id)", T, 15, (AX, "t", "scan", "major")),
    ("uq-add", "ALTER TABLE t ADD UNIQUE USING INDEX t_id", INDEXES, 15, None),
    ("uq-using", "ALTER TABLE t ADD UNIQUE USING INDEX t_id", INDEXES, 15, (AX, "t", "", "major")),
    ("pk-add", "ALTER TABLE t ADD PRIMARY KEY (id)", T, 15, (AX, "t", "scan", "major")),
    (
        "pk-using",
        "ALTER TABLE t ADD PRIMARY KEY USING INDEX t_id",
        INDEXES,
        15,
        (AX, "t", "", "major"),
    ),
    (
        "pk-using",
        "ALTER TABLE t ADD PRIMARY KEY USING INDEX t_maybe",
        INDEXES,
        15,
        (AX, "t", "scan", "major"),
    ),
    (
        "ex-add",
        "ALTER TABLE t ADD EXCLUDE USING gist (box WITH &&)",
        T,
        15,
        (AX, "t", "scan", "major"),
    ),
    ("con-drop", "ALTER TABLE t DROP CONSTRAINT ck", CK, 15, (AX, "t", "", "major")),
    ("con-drop", "ALTER TABLE t DROP CONSTRAINT fk", FK, 15, (AX, "t p", "", "major")),
    (
        "con-drop-cascade",
        "ALTER TABLE p DROP CONSTRAINT p_pkey CASCADE",
        FK,
        15,
        (AX, "p t", "", "major"),
    ),
    ("con-rename", "ALTER TABLE t RENAME CONSTRAINT ck TO k", CK, 15, (AX, "t", "", "major")),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_happens_to_a_constraint(facts: Callable, row: tuple) -> None:
    """Lock, relations, work and impact are those that were measured."""
    *asked, expected = row
    assert facts(*asked) == expected


def test_not_valid_on_a_partitioned_table_is_refused_before_18(judged: Callable) -> None:
    """PostgreSQL says 42809; so the finding is an error, not a warning."""
    found = judged(f"{ADD_FK} NOT VALID", PARTED, postgres=17)
    assert [h.severity for h in found if h.rule == "fk-notvalid"] == ["error"]


def test_validating_apart_is_harmless(judged: Callable) -> None:
    """The same statement is a warning beside its ADD, and only told of alone."""
    alone = judged("ALTER TABLE t VALIDATE CONSTRAINT ck", CK)
    assert [h.severity for h in alone if h.rule == "ck-validate"] == ["info"]
    beside = judged(
        "ALTER TABLE t ADD CONSTRAINT c2 CHECK (id > 1) NOT VALID, VALIDATE CONSTRAINT ck", CK
    )
    assert [h.severity for h in beside if h.rule == "ck-validate"] == ["warning"]


def test_transactions_of_its_own_release_the_lock(judged: Callable) -> None:
    """Between COMMIT and BEGIN nothing is held."""
    sql = (
        "BEGIN; ALTER TABLE t ADD CONSTRAINT c2 CHECK (id > 1) NOT VALID; COMMIT;"
        "BEGIN; ALTER TABLE t VALIDATE CONSTRAINT c2; COMMIT"
    )
    found = judged(sql, T)
    assert [h.lock for h in found if h.rule == "ck-validate"] == [SUE]
