"""Placeholders in SQL that something else fills in: ``{{ schema }}``, ``${schema}``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.model import Script

# What a placeholder inside of is text or a remark, and not SQL to be filled in. An e-mail's
# template in an INSERT is data.
_QUOTED = (
    r"--[^\n]*"
    r"|/\*(?s:.*?)\*/"
    r"|[eE]'(?:[^'\\]|\\.|'')*'"
    r"|'(?:[^']|'')*'"
    r"|(?P<dollar>\$[A-Za-z_]*\$)(?s:.*?)(?P=dollar)"
)
_PLACEHOLDER = (
    r"\{\{-?\s*[.$%]?\s*[A-Za-z_][^{}\n]*\}\}"
    r"|\{%-?\s*[a-z]+\b[^%\n]*%\}"
    r"|\$\{[A-Za-z_][\w.:-]*\}"
)
_TOKENS = re.compile(f"{_QUOTED}|(?P<placeholder>{_PLACEHOLDER})")
_FLYWAY = re.compile(r"--[^\n]*|/\*(?s:.*?)\*/|(?P<placeholder>\$\{[A-Za-z_][\w.:-]*\})")


def placeholders(script: Script, layout: str) -> Iterator[Finding]:
    """Name each placeholder of a script once, where it first stands.

    Flyway fills in ``${…}`` everywhere, in strings too; elsewhere text in quotes is data.
    """
    if script.language != "sql" or not re.search(r"\{\{|\{%|\$\{", script.text):
        return
    named: set[str] = set()
    for pattern in (_TOKENS, _FLYWAY) if layout == "flyway" else (_TOKENS,):
        for match in pattern.finditer(script.text):
            found = match["placeholder"]
            if found and found not in named:
                named.add(found)
                yield _finding(script, found, match.start())


def _finding(script: Script, placeholder: str, offset: int) -> Finding:
    line = script.line + script.text.count("\n", 0, offset)
    return Finding(
        "template-placeholder",
        "warning",
        f"'{placeholder}' is filled in by something else before PostgreSQL sees it: "
        "this statement cannot be read as it stands",
        script.path,
        line,
        "write the value, or have the finished script in the migrations folder.",
    )
