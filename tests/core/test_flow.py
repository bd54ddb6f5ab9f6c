"""The version flow, from histories written down here, as text, as Mermaid and as a drawing."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migdocs.core import flow
from migdocs.core.flow import Card, Compatibility, Flow, Gap, layout, mermaid, svg, text
from migdocs.core.markup.mermaid import MOST_CHARACTERS, MOST_EDGES
from migdocs.core.markup.svg import Lettering, width, wrap
from migdocs.core.model import Declared, Migration, Script
from migdocs.core.timeline import History, Release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SCRIPT = Script("x.sql", "SELECT 1;")
SMART_FIELDS = "20240103_add_activity_log_smart_fields"
HOSTILE = '<script>alert("x")</script> & \']]> --> %%{init}%% `; \x00\x1b\u202e|end'


def migration(name: str, title: str = "", *, planned: bool = False) -> Migration:
    """Write down a migration."""
    return Migration(name, None if planned else SCRIPT, declared=Declared(title=title or None))


def history(releases: Iterable[Release], *migrations: Migration) -> History:
    """Write down a history."""
    return History(migrations, tuple(releases))


def sample() -> Flow:
    """Give the flow of the sample project, with two releases that ship no migration."""
    return flow.flow(
        history(
            (
                Release("v1.0.0", date="2023-11-27", migrations=("initial_schema",)),
                Release("v1.0.1", date="2023-12-01", previous="v1.0.0"),
                Release("v1.0.2", date="2023-12-08", previous="v1.0.1"),
                Release("v1.1.0", date="2024-01-15", previous="v1.0.2", migrations=(SMART_FIELDS,)),
                Release(
                    "v1.2.0",
                    "planned",
                    previous="v1.1.0",
                    migrations=("20260301_add_rbac", "20260308_add_user_preferences"),
                ),
            ),
            migration("initial_schema", "People, two-factor sign-in and the activity log"),
            migration(SMART_FIELDS, "Smart fields for the activity log"),
            migration("20260301_add_rbac", "Roles and permissions", planned=True),
            migration("20260308_add_user_preferences", "A person's preferences", planned=True),
        ),
        {
            "initial_schema": ["creates table users", "creates table activity_logs"],
            SMART_FIELDS: [
                "adds column activity_logs.severity text, not null, default 'INFORMATIONAL'",
                "adds column activity_logs.expires_at timestamptz",
            ],
        },
        {
            "v1.0.0": Compatibility(breaking=False, note="first release"),
            "v1.1.0": Compatibility(breaking=False, note="v1.0.2 keeps working"),
        },
    )


def two_lineages() -> Flow:
    """Give a main line, a branch that leaves it before a breaking release, and a quiet one."""
    return flow.flow(
        history(
            (
                Release("v1.0.0", date="2024-01-01", migrations=("create_users",)),
                Release("v1.1.0", date="2024-02-01", previous="v1.0.0"),
                Release("v1.1.1", lineage="1.1.x", previous="v1.1.0", migrations=("fix_email",)),
                Release("v1.2.0", date="2024-03-01", previous="v1.1.0"),
                Release("v2.0.0", previous="v1.2.0", migrations=("fix_email", "drop_name")),
                Release("v2.0.1", lineage="2.0.x", previous="v2.0.0"),
            ),
            migration("create_users", "Users"),
            migration("fix_email"),
            migration("drop_name", "One name is enough"),
        ),
        {"drop_name": ["drops column users.name"]},
        {"v2.0.0": Compatibility(breaking=True, note="v1.2.0 still reads users.name")},
    )


def hostile() -> Flow:
    """Give a flow in which every text tries to break out, and none ends."""
    return flow.flow(
        history(
            (
                Release(HOSTILE, date="2024-01-01", migrations=(HOSTILE, "W" * 300)),
                Release("v2", lineage=HOSTILE, previous=HOSTILE, migrations=("gone",)),
            ),
            migration(HOSTILE, HOSTILE),
            migration("W" * 300, "long words " * 90),
        ),
        {HOSTILE: [HOSTILE, "x" * 600]},
        {HOSTILE: Compatibility(breaking=True, note=HOSTILE)},
    )


def many(count: int) -> Flow:
    """Give a long history in which each fifth release ships a migration."""
    versions = [f"v{index // 50}.{index // 5 % 10}.{index % 5}" for index in range(count)]
    before: list[str | None] = [None, *versions]
    return flow.flow(
        history(
            (
                Release(
                    name,
                    previous=previous,
                    migrations=() if index % 5 else (f"change_{index}",),
                )
                for index, (name, previous) in enumerate(zip(versions, before, strict=False))
            ),
            *(migration(f"change_{index}") for index in range(0, count, 5)),
        ),
        {f"change_{index}": ["adds column a.b integer"] * 3 for index in range(0, count, 5)},
        {},
    )


NOTHING = flow.flow(History((), ()), {}, {})
CASES = {
    "nothing": lambda: NOTHING,
    "sample": sample,
    "two_lineages": two_lineages,
    "hostile": hostile,
    "many": lambda: many(300),
}
every_case = pytest.mark.parametrize("case", CASES)


# --- the flow itself ----------------------------------------------------------------------------


def test_neighbouring_releases_without_migrations_become_one_line() -> None:
    """Only what the reader looks for has a card."""
    [main] = sample().lineages
    assert [type(stop) for stop in main.stops] == [Card, Gap, Card, Card]
    assert main.stops[1] == Gap(("v1.0.1", "v1.0.2"))
    assert Gap(("v1.0.1", "v1.0.2")).text == "2 releases without migrations: v1.0.1 … v1.0.2"
    assert Gap(("v1.0.1",)).text == "1 release without migrations: v1.0.1"


def test_a_gap_ends_where_another_lineage_leaves() -> None:
    """A branch leaves from a stop that the reader can see."""
    main, branch = two_lineages().lineages
    assert [flow.last_version(stop) for stop in main.stops] == [
        "v1.0.0",
        "v1.1.0",
        "v1.2.0",
        "v2.0.0",
    ]
    assert branch.after == "v1.1.0"
    assert flow.origin(two_lineages(), branch) == (0, 1)


def test_a_lineage_without_migrations_is_only_named() -> None:
    """Dozens of release branches that change nothing do not hide the one that does."""
    assert two_lineages().quiet == ("2.0.x",)
    assert "Without migrations of their own: 2.0.x." in text.lines(two_lineages())


def test_a_lineage_without_migrations_stays_where_a_telling_one_leaves_from_it() -> None:
    """The way to every migration is drawn whole."""
    built = flow.flow(
        history(
            (
                Release("v1", migrations=("a",)),
                Release("v1.1", lineage="1.x", previous="v1"),
                Release("v1.1.1", lineage="1.1.x", previous="v1.1", migrations=("b",)),
            ),
            migration("a"),
            migration("b"),
        ),
        {},
        {},
    )
    assert [lineage.name for lineage in built.lineages] == ["main", "1.x", "1.1.x"]


def test_a_history_of_releases_without_any_migration_is_still_a_flow() -> None:
    """The releases are there, even if the database never changed."""
    built = flow.flow(history((Release("v1"), Release("v2", previous="v1"))), {}, {})
    assert text.lines(built) == "(2 releases without migrations: v1 … v2)\n    │\n"


def test_unreleased_is_shown_only_where_it_ships_something() -> None:
    """An *Unreleased* with commits and no migration says nothing about the database."""
    releases = (Release("v1", migrations=("a",)), Release("Unreleased", "unreleased"))
    assert "Unreleased" not in text.lines(flow.flow(history(releases, migration("a")), {}, {}))
    waiting = (Release("Unreleased", "unreleased", migrations=("a",)),)
    assert "Unreleased" in text.lines(flow.flow(history(waiting, migration("a")), {}, {}))


def test_the_first_release_is_compatible_with_nobody() -> None:
    """There is no badge where there is no release before; the note stays."""
    first = flow.cards(sample())[0]
    assert flow.badge(first.compatibility) == ""
    assert first.compatibility.note == "first release"


def test_a_title_that_repeats_the_id_is_not_told_twice() -> None:
    """Notes are often headed by the file's name."""
    built = flow.flow(history((Release("v1", migrations=("a",)),), migration("a", "a.sql")), {}, {})
    assert flow.cards(built)[0].title == ""


