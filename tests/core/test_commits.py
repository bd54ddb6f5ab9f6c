"""Commits become a change log: what is undone disappears, what is cherry-picked stands once."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from migdocs.core.changelog import commits, forge, mailmap, people
from migdocs.core.changelog.commits import Entry
from migdocs.core.changelog.forge import Forge
from migdocs.core.timeline import Commit, Release


def commit(
    id_: str, subject: str, body: str = "", *, authored: int = 0, merge: bool = False
) -> Commit:
    """Make a commit whose id is one character, forty times."""
    parents = ("8" * 40, "9" * 40) if merge else ()
    return Commit(id_ * 40, subject, body, "Ada", "2026-01-01", parents, authored)


def reverting(id_: str) -> str:
    """Give the line that ``git revert`` writes."""
    return f"This reverts commit {id_ * 40}."


def told(*history: Commit, convention: bool | None = None) -> list[str]:
    """Give ``Section: text`` of each entry; the history is written oldest first."""
    found = commits.entries(history[::-1], convention=convention)
    return [f"{entry.section}: {entry.text}" for entry in reversed(found)]


def test_a_release_is_told_in_sections() -> None:
    """Breaking stands first, the others as Keep a Changelog has them; none is empty."""
    found = commits.entries(
        [
            commit("a", "fix: pages"),
            commit("b", "feat: passkeys"),
            commit("c", "docs: more"),
            commit("d", "chore!: drop PostgreSQL 12"),
            commit("e", "fix: more pages"),
            commit("f", "Merge branch 'pages'", merge=True),
        ]
    )
    assert [(title, [e.text for e in group]) for title, group in commits.sections(found)] == [
        ("Breaking", ["drop PostgreSQL 12"]),
        ("Added", ["passkeys"]),
        ("Fixed", ["pages", "more pages"]),
    ]


def test_no_commits_no_sections() -> None:
    """A release without commits has nothing to tell."""
    assert commits.sections(commits.entries([])) == ()


REVERTS = {
    "a revert by id": (
        [commit("a", "feat: keys"), commit("b", 'Revert "feat: keys"', reverting("a"))],
        [],
    ),
    "a revert by a short id": (
        [commit("a", "feat: keys"), commit("b", 'Revert "x"', f"This reverts commit {'a' * 9}.")],
        [],
    ),
    "a revert by its subject, numbered by the forge": (
        [commit("a", "feat: keys (#1)"), commit("b", 'Revert "feat: keys (#1)" (#2)')],
        [],
    ),
    "a revert whose id was rebased away": (
        [commit("a", "feat: keys"), commit("b", 'Revert "feat: keys"', reverting("f"))],
        [],
    ),
    "a conventional revert": (
        [commit("a", "feat: keys"), commit("b", "revert: feat: keys", "Refs: aaaaaaa")],
        [],
    ),
    "a revert of a revert brings it back": (
        [
            commit("a", "feat: keys"),
            commit("b", 'Revert "feat: keys"', reverting("a")),
            commit("c", 'Revert "Revert "feat: keys""', reverting("b")),
        ],
        ["Added: keys"],
    ),
    "git's word for it is Reapply": (
        [
            commit("a", "feat: keys"),
            commit("b", 'Revert "feat: keys"', reverting("a")),
            commit("c", 'Reapply "feat: keys"', reverting("b")),
        ],
        ["Added: keys"],
    ),
    "done again by hand": (
        [
            commit("a", "feat: keys"),
            commit("b", 'Revert "feat: keys"', reverting("a")),
            commit("c", "feat: keys"),
        ],
        ["Added: keys"],
    ),
    "of two alike, the latest is undone": (
        [
            commit("a", "fix: pages (#1)"),
            commit("b", "fix: pages (#2)"),
            commit("c", 'Revert "fix: pages"'),
        ],
        ["Fixed: pages"],
    ),
    "one commit reverts two": (
        [
            commit("a", "feat: keys"),
            commit("b", "feat: locks"),
            commit("c", 'Revert "keys and locks"', f"{reverting('a')}\n{reverting('b')}"),
        ],
        [],
    ),
    "what it reverts was released before": (
        [commit("b", 'Revert "feat: keys"', reverting("a")), commit("c", "fix: pages")],
        ['Changed: Revert "feat: keys"', "Fixed: pages"],
    ),
    "a revert with a type and quotes": (
        [commit("a", "feat: keys (#1)"), commit("b", 'revert: "feat: keys (#1)" (#2)')],
        [],
    ),
    "a typed revert of a typed revert": (
        [
            commit("a", "feat: keys (#1)"),
            commit("b", 'revert: "feat: keys" (#2)'),
            commit("c", 'revert: Revert "revert: "feat: keys"" (#3)'),
        ],
        ["Added: keys"],
    ),
    "a subject that the forge has cut": (
        [commit("a", "feat: keys for doors (#1)"), commit("b", 'revert: "feat: keys for d… (#2)')],
        [],
    ),
    "a commit that mentions a revert reverts nothing": (
        [commit("a", "feat: keys"), commit("b", "feat: undo button", reverting("a"))],
        ["Added: keys", "Added: undo button"],
    ),
    "git's line under a subject of somebody's own": (
        [commit("a", "feat!: keys"), commit("b", "fix: take keys back", reverting("a"))],
        [],
    ),
    "Conventional Commits' own way": (
        [commit("a", "feat: keys"), commit("b", "revert: no keys", "Refs: aaaaaaa")],
        [],
    ),
    "nobody reverts what comes later": (
        [commit("b", 'Revert "feat: keys"', reverting("a")), commit("a", "feat: keys")],
        ['Changed: Revert "feat: keys"', "Added: keys"],
    ),
}


@pytest.mark.parametrize("name", REVERTS)
def test_what_is_undone_within_a_release_is_not_told(name: str) -> None:
    """A pair of a change and its revert disappears; half a pair stays."""
    history, expected = REVERTS[name]
    assert told(*history, convention=True) == expected


PICKS = {
    "by the trailer of cherry-pick -x": [
        commit("a", "fix: pages"),
        commit("b", "fix: pages, again", f"(cherry picked from commit {'a' * 40})"),
    ],
    "by who wrote what when": [
        commit("a", "fix: pages", authored=7),
        commit("b", "fix: pages (#4)", authored=7),
    ],
    "by the pull request that a back-port names in its subject": [
        commit("a", "fix: pages (#4)"),
        commit("b", "fix: pages (backport #4) (#9)"),
    ],
    "by the pull request that a back-port names in its message": [
        commit("a", "fix: pages (#4)"),
        commit("b", "fix: pages [backport to release/1.0] (#9)", "# What\nBackport of #4 to 1.0."),
    ],
    "picked from what was picked": [
        commit("a", "fix: pages"),
        commit("b", "fix: p", f"(cherry picked from commit {'a' * 40})"),
        commit("c", "fix: q", f"(cherry picked from commit {'b' * 40})"),
    ],
}


@pytest.mark.parametrize("name", PICKS)
def test_a_cherry_pick_in_one_release_is_told_once(name: str) -> None:
    """The entry names every commit."""
    (entry,) = commits.entries(PICKS[name][::-1])
    assert set(entry.commits) == {c.id for c in PICKS[name]}


def test_two_fixes_of_one_name_are_one_line() -> None:
    """The same words at another second tell a reader nothing new; both commits are named."""
    history = [
        commit("a", "fix: a crash (#1)", authored=7),
        commit("b", "fix: a crash (#2)", authored=8),
    ]
    (entry,) = commits.entries(history[::-1])
    assert (entry.text, entry.pulls) == ("a crash", (2, 1))
    assert entry.commits == ("b" * 40, "a" * 40)
    other = commit("c", "fix(api): a crash", authored=9)
    assert told(*history, other) == ["Fixed: a crash", "Fixed: a crash"]


def test_many_entries_stand_by_scope() -> None:
    """Few are read one by one, and what breaks is never put further in."""
    scopes = ("api", "API", "web", "web", "db", "db", "alone", "")
    many = [
        commit(chr(97 + n), f"feat({scope}): {n}" if scope else f"feat: {n}")
        for n, scope in enumerate(scopes * 3)
    ]
    found = commits.entries(many)
    shown = commits.lines(found)
    assert [line.partition("\n")[0] for line in shown if line.startswith("**")] == [
        "**api:**",
        "**web:**",
        "**db:**",
        "**alone:**",
    ]
    assert shown[0].split("\n")[1] == "    - 0 (`aaaaaaa`)"
    assert sum(line.count("(`") for line in shown) == len(many)
    assert commits.lines(found[:20]) == tuple(map(commits.line, found[:20]))


NAMED = {
    # the forge, and a message → issues, pull requests
    ("https://gitlab.com/g/s/app", "fix: y (#6)"): ((6,), ()),
    ("https://gitlab.com/g/s/app", "fix: y (!6)"): ((), (6,)),
    ("https://github.com/acme/app", "fix: y (#6)"): ((), (6,)),
    ("https://github.com/acme/app", "fix: y\n\nCloses https://github.com/acme/app/issues/7"): (
        (7,),
        (),
    ),
    ("https://github.com/acme/app", "fix: y\n\nResolves acme/app#8"): ((8,), ()),
    ("https://github.com/acme/app", "fix: y\n\nResolves other/app#8, notacme/app#9"): ((), ()),
    ("https://gitlab.com/g/app", "fix: y\n\nCloses https://gitlab.com/g/app/-/issues/7"): (
        (7,),
        (),
    ),
}


@pytest.mark.parametrize(("page", "message"), NAMED)
def test_issues_and_pull_requests_by_the_forge_s_marks(page: str, message: str) -> None:
    """GitLab's '#6' is an issue; an issue of this repository may be named in full."""
    subject, _, body = message.partition("\n\n")
    ways = commits.Ways(forge=forge.read(page))
    (entry,) = commits.entries([commit("a", subject, body)], ways=ways)
    assert (entry.issues, entry.pulls) == NAMED[page, message]


