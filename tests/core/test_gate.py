"""Whether anything may run in a database: every answer of who runs it, and all that it may hold."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from migdocs.adapters.layouts import LAYOUTS, TRACKERS
from migdocs.core.errors import DatabaseError, MigdocsError, UsageError
from migdocs.core.ledger.gate import Deed, Owner, Shown, applied_by, refusal
from migdocs.core.ledger.trackers import Relation, Tracked, sorted_out

OURS = Owner()
GOOSE = Owner("runner", runner="goose", command="goose up")
ORDERS = Relation("shop", "orders", ("id",))
CHANGES: tuple[Deed, ...] = ("apply", "rollback", "repair")


def tracked(runner: str, *, rows: bool = True) -> Shown:
    """Give a database in which one tool's table is."""
    found = next(tracker for tracker in TRACKERS if tracker.runner == runner)
    return Shown(trackers=(Tracked(found, Relation("app", "kept"), rows),))


def refused(owner: Owner, shown: Shown, deed: Deed) -> MigdocsError:
    """Give the refusal, which must be one."""
    found = refusal(owner, shown, deed)
    assert found is not None
    return found


@pytest.mark.parametrize("deed", ["apply", "rollback", "repair", "baseline"])
def test_an_empty_database_is_free_for_all(deed: Deed) -> None:
    """Whoever sets up a new database needs no option."""
    assert refusal(OURS, Shown(), deed) is None


@pytest.mark.parametrize("deed", CHANGES)
def test_another_tools_table_refuses_and_names_the_tools_own_command(deed: Deed) -> None:
    """It does not matter what the layout was taken for, nor that the user would take over."""
    found = refused(replace(OURS, take_over=True), tracked("goose"), deed)
    assert isinstance(found, DatabaseError)
    assert str(found) == "goose migrates this database: app.kept is its table of what it ran"
    assert found.hint == (
        "run 'goose up'; or, to go on with migdocs from here, 'migdocs baseline' (it runs nothing)."
    )


def test_an_empty_table_of_another_tool_is_no_history() -> None:
    """A tool that was set up and never ran left nothing to lose."""
    assert refusal(OURS, tracked("goose", rows=False), "apply") is None


def test_tables_without_a_history_refuse_until_they_are_taken_over() -> None:
    """Only apply can be told to; a rollback of what nothing recorded has no meaning."""
    shown = Shown(tables=(ORDERS,))
    assert "tables, and no history of what ran in it: shop.orders" in str(
        refused(OURS, shown, "apply")
    )
    assert "--take-over" in refused(OURS, shown, "apply").hint
    assert "--take-over" not in refused(OURS, shown, "rollback").hint
    assert refusal(replace(OURS, take_over=True), shown, "apply") is None


def test_many_tables_are_counted_not_listed() -> None:
    """Three are named: enough to know which database it is."""
    shown = Shown(tables=(ORDERS,) * 12)
    assert str(refused(OURS, shown, "apply")).endswith("shop.orders and 9 more")


def test_our_own_history_opens_the_gate() -> None:
    """Even where the other tool's table is still there, as after a baseline."""
    assert refusal(GOOSE, replace(tracked("goose"), ours=True), "apply") is None


def test_a_convention_with_a_runner_of_its_own_is_taken_over_aloud() -> None:
    """On an empty database, too: the seed would run twice, once by each tool."""
    found = refused(GOOSE, Shown(), "apply")
    assert isinstance(found, UsageError)
    assert found.hint.startswith("Run 'goose up' instead. Or take over with 'migdocs baseline'")
    assert refusal(replace(GOOSE, take_over=True), Shown(), "apply") is None


@pytest.mark.parametrize("deed", ["apply", "rollback", "repair", "baseline"])
@pytest.mark.parametrize("who", ["runner", "application", "image"])
def test_a_setting_that_gives_migrations_to_another_is_final(deed: Deed, who: str) -> None:
    """Neither our history nor an option outweighs what the project decided."""
    owner = Owner(applied_by(who, "goose"), is_set=True, runner="goose", take_over=True)
    found = refused(owner, Shown(ours=True), deed)
    assert "the setting 'applied_by'" in str(found)
    assert 'applied_by = "migdocs"' in found.hint


@pytest.mark.parametrize("deed", ["apply", "rollback", "repair", "baseline"])
def test_a_guessed_convention_refuses_and_says_how_to_set_it(deed: Deed) -> None:
    """A script of both ways, taken for one that goes forward, dropped a thousand rows."""
    owner = replace(OURS, doubt="no names of a known convention", take_over=True)
    found = refused(owner, Shown(ours=True), deed)
    assert "it is not known how these scripts are run" in str(found)
    assert "set 'layout' in migdocs.toml" in found.hint


def test_who_applies_is_the_setting_else_the_conventions_runner() -> None:
    """Four answers, and one more where nobody knows."""
    assert applied_by("migdocs", "goose") == "migdocs"
    assert applied_by("image", "") == "image"
    assert applied_by("", "goose") == "runner"
    assert applied_by("", "") == "unknown"


def test_a_tool_has_one_name_in_the_layouts_and_among_the_tables() -> None:
    """Each layout with a runner has its tool's table here, or the hint would name two tools."""
    known = {tracker.title for tracker in TRACKERS}
    named = {layout.runner.name for layout in LAYOUTS}
    assert {name for name in named if not name.startswith("the ")} <= known


@pytest.mark.parametrize(
    "columns",
    [("version", "success"), ("version", "applied_by", "checksum"), ("id", "version", "name")],
)
def test_a_users_own_schema_migrations_is_a_users_table(columns: tuple[str, ...]) -> None:
    """Name alone says nothing; a table of tables decides by columns."""
    relation = Relation("public", "schema_migrations", columns)
    assert sorted_out([relation], "public.migdocs_ledger", TRACKERS) == ((), (relation,))


def test_a_ledger_under_another_name_is_named_as_ours() -> None:
    """The setting was changed, or forgotten in another environment."""
    found = refused(OURS, tracked("migdocs"), "apply")
    assert 'set ledger = "app.kept" under [database]' in found.hint
    assert refusal(replace(OURS, take_over=True), tracked("migdocs"), "apply") is None
