"""Indexes that are created, dropped, rebuilt, renamed (hazards.md, part E)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import ACCESS_EXCLUSIVE, SHARE, SHARE_UPDATE_EXCLUSIVE
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.parser import Node

# Since this version renaming an index lets everybody go on reading and writing.
LIGHT_RENAME = 12


def is_partitioned(action: Action) -> bool:
    """Tell whether the index's table is known to be partitioned."""
    return action.schema.is_partitioned(tree.relation(action.node.relation))


@rule(
    "ix-create",
    on="index_stmt",
    breaks=("operation",),
    lock=SHARE,
    impact="minor",
    work="an index is built",
    instead="CREATE INDEX CONCURRENTLY, in a script of its own.",
    example="CREATE INDEX users_name ON users (name)",
)
def index_created(action: Action) -> Iterator[Found]:
    """Flag an index that is built while nobody can write to its table.

    A unique one also refuses what writers could do before.
    """
    node = action.node
    if not node.concurrent and (not is_partitioned(action) or not node.relation.inh):
        index = action.new_index
        unique = "unique " if index.unique else ""
        yield Found(
            f"the {unique}index '{index.name}' is built on '{index.table}', and writers wait",
            (index.table,),
            scan=True,
            impact="major" if index.unique else "minor",
        )


@rule(
    "ix-create-part",
    on="index_stmt",
    breaks=("operation",),
    lock=SHARE,
    impact="minor",
    work="an index is built on each partition",
    instead="create it ON ONLY the parent, CONCURRENTLY on each partition, and ATTACH those.",
    example="CREATE INDEX events_at ON events (at)",
    given="CREATE TABLE events (at date) PARTITION BY RANGE (at);",
    unseen="whether the table is partitioned, if no earlier migration created it.",
)
def partitioned_index_created(action: Action) -> Iterator[Found]:
    """Flag an index on a partitioned table.

    Nobody can write to the table or any partition until all are built, and CONCURRENTLY is refused
    (0A000).
    """
    if is_partitioned(action) and action.node.relation.inh:
        index = action.new_index
        refused = action.node.concurrent
        why = ": CONCURRENTLY is refused" if refused else ""
        yield Found(
            f"the index '{index.name}' is built on '{index.table}' and all its partitions{why}",
            (index.table, *action.schema.partitions(index.table)),
            scan=True,
            impact="major" if index.unique else "minor",
            sqlstate="0A000" if refused else "",
        )


@rule(
    "ix-conc",
    on="index_stmt",
    breaks=("transaction",),
    lock=SHARE_UPDATE_EXCLUSIVE,
    impact="minor",
    work="an index is built, in two scans",
    instead="leave it alone in its script; look at indisvalid afterwards, drop it and retry.",
    example="CREATE INDEX CONCURRENTLY users_name ON users (name)",
    severity="info",  # it is the safe way; what stands around it is judged by tx-nontx-mix
)
def index_created_concurrently(action: Action) -> Iterator[Found]:
    """Flag an index that is built while everybody goes on.

    It cannot run in a transaction or beside other statements in one string (25001), waits for every
    older writer and snapshot, and leaves an INVALID index where it fails, even by lock_timeout.
    """
    node = action.node
    if node.concurrent and not is_partitioned(action):
        index = action.new_index
        yield Found(
            f"the index '{index.name}' is built concurrently: check that it is valid afterwards",
            (index.table,),
            scan=True,
            impact="major" if index.unique else "minor",
        )


@rule(
    "ix-conc-ine",
    on="index_stmt",
    breaks=("transaction", "data"),
    lock=SHARE_UPDATE_EXCLUSIVE,
    impact="minor",
    work="none: it is skipped",
    instead="DROP INDEX CONCURRENTLY IF EXISTS, then create it without IF NOT EXISTS.",
    example="CREATE INDEX CONCURRENTLY IF NOT EXISTS users_name ON users (name)",
)
def invalid_index_kept(action: Action) -> Iterator[Found]:
    """Flag IF NOT EXISTS on an index that is built concurrently.

    Where it failed before, the retry succeeds and leaves the invalid index for ever.
    """
    if action.node.concurrent and action.node.if_not_exists:
        index = action.new_index
        yield Found(
            f"a retry takes an invalid index '{index.name}' for the one wanted", (index.table,)
        )


@rule(
    "ix-drop",
    on="drop_stmt.OBJECT_INDEX",
    breaks=("operation", "writers"),
    lock=ACCESS_EXCLUSIVE,
    impact="patch",
    work="catalog only",
    instead="DROP INDEX CONCURRENTLY, in a script of its own.",
    example="DROP INDEX users_name",
    given="CREATE INDEX users_name ON users (name);",
    unseen="the table and whether it is unique, if no earlier migration created it: not unique is"
    " assumed.",
)
def index_dropped(action: Action) -> Iterator[Found]:
    """Flag a dropped index.

    The table is locked against readers too. Without a unique index ON CONFLICT fails (42P10).
    """
    if not action.node.concurrent:
        for item in action.node.objects:
            yield _dropped(action, tree.object_name(item), "is dropped")


