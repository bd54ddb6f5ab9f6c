"""Resolve every link for the place it is written to, and find those that lead nowhere."""

from __future__ import annotations

import functools
import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator


class Link(Struct, frozen=True):
    """A link in somebody's Markdown: its target as written, and its line."""

    target: str
    line: int


def relative(source: str, target: str, anchor: str = "") -> str:
    """Give the link from one file to another, both from the root; ``#anchor`` within one file."""
    fragment = f"#{anchor}" if anchor else ""
    if source == target and fragment:
        return fragment
    folder, name = posixpath.split(target.rstrip("/"))
    way = _way(posixpath.dirname(source), folder)
    path = name if way == "." else f"{way}/{name}"
    return quote(path, safe="/._-~+@") + fragment


@functools.lru_cache(maxsize=4096)
def _way(source: str, target: str) -> str:
    """Give the way from one folder to another; many thousand links lead between the same few."""
    return posixpath.relpath(target or ".", source or ".")


def resolve(source: str, target: str) -> str | None:
    """Give the file or folder from the root that a link leads to; None where it leaves the project.

    The empty string is the file itself, ``.`` the root.
    """
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//", target):
        return None
    path = unquote(target.split("#", maxsplit=1)[0].split("?", maxsplit=1)[0])
    if not path:
        return ""
    if path.startswith("/"):
        return None  # from a site's root, which is not ours to know
    place = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    return None if place == ".." or place.startswith("../") else place


def anchor(heading: str) -> str:
    """Give a heading's anchor, as both forges and Python-Markdown make it.

    They agree for letters, digits, ``_`` and single spaces; our headings hold nothing else that
    would count.
    """
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return re.sub(r"[ -]+", "-", kept).strip("-")


def find(text: str) -> Iterator[Link]:
    """Yield the links and images of a Markdown text; those in code are none."""
    from markdown_it import MarkdownIt

    if "](" not in text and "]:" not in text:
        return
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        first = (token.map or [0])[0] + 1
        line = first
        for inner in token.children or ():
            if inner.type in {"softbreak", "hardbreak"}:
                line += 1
            target = inner.attrGet("href") or inner.attrGet("src")
            if isinstance(target, str):
                yield Link(target, line)
