"""What merges say: each forge's way, what stands for what, and what a revert takes back."""

from __future__ import annotations

import pytest

from migdocs.core.changelog import commits
from migdocs.core.timeline import Commit

GITHUB = "Merge pull request #13 from acme/export"
SEE = "See merge request group/sub/app!5"


def commit(id_: str, subject: str, body: str = "", *, on: str = "") -> Commit:
    """Make a commit on others; each is named by one character."""
    parents = tuple(parent * 40 for parent in on)
    return Commit(id_ * 40, subject, body, "Ada", "2026-01-01", parents, ord(id_))


def told(*history: Commit, convention: bool = True) -> list[str]:
    """Give ``Section: text`` of each entry; the history is written oldest first."""
    found = commits.entries(history[::-1], convention=convention)
    numbers = [" ".join(f"!{n}" for n in entry.pulls) for entry in found]
    return [
        f"{e.section}: {e.text} {n}".strip()
        for e, n in zip(reversed(found), reversed(numbers), strict=True)
    ]


def branch(subject: str, body: str = "", *below: str) -> list[str]:
    """Give what is told of a branch of two commits, and of the merge that brings it."""
    first, second = below or ("wip", "feat: a detail")
    return told(
        commit("a", "chore: start"),
        commit("b", first, on="a"),
        commit("c", second, on="b"),
        commit("m", subject, body, on="ac"),
    )


WAYS = {
    "GitHub's": (GITHUB, "feat: export as CSV", ["Added: export as CSV !13"]),
    "GitHub's, with more below the title": (GITHUB, "fix: a page\n\nMore", ["Fixed: a page !13"]),
    "GitLab's": ("Merge branch 'x' into 'main'", f"feat: export\n\n{SEE}", ["Added: export !5"]),
    "Gitea's": ("Merge pull request 'feat: export' (#7) from x into main", "",
        ["Added: export !7"]),
    "Bitbucket's": ("Merged in x (pull request #5)", "feat: export\n\nApproved-by: Bob",
        ["Added: export !5"]),
    "Azure's": ("Merged PR 12: fix: a page", "", ["Fixed: a page !12"]),
    "bitcoin's": ("Merge acme/app#12: fix: a page", "", ["Fixed: a page !12"]),
    "somebody's own": ("feat(api): drop v1 (#12)", "", ["Added: drop v1 !12"]),
    "a type in the body": ("Merge branch 'x'", "fix: a page", ["Fixed: a page"]),
    "nothing said": ("Merge branch 'x'", "", ["Added: a detail"]),
    "a title that is the branch's name": (GITHUB, "Export", ["Added: a detail"]),
    "a title without a type, typed by what is below": (GITHUB, "CSV for all",
        ["Added: CSV for all !13"]),
}  # fmt: skip


@pytest.mark.parametrize("name", WAYS)
def test_what_a_merge_says_counts(name: str) -> None:
    """The pull request's title is told, and stands for the commits below it."""
    subject, body, expected = WAYS[name]
    assert branch(subject, body) == expected


def test_what_breaks_below_a_merge_is_not_lost() -> None:
    """A detail's mark and footer warn under the merge's own title."""
    assert branch(GITHUB, "feat: pages", "wip", "feat!: no v1") == ["Breaking: pages !13"]


def test_a_merge_of_merges_leaves_the_word_to_them() -> None:
    """A whole branch of pull requests that goes to *main* at once is told by these."""
    history = (
        commit("a", "chore: start"),
        commit("b", "wip", on="a"),
        commit("c", "Merge pull request #1 from a/b", "feat: one", on="ab"),
        commit("d", "wip", on="c"),
        commit("e", "Merge pull request #2 from a/d", "fix: two", on="cd"),
        commit("m", "Merge pull request #9 from a/develop", "All of January", on="ae"),
    )
    assert told(*history) == ["Added: one !1", "Fixed: two !2"]


def test_main_that_was_merged_into_a_branch_is_told_by_itself() -> None:
    """Only what the branch brought is the merge's detail."""
    history = (
        commit("a", "chore: start"),
        commit("b", "wip", on="a"),
        commit("c", "fix: on main", on="a"),
        commit("d", "Merge branch 'main' into pages", on="bc"),
        commit("m", "Merge pull request #3 from a/pages", "feat: pages", on="cd"),
    )
    assert told(*history) == ["Fixed: on main", "Added: pages !3"]


@pytest.mark.parametrize("subject", ["Merge branch 'f'", GITHUB, "feat: exports (#13)"])
def test_a_reverted_merge_takes_back_what_it_merged(subject: str) -> None:
    """Whether the merge spoke or what is below it: nothing of it is left."""
    history = (
        commit("a", "fix: before"),
        commit("b", "feat: export", on="a"),
        commit("c", "feat!: no XML", on="b"),
        commit("d", subject, on="ac"),
        commit(
            "e",
            f'Revert "{subject}"',
            f"This reverts commit {'d' * 40}, reversing\nchanges made to {'a' * 40}.",
            on="d",
        ),
    )
    assert told(*history) == ["Fixed: before"]


def test_a_history_that_is_taken_in_is_no_change_of_the_release() -> None:
    """What another project did before it came here is not told; a branch that took it in is."""
    library = [commit("x", "feat: a part of a library"), commit("y", "fix: it", on="x")]
    ours = commit("a", "feat: ours")
    assert told(
        *library, ours, commit("m", "Merge remote-tracking branch 'lib/main'", on="ay")
    ) == ["Added: ours"]
    work = commit("b", "fix: with it", on="a")
    vendored = commit("m", "Merge commit 'y' as 'lib'", on="by")
    merge = commit("n", "Merge branch 'work'", on="am")
    assert told(*library, ours, work, vendored, merge) == ["Added: ours", "Fixed: with it"]
