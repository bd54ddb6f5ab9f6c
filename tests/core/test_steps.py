"""The steps of a guide, whole: in which order, with which commands, and what goes beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from migdocs.core import derive
from migdocs.core.logged import Placed
from migdocs.core.model import Check, Declared, Migration, Notes, Script, Section
from migdocs.core.settings import Commands, Settings
from migdocs.core.sources import Sources
from migdocs.core.timeline import History, Placement, Release
from migdocs.core.upgrade import guide as guides
from migdocs.core.upgrade import halfway, routes, summary

if TYPE_CHECKING:
    from migdocs.core.facts import Facts
    from migdocs.core.upgrade.guide import Guide

COMMANDS = Commands(stop="systemctl stop app", start="systemctl start app", health="curl -f app")
PSQL = 'psql "$DATABASE_URL" -X -v ON_ERROR_STOP=1 -1 -f migrations/'


def migration(id_: str, text: str = "SELECT 1;", **declared: object) -> Migration:
    """Give a migration that can be undone."""
    back = Script(f"migrations/{id_}_rollback.sql", "SELECT 2;")
    said = Declared(**declared)  # type: ignore[arg-type]  # one or two fields a test
    return Migration(id_, Script(f"migrations/{id_}.sql", text), back, declared=said, order=(id_,))


CHECKED = replace(
    migration("c"),
    rollback=None,
    notes=Notes("migrations/c.md", "c", checks=(Check("SELECT 1", 9),)),
)
FOUR = (migration("a"), migration("b", breaking=False), CHECKED, migration("d"))


def project(*found: Migration, **settings: object) -> Facts:
    """Give a project of three releases: ``a``, then ``b``, then all that come after."""
    ids = tuple(m.id for m in found)
    shipped = {"v1": ids[:1], "v2": ids[:2], "v3": ids}
    before = {"v1": None, "v2": "v1", "v3": "v2"}
    releases = tuple(
        Release(name, tag=name, previous=before[name], ships=all_, migrations=new)
        for name, all_ in shipped.items()
        for new in (tuple(id_ for id_ in all_ if id_ not in shipped.get(before[name] or "", ())),)
    )
    placements = {
        id_: Placement(release.version, "git", "released")
        for release in releases
        for id_ in release.migrations
    }
    chosen = Settings(commands=COMMANDS, **settings)  # type: ignore[arg-type]  # fields of settings
    return derive.of_placed(Sources(chosen), Placed(History(found, releases, placements)))


def guide(facts: Facts, before: str = "v1", after: str = "v3") -> Guide:
    """Give the guide of a pair."""
    return guides.guide(facts, routes.route(facts, before, after))


def told(found: Guide) -> list[tuple[str, int, tuple[str, ...]]]:
    """Give each step's kind, hop and commands."""
    return [(step.kind, step.hop, step.commands) for step in found.steps]


def test_a_tool_runs_the_migrations_of_two_hops() -> None:
    """One backup, before anything runs; a halt before what cannot be undone; each hop ends well."""
    found = guide(project(*FOUR, stops=("v2",)))
    assert told(found) == [
        ("identify", 0, ("migdocs status",)),
        ("get", 1, ("git checkout v2",)),
        ("backup", 1, ("migdocs backup",)),
        ("apply", 1, ("migdocs apply --to v2",)),
        ("start", 1, ("systemctl start app",)),
        ("health", 1, ("curl -f app",)),
        ("leave", 1, ()),
        ("get", 2, ("git checkout v3",)),
        ("no_return", 2, ()),
        ("apply", 2, ("migdocs apply --to v3",)),
        ("start", 2, ("systemctl start app",)),
        ("health", 2, ("curl -f app",)),
        ("verify", 2, ()),
    ]
    by_hand = [step.by_hand for step in found.steps if step.by_hand]
    assert by_hand == [
        (f"{PSQL}b.sql", "migdocs baseline --to b"),
        (f"{PSQL}c.sql", "migdocs baseline --to c", f"{PSQL}d.sql", "migdocs baseline --to d"),
    ]
    assert [(hop.version, hop.tag) for hop in found.hops] == [("v2", "v2"), ("v3", "v3")]
    assert [len(hop.leave_when) for hop in found.hops] == [1, 0]
    assert [step.number for step in found.steps] == list(range(1, 14))


def test_what_can_be_undone_is_run_up_to_the_halt() -> None:
    """In one hop: first what has a rollback, then the halt, then the rest."""
    found = guide(project(*FOUR))
    assert [(kind, commands) for kind, _, commands in told(found)][3:6] == [
        ("apply_safe", ("migdocs apply --to b",)),
        ("no_return", ()),
        ("apply", ("migdocs apply --to v3",)),
    ]
    assert [step.migrations for step in found.steps][3:6] == [("b",), (), ("c", "d")]
    assert found.steps[3].by_hand == (f"{PSQL}b.sql", "migdocs baseline --to b")


