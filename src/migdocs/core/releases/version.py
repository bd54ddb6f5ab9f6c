"""Read and order versions: SemVer, PEP 440 and CalVer, with any prefix, several families at once.

One key orders every scheme: ``(epoch, numbers, phase, identifiers, post, dev, build)``; the build
metadata, which SemVer orders nothing by, tells two tags of one version apart. SemVer 2.0.0
section 11 and PEP 440 "Summary of permitted suffixes and relative ordering" both fit into it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from math import inf
from typing import Literal

from migdocs.core.errors import UsageError

Scheme = Literal["semver", "pep440", "calver"]
Part = Literal["major", "minor", "patch"]
Identifier = tuple[int, str, int]
Key = tuple[int, tuple[int, ...], int, tuple[Identifier, ...], float, float, tuple[Identifier, ...]]

# PEP 440 orders 1.0.dev1 before 1.0a1; a version without a suffix is final.
BEFORE_CANDIDATES, CANDIDATE, FINAL = -2, -1, 0

# 1.2.3-rc.1+build, 1.2, 1.2.3.4, and REL_9_6_1's numbers; eighteen digits are a number's limit.
_DOTTED = re.compile(
    r"(?P<numbers>[0-9]{1,18}(?:[._][0-9]{1,18})*)"
    r"(?:[.-](?:RELEASE|Release|FINAL|Final|GA))?"  # as Java's projects write finals
    r"(?:-(?P<pre>[0-9A-Za-z.-]+))?(?:\+(?P<build>[0-9A-Za-z.-]+))?"
)
# 2024-01-15, and the second one of that day, 2024-01-15.2.
_DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[.-][0-9]{1,18})*")
# 2024.01-2: the second one of January.
_COUNTED = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})*)-([0-9]{1,18})")
# A version begins a tag, or follows a separator ("service/v1.2.0", "pkg@1.2.0", "release-1.2.0").
_START = re.compile(
    r"(?:^|(?<=[/@_-])|(?<=[A-Za-z]\.)|(?<=[A-Za-z])(?=[0-9]+[._][0-9]))[vV]?(?=[0-9])"
)
_LAST_NUMBER = re.compile(r"[0-9]+(?=[^0-9]*$)")
_WORD_OR_NUMBER = re.compile(r"[0-9]{1,18}|[A-Za-z-]+")
_FIRST_YEAR, _LAST_YEAR = 1990, 2199
_PEP440_LETTERS = {"a": "alpha", "b": "beta", "rc": "rc"}


@dataclass(frozen=True, slots=True)
class Version:
    """A version that can be compared.

    Attributes:
        text: without prefix and ``v``: ``1.2.0-rc.1``.
        numbers: as written, ``(1, 2, 0)``; trailing zeros do not count when versions are compared.
        key: orders versions of one family.
    """

    text: str = field(compare=False)
    scheme: Scheme = field(compare=False)
    numbers: tuple[int, ...] = field(compare=False)
    key: Key

    @property
    def release(self) -> tuple[int, tuple[int, ...]]:
        """What a candidate shares with its release: the epoch and the significant numbers."""
        return self.key[:2]

    @property
    def prerelease(self) -> bool:
        """Whether it comes before the release of the same numbers."""
        return self.key[2] < FINAL or self.key[5] != inf


_LONGEST = 250  # characters of a name that may be a version's: as a file's


@cache  # the same few hundred names are compared many times over
def parse(text: str, scheme: Scheme = "semver") -> Version | None:
    """Read a version with or without a prefix (``service/v1.2.0``); None where there is none.

    ``scheme`` decides only where schemes disagree: ``1.0-1`` is a candidate in SemVer and a
    post-release in PEP 440. What one scheme cannot read is tried with the others.
    """
    return _read(split(text)[1], scheme)


def split(tag: str) -> tuple[str, str]:
    """Split a tag into its family's prefix and what it calls the version.

    ``service/v1.2.0`` → ``("service/", "v1.2.0")``; a tag without a version gives ``(tag, "")``.
    """
    for start in _START.finditer(tag) if len(tag) <= _LONGEST else ():
        if _read(tag[start.end() :], "semver"):
            return tag[: start.start()], tag[start.start() :]
    return tag, ""


def is_prerelease(text: str) -> bool:
    """Tell whether a version is a candidate, a preview or a development build."""
    version = parse(text)
    return version is not None and version.prerelease


def same(declared: str, version: str) -> bool:
    """Tell whether two people mean one version: ``1.1.0``, ``v1.1.0`` and ``1.1`` do."""
    if declared == version:
        return True
    one, other = parse(declared), parse(version)
    if one is None or other is None:
        return False
    both = bool(one.key[-1] and other.key[-1])
    return one == other if both else one.key[:-1] == other.key[:-1]  # 1.1.0 means 1.1.0+build.7


@cache
def _index(names: frozenset[str]) -> tuple[frozenset[object], frozenset[object]]:
    """Give what names are known by: whole keys and words; keys that any build metadata fits."""
    keys = [read.key for name in names if (read := parse(name))]
    exact = {*keys, *(key[:-1] for key in keys if not key[-1]), *(name.lower() for name in names)}
    return frozenset(exact), frozenset(key[:-1] for key in keys)


def is_among(version: str, names: frozenset[str]) -> bool:
    """Tell whether one of some names means a version, as ``same`` does, or is it in other letters.

    A thousand releases beside as many names are told at once.
    """
    exact, any_build = _index(names)
    read = parse(version)
    if version.lower() in exact or read is None:
        return version.lower() in exact
    if not read.key[-1]:
        return read.key[:-1] in any_build
    return read.key in exact or read.key[:-1] in exact


def agree(declared: str, version: str) -> bool:
    """Tell whether what is said of one version may be said of another: ``1.1.0`` of its ``-rc``."""
    one, other = parse(declared), parse(version)
    if one is None or other is None:
        return declared == version
    return one == other or (one.release == other.release and one.prerelease != other.prerelease)


def bump(text: str, part: Part) -> str:
    """Give the next version, with the prefix, the ``v``, the epoch and the separators kept.

    A candidate becomes the release that it is a candidate for, where that is enough:
    ``2.0.0-rc.1`` is a major step already. A CalVer version counts its last number up.

    Raises:
        UsageError: the text holds no version.
    """
    prefix, written = split(text)
    version = _read(written, "semver")
    if version is None:
        raise UsageError(f"'{text}' is not a version", hint="Write it like 1.2.0.")
    if version.scheme == "calver":
        return prefix + _LAST_NUMBER.sub(_counted_up, written)
    mark = written[: len(written) - len(written.lstrip("vV"))]
    epoch = f"{version.key[0]}!" if version.key[0] else ""
    separator = "_" if "_" in version.text else "."
    return f"{prefix}{mark}{epoch}{separator.join(map(str, _bumped(version, part)))}"


def _counted_up(number: re.Match[str]) -> str:
    """Give the next number with as many digits: ``09`` → ``10``."""
    return str(int(number[0]) + 1).zfill(len(number[0]))


def _bumped(version: Version, part: Part) -> list[int]:
    """Count one number up and set those after it to zero."""
    index = ("major", "minor", "patch").index(part)
    numbers = list(version.numbers) + [0] * (index + 1 - len(version.numbers))
    if version.prerelease and not any(numbers[index + 1 :]):
        return numbers
    return [*numbers[:index], numbers[index] + 1, *[0] * (len(numbers) - index - 1)]


# --- one version --------------------------------------------------------------------------------


def _read(text: str, scheme: Scheme) -> Version | None:
    """Read a version that has no family's prefix any more."""
    text = text.lstrip("vV")
    if not any(map(str.isdecimal, text)):  # "Unreleased", "Planned": every version has a number
        return None
    readers = [_read_dated, _read_dotted, _read_pep440]
    if scheme == "pep440":
        readers.reverse()
    if scheme == "calver":
        readers.insert(1, _read_counted_day)
    return next((version for reader in readers if (version := reader(text))), None)


