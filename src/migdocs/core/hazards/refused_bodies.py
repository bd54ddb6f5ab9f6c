"""What PostgreSQL is sure to refuse inside: bodies of routines, queries, values of an enum."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.core.changes import bodies
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.hazards.sure import SYSTEM
from migdocs.core.locks import NONE
from migdocs.core.sql import parser, plpgsql, tree
from migdocs.core.sql.definitions import Enum
from migdocs.core.sql.parser import enum_names
from migdocs.core.sql.script import split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.hazards.schema import Schema
    from migdocs.core.sql.parser import Node, Parsed

COMMITS_IN_BLOCKS = 11  # the first version that knows them there at all
ENDS = frozenset({"TRANS_STMT_COMMIT", "TRANS_STMT_ROLLBACK"})
# What a query may take its columns from that is not looked into.
OPAQUE_SOURCES = frozenset(("RangeFunction", "RangeTableFunc", "JsonTable", "RangeTableSample"))
WRITING = frozenset(("insert_stmt", "update_stmt", "delete_stmt"))


@rule(
    "bad-body",
    on=("create_function_stmt", "do_stmt"),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42601, 42703)",
    instead="correct the body.",
    example="CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETUN 1; END $$",
    even_if_new=True,
    unseen="bodies in other languages, and in PL/pgSQL the columns and tables that they name.",
)
def body_refused(action: Action) -> Iterator[Found]:
    """Flag a body that cannot be made: the server reads it when the routine is created.

    PL/pgSQL is read for its syntax, SQL for its tables and columns as well.
    """
    body, language = bodies.body_of(action.node)
    if language == "plpgsql":
        error = plpgsql.error_in(action.parsed.statement.text)
        if error:
            line = _line_of(action, body) + max(error.line - 1, 0)
            yield Found(f"the body: {error.message}", sqlstate="42601", line=line)
    elif language == "sql" and body and action.parsed.kind == "create_function_stmt":
        yield from _sql_body(action, body)


def _line_of(action: Action, body: str) -> int:
    """Give the line of the file on which a body begins."""
    start = action.parsed.statement.text.find(body)
    return action.parsed.statement.place(max(start, 0))[0]


def _sql_body(action: Action, body: str) -> Iterator[Found]:
    """Read the statements of a body in SQL."""
    known = frozenset(p.function_parameter.name for p in action.node.parameters)
    scope = action.parsed.scope
    for item in split(body, _line_of(action, body)):
        parsed = parser.parse(item)
        if parsed.error is not None:
            message = f"the body: {parsed.error.message}"
            yield Found(message, sqlstate="42601", line=parsed.error.line)
        elif parsed.node is not None:
            settled = scope.settle(parsed) if scope else parsed
            for name in missing_columns(settled, action.schema, known):
                message = f"the body names a column '{name}' that is not there"
                yield Found(message, sqlstate="42703", line=item.line)


@rule(
    "no-column-in-query",
    on=(
        "update_stmt",
        "delete_stmt",
        "insert_stmt",
        "select_stmt",
        "view_stmt",
        "create_table_as_stmt",
    ),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42703)",
    instead="name a column that is there.",
    example="UPDATE users SET nickname = 'x' WHERE id = 1",
    even_if_new=True,
    unseen="queries from functions, or from tables that no earlier migration created.",
)
def query_refused(action: Action) -> Iterator[Found]:
    """Flag a query with a column that none of its tables has.

    It is said only where every table that the query names is known.
    """
    if action.parsed.kind in WRITING and action.schema.sure(action.table) is None:
        return  # most are of such a table, and nothing more need be looked at
    parsed = action.parsed
    if parsed.kind == "create_table_as_stmt":
        if parsed.node.query.WhichOneof("node") != "select_stmt":
            return
        parsed = replace(parsed, kind="select_stmt", node=parsed.node.query.select_stmt)
    for name in missing_columns(parsed, action.schema, frozenset()):
        yield Found(f"there is no column '{name}'", sqlstate="42703")


def missing_columns(parsed: Parsed, schema: Schema, known: frozenset[str]) -> list[str]:
    """Name the columns of a statement that nothing in it can have; none where that is not sure.

    Every name that stands anywhere in the statement as a column, an alias or an argument counts, so
    that scopes need not be followed.
    """
    offered = set(known)
    named: list[str] = []
    qualified: list[Node] = []
    tables = 0
    for message in tree.messages_in(parsed.node, tree.CONSTANTS - {"string", "a_star"}):
        kind = message.DESCRIPTOR.name
        if kind in OPAQUE_SOURCES:
            return []
        if kind == "RangeVar":
            if not _offer(message, schema, offered, parsed):
                return []
            tables += 1
        elif kind == "ResTarget":
            offered.add(message.name)
        elif kind == "CommonTableExpr":
            offered |= {message.ctename, *tree.strings(message.aliascolnames)}
        elif kind == "Alias":
            offered |= {message.aliasname, *tree.strings(message.colnames)}
        elif kind == "ColumnRef" and len(message.fields) == 1:
            named += tree.strings(f for f in message.fields if f.WhichOneof("node") == "string")
        elif kind == "ColumnRef" and len(message.fields) == 2:  # noqa: PLR2004 - table and column
            qualified.append(message)
    targets = _targets(parsed, schema)
    wrong = [name for name in named if name not in offered] if tables else []
    wrong += [name for node in qualified for name in _of_its_table(node, parsed, schema)]
    return [tree.identifier(name) for name in dict.fromkeys((*wrong, *targets))]


def _of_its_table(node: Node, parsed: Parsed, schema: Schema) -> Iterator[str]:
    """Give the column of ``alias.column`` where the one table of that alias has it not."""
    alias, last = node.fields[0].string.sval, node.fields[1]
    if last.WhichOneof("node") != "string":
        return
    others, tables = 0, []
    for message in tree.messages_in(parsed.node, tree.CONSTANTS - {"string", "a_star"}):
        kind = message.DESCRIPTOR.name
        if kind == "RangeVar" and (message.alias.aliasname or message.relname) == alias:
            tables.append(message)
        elif kind in {"RangeSubselect", "CommonTableExpr", "JoinExpr"}:
            name = message.ctename if kind == "CommonTableExpr" else message.alias.aliasname
            others += name == alias
    table = schema.sure(tree.relation(tables[0])) if len(tables) == 1 and not others else None
    if table is not None and tree.identifier(last.string.sval) not in {*table.columns, *SYSTEM}:
        yield last.string.sval


def _offer(node: Node, schema: Schema, offered: set[str], parsed: Parsed) -> bool:
    """Add what a table offers to a query; False where that is not known."""
    if parsed.kind == "view_stmt" and node == parsed.node.view:
        return True
    table = schema.sure(tree.relation(node))
    if table is None:
        return False
    offered |= {_unquoted(name) for name in table.columns}
    offered |= {*SYSTEM, "excluded", node.relname}
    return True


def _unquoted(name: str) -> str:
    """Give a name as the parser has it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _targets(parsed: Parsed, schema: Schema) -> list[str]:
    """Name the columns that an INSERT or UPDATE writes to and the table has not."""
    if parsed.kind == "insert_stmt":
        targets = parsed.node.cols
    elif parsed.kind == "update_stmt":
        targets = parsed.node.target_list
    else:
        return []
    table = schema.sure(tree.relation(parsed.node.relation))
    if table is None:
        return []
    names = (item.res_target.name for item in targets)
    return [name for name in names if name and tree.identifier(name) not in table.columns]


