"""Columns that are dropped, renamed, or whose generated value changes (hazards.md, part A)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.catalog.state import uses
from migdocs.core.hazards.dependents import key_partners, readers
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import ACCESS_EXCLUSIVE
from migdocs.core.sql import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.catalog import Relation
    from migdocs.core.hazards.scene import Action

CASCADE = 2  # DropBehavior


@rule(
    "col-drop",
    on="AT_DropColumn",
    breaks=("clients", "data"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="stop using it, release that, and drop it a release later.",
    example="ALTER TABLE users DROP COLUMN role",
    unseen="which views and functions use it, if no earlier migration created them.",
)
def column_dropped(action: Action) -> Iterator[Found]:
    """Flag a dropped column.

    Clients that select or insert it fail. Indexes of several columns, checks and statistics that
    use it vanish without a word. A rollback adds it back at the end of the table, and empty. Its
    place among the 1,600 that a table can have stays taken.
    """
    lost = _also_lost(action)
    also = f", and with it {', '.join(lost)}" if lost else ""
    yield Found(f"'{action.full_name}' is removed{also}", (action.table,), of=(action.full_name,))


def _also_lost(action: Action) -> list[str]:
    """Name the indexes and constraints that go with a column, as far as they are known."""
    if not _users(action.schema.glimpse(action.table), action.name):
        return []
    return [f"'{name}'" for name in _users(action.schema.relation(action.table), action.name)]


def _users(table: Relation | None, column: str) -> list[str]:
    """Name the indexes and constraints of a table that use a column."""
    if table is None:
        return []
    indexes = [name for name, index in table.indexes.items() if uses(index, column)]
    return indexes + [name for name, key in table.constraints.items() if column in key.columns]


@rule(
    "col-drop-cascade",
    on="AT_DropColumn",
    breaks=("clients", "data"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only; each dependent view is locked too",
    instead="find what depends on it, and drop each and create it again by name.",
    example="ALTER TABLE users DROP COLUMN role CASCADE",
    unseen="what depends on it, if no earlier migration created it.",
)
def column_dropped_with_dependents(action: Action) -> Iterator[Found]:
    """Flag a column that is dropped with CASCADE.

    Views and foreign keys that the script does not name are dropped with it.
    """
    if action.part.behavior != CASCADE:
        return
    column = (action.schema, action.table, action.name)
    views = sorted(readers(*column))
    victims = [f"the view '{view}'" for view in views]
    partners = sorted(set(key_partners(*column)))
    victims += [f"the foreign key with '{table}'" for table in partners]
    said = ", ".join(victims)
    yield Found(
        f"'{action.full_name}' is removed, and with it {said or 'everything that depends on it'}",
        tuple(dict.fromkeys((action.table, *views, *partners))),
        of=(action.full_name,),
    )


@rule(
    "col-rename",
    on="rename_stmt.OBJECT_COLUMN",
    breaks=("clients",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only, all versions",
    instead="add the new column, write both, copy, release, and drop the old one a release later.",
    example="ALTER TABLE users RENAME COLUMN role TO kind",
)
def column_renamed(action: Action) -> Iterator[Found]:
    """Flag a renamed column.

    Every client that uses the old name fails. Views keep showing the old name, and bodies in
    PL/pgSQL break only when they run.
    """
    table = tree.relation(action.node.relation)
    old, new = tree.identifier(action.node.subname), tree.identifier(action.node.newname)
    full_name = f"{table}.{old}"
    hurt = table if table in action.scene.new else full_name
    yield Found(f"'{full_name}' is renamed to '{new}'", (table,), of=(hurt,))


@rule(
    "col-gen-drop-expr",
    on="AT_DropExpression",
    breaks=("writers",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only, since 13",
    instead="install the trigger that keeps it first.",
    example="ALTER TABLE users ALTER COLUMN mail DROP EXPRESSION",
    given="ALTER TABLE users ADD COLUMN mail text GENERATED ALWAYS AS (lower(name)) STORED;",
    since=13,
)
def expression_dropped(action: Action) -> Iterator[Found]:
    """Flag a generated column that becomes a plain one.

    Nothing keeps its value any more, and no error says so.
    """
    yield Found(f"'{action.full_name}' is no longer computed", (action.table,))


@rule(
    "col-gen-set-expr",
    on="AT_SetExpression",
    breaks=("operation", "readers"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="rewrite where it is stored, since 17",
    instead="add a new column, and let clients change over.",
    example="ALTER TABLE users ALTER COLUMN mail SET EXPRESSION AS (upper(name))",
    given="ALTER TABLE users ADD COLUMN mail text GENERATED ALWAYS AS (lower(name)) STORED;",
    since=17,
)
def expression_changed(action: Action) -> Iterator[Found]:
    """Flag a generated column that is computed from something else.

    Its values change their meaning, and the table is rewritten where they are stored.
    """
    column = action.schema.column(action.table, action.name)
    yield Found(
        f"'{action.full_name}' is computed from another expression",
        (action.table,),
        rewrite=column is None or not column.virtual,
    )
