"""JSON of a declared shape: what is wrong is said with its place, whatever it is."""

from __future__ import annotations

import json

import pytest

from migdocs.core.errors import MigdocsError, SeveralErrors
from migdocs.core.ledger import journal
from migdocs.core.proof import evidence

GOOD = {
    "migration": "1",
    "action": "apply",
    "outcome": "succeeded",
    "at": "2026-01-31T09:30:00+00:00",
}
WRONG = {
    "no JSON": ("{", "is not JSON"),
    "no object": ("[]", "is [], not a JSON object"),
    "missing": ("{}", "'migration' is missing"),
    "a bad time": (json.dumps(GOOD | {"at": "yesterday"}), "'at' is 'yesterday', not a time"),
    "a time of nowhere": (json.dumps(GOOD | {"at": "2026-01-31T09:30:00"}), "not a time"),
    "an unknown outcome": (json.dumps(GOOD | {"outcome": "ok"}), "'outcome' is \"ok\", none of"),
    "a wrong type": (json.dumps(GOOD | {"line": "1"}), "'line' is \"1\", not a whole number"),
    "a truth for a number": (json.dumps(GOOD | {"line": True}), "not a whole number"),
    "no text": (json.dumps(GOOD | {"by": None}), "'by' is null, not text"),
    "half a letter": (json.dumps(GOOD | {"by": "\ud800"}), "half of a surrogate pair"),
    "too deep": ('{"migration": ' + "[" * 100_000, "nested too deeply"),
    "no number": (json.dumps(GOOD | {"line": float("nan")}), "holds NaN"),
    "a huge number": (json.dumps(GOOD)[:-1] + ', "line": ' + "9" * 5000 + "}", "5000 digits"),
    "a merge's marks": ("<<<<<<< HEAD", "is not JSON"),
}


@pytest.mark.parametrize(("line", "said"), WRONG.values(), ids=WRONG)
def test_a_line_that_is_no_event_is_named(line: str, said: str) -> None:
    """With its path, its number and what to do."""
    text = f"{json.dumps(GOOD)}\n\n{line}\n"
    with pytest.raises(MigdocsError) as caught:
        journal.read(text, "history.jsonl")
    assert said in caught.value.message
    assert (caught.value.path, caught.value.line) == ("history.jsonl", 3)
    assert caught.value.hint


def test_all_lines_that_are_wrong_are_named() -> None:
    """In one run."""
    with pytest.raises(SeveralErrors) as caught:
        journal.read("{}\n[]\n", "history.jsonl")
    assert [error.line for error in caught.value.errors] == [1, 2]


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\r"])
def test_what_was_exported_can_be_read(mark: str) -> None:
    """Only a line feed ends a line: a reason may hold whatever others take for one."""
    events = journal.read(json.dumps(GOOD | {"reason": f"a{mark}b"}), "history.jsonl")
    assert journal.read(journal.write(events), "history.jsonl") == events
    assert events[0].reason == f"a{mark}b"


def test_names_of_a_newer_version_are_passed_over() -> None:
    """What they mean is not known."""
    assert journal.read(json.dumps(GOOD | {"mood": [1]}), "history.jsonl")


@pytest.mark.parametrize("text", ["{", "[]", "{}", "[" * 100_000, '{"schema_version": 1e999}', "1"])
def test_what_is_no_evidence_is_our_error(text: str) -> None:
    """Its path, and what to do."""
    with pytest.raises(MigdocsError) as caught:
        evidence.read(text, "evidence.json")
    assert caught.value.path == "evidence.json"
    assert caught.value.hint
