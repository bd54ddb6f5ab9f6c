"""Which scripts are run, in which order, and what speaks against it."""

from __future__ import annotations

import re

import pytest

from migdocs.core.errors import InputError, MigdocsError, SeveralErrors, UsageError
from migdocs.core.event import Event
from migdocs.core.ledger import plan
from migdocs.core.model import Migration, Script
from migdocs.core.runner import repairing

AT = "2026-03-01T02:00:00Z"


def migration(name: str, *, rollback: bool = True, language: str = "sql") -> Migration:
    """Give a migration with a forward script and, where asked, a rollback."""
    forward = Script(f"{name}.sql", f"create table {name} ();", language=language)
    back = Script(f"{name}_rollback.sql", f"drop table {name};") if rollback else None
    return Migration(name, forward, back)


def applied(one: Migration) -> Event:
    """Give the event of its successful application."""
    assert one.forward is not None
    return Event(one.id, "apply", "succeeded", AT, script_hash=one.forward.digest)


A, B, C = migration("a"), migration("b"), migration("c")


def names(steps: tuple[plan.Step, ...]) -> list[str]:
    """Give the steps' migrations."""
    return [step.migration.id for step in steps]


def test_pending_scripts_run_in_order() -> None:
    """What is applied is left out."""
    assert names(plan.apply([A, B, C], [applied(A)])) == ["b", "c"]


def test_a_target_bounds_what_runs() -> None:
    """``--to b`` leaves c pending."""
    steps = plan.apply([A, B, C], [], only=plan.up_to([A, B, C], "b"))
    assert names(steps) == ["a", "b"]


def test_an_unknown_target_names_the_nearest() -> None:
    """A typing error is helped."""
    long = migration("20260301_add_rbac")
    with pytest.raises(UsageError) as caught:
        plan.up_to([long], "20260301_add_rback")
    assert "20260301_add_rbac" in caught.value.hint


def test_late_scripts_are_refused_unless_allowed() -> None:
    """golang-migrate skips them in silence; here they are said, or run."""
    with pytest.raises(MigdocsError, match=re.escape("b.sql: 'b' is late: 'c'")) as caught:
        plan.apply([A, B, C], [applied(A), applied(C)])
    assert caught.value.exit_code == 1
    assert names(plan.apply([A, B, C], [applied(A), applied(C)], allow_late=True)) == ["b"]


def test_all_edited_scripts_are_named_in_one_run() -> None:
    """A person mends them together."""
    old = [Event(name, "apply", "succeeded", AT, script_hash="sha256:old") for name in ("a", "b")]
    with pytest.raises(SeveralErrors) as caught:
        plan.apply([A, B, C], old)
    assert [error.path for error in caught.value.errors] == ["a.sql", "b.sql"]


def test_a_half_done_script_stops_everything_and_says_how_to_go_on() -> None:
    """No silent half."""
    begun = Event("a", "apply", "started", AT, script_hash="sha256:x")
    with pytest.raises(MigdocsError, match="half done") as caught:
        plan.apply([A, B], [begun])
    assert "migdocs repair a --as applied|pending" in caught.value.hint


def test_a_half_done_script_that_can_be_met_again_is_resumed() -> None:
    """Only the same text: an edited one is somebody's to look at."""
    assert A.forward is not None
    begun = Event("a", "apply", "started", AT, script_hash=A.forward.digest)
    steps = plan.apply([A, B], [begun], can_resume=lambda _: True)
    assert [(step.migration.id, step.resumed) for step in steps] == [("a", True), ("b", False)]
    other = Event("a", "apply", "started", AT, script_hash="sha256:other")
    with pytest.raises(MigdocsError, match="half done"):
        plan.apply([A, B], [other], can_resume=lambda _: True)


def test_a_script_in_another_language_is_refused_before_anything_runs() -> None:
    """Its own tool runs it; baseline tells us."""
    with pytest.raises(InputError, match="is written in go"):
        plan.apply([A, migration("b", language="go")], [])


def test_two_migrations_with_one_id_are_refused() -> None:
    """The ledger could not tell them apart."""
    with pytest.raises(InputError, match="'a' is the id of two migrations"):
        plan.apply([A, A, migration("a")], [])


def test_repeatable_scripts_run_last() -> None:
    """They may use what the others make."""
    view = Migration("R__v", Script("R__v.sql", "select 1"), repeatable=True)
    assert names(plan.apply([view, A], [])) == ["a", "R__v"]


def test_a_rollback_goes_back_the_way_it_came() -> None:
    """The order of application counts, not that of names."""
    events = [applied(A), applied(C), applied(B)]
    assert names(plan.rollback([A, B, C], events, undo={"b", "c"})) == ["b", "c"]


def test_a_rollback_runs_the_rollback_script() -> None:
    """And says that it goes back."""
    (step,) = plan.rollback([A], [applied(A)], undo={"a"})
    assert (step.direction, step.script.path) == ("rollback", "a_rollback.sql")


def test_missing_rollbacks_are_named_before_anything_runs() -> None:
    """Half a way back is worse than none."""
    alone = migration("d", rollback=False)
    with pytest.raises(SeveralErrors) as caught:
        plan.rollback([A, alone], [applied(A), applied(alone), applied(B)], undo={"a", "d", "b"})
    assert [error.message for error in caught.value.errors] == [
        "'b' is applied, but its scripts are not here",
        "'d' has no rollback",
    ]


def test_an_id_that_looks_like_an_option_is_none() -> None:
    """Whoever types what the hint says repairs that migration."""
    assert repairing("1_a", "--as applied") == "migdocs repair 1_a --as applied"
    assert repairing("-a b", "--as applied") == "migdocs repair --as applied -- '-a b'"
