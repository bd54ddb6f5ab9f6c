"""The route between two versions, from literal histories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from migdocs.core import derive, facts, judged
from migdocs.core.documents import shapes
from migdocs.core.event import Event
from migdocs.core.judged import Judged
from migdocs.core.ledger import journal
from migdocs.core.logged import Placed
from migdocs.core.model import Change, Declared, Migration, Notes, Script, Section
from migdocs.core.settings import Settings
from migdocs.core.sources import Sources
from migdocs.core.timeline import Edit, History, IgnoredTag, Placement, Release
from migdocs.core.upgrade import guide as upgrade_guide
from migdocs.core.upgrade import pairs, routes, timing
from migdocs.core.upgrade.piece import SCRATCH, Piece

if TYPE_CHECKING:
    from migdocs.core.upgrade.ways import Route


def migration(id_: str, *, rollback: bool = True, **declared: object) -> Migration:
    """Give a migration with a forward script of its own, and a rollback unless told."""
    back = Script(f"migrations/{id_}_rollback.sql", f"-- undo {id_}") if rollback else None
    return Migration(
        id_,
        Script(f"migrations/{id_}.sql", f"-- {id_}"),
        back,
        declared=Declared(**declared),  # type: ignore[arg-type]  # one or two fields a test
        order=(id_,),
    )


def release(version: str, ships: str, previous: str | None, **more: object) -> Release:
    """Give a tagged release whose tree holds the migrations of these letters."""
    return Release(version, tag=version, previous=previous, ships=tuple(ships), **more)  # type: ignore[arg-type]  # fields of a release


def project(
    *releases: Release, migrations: tuple[Migration, ...] | None = None, **settings: object
) -> facts.Facts:
    """Give the facts of a project with these releases; each letter is a migration."""
    ids = sorted({id_ for r in releases for id_ in (*r.ships, *r.migrations)})
    found = migrations or tuple(migration(id_) for id_ in ids)
    seen: set[str] = set()
    filled, placements = [], {}
    for item in releases:
        new = tuple(id_ for id_ in item.ships if id_ not in seen)
        seen |= set(new)
        filled.append(replace(item, migrations=item.migrations or new))
        placements |= {id_: Placement(item.version, "git", "released") for id_ in new}
    placements |= {m.id: Placement() for m in found if m.id not in placements}
    history = History(found, tuple(filled), placements)
    chosen = Settings(**settings)  # type: ignore[arg-type]  # fields of settings
    return derive.of_placed(Sources(chosen), Placed(history))


def timed(id_: str, up_ms: int, **more: object) -> Piece:
    """Give what a migration contributes that ``verify --rows`` timed."""
    on = "PG, 2 cores"
    return Piece(id_, id_, "v1", measured={SCRATCH: up_ms}, measured_on=on, **more)  # type: ignore[arg-type]  # one or two fields a test


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ((Piece("a", "a", "v1"),), ""),
        (
            (timed("a", 1_249, measured_rows={"users": 1_000_000}),),
            "Measured: 1.2 s with 1,000,000 rows in users (PG, 2 cores).",
        ),
        (
            (timed("a", 3),),
            "Measured: 3 ms with no table that was there before (PG, 2 cores).",
        ),
        (
            (Piece("a", "a", "v1"), timed("b", 200_000, measured_rows={"t": 9, "u": 5})),
            "Measured: b, 3 min 20 s with up to 9 rows in t, u (PG, 2 cores); 1 of 2 migrations.",
        ),
        (
            (
                timed("a", 950, measured_rows=dict.fromkeys("tuvw", 7)),
                timed("b", 50),
                Piece("c", "c", "v1", measured={"production": 61_000}),
            ),
            (
                "Measured: 1.0 s for 2 of 3 migrations with up to 7 rows in 4 tables (PG, 2 cores)."
                " The longest is a: 950 ms. In production, 1 of 3 migrations took 61.0 s."
            ),
        ),
    ],
)
def test_a_step_says_what_was_measured_with_how_many_rows(
    run: tuple[Piece, ...], said: str
) -> None:
    """On which server and machine; how many of its migrations were; and in each environment."""
    assert timing.sentence(run) == said


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [
        (999, "999 ms"),
        (1_000, "1.0 s"),
        (1_049, "1.0 s"),
        (1_050, "1.1 s"),
        (89_999, "90.0 s"),
        (90_000, "1 min 30 s"),
        (90_499, "1 min 30 s"),
        (90_500, "1 min 31 s"),
    ],
)
def test_a_time_is_told_as_exactly_as_it_matters(milliseconds: int, said: str) -> None:
    """Milliseconds, tenths of seconds, seconds; each is rounded."""
    assert timing.took(milliseconds) == said


def test_the_page_gets_each_time_with_the_rows_that_it_was_measured_with() -> None:
    """Of the largest table; what was not measured has no part."""
    run = (timed("a", 1_200, measured_rows={"t": 10, "u": 5}), Piece("b", "b", "v1"))
    assert timing.sizes(run) == "1200/10"
    one = (Piece("a", "a", "v1", measured={"production": 500}),)
    assert timing.sentence(one) == "In production it took 500 ms."


THREE = (
    release("v1.0.0", "a", None),
    release("v1.1.0", "ab", "v1.0.0"),
    release("v1.2.0", "abcd", "v1.1.0"),
)


def ids(found: Route) -> str:
    """Give the migrations to run, as letters in order."""
    return "".join(entry.id for entry in found.entries)


def versions(found: Route) -> list[str]:
    """Give the versions that the hops lead to."""
    return [hop.version for hop in found.hops]


# --- what runs ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [("v1.0.0", "v1.1.0", "b"), ("1.0.0", "v1.2.0", "bcd"), ("v1.1.0", "1.2", "cd")],
)
def test_runs_the_difference_of_the_two_trees(before: str, after: str, expected: str) -> None:
    """What the target has and the start has not, in run order, with or without ``v``."""
    found = routes.route(project(*THREE), before, after)
    assert found.allowed
    assert ids(found) == expected
    assert [e.id for e in found.undo] == list(reversed(expected))


def test_a_back_port_is_not_run_twice() -> None:
    """v1.0.1 brought ``c`` early: the way on from there runs only what is missing."""
    history = project(
        release("v1.0.0", "a", None),
        release("v1.0.1", "ac", "v1.0.0", lineage="1.0.x"),
        release("v1.1.0", "ab", "v1.0.0"),
        release("v1.2.0", "abcd", "v1.1.0"),
    )
    assert ids(routes.route(history, "v1.0.1", "v1.2.0")) == "bd"


def test_a_release_that_lacks_a_back_port_is_refused() -> None:
    """v1.1.0 does not know ``c``, which v1.0.1 has run: the first that does is named."""
    history = project(
        release("v1.0.0", "a", None),
        release("v1.0.1", "ac", "v1.0.0", lineage="1.0.x"),
        release("v1.1.0", "ab", "v1.0.0"),
        release("v1.2.0", "abcd", "v1.1.0"),
    )
    found = routes.route(history, "v1.0.1", "v1.1.0")
    assert not found.allowed
    assert "'c'" in found.reason
    assert "v1.2.0" in found.instead


def test_starts_from_what_a_database_has_applied() -> None:
    """A database that missed ``b`` gets it, whatever version it is called."""
    history = project(*THREE)
    start = routes.from_applied(history.history, {"a", "c"})
    assert start.release
    assert start.release.version == "v1.0.0"
    assert ids(routes.route(history, start, "v1.2.0")) == "bd"


def test_starts_from_an_empty_database() -> None:
    """Nothing applied is a start too."""
    history = project(*THREE)
    assert ids(routes.route(history, routes.from_applied(history.history, ()), "v1.1.0")) == "ab"


def test_a_repeatable_migration_runs_again_when_it_changed() -> None:
    """Flyway's ``R__`` has run before; its text changed on the way, so it runs, last."""
    view = replace(migration("a"), repeatable=True)
    history = project(
        release("v1", "a", None),
        release("v2", "ab", "v1", edited=(Edit("a", "migrations/a.sql", "v1", "v2", None),)),
        migrations=(view, migration("b")),
    )
    assert ids(routes.route(history, "v1", "v2")) == "ba"


