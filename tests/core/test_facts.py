"""What the documents are made of, derived from what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from migdocs.core import derive, facts, known, notes
from migdocs.core.event import Event
from migdocs.core.known import Unknown
from migdocs.core.ledger import journal
from migdocs.core.logged import Placed
from migdocs.core.model import Declared, Migration, Script
from migdocs.core.settings import Settings
from migdocs.core.sources import Sources
from migdocs.core.timeline import History, Placement, Release

if TYPE_CHECKING:
    from migdocs.core.known import Known
    from migdocs.core.model import Impact

SQL = Script("x.sql", "SELECT 1;")


def history(*migrations: Migration, **placements: Placement) -> History:
    """Make a history in which nothing is placed but what is said."""
    places = {m.id: placements.get(m.id, Placement()) for m in migrations}
    return History(migrations, (), places)


def read(
    *migrations: Migration, texts: dict[str, str] | None = None, **placements: Placement
) -> facts.Facts:
    """Derive the facts of migrations, with files that lie beside them."""
    return derive.of_placed(
        Sources(Settings(), texts or {}), Placed(history(*migrations, **placements))
    )


TITLES = {
    "20240103_add_user_locale": "Add user locale",
    "00_create-table": "Create table",
    "V1.2__init": "Init",
    "R__active_users": "Active users",
    "revert_it": "Revert it",
    "initial_schema": "Initial schema",
    "20250101_add_oidc_client": "Add OIDC client",
    "V7__api_keys_with_uuid_and_json": "API keys with UUID and JSON",
    "pkce_for_oauth2_and_ldap_urls": "PKCE for OAuth2 and LDAP URLs",
    "20240103": "20240103",
}


@pytest.mark.parametrize(("id_", "title"), TITLES.items())
def test_a_migration_without_a_title_is_called_by_its_name(id_: str, title: str) -> None:
    """In words, without its date or number; its notes' own title counts before that."""
    assert facts.title(Migration(id_)) == title
    assert facts.title(Migration(id_, declared=Declared(title=id_))) == title
    assert facts.title(Migration(id_, declared=Declared(title="Mine"))) == "Mine"


def test_a_project_has_acronyms_of_its_own() -> None:
    """They go before ours; at the beginning too."""
    assert facts.title(Migration("xbrl_api"), ("XBRL", "Api")) == "XBRL Api"
    assert facts.title(Migration("add_foo"), ("foO",)) == "Add foO"


NOT_SAID = Unknown("neither its SQL nor its notes say it")
BREAKING: dict[tuple[bool | None, Impact | None], Known[bool]] = {
    (None, None): NOT_SAID,
    (None, "unknown"): NOT_SAID,
    (None, "minor"): False,
    (None, "major"): True,
    (False, None): False,
    (False, "major"): True,
    (True, "patch"): True,
    (True, "unknown"): True,
}


@pytest.mark.parametrize(("told", "breaking"), BREAKING.items())
def test_a_migration_breaks_if_its_notes_or_its_sql_say_so(
    told: tuple[bool | None, Impact | None],
    breaking: Known[bool],
) -> None:
    """Neither can take back what the other says; where neither says, nobody knows."""
    declared, computed = told
    migration = Migration("a", SQL, declared=Declared(breaking=declared))
    entry = facts.Entry(migration, Placement(), "A", computed=computed)
    assert entry.breaking == breaking


def test_what_was_not_read_breaks_nobody_knows_what() -> None:
    """A promise of the notes is named; what the notes call breaking is."""
    migration = Migration("a", SQL, declared=Declared(breaking=False))
    entry = facts.Entry(
        migration, Placement(), "A", computed="minor", unread=("it is written in Go",)
    )
    assert entry.breaking == Unknown("it is written in Go; its notes say that nothing breaks")
    declared = replace(migration, declared=Declared(breaking=True))
    assert replace(entry, migration=declared).breaking is True
    assert replace(entry, computed="major").breaking is True


def test_what_is_not_known_cannot_be_taken_for_no() -> None:
    """A template or a condition that forgets it raises instead of writing a false fact."""
    with pytest.raises(TypeError):
        bool(Unknown("it is written in Go"))
    assert str(Unknown("it is written in Go")) == "not known: it is written in Go"
    assert str(known.of_scripts(3, 5, ["a", "b", "a", "c", "d"])) == (
        "not known: 3 of 5 scripts could not be read (a; b; c; and 1 more)"
    )


