"""Replace what is ours in a file and keep every other byte.

A region stands between ``<!-- migdocs:begin NAME -->`` and ``<!-- migdocs:end NAME -->``, each
alone on its line. Everything outside belongs to the user; a mark in a fenced block of theirs is an
example.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from migdocs.core.errors import InputError, raise_all
from migdocs.core.markup import markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARK = re.compile(
    r"^\ufeff?[ \t]*<!--[ \t]*migdocs:(?P<side>begin|end)[ \t]+(?P<name>[\w.+-]+?)[ \t]*-->"
    r"[ \t]*(?:\r?\n|\Z)",
    re.MULTILINE,
)
# What would be taken for a mark of ours in a text that somebody else wrote.
_FORGED = re.compile(r"<!--(?=[ \t]*migdocs:(?:begin|end)\b)")


class Region(Struct, frozen=True):
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
    opened: Region | None = None
    for match in _marks(text):
        name, line = match["name"], text.count("\n", 0, match.start()) + 1
        begins = match["side"] == "begin"
        if begins and (
            name in {region.name for region in found} or (opened and opened.name == name)
        ):
            errors.append(_broken(f"region '{name}' is opened a second time", path, line))
        elif begins and opened:
            errors.append(_broken(f"region '{opened.name}' is never closed", path, opened.line))
        if begins:
            opened = Region(name, match.end(), match.end(), line)
        elif opened and opened.name == name:
            found.append(structs.replace(opened, end=match.start()))
            opened = None
        else:
            errors.append(_broken(f"region '{name}' ends here but was not opened", path, line))
    if opened:
        errors.append(_broken(f"region '{opened.name}' is never closed", path, opened.line))
    raise_all(errors)
    return tuple(found)


def _marks(text: str) -> Iterator[re.Match[str]]:
    """Yield the marks, but those that are shown as an example in a fenced block.

    Fences count outside of regions only: one that somebody broke inside hides no mark.
    """
    front = markdown.front_matter(text)
    position = front.end() if front else 0
    fence = ""
    inside = False
    while match := _MARK.search(text, position):
        if not inside:
            for line in text[position : match.start()].split("\n"):
                fence = markdown.fence_after(line, fence)
        if not fence:
            inside = match["side"] == "begin"
            yield match
        position = match.end()


def replace(text: str, name: str, body: str, path: str) -> str | None:
    """Give the file with the region's inside replaced; None where it has no such region.

    The file's own line ends are used.
    """
    region = next((r for r in find(text, path) if r.name == name), None)
    if region is None:
        return None
    end_of_line = "\r\n" if text[: region.start].endswith("\r\n") else "\n"
    inside = _inside(body).replace("\n", end_of_line)
    return text[: region.start] + inside + text[region.end :]


def wrap(name: str, body: str) -> str:
    """Give a region with its marks."""
    return f"<!-- migdocs:begin {name} -->\n{_inside(body)}<!-- migdocs:end {name} -->\n"


def adopt(text: str, name: str, body: str) -> str:
    """Give a hand-written file with the region put first; the old text follows, byte for byte.

    Only a byte-order mark and YAML front matter stay above: they mean something there alone.
    """
    front = markdown.front_matter(text)
    cut = front.end() if front else len(text) - len(text.removeprefix("\ufeff"))
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    gap = "\n" if front and not front[0].endswith("\n") else ""
    region = f"{gap}{wrap(name, body)}\n".replace("\n", end_of_line)
    return text[:cut] + region + text[cut:]


def append(text: str, name: str, body: str) -> str:
    """Give a hand-written file with the region put last, the text before it byte for byte."""
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text or text.endswith("\n") else "\n"
    return text + f"{gap}\n{wrap(name, body)}".replace("\n", end_of_line)


def _inside(body: str) -> str:
    """Give a region's inside: one line end behind it, and no mark in it that is not ours."""
    return _FORGED.sub("<! --", body).strip("\n") + "\n"


def inside(text: str, name: str, path: str) -> str:
    """Give what stands in a region; empty where the file has no such region."""
    return "".join(text[r.start : r.end] for r in find(text, path) if r.name == name)


def outside(text: str, path: str) -> str:
    """Give the text with our regions and their marks blanked out, line for line."""
    parts: list[str] = []
    position = 0
    for region in find(text, path):
        opens = text.rfind("\n", 0, region.start - 1) + 1
        closes = text.find("\n", region.end) + 1 or len(text)
        parts.append(text[position:opens])
        parts.append("\n" * text.count("\n", opens, closes))
        position = closes
    return "".join((*parts, text[position:]))


def _broken(message: str, path: str, line: int) -> InputError:
    """Build the error about one mark."""
    return InputError(
        message,
        path=path,
        line=line,
        hint="every '<!-- migdocs:begin NAME -->' needs one '<!-- migdocs:end NAME -->' after it.",
    )
