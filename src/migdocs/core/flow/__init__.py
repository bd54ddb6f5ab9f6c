"""The version flow: the releases in order, what each does to the database, and whom it breaks.

A ``Flow`` is built once from a ``History``, and then written as text (``text.py``), as Mermaid
(``mermaid.py``) or as a drawing (``svg.py``).
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from migdocs.core.counting import counted
from migdocs.core.known import Known, Unknown
from migdocs.core.markup.svg import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from migdocs.core.model import Migration
    from migdocs.core.timeline import History, Release, Status

T = TypeVar("T")


class Compatibility(Struct, frozen=True):
    """Whether clients of the release before survive this one.

    Attributes:
        breaking: None where there is nobody before it.
        note: one sentence for readers, empty where there is nothing to say.
        stops: whether only the release before is broken, which has to be stopped first.
    """

    breaking: Known[bool] | None = None
    note: str = ""
    stops: bool = False


class Entry(Struct, frozen=True):
    """One migration within a release: its id, its title if it has one, what it changes."""

    id: str
    title: str = ""
    changes: tuple[str, ...] = ()
    planned: bool = False


class Card(Struct, frozen=True):
    """A release that ships migrations, or will."""

    version: str
    status: Status = "released"
    date: str = ""
    entries: tuple[Entry, ...] = ()
    compatibility: Compatibility = Compatibility()

    @property
    def title(self) -> str:
        """Say in a few words what this release is to the database."""
        if self.status == "planned":
            return "planned"
        if len(self.entries) == 1:
            return self.entries[0].title
        return f"{len(self.entries)} migrations"


class Gap(Struct, frozen=True):
    """Neighbouring releases that ship no migration, told in one line."""

    versions: tuple[str, ...]

    @property
    def text(self) -> str:
        """Say how many releases these are, and from which to which."""
        first, last = self.versions[0], self.versions[-1]
        if first == last:
            return f"1 release without migrations: {first}"
        return f"{len(self.versions)} releases without migrations: {first} … {last}"


Stop = Card | Gap


class Lineage(Struct, frozen=True):
    """One line of releases.

    Attributes:
        stops: oldest first.
        after: the version of another lineage that this one leaves from, empty where not known.
    """

    name: str
    stops: tuple[Stop, ...]
    after: str = ""


class Flow(Struct, frozen=True):
    """Every lineage, in the order in which their first releases came.

    Attributes:
        quiet: the names of those that ship no migration of their own and lead to none that does.
    """

    lineages: tuple[Lineage, ...]
    quiet: tuple[str, ...] = ()


# --- from a history -----------------------------------------------------------------------------


def flow(
    history: History,
    changes: Mapping[str, Sequence[str]],
    compatibility: Mapping[str, Compatibility],
) -> Flow:
    """Arrange a history as a flow.

    Args:
        history: the releases and their migrations.
        changes: by migration id, what it changes, a short sentence each.
        compatibility: by version; a release that is not named has no badge.
    """
    entries = {migration.id: _entry(migration, changes) for migration in history.migrations}
    groups: dict[str, list[Release]] = {}
    for release in filter(_is_shown, history.releases):
        groups.setdefault(release.lineage, []).append(release)
    telling = _telling(groups)
    origins = {_origin(groups[name]) for name in telling}
    return Flow(
        tuple(
            Lineage(
                _name(name),
                tuple(_stops(groups[name], entries, compatibility, origins)),
                _origin(groups[name]),
            )
            for name in telling
        ),
        tuple(_name(name) for name in groups if name not in telling),
    )


def _telling(groups: Mapping[str, Sequence[Release]]) -> list[str]:
    """Choose the lineages that ship a migration, and those that they leave from."""
    lineage_of = {_name(r.version): name for name, group in groups.items() for r in group}
    chosen = {name for name, releases in groups.items() if any(map(_has_a_card, releases))}
    waiting = list(chosen)
    while waiting:
        source = lineage_of.get(_origin(groups[waiting.pop()]))
        if source and source not in chosen:
            chosen.add(source)
            waiting.append(source)
    return [name for name in groups if name in chosen] or list(groups)[:1]


def _origin(releases: Sequence[Release]) -> str:
    """Name the version that a lineage leaves from; empty for one that starts by itself."""
    return plain(releases[0].previous or "")


def _name(text: str) -> str:
    """Give a name that can be seen."""
    return plain(text) or "?"


def _is_shown(release: Release) -> bool:
    """Tell whether there is anything to say: not of an ``Unreleased`` that ships nothing."""
    return bool(release.migrations) or release.status != "unreleased"


def _has_a_card(release: Release) -> bool:
    """Tell a release that readers look for; those to come are always shown."""
    return bool(release.migrations) or release.status == "planned"


def _stops(
    releases: Iterable[Release],
    entries: Mapping[str, Entry],
    compatibility: Mapping[str, Compatibility],
    origins: set[str],
) -> Iterator[Stop]:
    """Give one lineage's stops: a card for each release that ships something, else gaps."""
    for has_a_card, group in groupby(releases, key=_has_a_card):
        if has_a_card:
            yield from (_card(release, entries, compatibility) for release in group)
        else:
            yield from _gaps(group, origins)


