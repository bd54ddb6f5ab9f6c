"""Unique constraints and primary keys that are added (hazards.md, part D)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import (
    ACCESS_EXCLUSIVE,
)
from migdocs.core.sql import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.model import Severity


@rule(
    "uq-add",
    on="AT_AddConstraint.CONSTR_UNIQUE",
    breaks=("operation", "writers"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="an index is built",
    instead="CREATE UNIQUE INDEX CONCURRENTLY, then ADD UNIQUE USING INDEX.",
    example="ALTER TABLE users ADD CONSTRAINT one_name UNIQUE (name)",
    unseen="whether rows repeat a value.",
)
def unique_added(action: Action) -> Iterator[Found]:
    """Flag a unique constraint that builds its own index.

    Nobody can read or write the table meanwhile. A value that occurs twice makes it fail (23505).
    """
    if not action.part.indexname:
        columns = ", ".join(tree.columns(action.part.keys))
        yield Found(
            f"'{action.table}' ({columns}) becomes unique, and the index is built under lock",
            (action.table,),
            scan=True,
        )


@rule(
    "uq-using",
    on="AT_AddConstraint.CONSTR_UNIQUE",
    breaks=("writers",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="none",
    instead="set lock_timeout and retry.",
    example="ALTER TABLE users ADD CONSTRAINT one_name UNIQUE USING INDEX users_name",
    given="CREATE UNIQUE INDEX users_name ON users (name);",
)
def unique_index_used(action: Action) -> Iterator[Found]:
    """Flag a unique constraint that takes an index over.

    The index is renamed where its name is another.
    """
    if action.part.indexname:
        yield _index_used(action, "unique constraint")


def _index_used(action: Action, kind: str, *, scan: bool = False) -> Found:
    """Say that an index becomes a constraint's, and whether it is renamed."""
    index = tree.identifier(action.part.indexname)
    renamed = action.name not in {"", index}
    suffix = f" and is renamed to '{action.name}'" if renamed else ""
    message = f"the index '{index}' becomes a {kind} of '{action.table}'{suffix}"
    known = action.schema.index(action.schema_of(index))
    level: Severity | None = "info" if known and known.unique and kind.startswith("uniq") else None
    return Found(message, (action.table,), scan=scan, severity=level)


@rule(
    "pk-add",
    on="AT_AddConstraint.CONSTR_PRIMARY",
    breaks=("operation", "writers"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="an index is built, and all rows are read for NULLs",
    instead="CREATE UNIQUE INDEX CONCURRENTLY, prove NOT NULL (see nn-set), then USING INDEX.",
    example="ALTER TABLE logs ADD PRIMARY KEY (id)",
    given="CREATE TABLE logs (id bigint);",
)
def primary_key_added(action: Action) -> Iterator[Found]:
    """Flag a primary key that builds its own index.

    Nobody can read or write the table meanwhile.
    """
    if not action.part.indexname:
        columns = ", ".join(tree.columns(action.part.keys))
        yield Found(
            f"'{action.table}' gets the primary key ({columns}), and its index is built under lock",
            (action.table,),
            scan=True,
        )


@rule(
    "pk-using",
    on="AT_AddConstraint.CONSTR_PRIMARY",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="none where every column is NOT NULL already, else a scan",
    instead="make its columns NOT NULL the safe way first (see nn-set).",
    example="ALTER TABLE logs ADD PRIMARY KEY USING INDEX logs_id",
    given="CREATE TABLE logs (id bigint); CREATE UNIQUE INDEX logs_id ON logs (id);",
    unseen="whether the columns are NOT NULL, where no earlier migration says so: not, is assumed.",
)
def primary_key_index_used(action: Action) -> Iterator[Found]:
    """Flag a primary key that takes an index over.

    A column of it that may be null makes all rows be read while nobody else can.
    """
    if action.part.indexname:
        yield _index_used(action, "primary key", scan=not _is_never_null(action))


def _is_never_null(action: Action) -> bool:
    """Tell whether every column of the index is known to be NOT NULL."""
    index = action.schema.index(tree.identifier(action.part.indexname))
    columns = [action.schema.column(action.table, name) for name in index.columns] if index else []
    return bool(columns) and all(column and not column.nullable for column in columns)
