"""Hand-written change logs in every shape: which headings are releases, and which only look so."""

from __future__ import annotations

import pytest

from migdocs.core.changelog import headings, stamping
from migdocs.core.releases import version
from migdocs.core.releases.stamp import Stamp

BARE = Stamp("1.1.0", "1.1.0", "2026-02-01")
MADE = Stamp("v1.1.0", "v1.1.0", "2026-02-01")

SHAPES = [
    "## [1.1.0] - 2024-01-02",
    "## v1.1.0 (2024-01-02)",
    "# [1.1.0](https://x/y) (2024-01-02)",
    '<a name="1.1.0"></a>\n## 1.1.0',
    "## [1.1.0][1] - 2024-01-02",
    "## Release v1.1.0",
    "## App 1.1.0",
    "## @acme/app@1.1.0",
    "## **1.1.0**",
    "## ~~1.1.0~~ [YANKED]",
    "## 🚀 1.1.0",
    "## :rocket: v1.1.0",
    "## 2024-01-02, Version 1.1.0 (Current), @ann",
    "## January 2, 2024: 1.1.0",
    "## 1.1.0: Codename",
    "## What is new in 1.1.0",
    "1.1.0 (2024-01-02)\n------------------",
    "1.1.0\n=====",
    "**1.1.0**",
    "<h2>1.1.0</h2>",
    "##1.1.0",
    "## 1.0.5 / 1.1.0",
    r"## \[1.1.0\] - 2024",
    "## 1.1.0 (unreleased)",
    "== 1.1.0 ==",
    "## &#91;1.1.0&#93;",
    "## Unreleased\n\n- x\n\n## 1.1.0",
]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_release_is_known_in_each_shape(shape: str) -> None:
    """However people write it."""
    text = f"# Changelog\n\n{shape}\n\n- two\n\n## 1.0.0 - 2024-01-01\n\n- one\n"
    found = headings.headings(text)
    assert any(version.same(heading.version, "v1.1.0") for heading in found)
    assert found[-1].version == "1.0.0"


LOOKALIKES = [
    "### 2.0 preview",
    "### 2.0.0 is coming: how to prepare",
    "#### 3.11 is now supported",
    "### 3.11",
    "### v2.0 migration guide",
    "```\n## 2.0.0\n```",
    "<!--\n## 2.0.0\n-->",
    "text <!-- x\n## 2.0.0 -->",
    "    ## 2.0.0",
    "- item\n\n  ## 2.0.0",
    "<pre>\n## 2.0.0\n</pre>",
    "> ## 2.0.0",
]


@pytest.mark.parametrize("shape", LOOKALIKES)
def test_what_only_looks_like_a_release_hides_none(shape: str) -> None:
    """Sub-headings, code, comments and quotations are no releases."""
    text = f"# Changelog\n\n## [1.0.0] - 2024-01-01\n\n- one\n\n{shape}\n"
    assert [heading.version for heading in headings.headings(text)] == ["1.0.0"]


UNRELEASED = {
    "## [Unreleased]": "## [Unreleased]\n\n## v1.1.0 - 2026-02-01",
    "## Unreleased changes": "## Unreleased changes\n\n## v1.1.0 - 2026-02-01",
    "## [Unreleased] - 2024-XX-XX": "## [Unreleased] - 2024-XX-XX\n\n## v1.1.0 - 2026-02-01",
    "## 1.1.0 (unreleased)": "## 1.1.0 (2026-02-01)",
    "## 1.1.0 - Unreleased": "## 1.1.0 - 2026-02-01",
    "Unreleased\n----------": "Unreleased\n----------\n\nv1.1.0 - 2026-02-01\n-------------------",
}


@pytest.mark.parametrize("before", UNRELEASED)
def test_every_spelling_of_unreleased_is_stamped(before: str) -> None:
    """The entries move under the release's heading, written as the file writes others."""
    below = "v1.0.0\n------" if "---" in before else "## v1.0.0"
    text = f"# Log\n\n{before}\n\n- by hand\n\n{below}\n\n- one\n"
    stamped = stamping.stamp(text, MADE, "CHANGELOG.md", "### Added\n\n- two")
    assert stamped == f"# Log\n\n{UNRELEASED[before]}\n\n- by hand\n\n{below}\n\n- one\n"


def test_an_empty_unreleased_is_filled() -> None:
    """What git tells stands where nobody wrote anything."""
    text = "# Log\n\n## [Unreleased]\n\n## [1.0.0] - 2026-01-01\n\n- one\n"
    stamped = stamping.stamp(text, BARE, "CHANGELOG.md", "### Added\n\n- two")
    assert stamped == (
        "# Log\n\n## [Unreleased]\n\n## [1.1.0] - 2026-02-01\n\n### Added\n\n- two\n\n"
        "## [1.0.0] - 2026-01-01\n\n- one\n"
    )
