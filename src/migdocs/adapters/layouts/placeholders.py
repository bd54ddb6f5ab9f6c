"""Placeholders in SQL that something else fills in: ``{{ schema }}``, ``${schema}``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.model import Finding
from migdocs.core.sql import placeholders as spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.model import Script

# Flyway fills its own in wherever they stand, but in remarks.
_OUTSIDE_OF_REMARKS = re.compile(
    r"--[^\n]*|(?P<opens>/\*)|(?P<placeholder>\$\{[A-Za-z_][\w.:-]*\})"
)


def placeholders(script: Script, layout: str) -> Iterator[Finding]:
    """Name each placeholder of a script once, where it first stands."""
    text = script.text
    if script.language != "sql" or not spelled.may_have(text):
        return
    found_in = [spelled.places(text)]
    if layout == "flyway":
        found_in.append(spelled.places(text, _OUTSIDE_OF_REMARKS))
    named: set[str] = set()
    for places in found_in:
        for found, offset in places:
            if found not in named:
                named.add(found)
                yield _finding(script, found, script.line + text.count("\n", 0, offset))


def _finding(script: Script, placeholder: str, line: int) -> Finding:
    return Finding(
        "template-placeholder",
        "warning",
        f"'{placeholder}' is filled in by something else before PostgreSQL sees it: "
        "this statement cannot be read as it is",
        script.path,
        line,
        f"name its value in the settings: [placeholders] '{placeholder}' = \"…\".",
    )
