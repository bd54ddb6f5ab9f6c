"""Partitions that are made, attached, detached (hazards.md, part G)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.changes.tables import bound
from migdocs.core.hazards.constraints import implies
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import ACCESS_EXCLUSIVE, SHARE_UPDATE_EXCLUSIVE
from migdocs.core.sql import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action

# Since this version ATTACH lets everybody go on with the parent.
LIGHT_ATTACH = 12
# Since this version DETACH locks the partition as strongly as the parent, and can be CONCURRENTLY.
CONCURRENT_DETACH = 14
EVENTS = "CREATE TABLE events (at date) PARTITION BY RANGE (at);"


def partition(action: Action) -> str:
    """Give the name of the partition that ATTACH or DETACH names."""
    return tree.relation(getattr(action.part, "def").partition_cmd.name)


def default_of(action: Action, parent: str) -> tuple[str, ...]:
    """Give the parent's default partition, where it is known to have one."""
    name = action.schema.default_partition(parent)
    return (name,) if name else ()


@rule(
    "pt-attach",
    on="AT_AttachPartition",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="scan of the partition and of the default one; none where a valid CHECK implies the bound",
    instead="give the partition a CHECK of its bound, and the default one a CHECK against it.",
    example="ALTER TABLE events ATTACH PARTITION first"
    " FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
    given=EVENTS + " CREATE TABLE first (at date);",
    unseen="whether a check implies the bound: a scan is assumed.",
)
def partition_attached(action: Action) -> Iterator[Found]:
    """Flag a table that becomes a partition.

    Its rows are read, and those of the default partition, while nobody else can use either. Up to
    11 the parent is locked as strongly.
    """
    child, default = partition(action), default_of(action, action.table)
    light = action.postgres >= LIGHT_ATTACH
    strong = (child, *default) if light else (child, action.table, *default)
    proven = not default and _is_proven(action, child)
    reading = "a check proves its bound" if proven else "its rows are read"
    yield Found(
        f"'{child}' becomes a partition of '{action.table}', and {reading}",
        strong,
        ((action.table, SHARE_UPDATE_EXCLUSIVE),) if light else (),
        scan=not proven and (child not in action.scene.new or bool(default)),
    )


def _is_proven(action: Action, child: str) -> bool:
    """Tell whether a valid check and NOT NULL say of every row that it fits the bound."""
    table = action.schema.sure(child)
    if table is None:
        return False
    new = bound(getattr(action.part, "def").partition_cmd.bound)
    checks = [c for c in table.constraints.values() if c.type == "check" and not c.not_valid]
    return any(
        implies(check.expression, new, check.columns)
        and all(
            name in table.columns and not table.columns[name].nullable for name in check.columns
        )
        for check in checks
    )


@rule(
    "pt-create",
    on="create_stmt",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="scan of the default partition",
    instead="CREATE TABLE (LIKE …) with a CHECK of the bound, then ATTACH it.",
    example="CREATE TABLE first PARTITION OF events"
    " FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
    given=EVENTS,
    severity="warning",  # it looks like any new table, and blocks everybody on the old one
    unseen="whether there is a default partition, if no earlier migration created the table.",
)
def partition_created(action: Action) -> Iterator[Found]:
    """Flag a new table that is a partition at once.

    It looks harmless, and locks the parent and its default partition against everybody.
    """
    node = action.node
    if not node.HasField("partbound"):
        return
    parent = tree.relation(node.inh_relations[0].range_var)
    default = default_of(action, parent)
    unknown = action.schema.whole(parent) is None and not node.partbound.is_default
    yield Found(
        f"'{tree.relation(node.relation)}' becomes a partition of '{parent}', which is locked",
        (parent, *default),
        scan=bool(default) or unknown,
    )


@rule(
    "pt-detach",
    on="AT_DetachPartition",
    breaks=("operation", "readers"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="none",
    instead="DETACH PARTITION … CONCURRENTLY (since 14), in a script of its own.",
    example="ALTER TABLE events DETACH PARTITION first",
    given=EVENTS + " CREATE TABLE first PARTITION OF events"
    " FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');",
)
def partition_detached(action: Action) -> Iterator[Found]:
    """Flag a partition that becomes a table of its own.

    Its rows vanish from the parent, which is locked against everybody, with its default partition.
    """
    if getattr(action.part, "def").partition_cmd.concurrent:
        return
    child, default = partition(action), default_of(action, action.table)
    strong = action.postgres >= CONCURRENT_DETACH
    yield Found(
        f"the rows of '{child}' vanish from '{action.table}'",
        (action.table, *default, *((child,) if strong else ())),
        () if strong else ((child, SHARE_UPDATE_EXCLUSIVE),),
    )


@rule(
    "pt-detach-conc",
    on="AT_DetachPartition",
    breaks=("transaction",),
    lock=SHARE_UPDATE_EXCLUSIVE,
    impact="major",
    work="none",
    instead="leave it alone in its script, and FINALIZE it after a crash.",
    example="ALTER TABLE events DETACH PARTITION first CONCURRENTLY",
    given=EVENTS + " CREATE TABLE first PARTITION OF events"
    " FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');",
    since=CONCURRENT_DETACH,
    severity="info",  # it is the safe way; what stands around it is judged by tx-nontx-mix
    unseen="whether there is a default partition, if no earlier migration created the table.",
)
def partition_detached_concurrently(action: Action) -> Iterator[Found]:
    """Flag a partition that is detached while everybody goes on.

    It cannot run in a transaction (25001), nor where there is a default partition (55000). A crash
    leaves it pending.
    """
    if not getattr(action.part, "def").partition_cmd.concurrent:
        return
    child, default = partition(action), default_of(action, action.table)
    refused = f"; refused, as '{default[0]}' is its default partition" if default else ""
    yield Found(
        f"'{child}' is detached from '{action.table}' concurrently{refused}",
        (action.table, child),
        sqlstate="55000" if default else "",
    )
