"""What PostgreSQL is sure to refuse of columns: no cast, no such column, one that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards import casts, sure
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import NONE
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.catalog import Relation
    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.definitions import Column

OF_COLUMNS = (
    "AT_DropColumn",
    "AT_AlterColumnType",
    "AT_ColumnDefault",
    "AT_SetNotNull",
    "AT_DropNotNull",
    "AT_SetStatistics",
    "AT_SetStorage",
    "AT_SetCompression",
    "AT_SetOptions",
    "AT_ResetOptions",
    "AT_AddIdentity",
    "AT_SetIdentity",
    "AT_DropIdentity",
    "AT_DropExpression",
    "AT_SetExpression",
)
INTEGERS = frozenset({"smallint", "integer", "bigint"})


@rule(
    "no-cast",
    on="AT_AlterColumnType",
    breaks=("operation",),
    lock=NONE,
    impact="major",
    work="it fails (42804)",
    instead="say with USING how each value is converted; drop the default first, and set it again.",
    example="ALTER TABLE users ALTER COLUMN role TYPE integer",
    even_if_new=True,
    unseen="types that no earlier migration created.",
)
def cannot_cast(action: Action) -> Iterator[Found]:
    """Flag a type that the old values, or the default, are not cast to.

    Without USING the server casts only what it would cast on assignment. A default is cast that way
    in every case: drop it before, in the same statement if you like.
    """
    columns = sure.columns_of(action)
    column = columns.get(action.name) if columns else None
    if column is None or not column.type:
        return
    node = getattr(action.part, "def").column_def
    new = tree.type_name(node.type_name)
    if casts.assigned(column.type, new, action.schema) is not False:
        return
    if not node.HasField("raw_default"):
        message = f"'{action.full_name}' is not cast from {column.type} to {new} without USING"
        yield Found(message, of=(action.table,), sqlstate="42804")
    elif column.default is not None and action.name not in _defaults_dropped(action):
        message = f"the default of '{action.full_name}' is not cast to {new}"
        yield Found(message, of=(action.table,), sqlstate="42804")


@rule(
    "no-such-column",
    on=(*OF_COLUMNS, "rename_stmt.OBJECT_COLUMN", "AT_AddConstraint.CONSTR_CHECK", "index_stmt"),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42703)",
    instead="name a column that is there; IF EXISTS lets a DROP pass.",
    example="ALTER TABLE users DROP COLUMN nickname",
    even_if_new=True,
    unseen="the columns of a table that no earlier migration created: not checked.",
)
def column_missing(action: Action) -> Iterator[Found]:
    """Flag a column that the table has not.

    It may have been dropped or renamed by an earlier migration, or never been there.
    """
    if action.parsed.kind == "rename_stmt":
        table = tree.relation(action.node.relation)
        named: tuple[str, ...] = (tree.identifier(action.node.subname),)
    elif action.parsed.kind == "index_stmt":
        table, named = action.table, _index_columns(action)
    elif action.part.DESCRIPTOR.name == "Constraint":
        table, named = action.table, tuple(sure.unqualified_columns(action.part.raw_expr))
    else:
        table, named = action.table, () if action.part.missing_ok else (action.name,)
        if action.part.num:  # SET STATISTICS by number, of an expression index
            return
    known = action.schema.sure(table)
    if known is None:
        return
    beside = sure.neighbours(action).added_columns
    for name in named:
        if name not in known.columns and name not in beside and name not in sure.SYSTEM:
            yield Found(f"'{table}' has no column '{name}'", of=(table,), sqlstate="42703")


def _index_columns(action: Action) -> tuple[str, ...]:
    """Give the columns that an index names: keys, what is included, expressions, its condition."""
    node = action.node
    parts = [*node.index_params, *node.index_including_params]
    names = [tree.identifier(part.index_elem.name) for part in parts if part.index_elem.name]
    expressions = [part.index_elem.expr for part in parts if part.index_elem.HasField("expr")]
    if node.HasField("where_clause"):
        expressions.append(node.where_clause)
    return (*names, *(name for each in expressions for name in sure.unqualified_columns(each)))


@rule(
    "column-exists",
    on=("AT_AddColumn", "rename_stmt.OBJECT_COLUMN"),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42701)",
    instead="choose another name, or ADD COLUMN IF NOT EXISTS where it may be there.",
    example="ALTER TABLE users ADD COLUMN role text",
    even_if_new=True,
)
def column_there(action: Action) -> Iterator[Found]:
    """Flag a column whose name the table has already.

    An earlier migration added it, or the name is one that the server keeps for itself.
    """
    if action.parsed.kind == "rename_stmt":
        table, name = tree.relation(action.node.relation), tree.identifier(action.node.newname)
        known = action.schema.sure(table)
        is_there = known is not None and name in known.columns
    elif action.part.DESCRIPTOR.name == "ColumnDef" and not _may_be_there(action):
        table, name = action.table, action.name
        known, beside = action.schema.sure(table), sure.neighbours(action)
        is_there = known is not None and name in known.columns
        is_there = is_there and name not in beside.dropped_columns
        is_there = is_there or beside.added_columns.count(name) > 1
    else:
        return
    if is_there or name in sure.SYSTEM:
        yield Found(f"'{table}' has a column '{name}' already", of=(table,), sqlstate="42701")


def _may_be_there(action: Action) -> bool:
    """Tell whether IF NOT EXISTS lets the sub-command pass."""
    return bool(action.node.cmds[action.index].alter_table_cmd.missing_ok)


@rule(
    "not-for-a-child",
    on=("AT_AddColumn", "AT_DropColumn", "AT_AlterColumnType", "AT_SetNotNull"),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42P16)",
    instead="alter the parent without ONLY: its partitions and children follow.",
    example="ALTER TABLE ONLY logs ADD COLUMN note text",
    given="CREATE TABLE logs (at date NOT NULL) PARTITION BY RANGE (at);"
    " CREATE TABLE logs_1 PARTITION OF logs DEFAULT;",
    even_if_new=True,
)
def only_one_of_them(action: Action) -> Iterator[Found]:
    """Flag a column that would differ between a parent and its partitions or children.

    What a child inherits can only be changed at its parent, and a parent that has children cannot
    change alone.
    """
    table = sure.table_of(action)
    if table is None:
        return
    if _command(action) in {"AT_DropColumn", "AT_AlterColumnType"} and _parts(action, table):
        message = f"'{action.full_name}' is in the partition key, and cannot change"
        yield Found(message, of=(action.table,), sqlstate="42P16")
        return
    heirs = sure.children(action)
    if heirs and sure.is_only(action):
        command = _command(action)
        if command in {"AT_DropColumn", "AT_SetNotNull"} and not table.table.partition_by:
            return
        if command == "AT_SetNotNull" and _all_not_null(action, heirs):
            return
        message = f"'{action.full_name}' cannot change for '{action.table}' ONLY: it has {heirs[0]}"
        yield Found(message, of=(action.table,), sqlstate="42P16")
    elif _command(action) in {"AT_DropColumn", "AT_AlterColumnType"} and _inherited(action):
        message = f"'{action.full_name}' is inherited, and only changes with its parent"
        yield Found(message, of=(action.table,), sqlstate="42P16")
    elif _command(action) == "AT_AddColumn" and table.table.partition_of:
        message = f"'{action.table}' is a partition, which gets no column of its own"
        yield Found(message, of=(action.table,), sqlstate="42809")


def _command(action: Action) -> str:
    """Give the sub-command's name."""
    number: int = action.node.cmds[action.index].alter_table_cmd.subtype
    return enum_names("AlterTableType")[number]


