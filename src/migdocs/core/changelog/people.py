"""Who wrote a release: authors and co-authors by name, and who did so for the first time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.changelog.mailmap import Names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from migdocs.core.timeline import Commit, Release

_TOGETHER = re.compile(
    r"^co-authored-by:[ \t]*([^<\s](?:[^<\n]*[^<\s])?)[ \t\r]*(?:<([^>\n]*)>[ \t\r]*)?$",
    re.IGNORECASE | re.MULTILINE,
)


class People(Struct, frozen=True):
    """Those who wrote a release, by name.

    Attributes:
        all: in alphabetical order.
        new: those of them whom no release before has.
    """

    all: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


_AS_WRITTEN = Names()


def of(release: Release, before: Sequence[Release], names: Names = _AS_WRITTEN) -> People:
    """Name a release's people; programs are none.

    Args:
        release: with all of its commits.
        before: the releases whose people are no newcomers.
        names: what people are called.
    """
    here = set(_names(release.commits, names))
    known = {name for other in before for name in _names(other.commits, names)}
    return People(
        tuple(sorted(here, key=str.casefold)),
        tuple(sorted(here - known, key=str.casefold)) if before else (),
    )


def _names(commits: Iterable[Commit], names: Names) -> Iterator[str]:
    """Yield who wrote commits, alone or together."""
    for commit in commits:
        if commit.foreign:
            continue
        together = _TOGETHER.findall(commit.body) if "uthored" in commit.body else ()
        for written, address in ((commit.author, commit.address), *together):
            name = names.of(written, address)
            if name and not name.endswith("[bot]"):
                yield name
