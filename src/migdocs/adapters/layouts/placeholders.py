"""Placeholders in SQL that something else fills in: ``{{ schema }}``, ``${schema}``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.model import Script

_DOLLAR = r"\$\{[A-Za-z_][\w.:-]*\}"
_ANY = (
    r"\{\{-?[ \t]{0,4}[.$%]?[ \t]{0,4}[A-Za-z_][^{}\n]*\}\}"
    r"|\{%-?[ \t]{0,4}[a-z]+\b[^%\n]*%\}"
    rf"|{_DOLLAR}"
)
# A placeholder in a string, a body or a remark is data: an e-mail's template in an INSERT.
_OUTSIDE_OF_QUOTES = re.compile(
    r"--[^\n]*|(?<!\w)[eE]'(?:[^'\\]|\\.|'')*+'|'[^']*'"
    rf"|(?P<opens>/\*|\$(?:[A-Za-z_]\w*)?\$)|(?P<placeholder>{_ANY})",
    re.DOTALL,
)
# Flyway fills its own in wherever they stand, but in remarks.
_OUTSIDE_OF_REMARKS = re.compile(rf"--[^\n]*|(?P<opens>/\*)|(?P<placeholder>{_DOLLAR})")
# Looking for the end of what nothing ends reads the whole text: hostile text opens thousands.
_UNCLOSED_LIMIT = 10


def placeholders(script: Script, layout: str) -> Iterator[Finding]:
    """Name each placeholder of a script once, where it first stands."""
    text = script.text
    if script.language != "sql" or not any(mark in text for mark in ("{{", "{%", "${")):
        return
    patterns = [_OUTSIDE_OF_QUOTES, *([_OUTSIDE_OF_REMARKS] if layout == "flyway" else [])]
    named: set[str] = set()
    for pattern in patterns:
        for found, offset in _found(text, pattern):
            if found not in named:
                named.add(found)
                yield _finding(script, found, script.line + text.count("\n", 0, offset))


def _found(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    """Give the placeholders that stand outside of what the pattern skips, with their offsets."""
    position = unclosed = 0
    while match := pattern.search(text, position):
        position = match.end()
        opens = match["opens"]
        if opens and unclosed < _UNCLOSED_LIMIT:
            closes = "*/" if opens == "/*" else opens
            end = text.find(closes, position)
            unclosed += end < 0
            position = position if end < 0 else end + len(closes)
        elif match["placeholder"]:
            yield match["placeholder"], match.start()


def _finding(script: Script, placeholder: str, line: int) -> Finding:
    return Finding(
        "template-placeholder",
        "warning",
        f"'{placeholder}' is filled in by something else before PostgreSQL sees it: "
        "this statement cannot be read as it stands",
        script.path,
        line,
        f"name its value in the settings: [placeholders] '{placeholder}' = \"…\".",
    )
