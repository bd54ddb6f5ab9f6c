"""Which file of an older tree is which of today's: every change under its file's present name.

A script that moved with its folder, or got another name with the same bytes, is the same one; so
is one whose name only its runner's shape changed (``1.sql``, then ``1.up.sql``). One that got
another number is another one: runners remember numbers, and will run it again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from migdocs.core.releases import likeness
from migdocs.core.timeline import FileChange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from migdocs.core.releases.history import Identify
    from migdocs.core.releases.homes import Home

    Side = Mapping[str, str]  # name below the folder → blob
    Changes = tuple[tuple[FileChange, ...], ...]

_RUN = ("forward", "both")
# V0001.T1, 20240101_x and 1-x begin with a number; Flyway remembers R__x by its name.
_NUMBER = re.compile(r"[A-Za-z]?0*([0-9][0-9._-]*[0-9]|[0-9])")
_REPEATABLE = "R__"
_EMPTY_BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


class Followed(Struct, frozen=True):
    """Changes under present names.

    Attributes:
        changes: from the repository's top, a group for each point.
        names: for each point: present name → the name in that tree, where they differ; both are
            below the folder.
        again: ids before and after of what has the same bytes under another number.
    """

    changes: Changes
    names: tuple[Mapping[str, str], ...] = ()
    again: tuple[tuple[str, str], ...] = ()


class _Point(Struct, frozen=True):
    """What differs at one point, on either side, under the names that its home gives."""

    before: Side
    after: Side
    then: Mapping[str, str] = field(default_factory=dict)  # present name → name then


class _Rename(Struct, frozen=True):
    """A file that got another name."""

    place: int
    old: str
    new: str


def follow(
    changes: Changes,
    homes: Sequence[tuple[Home, Home]],
    befores: Sequence[int | None],
    folder: str,
    identify: Identify,
) -> Followed:
    """Give every change under its file's present name.

    Args:
        changes: a group for each point, with names below the folder as they were.
        homes: where the folder stood before and at each point.
        befores: the place of the point before; None for the first.
        folder: the present one, from the top.
        identify: a path from the top → its migration and part.
    """
    prefix = f"{folder}/" if folder else ""

    def known(name: str) -> tuple[str, str] | None:
        return identify(prefix + name)

    points = [_point(*both) for both in zip(changes, homes, strict=True)]
    renames = [
        _Rename(place, old, new)
        for place, point in enumerate(points)
        for new, old in _renamed(point, known).items()
    ]
    present = _Present(renames, points if renames else ())
    found = tuple(
        tuple(_merged(point, place, prefix, present)) for place, point in enumerate(points)
    )
    again = (pair for point in points for pair in _again(point, known))
    return Followed(found, tuple(_names(points, befores, present)), tuple(dict.fromkeys(again)))


def _point(changes: Sequence[FileChange], homes: tuple[Home, Home]) -> _Point:
    """Read a point's changes under the names that the homes' files have now."""
    sides: list[dict[str, str]] = []
    then: dict[str, str] = {}
    for home, blobs in zip(
        homes,
        ([(c.path, c.before) for c in changes], [(c.path, c.after) for c in changes]),
        strict=True,
    ):
        then = {}
        side: dict[str, str] = {}
        for name, blob in blobs:
            if blob and name not in home.foreign:
                now = home.moved.get(name, name)
                side[now], then[now] = blob, name
        sides.append(side)
    return _Point(sides[0], sides[1], then)


def _renamed(point: _Point, known: Identify) -> dict[str, str]:
    """Find what got another name at a point: new name → old name."""
    old = {name: blob for name, blob in point.before.items() if name not in point.after}
    new = {name: blob for name, blob in point.after.items() if name not in point.before}
    if not old or not new:
        return {}
    said = {name: blob for name, blob in old.items() if blob != _EMPTY_BLOB}
    alike = likeness.by_content(said, new)
    found = {after: before for after, before in alike.items() if _runs(after, before, known)}
    # The other scripts of a migration go with the one that runs.
    went = {_id(before, known): now[0] for after, before in found.items() if (now := known(after))}
    free = {known(name): name for name in sorted(new) if name not in found}
    for name in sorted(old.keys() - set(found.values())):
        was = known(name)
        if was:
            targets = [(went.get(was[0], ""), was[1])]
        else:
            targets = [(_stem(name), part) for part in ("forward", "both")]
        after = next((free[target] for target in targets if target in free), None)
        if after and after not in found:
            found[after] = name
    ids = set(went.values())
    found |= {
        after: before
        for after, before in alike.items()
        if after not in found
        and before not in found.values()
        and (now := known(after))
        and now[0] in ids
    }
    return found


def _runs(after: str, before: str, known: Identify) -> bool:
    """Tell whether a file is a forward script on both sides, as far as its names say."""
    now, was = known(after), known(before)
    if was is None or now is None:
        return bool(now and now[1] in _RUN)
    return now[1] in _RUN and was[1] in _RUN and not _is_another(was[0], now[0])


def _is_another(old: str, new: str) -> bool:
    """Tell whether a runner takes two ids for two migrations, whatever their scripts say."""
    if new.startswith(_REPEATABLE):
        return old != new
    one, other = (_NUMBER.match(id_.rpartition("/")[2]) for id_ in (old, new))
    return bool(one and other and one[1] != other[1])


def _again(point: _Point, known: Identify) -> Iterator[tuple[str, str]]:
    """Yield the ids of scripts that a point brings under another number, with the same bytes."""
    old = {n: blob for n, blob in point.before.items() if n not in point.after}
    new = {n: blob for n, blob in point.after.items() if n not in point.before}
    for after, before in likeness.by_content(old, new).items() if old else ():
        was, now = known(before), known(after)
        if was and now and {was[1], now[1]} <= set(_RUN) and _is_another(was[0], now[0]):
            yield was[0], now[0]


def _id(name: str, known: Identify) -> str:
    """Give a file's migration; what its name says where the layout does not know it."""
    found = known(name)
    return found[0] if found else _stem(name)


