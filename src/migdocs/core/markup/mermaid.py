"""Write what Mermaid 11 reads: labels that nothing can break out of, and its limits.

A Mermaid label may hold quotes, brackets, directives (``%%{``), Markdown and HTML. Everything but
letters, digits and harmless marks is therefore written as a numeric entity, ``#35;`` for ``#``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_CHARACTERS = 50_000
"""A longer diagram is refused (Mermaid's ``maxTextSize``)."""

MOST_EDGES = 500
"""A diagram with more arrows is refused (Mermaid's ``maxEdges``)."""

# A colon is escaped too: "style x:#35;" inside a label loses its semicolon in Mermaid's first pass.
# So are an underscore at a word's edge and a list's number, which Mermaid reads as Markdown.
HARMFUL = re.compile(
    r"[^\w .,()/\u00b7\u2022\u2026-]|(?<![^\W_])_|_(?![^\W_])|^[-+]|(?<=\d)\.(?!\d)"
)


def label(lines: Iterable[str]) -> str:
    """Give a quoted label of several lines, escaped."""
    return '"' + "<br/>".join(escape(line) for line in lines) + '"'


def escape(text: str) -> str:
    """Write every character that Mermaid could read as more than itself as its entity."""
    return HARMFUL.sub(lambda match: f"#{ord(match[0])};", text)
