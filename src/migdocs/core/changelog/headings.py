"""The release headings of a change log that people wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migdocs.core.changelog.titles import Title, titles
from migdocs.core.releases import version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DAY = r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4}"
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = rf"(?:{'|'.join(_MONTHS)})[a-z]*\.?"
_LONG_DAY = (
    rf"{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}(?:st|nd|rd|th)? {_MONTH},? \d{{4}}"
)
_DATE = re.compile(rf"\b(?:{_DAY}|{_LONG_DAY})", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})")
_YEAR_LAST = re.compile(r"\d{4}$|\d{4}(?=\D*$)")
# What may stand before a version: a date, these words, or the project's name, marks between them.
_BEFORE = re.compile(
    r"(?:[\W_]|(?:versions?|releases?|ver|rel|v|tag|milestone|changes|changelog|notes|for|in|since"
    r"|what|whats|s|is|new|the)\b)*",
    re.IGNORECASE,
)
_NAME = re.compile(r"@?[A-Za-z][\w./-]{0,60}?[-@/ _]v?(?=\d+\.\d+\.\d)")
_VERSION = re.compile(
    r"[vV]?\d+(?:[._]\d+)+[\w.+-]*|\d{4}-\d{2}-\d{2}(?:[.-]\d+)*|[vV]\d+(?![\w.])[\w+-]*"
)
# What may follow it: nothing, a mark, a date, or what a release is: yanked, current, unreleased.
_AFTER = re.compile(r"\s*(?:$|[\])(\[{:;,–—/&|@\"'.-]|yanked\b|\d{4}\b|released?\b)", re.IGNORECASE)  # noqa: RUF001 - people write dashes
_UNRELEASED = re.compile(
    r"[\W_]*(?:unreleased|not yet released|upcoming|next(?: release| version)?"
    r"|(?:version )?in development)(?: changes| version| release)?\b(?P<rest>.*)",
    re.IGNORECASE,
)
MARKED_UNRELEASED = re.compile(r"\b(?:unreleased|snapshot|not yet released)\b", re.IGNORECASE)
# A file's stem in prose: `migrations/20260306_add_oidc.sql`, `V1.2__add_oidc`.
_WORD = re.compile(r"(?P<opens>`?)(?P<word>[\w.-]++)(?P<closes>`?)")
_SUFFIX = re.compile(r"\.(?:sql|md)\b")
_DIRECTION = re.compile(r"(?:[._](?:rollback|up|down))?(?:\.(?:sql|md))?$")
_WHOLE = 3  # numbers of a version that nobody takes for something else


@dataclass(frozen=True, slots=True)
class Heading:
    """A release that a change log tells of.

    Attributes:
        version: as written, ``1.0.0-alpha.7`` or ``v1.2.0``.
        date: ``YYYY-MM-DD``, None where it has none.
        text: everything below the heading.
        unreleased: whether the heading says that it is not out yet.
        end: the number of the last line below the heading that is not the next one's.
    """

    version: str
    date: str | None
    line: int
    text: str = ""
    unreleased: bool = False
    end: int = field(default=0, compare=False)


def headings(text: str) -> tuple[Heading, ...]:
    """List the releases of a change log, in the order written, without *Unreleased*.

    A heading below a release's own is none, unless nothing but a release can look so.
    """
    every = list(titles(text))
    lines = text.split("\n")
    found: list[Heading] = []
    level = 0
    for place, title in enumerate(every):
        read = versions_in(title.words)
        if not read or (level and title.level > level and not _is_evident(title.words, read[0])):
            continue
        level = title.level
        end = next((t.line - 1 for t in every[place + 1 :] if t.level <= level), len(lines))
        body = "\n".join(lines[title.below - 1 : end]).rstrip()
        date, waits = _date(title.words), bool(MARKED_UNRELEASED.search(title.words))
        found += [Heading(name, date, title.line, body, waits, end) for name in read]
    return tuple(found)


def versions_in(words: str) -> tuple[str, ...]:
    """Give the versions that a heading names; none where it is no release's."""
    dated = _DATE.match(words.lstrip("[("))
    rest = words.lstrip("[(")[dated.end() :] if dated else words
    for text in (rest, words) if dated else (words,):
        start = _BEFORE.match(text)
        at = start.end() if start else 0
        name = _NAME.match(text, at)
        # 'v' before a number may have been taken for a word.
        match = _VERSION.match(text, name.end() if name else at)
        if match is None and at and text[at - 1 : at].lower() == "v":
            match = _VERSION.match(text, at - 1)
        if match and version.parse(match[0].rstrip(".-")) and _AFTER.match(text, match.end()):
            v = text[match.start() - 1 : match.start()]
            mark = v if v in "vV" and v and not match[0].startswith(("v", "V")) else ""
            first = mark + match[0].rstrip(".-")
            return (first, *_others(text[match.end() :]))
    return ()


