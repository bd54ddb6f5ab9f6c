"""Findings as text, and in the forms that forges and CI read."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from migdocs.core.checking import choosing
from migdocs.core.documents import shapes
from migdocs.core.markup.escape import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from migdocs.core.model import Finding

ORDER: dict[str, int] = {"error": 0, "warning": 1, "info": 2}
_WORDS = {
    "error": ("error", "errors"),
    "warning": ("warning", "warnings"),
    "info": ("remark", "remarks"),
}
# GitHub shows this many of each kind for one step.
_GITHUB_SHOWS = 10


def in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Give findings once each, the gravest first, then by place."""
    return tuple(
        sorted(
            set(found),
            key=lambda item: (
                ORDER[item.severity],
                item.path,
                item.line,
                item.rule,
                item.message,
            ),
        )
    )


def at_least(found: Iterable[Finding], severity: str) -> tuple[Finding, ...]:
    """Give the findings that are as grave as this, or graver; none is as grave as ``never``."""
    limit = ORDER.get(severity, -1)
    return tuple(item for item in found if ORDER[item.severity] <= limit)


def text(findings: Sequence[Finding]) -> str:
    """Write ``path:line: severity: rule: message``, then a count.

    A hint stands below the first finding that it helps with, and is not said again.
    """
    lines: list[str] = []
    hints: set[str] = set()
    for item in findings:
        place = f"{item.path}:{item.line}: " if item.line else f"{item.path}: " if item.path else ""
        lines.append(one_line(f"{place}{item.severity}: {item.rule}: {item.message}"))
        if item.hint and item.hint not in hints:
            hints.add(item.hint)
            lines.append(f"    Hint: {one_line(item.hint)}")
    return "\n".join((*lines, summary(findings))) + "\n"


def summary(findings: Sequence[Finding]) -> str:
    """Count the findings in a sentence."""
    counts: Counter[str] = Counter(item.severity for item in findings)
    parts = [f"{counts[name]} {_WORDS[name][counts[name] > 1]}" for name in ORDER if counts[name]]
    return f"{', '.join(parts)}." if parts else "Nothing is wrong."


def as_json(findings: Sequence[Finding]) -> str:
    """Write one JSON document."""
    return json.dumps({"schema_version": 1, **shapes.findings(findings)}, indent=2) + "\n"


def _told(item: Finding) -> str:
    """Give a finding's message and its hint as sentences."""
    return f"{item.message}. Hint: {item.hint}" if item.hint else item.message


def github(findings: Sequence[Finding]) -> str:
    """Write workflow commands; GitHub shows the first ten of each kind, so the rest is counted."""
    names = {"error": "error", "warning": "warning", "info": "notice"}
    lines = []
    for item in findings:
        place = f"file={_property(item.path)},line={max(item.line, 1)}," if item.path else ""
        title = f"title={_property(item.rule)}"
        lines.append(f"::{names[item.severity]} {place}{title}::{_message(_told(item))}")
    counts: Counter[str] = Counter(item.severity for item in findings)
    hidden = {name: n - _GITHUB_SHOWS for name, n in counts.items() if n > _GITHUB_SHOWS}
    lines += [
        f"::notice::{n} more of severity {name} are in the log." for name, n in hidden.items()
    ]
    return "\n".join((*lines, summary(findings))) + "\n"


def gitlab(findings: Sequence[Finding]) -> str:
    """Write GitLab's code-quality report."""
    severity = {"error": "major", "warning": "minor", "info": "info"}
    told = [
        {
            "description": _told(item),
            "check_name": item.rule,
            "fingerprint": fingerprint,
            "severity": severity[item.severity],
            "location": {"path": item.path or ".", "lines": {"begin": max(item.line, 1)}},
        }
        for item, fingerprint in zip(findings, choosing.fingerprints(findings), strict=True)
    ]
    return json.dumps(told, indent=2) + "\n"


def sarif(findings: Sequence[Finding]) -> str:
    """Write SARIF 2.1.0."""
    level = {"error": "error", "warning": "warning", "info": "note"}
    results = [
        {
            "ruleId": item.rule,
            "level": level[item.severity],
            "message": {"text": _told(item)},
            "locations": [_sarif_location(item)] if item.path else [],
            "partialFingerprints": {"migdocs/v1": fingerprint},
        }
        for item, fingerprint in zip(findings, choosing.fingerprints(findings), strict=True)
    ]
    rules = [{"id": rule} for rule in sorted({item.rule for item in findings})]
    run = {"tool": {"driver": {"name": "migdocs", "rules": rules}}, "results": results}
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(document, indent=2) + "\n"


def _sarif_location(item: Finding) -> dict[str, object]:
    """Give a place as SARIF has it: the path is a URI, lines count from 1."""
    from urllib.parse import quote  # slow to import, like what writes XML

    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(item.path)},
            "region": {"startLine": max(item.line, 1)},
        }
    }


def junit(findings: Sequence[Finding]) -> str:
    """Write JUnit's XML: one case a finding; errors fail, the others are skipped cases."""
    from xml.sax.saxutils import escape as xml
    from xml.sax.saxutils import quoteattr

    lines = []
    for item in findings:
        name = quoteattr(one_line(f"{item.rule} {item.path}:{item.line}"))
        kind = "failure" if item.severity == "error" else "skipped"
        body = xml(one_line(_told(item)))
        message = quoteattr(one_line(item.message))
        lines.append(
            f'  <testcase classname="migdocs" name={name}>'
            f"<{kind} message={message}>{body}</{kind}></testcase>"
        )
    failures = sum(item.severity == "error" for item in findings)
    counts = f'tests="{len(findings)}" failures="{failures}" skipped="{len(findings) - failures}"'
    head = f'<testsuite name="migdocs" {counts}>'
    return "\n".join(('<?xml version="1.0" encoding="UTF-8"?>', head, *lines, "</testsuite>", ""))


FORMATS: dict[str, Callable[[Sequence[Finding]], str]] = {
    "text": text,
    "json": as_json,
    "github": github,
    "gitlab": gitlab,
    "sarif": sarif,
    "junit": junit,
}


def _message(text: str) -> str:
    """Escape a workflow command's message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape a workflow command's property."""
    return _message(text).replace(":", "%3A").replace(",", "%2C")
