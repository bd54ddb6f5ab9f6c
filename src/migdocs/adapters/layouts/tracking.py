"""Which migrations the rows of the project's own runner's table mean, and which it ran changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.adapters.layouts.conventions.flyway import checksum
from migdocs.core.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from migdocs.adapters.layouts.convention import Layout
    from migdocs.core.model import Migration


class Recorded(Struct, frozen=True):
    """What the runner's table says was run.

    Attributes:
        applied: ids of ours, in run order.
        unknown: values that are no migration's here, as the table has them.
    """

    applied: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def recorded(layout: Layout, values: Iterable[str], ids: Iterable[str]) -> Recorded:
    """Tell which migrations a table's values mean.

    Args:
        layout: whose runner wrote the table.
        values: the rows of ``layout.tracking.query``.
        ids: the migrations', in run order.
    """
    in_order = tuple(ids)
    of_value: dict[str, list[str]] = {}
    for name in in_order:
        of_value.setdefault(layout.recorded(name), []).append(name)
    table = layout.tracking
    found = {}
    for value in values:
        limit = table.up_to(value) if table else ""
        before = [name for name in in_order if limit and layout.order(name) <= layout.order(limit)]
        found[value] = before or of_value.get(table.id_of(value) if table else value, [])
    unknown = tuple(value for value, names in found.items() if not names and value != "0")
    named = {name for names in found.values() for name in names}
    if table is not None and table.latest_only and named:
        newest = max(in_order.index(name) for name in named)
        named = set(in_order[: newest + 1])
    return Recorded(tuple(name for name in in_order if name in named), unknown)


def checksum_findings(
    migrations: Iterable[Migration], checksums: Mapping[str, int | None]
) -> Iterator[Finding]:
    """Name the Flyway scripts that are not what Flyway ran; repeatable ones may change.

    Args:
        migrations: of the ``flyway`` layout.
        checksums: ``flyway_schema_history``'s, by id; None where it has none.
    """
    for migration in migrations:
        sums = _checksums(migration, checksums)
        if migration.forward and sums and not migration.repeatable:
            was, now = sums
            yield Finding(
                "flyway-checksum",
                "error",
                f"Flyway ran this script with the checksum {was}; now it is {now}",
                migration.forward.path,
                1,
                "put the old text back and write a new migration, or run 'flyway repair'.",
            )


def due_again(
    migrations: Iterable[Migration], checksums: Mapping[str, int | None]
) -> frozenset[str]:
    """Name the repeatable scripts that have changed since Flyway ran them: it will run them."""
    return frozenset(m.id for m in migrations if m.repeatable and _checksums(m, checksums))


def _checksums(migration: Migration, checksums: Mapping[str, int | None]) -> tuple[int, int] | None:
    """Give the checksum that Flyway recorded and the one of today, where they differ."""
    script = migration.forward
    was = checksums.get(migration.id)
    if script is None or script.language != "sql" or was is None:
        return None
    now = checksum(script.text)
    return (was, now) if was != now else None