def test_unreleased_holds_what_is_not_committed() -> None:
    """The checkout is a target too: its tree at HEAD, and what lies beside it."""
    history = project(
        release("v1.0.0", "a", None),
        Release("Unreleased", "unreleased", previous="v1.0.0", ships=("a",), migrations=("b",)),
    )
    assert ids(routes.route(history, "v1.0.0", "Unreleased")) == "b"


# --- where one must stop ------------------------------------------------------------------------


def test_stops_at_the_last_release_that_ships_what_is_squashed_later() -> None:
    """v1.2.0 squashed ``a`` and ``b`` into ``s``: whoever skips v1.1.0 can never run ``b``."""
    history = project(
        release("v1.0.0", "a", None),
        release("v1.1.0", "ab", "v1.0.0"),
        release("v1.2.0", "cs", "v1.1.0", removed=("a", "b")),
    )
    found = routes.route(history, "v1.0.0", "v1.2.0")
    assert versions(found) == ["v1.1.0", "v1.2.0"]
    assert ids(found) == "bcs"
    assert "'b'" in found.hops[0].required_by
    back = upgrade_guide.guide(history, found).back
    assert [(item.migration, item.found_in) for item in back][-1] == ("b", "v1.1.0")


def test_does_not_stop_for_what_came_and_went_on_the_way() -> None:
    """``b`` was reverted: what had run at the start is all kept."""
    history = project(
        release("v1.0.0", "a", None),
        release("v1.1.0", "ab", "v1.0.0"),
        release("v1.2.0", "ac", "v1.1.0", removed=("b",)),
    )
    found = routes.route(history, "v1.0.0", "v1.2.0")
    assert (versions(found), ids(found)) == (["v1.2.0"], "c")


