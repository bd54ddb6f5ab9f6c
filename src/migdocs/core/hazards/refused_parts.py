"""What PostgreSQL is sure to refuse of parts: columns, triggers, rules, constraints, values.

They are looked for in tables of which everything is known. Measured on PostgreSQL 10 to 18.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards import casts, sure
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.hazards.typing_of import type_of
from migdocs.core.locks import NONE
from migdocs.core.sql import tree
from migdocs.core.sql.definitions import Enum
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from migdocs.core.catalog import Relation
    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.parser import Node

    # What is wrong, and what the server says to it.
    Wrong = tuple[str, str]

NO_COLUMN, NO_OBJECT, TWICE = "42703", "42704", "42701"
UNSUPPORTED, SYNTAX, NO_VALUE = "0A000", "42601", "22023"
TRUNCATES = 32  # TRIGGER_TYPE_TRUNCATE
# Sub-commands about a trigger or a rule → which of them.
SWITCHED = {
    **dict.fromkeys(
        (f"AT_{verb}Trig" for verb in ("Enable", "EnableAlways", "EnableReplica", "Disable")),
        "trigger",
    ),
    **dict.fromkeys(
        (f"AT_{verb}Rule" for verb in ("Enable", "EnableAlways", "EnableReplica", "Disable")),
        "rule",
    ),
}
# What a policy for a command has no condition for: of rows that are there, and of new ones.
WITHOUT = {"insert": "qual", "select": "with_check", "delete": "with_check"}


@rule(
    "unknown-part",
    on=(
        *SWITCHED,
        "AT_AddConstraint.CONSTR_UNIQUE",
        "AT_AddConstraint.CONSTR_PRIMARY",
        "AT_AddColumn.CONSTR_CHECK",
        "AT_AddColumn.CONSTR_GENERATED",
        "AT_AlterConstraint",
        "AT_ClusterOn",
        "AT_ReplicaIdentity",
        "rename_stmt.OBJECT_TABCONSTRAINT",
        "create_policy_stmt",
        "create_trig_stmt",
        "create_stats_stmt",
        "alter_enum_stmt",
        "composite_type_stmt",
        "insert_stmt",
        "AT_AddConstraint.CONSTR_CHECK",
    ),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42703, 42704, 42701, 22023, 0A000, 42601)",
    instead="name what is there, and each once.",
    example="ALTER TABLE users DISABLE TRIGGER gone",
    even_if_new=True,
    unseen="the parts of a table that no earlier migration created: not checked.",
)
def part_missing(action: Action) -> Iterator[Found]:
    """Flag a part that is not there, or is named twice.

    The columns of a key, policy, trigger or statistics; a trigger that is switched off; an index
    that a table is clustered on; the value that a new one is to stand before.
    """
    kind = action.parsed.kind
    look = _altered if kind == "alter_table_stmt" else LOOKED_AT[kind]
    for message, sqlstate in look(action):
        yield Found(message, of=(action.table,) if action.table else (), sqlstate=sqlstate)
        return


def _altered(action: Action) -> Iterator[Wrong]:
    """Look at a sub-command of ALTER TABLE."""
    subtype = enum_names("AlterTableType")[action.node.cmds[action.index].alter_table_cmd.subtype]
    table = sure.table_of(action)
    if table is None:
        return
    if subtype in SWITCHED:
        key = (SWITCHED[subtype], action.full_name)
        if key not in action.schema.catalog.objects:
            yield f"'{action.table}' has no {key[0]} '{action.name}'", NO_OBJECT
    elif subtype == "AT_AddColumn":
        own = [tree.identifier(action.part.colname)]
        for item in action.part.constraints:
            yield from _lacks(action, sure.unqualified_columns(item.constraint.raw_expr), own)
    elif subtype == "AT_AddConstraint":
        yield from _constrained(action, table)
    elif subtype == "AT_AlterConstraint":
        name = tree.identifier(getattr(action.part, "def").atalter_constraint.conname)
        if name not in table.constraints:
            yield f"'{action.table}' has no constraint '{name}'", NO_OBJECT
    else:
        identity = getattr(action.part, "def").replica_identity_stmt.name
        own_name = action.part.name if subtype == "AT_ClusterOn" else identity
        if own_name and table.in_schema(tree.identifier(own_name)) not in table.all_indexes():
            yield f"'{action.table}' has no index '{tree.identifier(own_name)}'", NO_OBJECT


def _constrained(action: Action, table: Relation) -> Iterator[Wrong]:
    """Look at a key or check that is added."""
    if action.part.HasField("raw_expr"):
        yield from _check(action.part.raw_expr, table)
        return
    keys = tree.columns(action.part.keys)
    yield from _lacks(action, (*keys, *tree.columns(action.part.including)), ())
    yield from _twice(keys)


def _check(node: Node, table: Relation) -> Iterator[Wrong]:
    """Look at a check: it is true or false of one row, and reads no others."""
    if any(message.DESCRIPTOR.name == "SubLink" for message in tree.messages_in(node)):
        yield "a check cannot read other rows", UNSUPPORTED
        return
    found = type_of(node, {name: column.type for name, column in table.columns.items()})
    if casts.plain(found) in casts.KNOWN - {"boolean"} and node.WhichOneof("node") != "a_const":
        yield f"the check is of type {found}, not boolean", "42804"


def _lacks(action: Action, named: Iterable[str], more: Iterable[str]) -> Iterator[Wrong]:
    """Give the columns that the table of an action has not."""
    columns = sure.columns_of(action)
    if columns is None:
        return
    for name in named:
        if name not in columns and name not in more and name not in sure.SYSTEM:
            yield f"'{action.table}' has no column '{name}'", NO_COLUMN


def _twice(names: Iterable[str]) -> Iterator[Wrong]:
    """Give the names that are given twice."""
    told = list(names)
    for name in dict.fromkeys(name for name in told if told.count(name) > 1):
        yield f"'{name}' is named twice", TWICE


def _of_table(action: Action, table: str, named: Iterable[str]) -> Iterator[Wrong]:
    """Give the columns that a table has not."""
    known = action.schema.sure(table)
    for name in named if known is not None else ():
        if known is not None and name not in known.columns and name not in sure.SYSTEM:
            yield f"'{table}' has no column '{name}'", NO_COLUMN


def _policy(action: Action) -> Iterator[Wrong]:
    """Look at the conditions of a policy; a query in one has columns of its own."""
    node = action.node
    field = WITHOUT.get(node.cmd_name)
    if field and node.HasField(field):
        yield f"a policy for {node.cmd_name.upper()} has no such condition", SYNTAX
    table = tree.relation(node.table)
    for part in (node.qual, node.with_check):
        if not any(m.DESCRIPTOR.name == "SubLink" for m in tree.messages_in(part)):
            yield from _of_table(action, table, sure.unqualified_columns(part))


def _trigger(action: Action) -> Iterator[Wrong]:
    """Look at the columns of a trigger, and of its condition."""
    node = action.node
    if node.row and node.events & TRUNCATES:
        yield "TRUNCATE has no trigger of rows", UNSUPPORTED
    yield from _of_table(action, action.table, (*tree.columns(node.columns), *_of_rows(node)))


def _of_rows(node: Node) -> Iterator[str]:
    """Give the columns of NEW and OLD in a trigger's condition."""
    for message in tree.messages_in(node.when_clause):
        if message.DESCRIPTOR.name == "ColumnRef" and len(message.fields) > 1:
            first, second = message.fields[0].string.sval, message.fields[1]
            if first in {"new", "old"} and second.WhichOneof("node") == "string":
                yield tree.identifier(second.string.sval)