def test_a_migration_that_is_gone_from_the_checkout_keeps_its_id() -> None:
    """What shipped, shipped."""
    assert "Migration: gone" in text.lines(hostile())


# --- its three forms ----------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["nothing", "sample", "two_lineages", "hostile"])
def test_each_form_is_the_one_that_was_read(case: str, golden: Callable[[str, str], None]) -> None:
    """Text, Mermaid and drawing are as somebody has read and looked at them."""
    built = CASES[case]()
    golden(f"flow_{case}.txt", text.lines(built))
    golden(f"flow_{case}.mmd", mermaid.mermaid(built))
    golden(f"flow_{case}.svg", svg.svg(built))


@every_case
def test_no_control_character_reaches_the_text(case: str) -> None:
    """Nothing hides, nothing turns the reading direction, and each line is one."""
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]", text.lines(CASES[case]()))


@every_case
def test_mermaid_holds_its_labels_and_its_limits(case: str) -> None:
    """Outside our own lines there is nothing but quoted labels without a mark that Mermaid reads.

    Drawn with Mermaid 11.17 as well, by hand: its parser is not part of this project.
    """
    drawn = mermaid.mermaid(CASES[case]())
    assert len(drawn) <= MOST_CHARACTERS
    assert drawn.count("-->") <= MOST_EDGES
    for label in re.findall(r'\["(.*)"\]', drawn):
        assert not re.search(r'["<>&|{}`;\[\]]', re.sub(r"#\d+;|<br/>", "", label))
    grammar = r"(---|config:|  flowchart:|    wrappingWidth: 480|flowchart TD|    .*)"
    assert all(re.fullmatch(grammar, line) for line in drawn.splitlines())


