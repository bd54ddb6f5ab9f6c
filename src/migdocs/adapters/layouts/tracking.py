"""Which migrations the rows of the project's own runner's table mean, and which it ran changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migdocs.adapters.layouts.flyway import checksum
from migdocs.core.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from migdocs.adapters.layouts.convention import Layout
    from migdocs.core.model import Migration


@dataclass(frozen=True, slots=True)
class Recorded:
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
    found = tuple(values)
    unknown = tuple(value for value in found if value not in of_value and value != "0")
    named = {name for value in found for name in of_value.get(value, ())}
    if layout.tracking is not None and layout.tracking.latest_only and named:
        newest = max(in_order.index(name) for name in named)
        named = set(in_order[: newest + 1])
    return Recorded(tuple(name for name in in_order if name in named), unknown)


def checksum_findings(
    migrations: Iterable[Migration], checksums: Mapping[str, int | None]
) -> Iterator[Finding]:
    """Name the Flyway scripts that are not what Flyway ran.

    Args:
        migrations: of the ``flyway`` layout.
        checksums: ``flyway_schema_history``'s, by its column ``script``; None where it has none.
    """
    for migration in migrations:
        script = migration.forward
        if script is None or script.language != "sql":
            continue
        was = checksums.get(f"{migration.id}.sql")
        now = checksum(script.text)
        if was is not None and was != now:
            yield Finding(
                "flyway-checksum",
                "error",
                f"Flyway ran this script with the checksum {was}; now it is {now}",
                script.path,
                1,
                "put the old text back and write a new migration, or run 'flyway repair'.",
            )
