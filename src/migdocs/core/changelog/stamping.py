"""Put what people wrote under *Unreleased* under a release, in a change log of theirs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.changelog import definitions, headings
from migdocs.core.changelog.titles import Title, titles
from migdocs.core.markup import regions
from migdocs.core.releases import version

if TYPE_CHECKING:
    from migdocs.core.changelog.headings import Heading
    from migdocs.core.releases.stamp import Stamp

# What waits under *Unreleased* for entries: empty headings, a comment on one line.
_OUTLINE = re.compile(r" {0,3}#{2,6}[ \t]|[ \t]*<!--.*-->[ \t]*\r?$")
_LINKED = re.compile(r"\]\((?P<url>[^()\s]+)\)")


def stamp(text: str, made: Stamp, path: str, entries: str = "") -> str:
    """Give a change log in which people's *Unreleased* entries stand under a release.

    The heading of the release is put below that of *Unreleased*, written as the others are; one
    that names the version already gets its date. Where nobody wrote an entry, those of git are put
    there. A text without *Unreleased*, or with that release already, is given back as it is, and so
    are our regions.

    Args:
        text: of the file.
        made: the release.
        path: of the file, for errors.
        entries: what git tells of the release, as Markdown.
    """
    written = regions.outside(text, path)
    told = [h for h in headings.headings(written) if not h.unreleased]
    title = headings.pending(written)
    if title is None or any(version.same(h.version, made.version) for h in told):
        return text
    lines = text.split("\n")
    end = "\r" if lines[title.line - 1].endswith("\r") else ""
    plain = [line.removesuffix("\r") for line in lines]
    name = next(iter(headings.versions_in(title.words)), "")
    at = title.below - 1
    filled: list[str] = []
    if not _says_something(written, title):
        filled = ["", *entries.strip("\n").split("\n")] if entries.strip() else []
        at = at if name else _below_outline(written, title)
    if name:
        plain[title.line - 1] = re.sub(
            headings.MARKED_UNRELEASED, made.date, plain[title.line - 1], count=1
        )
        plain[at:at] = filled
    else:
        name = _name_like(told, made.version)
        plain[at:at] = ["", *_heading_like(told, plain, name, made, title), *filled]
    linked = definitions.follow(plain, name, made.tag)
    return "\n".join(f"{line}{end}" for line in linked[:-1]) + f"\n{linked[-1]}"


def _section(written: str, title: Title) -> list[str]:
    """Give the lines below a heading, up to the next of its level; link definitions are none."""
    lines = written.split("\n")
    every = [t.line for t in titles(written) if t.line > title.line and t.level <= title.level]
    stop = min(every, default=len(lines) + 1) - 1
    return [_blank_definition(line) for line in lines[title.below - 1 : stop]]


def _blank_definition(line: str) -> str:
    """Give a line; an empty one for a link definition."""
    return "" if definitions.is_one(line.rstrip()) else line


def _says_something(written: str, title: Title) -> bool:
    """Tell whether anything but an outline stands below a heading: empty headings, a comment."""
    return any(line.strip() and not _OUTLINE.match(line) for line in _section(written, title))


def _below_outline(written: str, title: Title) -> int:
    """Give the place below the empty headings of a section: they wait there for what comes."""
    section = _section(written, title)
    last = max((n for n, line in enumerate(section) if line.strip()), default=-1)
    return title.below - 1 + last + 1


def _name_like(told: list[Heading], release: str) -> str:
    """Write a version with the ``v`` that the newest release of the file has, or without one."""
    bare = version.split(release)[1].removeprefix("v")
    mark = "v" if (told[0].version if told else release).startswith("v") else ""
    return f"{mark}{bare}"


def _heading_like(
    told: list[Heading], lines: list[str], name: str, made: Stamp, pending: Title
) -> list[str]:
    """Write a release's heading with the marks that the newest one of the file has."""
    above = lines[told[0].line - 1] if told else "## ["
    shown = f"[{name}]" if "[" in above else name
    link = _LINKED.search(above)
    if link and told and (url := definitions.next_link(link["url"], told[0].version, made.tag)):
        shown = f"[{name}]({url})"
    tail = f"({made.date})" if told and re.search(r"\(\d{4}-", above) else f"- {made.date}"
    marks = above[: len(above) - len(above.lstrip("#"))]
    if marks:
        return [f"{marks} {shown} {tail}"]
    if pending.below == pending.line + 1:  # the file's own headings are of another shape
        return [f"{'#' * pending.level} {shown} {tail}"]
    underline = lines[pending.below - 2].strip()[:1]
    return [f"{shown} {tail}", underline * len(f"{shown} {tail}")]
