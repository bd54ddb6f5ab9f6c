"""One commit's message, read: section, scope, text, what it breaks, which issues."""

from __future__ import annotations

import time

import pytest

from migdocs.core.changelog import footers, subjects
from migdocs.core.timeline import Commit


def read(message: str, *, convention: bool = True) -> subjects.Said:
    """Read a message whose first line is the subject."""
    subject, _, body = message.partition("\n")
    return subjects.read(Commit("a" * 40, subject, body.strip()), convention=convention)


@pytest.mark.parametrize(
    ("subject", "section", "scope", "text"),
    [
        ("feat: sign in by passkey", "Added", "", "sign in by passkey"),
        ("feat(auth): sign in by passkey (#12)", "Added", "auth", "sign in by passkey"),
        ("Fix(Store): close the pool", "Fixed", "Store", "close the pool"),
        ("perf: read trees once", "Changed", "", "read trees once"),
        ("✨ feat: pages", "Added", "", "pages"),
        (":bug: fix(db): one pool", "Fixed", "db", "one pool"),
        ("[#17] fix: pages", "Fixed", "", "pages"),
        ("feat(docs): search in docs", "Added", "docs", "search in docs"),
        ("add: pages", "Added", "", "pages"),
        ("drop: PostgreSQL 9", "Removed", "", "PostgreSQL 9"),
        ("fix(deps): update x [security]", "Security", "deps", "update x [security]"),
        ("security: hash tokens", "Security", "", "hash tokens"),
        ("fix: CVE-2024-12345 in the parser", "Security", "", "CVE-2024-12345 in the parser"),
        (
            "fix(deps): update x for CVE-2024-12345",
            "Security",
            "deps",
            "update x for CVE-2024-12345",
        ),
        ('Revert "feat: sign in (#12)" (#14)', "Changed", "", 'Revert "feat: sign in"'),
        ("revert: feat: sign in", "Changed", "", 'Revert "feat: sign in"'),
        ('revert: "feat: sign in (#1)" (#2)', "Changed", "", 'Revert "feat: sign in"'),
        ("Revert the pool's size (#2)", "Changed", "", "Revert the pool's size"),
        ("i18n: translate the errors", "Changed", "i18n", "translate the errors"),
        ("Drop the old API", "Removed", "", "Drop the old API"),
        ("feat: keys (#4) (#4)", "Added", "", "keys"),
        ("feat: keys  (#4, #5)", "Added", "", "keys"),
        ("feat: keys [backport to release/1.0] (#4)", "Added", "", "keys"),
        ("[1.0 backport] fix: keys", "Fixed", "", "keys"),
        ("fix: keys (backport #3) (#4)", "Fixed", "", "keys"),
        ("feat: backport (of keys)", "Added", "", "backport (of keys)"),
        ("feat: keys [skip ci]", "Added", "", "keys"),
    ],
)
def test_a_conventional_subject(subject: str, section: str, scope: str, text: str) -> None:
    """The type tells the section; a pull request's number is no part of the text."""
    said = read(subject)
    assert (said.section, said.scope, said.text) == (section, scope, text)


@pytest.mark.parametrize(
    ("subject", "section", "scope", "text"),
    [
        ("Add a column for locales", "Added", "", "Add a column for locales"),
        ("Implements retries", "Added", "", "Implements retries"),
        ("Fixed a crash", "Fixed", "", "Fixed a crash"),
        ("Address space is larger", "Changed", "", "Address space is larger"),
        ("Fixture files are smaller", "Changed", "", "Fixture files are smaller"),
        ("dropping support for 9.6", "Removed", "", "dropping support for 9.6"),
        ("Deprecate v1", "Deprecated", "", "Deprecate v1"),
        ("store, graph: Remove the cache (#7)", "Removed", "store, graph", "Remove the cache"),
        ("*: Expose the logs", "Added", "", "Expose the logs"),
        ("perf: Add a counter", "Added", "perf", "Add a counter"),
        ("fix: wrong page", "Fixed", "", "wrong page"),
        ("Note to readers: mind the gap", "Changed", "", "Note to readers: mind the gap"),
        ("Set version column default", "Changed", "", "Set version column default"),
        ("Release locks earlier", "Changed", "", "Release locks earlier"),
        ("", "Changed", "", ""),
    ],
)
def test_a_subject_without_a_convention(subject: str, section: str, scope: str, text: str) -> None:
    """The first word tells the section; what stands before a colon is a component."""
    said = read(subject, convention=False)
    assert (said.section, said.scope, said.text) == (section, scope, text)