def test_sends_nobody_over_a_candidate_who_runs_finals() -> None:
    """What was squashed after an alpha: the last final before is the stop, if there is one."""
    history = project(
        release("v1.0.0", "a", None),
        release("v1.1.0", "ab", "v1.0.0"),
        release("v2.0.0-alpha.1", "abd", "v1.1.0"),
        release("v2.0.0", "s", "v2.0.0-alpha.1", removed=("a", "b", "d")),
    )
    assert versions(routes.route(history, "v1.0.0", "v2.0.0")) == ["v1.1.0", "v2.0.0"]
    assert versions(routes.route(history, "v1.1.0", "v2.0.0")) == ["v2.0.0"]
    alphas = project(
        release("v2.0.0-alpha.1", "a", None),
        release("v2.0.0-alpha.2", "ab", "v2.0.0-alpha.1"),
        release("v2.0.0", "s", "v2.0.0-alpha.2", removed=("a", "b")),
    )
    way = routes.route(alphas, "v2.0.0-alpha.1", "v2.0.0")
    assert versions(way) == ["v2.0.0-alpha.2", "v2.0.0"]


def test_does_not_stop_for_a_script_that_lives_on_under_another_id() -> None:
    """Renamed is not gone."""
    renamed = replace(migration("c"), forward=Script("migrations/c.sql", "-- b"))
    history = project(
        release("v1.0.0", "a", None),
        release("v1.1.0", "ab", "v1.0.0"),
        release("v1.2.0", "c", "v1.1.0", removed=("a", "b")),
        migrations=(migration("a"), migration("b"), renamed),
    )
    assert versions(routes.route(history, "v1.0.0", "v1.2.0")) == ["v1.2.0"]


def test_does_not_stop_for_a_repeatable_script_that_is_gone() -> None:
    """What it made was made anew with every change: nothing is lost where it never ran."""
    history = project(
        release("v1", "a", None),
        release("v2", "abc", "v1"),
        release("v3", "d", "v2"),
        migrations=(
            migration("a"),
            replace(migration("b"), repeatable=True),
            replace(migration("c"), repeatable=True),
            migration("d"),
        ),
    )
    found = routes.route(history, "v1", "v3")
    assert versions(found) == ["v3"]
    assert ids(found) == "d"


