"""A change log that people wrote: its releases, and the migrations that it names."""

from __future__ import annotations

import pytest

from migdocs.core.changelog import headings
from migdocs.core.changelog.headings import Heading

HEADINGS = {
    "## [1.2.0] - 2026-03-01": ("1.2.0", "2026-03-01"),
    "## v1.2.0 (2026-03-01)": ("v1.2.0", "2026-03-01"),
    "# 1.2.0": ("1.2.0", None),
    "## [v1.2.0](https://example.org/v1.2.0) – 2026-03-01": ("v1.2.0", "2026-03-01"),  # noqa: RUF001
    "## Version 1.2.0-alpha.7: 2026-03-01": ("1.2.0-alpha.7", "2026-03-01"),
    "### Release 2026.03": ("2026.03", None),
    "## [Unreleased]": None,
    "## Added": None,
    "### 2.5x as fast": None,
    "## 2026": None,
}


@pytest.mark.parametrize(("line", "release"), HEADINGS.items())
def test_release_headings_are_read_in_each_form(
    line: str, release: tuple[str, str | None] | None
) -> None:
    """Keep a Changelog, what tools write, and what people write."""
    found = [(h.version, h.date) for h in headings.headings(f"intro\n\n{line}\n\n- a\n")]
    assert found == ([release] if release else [])


def test_a_release_has_its_line_and_text() -> None:
    """In the order written; a heading in a fence is none."""
    text = "# Changes\n\n## 1.1.0\n\n### Added\n\n- b\n\n## 1.0.0\n\n```\n## 0.9.0\n```\n"
    assert headings.headings(text) == (
        Heading("1.1.0", None, 3, "\n### Added\n\n- b"),
        Heading("1.0.0", None, 9, "\n```\n## 0.9.0\n```"),
    )


@pytest.mark.parametrize(
    ("text", "kept"),
    [("## [Unreleased]\n", True), ("## unreleased", True), ("## [Unreleased](x)", True),
     ("## 1.0.0\nUnreleased\n", False)],
)  # fmt: skip
def test_an_unreleased_section_is_noticed(text: str, kept: bool) -> None:  # noqa: FBT001
    """Somebody keeps it by hand."""
    assert headings.has_unreleased(text) is kept


def test_migrations_are_found_where_they_are_named() -> None:
    """By their file in either direction, or in backticks; the oldest release to do so counts."""
    told = headings.headings(
        "## 1.2.0\nagain `20240101_a`\n## 1.1.0\n[x](db/20240101_a_rollback.sql), V1.2__b.up.sql\n"
        "## 1.0.0\n`c_rollback` and 20240101_d in plain words\n"
    )
    ids = ["20240101_a", "V1.2__b", "c_rollback", "20240101_d"]
    found = headings.mentions(told, ids)
    assert {id_: heading.version for id_, heading in found.items()} == {
        "20240101_a": "1.1.0",
        "V1.2__b": "1.1.0",
        "c_rollback": "1.0.0",
    }


STAMPED = {
    "as the others are": (
        "# C\n\n## [Unreleased]\n\n- a\n\n## [v1.0.0] - 2026-01-01\n",
        "# C\n\n## [Unreleased]\n\n## [v1.1.0] - 2026-02-02\n\n- a\n\n## [v1.0.0] - 2026-01-01\n",
    ),
    "without brackets or v": (
        "# Unreleased\n- a\n# 1.0.0\n",
        "# Unreleased\n\n# 1.1.0 - 2026-02-02\n- a\n# 1.0.0\n",
    ),
    "with the file's line ends": (
        "## [Unreleased](x)\r\n- a\r\n",
        "## [Unreleased](x)\r\n\r\n## [v1.1.0] - 2026-02-02\r\n- a\r\n",
    ),
    "nothing is unreleased": ("## 1.0.0\n", "## 1.0.0\n"),
    "it is there": ("## Unreleased\n## 1.1.0\n", "## Unreleased\n## 1.1.0\n"),
}


@pytest.mark.parametrize(("before", "after"), STAMPED.values(), ids=STAMPED)
def test_what_is_unreleased_is_stamped(before: str, after: str) -> None:
    """People's entries move below a heading like their others; nothing else changes."""
    assert headings.stamp(before, "v1.1.0", "2026-02-02", "CHANGELOG.md") == after
