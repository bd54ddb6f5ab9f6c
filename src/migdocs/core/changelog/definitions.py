"""Keep a Changelog's link definitions, kept current when a release is made.

::

    [Unreleased]: https://github.com/acme/app/compare/v1.0.0...HEAD
    [1.0.0]: https://github.com/acme/app/releases/tag/v1.0.0
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.changelog.headings import is_unreleased
from migdocs.core.markup import markdown
from migdocs.core.releases import version

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEFINITION = re.compile(
    r"(?P<start> {0,3}\[(?P<label>[^\]\n]+)\]:[ \t]*<?)(?P<url>[^\s<>]+)(?P<end>>?[^\r\n]*\r?)"
)
_COMPARE = re.compile(
    r"(?P<before>(?:(?!/compare/).|(?!))*+/compare/)(?P<from>(?:(?!\.\.).|(?!))++)(?P<dots>\.\.\.?)(?P<to>[^?#]++)"
)


def follow(lines: Sequence[str], name: str, tag: str) -> list[str]:
    """Give a change log's lines with the link of a release, and that of *Unreleased* moved on.

    A log without such links gets none; one that has the release's link already stays.

    Args:
        lines: of the file, without their line ends.
        name: of the release, as its heading has it.
        tag: that it gets.
    """
    prose = {line.number for line in markdown.lines("\n".join(lines)) if line.kind == "prose"}
    found = [
        (number, match)
        for number, line in enumerate(lines)
        if number + 1 in prose and (match := _DEFINITION.fullmatch(line))
    ]
    if any(version.same(match["label"], name) for _, match in found):
        return list(lines)
    pending = next(((n, m) for n, m in found if is_unreleased(m["label"])), None)
    newest = next(((n, m) for n, m in found if version.parse(_bare(m["label"]))), None)
    made = list(lines)
    if pending and (moved := _moved(pending[1]["url"], tag)):
        number, match = pending
        made[number] = f"{match['start']}{moved[0]}{match['end']}"
        made.insert(number + 1, _definition(match, name, moved[1]))
    elif newest and (url := next_link(newest[1]["url"], _bare(newest[1]["label"]), tag)):
        made.insert(newest[0], _definition(newest[1], name, url))
    return made


def _definition(like: re.Match[str], name: str, url: str) -> str:
    """Write a definition as another is written."""
    start = like["start"].replace(f"[{like['label']}]", f"[{name}]", 1)
    return f"{start}{url}{like['end']}"


def _moved(url: str, tag: str) -> tuple[str, str] | None:
    """Give the link of what is unreleased from now on, and that of the release; None if unknown.

    Where neither side is a version, or both are, nobody can say which is to be moved.
    """
    match = _COMPARE.fullmatch(url)
    if match is None:
        return None
    old, new = _is_tag(match["from"]), _is_tag(match["to"])
    if old == new:
        return None
    sides = (match["from"], tag) if old else (tag, match["to"])
    after = (tag, match["to"]) if old else (match["from"], tag)
    both = (after, sides)
    first, second = (f"{match['before']}{a}{match['dots']}{b}" for a, b in both)
    return first, second


def is_one(line: str) -> bool:
    """Tell whether a line is a link definition."""
    return bool(_DEFINITION.fullmatch(line))


def next_link(url: str, before: str, tag: str) -> str:
    """Give a release's link, shaped as that of the one before it; empty where that is not known.

    Args:
        url: of the release before.
        before: its version.
        tag: of the release.
    """
    match = _COMPARE.fullmatch(url)
    if match and version.same(_bare(match["to"]), before):
        return f"{match['before']}{match['to']}{match['dots']}{tag}"
    if match and version.same(_bare(match["from"]), before):
        return f"{match['before']}{tag}{match['dots']}{match['from']}"
    before, slash, last = url.rpartition("/")
    return f"{before}{slash}{tag}" if _is_tag(last) else ""


def _is_tag(text: str) -> bool:
    """Tell whether a side of a comparison names a version, whatever stands before it."""
    return version.parse(_bare(text)) is not None


def _bare(text: str) -> str:
    """Give a tag's version, without its family's prefix; a label as it is."""
    return version.split(text.replace("%2F", "/"))[1] or text
