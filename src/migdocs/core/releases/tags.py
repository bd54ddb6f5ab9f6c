"""Tell which tags are releases, in the order of their versions, and why the others are not.

A family is the tags that share a prefix: ``service/v1.2.0`` and ``service/v1.3.0``. A repository
may hold several; without a setting, the one that belongs to the project's folder is read.
"""

from __future__ import annotations

import re
from collections import Counter
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.core.releases.version import Scheme, Version, parse, split
from migdocs.core.timeline import IgnoredTag, Tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# What stands before a package's name in some tags: release-api-1.0.0, v-api@1.0.0.
_WORDS_BEFORE = re.compile(r"^(?:releases?|rel|version|v)[-_.]")


class ReleaseTags(Struct, frozen=True):
    """What the tags of a repository say.

    Attributes:
        tags: the releases, lowest version first; their candidates on the same commit are aliases.
        ignored: every other tag, with the reason, by name.
        families: each prefix found, with its scheme and the number of its tags.
        chosen: the prefixes whose tags are read.
        strays: releases that are lower than one that their history holds, with that one.
    """

    tags: tuple[Tag, ...] = ()
    ignored: tuple[IgnoredTag, ...] = ()
    families: tuple[tuple[str, Scheme, int], ...] = ()
    chosen: tuple[str, ...] = ()
    strays: tuple[tuple[str, str], ...] = ()


class _Read(Struct, frozen=True):
    """A tag with what its name says."""

    tag: Tag
    version: Version


def read_tags(tags: Iterable[Tag], patterns: Sequence[str] = (), folder: str = "") -> ReleaseTags:
    """Choose the tags that are releases.

    Args:
        tags: as git lists them; their ``version`` is not looked at.
        patterns: the setting ``tags``: shell patterns of full names; none lets us guess.
        folder: of the migrations, from the repository's root: ``service/policy/db/migrations``.
    """
    ignored: list[IgnoredTag] = []
    families: dict[str, list[Tag]] = {}
    for tag in sorted(tags, key=lambda tag: tag.name):
        family, text = split(tag.name)
        if patterns and not any(fnmatchcase(tag.name, pattern) for pattern in patterns):
            ignored.append(IgnoredTag(tag.name, "no pattern of the setting 'tags' matches it"))
        elif not text:
            ignored.append(IgnoredTag(tag.name, "its name holds no version"))
        elif not tag.commit:
            ignored.append(IgnoredTag(tag.name, "it does not point to a commit"))
        else:
            families.setdefault(family, []).append(replace(tag, version=text))
    schemes = {
        name: guess_scheme(tag.version for tag in members) for name, members in families.items()
    }
    chosen = set(families) if patterns else {_guess_family(families, folder)}
    ignored += [
        IgnoredTag(tag.name, f"it is of the family '{name}': name it in the setting 'tags'")
        for name, members in families.items()
        if name not in chosen
        for tag in members
    ]
    read = [
        _Read(tag, version)
        for name in sorted(chosen & set(families))
        for tag in families[name]
        if (version := parse(tag.version, schemes[name]))
    ]
    read = _standing(read, ignored)
    found = _folded(sorted(read, key=lambda one: (one.version.key, one.tag.name)))
    return ReleaseTags(
        tuple(one.tag for one in _one_each(found, ignored)),
        tuple(sorted(ignored, key=lambda tag: tag.name)),
        tuple((name, schemes[name], len(members)) for name, members in sorted(families.items())),
        tuple(sorted(chosen & set(families))),
    )


def guess_scheme(texts: Iterable[str]) -> Scheme:
    """Guess the scheme of one family: a single tag that only PEP 440 reads tells.

    Years in front make it CalVer; everything else is SemVer, also with two or four numbers.
    """
    schemes = Counter(version.scheme for text in texts if (version := parse(text)))
    if schemes["pep440"]:
        return "pep440"
    return "calver" if schemes["calver"] > schemes["semver"] else "semver"


