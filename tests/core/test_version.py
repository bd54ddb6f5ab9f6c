"""Versions as tags write them: read, ordered, compared, counted up."""

from __future__ import annotations

from itertools import pairwise

import pytest

from migdocs.core.errors import UsageError
from migdocs.core.releases import version

# Each line is in order, the lowest first.
ORDERED = {
    # SemVer 2.0.0, section 11.4.
    "semver": "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11"
    " 1.0.0-rc.1 1.0.0 1.0.1 1.2.0 1.10.0 2.0.0",
    # PEP 440, "Summary of permitted suffixes and relative ordering".
    "pep440": "1.0.dev1 1.0a1 1.0a2.dev4 1.0a2 1.0b1 1.0rc1 1.0 1.0.post1 1.1.dev1 1.1 1!0.1",
    "calver": "2023.12 2024.01 2024.01-2 2024.01-10 2024.1.11 2024-01-15 2024-01-15.2 20240301",
    "four numbers, mixed marks": "0.9 v0.9.1 0.9.1.1 v0.10-rc2 v0.10-rc10 0.10",
    "underscores": "REL_9_6_1 REL_9_6_2 REL_10_0",
}


@pytest.mark.parametrize("name", ORDERED)
def test_versions_are_in_order(name: str) -> None:
    """A lower version has the lower key, whatever the scheme."""
    scheme: version.Scheme = name if name in {"pep440", "calver"} else "semver"  # type: ignore[assignment] # the line's name is the scheme's
    texts = ORDERED[name].split()
    read = [found for text in texts if (found := version.parse(text, scheme))]
    assert [found.text for found in read] == [version.split(text)[1].lstrip("v") for text in texts]
    for lower, higher in pairwise(read):
        assert lower.key < higher.key, f"{lower.text} is not below {higher.text}"


@pytest.mark.parametrize(
    ("tag", "family", "written"),
    [
        ("v1.2.0", "", "v1.2.0"),
        ("1.2.0", "", "1.2.0"),
        ("service/v1.2.0-rc.1", "service/", "v1.2.0-rc.1"),
        ("@scope/pkg@2.0.1", "@scope/pkg@", "2.0.1"),
        ("release-1.4", "release-", "1.4"),
        ("REL_9_6_1", "REL_", "9_6_1"),
        ("db2/v3.0.0", "db2/", "v3.0.0"),
        ("go1.21.3", "go", "1.21.3"),
        ("2024-01-15", "", "2024-01-15"),
        ("1.0.post1", "", "1.0.post1"),
        ("latest", "latest", ""),
        ("v", "v", ""),
        ("backup-of-main", "backup-of-main", ""),
        ("", "", ""),
    ],
)
def test_a_tag_is_a_family_and_a_version(tag: str, family: str, written: str) -> None:
    """What stands before the version tells families apart; ``v`` does not."""
    assert version.split(tag) == (family, written)


@pytest.mark.parametrize(
    "text", ["", "v", "latest", "1.x", "one.two", "1..2", "\u0661.\u0662", "1." + "9" * 5000]
)
def test_what_is_no_version_is_none(text: str) -> None:
    """A tag's name is anybody's text: no number of digits and no script breaks the reader."""
    assert version.parse(text) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("v1.1.0", "1.1", True),
        ("service/v1.1.0", "1.1.0", True),
        ("1.1.0", "1.1.1", False),
        ("1.1.0-rc.1", "1.1.0", False),
        ("1.1.0+build.7", "1.1.0", True),
        ("Phase 2", "Phase 2", True),
        ("Phase 2", "Phase 3", False),
    ],
)
def test_two_spellings_of_one_version(one: str, other: str, *, same: bool) -> None:
    """Marks, prefixes, builds and trailing zeros make no other version."""
    assert version.same(one, other) is same


@pytest.mark.parametrize(
    ("text", "candidate"),
    [
        ("1.0.0-rc.1", True),
        ("1.0.dev1", True),
        ("2.0b3", True),
        ("1.0.0", False),
        ("1.0.post1", False),
        ("latest", False),
    ],
)
def test_a_candidate_comes_before_its_release(text: str, *, candidate: bool) -> None:
    """Candidates, previews and development builds are not releases yet."""
    assert version.is_prerelease(text) is candidate


@pytest.mark.parametrize(
    ("text", "part", "following"),
    [
        ("1.2.3", "patch", "1.2.4"),
        ("v1.2.3", "minor", "v1.3.0"),
        ("service/v1.2.3", "major", "service/v2.0.0"),
        ("1.2", "patch", "1.2.1"),
        ("REL_9_6_1", "minor", "REL_9_7_0"),
        ("1!2.0", "minor", "1!2.1"),
        ("2.0.0-rc.1", "major", "2.0.0"),
        ("2.0.0-rc.1", "patch", "2.0.0"),
        ("1.2.3-rc.1", "minor", "1.3.0"),
        ("2024.01.09", "major", "2024.01.10"),
        ("2024-01-15", "patch", "2024-01-16"),
    ],
)
def test_the_next_version(text: str, part: version.Part, following: str) -> None:
    """One number counts up; how the version is written stays, and a candidate becomes final."""
    assert version.bump(text, part) == following


def test_only_a_version_has_a_next_one() -> None:
    """The error says what was given."""
    with pytest.raises(UsageError, match="'latest' is not a version"):
        version.bump("latest", "minor")


@pytest.mark.parametrize(
    ("said", "placed", "agrees"),
    [
        ("1.2.0-rc.1", "v1.2.0", True),
        ("1.2.0", "v1.2.0-rc.1", True),
        ("1.2", "v1.2.0", True),
        ("1.2.0-rc.1", "v1.2.0-rc.2", False),
        ("1.2.0-rc.1", "v1.3.0", False),
        ("1.1.0", "v1.2.0", False),
    ],
)
def test_a_candidate_does_not_contradict_its_version(
    said: str, placed: str, *, agrees: bool
) -> None:
    """Who writes the notes of 1.2.0 while its candidate is tested means one release."""
    assert version.agree(said, placed) is agrees


NAMES = frozenset({"v1.1.0", "1.2.0+build.7", "Unreleased", "2024-01-15"})
AMONG = {
    "1.1": True,
    "1.1.0+build.3": True,
    "1.2.0": True,
    "1.2.0+build.7": True,
    "v1.2.0+build.8": False,
    "unreleased": True,
    "1.1.0-rc.1": False,
    "2024-01-15": True,
    "next": False,
}


@pytest.mark.parametrize("wanted", AMONG)
def test_a_version_is_found_among_names(wanted: str) -> None:
    """However it is written, as one compares two."""
    assert version.is_among(wanted, NAMES) is AMONG[wanted]
    one_by_one = any(version.same(n, wanted) or n.lower() == wanted.lower() for n in NAMES)
    assert version.is_among(wanted, NAMES) is one_by_one