@pytest.mark.parametrize(
    "subject",
    [
        "chore: tidy",
        "ci(release): sign",
        "docs: say how",
        "test: more",
        "style: sort",
        "build(deps): bump x",
        "fix(deps): use the new driver",
        "feat(ci): add an input to the action",
        'Revert "chore: tidy"',
        "Merge branch 'main' into next",
        "Merge pull request #4 from ada/fix",
        "fixup! feat: sign in",
        "WIP passkeys",
        "Bump actions/checkout from 3 to 4",
        "build: bump the npm group with 3 updates",
        "Update dependency lombok to v1.18.30 (#2627)",
        "v1.2.0",
        "v0.44.0 release (#6611)",
        "news: v0.42.1 release notes",
        "Update the changelog",
        "release: 1.2.0",
        "Release v1.2.0-rc.1",
        "Prepare for release 0.51.1",
        "Prepare next development version 0.49.0-SNAPSHOT",
        "Bump version to 2.0",
        "fix(ci/cd): cache the wheels",
        "Prepare for 0.12.0 release",
        "[Gradle Release Plugin] - pre tag commit: '0.12.0'.",
        "Fix merge conflict (#917)",
        "Addressing feedback",
        "address review comments",
        "Apply suggestions from code review",
        "[pre-commit.ci] pre-commit autoupdate",
        "Translated using Weblate (German)",
        "Update translations",
        "Initial commit",
        "Update README.md",
        "gofmt",
        "typo",
        "refactor: one pool",
        "style: two spaces",
        "⬆️ Bump requests from 1 to 2",
        "fix(deps): update x to 3",
        "docs: add Bob as a contributor",
    ],
)
@pytest.mark.parametrize("convention", [True, False])
def test_noise_has_no_section(subject: str, *, convention: bool) -> None:
    """What users would not notice is left out, with and without a convention."""
    assert read(subject, convention=convention).section is None


@pytest.mark.parametrize(
    ("message", "breaking", "note"),
    [
        ("feat!: new keys", True, ""),
        ("feat(api)!: new keys", True, ""),
        ("chore!: drop PostgreSQL 12", True, ""),
        (
            "feat: keys\n\nBREAKING CHANGE: clients sign\n  every call\nRefs: #3",
            True,
            "clients sign every call",
        ),
        ("feat: keys\n\nBREAKING-CHANGE: one\nBREAKING CHANGE: two", True, "one\n\ntwo"),
        ("feat: keys\n\nBREAKING CHANGE: one\n\nand more\n* fix: inner", True, "one\n\nand more"),
        ("feat: keys\n\n* BREAKING CHANGE: one\n---------\nbye", True, "one"),
        ("feat: keys\n\n**BREAKING CHANGE**: one", True, "one"),
        ("feat: keys\n\nBREAKING CHANGE: one\n(cherry picked from commit 12345678)", True, "one"),
        ("feat: keys\r\n\r\nBREAKING CHANGE: one\r\nmore\r\n", True, "one more"),
        ("feat: keys\n\nBREAKING CHANGE #33 of the plan", True, "#33 of the plan"),
        (
            "feat: keys\n\nBREAKING CHANGE:\n- a\n- b\n\n```sh\nrun: x\n```",
            True,
            "- a\n- b\n\n```sh\nrun: x\n```",
        ),
        ("fix: keys\n\n> BREAKING CHANGE: quoted", False, ""),
        ("fix: keys\n\nBREAKING CHANGE\nno colon", False, ""),
        ("fix: keys\n\nSay BREAKING CHANGE: at a line's start", False, ""),
        ("Add keys\n\nBREAKING CHANGE: one\n\nSigned-off-by: Ada <a@b.org>", True, "one"),
        ("feat: keys\n\nThis is no breaking change.", False, ""),
    ],
)
def test_what_a_commit_breaks(message: str, *, breaking: bool, note: str) -> None:
    """A mark or a footer says it (Conventional Commits 1.0.0, items 11 to 16)."""
    said = read(message)
    assert (said.breaking, said.note) == (breaking, note)


@pytest.mark.parametrize(
    ("message", "issues"),
    [
        ("fix: a crash (#12)", ()),
        ("fix: #3 and #4 (#12)", (3, 4)),
        ("fix: a crash\n\nCloses #7, #8 and #9\nSee #10", (7, 8, 9, 10)),
        ("fix: a crash\n\nThe first of #5 to try.", ()),
        ("fix: like ada/other#5 and color &#35;", ()),
        ("fix: #12 again (#12)\n\nFixes: #12", ()),
        ("fix: paint #000000 as #012", ()),
        ("fix: a crash\n\nDo not close #21.", ()),
        ("fix(#16): a crash", (16,)),
        ("[#17] fix: a crash", (17,)),
    ],
)
def test_the_issues_of_a_commit(message: str, issues: tuple[int, ...]) -> None:
    """Numbers in the subject, and those that the body closes; another repository's are not ours."""
    assert read(message).issues == issues


@pytest.mark.parametrize(
    ("subjects_", "expected"),
    [
        ("feat: a|Add b|Remove c", True),
        ("feat: a|Add b|Remove c|More d", False),
        ("store: a|graph: b|node: c", False),
        ("", True),
    ],
)
def test_a_third_of_the_commits_makes_a_convention(subjects_: str, *, expected: bool) -> None:
    """A component's name before a colon is no type."""
    commits = [Commit(str(n), text) for n, text in enumerate(filter(None, subjects_.split("|")))]
    assert subjects.conventional(commits) is expected


