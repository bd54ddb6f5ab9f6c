"""The release headings of a change log that people wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migdocs.core.markup import markdown, regions
from migdocs.core.releases import version

if TYPE_CHECKING:
    from collections.abc import Iterable

# `## [1.2.0] - 2026-03-01`, `## v1.2.0 (2026-03-01)`, `# Version 1.2.0`, `## [v1.2.0](https://…)`
_RELEASE = re.compile(
    r"(?:(?:version|release)\s+)?\[?(?P<version>v?\d+\.\d+[\w.+-]*)\]?(?:\([^)]*\))?"
    r"(?:[\s(–—:-]*(?P<date>\d{4}-\d{2}-\d{2}))?",  # noqa: RUF001 - people write dashes
    re.IGNORECASE,
)
# A file's stem in prose: `migrations/20260306_add_oidc.sql`, `V1.2__add_oidc`.
_NAME = re.compile(r"(?<![\w.-])[\w.-]+?(?=\.(?:sql|md)\b)|(?<=`)[\w.-]+(?=`)")
_DIRECTION = re.compile(r"(?:[._](?:rollback|up|down))?(?:\.(?:sql|md))?$")


@dataclass(frozen=True, slots=True)
class Heading:
    """A release that a change log tells of.

    Attributes:
        version: as written, ``1.0.0-alpha.7`` or ``v1.2.0``.
        date: ``YYYY-MM-DD``, None where it has none.
        text: everything below the heading.
    """

    version: str
    date: str | None
    line: int
    text: str = ""


def headings(text: str) -> tuple[Heading, ...]:
    """List the releases of a change log, in the order written, without *Unreleased*."""
    found = []
    for section in markdown.headings(text):
        match = _RELEASE.match(section.heading)
        if match and version.parse(match["version"]):
            found.append(Heading(match["version"], match["date"], section.line, section.text))
    return tuple(found)


def stamp(text: str, release: str, date: str, path: str) -> str:
    """Give a change log in which people's *Unreleased* entries stand under a release.

    The heading of the release is put below that of *Unreleased*, written as the others are. A text
    without *Unreleased*, or with that release already, is given back as it is, and so are our
    regions.
    """
    written = regions.outside(text, path)
    told = headings(written)
    if any(version.same(heading.version, release) for heading in told):
        return text
    lines = text.split("\n")
    for section in markdown.headings(written):
        if _is_unreleased(section.heading):
            end = "\r" if lines[section.line - 1].endswith("\r") else ""
            heading = _heading_like(told, lines, release, date)
            lines[section.line - 1] += f"\n{end}\n{heading}{end}"
            return "\n".join(lines)
    return text


def _heading_like(told: tuple[Heading, ...], lines: list[str], release: str, date: str) -> str:
    """Write a release's heading with the marks that the newest one of the file has."""
    above = lines[told[0].line - 1] if told else "## ["
    marks = above[: len(above) - len(above.lstrip("#"))]
    mark = "" if told and not told[0].version.startswith("v") else release[: release[0] == "v"]
    name = mark + release.removeprefix("v")
    return f"{marks} {f'[{name}]' if '[' in above else name} - {date}"


def has_unreleased(text: str) -> bool:
    """Tell whether somebody keeps an *Unreleased* section by hand."""
    return any(_is_unreleased(section.heading) for section in markdown.headings(text))


def _is_unreleased(heading: str) -> bool:
    """Tell *Unreleased* in each form: ``[Unreleased]``, ``[Unreleased](https://…)``."""
    return markdown.plain(heading).strip("[] ").lower() == "unreleased"


def mentions(told: tuple[Heading, ...], ids: Iterable[str]) -> dict[str, Heading]:
    """Find the release whose text names a migration, by migration id: the first that did so."""
    wanted = set(ids)
    found: dict[str, Heading] = {}
    for heading in told:  # the newest first, so that the first to name it is written last
        for word in set(_NAME.findall(heading.text)):
            name = word if word in wanted else _DIRECTION.sub("", word, count=1)
            if name in wanted:
                found[name] = heading
    return found