def _guess_family(families: Mapping[str, Sequence[Tag]], folder: str) -> str:
    """Take the family named after a folder above the migrations, else the one with most tags.

    Of several folders the innermost names it. Families of other folders or packages (``web/``,
    ``sdk@``) come last, the bare one wins a tie.
    """
    depth = {name: _depth(name, folder) for name in families}
    named = [name for name in families if depth[name]]
    if named:
        return max(named, key=lambda name: (depth[name], len(name), len(families[name])))

    def rank(name: str) -> tuple[bool, int, bool]:
        return "/" not in name and "@" not in name, len(families[name]), not name

    return max(families, key=rank, default="")


def _depth(family: str, folder: str) -> int:
    """Give how deep the folder lies that a family is named after; 0 where there is none.

    ``services/api/``, ``api@``, ``@acme/api@`` and ``release-api-`` all name the folder ``api`` of
    ``services/api/migrations``; ``web/api/`` does not.
    """
    folders = folder.casefold().split("/") if folder else []
    bare = family.casefold().strip("/@_-.").split("@")[0]
    named = [_WORDS_BEFORE.sub("", part) for part in bare.split("/")]
    wanted = named[1:] if family.startswith("@") else named  # a scope is not a folder
    place = 0
    for name in wanted:
        if not name or name not in folders[place:]:
            return 0
        place = folders.index(name, place) + 1
    return place


def _standing(found: Iterable[_Read], ignored: list[IgnoredTag]) -> list[_Read]:
    """Keep the tags that stay where they are; note those that move along with the newest release.

    ``v1`` on the commit of ``v1.2.3`` is such a one: read as 1.0.0, it would seem to have shipped
    all that came up to 1.2.3 before any other release.
    """
    found = list(found)
    together: dict[str, list[_Read]] = {}
    for one in found:
        together.setdefault(one.tag.commit, []).append(one)
    standing = []
    for one in found:
        fuller = [other for other in together[one.tag.commit] if _names_less(one, other)]
        if fuller:
            newest = max(fuller, key=lambda other: other.version.key)
            reason = f"it moves: it is on the same commit as '{newest.tag.name}'"
            ignored.append(IgnoredTag(one.tag.name, reason))
        else:
            standing.append(one)
    return standing


def _names_less(one: _Read, other: _Read) -> bool:
    """Tell whether a version is the beginning of another: 1 and 1.2 of 1.2.3, but not of 1.0.0."""
    mine, theirs = one.version.numbers, other.version.numbers
    shorter = len(mine) < len(theirs) and theirs[: len(mine)] == mine
    return shorter and one.version.release != other.version.release


def _folded(found: Iterable[_Read]) -> Iterator[_Read]:
    """Yield one tag for each version on each commit; the final stands for its candidates.

    Of builds of one version, it is the one without build metadata, where there is one.
    """
    together: dict[tuple[str, object], list[_Read]] = {}
    for one in found:  # the candidates of a version come before it
        together.setdefault((one.tag.commit, one.version.release), []).append(one)
    for group in together.values():
        plain = [o for o in group if not o.version.prerelease and not o.version.key[-1]]
        last = (plain or group)[-1]
        aliases = tuple(other.tag.name for other in group if other is not last)
        yield replace(last, tag=replace(last.tag, aliases=aliases))


def _one_each(found: Iterable[_Read], ignored: list[IgnoredTag]) -> list[_Read]:
    """Keep one tag of each version, the longest name, and note the others."""
    kept: dict[object, _Read] = {}
    for one in sorted(found, key=lambda one: (-len(one.tag.name), one.tag.name)):
        same = kept.setdefault(one.version.key, one)
        if same is not one:
            reason = f"it names the same version as '{same.tag.name}'"
            ignored.append(IgnoredTag(one.tag.name, reason))
    return sorted(kept.values(), key=lambda one: one.version.key)
