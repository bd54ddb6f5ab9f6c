"""Statements that change rows (hazards.md, part K)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found, names
from migdocs.core.locks import ACCESS_EXCLUSIVE, NONE, ROW_EXCLUSIVE
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.parser import Node

# Operators that make a condition of two equal sides always true.
ALWAYS_TRUE = {"=", "<=", ">="}


def target(action: Action) -> str:
    """Give the table whose rows a statement changes."""
    return action.table


def assigned(action: Action) -> list[tuple[str, Node]]:
    """Give the columns that an UPDATE sets, each with its new value."""
    targets = (item.res_target for item in action.node.target_list)
    return [(tree.identifier(part.name), part.val) for part in targets]


@rule(
    "dml-nowhere",
    on=("update_stmt", "delete_stmt", "merge_stmt"),
    breaks=("data", "operation"),
    lock=ROW_EXCLUSIVE,
    impact="patch",
    work="full scan, and a new version of every row",
    instead="go through the key in batches, in a migration of its own.",
    example="UPDATE users SET role = 'user'",
)
def every_row_changed(action: Action) -> Iterator[Found]:
    """Flag UPDATE and DELETE of every row.

    Without a WHERE, or with one that is always true, all rows are locked and the table doubles;
    replicas fall behind, and nothing brings the old values back.
    """
    node, kind = action.node, action.parsed.kind
    if kind == "merge_stmt":
        done = _merged(node)
        if not done or not _is_tautology(node.join_condition):
            return
        verb = " or ".join(done)
    elif node.HasField("where_clause") and not _is_tautology(node.where_clause):
        return
    else:
        verb = "updated" if kind == "update_stmt" else "deleted"
    yield Found(f"every row of '{target(action)}' is {verb}", (target(action),), scan=True)


def _merged(node: Node) -> list[str]:
    """Give what a MERGE does to rows that are there: ``updated``, ``deleted``."""
    kinds = enum_names("CmdType")
    done = (kinds[item.merge_when_clause.command_type] for item in node.merge_when_clauses)
    words = {"CMD_UPDATE": "updated", "CMD_DELETE": "deleted"}
    return sorted({words[kind] for kind in done if kind in words})


def _is_tautology(node: Node) -> bool:
    """Tell whether a condition always holds: ``true``, ``1 = 1``."""
    kind = node.WhichOneof("node")
    if kind == "a_const":
        return bool(node.a_const.boolval.boolval)
    if kind != "a_expr" or node.a_expr.lexpr.WhichOneof("node") != "a_const":
        return False
    operator = tree.strings(node.a_expr.name)[-1]
    sides = tree.expression(node.a_expr.lexpr), tree.expression(node.a_expr.rexpr)
    return operator in ALWAYS_TRUE and sides[0] == sides[1]


@rule(
    "dml-with-ddl",
    on=("update_stmt", "delete_stmt", "insert_stmt", "merge_stmt"),
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="patch",
    work="a scan under a lock that is held already",
    instead="split the script: the change of the schema first, the rows in another one.",
    example="ALTER TABLE users ADD COLUMN locale text;"
    " UPDATE users SET locale = 'en' WHERE locale IS NULL",
)
def rows_changed_under_lock(action: Action) -> Iterator[Found]:
    """Flag rows that are changed in the transaction of a stronger change of the schema.

    The tables that it locks against everybody stay locked until the last row is written. Only the
    first such statement of a script is shown.
    """
    node = action.node
    if action.parsed.kind == "insert_stmt" and node.select_stmt.select_stmt.values_lists:
        return
    scene = action.scene
    if "dml-with-ddl" in scene.said or not scene.in_transaction:
        return
    locked = tuple(name for name, lock in scene.held.items() if lock == ACCESS_EXCLUSIVE)
    if locked:
        yield Found(
            f"nobody can read {names(locked)} while rows of '{target(action)}' change",
            locked,
            of=(target(action),),
            scan=True,
            once=True,
        )


@rule(
    "dml-irreversible",
    on=("update_stmt", "delete_stmt", "merge_stmt"),
    breaks=("data",),
    lock=ROW_EXCLUSIVE,
    impact="patch",
    work="none",
    instead="keep the old values until you no longer need to roll back.",
    example="UPDATE users SET name = lower(name) WHERE name <> lower(name)",
    unseen="whether the old values can be worked out from the new ones: they cannot, is assumed.",
)
def values_overwritten(action: Action) -> Iterator[Found]:
    """Flag rows that are deleted, and values that are overwritten.

    The rollback brings the schema back, and no dump of it shows that the values are gone.
    """
    table = target(action)
    if action.parsed.kind == "merge_stmt":
        done = _merged(action.node)
        if done:
            yield Found(f"rows of '{table}' are {' or '.join(done)} by MERGE", (table,))
        return
    if action.parsed.kind == "delete_stmt":
        yield Found(f"rows of '{table}' are deleted", (table,))
        return
    lost = [
        f"{table}.{name}"
        for name, _ in assigned(action)
        if not action.scene.whole.adds_column(table, name) and not _fills_nulls(action.node, name)
    ]
    if lost:
        yield Found(f"the old values of {names(dict.fromkeys(lost))} are overwritten", (table,))


def _fills_nulls(node: Node, column: str) -> bool:
    """Tell whether a condition picks the rows whose column is NULL."""
    is_null = enum_names("NullTestType").index("IS_NULL")
    return node.HasField("where_clause") and any(
        message.DESCRIPTOR.name == "NullTest"
        and message.nulltesttype == is_null
        and column in tree.column_references(message)
        for message in tree.messages_in(node.where_clause)
    )


@rule(
    "dml-dup-assign",
    on="update_stmt",
    breaks=("transaction",),
    lock=NONE,
    impact="patch",
    work="it fails (42601)",
    instead="set it once.",
    example="UPDATE users SET name = 'a', name = 'b' WHERE id = 1",
    even_if_new=True,
    severity="error",
)
def column_assigned_twice(action: Action) -> Iterator[Found]:
    """Flag an UPDATE that sets a column twice.

    PostgreSQL refuses it.
    """
    targets = [item.res_target for item in action.node.target_list]
    whole = [part.name for part in targets if not part.indirection]  # a[1], a[2] are two places
    for name in dict.fromkeys(name for name in whole if whole.count(name) > 1):
        message = f"'{target(action)}.{tree.identifier(name)}' is set twice"
        yield Found(message, sqlstate="42601")


@rule(
    "dml-seed",
    on="insert_stmt",
    breaks=("writers",),
    lock=ROW_EXCLUSIVE,
    impact="patch",
    work="none",
    instead="use OVERRIDING if needed, and set the sequence to the greatest id afterwards.",
    example="INSERT INTO notes (id, text) VALUES (1, 'read me')",
    given="CREATE TABLE notes (id serial PRIMARY KEY, text text);",
    even_if_new=True,
    unseen="whether a column of a table that no earlier migration created has a sequence: 'id' is"
    " taken to have one.",
)
def ids_given(action: Action) -> Iterator[Found]:
    """Flag rows that are inserted with ids of their own choice.

    The sequence knows nothing of them, and later gives the same ids again (23505).
    """
    rows = action.node.select_stmt.select_stmt.values_lists
    table = target(action)
    columns = [tree.identifier(item.res_target.name) for item in action.node.cols]
    if not rows or _sets_sequence(action):
        return
    for column, value in zip(columns, rows[0].list.items, strict=False):
        if value.a_const.WhichOneof("val") == "ival" and _is_numbered(action, table, column):
            yield Found(f"rows of '{table}' bring their own '{column}'", (table,))


def _is_numbered(action: Action, table: str, name: str) -> bool:
    """Tell whether a column gets its values from a sequence."""
    column = action.scene.whole.new_column(table, name)
    if column is None:
        relation = action.schema.at_start(table)
        column = relation.columns.get(name) if relation else None
        if column is None:
            return relation is None and name == "id"
    return column.serial or bool(column.identity) or "nextval" in (column.default or "")


def _sets_sequence(action: Action) -> bool:
    """Tell whether the script sets a sequence afterwards."""
    return action.parsed.statement.index < action.scene.whole.last_set_of_a_sequence