def _statistics(action: Action) -> Iterator[Wrong]:
    """Look at the columns of extended statistics."""
    names = [item.stats_elem.name for item in action.node.exprs]
    if len(action.node.relations) == 1:
        table = tree.relation(action.node.relations[0].range_var)
        yield from _of_table(action, table, (tree.identifier(name) for name in names if name))


def _constraint(action: Action) -> Iterator[Wrong]:
    """Look at a constraint that is renamed."""
    table = action.schema.sure(tree.relation(action.node.relation))
    name = tree.identifier(action.node.subname)
    if table is not None and name not in table.constraints:
        yield f"'{table.name}' has no constraint '{name}'", NO_OBJECT


def _enum(action: Action) -> Iterator[Wrong]:
    """Look at the value that another is to stand beside, or to replace."""
    node, name = action.node, tree.dotted(action.node.type_name)
    found = action.schema.type_definition(name)
    wanted = node.old_val or node.new_val_neighbor
    known = wanted and isinstance(found, Enum) and action.schema.is_sure(name)
    if known and isinstance(found, Enum) and tree.quoted(wanted) not in found.values:
        yield f"the enum '{name}' has no value {tree.quoted(wanted)}", NO_VALUE


def _composite(action: Action) -> Iterator[Wrong]:
    """Look at the attributes of a composite type."""
    return _twice(tree.identifier(item.column_def.colname) for item in action.node.coldeflist)


def _inserted(action: Action) -> Iterator[Wrong]:
    """Look at how many values an INSERT has for how many columns."""
    node = action.node
    targets = [item.res_target for item in node.cols]
    yield from _twice(tree.identifier(t.name) for t in targets if not t.indirection)
    table = action.schema.sure(action.table)
    width = len(targets) or (len(table.columns) if table is not None else 0)
    for row in node.select_stmt.select_stmt.values_lists:
        given = len(row.list.items)
        if width and (given > width or (targets and given < width)):
            yield f"'{action.table}' is given {given} values for {width} columns", SYNTAX


LOOKED_AT: dict[str, Callable[[Action], Iterator[Wrong]]] = {
    "create_policy_stmt": _policy,
    "create_trig_stmt": _trigger,
    "create_stats_stmt": _statistics,
    "rename_stmt": _constraint,
    "alter_enum_stmt": _enum,
    "composite_type_stmt": _composite,
    "insert_stmt": _inserted,
}