def test_dependencies_of_all_sources_are_joined() -> None:
    """Declared, by the layout, read from the SQL; each once, and only what exists."""
    made = read(
        Migration("a", Script("a.sql", "CREATE TABLE one (id int);")),
        Migration("b", Script("b.sql", "CREATE TABLE two (id int);"), parents=("a",)),
        Migration(
            "c",
            Script("c.sql", "ALTER TABLE one ADD x int; ALTER TABLE two ADD x int;"),
            declared=Declared(dependencies=("b", "nothing", "c")),
        ),
    )
    assert {e.id: (e.dependencies, e.dependents) for e in made.entries.values()} == {
        "a": ((), ("b", "c")),
        "b": (("a",), ("c",)),
        "c": (("b", "a"), ()),
    }


def test_fields_of_the_users_own_stand_in_the_templates_order() -> None:
    """Those that have a place of their own in the documents are not shown twice."""
    contract = "# T\n\n**Date:** x\n**Risk:** x\n**Owner:** x\n"
    text = "# A\n\n**Team:** core\n**Owner:** Ada\n**App Version:** v1\n**Risk:** low\n**Empty:**\n"
    written = notes.parse("a.md", text)
    made = read(Migration("a", notes=written), texts={"migrations/TEMPLATE.md": contract})
    assert [(f.name, f.value) for f in made.entries["a"].fields] == [
        ("Risk", "low"),
        ("Owner", "Ada"),
        ("Team", "core"),
    ]


HAPPENED = {
    "applied": (["apply succeeded"], True),
    "only tried": (["apply started", "apply failed"], False),
    "rolled back": (["apply succeeded", "rollback succeeded"], False),
    "a rollback that failed": (["apply succeeded", "rollback failed"], True),
    "and again": (["apply succeeded", "rollback succeeded", "apply succeeded"], True),
    "taken over": (["baseline succeeded"], True),
    "repaired as applied": (["apply failed", "repair succeeded hash"], True),
    "repaired as not applied": (["apply succeeded", "repair succeeded"], False),
    "rolled back only": (["rollback succeeded"], False),
}


@pytest.mark.parametrize(("events", "applied"), HAPPENED.values(), ids=HAPPENED)
def test_where_a_migration_is_applied_follows_from_its_events(
    events: list[str], *, applied: bool
) -> None:
    """As the ledger itself has it: the log and the status must never disagree."""
    made = []
    for number, words in enumerate(events):
        action, outcome, *hashed = words.split()
        script_hash = "h" if hashed or action in {"apply", "baseline"} else ""
        at = f"2026-01-0{number + 1}T00:00:00+00:00"
        made.append(Event("a", action, outcome, at, environment="prod", script_hash=script_hash))
    exported = {f"migrations/{journal.PATH}": journal.write(made)}
    entry = read(Migration("a", SQL), texts=exported).entries["a"]
    assert ("prod" in entry.applied) is applied


def test_statistics_count_everything_once() -> None:
    """By status, type, rollback and breaking; planned ones have no rollback to miss."""
    made = read(
        Migration("a", SQL, SQL, declared=Declared(type="Schema", breaking=True)),
        Migration("b", SQL, declared=Declared(breaking=False)),
        Migration("c"),
        a=Placement("v1", "git", "released"),
        c=Placement("v2", "declared", "planned"),
    )
    counted = facts.statistics(made)
    assert counted["status"] == {"released": 1, "unreleased": 1, "planned": 1}
    assert counted["type"] == {"Schema": 1, "not documented": 2}
    assert counted["rollback"] == {"with": 1, "without": 1}
    assert counted["breaking"] == {"yes": 1, "no": 1, "not known": 1}


def test_releases_give_their_entries() -> None:
    """In run order; a migration that is nowhere any more has none."""
    releases = (Release("v1", migrations=("a", "gone")), Release("Unreleased", "unreleased"))
    placed = History((Migration("a"),), releases, {"a": Placement("v1", "git", "released")})
    made = derive.of_placed(Sources(), Placed(placed))
    assert [entry.id for entry in made.of(releases[0])] == ["a"]
    assert made.released() == releases[:1]
