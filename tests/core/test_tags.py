"""Which tags are releases, in which order, and why the others are not."""

from __future__ import annotations

import pytest

from migdocs.core.releases import tags
from migdocs.core.timeline import Tag


def read(names: str, *patterns: str, folder: str = "migrations") -> tags.ReleaseTags:
    """Read tags; one written ``name=commit`` shares that commit, the others have their own."""
    made = []
    for word in names.split():
        name, _, commit = word.partition("=")
        made.append(Tag(name, "", commit or f"commit of {name}", "2026-01-01"))
    return tags.read_tags(made, patterns, folder)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("v1.10.0 v1.9.0 v1.9.0-rc.2 v1.9.0-rc.10", "v1.9.0-rc.2 v1.9.0-rc.10 v1.9.0 v1.10.0"),
        ("1.0.post1 1.0 1.0.dev3 1.0rc1", "1.0.dev3 1.0rc1 1.0 1.0.post1"),
        ("2024.10 2024.9 2023.12", "2023.12 2024.9 2024.10"),
        ("2024.01-2 2024.01 2024.02", "2024.01 2024.01-2 2024.02"),
        ("v0.9 0.8 v1.0", "0.8 v0.9 v1.0"),
        ("REL_9_6_10 REL_9_6_9", "REL_9_6_9 REL_9_6_10"),
        ("", ""),
    ],
)
def test_releases_are_in_order(names: str, expected: str) -> None:
    """Lowest version first, by the family's own scheme."""
    assert [tag.name for tag in read(names).tags] == expected.split()


@pytest.mark.parametrize(
    ("names", "kept", "aliases"),
    [
        ("v1.0.0=a v1.0.0+b.2=a v1.0.0-rc.1=a", "v1.0.0", "v1.0.0-rc.1 v1.0.0+b.2"),
        ("v1.0.0-rc.1=a v1.0.0=a", "v1.0.0", "v1.0.0-rc.1"),
        ("v1.0.0-rc.1=a v1.0.0-rc.2=a", "v1.0.0-rc.2", "v1.0.0-rc.1"),
        ("1.0.0=a v1.0.0=a v1.0=a", "v1.0.0", "1.0.0 v1.0"),
        ("v1.0.0=a v1.0.1=a", "v1.0.0 v1.0.1", ""),
    ],
)
def test_one_commit_one_release_of_a_number(names: str, kept: str, aliases: str) -> None:
    """The final stands for its candidates; another number is another release."""
    found = read(names).tags
    assert [tag.name for tag in found] == kept.split()
    assert [alias for tag in found for alias in tag.aliases] == aliases.split()


@pytest.mark.parametrize(
    ("names", "kept", "moving"),
    [
        ("v1.2.0=a v1.2.3=b v1=b v1.2=b", "v1.2.0 v1.2.3", "v1 v1.2"),
        ("v1.2.2=a v1=a v1.2.3=b", "v1.2.2 v1.2.3", "v1"),
        ("v1.9=a v1.10=b v2.0.0=b", "v1.9 v1.10 v2.0.0", ""),
        ("v1=a v2=b", "v1 v2", ""),
    ],
)
def test_a_tag_that_moves_is_no_release(names: str, kept: str, moving: str) -> None:
    """``v1`` beside ``v1.2.3`` is not version 1.0.0; alone on its commit it is."""
    found = read(names)
    assert [tag.name for tag in found.tags] == kept.split()
    assert [tag.name for tag in found.ignored] == moving.split()
    assert all("it moves" in tag.reason for tag in found.ignored)


@pytest.mark.parametrize(
    ("names", "folder", "chosen"),
    [
        ("service/v1.0.0 sdk/v2.0.0 v3.0.0", "service/policy/db", "service/v1.0.0"),
        ("a/v1.0.0 a/b/v1.1.0", "a/b/migrations", "a/b/v1.1.0"),
        ("sdk/v1.0.0 sdk/v1.1.0 v3.0.0", "migrations", "v3.0.0"),
        ("sdk@1.0.0 sdk@1.1.0 release-3", "migrations", "release-3"),
        ("release-1.0 release-1.1 v0.1", "migrations", "release-1.0 release-1.1"),
        ("sdk/v1.0.0", "migrations", "sdk/v1.0.0"),
        ("api@1.0.0 web@2.0.0 web@2.1.0", "api/migrations", "api@1.0.0"),
        ("@acme/api@1.0.0 @acme/web@2.0.0 @acme/web@2.1.0", "packages/api/db", "@acme/api@1.0.0"),
        ("release-api-1.0 v2.0 v2.1", "services/api/migrations", "release-api-1.0"),
        ("web/db/v1.0.0 v2.0.0", "api/db/migrations", "v2.0.0"),
        ("API-1.0.0 web-2.0.0 web-2.1.0", "api/migrations", "API-1.0.0"),
        ("api-1.0.0 db-2.0.0 db-2.1.0", "api/db/migrations", "db-2.0.0 db-2.1.0"),
    ],
)
def test_one_family_is_guessed(names: str, folder: str, chosen: str) -> None:
    """That of the migrations' folder, else the project's own; the others say how to choose them."""
    found = read(names, folder=folder)
    assert [tag.name for tag in found.tags] == chosen.split()
    assert len(found.tags) + len(found.ignored) == len(names.split())
    assert all("name it in the setting 'tags'" in tag.reason for tag in found.ignored)


def test_patterns_choose_over_families() -> None:
    """A project that changed how it names its tags gives both names."""
    found = read("release-1.0 v2.0 nightly-3 v2.1-beta", "release-*", "v*.0")
    assert [tag.name for tag in found.tags] == ["release-1.0", "v2.0"]
    assert [tag.name for tag in found.ignored] == ["nightly-3", "v2.1-beta"]


def test_families_are_counted() -> None:
    """What doctor prints: each prefix, its scheme, and how many tags have it."""
    found = read("v1.0 v1.1 sdk/2024.1 nightly")
    assert found.families == (("", "semver", 2), ("sdk/", "calver", 1))
    assert found.chosen == ("",)