def _dropped(action: Action, name: str, how: str) -> Found:
    """Say that an index is dropped, with its table where it is known."""
    index, table = action.schema.index(name), action.schema.table_of_index(name)
    unique = bool(index and index.unique)
    of = f" of '{table}'" if table else ""
    needed = bool(table) and index is None
    why = ": it is a constraint's own, and refused" if needed else ""
    return Found(
        f"the {'unique ' if unique else ''}index '{name}'{of} {how}{why}",
        (table or name,),
        of=(name,),
        impact="major" if unique else None,
        sqlstate="2BP01" if needed and action.schema.sure(table) else "",
        severity="error" if needed else None,
    )


@rule(
    "ix-drop-conc",
    on="drop_stmt.OBJECT_INDEX",
    breaks=("transaction",),
    lock=SHARE_UPDATE_EXCLUSIVE,
    impact="patch",
    work="none",
    instead="leave it alone in its script.",
    example="DROP INDEX CONCURRENTLY users_name",
    given="CREATE INDEX users_name ON users (name);",
    severity="info",  # it is the safe way; what stands around it is judged by tx-nontx-mix
)
def index_dropped_concurrently(action: Action) -> Iterator[Found]:
    """Flag an index that is dropped while everybody goes on.

    It cannot run in a transaction (25001), takes no CASCADE, and refuses the index of a constraint
    or of a partitioned table.
    """
    if action.node.concurrent:
        for item in action.node.objects:
            yield _dropped(action, tree.object_name(item), "is dropped concurrently")


def is_concurrent(node: Node) -> bool:
    """Tell whether a ReindexStmt says CONCURRENTLY."""
    return any(item.def_elem.defname == "concurrently" for item in node.params)


def reindexed(action: Action) -> str:
    """Give what is rebuilt: ``table 'users'``."""
    kind = enum_names("ReindexObjectType")[action.node.kind].rpartition("_")[2].lower()
    node = action.node
    name = tree.relation(node.relation) if node.HasField("relation") else node.name
    return f"{kind} '{name}'" if name else kind


@rule(
    "ix-reindex",
    on="reindex_stmt",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="patch",
    work="an index is built",
    instead="REINDEX CONCURRENTLY (since 12), in a script of its own.",
    example="REINDEX TABLE users",
)
def index_rebuilt(action: Action) -> Iterator[Found]:
    """Flag an index that is rebuilt.

    The table is locked against writers (SHARE), and the index against everybody: even a SELECT is
    not planned meanwhile.
    """
    if not is_concurrent(action.node):
        indexes, table = rebuilt(action)
        also = ((table, SHARE),) if table else ()
        of = (table,) if table else ()
        yield Found(f"{reindexed(action)} is reindexed", indexes, also, of, scan=True)


def rebuilt(action: Action) -> tuple[tuple[str, ...], str]:
    """Give the indexes that REINDEX builds and their table, as far as they are known."""
    node = action.node
    if not node.HasField("relation"):
        return (), ""
    name = tree.relation(node.relation)
    if enum_names("ReindexObjectType")[node.kind] == "REINDEX_OBJECT_INDEX":
        index = action.schema.index(name)
        return (name,), index.table if index else ""
    table = action.schema.relation(name)
    return tuple(table.all_indexes()) if table else (), name


@rule(
    "ix-reindex-conc",
    on="reindex_stmt",
    breaks=("transaction",),
    lock=SHARE_UPDATE_EXCLUSIVE,
    impact="patch",
    work="an index is built",
    instead="leave it alone in its script, and look for indexes named _ccnew afterwards.",
    example="REINDEX TABLE CONCURRENTLY users",
    severity="info",  # it is the safe way; what stands around it is judged by tx-nontx-mix
    since=12,
)
def index_rebuilt_concurrently(action: Action) -> Iterator[Found]:
    """Flag an index that is rebuilt while everybody goes on.

    It cannot run in a transaction (25001), and leaves _ccnew or _ccold behind where it fails.
    """
    if is_concurrent(action.node):
        indexes, table = rebuilt(action)
        on = (table, *indexes) if table else indexes
        of = (table,) if table else ()
        yield Found(f"{reindexed(action)} is reindexed concurrently", on, of=of, scan=True)


@rule(
    "ix-rename",
    on="rename_stmt.OBJECT_INDEX",
    breaks=("clients",),
    lock=SHARE_UPDATE_EXCLUSIVE,
    impact="patch",
    work="catalog only",
    instead="look for hints, REINDEX jobs and ON CONFLICT clauses that name it.",
    example="ALTER INDEX users_name RENAME TO users_by_name",
    given="CREATE INDEX users_name ON users (name);",
)
def index_renamed(action: Action) -> Iterator[Found]:
    """Flag a renamed index.

    What names it breaks: hints, jobs that rebuild it. Up to 11 it is locked against everybody.
    """
    old = tree.relation(action.node.relation)
    yield Found(
        f"the index '{old}' is renamed to '{tree.identifier(action.node.newname)}'",
        (old,),
        lock=SHARE_UPDATE_EXCLUSIVE if action.postgres >= LIGHT_RENAME else ACCESS_EXCLUSIVE,
    )
