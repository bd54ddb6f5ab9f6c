"""Indexes that cover too few rows, or too many columns (hazards.md, part E)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import SHARE, SHARE_UPDATE_EXCLUSIVE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.definitions import Index

WIDE = 3  # columns


@rule(
    "ix-partial",
    on="index_stmt",
    breaks=("writers",),
    lock=SHARE,
    impact="major",
    work="an index is built",
    instead="keep the old index until no client counts on it.",
    example="DROP INDEX users_name;"
    " CREATE UNIQUE INDEX users_name ON users (name) WHERE visits > 0",
    given="CREATE UNIQUE INDEX users_name ON users (name);",
    unseen="the old index, if no earlier migration created it.",
)
def unique_index_narrowed(action: Action) -> Iterator[Found]:
    """Flag a unique index that is replaced by one over fewer rows or over expressions.

    ON CONFLICT (column) finds no target any more (42P10), and more rows pass.
    """
    index = action.new_index
    if not index.unique or (index.where is None and len(index.columns) == len(index.keys)):
        return
    for old in action.scene.dropped_indexes:
        if old.table == index.table and old.unique and old.where is None and _overlap(old, index):
            yield Found(
                f"the unique index '{old.name}' of '{index.table}' is replaced by a narrower one",
                (index.table,),
                scan=True,
            )


def _overlap(old: Index, new: Index) -> bool:
    """Tell whether two indexes are about the same columns, an expression's among them."""
    return old.name == new.name or any(column in key for column in old.columns for key in new.keys)


@rule(
    "ix-wide",
    on="index_stmt",
    breaks=("operation",),
    lock=SHARE,
    impact="patch",
    work="an index is built",
    instead="make it narrower, or drop the one that it makes needless.",
    example="CREATE INDEX users_all ON users (name, role, visits, balance)",
    even_if_new=True,
    severity="info",  # it costs writers a little for ever, and harms nobody at once
)
def wide_index_created(action: Action) -> Iterator[Found]:
    """Flag an index of more than three columns, or one that another already begins with.

    Every write pays for it.
    """
    index = action.new_index
    if not index.unique and len(index.keys) > WIDE:
        yield _needless(action, index, f"has {len(index.keys)} columns")
    if action.table in action.scene.new:
        return
    table = action.schema.glimpse(index.table)
    gone = {dropped.name for dropped in action.scene.dropped_indexes}
    for name, other in table.indexes.items() if table else ():
        if name not in gone and name != index.name and _is_prefix(index, other):
            yield _needless(action, index, f"is the beginning of '{name}'")


def _needless(action: Action, index: Index, why: str) -> Found:
    """Say what an index costs for nothing."""
    lock = SHARE_UPDATE_EXCLUSIVE if action.node.concurrent else SHARE
    return Found(
        f"the index '{index.name}' on '{index.table}' {why}", (index.table,), lock=lock, scan=True
    )


def _is_prefix(index: Index, other: Index) -> bool:
    """Tell whether another index can do all that this one can."""
    same_rows = (index.where, index.method) == (other.where, other.method)
    return same_rows and not index.unique and other.keys[: len(index.keys)] == index.keys