def _gaps(releases: Iterable[Release], origins: set[str]) -> Iterator[Gap]:
    """Collapse releases without migrations, up to each one that another lineage leaves from."""
    run: list[str] = []
    for release in releases:
        run.append(_name(release.version))
        if run[-1] in origins:
            yield Gap(tuple(run))
            run = []
    if run:
        yield Gap(tuple(run))


def _card(
    release: Release, entries: Mapping[str, Entry], compatibility: Mapping[str, Compatibility]
) -> Card:
    """Describe a release; a migration that is gone from the checkout has only its id."""
    return Card(
        version=_name(release.version),
        status=release.status,
        date=plain(release.date or ""),
        entries=tuple(entries.get(name, Entry(_name(name))) for name in release.migrations),
        compatibility=_compatibility(release, compatibility),
    )


def _compatibility(release: Release, compatibility: Mapping[str, Compatibility]) -> Compatibility:
    """Give a release's badge; the first release has nobody before it to be compatible with."""
    found = compatibility.get(release.version, Compatibility())
    alone = not release.previous and found.breaking is not True
    return Compatibility(None if alone else found.breaking, plain(found.note), found.stops)


def _entry(migration: Migration, changes: Mapping[str, Sequence[str]]) -> Entry:
    """Describe one migration; a title that only repeats its id says nothing."""
    title = plain(migration.declared.title or "")
    return Entry(
        id=_name(migration.id),
        title="" if title.removesuffix(".sql") == migration.id else title,
        changes=tuple(plain(change) for change in changes.get(migration.id, ())),
        planned=migration.planned,
    )


# --- said in words ------------------------------------------------------------------------------


def badge(compatibility: Compatibility) -> str:
    """Name what a release's badge says; empty where there is nobody before it."""
    if isinstance(compatibility.breaking, Unknown):
        return "not known"
    if compatibility.breaking and compatibility.stops:
        return "stop first"
    return {None: "", True: "breaking", False: "compatible"}[compatibility.breaking]


def last_version(stop: Stop) -> str:
    """Name the version that a stop ends with: where another lineage may leave."""
    return stop.version if isinstance(stop, Card) else stop.versions[-1]


def origin(flow: Flow, lineage: Lineage) -> tuple[int, int] | None:
    """Find the stop that a lineage leaves from: the index of its lineage, and its own."""
    places = (
        (row, column)
        for row, other in enumerate(flow.lineages)
        for column, stop in enumerate(other.stops)
        if other is not lineage and lineage.after and last_version(stop) == lineage.after
    )
    return next(places, None)


def cards(flow: Flow) -> tuple[Card, ...]:
    """List every card of a flow, lineage by lineage."""
    return tuple(s for line in flow.lineages for s in line.stops if isinstance(s, Card))


def cut(items: Sequence[T], most: int) -> tuple[Sequence[T], int]:
    """Give the items to show, and how many are left out; never one, whose place a note would take.

    None are shown where ``most`` is 0.
    """
    shown = items if most and len(items) <= most + 1 else items[:most]
    return shown, len(items) - len(shown)


def summary(flow: Flow) -> str:
    """Say in one sentence what a flow shows, for those who cannot see the drawing."""
    found = cards(flow)
    if not found:
        return "No release has shipped a migration yet."
    out = [card for card in found if card.status != "planned"]
    planned = [card.version for card in found if card.status == "planned"]
    breaking = [card.version for card in found if badge(card.compatibility) == "breaking"]
    stops = [card.version for card in found if badge(card.compatibility) == "stop first"]
    unsure = [card.version for card in found if isinstance(card.compatibility.breaking, Unknown)]
    shipped = {entry.id for card in out for entry in card.entries}  # a back-port ships twice
    parts = [
        f"{counted(len(out), 'release')} with {counted(len(shipped), 'migration')}",
        "breaking: " + ", ".join(breaking) if breaking else "",
        "to stop the release before first: " + ", ".join(stops) if stops else "",
        "not known whether breaking: " + ", ".join(unsure) if unsure else "",
        "planned: " + ", ".join(planned) if planned else "",
    ]
    return "; ".join(part for part in parts if part) + "."


def quiet(flow: Flow) -> str:
    """Name the lineages that are not drawn, in a sentence; empty where there are none."""
    return f"Without migrations of their own: {', '.join(flow.quiet)}." if flow.quiet else ""
