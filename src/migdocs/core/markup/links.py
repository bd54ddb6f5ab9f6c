"""Resolve every link for the place it is written to, and find those that lead nowhere."""

from __future__ import annotations

import functools
import posixpath
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

PIECE = 1 << 16  # characters that are parsed at a time, to the next empty line
LONGEST = 1 << 17  # characters without an empty line
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\[\n]+\]:[^\n]*", re.MULTILINE)


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
    parser, known = MarkdownIt("commonmark").enable("table"), dict[str, Any]()
    if len(text) > PIECE:
        parser.parse("\n".join(found[0] for found in _DEFINITION.finditer(text)), known)
    for piece, begins in _pieces(text):
        for token in parser.parse(piece, known):
            yield from _of(token, begins)


def _of(token: Token, begins: int) -> Iterator[Link]:
    """Yield a token's links; its lines are counted from where its piece begins."""
    line = begins + (token.map or [0])[0]
    for inner in token.children or ():
        if inner.type in {"softbreak", "hardbreak"}:
            line += 1
        target = inner.attrGet("href") or inner.attrGet("src")
        if isinstance(target, str):
            yield Link(target, line)


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """Part a long text at empty lines outside of code, and give each piece's first line.

    A parser holds some eighty times what it reads.
    """
    if len(text) <= PIECE:
        yield text, 1
        return
    start = end = 0
    begins = line = 1
    fence = ""
    for found in _LINE.finditer(text):
        end, line = found.end(), line + 1
        mark = _FENCE.match(found[0])
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        empty = not fence and not found[0].strip()
        if (empty and end - start > PIECE) or end - start > LONGEST:
            yield text[start:end], begins
            start, begins = end, line
    yield text[start:], begins
