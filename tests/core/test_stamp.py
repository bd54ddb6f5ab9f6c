"""A release that is made and not tagged yet stands in the change log."""

from __future__ import annotations

import pytest

from migdocs.core.changelog import headings, stamping
from migdocs.core.model import Migration
from migdocs.core.releases import stamp
from migdocs.core.releases.stamp import Stamp
from migdocs.core.timeline import Edit, History, Placement, Release

BEFORE = History(
    (Migration("1"), Migration("2")),
    (
        Release("v1.0.0", tag="db/v1.0.0", date="2026-01-01", migrations=("1",)),
        Release(
            "Unreleased",
            "unreleased",
            previous="v1.0.0",
            migrations=("2",),
            edited=(Edit("1", "1.sql", "v1.0.0", "Unreleased", None),),
        ),
    ),
    {"1": Placement("v1.0.0", "git", "released"), "2": Placement()},
)


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ("## v1.1.0 - 2026-02-01\n## v1.0.0 - 2026-01-01", "v1.1.0"),
        ("## [v1.1.0] - 2026-02-01\n## [1.0.0] - 2026-01-01", "v1.1.0"),
        ("## v1.0.0 - 2026-01-01", None),
        ("## v1.1.0\n## v1.0.0 - 2026-01-01", None),
        ("## v2.5.0 - 2026-02-01\n## v2.4.0 - 2026-01-01", None),
        ("## v0.9.0 - 2026-02-01\n## v1.0.0 - 2026-01-01", None),
        ("", None),
    ],
    ids=["ours", "linked", "none", "no date", "another package's", "an older one", "no log"],
)
def test_a_stamp_is_found_in_the_log(log: str, found: str | None) -> None:
    """It is above every release, has a date, and its log knows the last release."""
    stamped = stamp.find(BEFORE, headings.headings(log))
    expected = Stamp(found, f"db/{found}", "2026-02-01") if found else None
    assert stamped == expected


def test_a_stamp_makes_unreleased_a_release() -> None:
    """Its migrations are placed, its edits named, as they will be once it is tagged."""
    after = stamp.apply(BEFORE, Stamp("v1.1.0", "db/v1.1.0", "2026-02-01"))
    release = after.releases[1]
    assert (release.version, release.tag, release.status) == ("v1.1.0", "db/v1.1.0", "released")
    assert [edit.release for edit in release.edited] == ["v1.1.0"]
    assert after.placements["2"] == Placement("v1.1.0", "git", "released")
    assert after.placements["1"] == BEFORE.placements["1"]


MADE = Stamp("v1.1.0", "v1.1.0", "2026-02-01")
HAND = [
    (
        "## [Unreleased]\n\n- New.\n\n## [1.0.0] - 2026-01-01\n",
        "## [Unreleased]\n\n## [1.1.0] - 2026-02-01\n\n- New.\n\n## [1.0.0] - 2026-01-01\n",
    ),
    (
        "# Unreleased\n\n- New.\n\n# v1.0.0 (2026-01-01)\n",
        "# Unreleased\n\n# v1.1.0 (2026-02-01)\n\n- New.\n\n# v1.0.0 (2026-01-01)\n",
    ),
    ("## Unreleased\n- New.\n", "## Unreleased\n\n## [v1.1.0] - 2026-02-01\n- New.\n"),
    ("## v1.0.0 - 2026-01-01\n", None),
    ("## Unreleased\n\n## 1.1.0 - 2026-02-01\n", None),
    ("```\n## Unreleased\n```\n", None),
    ("<!-- migdocs:begin changelog -->\n## Unreleased\n<!-- migdocs:end changelog -->\n", None),
]


@pytest.mark.parametrize(("before", "after"), HAND)
def test_entries_written_by_hand_get_a_heading(before: str, after: str | None) -> None:
    """Below 'Unreleased', in the style of the file; once, and never in our region."""
    stamped = stamping.stamp(before, MADE, "CHANGELOG.md")
    assert stamped == (before if after is None else after)
    assert stamping.stamp(stamped, MADE, "CHANGELOG.md") == stamped
