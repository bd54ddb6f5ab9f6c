"""What PostgreSQL is sure to refuse of keys: a second one, one without a target, a taken name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from migdocs.core.changes.columns import read_column
from migdocs.core.changes.constraints import READERS, read_constraint
from migdocs.core.changes.indexes import read_index
from migdocs.core.hazards import casts, sure
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import NONE
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from migdocs.core.catalog import Relation
    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.definitions import Column, Constraint
    from migdocs.core.sql.parser import Node

ADDED = tuple(f"AT_AddConstraint.{kind}" for kind in READERS)
UNIQUE = frozenset({"primary key", "unique"})
TEAMS = "CREATE TABLE teams (id bigint, code text);"
# Types whose values an index compares with each other's: one operator family (pg_amop).
COMPARABLE = (
    frozenset({"smallint", "integer", "bigint"}),
    frozenset({"real", "double precision"}),
    casts.STRINGS,
    frozenset({"date", "timestamp", "timestamptz"}),
    frozenset({"inet", "cidr"}),
    frozenset({"bit", "varbit"}),
    casts.OIDS,
)
# Casts that happen by themselves in a comparison, so that a key of the one may point at the other.
WIDENED = frozenset(
    (
        *((one, "numeric") for one in ("smallint", "integer", "bigint")),
        *((one, "double precision") for one in ("smallint", "integer", "bigint", "numeric")),
        *((one, "real") for one in ("smallint", "integer", "bigint", "numeric")),
        *((number, oid) for number in ("smallint", "integer", "bigint") for oid in casts.OIDS),
        ("time", "timetz"),
        ("time", "interval"),
    )
)


@rule(
    "key-exists",
    on=("AT_AddConstraint.CONSTR_PRIMARY", "AT_AddColumn.CONSTR_PRIMARY"),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42P16)",
    instead="drop the primary key that is there first.",
    example="ALTER TABLE users ADD PRIMARY KEY (name)",
    even_if_new=True,
)
def second_primary_key(action: Action) -> Iterator[Found]:
    """Flag a second primary key.

    A table has one; another set of columns can be UNIQUE and NOT NULL.
    """
    there = [n for n, c in sure.constraints_of(action).items() if c.type == "primary key"]
    if there:
        message = f"'{action.table}' has a primary key already: '{there[0]}'"
        yield Found(message, of=(action.table,), sqlstate="42P16")


@rule(
    "constraint-exists",
    on=(*ADDED, "rename_stmt.OBJECT_TABCONSTRAINT"),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42710, an index 42P07)",
    instead="choose another name, or drop the old one in the same statement.",
    example="ALTER TABLE users ADD CONSTRAINT users_pkey UNIQUE (name)",
    even_if_new=True,
)
def constraint_there(action: Action) -> Iterator[Found]:
    """Flag a constraint whose name is taken.

    A key's index has the key's name, and shares its names with the tables of the schema.
    """
    if action.parsed.kind == "rename_stmt":
        return
    name = action.part.conname and tree.identifier(action.part.conname)
    table = sure.table_of(action)
    if not name or table is None:
        return
    if name in sure.constraints_of(action):
        yield Found(
            f"'{action.table}' has a constraint '{name}' already",
            of=(action.table,),
            sqlstate="42P07" if _is_index_taken(action, name) else "42710",
        )
    elif action.constraint.type in UNIQUE and not action.constraint.index:
        taken = _relation_there(action, table.in_schema(name))
        if taken and name not in sure.neighbours(action).dropped_constraints:
            message = f"the index of '{name}' cannot be made: {taken} has that name"
            yield Found(message, of=(action.table,), sqlstate="42P07")


def _is_index_taken(action: Action, name: str) -> bool:
    """Tell whether the name is missed first for the index that both have."""
    old = sure.constraints_of(action)[name].type
    return old in UNIQUE and action.constraint.type in UNIQUE and not action.constraint.index


def _relation_there(action: Action, name: str) -> str:
    """Say what relation has a name; empty where none is known for certain."""
    catalog = action.schema.catalog
    if not action.schema.is_sure(name):
        return ""
    found = catalog.relations.get(name)
    if found is not None and found.born[1] >= 0:
        return f"the {found.kind} '{name}'"
    owner = catalog.of_index(name)
    return f"an index of '{owner.name}'" if owner and action.schema.is_sure(owner.name) else ""


@rule(
    "key-without-partition",
    on=(
        "AT_AddConstraint.CONSTR_PRIMARY",
        "AT_AddConstraint.CONSTR_UNIQUE",
        "create_stmt",
        "index_stmt",
    ),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (0A000)",
    instead="put every column of the partition key into it.",
    example="ALTER TABLE logs ADD PRIMARY KEY (id)",
    given="CREATE TABLE logs (id int, at date) PARTITION BY RANGE (at);",
    even_if_new=True,
)
def key_lacks_partition(action: Action) -> Iterator[Found]:
    """Flag a unique key of a partitioned table without the columns that part it.

    Each partition has an index of its own, so nothing could keep a value from being in two.
    """
    for table, partition_by, key in _keys(action):
        needed = partition_by.partition("(")[2].removesuffix(")").split(", ")
        lacking = [column for column in needed if column not in key]
        if lacking:
            what = ", ".join(f"'{column}'" for column in lacking)
            yield Found(
                f"a unique key of '{table}' must have {what} of its partition key",
                of=(table,),
                sqlstate="0A000",
            )


def _keys(action: Action) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Give the unique keys that a statement makes on a partitioned table, with its parting."""
    if action.parsed.kind == "create_stmt":
        yield from _keys_of_new(action)
        return
    table = sure.table_of(action)
    if table is None or not table.table.partition_by:
        return
    if action.parsed.kind != "index_stmt":
        if not action.constraint.index:
            yield action.table, table.table.partition_by, action.constraint.columns
    elif action.node.unique:
        yield action.table, table.table.partition_by, read_index(action.node).columns


