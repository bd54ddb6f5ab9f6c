"""Draw the version flow: a line of stations for each lineage, a card for each release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.flow import blocks, quiet, summary
from migdocs.core.flow.layout import BETWEEN, GUTTER, LINEAGE, MARGIN, RAIL, WIDE, place
from migdocs.core.markup.svg import (
    HEADLINE,
    NOTE,
    SUBLINE,
    Line,
    Paragraph,
    arrow,
    baseline,
    clipped,
    document,
    lay,
    rounded,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.flow import Flow
    from migdocs.core.flow.layout import Placed, Track


def svg(flow: Flow) -> str:
    """Draw a flow. The same flow gives the same bytes."""
    tracks = place(flow)
    stops = [stop for track in tracks for stop in track.stops]
    right = max((stop.right for stop in stops), default=MARGIN + WIDE)
    below = max((stop.bottom for stop in stops), default=0)
    head, top = _head(flow, right - MARGIN)
    foot, bottom = lay(
        [Paragraph(quiet(flow), NOTE)], MARGIN, top + below + BETWEEN, right - MARGIN
    )
    body = (
        *head,
        f'<g transform="translate(0 {top})">',
        *(line for track in tracks for line in _branch(track)),
        *(line for track in tracks for line in _rails(track, below)),
        *(line for track in tracks for line in _stations(track)),
        *(clipped(s.block.body, s.x + RAIL, s.y, s.block.across, s.block.height) for s in stops),
        "</g>",
        *map(written, foot),
    )
    size = right + MARGIN, bottom + MARGIN // 2
    letterings = (LINEAGE, *blocks.LETTERINGS)
    return document(size, "Version flow", summary(flow), body, letterings)


def _head(flow: Flow, room: int) -> tuple[list[str], int]:
    """Write what is drawn and what it comes to; give where the drawing begins."""
    paragraphs = (Paragraph("Version flow", HEADLINE), Paragraph(summary(flow), SUBLINE, most=3))
    lines, bottom = lay(paragraphs, MARGIN, MARGIN - 10, room)
    return [written(line) for line in lines], bottom + 28


# --- what is drawn ------------------------------------------------------------------------------


def _branch(track: Track) -> Iterator[str]:
    """Draw a lineage's name, and the line that it leaves its origin by, under every card."""
    if not track.name or not track.stops:
        return
    first = track.stops[0]
    if track.leaves:
        level = track.leaves.bottom + BETWEEN // 2
        corners = (
            track.leaves.point,
            (track.leaves.x, level),
            (track.trunk, level),
            (track.trunk, first.point[1]),
            first.point,
        )
        yield _line(corners, f"rail {track.color}")
    y = baseline(first.y - LINEAGE.leading - 4, LINEAGE)
    yield written(Line(track.name, LINEAGE, first.x + RAIL, y))


def _rails(track: Track, below: int) -> Iterator[str]:
    """Draw the line from each stop to the next, and the arrow behind the last."""
    for before, after in zip(track.stops, track.stops[1:], strict=False):
        dashed = " dashed" if after.is_planned else ""
        yield _line(_way(before, after, below), f"rail {track.color}{dashed}")
    for last in track.stops[-1:]:
        dashed = " dashed" if last.is_planned else ""
        end = max(last.bottom, last.point[1] + BETWEEN)
        yield arrow(last.point, (last.x, end), track.color + dashed)


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
        if stop.is_gap:
            yield f'<circle class="paper {track.color}" cx="{x}" cy="{y}" r="4" stroke-width="3"/>'
        else:
            yield f'<path class="{track.color}" d="M{x} {y}h{RAIL}" stroke-width="2"/>'
            yield f'<circle class="paper {track.color}" cx="{x}" cy="{y}" r="8" stroke-width="4"/>'
