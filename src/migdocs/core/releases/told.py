"""Place migrations by what people wrote: the notes' versions, else the change log's headings.

This answers where no tag does; the documents say so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from migdocs.core.releases import version
from migdocs.core.timeline import History, Placement, Release

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from migdocs.core.changelog.headings import Heading
    from migdocs.core.model import Migration
    from migdocs.core.timeline import Commit, IgnoredTag

UNRELEASED = "Unreleased"


class Told(Struct, frozen=True):
    """What a change log that people wrote says: its releases, and which names which migration.

    Attributes:
        before: the commits that were there when its newest release was written down.
    """

    headings: tuple[Heading, ...] = ()
    mentions: Mapping[str, Heading] = field(default_factory=dict)
    before: frozenset[str] = frozenset()


# --- by words -----------------------------------------------------------------------------------


def place(
    migrations: Sequence[Migration],
    told: Told,
    commits: tuple[Commit, ...] = (),
    ignored: tuple[IgnoredTag, ...] = (),
) -> History:
    """Place by what the notes declare, else by the change log.

    Args:
        migrations: in run order.
        told: the change log that people wrote.
        commits: of the repository, newest first; no tag is a release.
        ignored: the repository's tags, none of which is a release.
    """
    placements = {m.id: _placement_by_words(m, told) for m in migrations}
    dates = {heading.version: heading.date for heading in told.headings}
    names = dict.fromkeys(
        (
            *(heading.version for heading in told.headings),
            *(p.release for p in placements.values() if p.release and p.status == "released"),
        )
    )
    releases: list[Release] = []
    for name in _one_each(names):
        ids = [
            id_
            for id_, p in placements.items()
            if p.status == "released" and p.release and version.same(p.release, name)
        ]
        placements |= {id_: replace(placements[id_], release=name) for id_ in ids}
        previous = releases[-1].version if releases else None
        ships = (*releases[-1].ships, *ids) if releases else tuple(ids)
        releases.append(
            Release(
                name, date=dates.get(name), previous=previous, migrations=tuple(ids), ships=ships
            )
        )
    pending = tuple(id_ for id_, p in placements.items() if p.status == "unreleased")
    new = tuple(c for c in commits if c.id not in told.before) if told.before else commits
    unreleased: tuple[Release, ...] = ()
    if pending or (new and (told.before or not releases)):
        last = releases[-1].version if releases else None
        unreleased = (
            Release(UNRELEASED, "unreleased", previous=last, migrations=pending, commits=new),
        )
    return History(
        tuple(migrations), (*releases, *unreleased, *planned(migrations)), placements, ignored
    )


def _one_each(names: Iterable[str]) -> list[str]:
    """Give one name for each version (``1.1.0`` is ``v1.1.0``), lowest first."""
    kept: dict[object, str] = {}
    for name in names:
        read = version.parse(name)
        kept.setdefault(read.key if read else name, name)
    readable = [(read, name) for name in kept.values() if (read := version.parse(name))]
    return [name for _, name in sorted(readable, key=lambda pair: pair[0].key)]


def _placement_by_words(migration: Migration, told: Told) -> Placement:
    """Place one migration by its notes, else by the change log."""
    if migration.planned:
        return planned_placement(migration)
    if migration.declared.version:
        return Placement(migration.declared.version, "declared", "released")
    mentioned = told.mentions.get(migration.id)
    heading = mentioned or _dated(migration, told.headings)
    return Placement(heading.version, "changelog", "released") if heading else Placement()


def _dated(migration: Migration, headings: Sequence[Heading]) -> Heading | None:
    """Find the first release on or after a migration's own date."""
    day = migration.declared.date or date_in(migration.id)
    dated = sorted((h.date, -h.line, h) for h in headings if h.date)
    return next((h for date, _, h in dated if day and date >= day), None)


def date_in(id_: str) -> str | None:
    """Read a date that a migration's id begins with."""
    match = re.match(r"(\d{4})-?(\d{2})-?(\d{2})", id_)
    return "-".join(match.groups()) if match else None


# --- planned ------------------------------------------------------------------------------------


def planned_placement(migration: Migration) -> Placement:
    """Place a migration that only notes exist of."""
    declared = migration.declared.version
    return Placement(declared, "declared" if declared else None, "planned")


def planned(migrations: Sequence[Migration]) -> tuple[Release, ...]:
    """Give the planned releases, each with the migrations that are planned for it."""
    names = _one_each(
        dict.fromkeys(m.declared.version for m in migrations if m.planned and m.declared.version)
    )
    return tuple(
        Release(
            name,
            "planned",
            migrations=tuple(
                m.id
                for m in migrations
                if m.planned and m.declared.version and version.same(m.declared.version, name)
            ),
        )
        for name in names
    )
