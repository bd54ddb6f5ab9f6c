"""What forges read keeps to what they publish, also where a finding is hostile."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from junitparser import JUnitXml

from migdocs.core.checking import reporting
from migdocs.core.model import Finding, Hazard

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "tests" / "data" / "schemas"
FINDINGS = (
    Finding("missing-rollback", "error", "'a' has no rollback", "db/a.sql", 3, "write one."),
    Hazard("col-drop", "warning", "drops 'x'", "db/a b.sql", 7, lock="AccessExclusiveLock"),
    Finding("no-place", "info", "runs last"),
    Finding(
        "x", "error", "50% <b>\n::set-output name=a::b\r\x1b[31m\u202e ]]>&\"'", "a,b:c <e>", 1
    ),
)


@pytest.mark.parametrize("findings", [(), FINDINGS], ids=["none", "some"])
def test_sarif_is_what_the_published_schema_says(findings: tuple[Finding, ...]) -> None:
    """GitHub's code scanning refuses a whole file for one wrong field."""
    schema = json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(schema).validate(json.loads(reporting.sarif(findings)))


@pytest.mark.parametrize("findings", [(), FINDINGS], ids=["none", "some"])
def test_gitlab_is_what_its_documentation_says(findings: tuple[Finding, ...]) -> None:
    """Every required field, and a severity that it knows."""
    schema = json.loads((SCHEMAS / "gitlab-code-quality.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(json.loads(reporting.gitlab(findings)))


def test_junit_is_read_by_a_reader_of_junit() -> None:
    """Errors fail, the others are skipped, and no letter of a finding breaks the XML."""
    suites = JUnitXml.fromstring(reporting.junit(FINDINGS).encode())
    cases = [case for suite in suites for case in suite]
    assert len(cases) == len(FINDINGS)
    kinds = [type(case.result[0]).__name__ for case in cases]
    assert kinds == ["Failure", "Skipped", "Skipped", "Failure"]


def test_the_problem_matcher_finds_what_check_prints() -> None:
    """GitHub puts each finding beside its line without a line of our own format."""
    matcher = json.loads((ROOT / "problem-matcher.json").read_text(encoding="utf-8"))
    (pattern,) = matcher["problemMatcher"][0]["pattern"]
    found = [
        re.match(pattern["regexp"], line) for line in reporting.text(FINDINGS[:2]).splitlines()
    ]
    told = [
        tuple(match[pattern[part]] for part in ("file", "line", "severity", "code", "message"))
        for match in found
        if match
    ]
    assert told == [
        ("db/a.sql", "3", "error", "missing-rollback", "'a' has no rollback"),
        ("db/a b.sql", "7", "warning", "col-drop", "drops 'x'"),
    ]