def test_of_many_that_are_gone_names_the_first() -> None:
    """A reason stays a sentence, however many scripts were squashed."""
    history = project(
        release("v1", "a", None), release("v2", "abcdefg", "v1"), release("v3", "x", "v2")
    )
    reason = routes.route(history, "v1", "v3").hops[0].required_by
    assert reason == "'b', 'c', 'd' and 3 more cannot be run later: removed in v3"


def test_says_what_has_run_where_a_gap_lies_before_it() -> None:
    """'Every migration up to c' is no longer true when b was back-ported after it."""
    history = project(release("v1", "ac", None), release("v2", "abc", "v1"))
    found = upgrade_guide.guide(history, routes.route(history, "v1", "v2"))
    assert found.state == "c is the last migration that is applied; b is not"
    refused = upgrade_guide.guide(history, routes.route(history, "v2", "v1"))
    assert refused.state == ""


def test_says_what_has_run_by_what_runs_once() -> None:
    """A repeatable view sorts last and tells nothing about how far a database is."""
    history = project(
        release("v1", "av", None),
        release("v2", "abv", "v1"),
        migrations=(migration("a"), migration("b"), replace(migration("v"), repeatable=True)),
    )
    found = upgrade_guide.guide(history, routes.route(history, "v1", "v2"))
    assert found.state == "every migration up to a is applied; b is not"


def test_what_has_run_and_is_gone_stays_and_is_named() -> None:
    """A migration that the start has and the target has not is no reason to stop."""
    history = project(
        release("v1.0.0", "ab", None),
        release("v1.1.0", "ac", "v1.0.0", removed=("b",)),
    )
    found = routes.route(history, "v1.0.0", "v1.1.0")
    assert (ids(found), found.left) == ("c", ("b",))


def test_stops_that_the_settings_declare_are_kept_with_their_conditions() -> None:
    """A declared stop cuts the way in two, and says when one may go on."""
    history = project(*THREE, stops=("1.1.0",), leave_when={"v1.1.0": "the backfill has ended"})
    found = routes.route(history, "v1.0.0", "v1.2.0")
    assert versions(found) == ["v1.1.0", "v1.2.0"]
    assert found.hops[0].leave_when == ("the backfill has ended",)
    assert versions(routes.route(history, "v1.1.0", "v1.2.0")) == ["v1.2.0"]


# --- refusals -----------------------------------------------------------------------------------


def test_a_downgrade_names_the_command_and_what_it_undoes() -> None:
    """Going back is not an upgrade: the reader is told what is."""
    found = routes.route(project(*THREE), "v1.2.0", "v1.0.0")
    assert not found.allowed
    assert "migdocs rollback --to v1.0.0" in found.instead
    assert [e.id for e in found.undo] == ["d", "c", "b"]


def test_a_downgrade_without_migrations_only_installs() -> None:
    """Two releases with one schema: there is nothing to roll back."""
    history = project(release("v1", "a", None), release("v2", "a", "v1"))
    assert "same schema" in routes.route(history, "v2", "v1").instead


@pytest.mark.parametrize(("before", "after"), [("v1.9.0", "v1.2.0"), ("v1.0.0", "v1.1.1")])
def test_an_unknown_version_gets_the_nearest(before: str, after: str) -> None:
    """A slip of the finger is answered with what was meant."""
    found = routes.route(project(*THREE), before, after)
    assert not found.allowed
    assert "not a version of this project" in found.reason
    assert "Did you mean 'v1." in found.instead


def test_a_tag_that_is_no_release_says_why() -> None:
    """Ignored tags are not simply unknown."""
    history = project(*THREE)
    ignored = replace(history.history, ignored_tags=(IgnoredTag("nightly", "it has no version"),))
    found = routes.route(replace(history, history=ignored), "nightly", "v1.2.0")
    assert "it has no version" in found.reason


def test_the_same_version_and_a_planned_one_are_refused() -> None:
    """Neither leads anywhere."""
    planned = Release("v2.0.0", "planned", migrations=("e",))
    history = project(*THREE, planned)
    assert "already" in routes.route(history, "v1.1.0", "1.1.0").reason
    assert "planned" in routes.route(history, "v1.1.0", "v2.0.0").reason


