"""Findings in every form: each is read back as the tool that it is for reads it."""

from __future__ import annotations

import json
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from migdocs.core.checking import reporting
from migdocs.core.model import Finding, Hazard, Severity

FINDINGS = (
    Finding("missing-rollback", "error", "'a' has no rollback", "db/a.sql", 3, "write one."),
    Finding("missing-rollback", "error", "'b' has no rollback", "db/b.sql", 0, "write one."),
    Hazard(
        "col-drop", "warning", "drops 'x'", "db/a b.sql", 7, lock="AccessExclusiveLock", on=("t",),
        rewrite=True, impact="major",
    ),
    Finding("no-place", "info", "runs last"),
)  # fmt: skip
HOSTILE = Finding(
    "x", "error", "50% <b>\n::set-output name=a::b\r\x1b[31m\u202e ]]>&\"'", "a,b:c\n::d <e>.sql", 1
)


def parsed(text: str) -> ET.Element:
    """Read XML."""
    return ET.fromstring(text)  # noqa: S314 - we wrote it


def test_text_is_for_people() -> None:
    """A hint is said once; the count is a sentence."""
    assert reporting.text(FINDINGS) == (
        "db/a.sql:3: error: missing-rollback: 'a' has no rollback\n"
        "    Hint: write one.\n"
        "db/b.sql: error: missing-rollback: 'b' has no rollback\n"
        "db/a b.sql:7: warning: col-drop: drops 'x'\n"
        "info: no-place: runs last\n"
        "2 errors, 1 warning, 1 remark.\n"
    )
    assert reporting.text([]) == "Nothing is wrong.\n"
    lines = reporting.text([HOSTILE]).splitlines()
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


COUNTS: dict[tuple[Severity, ...], str] = {
    ("info",): "1 remark.",
    ("info",) * 11: "11 remarks.",
    ("warning", "warning", "error"): "1 error, 2 warnings.",
}


@pytest.mark.parametrize(("severities", "sentence"), COUNTS.items())
def test_findings_are_counted(severities: tuple[Severity, ...], sentence: str) -> None:
    """One is one, and more are several."""
    assert reporting.summary([Finding("x", severity, "m") for severity in severities]) == sentence


def test_json_has_the_shape_that_programs_read() -> None:
    """A hazard has its lock, and the others do not."""
    document = json.loads(reporting.as_json(FINDINGS))
    assert document["schema_version"] == 1
    first, _, hazard, _ = document["findings"]
    assert first == {
        "rule": "missing-rollback",
        "severity": "error",
        "path": "db/a.sql",
        "line": 3,
        "message": "'a' has no rollback",
        "hint": "write one.",
    }
    assert {name: hazard[name] for name in ("lock", "on", "rewrite", "scan", "impact")} == {
        "lock": "AccessExclusiveLock",
        "on": ["t"],
        "rewrite": True,
        "scan": False,
        "impact": "major",
    }


def test_github_shows_each_at_its_line() -> None:
    """Workflow commands; what has no place has no file."""
    lines = reporting.github(FINDINGS).splitlines()
    assert lines == [
        (
            "::error file=db/a.sql,line=3,title=missing-rollback::"
            "'a' has no rollback. Hint: write one."
        ),
        (
            "::error file=db/b.sql,line=1,title=missing-rollback::"
            "'b' has no rollback. Hint: write one."
        ),
        "::warning file=db/a b.sql,line=7,title=col-drop::drops 'x'",
        "::notice title=no-place::runs last",
        "2 errors, 1 warning, 1 remark.",
    ]


def test_github_takes_no_command_from_a_message() -> None:
    """Neither text nor path can end the line, the property, or begin a command of its own."""
    command, count, end = reporting.github([HOSTILE]).split("\n")
    properties, message = command.removeprefix("::error ").split("::", 1)
    assert properties == "file=a%2Cb%3Ac%0A%3A%3Ad <e>.sql,line=1,title=x"
    assert unquote(message) == HOSTILE.message
    assert (count, end) == ("1 error.", "")


def test_github_says_what_it_will_not_show() -> None:
    """It shows ten of each kind for a step."""
    many = [Finding("x", "warning", str(n), "a.sql") for n in range(12)]
    assert "::notice::2 more of severity warning are in the log." in reporting.github(many)
    assert "more of severity" not in reporting.github(many[:10])


def test_gitlab_reads_a_code_quality_report() -> None:
    """Its fields, and a fingerprint of its own for each."""
    told = json.loads(reporting.gitlab((*FINDINGS, FINDINGS[0], HOSTILE)))
    assert {tuple(sorted(item)) for item in told} == {
        ("check_name", "description", "fingerprint", "location", "severity")
    }
    assert [item["severity"] for item in told[:4]] == ["major", "major", "minor", "info"]
    assert told[1]["location"] == {"path": "db/b.sql", "lines": {"begin": 1}}
    assert len({item["fingerprint"] for item in told}) == len(told)


@pytest.mark.parametrize("form", ["gitlab", "sarif"])
def test_a_finding_that_moves_stays_the_same(form: str) -> None:
    """What was seen before is not new because a line was added above it."""

    def fingerprint(line: int) -> str:
        told = json.loads(reporting.FORMATS[form]([Finding("x", "error", "m", "a.sql", line)]))
        item = told[0] if form == "gitlab" else told["runs"][0]["results"][0]
        return str(item.get("fingerprint") or item["partialFingerprints"])

    assert fingerprint(3) == fingerprint(30)


def test_sarif_has_what_its_schema_demands() -> None:
    """Version, tool, rules; for each result a rule, a level, a message and a place."""
    document = json.loads(reporting.sarif((*FINDINGS, HOSTILE)))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "migdocs"
    rules = [rule["id"] for rule in driver["rules"]]
    assert len(rules) == len(set(rules))
    for finding, result in zip((*FINDINGS, HOSTILE), run["results"], strict=True):
        assert result["ruleId"] in rules
        assert result["level"] in {"error", "warning", "note", "none"}
        assert result["message"]["text"].startswith(finding.message)
        places = [place["physicalLocation"] for place in result["locations"]]
        uris = [place["artifactLocation"]["uri"] for place in places]
        assert [unquote(uri) for uri in uris] == ([finding.path] if finding.path else [])
        assert all(set(uri) <= set("abcdeql:%ABCDEF0123456789./s-_~") for uri in uris)
        assert all(place["region"]["startLine"] >= 1 for place in places)


def test_junit_has_a_case_for_each() -> None:
    """Errors fail, the others are skipped; the text is whole XML whatever stands in it."""
    suite = parsed(reporting.junit((*FINDINGS, HOSTILE)))
    assert suite.attrib == {"name": "migdocs", "tests": "5", "failures": "3", "skipped": "2"}
    kinds = [case[0].tag for case in suite]
    assert kinds == ["failure", "failure", "skipped", "skipped", "failure"]
    assert suite[0].attrib["name"] == "missing-rollback db/a.sql:3"
    assert suite[0][0].attrib["message"] == "'a' has no rollback"
    assert suite[0][0].text == "'a' has no rollback. Hint: write one."
    assert "50% <b>" in str(suite[4][0].text)
    assert len(parsed(reporting.junit([]))) == 0
