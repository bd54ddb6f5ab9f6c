"""Which release runs on which schema: the compatibility matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.known import Known, Unknown, of_scripts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from migdocs.core.model import Migration
    from migdocs.core.timeline import Release


class Compatibility(Struct, frozen=True):
    """One release's row; a schema is named after the release that first shipped it.

    Attributes:
        oldest: the oldest schema it runs on: its own, or an older one where every migration since
            declares that the new software also runs on the schema before (*Forward compatible*).
        newest: the newest schema it runs on: up to the one before the next breaking release.
        stops: whether only the release before is broken, and nobody else.
    """

    version: str
    schema: str
    oldest: str
    newest: str
    breaking: Known[bool]
    notes: str
    stops: bool = False


def matrix(
    releases: Sequence[Release],
    migrations: Mapping[str, Migration],
    breaking: Mapping[str, Known[bool]],
    stops: Collection[str] = (),
) -> tuple[Compatibility, ...]:
    """Give a row for each release that is out, oldest first.

    Both mappings are by migration id; the releases are of all lineages. ``stops`` has the ids that
    break only the release before.
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
        newest[version] = newest[after] if after in newest and breaks[after] is False else version
    return tuple(
        Compatibility(
            version,
            schemas[version],
            schemas[oldest[version]],
            _newest(schemas[newest[version]], newest[version], out, following, breaks),
            breaks[version],
            _note(release, breaking, stops, runs_on_older=oldest[version] != version),
            _only_stops(release, breaking, stops),
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


def _newest(
    schema: str,
    last: str,
    out: Mapping[str, Release],
    following: Mapping[tuple[str | None, str], str],
    breaks: Mapping[str, Known[bool]],
) -> str:
    """Name the newest schema that is known to do, and the one of which that is not known."""
    after = following.get((last, out[last].lineage), "")
    unsure = after and isinstance(breaks[after], Unknown)
    return f"{schema}; not known for {after}" if unsure else schema


def _breaks(release: Release, breaking: Mapping[str, Known[bool]]) -> Known[bool]:
    """Tell whether a release has a breaking migration; *no* only where that is known of each."""
    told = [breaking[id_] for id_ in release.migrations if id_ in breaking]
    if any(one is True for one in told):
        return True
    unsure = [one.why for one in told if isinstance(one, Unknown)]
    return of_scripts(len(unsure), len(told), unsure) if unsure else False


def _only_stops(
    release: Release, breaking: Mapping[str, Known[bool]], stops: Collection[str]
) -> bool:
    """Tell whether all that a release breaks is the release before it."""
    broken = [id_ for id_ in release.migrations if breaking.get(id_) is True]
    return bool(broken) and all(id_ in stops for id_ in broken)


def _note(
    release: Release,
    breaking: Mapping[str, Known[bool]],
    stops: Collection[str],
    *,
    runs_on_older: bool,
) -> str:
    """Say in a few words what the row means."""
    if not release.previous:
        return "first release"
    if not release.migrations:
        return f"same schema as {release.previous}"
    broken = _breaks(release, breaking)
    if broken is True and _only_stops(release, breaking, stops):
        return f"{release.previous} and older cannot run on this schema: stop them first"
    if broken is True:
        return f"breaks {release.previous} and older"
    suffix = "; also runs before its migrations" if runs_on_older else ""
    if isinstance(broken, Unknown):
        return f"whether {release.previous} keeps working is {broken}{suffix}"
    return f"{release.previous} keeps working{suffix}"