def test_what_stays_planned_for_a_version_that_is_out_is_no_part_of_the_way() -> None:
    """Notes without scripts bear the name of the release that went out without them."""
    late = Release("v1.1.0", "planned", migrations=("e",))
    found = routes.route(project(*THREE, late, stops=("v1.1.0",)), "v1.1.0", "v1.2.0")
    assert versions(found) == ["v1.2.0"]


def test_a_candidate_means_the_release_that_replaced_it() -> None:
    """v1.1.0-rc.1 and v1.1.0 are one commit."""
    history = project(
        release("v1.0.0", "a", None),
        release("v1.1.0", "ab", "v1.0.0", aliases=("v1.1.0-rc.1",)),
    )
    assert routes.route(history, "v1.0.0", "v1.1.0-rc.1").version == "v1.1.0"


# --- how far back -------------------------------------------------------------------------------


def test_the_point_of_no_return_is_the_first_that_cannot_be_undone() -> None:
    """``c`` has no rollback: from the end only ``d`` can be undone."""
    history = project(
        *THREE,
        migrations=tuple(migration(id_, rollback=id_ != "c") for id_ in "abcd"),
    )
    found = upgrade_guide.guide(history, routes.route(history, "v1.0.0", "v1.2.0"))
    assert found.no_return
    assert found.no_return.migration == "c"
    assert found.undoable == ("d",)
    assert [item.migration for item in found.back] == ["d", "c", "b"]
    kinds = [step.kind for step in found.steps]
    assert kinds.index("apply_safe") < kinds.index("no_return") < kinds.index("apply")


@pytest.mark.parametrize(
    ("found", "judged"),
    [
        (migration("b", reversible=False), Judged()),
        (migration("b"), Judged(verdicts={"b": "fails"})),
        (migration("b"), Judged(verdicts={"b": "rows-lost"})),
    ],
)
def test_notes_and_evidence_make_a_point_of_no_return_too(found: Migration, judged: Judged) -> None:
    """A rollback that exists is not one that works."""
    history = replace(project(*THREE[:2], migrations=(migration("a"), found)), judged=judged)
    guide = upgrade_guide.guide(history, routes.route(history, "v1.0.0", "v1.1.0"))
    assert guide.no_return
    assert guide.no_return.migration == "b"


def test_what_an_exact_rollback_showed_is_no_point_of_no_return() -> None:
    """Evidence that it works changes nothing."""
    history = replace(project(*THREE[:2]), judged=Judged(verdicts={"b": "exact"}))
    guide = upgrade_guide.guide(history, routes.route(history, "v1.0.0", "v1.1.0"))
    assert guide.no_return is None
    assert guide.undoable == ("b",)


# --- what the guide says ------------------------------------------------------------------------


def test_a_breaking_change_of_what_came_on_the_same_way_is_left_out() -> None:
    """``b`` brings a table and ``c`` drops it: who starts before ``b`` never had it."""
    history = project(
        *THREE,
        migrations=(
            migration("a"),
            migration("b"),
            migration("c", breaking=True),
            migration("d"),
        ),
    )
    brought_by = judged.brought_by(
        {
            "b": (Change("create", "table", "drafts"),),
            "c": (Change("drop", "table", "drafts"),),
        }
    )
    history = replace(history, judged=Judged(brought_by=brought_by))
    whole = upgrade_guide.guide(history, routes.route(history, "v1.0.0", "v1.2.0"))
    last = upgrade_guide.guide(history, routes.route(history, "v1.1.0", "v1.2.0"))
    assert whole.breaking == ()
    assert [item.migration for item in last.breaking] == ["c"]


def test_names_the_strongest_lock() -> None:
    """The strongest of all, not the last."""
    locks = {"b": ("ACCESS EXCLUSIVE", ("users",)), "c": ("SHARE", ("orders",))}
    history = replace(project(*THREE), judged=Judged(locks=locks))
    guide = upgrade_guide.guide(history, routes.route(history, "v1.0.0", "v1.2.0"))
    assert guide.lock
    assert (guide.lock.lock, guide.lock.on, guide.lock.migration) == (
        "ACCESS EXCLUSIVE",
        ("users",),
        "b",
    )


