"""Draw the version flow: a line of stations for each lineage, a card for each release.

One lineage runs down, and on in further columns where it is long. Several stand beside each other,
each leaving from the release that it branches off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migdocs.core import flow_cards
from migdocs.core.drawing import (
    LINES,
    Lettering,
    Line,
    Paragraph,
    baseline,
    document,
    lay,
    rounded,
    wrap,
    written,
)
from migdocs.core.flow import Gap, origin, summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from migdocs.core.flow import Flow, Stop
    from migdocs.core.flow_cards import Block

HEADLINE = Lettering("headline", 26, 34, 1.12)
SUBLINE = Lettering("subline", 14, 20, tone="muted")
LINEAGE = Lettering("lineage", 15, 28, 1.12)

MARGIN = 36
RAIL = 36  # from the line's middle to the card's left edge
BETWEEN = 28  # from one card's bottom to the next one's top
GUTTER = 52  # from one column's cards to the next one's line
WIDE, NARROW = 640, 400  # cards of the only column, and of one among several
LONG, MOST_COLUMNS = 2200, 4


@dataclass(frozen=True, slots=True)
class Placed:
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


@dataclass(frozen=True, slots=True)
class Track:
    """A lineage at its place.

    Attributes:
        color: the class of its line.
        leaves: the placed stop of another lineage that it leaves from.
    """

    name: str
    color: str
    stops: tuple[Placed, ...]
    leaves: Placed | None = None


def svg(flow: Flow) -> str:
    """Draw a flow. The same flow gives the same bytes."""
    tracks = _several(flow) if len(flow.lineages) > 1 else _single(flow)
    stops = [stop for track in tracks for stop in track.stops]
    right = max((stop.right for stop in stops), default=MARGIN + WIDE)
    below = max((stop.bottom for stop in stops), default=0)
    head, top = _head(flow, right - MARGIN)
    body = (
        *head,
        f'<g transform="translate(0 {top})">',
        *(line for track in tracks for line in _branch(track)),
        *(line for track in tracks for line in _rails(track, below)),
        *(line for track in tracks for line in _stations(track)),
        *(_card(stop) for stop in stops),
        "</g>",
    )
    size = right + MARGIN, top + below + MARGIN + BETWEEN
    letterings = (HEADLINE, SUBLINE, LINEAGE, *flow_cards.LETTERINGS)
    return document(size, "Version flow", summary(flow), letterings, body)


def _head(flow: Flow, room: int) -> tuple[list[str], int]:
    """Write what is drawn and what it comes to; give where the drawing begins."""
    paragraphs = (Paragraph("Version flow", HEADLINE), Paragraph(summary(flow), SUBLINE, most=3))
    lines, bottom = lay(paragraphs, MARGIN, MARGIN - 10, room)
    return [written(line) for line in lines], bottom + 28


# --- where everything stands --------------------------------------------------------------------


def _single(flow: Flow) -> list[Track]:
    """Place the only lineage: downwards, and on in further columns where it is long."""
    stops = [stop for lineage in flow.lineages for stop in lineage.stops]
    wide = _blocks(stops, WIDE)
    columns = [wide] if _height(wide) <= LONG else _columns(_blocks(stops, NARROW))
    placed = (
        stop for index, column in enumerate(columns) for stop in _stack(column, _column_x(index), 0)
    )
    return [Track("", "line0", tuple(placed))]


def _several(flow: Flow) -> list[Track]:
    """Place each lineage in its own column, below the release that it leaves from."""
    tracks: dict[int, Track] = {}
    for column, row in enumerate(_column_order(flow)):
        lineage = flow.lineages[row]
        source = origin(flow, lineage)
        leaves = tracks[source[0]].stops[source[1]] if source and source[0] in tracks else None
        name = f"{lineage.name} after {lineage.after}" if leaves else lineage.name
        [name] = wrap(name, LINEAGE, NARROW, 1)
        top = (leaves.bottom + BETWEEN if leaves else 0) + LINEAGE.leading
        stops = _stack(_blocks(lineage.stops, NARROW), _column_x(column), top)
        tracks[row] = Track(name, f"line{row % LINES}", tuple(stops), leaves)
    return list(tracks.values())


def _column_order(flow: Flow) -> list[int]:
    """Order lineages so that one that leaves later stands nearer: then no line crosses a card."""
    children: dict[int | None, list[tuple[int, int]]] = {}
    for row, lineage in enumerate(flow.lineages):
        source, stop = origin(flow, lineage) or (None, 0)
        children.setdefault(source, []).append((-stop, row))
    order: list[int] = []
    waiting = [row for _, row in sorted(children.get(None, []), reverse=True)]
    while waiting:
        order.append(waiting.pop())
        waiting += (row for _, row in sorted(children.get(order[-1], []), reverse=True))
    return order


def _blocks(stops: Iterable[Stop], across: int) -> list[Block]:
    """Draw stops in a given width."""
    return [flow_cards.block(stop, across) for stop in stops]


def _height(blocks: Sequence[Block]) -> int:
    """Give how high blocks are when they stand below each other."""
    return sum(block.height + BETWEEN for block in blocks)


def _columns(blocks: Sequence[Block]) -> list[list[Block]]:
    """Split blocks into columns of about one height, so many that a sheet of paper holds them."""
    total = _height(blocks)
    pitch = _column_x(1) - _column_x(0)
    fitting = (n for n in range(2, MOST_COLUMNS) if total / n <= n * pitch * 1.5)
    count = next(fitting, MOST_COLUMNS)
    columns: list[list[Block]] = [[]]
    filled = 0
    for block in blocks:
        if filled >= total * len(columns) / count:
            columns.append([])
        columns[-1].append(block)
        filled += block.height + BETWEEN
    return columns


def _column_x(index: int) -> int:
    """Give the middle of a column's line."""
    return MARGIN + 10 + index * (RAIL + NARROW + GUTTER)