def test_the_new_version_runs_the_migrations_when_it_starts() -> None:
    """All instances are stopped, one is started, and only then the others."""
    found = guide(project(*FOUR, applied_by="application"))
    assert told(found) == [
        ("identify", 0, ()),
        ("obtain", 1, ()),
        ("stop_all", 1, ("systemctl stop app",)),
        ("backup", 1, ('pg_dump --format=custom --file=before.dump "$DATABASE_URL"',)),
        ("no_return", 1, ()),
        ("start_applying", 1, ("systemctl start app",)),
        ("applied", 1, ()),
        ("start_rest", 1, ()),
        ("health", 1, ("curl -f app",)),
        ("verify", 1, ()),
    ]
    start = found.steps[5]
    assert start.migrations == ("b", "c", "d")
    assert start.text.startswith("It runs 3 migrations before it serves")


def test_a_version_without_migrations_is_only_started() -> None:
    """Nothing is stopped or backed up for it."""
    facts = project(*FOUR, applied_by="application")
    bare = Release("v4", tag="v4", previous="v3", ships=("a", "b", "c", "d"))
    placed = replace(facts.history, releases=(*facts.history.releases, bare))
    found = guide(derive.of_placed(Sources(facts.settings), Placed(placed)), "v3", "v4")
    assert [kind for kind, _, _ in told(found)] == ["identify", "obtain", "start", "health"]
    assert found.troubles == ()


@pytest.mark.parametrize(("text", "waits"), [("SELECT 1;", False), ("SET lock_timeout = 1;", True)])
def test_only_who_waits_for_a_lock_may_wait_in_vain(text: str, *, waits: bool) -> None:
    """The trouble is named where a script sets how long it waits."""
    found = guide(project(migration("a"), migration("b", text), migration("c")))
    assert [piece.waits for piece in found.pieces] == [waits, False]
    assert any("lock timeout" in trouble.symptom for trouble in found.troubles) == waits
    assert len(found.troubles) == 4 + waits


def test_a_script_that_is_no_file_as_it_runs_is_not_run_by_hand() -> None:
    """A placeholder was filled in, or is still to be: psql would run other words."""
    filled = Script("migrations/b.sql", "SELECT 1;", own_digest="sha256:0")
    open_ = Script("migrations/c.sql", "SELECT ${schema};")
    parts = (migration("a"), replace(migration("b"), forward=filled))
    found = guide(project(*parts, replace(migration("c"), forward=open_), migration("d")))
    assert [(p.id, bool(p.run)) for p in found.pieces] == [("b", False), ("c", False), ("d", True)]
    assert all(not step.by_hand for step in found.steps)


def test_runs_ahead_what_is_known_to_harm_nobody() -> None:
    """Up to the first that is not known to, or that wants the application stopped."""
    harmless = [migration(id_, breaking=False) for id_ in "abd"]
    stopping = migration("c", breaking=False, downtime="Required")
    assert guide(project(*harmless[:2], stopping, harmless[2])).ahead == ("b",)
    assert guide(project(*FOUR, applied_by="application")).ahead == ()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Each user has a role.", "Each user has a role."),
        ("Run these queries:", "the notes do not say what to expect"),
        ("", "the notes do not say what to expect"),
    ],
)
def test_a_check_promises_what_is_written_above_it(said: str, expected: str) -> None:
    """The last such section above it, and not what only leads to it."""
    sections = (
        Section("Verification", 2, "Nothing is lost.", 1),
        Section("Verification of roles", 2, said, 3),
        Section("Verification", 2, "Later.", 9),
    )
    notes = Notes("migrations/b.md", "b", sections=sections, checks=(Check("SELECT 1", 5),))
    found = guide(project(migration("a"), replace(migration("b"), notes=notes)), "v1", "v2")
    assert [check.expect for check in found.pieces[0].checks] == [expected]


def test_says_what_to_do_where_a_migration_fails_half_way() -> None:
    """A tool's error is read; a version that tries again at each start is stopped first."""
    by_tool = [item.text.split()[0] for item in halfway.between(project(*FOUR), "v1", "v2")]
    assert by_tool == ["Read", "See", "A", "Fix"]
    started = halfway.between(project(*FOUR, applied_by="application"), "v1", "v2")
    assert [item.text.split()[0] for item in started] == ["Stop", "Find", "A", "Fix"]
    assert started[-1].text.endswith("or restore the backup and start v1.")


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [
        (499, "less than a second"),
        (500, "about 1 second"),
        (89_499, "about 89 seconds"),
        (89_500, "about 2 minutes"),
        (5_399_000, "about 90 minutes"),
        (5_400_000, "about 2 hours"),
    ],
)
def test_a_time_is_said_as_people_say_it(milliseconds: int, said: str) -> None:
    """In the unit that leaves a small number."""
    assert summary.lasting(milliseconds) == said


def test_the_summary_says_how_much_until_when_and_with_what() -> None:
    """How many migrations, whether to stop, how long, and whether it can be undone."""
    read = replace(migration("b", breaking=False), rollback=None)
    unread = Script("migrations/b_rollback.sql", "DO $$ BEGIN EXECUTE x; END $$")
    plain = project(migration("a"), migration("b"), migration("c"))
    hidden = project(migration("a"), replace(read, rollback=unread))
    no_return = project(migration("a"), read)
    assert guide(plain, "v1", "v1").summary == ""
    assert guide(plain).summary.startswith("2 migrations, ")
    assert "step 4" in guide(no_return, "v1", "v2").summary
    assert guide(hidden, "v1", "v2").undo_unknown
    assert len({guide(one, "v1", "v2").summary for one in (plain, hidden, no_return)}) == 3
