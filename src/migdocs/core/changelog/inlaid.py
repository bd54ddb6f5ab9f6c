"""Parts of ours inside the releases of a change log that people wrote.

Each is a region of its own at the end of its release's section; every other byte stays.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.changelog import headings
from migdocs.core.markup import regions
from migdocs.core.releases import version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migdocs.core.changelog.headings import Heading

# Region of a release, with the empty line that was put above it.
_OURS = re.compile(
    r"(?<=\n)(?:\r?\n)?[ \t]*<!--[ \t]*migdocs:begin (?P<name>database-[\w.+-]+?)[ \t]*-->"
    r"[ \t]*\r?\n(?:(?![ \t]*<!--[ \t]*migdocs:begin ).*\r?\n)*?"
    r"[ \t]*<!--[ \t]*migdocs:end (?P=name)[ \t]*-->[ \t]*(?:\r?\n|\Z)"
)
_DEFINITION = re.compile(r"\[[^\]]+\]:\s*\S+")


def lay(text: str, bodies: Mapping[str, str], path: str) -> str:
    """Give a change log with a part of ours in the section of each release.

    Args:
        text: of the file, with or without such parts.
        bodies: version → the part, as Markdown below a heading of its own; a release that the text
            does not tell of gets none.
        path: of the file, for errors.

    Raises:
        InputError: the marks in it are broken.
    """
    bare = _OURS.sub("", text)
    written = regions.outside(bare, path)
    end_of_line = "\r\n" if "\r\n" in bare else "\n"
    lines, plain = re.findall(r"[^\n]*\n|[^\n]+\Z", bare), written.split("\n")
    for heading in sorted(headings.headings(written), key=lambda h: h.line, reverse=True):
        name = next((name for name in bodies if version.same(name, heading.version)), "")
        if name and not heading.unreleased:
            marks = "#" * (_level(plain[heading.line - 1]) + 1)
            region = regions.wrap(f"database-{name}", f"{marks} Database\n\n{bodies[name]}")
            at = _end(heading, plain)
            if not lines[at - 1].endswith("\n"):
                lines[at - 1] += end_of_line
            lines.insert(at, f"\n{region}".replace("\n", end_of_line))
    return "".join(lines)


def _level(line: str) -> int:
    """Give the level of a heading; one that is underlined is as of the second."""
    return len(line) - len(line.lstrip("#")) or 2


def _end(heading: Heading, lines: Sequence[str]) -> int:
    """Give the number of the last line of a release's section that says something.

    Link definitions at the end of a file are none of its last release's.
    """
    end = heading.end
    while end > heading.line and (not (line := lines[end - 1]).strip() or _DEFINITION.match(line)):
        end -= 1
    return end
