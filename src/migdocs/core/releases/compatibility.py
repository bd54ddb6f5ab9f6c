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
    breaks = {version: _breaks(release, breaking) for version, release in out.items()}
    schemas: dict[str, str] = {}
    oldest: dict[str, str] = {}
    for version, release in out.items():  # the release before is looked at before
        before = release.previous or ""
        schemas[version] = version if release.migrations else schemas.get(before, version)
        older = before in oldest and _runs_on_older(release, migrations)
        oldest[version] = oldest[before] if older else version
    # A release of another line that begins here leads elsewhere.
    following = {(r.previous, r.lineage): version for version, r in out.items()}
    newest: dict[str, str] = {}
    for version, release in reversed(out.items()):
        after = following.get((version, release.lineage), "")
        newest[version] = newest[after] if after in newest and not breaks[after] else version
    return tuple(
        Compatibility(
            version,
            schemas[version],
            schemas[oldest[version]],
            schemas[newest[version]],
            breaks[version],
            _note(release, breaking, runs_on_older=oldest[version] != version),
        )
        for version, release in out.items()
    )


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