def measured(history: facts.Facts, **milliseconds: int) -> facts.Facts:
    """Give the same project with what a production ledger measured."""
    events = [
        Event(id_, "apply", "succeeded", "2026-01-01T00:00:00Z", ms, environment="production")
        for id_, ms in milliseconds.items()
    ]
    exported = {history.settings.below(journal.PATH): journal.write(events)}
    return derive.of_placed(Sources(history.settings, exported), Placed(history.history))


def test_sums_measured_time_only_where_all_of_it_was_measured() -> None:
    """One that was not measured makes the sum unknown."""
    history = measured(project(*THREE), b=1200, c=300)
    part = upgrade_guide.guide(history, routes.route(history, "v1.0.0", "v1.1.0"))
    whole = upgrade_guide.guide(history, routes.route(history, "v1.0.0", "v1.2.0"))
    assert (part.duration.total_ms, part.duration.on) == (1200, "production")
    assert (whole.duration.total_ms, whole.duration.unmeasured) == (None, ("d",))


def test_takes_configuration_and_application_steps_from_the_notes() -> None:
    """What a person wrote under these headings is a step of its own."""
    notes = Notes(
        "migrations/b.md",
        "b",
        sections=(
            Section("Configuration", 2, "Set `TOKEN_TTL`.", 3),
            Section("Application", 2, "Deploy the workers first.", 5),
            Section("Leave when", 2, "The queue is empty.", 7),
        ),
    )
    history = project(
        *THREE,
        migrations=(migration("a"), replace(migration("b"), notes=notes), *map(migration, "cd")),
        stops=("v1.1.0",),
    )
    guide = upgrade_guide.guide(history, routes.route(history, "v1.0.0", "v1.2.0"))
    texts = {step.kind: step.text for step in guide.steps if step.text}
    assert "pg_dump" in texts.pop("backup")  # ours: readers of a guide may not have migdocs
    assert texts == {"configure": "Set `TOKEN_TTL`.", "deploy": "Deploy the workers first."}
    assert [item.text for item in guide.hops[0].leave_when] == ["The queue is empty."]


def test_the_shape_has_the_fixed_names() -> None:
    """Programs read these names (DESIGN: shapes that programs read)."""
    history = project(*THREE)
    shape = shapes.upgrade(upgrade_guide.guide(history, routes.route(history, "1.0.0", "1.2.0")))
    assert list(shape)[:10] == [
        "from",
        "to",
        "allowed",
        "reason",
        "hops",
        "migrations",
        "breaking",
        "point_of_no_return",
        "steps",
        "rollback",
    ]
    assert (list(shape["migrations"]), list(shape["rollback"])) == (
        ["b", "c", "d"],
        ["d", "c", "b"],
    )
    assert (shape["allowed"], shape["reason"], shape["point_of_no_return"]) == (True, None, None)


def test_the_table_of_pairs_is_bounded() -> None:
    """All pairs of a few releases, and of many only those to the newest."""
    few = pairs.supported(project(*THREE))
    assert len(few) == 3
    letters = "abcdefghijklmn"
    many = project(
        *(
            release(f"v{n}", letters[:n], f"v{n - 1}" if n > 1 else None)
            for n in range(1, len(letters) + 1)
        )
    )
    assert {found.version for found in pairs.supported(many)} == {"v14"}


def test_the_backup_comes_after_the_stop() -> None:
    """What is written between a backup and the stop would be lost by a restore."""
    stopping = replace(migration("b"), declared=Declared(downtime="Required"))
    history = project(
        *THREE, migrations=(migration("a"), stopping, *map(migration, "cd")), stops=("v1.1.0",)
    )
    guide = upgrade_guide.guide(history, routes.route(history, "v1.0.0", "v1.2.0"))
    kinds = [step.kind for step in guide.steps]
    assert kinds.index("stop") < kinds.index("backup") < kinds.index("apply")
    assert kinds.count("backup") == 1
