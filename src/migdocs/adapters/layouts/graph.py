"""Migrations that name their parents: an order that a graph says, not a name."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.adapters.layouts.convention import Arrangement
from migdocs.core.model import Finding

if TYPE_CHECKING:
    from migdocs.core.model import Migration


def arrange(migrations: tuple[Migration, ...]) -> Arrangement:
    """Put parents before children, and otherwise keep the order of names.

    The key of a migration is at least its parents' and one deeper, so that keys made from a name
    alone still sort among them.
    """
    by_id = {migration.id: migration for migration in migrations}
    missing = [
        _unknown_parent(migration, parent)
        for migration in migrations
        for parent in migration.parents
        if parent not in by_id
    ]
    graph = {m.id: [p for p in m.parents if p in by_id] for m in migrations}
    try:
        ranked = tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = error.args[1]
        return Arrangement(
            tuple(sorted(migrations, key=lambda m: (m.order, m.id))),
            (*missing, _circle(by_id[circle[0]], circle)),
        )
    keys: dict[str, tuple[int, int]] = {}
    for name in ranked:
        own = int(by_id[name].order[0])
        above = [keys[parent] for parent in graph[name]]
        highest = max((own, *(number for number, _ in above)))
        depth = 1 + max((depth for number, depth in above if number == highest), default=-1)
        keys[name] = (highest, depth)
    placed = (replace(m, order=(*keys[m.id], m.id)) for m in migrations)
    return Arrangement(tuple(sorted(placed, key=lambda m: m.order)), tuple(missing))


def _unknown_parent(migration: Migration, parent: str) -> Finding:
    return Finding(
        "unknown-parent",
        "error",
        f"'{migration.id}' names the parent '{parent}', which is not here",
        migration.forward.path if migration.forward else "",
        1,
        "correct the name, or bring the parent back.",
    )


def _circle(migration: Migration, circle: list[str]) -> Finding:
    return Finding(
        "dependency-cycle",
        "error",
        "these migrations wait for each other: " + " → ".join(circle),
        migration.forward.path if migration.forward else "",
        1,
        "take one of the parents away; until then they are in the order of their names.",
    )