def _parts(action: Action, table: Relation) -> bool:
    """Tell whether a table is parted by a column."""
    inside = table.table.partition_by.partition("(")[2].removesuffix(")")
    return action.name in inside.split(", ")


def _all_not_null(action: Action, heirs: tuple[str, ...]) -> bool:
    """Tell whether every child's column is not null already, or not known."""
    known = (action.schema.column(heir, action.name) for heir in heirs)
    return all(column is None or not column.nullable for column in known)


def _inherited(action: Action) -> bool:
    """Tell whether a column comes from a parent that is known."""
    table = sure.table_of(action)
    if table is None:
        return False
    parents = [*table.table.inherits, *filter(None, [table.table.partition_of])]
    known = (action.schema.sure(parent) for parent in parents)
    return any(parent is not None and action.name in parent.columns for parent in known)


@rule(
    "key-not-null",
    on="AT_DropNotNull",
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42P16)",
    instead="drop the primary key or the identity first.",
    example="ALTER TABLE users ALTER COLUMN id DROP NOT NULL",
    even_if_new=True,
)
def key_column_nullable(action: Action) -> Iterator[Found]:
    """Flag DROP NOT NULL of a column that can hold no NULL.

    A column of the primary key never can, nor one that is an identity.
    """
    table = sure.table_of(action)
    column = table.columns.get(action.name) if table else None
    if column is None:
        return
    constraints = sure.constraints_of(action).values()
    if any(c.type == "primary key" and action.name in c.columns for c in constraints):
        message = f"'{action.full_name}' is in the primary key, and cannot be null"
        yield Found(message, of=(action.table,), sqlstate="42P16")
    elif column.identity:
        message = f"'{action.full_name}' is an identity, and cannot be null"
        yield Found(message, of=(action.table,), sqlstate="42601")


