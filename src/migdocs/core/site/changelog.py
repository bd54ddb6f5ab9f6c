"""The change log's pages: what people wrote is shown whole, a long one by major version.

The pages of the parts lie beside the first, so that every link in them leads where it did.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.documents import render
from migdocs.core.markup import escape, markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.site.page import SitePage

LONGEST = 2000  # lines of one page
_OPENING = "Overview"
_DEFINITION = re.compile(r"\[(?P<name>[^\]]+)\]: \S+")
_UNDERLINE = re.compile(r"\A[=-]+[ \t]*(?:\n|\Z)")
_MAJOR = re.compile(r"\W*(?:(?:version|release)\s+)?\[?v?(?P<major>\d+)\.\d", re.IGNORECASE)


def pages(page: SitePage, written: str, source: str) -> Iterator[tuple[str, str]]:
    """Yield the pages: path and Markdown.

    Args:
        page: of the change log.
        written: what people wrote in its file, outside of our regions.
        source: the file's path, from which their links lead.
    """
    ours = render.region(page).splitlines()
    body = [line for line in ours if not _DEFINITION.fullmatch(line)]
    definitions = [line for line in ours if _DEFINITION.fullmatch(line)]
    whole = "\n".join([*body, *_by_hand(page, written, source)])
    parts = _parts(whole) if whole.count("\n") > LONGEST else {"": whole}
    if len(parts) == 1:
        yield page.path, _text(whole, definitions)
        return
    intro = parts.pop("")
    paths = {major: _path(page, number, major) for number, major in enumerate(parts)}
    for major, text in parts.items():
        top = intro.rstrip() if paths[major] == page.path else f"# Change log of {major}"
        yield paths[major], _text(f"{top}\n\n{_contents(paths, major)}\n\n{text}", definitions)


def _by_hand(page: SitePage, written: str, source: str) -> Iterator[str]:
    """Yield the lines of what people wrote, their headings below ours."""
    lines = written.splitlines()
    sections = markdown.headings(written)
    starts = [section.line for section in sections]
    if not written.strip():
        return
    yield from (
        "",
        "## As written by hand",
        "",
        page.with_links(source, _between(lines, 0, starts)),
    )
    for number, section in enumerate(sections):
        if section.level > 1:
            yield from ("", f"{'#' * section.level} {escape.prose(section.heading)}")
        own = _between(lines, section.line, starts[number + 1 :])
        yield from ("", page.with_links(source, _UNDERLINE.sub("", own)))


def _between(lines: list[str], first: int, starts: list[int]) -> str:
    """Give the lines up to the next heading."""
    return "\n".join(lines[first : starts[0] - 1 if starts else None])


def _parts(text: str) -> dict[str, str]:
    """Part a change log by the major versions of its headings; what is above them has no name."""
    parts: dict[str, list[str]] = {"": []}
    major = ""
    for line in text.split("\n"):
        found = _MAJOR.match(line.removeprefix("##")) if re.match(r"##? ", line) else None
        if found:
            major = f"v{found['major']}"
        elif line.startswith("## ") and not major:
            major = _OPENING
        parts.setdefault(major, []).append(line)
    opening = parts.get(_OPENING, [])
    if len(parts) > len({"", _OPENING}) and not any(
        line.strip() and not line.startswith("#") for line in opening
    ):
        # Headings alone are no page: they stand above the first that has something.
        first = next(name for name in parts if name not in {"", _OPENING})
        parts[first] = [*parts.pop(_OPENING, []), *parts[first]]
    return {name: "\n".join(lines) for name, lines in parts.items()}


def _path(page: SitePage, number: int, major: str) -> str:
    """Give the page of a part; the first is the change log's own."""
    return page.path if not number else f"{page.path.removesuffix('.md')}-{major}.md"


def _contents(paths: dict[str, str], here: str) -> str:
    """List the parts."""
    links = (
        f"**{major}**" if major == here else f"[{major}]({path.rpartition('/')[2]})"
        for major, path in paths.items()
    )
    return f"By major version: {', '.join(links)}"


def _text(text: str, definitions: list[str]) -> str:
    """Give a page with the definitions of the links that it has."""
    used = [line for line in definitions if f"[{line[1:].partition(']: ')[0]}]" in text]
    return "\n".join((text.rstrip("\n"), "", *used)).rstrip("\n") + "\n"