def test_people_are_called_as_the_project_calls_them() -> None:
    """Authors and co-authors, by address, and by name and address (gitmailmap(5))."""
    names = mailmap.read(
        "# people\nRobert <bob@new> <BOB@old>\nCarol D <carol@new> carol <c@old>\n<x@new> <x@old>\n"
    )
    together = "Co-authored-by: carol <C@old>\nCo-authored-by: other <c@old>"
    history = (
        replace(commit("a", "feat: a", together), author="bob", address="bob@old"),
        replace(commit("b", "feat: b"), author="x", address="x@old"),
    )
    found = people.of(Release("v1", commits=history), (), names)
    assert found.all == ("Carol D", "other", "Robert", "x")
    (first, _) = commits.entries(history, ways=commits.Ways(names=names))
    assert first.authors == ("Robert",)


@pytest.mark.parametrize("name", PICKS)
def test_a_back_port_is_told_once_with_both_releases(name: str) -> None:
    """The first release that has a change tells it and names the others."""
    original, *copies = PICKS[name]
    found = commits.across(
        [
            Release("v1.0.1", lineage="1.0.x", commits=tuple(copies)),
            Release("v1.1.0", commits=(original, commit("d", "feat: keys"))),
        ]
    )
    assert [(e.text, e.also) for e in found["v1.1.0"]] == [("keys", ())]
    (fix,) = found["v1.0.1"]
    assert fix.also == ("v1.1.0",)


