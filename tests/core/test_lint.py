"""Findings about the whole: what is missing, what contradicts, what leads nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from migdocs.core import notes
from migdocs.core.changelog.headings import Heading
from migdocs.core.checking import lint
from migdocs.core.checking.lint import Claim
from migdocs.core.model import Declared, Finding, Migration, Script
from migdocs.core.timeline import Edit, History, Placement, Release

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migdocs.core.timeline import PlacedBy

FORWARD, ROLLBACK = Script("a.sql", "SELECT 1;"), Script("a_rollback.sql", "SELECT 1;")


def migration(id_: str = "a", text: str | None = None, **parts: Script | None) -> Migration:
    """Make a migration of scripts and notes."""
    written = notes.parse(f"{id_}.md", text) if text is not None else None
    forward = parts.get("forward", FORWARD)
    declared = notes.declared(written, forward.text if forward else None)
    return Migration(id_, forward, parts.get("rollback"), written, declared)


def said(found: Iterable[Finding]) -> list[str]:
    """Give each finding as ``path:line severity rule: message``."""
    return [f"{f.path}:{f.line} {f.severity} {f.rule}: {f.message}" for f in found]


NO_ROLLBACK = "a.sql:0 warning missing-rollback: 'a' has no rollback"
NO_NOTES = "a.sql:0 info missing-notes: 'a' has no notes"
PARTS = {
    "everything is there": (migration(text="# A", rollback=ROLLBACK), []),
    "no rollback": (migration(text="# A"), [NO_ROLLBACK]),
    "its notes say that it cannot be undone": (migration(text="**Reversible:** No"), []),
    "no notes": (migration(rollback=ROLLBACK), [NO_NOTES]),
    "neither": (migration(), [NO_ROLLBACK, NO_NOTES]),
    "planned": (migration(text="# A", forward=None), []),
    "run again and again": (Migration("R__a", FORWARD, repeatable=True), []),
}


@pytest.mark.parametrize(("given", "expected"), PARTS.values(), ids=PARTS)
def test_missing_parts_are_told(given: Migration, expected: list[str]) -> None:
    """What is missing on purpose is not missing."""
    assert said(lint.missing_parts([given])) == expected


def test_claims_are_read_from_notes_and_script_headers() -> None:
    """With the line of what they say; the silent make none."""
    told = migration("a", "# A\n\n**Version:** v1.0.0\n\n**Reversible:** Yes\n")
    header = migration("b", forward=Script("b.sql", "-- Version: 1.1.0\nSELECT 1;"))
    assert list(lint.claims_of_notes([told, header, migration("c")])) == [
        Claim("a", "a.md", 3, version="v1.0.0"),
        Claim("a", "a.md", 5, rollback=True),
        Claim("b", "b.sql", 1, version="1.1.0"),
    ]


def test_claims_are_read_from_a_log_kept_by_hand() -> None:
    """Its entries, and the rows of its history; what names no migration of ours is passed over."""
    log = (
        "# Log\n\n| Version | Migration | Date |\n|---|---|---|\n| **v1.0.0** | `a` | x |\n"
        "| v1.0.0 | nobody | x |\n| v1.0.0 | `a` and `b` | x |\n\n"
        "### A\n\n- **Migration ID:** `a`\n- **App Version:** v1.1.0 (planned)\n"
        "- **Rollback available:** ❌ No\n\n### B\n\n**Migration ID:** b\n**Version:** soon\n"
    )
    assert list(lint.claims_of_log("LOG.md", log, {"a", "b"})) == [
        Claim("a", "LOG.md", 12, "v1.1.0", rollback=False),
        Claim("a", "LOG.md", 5, "v1.0.0"),
    ]


def test_a_mention_in_a_change_log_claims_what_git_does_not_know() -> None:
    """A release that mends a script names it too."""
    told = {"a": Heading("1.0.0", None, 7), "b": Heading("1.0.0", None, 7)}
    placed = {"a": Placement("v0.9.0", "git", "released"), "b": Placement("v1.1.0", "declared")}
    history = History((), (), placed)
    assert list(lint.claims_of_changelog(history, "C.md", told)) == [Claim("b", "C.md", 7, "1.0.0")]


def test_a_version_in_a_files_name_is_no_claim() -> None:
    """It places a migration where nothing else does, and contradicts nobody."""
    named = Migration("0010_1.9.0_a", declared=Declared(version="1.9.0", by_name=True))
    assert list(lint.claims_of_notes([named])) == []


CLAIMS = {
    "they agree": ("git", [Claim("a", "x", 1, "1.0.0"), Claim("a", "y", 1, "v1.0.0")], ""),
    "git wins, once": (
        "git",
        [Claim("a", "x", 3, "v1.1.0"), Claim("a", "y", 4, "v1.1.0")],
        "error version-contradiction: be of v1.1.0, but its git tag places it in v1.0.0",
    ),
    "words against words": (
        "declared",
        [Claim("a", "x", 3, "v1.1.0")],
        "warning version-contradiction: be of v1.1.0, but its notes say v1.0.0",
    ),
    "against the change log": (
        "changelog",
        [Claim("a", "x", 3, "v1.1.0")],
        "warning version-contradiction: be of v1.1.0, but the change log says v1.0.0",
    ),
    "a rollback denied": (
        "git",
        [Claim("a", "x", 3, rollback=False)],
        "warning rollback-contradiction: have no rollback, but a_rollback.sql is one",
    ),
    "of another migration": ("git", [Claim("b", "x", 3, "v9")], ""),
}


@pytest.mark.parametrize(("by", "claims", "expected"), CLAIMS.values(), ids=CLAIMS)
def test_contradictions_are_told_once(by: PlacedBy, claims: list[Claim], expected: str) -> None:
    """At the first place that says the wrong thing."""
    history = History((migration(rollback=ROLLBACK),), (), {"a": Placement("v1.0.0", by)})
    found = said(lint.contradictions(history, claims))
    wanted = expected.replace(": ", ": 'a' is said to ")
    assert found == ([f"x:3 {wanted}"] if expected else [])


def test_a_promised_rollback_must_be_there() -> None:
    """And what no release has can contradict no version."""
    history = History((migration(),), (), {"a": Placement()})
    claims = [Claim("a", "x", 3, "v1.0.0", rollback=True)]
    assert said(lint.contradictions(history, claims)) == [
        "x:3 warning rollback-contradiction: 'a' is said to have a rollback, but there is none"
    ]


def test_scripts_edited_after_they_were_added_are_told() -> None:
    """Databases that ran them have the old text."""
    commits = {
        "a.sql": (("c3", "2026-03-03"), ("c2", "2026-02-02"), ("c1", "2026-01-01")),
        "a_rollback.sql": (("c1", "2026-01-01"),),
        "a.md": (("c3", "2026-03-03"), ("c1", "2026-01-01")),
    }
    (found,) = said(lint.edited_after_added([migration(text="# A", rollback=ROLLBACK)], commits))
    assert found.startswith("a.sql:0 warning script-edited: 'a' was edited in c3 (2026-03-03)")
    assert found.endswith("after it was added in c1 (2026-01-01)")


def test_scripts_edited_after_a_release_are_told() -> None:
    """Once a script, with every release that did; formatting alone is a remark."""
    releases = [
        Release(
            version,
            edited=tuple(
                Edit(id_, f"app/{id_}.sql", since, version, meaning) for id_, meaning in edits
            ),
        )
        for since, version, edits in (
            ("v1.0.0", "v1.1.0", [("a", False), ("b", False), ("view", True), ("gone", True)]),
            ("v1.1.0", "Unreleased", [("a", True)]),
        )
    ]
    scripts = [
        *(Migration(id_, Script(f"{id_}.sql", "-")) for id_ in ("a", "b")),
        Migration("view", Script("view.sql", "-"), repeatable=True),
    ]
    assert said(lint.edited_after_release(scripts, releases)) == [
        (
            "a.sql:0 warning script-edited: 'a' was shipped in v1.0.0, and it was edited in"
            " v1.1.0, Unreleased"
        ),
        (
            "b.sql:0 info script-edited: 'b' was shipped in v1.0.0, and only its formatting was"
            " changed in v1.1.0"
        ),
    ]


def test_dependencies_that_cannot_be_met_are_told() -> None:
    """An id that nothing has, one that runs later, itself; words that are no id are let be."""
    needs = ("20240101_a", "20240101_b", "20240102_b", "20240103_c", "PostgreSQL", "ORM")
    made = [
        Migration("20240101_a"),
        Migration("20240102_b", FORWARD, declared=Declared(dependencies=needs)),
        Migration("20240103_c"),
    ]
    found = list(lint.wrong_dependencies(made))
    assert said(found) == [
        f"a.sql:1 warning wrong-dependency: '20240102_b' is said to need {text}"
        for text in (
            "'20240101_b', which is not a migration",
            "'20240102_b', which does not run before it",
            "'20240103_c', which does not run before it",
        )
    ]
    assert found[0].hint == "did you mean '20240102_b'?"


@pytest.mark.parametrize(("by", "told"), [("declared", True), ("changelog", True), ("git", False)])
def test_a_need_that_ships_later_is_told(by: PlacedBy, told: bool) -> None:  # noqa: FBT001 - a row
    """Words may place a migration behind what needs it; what tags hold is what shipped."""
    early, late = Release("v1.0.0"), Release("v1.1.0")
    needed = migration("needed", "# A\n\n**Version:** v1.1.0\n")
    placed = {"needed": Placement("v1.1.0", by), "needs": Placement("v1.0.0", "git")}
    history = History((needed, migration("needs")), (early, late), placed)
    found = list(lint.shipped_before_need(history, {"needed": (), "needs": ("needed",)}))
    message = "'needed' is said to be of v1.1.0, but 'needs' of v1.0.0 needs it"
    assert said(found) == [f"needed.md:3 warning ships-before-need: {message}"] * told
    turned = {"needed": ("needs",), "needs": ()}
    assert list(lint.shipped_before_need(history, turned)) == []


def test_dead_links_are_told() -> None:
    """A folder is there too; what lies elsewhere is not ours to judge."""
    text = (
        "[a](b.md#x) [b](sub/) [c](../README.md)\n\n[d](gone.md) [e](https://x.org) [f](../../y)\n"
    )
    there = {"docs/b.md", "docs/sub", "README.md"}
    assert said(lint.dead_links("docs/a.md", text, there.__contains__)) == [
        "docs/a.md:3 warning dead-link: the link to 'gone.md' leads to no file"
    ]
