"""Where our part goes into change logs that people wrote, in every shape."""

from __future__ import annotations

import pytest

from migdocs.core.changelog import adopting

OURS = "## v2.0.0 - 2026-03-01\n\n### Added\n\n- Pages\n"
BEGIN, END = "<!-- migdocs:begin changelog -->", "<!-- migdocs:end changelog -->"
HERE = "@@"  # where it belongs
SHAPES = {
    "title and introduction": "# Changelog\n\nAll changes.\n\n@@## [1.0.0] - 2024-01-01\n\n- a\n",
    "below Unreleased": "# C\n\n## [Unreleased]\n\n- new\n\n@@## [1.0.0] - 2024-01-01\n\n- a\n",
    "Unreleased in the middle": "# C\n\n@@## 1.1.0\n\n- b\n\n## Unreleased\n\n- n\n\n## 1.0.0\n",
    "only Unreleased": "# C\n\n## Unreleased\n\n- new\n@@\n[x]: https://example.org\n",
    "a version that waits": "# C\n\n## 1.1.0 (unreleased)\n\n- b\n\n@@## 1.0.0 (2024-01-01)\n",
    "underlined": "Changelog\n=========\n\n@@1.0.0 (2024-01-01)\n------------------\n\n- a\n",
    "overlined": "=======\nChanges\n=======\n\n@@1.0.0\n-----\n\n* a\n",
    "an anchor": '# C\n\n@@<a name="1.0.0"></a>\n## 1.0.0 (2024-01-01)\n\n- a\n',
    "a linter's comment": "# C\n\n@@<!-- markdownlint-disable MD024 -->\n## 1.0.0\n\n- a\n",
    "no empty lines": "# Changelog\n@@## 1.0.0\n- a\n## 0.9.0\n- b\n",
    "no title": "@@## 1.0.0\n\n- a\n",
    "words without a title": "Everything that changed.\n\n@@## 1.0.0\n\n- a\n",
    "front matter": "---\ntitle: Changes\n---\n\n# C\n\n@@## 1.0.0\n\n- a\n",
    "front matter alone": "---\ntitle: Changes\n---\n@@## 1.0.0\n\n- a\n",
    "an example in a fence": "# C\n\n```md\n## 0.1.0\n```\n\n@@## 1.0.0\n\n- a\n",
    "an example in a comment": "# C\n\n<!--\n## 0.1.0\n-->\n\n@@## 1.0.0\n\n- a\n",
    "releases of the first level": "# [1.1.0](https://x/y) (2024-02-01)\n\n- b\n",
    "no release": "# Changelog\n\nWe write here.\n\n@@## What is new\n\n- a\n",
    "a list alone": "# Changelog\n@@\n- did this\n- did that\n",
    "bold": "# C\n\n@@**1.0.0**\n\n- a\n",
    "emoji, a date first": "# C\n\n@@## 🚀 2024-01-01 - 1.0.0\n\n- a\n",
    "yanked": "# C\n\n@@## [1.0.0] - 2024-01-01 [YANKED]\n\n- a\n",
    "no line end": "# C\n\n@@## 1.0.0",
    "nothing but a title": "# Changelog@@",
    "empty": "@@",
}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("shape", SHAPES)
def test_one_block_comes_between_and_every_byte_stays(shape: str, mark: str, ends: str) -> None:
    """Below the title, the introduction and *Unreleased*; above the newest release."""
    wanted = mark + SHAPES[shape].replace("\n", ends)
    hand = wanted.replace(HERE, "")
    text = adopting.put(hand, "changelog", OURS, "CHANGELOG.md")
    above, _, rest = text.partition(BEGIN)
    ends = ends if ends in hand else "\n"
    below = rest.partition(END)[2].removeprefix(ends)
    assert "\n" not in text.replace("\r\n", "") or ends == "\n"
    before, here, after = (
        wanted.partition(HERE) if HERE in wanted else (mark, HERE, hand.removeprefix(mark))
    )
    assert here
    assert above.startswith(before)
    assert below.endswith(after.removeprefix(mark))
    assert (above[len(before) :] + below[: len(below) - len(after)]).strip() == ""
    assert adopting.put(hand, "changelog", OURS, "CHANGELOG.md") == text


@pytest.mark.parametrize(
    ("text", "led"),
    [
        ("", False),
        ("# Changelog\n\n## 1.0.0\n", True),
        ("Changelog\n=========\n\n1.0.0\n-----\n", True),
        ("Our changes.\n\n## 1.0.0\n", True),
        ("## 1.0.0\n\n- a\n", False),
        ("# 1.0.0\n\n- a\n", False),
        (f"{BEGIN}\n# Change log\n{END}\n\n## 1.0.0\n", False),
        (f"{BEGIN}\n# Change log\n{END}\n\n# Changelog\n\n## 1.0.0\n", True),
        (f"# Changelog\n\n{BEGIN}\n{END}\n\n## 1.0.0\n", True),
        (f"---\ntitle: x\n---\n\n{BEGIN}\n{END}\n", False),
    ],
)
def test_a_log_that_has_a_title_gets_none_of_ours(text: str, led: bool) -> None:  # noqa: FBT001 - a table
    """A file that is all ours, or has no title at all, begins with ours."""
    assert adopting.is_led(text, "changelog", "CHANGELOG.md") is led