def test_a_back_port_from_the_line_that_is_not_released_yet() -> None:
    """The newest release may be of a release branch: what stands beside it is told once."""
    original, copy = PICKS["by who wrote what when"]
    found = commits.across(
        [
            Release("v1.0.0"),
            Release("v1.0.1", previous="v1.0.0", commits=(copy,)),
            Release("Unreleased", "unreleased", previous="v1.0.0", commits=(original,)),
        ]
    )
    assert [len(found[version]) for version in ("v1.0.1", "Unreleased")] == [1, 0]


def test_a_back_port_does_not_name_what_is_not_out() -> None:
    """A line about a release says the same until another release is made."""
    original, copy = PICKS["by who wrote what when"]
    found = commits.across(
        [
            Release("v1.0.1", lineage="1.0.x", commits=(copy,)),
            Release("Unreleased", "unreleased", commits=(original,)),
        ]
    )
    assert [(e.text, e.also) for e in found["v1.0.1"]] == [("pages", ())]
    assert found["Unreleased"] == ()


def test_who_only_mentions_a_pull_request_ports_nothing_back() -> None:
    """The number of a pull request stands in many messages."""
    history = [
        commit("a", "fix: pages (#4)"),
        commit("b", "fix: doors (#9)", "We may backport this.\nLike backport #4 it closes #3."),
    ]
    assert told(*history) == ["Fixed: pages", "Fixed: doors"]


