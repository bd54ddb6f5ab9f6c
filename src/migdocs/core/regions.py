"""Replace what is ours in a file and keep every other byte.

A region stands between ``<!-- migdocs:begin NAME -->`` and ``<!-- migdocs:end NAME -->``, each
alone on its line. Everything outside belongs to the user.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from migdocs.core.errors import InputError, raise_all

_MARK = re.compile(
    r"^[ \t]*<!--[ \t]*migdocs:(?P<side>begin|end)[ \t]+(?P<name>[\w-]+)[ \t]*-->"
    r"[ \t]*(?:\r?\n|\Z)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Region:
    """Where a region's lines begin and end, as offsets, and the line of its opening mark."""

    name: str
    start: int
    end: int
    line: int


def find(text: str, path: str) -> tuple[Region, ...]:
    """List the regions of a file, in order.

    Raises:
        InputError: a region is opened twice, nested, never closed or never opened; all are said.
    """
    errors: list[InputError] = []
    found: list[Region] = []
    opened: tuple[str, int, int] | None = None
    for match in _MARK.finditer(text):
        name, line = match["name"], text.count("\n", 0, match.start()) + 1
        if match["side"] == "begin":
            if opened:
                errors.append(_broken(f"region '{opened[0]}' is never closed", path, opened[2]))
            if any(region.name == name for region in found):
                errors.append(_broken(f"region '{name}' is opened a second time", path, line))
            opened = (name, match.end(), line)
        elif opened and opened[0] == name:
            found.append(Region(name, opened[1], match.start(), opened[2]))
            opened = None
        else:
            errors.append(_broken(f"region '{name}' ends here but was not opened", path, line))
    if opened:
        errors.append(_broken(f"region '{opened[0]}' is never closed", path, opened[2]))
    raise_all(errors)
    return tuple(found)


def replace(text: str, name: str, body: str, path: str) -> str | None:
    """Give the file with the region's inside replaced; None where it has no such region.

    The file's own line ends are used.
    """
    region = next((r for r in find(text, path) if r.name == name), None)
    if region is None:
        return None
    end_of_line = "\r\n" if text[: region.start].endswith("\r\n") else "\n"
    inside = (body.strip("\n") + "\n").replace("\n", end_of_line)
    return text[: region.start] + inside + text[region.end :]


def wrap(name: str, body: str) -> str:
    """Give a region with its marks."""
    inside = body.strip("\n")
    return f"<!-- migdocs:begin {name} -->\n{inside}\n<!-- migdocs:end {name} -->\n"


def adopt(text: str, name: str, body: str) -> str:
    """Give a hand-written file with the region put first; the old text follows, byte for byte.

    Only a byte-order mark and YAML front matter stay above: they mean something there alone.
    """
    head = re.match(r"\ufeff?(?:---\r?\n.*?\n---[ \t]*\r?\n)?", text, re.DOTALL)
    cut = head.end() if head else 0
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    region = (wrap(name, body) + "\n").replace("\n", end_of_line)
    return text[:cut] + region + text[cut:]


def append(text: str, name: str, body: str) -> str:
    """Give a hand-written file with the region put last, the text before it byte for byte."""
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text or text.endswith("\n") else end_of_line
    return text + gap + (f"\n{wrap(name, body)}").replace("\n", end_of_line)


def outside(text: str, path: str) -> str:
    """Give the text with our regions blanked out, line for line: what the user wrote."""
    parts: list[str] = []
    position = 0
    for region in find(text, path):
        parts.append(text[position : region.start])
        parts.append("\n" * text.count("\n", region.start, region.end))
        position = region.end
    return "".join((*parts, text[position:]))


def _broken(message: str, path: str, line: int) -> InputError:
    """Build the error about one mark."""
    return InputError(
        message,
        path=path,
        line=line,
        hint="every '<!-- migdocs:begin NAME -->' needs one '<!-- migdocs:end NAME -->' after it.",
    )
