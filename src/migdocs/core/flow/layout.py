"""Place the stops of a version flow: where each card and each line stands, in pixels.

One lineage runs down, and on in further columns where it is long. Several stand beside each other,
each below the release that it leaves from; where more than a few leave from one release, they hang
below each other from a common trunk.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.flow import Gap, blocks, origin
from migdocs.core.markup.svg import LINES, Lettering, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from migdocs.core.flow import Flow, Stop
    from migdocs.core.flow.blocks import Block

LINEAGE = Lettering("lineage", 15, 28, 1.12)

MARGIN = 36
RAIL = 36  # from the line's middle to the card's left edge
BETWEEN = 28  # from one card's bottom to the next one's top
GUTTER = 52  # from one column's cards to the next one's line
TWIG = 24  # from a trunk to the line of a lineage that hangs from it
WIDE, NARROW = 640, 400  # cards of the only column, and of one among several
LONG, MOST_COLUMNS = 2200, 4
MOST_BESIDE = 3

Spot = tuple[int, int]
"""A stop by the index of its lineage and its own."""


class Placed(Struct, frozen=True):
    """A block at its place; ``x`` is the middle of its line."""

    block: Block
    x: int
    y: int

    @property
    def bottom(self) -> int:
        """Give where the block ends."""
        return self.y + self.block.height

    @property
    def right(self) -> int:
        """Give where the block ends on the right."""
        return self.x + RAIL + self.block.across

    @property
    def point(self) -> tuple[int, int]:
        """Give where the line stops."""
        return self.x, self.y + self.block.station

    @property
    def is_gap(self) -> bool:
        """Tell whether releases without migrations are told here."""
        return isinstance(self.block.stop, Gap)

    @property
    def is_planned(self) -> bool:
        """Tell whether this is still to come."""
        return not isinstance(self.block.stop, Gap) and self.block.stop.status == "planned"


class Track(Struct, frozen=True):
    """A lineage at its place.

    Attributes:
        name: as it is written above, empty for the only one.
        color: the class of its line.
        leaves: the placed stop of another lineage that it leaves from.
        trunk: where the line comes down that it hangs from.
    """

    name: str
    color: str
    stops: tuple[Placed, ...]
    leaves: Placed | None = None
    trunk: int = 0


def place(flow: Flow) -> tuple[Track, ...]:
    """Place every stop of a flow, from 0 downwards."""
    return tuple(_beside(flow) if len(flow.lineages) > 1 else _alone(flow))


# --- one lineage --------------------------------------------------------------------------------


def _alone(flow: Flow) -> Iterator[Track]:
    """Place the only lineage: downwards, and on in further columns where it is long."""
    for lineage in flow.lineages:
        wide = _blocks_within(lineage.stops, WIDE, LONG)
        columns = [wide] if wide is not None else _columns(_blocks(lineage.stops, NARROW))
        placed = (
            stop
            for index, column in enumerate(columns)
            for stop in _stack(column, _column_x(index), 0)
        )
        yield Track("", "line0", tuple(placed))


def _columns(blocks: Sequence[Block]) -> list[list[Block]]:
    """Split blocks into columns, so many that a sheet holds them, and none higher than need be."""
    total = _height(blocks)
    pitch = _column_x(1) - _column_x(0)
    fitting = (n for n in range(2, MOST_COLUMNS) if total / n <= n * pitch * 1.5)
    count = next(fitting, MOST_COLUMNS)
    height = total // count
    while len(columns := _filled(blocks, height)) > count:
        height += BETWEEN
    return columns


def _filled(blocks: Iterable[Block], height: int) -> list[list[Block]]:
    """Fill columns up to a height, one after the other."""
    columns: list[list[Block]] = [[]]
    filled = 0
    for block in blocks:
        needed = block.height + BETWEEN
        if columns[-1] and filled + needed > height:
            columns.append([])
            filled = 0
        columns[-1].append(block)
        filled += needed
    return columns


# --- several lineages ---------------------------------------------------------------------------


def _beside(flow: Flow) -> Iterator[Track]:
    """Place each lineage in a column of its own, or below its like on a common trunk."""
    tracks: dict[int, Track] = {}
    trunks: dict[Spot, tuple[int, int]] = {}  # where one begins → its column, and how far it is
    hanging = _hanging(flow)
    free = 0
    for row in _column_order(flow):
        source, spot = origin(flow, flow.lineages[row]), hanging.get(row)
        leaves = tracks[source[0]].stops[source[1]] if source else None
        column, top = trunks[spot] if spot in trunks else (free, _below(leaves))
        free = max(free, column + 1)
        tracks[row] = _track(flow, row, leaves, (_column_x(column), top), hangs=spot is not None)
        if spot is not None:
            trunks[spot] = column, _below(tracks[row].stops[-1])
    yield from tracks.values()


def _track(
    flow: Flow, row: int, leaves: Placed | None, corner: tuple[int, int], *, hangs: bool
) -> Track:
    """Place one lineage below its name, from a top left corner."""
    lineage, (x, top) = flow.lineages[row], corner
    indent = TWIG if hangs else 0
    name = f"{lineage.name} after {lineage.after}" if leaves else lineage.name
    [name] = wrap(name, LINEAGE, NARROW - indent, 1)
    blocks = _blocks(lineage.stops, NARROW - indent)
    stops = tuple(_stack(blocks, x + indent, top + LINEAGE.leading))
    return Track(name, f"line{row % LINES}", stops, leaves, trunk=x)


def _hanging(flow: Flow) -> dict[int, Spot]:
    """Choose the lineages that hang from a trunk: many leave from one stop, and none from them."""
    origins = {row: origin(flow, lineage) for row, lineage in enumerate(flow.lineages)}
    sources = {spot[0] for spot in origins.values() if spot}
    last = {row: spot for row, spot in origins.items() if spot and row not in sources}
    crowd = Counter(last.values())
    return {row: spot for row, spot in last.items() if crowd[spot] > MOST_BESIDE}


def _column_order(flow: Flow) -> list[int]:
    """Order lineages so that one that leaves later stands nearer: then no line crosses a card."""
    children: dict[int | None, list[Spot]] = {}
    for row, lineage in enumerate(flow.lineages):
        source, stop = origin(flow, lineage) or (None, 0)
        children.setdefault(source, []).append((-stop, row))
    order: list[int] = []
    waiting = [row for _, row in sorted(children.get(None, []), reverse=True)]
    while waiting:
        order.append(waiting.pop())
        waiting += (row for _, row in sorted(children.get(order[-1], []), reverse=True))
    return order


# --- blocks -------------------------------------------------------------------------------------


def _blocks(stops: Iterable[Stop], across: int) -> list[Block]:
    """Draw stops in a given width."""
    return [blocks.block(stop, across) for stop in stops]


def _blocks_within(stops: Iterable[Stop], across: int, most: int) -> list[Block] | None:
    """Draw stops in a given width; None as soon as they are higher than ``most``."""
    drawn: list[Block] = []
    height = 0
    for stop in stops:
        drawn.append(blocks.block(stop, across))
        height += _height(drawn[-1:])
        if height > most:
            return None
    return drawn


def _height(blocks: Iterable[Block]) -> int:
    """Give how high blocks are when they stand below each other."""
    return sum(block.height + BETWEEN for block in blocks)


def _stack(blocks: Iterable[Block], x: int, top: int) -> Iterator[Placed]:
    """Place blocks below each other."""
    for block in blocks:
        yield Placed(block, x, top)
        top += block.height + BETWEEN


def _below(stop: Placed | None) -> int:
    """Give where something may stand below a stop, or at the top."""
    return stop.bottom + BETWEEN if stop else 0


def _column_x(index: int) -> int:
    """Give the middle of a column's line."""
    return MARGIN + 10 + index * (RAIL + NARROW + GUTTER)
