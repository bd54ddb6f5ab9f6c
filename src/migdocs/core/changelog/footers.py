"""What the end of a commit's message says breaks: each footer whole, and apart from the others."""

from __future__ import annotations

import re

# Conventional Commits 1.0.0 (8 to 16) asks for the words at a line's start, with a colon or a
# number; squashed commits have them in lists, and people make them bold.
_START = re.compile(
    r"[ \t]*(?:[-*+][ \t]+)?(?:\*\*|__)?BREAKING[ -]CHANGES?(?:\([^)]*\))?(?:\*\*|__)?"
    r"(?::(?:\*\*|__)?[ \t]*|[ \t]+(?=#\d))(?P<text>.*)"
)
# Without the colon: alone on its line, behind a dash, or with the text right behind it.
_FORGOTTEN = re.compile(
    r"^BREAKING[ -]CHANGES?(?:[ \t]+(?!#\d)[-\u2013\u2014]*[ \t]*(?P<text>[^\n]*))?$", re.MULTILINE
)
_FOOTER = re.compile(r"(?:[A-Za-z][A-Za-z-]*)(?:: | #)")
_RULER = re.compile(r"-{3,}\s*$|\*{3,}\s*$|_{3,}\s*$")
_PICKED = re.compile(r"\(cherry picked from commit ")
# What a squash puts between the commits that it joins: '* fix: another'.
_NEXT = re.compile(r"[*-] [a-z]+(?:\([^)]*\))?!?: ")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]")
_FENCE = re.compile(r"[ \t]*(```+|~~~+)")


def breaking(body: str, *, lenient: bool = False) -> list[str]:
    """List the BREAKING CHANGE footers, each up to the next footer, with their lines.

    ``lenient`` takes one without its colon too.
    """
    if "BREAKING" not in body:
        return []
    notes: list[list[str]] = []
    inside, fence = False, ""
    for raw in body.replace("\r", "").split("\n"):
        if inside and (mark := _FENCE.match(raw)):
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        if fence:
            notes[-1].append(raw)
            continue
        found = _START.match(raw)
        if found:
            notes.append([found["text"]])
        elif lenient and (found := _FORGOTTEN.match(raw)):
            notes.append([found["text"] or ""])
        elif inside and _ends(raw):
            inside = False
        elif inside:
            notes[-1].append(raw)
        inside = inside or bool(found)
    return [_unwrapped(lines) for lines in notes]


def _unwrapped(lines: list[str]) -> str:
    """Join the lines of each paragraph; lists and fenced blocks keep theirs."""
    found: list[str] = []
    fence, open_ = "", False
    for line in lines:
        if mark := _FENCE.match(line):
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
            found.append(line.rstrip())
            open_ = False
        elif open_ and not fence and line.strip() and not _ITEM.match(line):
            found[-1] += " " + line.strip()
        else:
            found.append(line.rstrip() if fence else line.strip())
            open_ = bool(line.strip()) and not fence
    return re.sub(r"\n{3,}", "\n\n", "\n".join(found)).strip()


def forgotten(body: str) -> bool:
    """Tell whether somebody wrote BREAKING CHANGE and forgot the colon."""
    return "BREAKING" in body and bool(_FORGOTTEN.search(body.replace("\r", "")))


def _ends(line: str) -> bool:
    """Tell whether a footer ends above a line."""
    return any(shape.match(line) for shape in (_FOOTER, _RULER, _PICKED, _NEXT))
