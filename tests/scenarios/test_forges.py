"""The action and the component, their steps run as a forge runs them, with a made-up event."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from scenarios.conftest import Workplace

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
COMPONENT = list(yaml.safe_load_all((ROOT / "templates" / "check.yml").read_text(encoding="utf-8")))


def shell(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step as a runner's shell does, with this migdocs in the place of the installed one."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, "NO_COLOR": "1", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def changed(sample: Workplace, script: str) -> str:
    """Fill the sample's documents, add a migration on top, and give the commit before it."""
    sample.migdocs("generate")
    sample.commit("docs: write the documents")
    base = sample.git("rev-parse", "HEAD").strip()
    sample.write("migrations/20260401_note.sql", script)
    sample.write("migrations/20260401_note_rollback.sql", "DROP TABLE notes;\n")
    sample.migdocs("generate")
    sample.commit("feat: notes")
    return base


def steps() -> dict[str, dict[str, Any]]:
    """Give the action's steps by name."""
    return {step["name"]: step for step in ACTION["runs"]["steps"]}


def test_no_input_is_part_of_a_script() -> None:
    """What a pull request or a user says comes in by variables only."""
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"], step["name"]
    (job,) = [value for name, value in COMPONENT[1].items() if name == "migdocs"]
    assert not [line for line in job["script"] if "$[[" in line]


def test_the_action_says_what_a_pull_request_does(sample: Workplace, tmp_path: Path) -> None:
    """The summary has the review; the matcher is added, and the checks give their exit code."""
    base = changed(sample, "CREATE TABLE notes (id bigint PRIMARY KEY);\n")
    summary = tmp_path / "summary.md"
    event = {
        "BASE": base,
        "MIGRATIONS": "migrations",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_ACTION_PATH": str(ROOT),
    }
    found = steps()
    assert shell(found["Have the whole history"]["run"], sample.root, **event).returncode == 0
    told = shell(found["Say what the migrations do"]["run"], sample.root, **event)
    assert told.returncode == 0, told.stderr
    assert "20260401_note" in summary.read_text(encoding="utf-8")
    checked = shell(found["Check migrations and notes"]["run"], sample.root, **event)
    assert f"::add-matcher::{ROOT}/problem-matcher.json" in checked.stdout
    assert Path(re.findall(r"::add-matcher::(.+)", checked.stdout)[0]).is_file()
    fresh = shell(found["Check that the documents are up to date"]["run"], sample.root, **event)
    assert fresh.returncode == 0, fresh.stdout
    sample.write("migrations/20260401_note.sql", "CREATE TABLE memos (id text);\n")
    stale = shell(found["Check that the documents are up to date"]["run"], sample.root, **event)
    assert stale.returncode == 1


def test_the_component_leaves_its_report(sample: Workplace) -> None:
    """The code quality report is written whether the job fails or not."""
    base = changed(sample, "CREATE TABLE notes (id bigint PRIMARY KEY);\n")
    (script,) = COMPONENT[1]["migdocs"]["script"]
    variables = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "MIGDOCS_FOLDER": "migrations"}
    done = shell(script, sample.root, **variables)
    assert (sample.root / "gl-code-quality-report.json").read_text(encoding="utf-8")[:1] == "["
    assert "20260401_note" in (sample.root / "review.md").read_text(encoding="utf-8"), done.stderr
