"""Whether an edit changed what a script does, or only how it is written."""

from __future__ import annotations

import re

from migdocs.core.sql import parser, script

# A comment that a runner reads: '-- migrate:down', '-- +goose Up', '--//@UNDO'.
_DIRECTION = re.compile(r"^([ \t]*--[ \t]*(?:\+\w+|migrate:|//@)[^\n]*)$", re.MULTILINE)


def changed(before: str, after: str) -> bool:
    """Tell whether two texts of a script do different things.

    Comments, line ends, case and spacing are no difference, outside of strings; what cannot be
    parsed is compared word by word.
    """
    return before != after and _said(before) != _said(after)


def _said(text: str) -> list[tuple[str, str]]:
    """Give each statement in PostgreSQL's own style, with its data, and the runner's comments."""
    said: list[tuple[str, str]] = []
    for index, part in enumerate(_DIRECTION.split(text)):
        if index % 2:  # statements, comment, statements, comment …
            said.append(("", " ".join(part.split())))
        else:
            parsed = parser.parse_all(script.split(part))
            said += [(parser.in_one_style(one), one.statement.data or "") for one in parsed]
    return said