@rule(
    "commit-in-block",
    on="do_stmt",
    breaks=("transaction",),
    lock=NONE,
    impact="patch",
    work="it fails (2D000)",
    instead="leave COMMIT to what runs the script.",
    example="DO $$ BEGIN DELETE FROM users WHERE id = 1; COMMIT; END $$",
    even_if_new=True,
)
def committed_inside(action: Action) -> Iterator[Found]:
    """Flag a DO block that ends the transaction it runs in.

    In the transaction of a runner, or of the script, the server refuses COMMIT inside.
    """
    if action.scene.in_transaction and plpgsql.ends_transaction(action.parsed.statement.text):
        message = "the block ends the transaction that it runs in"
        state = "2D000" if action.postgres >= COMMITS_IN_BLOCKS else "0A000"
        yield Found(message, sqlstate=state)


@rule(
    "enum-too-early",
    on=("alter_enum_stmt",),
    breaks=("transaction",),
    lock=NONE,
    impact="patch",
    work="it fails (55P04), 12 and later; up to 11 ADD VALUE itself is refused",
    instead="add the value in a migration of its own, before the one that uses it.",
    example="ALTER TYPE mood ADD VALUE 'sad'; CREATE TABLE days (how mood DEFAULT 'sad')",
    given="CREATE TYPE mood AS ENUM ('calm', 'glad');",
    even_if_new=True,
)
def value_used_early(action: Action) -> Iterator[Found]:
    """Flag a value of an enum that is used in the transaction that adds it.

    The server refuses the value until that is committed, unless the type itself is new in it.
    """
    node, scene = action.node, action.scene
    if node.old_val or not scene.in_transaction:
        return
    name = tree.dotted(node.type_name)
    found = action.schema.type_definition(name)
    if not isinstance(found, Enum) or tree.quoted(node.new_val) in found.values:
        return
    if name in scene.new and _type_and_value_together(action):
        return
    here = action.parsed.statement.index
    later = scene.whole.after(action.parsed, "transaction_stmt")
    end = next((item.statement.index for item in later if _ends(item)), math.inf)
    for item in scene.whole.saying(node.new_val):
        within = here < item.statement.index < end
        if within and _uses(item, node.new_val, name, action.schema):
            message = f"the value '{node.new_val}' of '{name}' is used before it is committed"
            yield Found(message, of=(name,), sqlstate="55P04", at=item)
            return