@pytest.mark.parametrize(
    "text",
    [
        " " * 200_000 + "x",
        "(" * 200_000,
        "#1, " * 50_000,
        "fix " * 50_000,
        'Revert "' * 25_000,
        "a:" * 99_999,
    ],
)
def test_a_hostile_message_takes_no_time(text: str) -> None:
    """Half a megabyte of anything is read in the time of half a megabyte."""
    began = time.process_time()
    read(f"fix: {text}\n\nCloses {text}\nBREAKING CHANGE: {text}")
    read(text, convention=False)
    assert time.process_time() - began < 1


def test_a_project_s_own_types() -> None:
    """Settings say where a type stands, or that users do not notice it; ``break:`` breaks."""
    nix = Commit("a" * 40, "nix: a shell")
    assert subjects.read(nix, convention=False).scope == "nix"
    assert subjects.read(nix, convention=False, extra={"nix": None}).section is None
    ops = Commit("a" * 40, "ops: a dashboard")
    assert subjects.read(ops, convention=True, extra={"ops": "Added"}).section == "Added"
    assert subjects.read(Commit("a" * 40, "break: no more XML"), convention=True).breaking


MAKES = {
    "chore(release): v1.2.3": "",
    "Release 1.2.3": "",
    "Release 1.2.3 (#12)": "",
    "PROJ-1 release v1.0.0": "PROJ-1 release {version}",
    "v1.0.0": "{version}",
    "1.2.3: notes of 1.2.3": "{version}: notes of {version}",
    "11111111": "{version}{version}",
}
CHANGES = {
    "fix: read 1.2.3": "",
    "validate 1.0.0": "v{version}",
    "Release notes are kept": "Release {version}",
    "chore(release): v1.2.3": "PROJ-1 release {version}",
    "1.2.3: notes of 1.2.4": "{version}: notes of {version}",
    f"{'1' * 5000}!": "{version}" * 20,
}


def test_a_commit_that_makes_a_release_is_no_change_of_it() -> None:
    """As the settings word it, else as most do."""
    assert all(subjects.makes_release(subject, wanted) for subject, wanted in MAKES.items())
    assert not any(subjects.makes_release(subject, wanted) for subject, wanted in CHANGES.items())


FORGOTTEN = {
    "BREAKING CHANGE\nno colon": "no colon",
    "BREAKING CHANGE - the api is gone": "the api is gone",
    "BREAKING CHANGES the api is gone": "the api is gone",
}


@pytest.mark.parametrize("body", FORGOTTEN)
def test_a_colon_that_was_forgotten_is_noticed(body: str) -> None:
    """It counts where the settings say so, and only then."""
    assert footers.forgotten(f"why\n\n{body}")
    assert footers.breaking(f"why\n\n{body}") == []
    assert footers.breaking(f"why\n\n{body}", lenient=True) == [FORGOTTEN[body]]


@pytest.mark.parametrize("body", ["BREAKING CHANGE: a", "no BREAKING CHANGE", "BREAKING CHANGE #3"])
def test_no_colon_was_forgotten(body: str) -> None:
    """It is there, or nobody meant a footer."""
    assert not footers.forgotten(body)


def test_a_forgotten_colon_counts_where_the_settings_say_so() -> None:
    """Else it is only noticed."""
    found = Commit("a" * 40, "fix: keys", "BREAKING CHANGE\nno colon")
    assert subjects.read(found, convention=True, lenient=True).note == "no colon"


@pytest.mark.parametrize(
    ("subject", "section", "text", "breaking"),
    [
        ("[fix] wrong column order (#12)", "Fixed", "wrong column order", False),
        ("[Feature]: tags for jobs", "Added", "tags for jobs", False),
        ("Feature : polling of handlers", "Added", "polling of handlers", False),
        ("Fix/lineage of old runs (#3)", "Fixed", "lineage of old runs", False),
        ("feat/job tags", "Added", "job tags", False),
        ("docs/how to write it", None, "how to write it", False),
        ("BREAKING CHANGE: drop the old API", "Changed", "drop the old API", True),
        ("BREAKING-CHANGE: drop the old API", "Changed", "drop the old API", True),
        ("fix/one-word", "Fixed", "fix/one-word", False),
        ("docs/how-to: add a page", "Added", "add a page", False),
        ("[web] add a page", "Changed", "[web] add a page", False),
    ],
)
def test_a_type_is_known_however_it_is_written(
    subject: str,
    section: str | None,
    text: str,
    breaking: bool,  # noqa: FBT001 - a table
) -> None:
    """In brackets, as a branch's name, behind a space, or as the footer's own words."""
    said = subjects.read(Commit("1", subject), convention=False)
    assert (said.section, said.text, said.breaking) == (section, text, breaking)