def _others(rest: str) -> Iterator[str]:
    """Yield the versions that stand beside the first: ``1.1.0 & 1.0.5``."""
    while match := re.match(r"\s*(?:&|/|,|and)\s*(?=[vV]?\d+\.\d+\.\d)", rest):
        found = _VERSION.match(rest, match.end())
        if not found or not version.parse(found[0]):
            return
        yield found[0]
        rest = rest[found.end() :]


def _is_evident(words: str, name: str) -> bool:
    """Tell whether a heading below another release's can only be a release's own."""
    read = version.parse(name)
    if read is None or len(read.numbers) < _WHOLE:
        return False
    return bool(_DATE.search(words)) or words.lstrip().startswith("[")


def _date(words: str) -> str | None:
    """Give the day that a heading names; None where it names none, or one that can be two."""
    match = next((m for m in _DATE.finditer(words)), None)
    if match is None:
        return None
    if iso := _ISO.fullmatch(match[0]):
        return f"{iso[1]}-{int(iso[2]):02}-{int(iso[3]):02}"
    name = re.search(_MONTH, match[0], re.IGNORECASE)
    if name is None:
        return None  # 02/01/2024: the second of January, or the first of February
    month = _MONTHS.index(name[0][:3].lower()) + 1
    year = re.search(r"\d{4}", match[0])
    day = re.search(r"\b\d{1,2}(?!\d)", match[0])
    return f"{year[0]}-{month:02}-{int(day[0]):02}" if year and day else None


# --- what is not released yet -------------------------------------------------------------------


def has_unreleased(text: str) -> bool:
    """Tell whether somebody keeps an *Unreleased* section by hand."""
    return pending(text) is not None


def pending(text: str) -> Title | None:
    """Find the heading of what is not released yet: *Unreleased* in each form."""
    return next((title for title in titles(text) if is_unreleased(title.words)), None)


def is_unreleased(words: str) -> bool:
    """Tell *Unreleased* in each form: alone, with a made-up date, or behind a version."""
    match = _UNRELEASED.fullmatch(words)
    if match:
        return not re.search(r"[A-Za-z]{3}", match["rest"].replace("XX", ""))
    return bool(versions_in(words) and MARKED_UNRELEASED.search(words))


def _files(text: str) -> Iterator[str]:
    """Give the stems of files in a text, and what stands between code marks."""
    for found in _WORD.finditer(text):
        suffix = _SUFFIX.search(found["word"])
        if suffix:
            yield found["word"][: suffix.start()]
        elif found["opens"] and found["closes"]:
            yield found["word"]


def mentions(told: tuple[Heading, ...], ids: Iterable[str]) -> dict[str, Heading]:
    """Find the release whose text names a migration, by migration id: the first that did so."""
    wanted = set(ids)
    found: dict[str, Heading] = {}
    for heading in told:  # the newest first, so that the first to name it is written last
        for word in set(_files(heading.text)):
            name = word if word in wanted else _DIRECTION.sub("", word, count=1)
            if name in wanted:
                found[name] = heading
    return found
