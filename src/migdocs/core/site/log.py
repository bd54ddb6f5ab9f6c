"""The log's pages: of many migrations, what is known of each is on pages of a hundred.

A page that was full stays as it is, whatever is added. Every migration's anchor stays on the first
page too, beside the link to where its entry is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.documents import render
from migdocs.core.markup import escape, links

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.site.page import SitePage

LONGEST = 2000  # lines of one page
EACH = 100  # migrations a page
_HEAD, _ENTRY, _NEXT = "\n## Migrations\n", "\n### ", "\n## "


def pages(page: SitePage) -> Iterator[tuple[str, str]]:
    """Yield the pages of the log: path and Markdown."""
    whole = render.region(page)
    before, head, rest = whole.partition(_HEAD)
    entries, next_, after = rest.partition(_NEXT)
    found = entries.split(_ENTRY)[:0:-1]  # in the order in which they run
    if whole.count("\n") <= LONGEST or len(found) <= EACH:
        yield page.path, whole
        return
    parts = [found[first : first + EACH] for first in range(0, len(found), EACH)]
    listed = "\n".join(
        _listed(page, number, part) for number, part in reversed([*enumerate(parts, 1)])
    )
    intro = f"What is known of each, {EACH} a page:"
    yield page.path, f"{before}{head}\n{intro}\n\n{listed}\n{next_}{after}"
    for number, part in enumerate(parts, 1):
        top = f"# Migrations log, part {number}\n\n{page.document('log', 'All parts')}\n"
        yield _path(page, number), top + "".join(f"{_ENTRY}{entry}" for entry in reversed(part))


def _path(page: SitePage, number: int) -> str:
    """Give the page of a part."""
    return f"{page.path.removesuffix('.md')}-{number}.md"


def _listed(page: SitePage, number: int, part: Sequence[str]) -> str:
    """Link to a part, where the anchors of its migrations are."""
    ids = [entry.partition("\n")[0] for entry in part]
    anchors = "".join(f'<span id="{links.anchor(id_)}"></span>' for id_ in ids)
    name = _path(page, number).rpartition("/")[2]
    told = ids[0] if len(ids) == 1 else f"{ids[0]} to {ids[-1]}"
    return f"- {anchors}{escape.Safe(f'[{told}]({name})')}"
