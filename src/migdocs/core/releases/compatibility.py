"""Which release runs on which schema: the compatibility matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migdocs.core.model import Migration, Release


@dataclass(frozen=True, slots=True)
class Compatibility:
    """One release's row; a schema is named after the release that first shipped it.

    Attributes:
        oldest: the oldest schema it runs on: its own, or an older one where every migration since
            declares that the new software also runs on the schema before (*Forward compatible*).
        newest: the newest schema it runs on: up to the one before the next breaking release.
    """

    version: str
    schema: str
    oldest: str
    newest: str
    breaking: bool
    notes: str


def matrix(
    releases: Sequence[Release],
    migrations: Mapping[str, Migration],
    breaking: Mapping[str, bool | None],
) -> tuple[Compatibility, ...]:
    """Give a row for each release that is out, oldest first.

    Both mappings are by migration id; the releases are of all lineages.
    """
    out = {r.version: r for r in releases if r.status == "released"}
    schemas = {version: _schema(release, out) for version, release in out.items()}
    # A release of another line that begins here leads elsewhere.
    following = {(r.previous, r.lineage): r for r in out.values()}
    rows = []
    for version, release in out.items():
        oldest = release
        while (before := out.get(oldest.previous or "")) and _runs_on_older(oldest, migrations):
            oldest = before
        newest = release
        while (after := following.get((newest.version, release.lineage))) and not _breaks(
            after, breaking
        ):
            newest = after
        rows.append(
            Compatibility(
                version,
                schemas[version],
                schemas[oldest.version],
                schemas[newest.version],
                _breaks(release, breaking),
                _note(release, breaking, runs_on_older=oldest is not release),
            )
        )
    return tuple(rows)


def _schema(release: Release, out: Mapping[str, Release]) -> str:
    """Name the schema a release ships: the last release at or before it with migrations."""
    current = release
    while not current.migrations and (before := out.get(current.previous or "")):
        current = before
    return current.version


def _runs_on_older(release: Release, migrations: Mapping[str, Migration]) -> bool:
    """Tell whether a release's software also runs on the schema of the release before."""
    return all(
        migrations[id_].declared.forward_compatible
        for id_ in release.migrations
        if id_ in migrations
    )


def _breaks(release: Release, breaking: Mapping[str, bool | None]) -> bool:
    """Tell whether a release has a breaking migration."""
    return any(breaking.get(id_) for id_ in release.migrations)


def _note(release: Release, breaking: Mapping[str, bool | None], *, runs_on_older: bool) -> str:
    """Say in a few words what the row means."""
    if not release.previous:
        return "first release"
    if not release.migrations:
        return f"same schema as {release.previous}"
    if _breaks(release, breaking):
        return f"breaks {release.previous} and older"
    suffix = "; also runs before its migrations" if runs_on_older else ""
    if any(breaking.get(id_) is None for id_ in release.migrations):
        return f"nothing says whether {release.previous} keeps working{suffix}"
    return f"{release.previous} keeps working{suffix}"
