"""Write the version flow as a Mermaid 11 flowchart that stays within Mermaid's limits."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.flow import Gap, badge, cut, origin, quiet, summary
from migdocs.core.markup.mermaid import MOST_CHARACTERS, MOST_EDGES, label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.flow import Card, Entry, Flow, Lineage, Stop


class Detail(Struct, frozen=True):
    """How much one diagram tells.

    Attributes:
        entries: migrations of one release, at most.
        changes: of one migration, at most.
        stops: of one lineage, at most; the newest are kept.
    """

    entries: int
    changes: int
    stops: int


# Tried in this order, until the diagram is one that Mermaid takes.
DETAILS = (Detail(12, 8, 400), Detail(8, 2, 400), Detail(4, 0, 400), Detail(3, 0, 60))
LABEL_WIDTH = 100
# A migration's id is longer than the 200 pixels after which Mermaid wraps.
HEAD = (
    "---",
    "config:",
    "  flowchart:",
    "    wrappingWidth: 480",
    "---",
    "flowchart TD",
    "    accTitle: Version flow",
)
STYLES = (
    "classDef compatible stroke:#15803d,stroke-width:2px",
    "classDef breaking stroke:#b91c1c,stroke-width:4px",
    "classDef planned stroke-dasharray:6 4",
    "classDef gap stroke-dasharray:2 3",
)
# Styles that few flows need, by the mark of a node that has it.
RARE_STYLES = {
    ":::stop_first": "classDef stop_first stroke:#b45309,stroke-width:3px",
    ":::not_known": "classDef not_known stroke:#b45309,stroke-width:2px,stroke-dasharray:6 2",
}


def mermaid(flow: Flow) -> str:
    """Give a flow as a flowchart from top to bottom; what does not fit is counted, never silent."""
    for detail in DETAILS:
        drawn = "\n".join(_lines(flow, detail)) + "\n"
        if len(drawn) <= MOST_CHARACTERS and drawn.count("-->") <= MOST_EDGES:
            return drawn
    told = [*textwrap.wrap(summary(flow), LABEL_WIDTH)[:3], "Too long to be drawn here."]
    return f"flowchart TD\n    n0[{label(told)}]\n"


def _lines(flow: Flow, detail: Detail) -> Iterator[str]:
    """Give the diagram's lines at one level of detail."""
    yield from HEAD
    if not flow.lineages:
        yield f"    n0[{label([summary(flow)])}]"
    for row, lineage in enumerate(flow.lineages):
        several = len(flow.lineages) > 1
        yield from [f"    subgraph line{row}[{label([lineage.name])}]"] if several else []
        yield from _lineage_lines(row, lineage, detail)
        yield from ["    end"] if several else []
    yield from _branches(flow, detail)
    if flow.quiet:
        yield f"    quiet[{label(textwrap.wrap(quiet(flow), LABEL_WIDTH)[:4])}]:::gap"
    yield from (f"    {style}" for style in STYLES)
    used = {_style(stop) for line in flow.lineages for stop in line.stops}
    yield from (f"    {style}" for name, style in RARE_STYLES.items() if name in used)


def _lineage_lines(row: int, lineage: Lineage, detail: Detail) -> Iterator[str]:
    """Give a lineage's nodes and the arrows between neighbours."""
    first = max(0, len(lineage.stops) - detail.stops)
    if first:
        yield f"    {_node(row, first - 1)}[{label([f'{first} earlier stops'])}]:::gap"
    for column, stop in enumerate(lineage.stops[first:], first):
        yield f"    {_node(row, column)}[{label(_told(stop, detail))}]{_style(stop)}"
        if column:
            yield f"    {_node(row, column - 1)} --> {_node(row, column)}"


def _branches(flow: Flow, detail: Detail) -> Iterator[str]:
    """Give the arrows from one lineage to another; an earlier stop stands for all before it."""
    for row, lineage in enumerate(flow.lineages):
        found = origin(flow, lineage)
        if found:
            source, column = found
            first_drawn = max(0, len(flow.lineages[source].stops) - detail.stops)
            target = max(0, len(lineage.stops) - detail.stops - 1)
            yield f"    {_node(source, max(column, first_drawn - 1))} --> {_node(row, target)}"


def _node(row: int, column: int) -> str:
    """Name a stop's node, the same at every level of detail."""
    return f"n{row}_{column}"


def _style(stop: Stop) -> str:
    """Give the class of a stop's node; a planned one is dashed, whatever it breaks."""
    if isinstance(stop, Gap):
        return ":::gap"
    style = "planned" if stop.status == "planned" else badge(stop.compatibility)
    return f":::{style.replace(' ', '_')}" if style else ""


def _told(stop: Stop, detail: Detail) -> Iterator[str]:
    """Give a node's lines, each short enough to be read."""
    if isinstance(stop, Gap):
        return iter([_clipped(stop.text)])
    return (_clipped(line) for line in _card_lines(stop, detail))


def _card_lines(card: Card, detail: Detail) -> Iterator[str]:
    """Give what a card says, line by line."""
    yield " · ".join(filter(None, (card.version, card.date, badge(card.compatibility))))
    yield from [card.title] if card.title else []
    shown, left = cut(card.entries, detail.entries)
    for entry in shown:
        yield from _entry_lines(entry, detail, named=entry.title != card.title)
    yield from [f"… {left} more migrations"] if left else []
    yield from [card.compatibility.note] if card.compatibility.note else []


def _entry_lines(entry: Entry, detail: Detail, *, named: bool) -> Iterator[str]:
    """Give a migration's id, its title where the card lacks it, and its changes."""
    yield entry.id
    yield from [entry.title] if named and entry.title else []
    shown, left = cut(entry.changes, detail.changes)
    yield from (f"• {change}" for change in shown)
    yield from [f"… {left} more changes"] if left and detail.changes else []


def _clipped(line: str) -> str:
    """Give a line at the width of a label; an ellipsis says that there was more."""
    return line if len(line) <= LABEL_WIDTH else line[: LABEL_WIDTH - 1] + "…"