def test_what_is_done_again_in_one_line_of_releases_is_told_again() -> None:
    """It shipped, was reverted, and ships once more: both releases tell it."""
    again = commit("b", "feat: keys", f"(cherry picked from commit {'a' * 40})")
    found = commits.across(
        [
            Release("v1.0.0", commits=(commit("a", "feat: keys"),)),
            Release("v1.2.0", previous="v1.0.0", commits=(again,)),
        ]
    )
    assert [e.text for e in found["v1.0.0"]] == [e.text for e in found["v1.2.0"]] == ["keys"]


def test_the_whole_history_tells_the_convention() -> None:
    """One release without types is still of a project that uses them, and the other way round."""
    typed = tuple(commit(id_, "feat: more") for id_ in "abc")
    component = commit("d", "perf: Add a counter")
    found = commits.across([Release("1.0", commits=typed), Release("1.1", commits=(component,))])
    assert found["1.1"][0].section == "Changed"


@pytest.mark.parametrize(
    ("subjects", "part"),
    [
        ("fix: a", "patch"),
        ("docs: a", "patch"),
        ("", "patch"),
        ("fix: a|feat: b", "minor"),
        ("Deprecate v1", "minor"),
        ("fix: a|feat!: b", "major"),
        ("chore!: a", "major"),
    ],
)
def test_the_version_that_commits_ask_for(subjects: str, part: str) -> None:
    """Breaking is major, something new is minor, the rest is a patch."""
    history = [commit(str(n), text) for n, text in enumerate(filter(None, subjects.split("|")))]
    assert commits.bump(commits.entries(history)) == part


ID = "abcdef0123" * 4
ENTRY = Entry("Added", "sign in by passkey", "auth", issues=(12,), commits=(ID,), authors=("Ada",))
GITHUB = Forge("github", "https://github.com/ada/app")
HERE = "https://github.com/ada/app"


def test_a_line_without_a_forge() -> None:
    """Numbers and ids stand as text."""
    assert commits.line(ENTRY) == "**auth:** sign in by passkey (#12, `abcdef0`)"


def test_a_line_with_a_forge() -> None:
    """Numbers and ids lead to their pages."""
    assert commits.line(ENTRY, GITHUB) == (
        f"**auth:** sign in by passkey ([#12]({HERE}/issues/12), [`abcdef0`]({HERE}/commit/{ID}))"
    )


def test_a_line_says_who_what_breaks_and_where_else() -> None:
    """Authors are told where they are asked for."""
    entry = Entry(
        "Breaking",
        "new keys",
        breaking=True,
        note="Sign anew.",
        authors=("Ada", "Bo"),
        also=("v2",),
    )
    assert commits.line(entry, authors=True) == "new keys by Ada, Bo, also in v2. Sign anew."


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[click](javascript:alert(1))",
        "![x](https://evil.example/x.png)",
        "<!-- migdocs:end changelog -->",
        "{{ settings }} {% raw %}",
        "| a | b |",
        "one\u2028two\x00three\x1b[31m",
    ],
)
def test_a_hostile_commit_stays_text(hostile: str) -> None:
    """No message can open a link, HTML, a template or end our region."""
    entry = Entry(
        "Breaking",
        hostile,
        hostile,
        note=hostile,
        authors=(hostile,),
        also=(hostile,),
        breaking=True,
    )
    line = commits.line(entry, authors=True)
    for mark in ("<", "](", "![", "{{", "{%", "|", "\u2028", "\x00", "\x1b"):
        assert mark not in line.replace("\\[", "").replace("\\]", "")
