"""Locks, rewrites and refusals as servers of each version showed them, for 140 small scripts."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import sql_cases


@pytest.fixture(autouse=True)
def _cases() -> None:
    """Skip where the scripts are absent."""
    if not sql_cases.cases():
        pytest.skip(f"no scripts at {sql_cases.CASES}: set MIGDOCS_CASES")


def test_what_is_said_is_what_servers_did() -> None:
    """Hardly anything is missed, and hardly anything made up."""
    score = sql_cases.score()
    assert score.hit > 150
    assert score.recall >= 0.95, "\n".join(sql_cases.differences())
    assert score.precision >= 0.97, "\n".join(sql_cases.differences())


def test_a_refusal_names_its_sqlstate_and_line() -> None:
    """As outsiders ask it: by the command, for one script on one schema."""
    case = next(c for c in sql_cases.cases() if c.name == "d56_multiline_lines")
    asked = ["check", str(case.script), "--postgres", "15", "--schema", str(case.base), "--json"]
    command = [sys.executable, "-m", "migdocs", *asked]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(answer.stdout)["findings"]
    assert answer.returncode == 1
    assert {(f["sqlstate"], f["line"]) for f in found if "sqlstate" in f} == {("2BP01", 8)}
