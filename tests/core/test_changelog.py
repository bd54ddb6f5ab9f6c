"""A change log that people wrote: its releases, and the migrations that it names."""

from __future__ import annotations

import pytest

from migdocs.core.changelog import headings, inlaid, named, stamping
from migdocs.core.changelog.headings import Heading
from migdocs.core.markup import regions
from migdocs.core.releases.stamp import Stamp

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


URL = "https://github.com/acme/app"
LINKS = {
    # what stands in the file → what stands there afterwards
    "as Keep a Changelog has them": (
        f"[Unreleased]: {URL}/compare/v1.0.0...HEAD\n[1.0.0]: {URL}/releases/tag/v1.0.0\n",
        (
            f"[Unreleased]: {URL}/compare/v1.1.0...HEAD\n[1.1.0]: {URL}/compare/v1.0.0...v1.1.0\n"
            f"[1.0.0]: {URL}/releases/tag/v1.0.0\n"
        ),
    ),
    "in small letters, from a branch, with line ends of Windows": (
        f"[unreleased]: {URL}/compare/v1.0.0..main\r\n",
        f"[unreleased]: {URL}/compare/v1.1.0..main\r\n[1.1.0]: {URL}/compare/v1.0.0..v1.1.0\r\n",
    ),
    "the newer one first, as on Bitbucket": (
        "[Unreleased]: https://bitbucket.org/a/b/branches/compare/HEAD..v1.0.0\n",
        (
            "[Unreleased]: https://bitbucket.org/a/b/branches/compare/HEAD..v1.1.0\n"
            "[1.1.0]: https://bitbucket.org/a/b/branches/compare/v1.1.0..v1.0.0\n"
        ),
    ),
    "of releases alone": (
        f"[1.0.0]: {URL}/compare/v0.9.0...v1.0.0\n[0.9.0]: {URL}/releases/tag/v0.9.0\n",
        (
            f"[1.1.0]: {URL}/compare/v1.0.0...v1.1.0\n[1.0.0]: {URL}/compare/v0.9.0...v1.0.0\n"
            f"[0.9.0]: {URL}/releases/tag/v0.9.0\n"
        ),
    ),
    "of tags alone": (
        f"[1.0.0]: {URL}/releases/tag/v1.0.0\n",
        f"[1.1.0]: {URL}/releases/tag/v1.1.0\n[1.0.0]: {URL}/releases/tag/v1.0.0\n",
    ),
    "of something else": (f"[docs]: {URL}/wiki\n", f"[docs]: {URL}/wiki\n"),
    "in an example": (
        f"```\n[Unreleased]: {URL}/compare/v1.0.0...HEAD\n```\n",
        f"```\n[Unreleased]: {URL}/compare/v1.0.0...HEAD\n```\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), LINKS.values(), ids=LINKS)
def test_the_links_of_a_log_are_kept_current(before: str, after: str) -> None:
    """The release gets the link that Unreleased had, and Unreleased begins behind it."""
    end = "\r\n" if "\r\n" in before else "\n"
    log = "## [Unreleased]\n\n- a\n\n## [1.0.0] - 2026-01-01\n\n- b\n\n".replace("\n", end)
    heading = f"## [1.1.0] - 2026-02-02{end}{end}"
    made = Stamp("v1.1.0", "v1.1.0", "2026-02-02")
    stamped = stamping.stamp(log + before, made, "CHANGELOG.md")
    assert stamped == log.replace("- a", f"{heading}- a") + after
    assert stamping.stamp(stamped, made, "CHANGELOG.md") == stamped


OUTLINES = {
    "empty headings wait for the next release": (
        "## Unreleased\n\n### Added\n\n### Fixed\n\n## 1.0.0 - 2026-01-01\n",
        (
            "## Unreleased\n\n### Added\n\n### Fixed\n\n## 1.1.0 - 2026-02-02\n\n### Added\n\n"
            "- two\n\n"
            "## 1.0.0 - 2026-01-01\n"
        ),
    ),
    "a comment too": (
        "## Unreleased\n<!-- new entries here -->\n\n## 1.0.0 - 2026-01-01\n",
        (
            "## Unreleased\n<!-- new entries here -->\n\n## 1.1.0 - 2026-02-02\n\n### Added\n\n"
            "- two\n\n"
            "## 1.0.0 - 2026-01-01\n"
        ),
    ),
    "a heading that links to its tag": (
        (
            "## [Unreleased](https://x.y/a/b/tree/HEAD)\n\n- a\n\n"
            "## [v1.0.0](https://x.y/a/b/tree/v1.0.0) (2026-01-01)\n"
        ),
        (
            "## [Unreleased](https://x.y/a/b/tree/HEAD)\n\n"
            "## [v1.1.0](https://x.y/a/b/tree/v1.1.0) (2026-02-02)\n\n- a\n\n"
            "## [v1.0.0](https://x.y/a/b/tree/v1.0.0) (2026-01-01)\n"
        ),
    ),
}


@pytest.mark.parametrize(("before", "after"), OUTLINES.values(), ids=OUTLINES)
def test_an_empty_section_is_filled_and_its_outline_stays(before: str, after: str) -> None:
    """What git tells stands under the release, where nobody wrote an entry."""
    made = Stamp("v1.1.0", "v1.1.0", "2026-02-02")
    assert stamping.stamp(before, made, "CHANGELOG.md", "### Added\n\n- two") == after


LOG = "# C\n\n## [1.1.0] - 2026-02-02\n\n- b\n## 1.0.0\n- a\n\n[1.1.0]: https://x.y/z\n"
PART = (
    "<!-- migdocs:begin database-{0} -->\n### Database\n\n- {1}\n"
    "<!-- migdocs:end database-{0} -->\n"
)
LAID = (
    "# C\n\n## [1.1.0] - 2026-02-02\n\n- b\n\n" + PART.format("v1.1.0", "two") + "## 1.0.0\n- a\n\n"
    "" + PART.format("v1.0.0", "one") + "\n[1.1.0]: https://x.y/z\n"
)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_parts_are_laid_into_the_releases_that_people_told(end: str) -> None:
    """At the end of each section, again and again the same; without parts every byte is back."""
    text, parts = LOG.replace("\n", end), {"v1.1.0": "- two", "v1.0.0": "- one", "v0.9.0": "- no"}
    laid = inlaid.lay(text, parts, "C.md")
    assert laid == LAID.replace("\n", end)
    assert inlaid.lay(laid, parts, "C.md") == laid
    assert inlaid.lay(laid, {}, "C.md") == text
    assert [h.version for h in headings.headings(regions.outside(laid, "C.md"))] == [
        "1.1.0",
        "1.0.0",
    ]
    assert regions.replace(laid, "database-v1.0.0", "x", "C.md") != laid


NAMED = {
    "CHANGES README.md": "CHANGES",
    "History.md": "History.md",
    "news.md CHANGES.txt": "CHANGES.txt",
    "changelog.md NEWS": "changelog.md",
    "Changelog.md changelog": "Changelog.md",
    "empty/NEWS": "",
    "CHANGES.rst": "",
    "README.md history-of-the-project.md": "",
}


@pytest.mark.parametrize("names", NAMED)
def test_a_log_is_found_by_its_name(names: str) -> None:
    """Whatever its case; one that may be about something else must tell of a release."""
    text = "" if "empty" in names else "## 1.0.0\n"
    found = named.find(names.removeprefix("empty/").split(), lambda _: text)
    assert found == NAMED[names]


@pytest.mark.parametrize(("before", "after"), STAMPED.values(), ids=STAMPED)
def test_what_is_unreleased_is_stamped(before: str, after: str) -> None:
    """People's entries move below a heading like their others; nothing else changes."""
    assert stamping.stamp(before, Stamp("v1.1.0", "v1.1.0", "2026-02-02"), "CHANGELOG.md") == after