def _stack(blocks: Iterable[Block], x: int, top: int) -> Iterator[Placed]:
    """Place blocks below each other."""
    for block in blocks:
        yield Placed(block, x, top)
        top += block.height + BETWEEN


# --- what is drawn ------------------------------------------------------------------------------


def _branch(track: Track) -> Iterator[str]:
    """Draw a lineage's name, and the line that it leaves its origin by, under every card."""
    if not track.name or not track.stops:
        return
    first = track.stops[0]
    if track.leaves:
        level = track.leaves.bottom + BETWEEN // 2
        corners = (track.leaves.point, (track.leaves.x, level), (first.x, level), first.point)
        yield _line(corners, f"rail {track.color}")
    y = baseline(first.y - LINEAGE.leading - 4, LINEAGE)
    yield written(Line(track.name, LINEAGE, first.x + RAIL, y))


def _rails(track: Track, below: int) -> Iterator[str]:
    """Draw the line from each stop to the next, and the arrow behind the last."""
    for before, after in zip(track.stops, track.stops[1:], strict=False):
        dashed = " dashed" if _is_planned(after) else ""
        yield _line(_way(before, after, below), f"rail {track.color}{dashed}")
    for last in track.stops[-1:]:
        x, end = last.x, last.bottom
        dashed = " dashed" if _is_planned(last) else ""
        yield f'<path class="rail {track.color}{dashed}" d="M{x} {last.point[1]}V{end}"/>'
        head = f"M{x - 7} {end - 7}L{x} {end}L{x + 7} {end - 7}"
        yield f'<path class="rail {track.color}" d="{head}"/>'


def _way(before: Placed, after: Placed, below: int) -> list[tuple[int, int]]:
    """Give the corners from one stop to the next: straight down, or over to the next column."""
    if before.x == after.x:
        return [before.point, after.point]
    floor, roof, between = below + BETWEEN // 2, -BETWEEN // 2, after.x - GUTTER // 2
    return [
        before.point,
        (before.x, floor),
        (between, floor),
        (between, roof),
        (after.x, roof),
        after.point,
    ]


def _line(corners: Sequence[tuple[int, int]], classes: str) -> str:
    """Draw a line through corners."""
    return f'<path class="{classes}" d="{rounded(corners)}"/>'


def _stations(track: Track) -> Iterator[str]:
    """Draw where the line stops: a ring and its arm to the card, or a dot for collapsed ones."""
    for stop in track.stops:
        x, y = stop.point
        if isinstance(stop.block.stop, Gap):
            yield f'<circle class="paper {track.color}" cx="{x}" cy="{y}" r="4" stroke-width="3"/>'
        else:
            yield f'<path class="{track.color}" d="M{x} {y}h{RAIL}" stroke-width="2"/>'
            yield f'<circle class="paper {track.color}" cx="{x}" cy="{y}" r="8" stroke-width="4"/>'


def _card(stop: Placed) -> str:
    """Draw a block at its place; what would be wider than it was estimated is cut at its edge."""
    return (
        f'<svg x="{stop.x + RAIL}" y="{stop.y}"'
        f' width="{stop.block.across}" height="{stop.block.height}">{stop.block.body}</svg>'
    )


def _is_planned(stop: Placed) -> bool:
    """Tell whether a stop is still to come."""
    return not isinstance(stop.block.stop, Gap) and stop.block.stop.status == "planned"