def test_mermaid_leaves_out_and_says_so_when_there_is_too_much() -> None:
    """A diagram that Mermaid refuses is no diagram."""
    drawn = mermaid.mermaid(many(6000))
    assert "earlier stops" in drawn
    assert "change_5995" in drawn


@every_case
def test_the_drawing_is_well_formed_and_speaks_to_those_who_cannot_see_it(case: str) -> None:
    """Hostile text is text; title and description are there."""
    root = ET.fromstring(svg.svg(CASES[case]()))  # noqa: S314 - our own text
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{space}title", f"{space}desc"]
    assert root.findtext(f"{space}desc") == flow.summary(CASES[case]())
    assert {element.tag.removeprefix(space) for element in root.iter()} <= {
        *("svg", "title", "desc", "style", "rect", "text", "path", "circle", "g"),
    }


@every_case
def test_no_card_touches_another_and_none_leaves_the_paper(case: str) -> None:
    """However long the texts are; and each text keeps to its card's width."""
    root = ET.fromstring(svg.svg(CASES[case]()))  # noqa: S314 - our own text
    placed = [stop for track in layout.place(CASES[case]()) for stop in track.stops]
    for one, other in itertools.combinations(placed, 2):
        apart = one.right < other.x or other.right < one.x
        assert apart or one.bottom < other.y or other.bottom < one.y
    for stop in placed:
        assert 0 <= stop.x < stop.right < int(root.get("width") or 0)
        assert 0 <= stop.y < stop.bottom < int(root.get("height") or 0)


def test_a_long_history_goes_on_in_further_columns() -> None:
    """300 releases fit a sheet: at most four columns of about one height."""
    [track] = layout.place(many(300))
    columns = [list(group) for _, group in itertools.groupby(track.stops, lambda stop: stop.x)]
    assert 2 <= len(columns) <= 4
    bottoms = [column[-1].bottom for column in columns]
    assert min(bottoms) > max(bottoms) * 0.8


def test_many_branches_of_one_release_hang_below_each_other() -> None:
    """Nine release branches from one commit do not make the drawing nine columns wide."""
    branches = [
        Release(f"v1.{n}", lineage=f"1.{n}.x", previous="v1.0", migrations=(f"m{n}",))
        for n in range(1, 10)
    ]
    releases = (Release("v1.0", migrations=("m0",)), *branches)
    built = flow.flow(history(releases, *(migration(f"m{n}") for n in range(10))), {}, {})
    _, *hanging = layout.place(built)
    assert len({track.trunk for track in hanging}) == 1
    tops = [track.stops[0].y for track in hanging]
    assert tops == sorted(tops)


def test_words_are_broken_where_a_reader_would() -> None:
    """At spaces; a long id behind an underscore; what is left, anywhere; too much ends in dots."""
    lettering = Lettering("x", 10, 12)
    assert wrap("adds a column", lettering, 60) == ("adds a", "column")
    assert wrap("20240103_add_column", lettering, 75) == ("20240103_", "add_column")
    assert wrap("xxxxxxxxxx", lettering, 40) == ("xxxxxx", "xxxx")
    assert wrap("one two three four", lettering, 50, 2) == ("one two", "three…")
    for line in wrap(HOSTILE * 9, lettering, 120, 99):
        assert width(line, lettering) <= 120


def test_wide_characters_take_more_room_and_combining_ones_none() -> None:
    """Chinese is wider than Latin; an accent written apart adds nothing."""
    lettering = Lettering("x", 10, 12)
    assert width("数据", lettering) > width("ab", lettering)
    assert width("e\u0301", lettering) == width("e", lettering)


def test_a_back_port_is_one_migration_in_the_summary() -> None:
    """It ships twice and is still one."""
    assert flow.summary(two_lineages()) == "3 releases with 3 migrations; breaking: v2.0.0."


@settings(max_examples=60, deadline=None)
@given(anything=st.text(max_size=40))
def test_whatever_a_name_holds_each_form_stays_whole(anything: str) -> None:
    """A tag, a title and a change may be any text that Python can hold."""
    built = flow.flow(
        history((Release(anything, migrations=("x",)),), migration("x", anything)),
        {"x": [anything]},
        {anything: Compatibility(breaking=True, note=anything)},
    )
    ET.fromstring(svg.svg(built))  # noqa: S314 - our own text
    assert all(line.startswith("    ") for line in text.lines(built).split("\n")[1:-1])
    [node] = [line for line in mermaid.mermaid(built).splitlines() if "n0_0" in line]
    assert re.fullmatch(r'    n0_0\["[^"]*"\]:::breaking', node)


def test_no_golden_file_is_an_orphan(golden_files: set[str]) -> None:
    """Each is compared above."""
    cases = ["nothing", "sample", "two_lineages", "hostile"]
    expected = {f"flow_{case}.{form}" for case in cases for form in ("txt", "mmd", "svg")}
    assert {name for name in golden_files if name.startswith("flow")} == expected