def _stem(name: str) -> str:
    """Give what a name says without its endings: ``pg/1_x.sql`` → ``pg/1_x``."""
    folder, _, base = name.rpartition("/")
    stem = base.partition(".")[0]
    return f"{folder}/{stem}" if folder else stem


class _Present:
    """Knows the present name of each name that a file had."""

    def __init__(self, renames: Sequence[_Rename], points: Sequence[_Point]) -> None:
        self._names: dict[str, str] = {}
        self._since: dict[str, int] = {}
        self._again: dict[str, int] = {}
        for rename in renames:  # the last one says what a file is called now
            for name, now in self._names.items():
                if now == rename.old:
                    self._names[name] = rename.new
            self._names[rename.old] = rename.new
            self._names[rename.new] = rename.new
            self._since[rename.old] = rename.place
        news = {(rename.place, rename.new) for rename in renames}
        for place, point in enumerate(points):
            for name in point.after.keys() - point.before.keys():
                later = self._since.get(name, place) < place
                if later and (place, name) not in news:  # the name is another file's from here on
                    self._again.setdefault(name, place)

    def of(self, name: str, place: int) -> str:
        """Give a file's present name by the one that it had at a point."""
        if place >= self._again.get(name, place + 1):
            return name
        return self._names.get(name, name)


def _merged(point: _Point, place: int, prefix: str, present: _Present) -> Iterator[FileChange]:
    """Yield a point's changes under present names; what only moved is none."""
    before = {present.of(name, place): blob for name, blob in point.before.items()}
    after = {present.of(name, place): blob for name, blob in point.after.items()}
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was != now:
            yield FileChange(prefix + name, was, now)


def _names(
    points: Sequence[_Point], befores: Sequence[int | None], present: _Present
) -> Iterator[Mapping[str, str]]:
    """Yield the names of each point's tree, where they differ from those of today."""
    all_: list[Mapping[str, str]] = []
    for place, (point, before) in enumerate(zip(points, befores, strict=True)):
        held = all_[before] if before is not None else {}
        gone = {present.of(name, place) for name in point.before}
        here = {
            now: then
            for name, then in point.then.items()
            if (now := present.of(name, place)) != then
        }
        if here or gone & held.keys():
            held = {now: then for now, then in held.items() if now not in gone} | here
        all_.append(held)
        yield held
