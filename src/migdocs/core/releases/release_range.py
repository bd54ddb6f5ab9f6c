"""A stretch of the releases, by their versions."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from migdocs.core.errors import UsageError, raise_all
from migdocs.core.releases import version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migdocs.core.timeline import Release


def between(releases: Sequence[Release], after: str = "", up_to: str = "") -> tuple[Release, ...]:
    """Give the releases after one version and up to another, in their order.

    Args:
        releases: lowest version first; planned ones are left out.
        after: a version or a tag; empty begins with the first.
        up_to: the last one that is given; empty ends with *Unreleased*.

    Raises:
        UsageError: there is no such release; both are said.
    """
    known = [release for release in releases if release.status != "planned"]
    names = [name for name in (after, up_to) if name and _place(known, name) is None]
    raise_all(_unknown(known, name) for name in names)
    first = _place(known, after)
    last = _place(known, up_to)
    return tuple(
        known[0 if first is None else first + 1 : len(known) if last is None else last + 1]
    )


def _place(releases: Sequence[Release], name: str) -> int | None:
    """Find a release by its version or its tag."""
    for place, release in enumerate(releases):
        if name in {release.tag, *release.aliases} or (
            name and version.same(name, release.version)
        ):
            return place
    return None


def _unknown(releases: Sequence[Release], name: str) -> UsageError:
    """Build the error about a version that was never released."""
    known = [release.version for release in releases]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else "'migdocs list --json' names them."
    return UsageError(f"there is no release '{name}'", hint=hint)
