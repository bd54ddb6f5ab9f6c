"""What is kept of a proof, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migdocs.core import proof
from migdocs.core.errors import InputError
from migdocs.core.model import Change, Migration, Script
from migdocs.core.proof import Difference, Proof, Rollback, evidence
from migdocs.core.proof.evidence import Evidence

FORWARD, BACK = Script("m/a.sql", "CREATE TABLE t ();"), Script("m/a_rollback.sql", "DROP TABLE t;")
MIGRATION = Migration("a", FORWARD, BACK)
SEEN = Evidence("a", FORWARD.digest, BACK.digest, "15.18", applied=True, verdict="exact")


def test_evidence_comes_back_as_it_was_written() -> None:
    """In a stable order, one line each, and the end of no line touches another."""
    older = replace(SEEN, server="9.6", locks={"users": "SHARE"}, rewrites=("users",))
    text = evidence.write([SEEN, older])
    assert evidence.read(text, "e.json") == (older, SEEN)
    first, *lines, last = text.splitlines()
    assert all(line.endswith("},") for line in lines)
    assert (first[-1], last) == ("[", "{}]}")


def test_new_evidence_replaces_what_the_same_server_showed() -> None:
    """Of another server it stands beside."""
    failed = replace(SEEN, verdict="fails")
    other = replace(SEEN, server="16.1")
    assert evidence.merged([SEEN, other], [failed]) == (failed, other)


def test_evidence_of_another_script_is_none() -> None:
    """An edited rollback was never tried."""
    edited = replace(MIGRATION, rollback=Script("m/a_rollback.sql", "DROP TABLE other;"))
    assert evidence.valid([SEEN], [MIGRATION]) == {"a": SEEN}
    assert evidence.valid([SEEN], [edited]) == {}
    assert evidence.pruned([SEEN, replace(SEEN, migration="gone")], [MIGRATION]) == (SEEN,)


def test_the_newest_server_speaks() -> None:
    """By its number, not by its letters."""
    newer = replace(SEEN, server="16.1", verdict="fails")
    older = replace(SEEN, server="9.6")
    assert evidence.valid([newer, older], [MIGRATION])["a"] is newer


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        '{"schema_version": 2, "evidence": []}',
        '{"schema_version": 1, "evidence": [{"migration": 7}]}',
        '{"schema_version": 1, "evidence": [{"unknown": "x"}]}',
        '{"schema_version": 1, "evidence": [{"locks": {"a": ["x"]}}]}',
        '{"schema_version": 1, "evidence": ["x"]}',
    ],
)
def test_what_is_no_evidence_is_refused(text: str) -> None:
    """With the file's name; a merge may have gone wrong."""
    with pytest.raises(InputError, match=r"e\.json"):
        evidence.read(text, "e.json")


def test_a_sentence_names_what_is_lost() -> None:
    """What the rollback takes away is lost, however exactly it restores the schema."""
    added = Change("add", "column", "users.mail", after="text", table="users", known="observed")
    found = Proof("a", "", "", "15.18", applied=True, rollback=Rollback("exact"), changes=(added,))
    assert evidence.sentence(evidence.of(found)) == (
        "Verified on PostgreSQL 15.18: its rollback restores the schema exactly;"
        " rows lost: users.mail"
    )


def test_a_script_that_does_not_apply_is_not_verified() -> None:
    """The error says where."""
    failed = replace(SEEN, applied=False, verdict="fails", error='m/a.sql:3: no table "t" (42P01)')
    assert evidence.sentence(failed) == (
        'Tried on PostgreSQL 15.18: it does not apply: m/a.sql:3: no table "t" (42P01)'
    )


def test_locks_are_said_with_rewrites() -> None:
    """The strongest lock, where it was, and what was written anew."""
    locked = replace(SEEN, locks={"a": "SHARE", "b": "ACCESS EXCLUSIVE"}, rewrites=("b",))
    assert evidence.locks_sentence(locked) == "ACCESS EXCLUSIVE on b, rewrites b"
    assert evidence.locks_sentence(SEEN) == "no table that was there, no rewrite"


def test_nothing_that_differs_from_run_to_run_is_kept() -> None:
    """No key of a made-up row, no sequence's value, no time."""
    told = (
        Difference("rows", "users", "users: 1 row of 4 gone", '{"id": "7"}', loses_rows=True),
        Difference("sequence", "s", "sequence s was last value 4, is last value 5", harmless=True),
    )
    rollback = Rollback("rows-lost", told, duration_ms=7)
    found = evidence.of(
        Proof("a", "", "", "15.18", applied=True, rollback=rollback, duration_ms=12)
    )
    assert found.differences == ("users: 1 row of 4 gone",)
    assert found.lost == ("users",)
    assert '"id"' not in evidence.write([found])


def test_many_differences_are_counted() -> None:
    """The file stays small."""
    told = tuple(Difference("index", f"i{n}", f"index i{n} is gone") for n in range(40))
    found = evidence.of(
        Proof("a", "", "", "15.18", applied=True, rollback=Rollback("differs", told))
    )
    assert len(found.differences) == evidence.KEPT + 1
    assert found.differences[-1] == "and 28 more"


def test_a_graver_verdict_outweighs() -> None:
    """What is found later is added, and never makes it better."""
    rows = Rollback("rows-lost", (Difference("rows", "t", "t: 1 row of 1 gone"),))
    moved = Difference("table", "t", "the columns of t stand in another order: b, a")
    assert proof.with_difference(rows, "order", moved).verdict == "rows-lost"
    assert proof.with_difference(rows, "fails", moved).verdict == "fails"
    assert len(proof.with_difference(rows, "fails", moved).differences) == 2