@rule(
    "no-identity",
    on=("AT_AddIdentity", "AT_SetIdentity", "AT_DropIdentity", "AT_ColumnDefault"),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (55000)",
    instead="make the column NOT NULL, and drop its default or its old identity, before.",
    example="ALTER TABLE users ALTER COLUMN visits ADD GENERATED ALWAYS AS IDENTITY",
    even_if_new=True,
    unseen="columns of a table that no earlier migration created: not checked.",
)
def identity_refused(action: Action) -> Iterator[Found]:
    """Flag an identity that a column cannot have, or has not.

    Only an integer that is NOT NULL and has no default can become one, and an identity has no
    default of its own.
    """
    columns = sure.columns_of(action)
    column = columns.get(action.name) if columns else None
    if column is None:
        return
    why, sqlstate = IDENTITY[_command(action)](action, column)
    if why:
        yield Found(f"'{action.full_name}' {why}", of=(action.table,), sqlstate=sqlstate)


def _default_set(action: Action, column: Column) -> tuple[str, str]:
    """Say why a column takes no default."""
    generated = column.generated is not None and action.part.HasField("def")
    refused = column.identity or generated
    return ("has no default: its values are generated", "42601") if refused else ("", "")


def _identity_added(action: Action, column: Column) -> tuple[str, str]:
    """Say why a column cannot become an identity."""
    if column.identity:
        return "is an identity already", "55000"
    if column.default is not None and action.name not in _defaults_dropped(action):
        return "has a default", "55000"
    if column.type not in INTEGERS:
        return "is not an integer", "22023"
    return ("must be NOT NULL before", "55000") if column.nullable else ("", "")


def _identity_changed(action: Action, column: Column) -> tuple[str, str]:
    """Say why the identity of a column cannot change."""
    refused = not column.identity and not action.part.missing_ok
    return ("is not an identity column", "55000") if refused else ("", "")


IDENTITY = {
    "AT_ColumnDefault": _default_set,
    "AT_AddIdentity": _identity_added,
    "AT_SetIdentity": _identity_changed,
    "AT_DropIdentity": _identity_changed,
}


def _defaults_dropped(action: Action) -> frozenset[str]:
    """Give the columns whose default goes in the same statement."""
    return sure.neighbours(action).dropped_defaults
