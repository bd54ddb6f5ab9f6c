"""Histories that were told wrong once, built by scripts from outside; what is right is git's."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from migdocs.core.changelog import headings
from migdocs.core.releases import version
from warm import Starter

STARTER = Starter()
CASES = Path(os.environ.get("MIGDOCS_CASES") or Path(__file__).parents[3] / "shared" / "cases")
HISTORIES = CASES / "histories"
_ID = re.compile(r"\[`[0-9a-f]+`\]\(https://[^)]*\)|`?\b[0-9a-f]{7}\b`?")
_FORGE = re.compile(r"\(https://(?:github|gitlab|bitbucket)\.\w+/[^)]*\)")

# Case → what it must print, in this order, once ids and links are gone.
RIGHT = {
    "03": (
        "### Breaking",
        "- fourteen (ID)\n\n  - first thing\n  - second thing\n\n  ```sh\n  run me --now\n  ```",
        "- four ([#20], ID). d goes\n",
        "- three (ID). c goes\n",
        "- two (ID)\n\n  a goes\n\n  b goes\n",
        "- one ([#9], ID)\n\n  first line second line of it\n\n  third para of it\n",
        "### Fixed",
        "- crlf subject ([#21], ID)\n",
        "- seven (ID)\n",
    ),
    "04": (
        "## Unreleased\n\n### Added\n\n- c (ID)\n\n## [2.1.0] - 2024-01-01\n",
        "- b (ID)\n",
        "## [2.0.0] - 2024-01-01\n\n### Added\n\n- a (ID)\n\n## [1.0.1] - 2024-01-01\n",
        "- old (ID)\n\n## [1.0.0] - 2024-01-01\n",
        "== B",
        "## [v1.1.0] - 2024-01-01\n\n### Added\n\n- f2 (ID)\n- f1 (ID)\n\n## [v1.0.0]",
        "- m2 (ID)\n- m1 (ID)\n\n## [v0.9.0]",
        "== C",
        "## [v1.0.10] - 2024-01-01\n\nNothing that users would notice.\n\n## [v1.0.9] - 2024-01-01",
        "- x (ID)\n",
        "== D",
        "- own3 (ID)\n\n## [v1.0.1] - 2024-01-01\n\n### Fixed\n\n- own2 (ID)\n\n## [v1.0.0]",
        "- own1 (ID)\n\n## [v5.0.0] - 2024-01-01\n\n### Added\n\n- up2 (ID)\n\n## [v4.0.0]",
        "v1.0.1 → v1.1.0 (minor)",
    ),
    "13": (
        "## [v1.0.0] - 2024-01-01",
        "## [v1.1.0] - 2024-01-01",
        "- Two, told better",
        "== stale on a branch after a tag elsewhere\nrc 0\n",
        "rc 0\n== mailmap and cache",
        "- one (ID) by bob",
        "- one (ID) by Robert",
        "- one (ID) by Bobby",
        "- né (ID)",
        "rc 0",
    ),
    "15": (
        "0.2.0 → 0.3.0 (minor)",
        "- brand new",
        "the clone was made without tags",
        "v0.1.0 → v0.2.0 (minor)",
        "v0.0.3 → v0.1.0 (minor)",
        "v0.1.0 → v0.1.1 (patch)",
        "v1.1.0-rc.1 → v1.1.0 (patch)",
        "v1.1.0-rc.1 → v2.0.0 (major)",
        "'v1.1.0-rc.2' is too low",
        "v1.0.0 → v1.0.1 (patch)",
        "Nothing that users would notice: 2 internal changes.",
        "'v01.0.1' is not a version",
        "'latest' is not a version",
        "- **docs:** search in docs",
        "v1.0.0 → v2.0.0 (major)",
    ),
    "17": ("rc 0", "git fetch --tags", "rc 3", "## [v1.0.0] - 2024-01-01"),
    "19": (
        "- **api:** null pointer (ID)\nv1.0.0 → v1.0.1 (patch)",
        "- number first ([#18]",
        "- bracket first ([#17]",
        "- scope is an issue ([#16]",
        "- f ([#11](pull/11), [#12](pull/12)",
        "- e ([#7](pull/7), [#8](issues/8), [#9](issues/9), [#10](issues/10)",
        "- d ([#6](issues/6)",
        "- b ([#4](issues/4)",
        "- a ([#1](issues/1), [#2](issues/2), [#3](issues/3)",
        "== bitbucket",
        "- add export ([#5], ID)",
        "== gitlab",
        "- add export ([!5], [#3], ID)",
        "- y ([#6], ID)",
        "== bots\n### Added\n- real (ID) by Ann\n### Security\n- **deps:** update module",
    ),
}
# Case → what it must not print.
WRONG = {
    "03": ("ten", "> BREAKING"),
    "04": ("rc.1]", "## [latest]", "## [v1]"),
    "13": ("No release yet", "STALE"),
    "19": ("new login page", "#13", "#14", "#21", "Bump", "typo"),
}


@pytest.mark.skipif(not HISTORIES.is_dir(), reason="the cases are not here")
@pytest.mark.parametrize("case", RIGHT)
def test_a_history_that_was_told_wrong_once(case: str, tmp_path: Path) -> None:
    """What comes out is what git says, in the order of the case's steps."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["bash", HISTORIES / f"{case}.sh"],
        env={**own, "MIGDOCS": STARTER.command(), "ROOT": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    said = (done.stdout + done.stderr if case == "17" else done.stdout).decode()
    said = _FORGE.sub("", _ID.sub("ID", said))
    place = 0
    for right in RIGHT[case] if case != "17" else ():
        found = said.find(right, place)
        assert found >= 0, (right, said)
        place = found + len(right)
    if case == "17":
        assert all(right in said for right in RIGHT[case]), said
    assert not [wrong for wrong in WRONG.get(case, ()) if wrong in said], said


# Of case 08, what is a line of a list, a quotation, or not out yet.
NO_RELEASE = {"* 1.1.0", "> ## 1.1.0"}


def shapes(case: str) -> list[str]:
    """Give the headings that a case tries, as its shell reads them."""
    loop = next(
        line
        for line in (HISTORIES / f"{case}.sh").read_text(encoding="utf-8").splitlines()
        if line.startswith("for h in")
    )
    said = subprocess.run(
        ["bash", "-c", f"tryh() {{ printf '%b\\0' \"$1\"; }}; {loop}"],
        capture_output=True,
        check=True,
    )
    return said.stdout.decode().split("\0")[:-1]


@pytest.mark.skipif(not HISTORIES.is_dir(), reason="the cases are not here")
def test_a_heading_in_any_shape_is_a_release() -> None:
    """Case 08: eighty ways in which people write a release's heading."""
    found = {
        shape: headings.headings(f"# Changelog\n\n{shape}\n\n- two\n\n## 1.0.0 - 2024-01-01\n")
        for shape in shapes("08")
    }
    unknown = {
        shape
        for shape, told in found.items()
        if not any(version.same(h.version.removesuffix("-SNAPSHOT"), "1.1.0") for h in told)
    }
    assert unknown == NO_RELEASE
    assert all(told[-1].version == "1.0.0" for told in found.values())


@pytest.mark.skipif(not HISTORIES.is_dir(), reason="the cases are not here")
def test_what_only_looks_like_a_release_is_none() -> None:
    """Case 09: sub-headings, code and comments; what HTML only folds is a heading."""
    before = "# Changelog\n\n## [1.0.0] - 2024-01-01\n\n- hand one\n\n"
    told = {s: headings.headings(f"{before}{s}\n") for s in shapes("09")}
    wrong = {s for s, found in told.items() if [h.version for h in found] != ["1.0.0"]}
    assert wrong == {"<details>\n\n## 2.0.0\n\n</details>"}
