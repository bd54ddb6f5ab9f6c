"""What is kept of a proof, and what is said of it."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from migdocs.core import proof
from migdocs.core.errors import InputError
from migdocs.core.model import Change, Hazard, Migration, Script
from migdocs.core.proof import Difference, Measured, Proof, Rollback, evidence
from migdocs.core.proof.evidence import Evidence

if TYPE_CHECKING:
    from pathlib import Path

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
        '{"schema_version": 1, "evidence": [{"unread_impact": "huge"}]}',
    ],
)
def test_what_is_no_evidence_is_refused(text: str) -> None:
    """With the file's name; a merge may have gone wrong."""
    with pytest.raises(InputError, match=r"e\.json"):
        evidence.read(text, "e.json")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"locks": {"users": 7}}, "'locks.users' is 7, not text"),
        ({"applied": "yes"}, "'applied' is \"yes\", not true or false"),
        ({"measured": {"up_ms": "1"}}, "'measured.up_ms' is \"1\", not a whole number"),
        ({"rewrites": "users"}, "'rewrites' is \"users\", not a list"),
        ({"unread_impact": "huge"}, "'unread_impact' is \"huge\", none of"),
        ({"verdict": None}, "'verdict' is null, not text"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(change: dict[str, object], says: str) -> None:
    """Each of them, with what to do."""
    good = evidence.write([SEEN]).splitlines()[1]
    bad = json.dumps(json.loads(good.removesuffix(",")) | change) + ","
    text = f"{evidence.HEAD}\n{good}\n{bad}\n{evidence.TAIL}"
    with pytest.raises(InputError) as caught:
        evidence.read(text, "e.json")
    assert str(caught.value).startswith("e.json:3: ")
    assert says in caught.value.message
    assert "verify --all" in caught.value.hint


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
    """The strongest lock, where it was, what was written anew, and what was only read whole."""
    locked = replace(SEEN, locks={"a": "SHARE", "b": "ACCESS EXCLUSIVE"}, rewrites=("b",))
    assert evidence.locks_sentence(locked) == "ACCESS EXCLUSIVE on b, rewrites b"
    read = replace(locked, scans=("a", "b"))
    assert evidence.locks_sentence(read) == "ACCESS EXCLUSIVE on b, rewrites b, reads all of a"
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
    moved = Difference("table", "t", "the columns of t are in another order: b, a")
    assert proof.with_difference(rows, "order", moved).verdict == "rows-lost"
    assert proof.with_difference(rows, "fails", moved).verdict == "fails"
    assert len(proof.with_difference(rows, "fails", moved).differences) == 2


def test_time_is_said_with_the_rows_it_was_measured_on() -> None:
    """Of what nobody measured, and of what failed meanwhile, nothing is said."""
    measured = Measured((("users", 1_000_000),), 1840, 1610, back_ms=90, back_locked_ms=0)
    found = Proof("a", "", "", "15.18", applied=True, rollback=Rollback("exact"), measured=measured)
    assert evidence.time_sentence(evidence.of(found)) == (
        "1,840 ms (1,610 ms of it locked), its rollback 90 ms, with 1,000,000 rows in users"
    )
    there = replace(found, measured=replace(measured, machine="2 cores, fsync off"))
    told = evidence.time_sentence(evidence.of(there))
    assert told.endswith("1,000,000 rows in users, on 2 cores, fsync off")
    failed = replace(found, measured=replace(measured, error="it fails"))
    assert evidence.time_sentence(evidence.of(failed)) == "not measured"


def test_a_measured_time_stays_with_its_scripts() -> None:
    """Proving the same scripts again without measuring keeps it; another script has none."""
    timed = replace(SEEN, measured={"up_ms": 7}, measured_rows={"t": 5}, measured_on="2 cores")
    assert evidence.merged([timed], [SEEN]) == (timed,)
    edited = replace(SEEN, script_hash="sha256:other")
    assert evidence.merged([timed], [edited]) == (edited,)
    assert evidence.read(evidence.write([timed]), "e.json") == (timed,)


def test_branches_that_each_prove_something_merge(tmp_path: Path) -> None:
    """Git puts both lines in: neither touches the other's."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path)]
    file = tmp_path / evidence.FILE
    many = [replace(SEEN, migration=f"m{n}") for n in (1, 3, 5)]

    def commit(found: list[Evidence], *before: str) -> None:
        """Commit evidence, on a branch."""
        if before:
            subprocess.run([*git, *before], check=True, capture_output=True)
        file.write_text(evidence.write(found))
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-qm", "x"], check=True)

    subprocess.run([*git, "init", "-qb", "main"], check=True)
    commit(many)
    commit([*many, replace(SEEN, migration="m2")], "checkout", "-qb", "one")
    commit([*many, replace(SEEN, migration="m4")], "checkout", "-q", "main")
    subprocess.run([*git, "merge", "-q", "one", "-m", "both"], check=True, capture_output=True)
    names = [item.migration for item in evidence.read(file.read_text(), "e.json")]
    assert names == ["m1", "m2", "m3", "m4", "m5"]


def test_a_hazard_that_a_server_showed_is_observed() -> None:
    """With its lock on the same table; a rewrite that was only read is none. Else it stays read."""
    read = Hazard(
        "col-type", "warning", "it locks", lock="ACCESS EXCLUSIVE", on=("users",), rewrite=True
    )
    seen = replace(SEEN, locks={"users": "ACCESS EXCLUSIVE"})
    found = evidence.as_observed(read, seen)
    assert (found.known, found.rewrite) == ("observed", False)
    assert found.message == (
        "it locks (ACCESS EXCLUSIVE on users, no rewrite: observed on PostgreSQL 15.18)"
    )
    assert evidence.as_observed(read, replace(seen, rewrites=("users",))).rewrite
    assert evidence.as_observed(read, SEEN) is read
