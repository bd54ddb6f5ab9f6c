"""What the ledger's events say about where each migration stands."""

from __future__ import annotations

from typing import Any

from migdocs.core.event import Event
from migdocs.core.ledger import merge, standings, state
from migdocs.core.model import Migration, Script


def migration(name: str, text: str = "", **more: Any) -> Migration:
    """Give a migration whose forward script has some text of its own."""
    return Migration(name, Script(f"migrations/{name}.sql", text or f"select '{name}';"), **more)


def applied(one: Migration) -> Event:
    """Give the event of a successful application of a migration as it is now."""
    assert one.forward is not None
    return event(one.id, script_hash=one.forward.digest)


def event(name: str, action: Any = "apply", outcome: Any = "succeeded", **more: Any) -> Event:
    """Give an event at a time that does not matter."""
    return Event(name, action, outcome, more.pop("at", "2026-03-01T02:00:00Z"), **more)


A, B, C = migration("20260101_a"), migration("20260201_b"), migration("20260301_c")


def test_an_empty_ledger_leaves_everything_pending() -> None:
    """Nothing is current, nothing is late."""
    found = state([A, B], [])
    assert found.pending == (A.id, B.id)
    assert found.current is None
    assert found.late == ()


def test_a_script_merged_late_is_pending_and_late() -> None:
    """Sets are compared: the newest applied one hides nothing."""
    found = state([A, B, C], [applied(A), applied(C)])
    assert found.pending == (B.id,)
    assert found.late == (B.id,)
    assert found.current == C.id


def test_applied_ones_keep_the_order_in_which_they_were_applied() -> None:
    """The way back is the way it went, not the order of the names."""
    found = state([A, B, C], [applied(A), applied(C), applied(B)])
    assert found.applied == (A.id, C.id, B.id)
    assert found.current == C.id


def test_a_rolled_back_one_is_pending_again() -> None:
    """It is shown as rolled back until it is applied again."""
    events = [applied(A), applied(B), event(B.id, "rollback")]
    assert state([A, B], events).rolled_back == (B.id,)
    assert state([A, B], events).pending == (B.id,)
    again = state([A, B], [*events, applied(B)])
    assert again.rolled_back == ()
    assert again.applied == (A.id, B.id)


def test_a_failure_inside_a_transaction_left_nothing() -> None:
    """The script is pending still, and the failure is shown."""
    found = state([A], [event(A.id, outcome="failed", error="boom")])
    assert found.failed == (A.id,)
    assert found.half_done == ()
    assert found.pending == (A.id,)


def test_a_failure_outside_a_transaction_is_half_done() -> None:
    """What began with an event of its own may have left something."""
    begun = event(A.id, outcome="started")
    for events in ([begun], [begun, event(A.id, outcome="failed")]):
        found = state([A], events)
        assert found.half_done == (A.id,)
        assert found.failed == (A.id,)
        assert found.pending == ()


def test_a_success_after_a_broken_attempt_ends_it() -> None:
    """A resumed script is applied like any other."""
    found = state([A], [event(A.id, outcome="started"), applied(A)])
    assert (found.applied, found.half_done, found.failed) == ((A.id,), (), ())


def test_a_failed_rollback_leaves_the_migration_applied() -> None:
    """Rolled back whole: its changes are still in force."""
    found = state([A], [applied(A), event(A.id, "rollback", "failed")])
    assert found.applied == (A.id,)
    assert found.failed == (A.id,)


def test_a_repair_decides_what_is_half_done() -> None:
    """With the script's hash it is applied; without, it is pending."""
    begun = event(A.id, outcome="started")
    assert A.forward is not None
    done = event(A.id, "repair", script_hash=A.forward.digest, reason="index is there")
    assert state([A], [begun, done]).applied == (A.id,)
    assert state([A], [begun, event(A.id, "repair", reason="dropped it")]).pending == (A.id,)


def test_a_repair_of_an_edited_script_keeps_its_place() -> None:
    """Taking over a new text is no new application."""
    assert A.forward is not None
    events = [event(A.id, script_hash="sha256:old"), applied(B)]
    assert state([A, B], events).edited == (A.id,)
    repaired = state([A, B], [*events, event(A.id, "repair", script_hash=A.forward.digest)])
    assert repaired.edited == ()
    assert repaired.applied == (A.id, B.id)


def test_a_baseline_without_a_hash_is_never_edited() -> None:
    """Another tool's table does not say what text ran."""
    found = state([A], [event(A.id, "baseline")])
    assert found.applied == (A.id,)
    assert found.edited == ()


def test_an_applied_script_that_is_gone_is_unknown() -> None:
    """The database has more than the checkout."""
    found = state([B], [applied(A), applied(B)])
    assert found.unknown == (A.id,)
    assert found.current == B.id


def test_a_repeatable_script_runs_again_when_its_text_changes() -> None:
    """It is neither edited nor late: that is what it is for."""
    view = migration("R__view", "create or replace view v as select 2", repeatable=True)
    old = event(view.id, script_hash="sha256:old")
    found = state([view, B], [old, applied(B)])
    assert found.pending == (view.id,)
    assert found.edited == ()
    assert found.late == ()
    assert state([view], [applied(view)]).pending == ()


def test_notes_alone_are_never_pending() -> None:
    """A planned migration has nothing to run."""
    assert state([Migration("planned")], []).pending == ()


def test_merged_histories_are_the_same_whoever_merges() -> None:
    """Every event is kept once, in the order of time."""
    first = event("a", at="2026-03-01T02:00:00Z", environment="staging")
    second = event("a", at="2026-03-02T02:00:00Z", environment="production")
    third = event("a", "rollback", at="2026-03-02T03:00:00Z", environment="production")
    assert merge([[first, third], [second, first]]) == (first, second, third)
    assert merge([[second, first], [third]]) == (first, second, third)


def test_standings_of_a_retry_show_the_last_word() -> None:
    """The event shown is the last one."""
    failure = event(A.id, outcome="failed", error="boom")
    assert standings([failure, applied(A)])[A.id].event.outcome == "succeeded"