def _type_and_value_together(action: Action) -> bool:
    """Tell whether the type was made in the transaction, which makes its new values safe.

    Safe since 17; before, only values that came with CREATE TYPE were.
    """
    return action.postgres >= 17  # noqa: PLR2004 - release notes of 17


def _ends(parsed: Parsed) -> bool:
    """Tell whether a statement ends a transaction."""
    return enum_names("TransactionStmtKind")[parsed.node.kind] in ENDS


def _uses(parsed: Parsed, value: str, type_: str, schema: Schema) -> bool:
    """Tell whether a statement reads a literal as a value of the type: a default, a row, a cast."""
    for message in tree.messages_in(parsed.node):
        kind = message.DESCRIPTOR.name
        if kind == "TypeCast" and tree.type_name(message.type_name) == type_:
            if message.arg.a_const.sval.sval == value:
                return True
        elif kind == "ColumnDef" and tree.type_name(message.type_name) == type_:
            defaults = (item.constraint.raw_expr for item in message.constraints)
            if any(default.a_const.sval.sval == value for default in defaults):
                return True
    return _writes(parsed, value, type_, schema)


def _writes(parsed: Parsed, value: str, type_: str, schema: Schema) -> bool:
    """Tell whether an INSERT, UPDATE or default gives a column of the type the value."""
    read = WRITTEN.get(parsed.kind)
    table = schema.relation(tree.relation(parsed.node.relation)) if read else None
    if read is None or table is None:
        return False
    of_type = {name for name, column in table.columns.items() if column.type == type_}
    return any(
        name in of_type and given.a_const.sval.sval == value
        for name, given in read(parsed.node, tuple(table.columns))
    )


def _inserted(node: Node, columns: tuple[str, ...]) -> Iterator[tuple[str, Node]]:
    """Give the values of an INSERT, each with its column."""
    names = tuple(tree.identifier(item.res_target.name) for item in node.cols) or columns
    for row in node.select_stmt.select_stmt.values_lists:
        yield from zip(names, row.list.items, strict=False)


def _updated(node: Node, _: tuple[str, ...]) -> Iterator[tuple[str, Node]]:
    """Give the values that an UPDATE sets, each with its column."""
    for item in node.target_list:
        yield tree.identifier(item.res_target.name), item.res_target.val


def _defaulted(node: Node, _: tuple[str, ...]) -> Iterator[tuple[str, Node]]:
    """Give the defaults that an ALTER TABLE sets, each with its column."""
    for item in node.cmds:
        if item.alter_table_cmd.HasField("def"):
            yield tree.identifier(item.alter_table_cmd.name), getattr(item.alter_table_cmd, "def")


WRITTEN = {"insert_stmt": _inserted, "update_stmt": _updated, "alter_table_stmt": _defaulted}