def _keys_of_new(action: Action) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Give the unique keys in CREATE TABLE … PARTITION BY."""
    node = action.node
    if not node.HasField("partspec"):
        return
    parts = [item.partition_elem for item in node.partspec.part_params]
    needed = f"({', '.join(tree.identifier(part.name) or '(expression)' for part in parts)})"
    for own, constraint in _constraints(node):
        if constraint.type in UNIQUE:
            yield action.table, needed, constraint.columns or own


def _constraints(
    node: Node, wanted: Container[str] = READERS
) -> Iterator[tuple[tuple[str, ...], Constraint]]:
    """Give the constraints in CREATE TABLE, each with the column that it is written in."""
    kinds = enum_names("ConstrType")
    for item in node.table_elts:
        kind = item.WhichOneof("node")
        if kind == "constraint" and kinds[item.constraint.contype] in wanted:
            yield (), read_constraint(item.constraint)
        elif kind == "column_def":
            own = tree.identifier(item.column_def.colname)
            for part in item.column_def.constraints:
                if kinds[part.constraint.contype] in wanted:
                    yield (own,), read_constraint(part.constraint, own)


@rule(
    "bad-reference",
    on=("AT_AddConstraint.CONSTR_FOREIGN", "AT_AddColumn.CONSTR_FOREIGN", "create_stmt"),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42703, 42830, 42804)",
    instead="reference a primary key or a unique constraint, with columns of the same types.",
    example="ALTER TABLE users ADD FOREIGN KEY (visits) REFERENCES teams (id)",
    given=TEAMS,
    even_if_new=True,
    unseen="tables that no earlier migration created: not checked.",
)
def reference_refused(action: Action) -> Iterator[Found]:
    """Flag a foreign key that cannot be.

    Its columns have to be there on both sides, the target has to be unique, and the types have to
    compare.
    """
    keys = list(_foreign_keys(action))
    columns = _own_columns(action) if keys else None
    for own, key in keys:
        local = key.columns or own
        missing = [c for c in local if columns is not None and c not in columns]
        if missing:
            message = f"'{action.table}' has no column '{missing[0]}' for its foreign key"
            yield Found(message, of=(action.table,), sqlstate="42703")
            continue
        target = action.schema.sure(key.references) if key.references != action.table else None
        if target is not None:
            types = tuple(columns[c]() if columns else None for c in local)
            yield from _against(action, key, target, types)


def _own_columns(action: Action) -> dict[str, Callable[[], Column | None]] | None:
    """Give the columns of the table that gets a foreign key, each to be read where it is needed.

    None where they are not known.
    """
    if action.parsed.kind == "create_stmt":
        node = action.node
        if node.inh_relations or any(i.HasField("table_like_clause") for i in node.table_elts):
            return None
        written = [i.column_def for i in node.table_elts if i.HasField("column_def")]
        table = action.table
        return {tree.identifier(c.colname): partial(read_column, c, table) for c in written}
    known = sure.columns_of(action)
    if known is None:
        return None
    columns: dict[str, Callable[[], Column | None]]
    columns = {name: partial(known.get, name) for name in known}
    if action.part.DESCRIPTOR.name == "ColumnDef":
        columns[action.name] = lambda: action.column
    return columns


def _foreign_keys(action: Action) -> Iterator[tuple[tuple[str, ...], Constraint]]:
    """Give the foreign keys that an action makes."""
    if action.parsed.kind == "create_stmt":
        yield from _constraints(action.node, {"CONSTR_FOREIGN"})
    elif action.part.DESCRIPTOR.name == "Constraint":
        yield (), action.constraint
    else:
        kinds = enum_names("ConstrType")
        for item in action.part.constraints:
            if kinds[item.constraint.contype] == "CONSTR_FOREIGN":
                yield (action.name,), read_constraint(item.constraint, action.name)


def _against(
    action: Action, key: Constraint, target: Relation, columns: tuple[Column | None, ...]
) -> Iterator[Found]:
    """Hold a foreign key against the table that it points at."""
    why, sqlstate = _refused(key, target, columns, action)
    if why:
        of = (action.table,)
        yield Found(f"the foreign key of '{action.table}' {why}", of=of, sqlstate=sqlstate)


def _refused(
    key: Constraint, target: Relation, columns: tuple[Column | None, ...], action: Action
) -> tuple[str, str]:
    """Say why a foreign key is refused, and with which SQLSTATE; empty where it is not."""
    referenced = key.referenced or target.primary_key()
    if not referenced:
        return f"has no target: '{target.name}' has no primary key", "42704"
    missing = [name for name in referenced if name not in target.columns]
    if missing:
        return f"references '{missing[0]}', which '{target.name}' has not", "42703"
    if len(referenced) != len(key.columns or columns):
        return "has another number of columns than its target", "42830"
    if not _is_unique(target, referenced):
        return f"references columns of '{target.name}' that are not unique", "42830"
    for own, name in zip(columns, referenced, strict=False):
        there = target.columns[name]
        if own is not None and not _compare(own.type, there.type, action):
            return f"is {own.type}, and '{target.name}.{name}' is {there.type}", "42804"
    return "", ""


def _is_unique(target: Relation, columns: tuple[str, ...]) -> bool:
    """Tell whether a key or a unique index holds exactly these columns."""
    keys = [c.columns for c in target.constraints.values() if c.type in UNIQUE]
    keys += [i.columns for i in target.indexes.values() if i.unique and i.where is None]
    return any(set(key) == set(columns) for key in keys)


def _compare(own: str, other: str, action: Action) -> bool:
    """Tell whether two types compare in a foreign key; yes, where they are not known."""
    one, two = casts.plain(own), casts.plain(other)
    if one == two or not {one, two} <= casts.KNOWN:
        is_enum = action.schema.is_enum(one) or action.schema.is_enum(two)
        return one == two or not (is_enum and {one, two} & casts.KNOWN)
    return any({one, two} <= group for group in COMPARABLE) or (one, two) in WIDENED
