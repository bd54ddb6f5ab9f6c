"""The suite of benchmarks runs every script, and reads its table."""

from __future__ import annotations

import runpy
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "benchmarks"
TABLE = """
1 core

| what | CPU s | ratio | bound |
|---|---|---|---|
| `import click` | 0.1 | 1.00 | 1 |
| `--help` | 0.2 | 2.00 | 1.25 |
| no bound | 0.2 | 2.00 | |

| 3 scripts | ratio | wall s |
|---|---|---|
| one | 3.00 | 1 |
"""


def test_every_script_is_in_the_suite() -> None:
    """All but what the others import."""
    suite = runpy.run_path(str(FOLDER / "suite.py"))
    there = {path.stem for path in FOLDER.glob("*.py")} - {"suite", "histories"}
    assert set(suite["SCRIPTS"]) == there


def test_what_has_a_bound_is_read_from_the_tables() -> None:
    """With whether it was kept."""
    suite = runpy.run_path(str(FOLDER / "suite.py"))
    found = list(suite["rows"]("generate", TABLE))
    told = [(row.what, row.ratio, row.bound, row.kept) for row in found]
    assert told == [("`import click`", 1.0, 1.0, True), ("`--help`", 2.0, 1.25, False)]
    assert "| generate | `--help` | 2.00 | 1.25 | **no** |" in suite["table"](found)


def test_what_was_measured_beside_other_work_says_so() -> None:
    """A ratio that cannot be believed is not passed off as one that can."""
    suite = runpy.run_path(str(FOLDER / "suite.py"))
    row = {"script": "sql", "what": "`check`", "ratio": 2.0, "bound": 1.0, "kept": False}
    known = {"rows": [row], "problem": ""}
    told = suite["summary"](
        {
            "sql": {**known, "quiet": False, "load": [9.0, 7.5]},
            "site": {
                **known,
                "rows": [],
                "quiet": True,
                "load": [0.5, 1.0],
                "problem": "no browser",
            },
        }
    )
    assert "| sql | `check` | 2.00 | 1 | **no** |" in told
    assert "Other work ran beside sql: the load was 9.0 and 7.5." in told
    assert "beside site" not in told
    assert "Not measured to its end: site (no browser)" in told