def _read_dotted(text: str) -> Version | None:
    """Read SemVer, and versions of one, two, four or more numbers in its manner."""
    match = _DOTTED.fullmatch(text)
    if match is None:
        return None
    numbers = tuple(map(int, match["numbers"].replace("_", ".").split(".")))
    pre, build = _identifiers(match["pre"] or ""), _identifiers(match["build"] or "")
    key = (0, _significant(numbers), CANDIDATE if pre else FINAL, pre, -1, inf, build)
    return Version(text, "calver" if _is_year(numbers[0]) else "semver", numbers, key)


def _read_dated(text: str) -> Version | None:
    """Read a day: ``2024-01-15``."""
    if not _DATED.fullmatch(text):
        return None
    numbers = tuple(map(int, re.split(r"[.-]", text)))
    return Version(text, "calver", numbers, (0, _significant(numbers), FINAL, (), -1, inf, ()))


def _read_counted_day(text: str) -> Version | None:
    """Read a calendar version and a count: ``2024.01-2`` is after ``2024.01``."""
    match = _COUNTED.fullmatch(text)
    if match is None:
        return None
    numbers = tuple(map(int, match[1].split(".")))
    key = (0, _significant(numbers), FINAL, (), int(match[2]), inf, ())
    return Version(text, "calver", numbers, key)


def _read_pep440(text: str) -> Version | None:
    """Read PEP 440: ``1!2.0rc1``, ``1.0.post2``, ``1.0.dev3``."""
    from packaging.version import Version as Pep440

    try:
        read = Pep440(text)
    except ValueError:  # not a version, or a number of thousands of digits
        return None
    letter, count = read.pre or ("", 0)
    pre = ((1, _PEP440_LETTERS[letter], -1), (0, "", count)) if letter else ()
    post = -1 if read.post is None else read.post
    dev = inf if read.dev is None else read.dev
    only_dev = dev != inf and not pre and post < 0
    phase = BEFORE_CANDIDATES if only_dev else CANDIDATE if pre else FINAL
    key = (read.epoch, _significant(read.release), phase, pre, post, dev, ())
    return Version(text, "pep440", read.release, key)


def _identifiers(pre: str) -> tuple[Identifier, ...]:
    """Give SemVer's identifiers in order: numbers before words, a shorter list before a longer.

    A word's trailing number counts as a number, so that ``rc10`` comes after ``rc2``.
    """
    return tuple(
        (0, "", int(piece)) if piece.isdigit() else (1, piece, -1)
        for identifier in pre.split(".")
        for piece in _WORD_OR_NUMBER.findall(identifier)
    )


def _significant(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """Drop trailing zeros: 1.0 and 1.0.0 are one version."""
    end = len(numbers)
    while end and not numbers[end - 1]:
        end -= 1
    return numbers[:end]


def _is_year(number: int) -> bool:
    """Tell whether a first number is a calendar year, or a whole day (``20240115``)."""
    return _FIRST_YEAR <= number <= _LAST_YEAR or _FIRST_YEAR <= number // 10_000 <= _LAST_YEAR
