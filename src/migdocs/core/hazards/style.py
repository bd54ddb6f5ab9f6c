"""How a script is written: names, types, words of psql, what is hidden (hazards.md, part L)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.changes import bodies
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import NONE
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.parser import Node
    from migdocs.core.sql.plpgsql import Inner

NAME_BYTES = 63
SUSPICIOUS = 32  # characters of a word that may be more bytes than that


@rule(
    "tx-nonqual",
    on="script",
    breaks=("transaction",),
    lock=NONE,
    impact="patch",
    work="none",
    instead="write the schema with every name, or pin search_path.",
    example="CREATE TABLE logs (id bigint)",
    even_if_new=True,
    severity="info",  # the habit of most projects, whose objects are all in public
)
def name_without_schema(action: Action) -> Iterator[Found]:
    """Flag names without a schema.

    Which object is meant depends on search_path. Only the first of a script is shown.
    """
    if "search_path" in action.scene.settings:
        return
    for parsed in action.scene.whole.statements:
        node = parsed.node
        if parsed.kind in NAMING and node.HasField("relation") and not node.relation.schemaname:
            yield Found(f"'{node.relation.relname}' has no schema", at=parsed)
            return


# Statements whose field ``relation`` is the table that they are about.
NAMING = {
    "alter_table_stmt",
    "create_stmt",
    "create_trig_stmt",
    "delete_stmt",
    "index_stmt",
    "insert_stmt",
    "update_stmt",
}


@rule(
    "tx-meta",
    on=("psql", "sql"),
    breaks=("transaction",),
    lock=NONE,
    impact="patch",
    work="it fails in any driver",
    instead="write it in SQL.",
    example="\\i other.sql\nSELECT 1",
    even_if_new=True,
    severity="error",
)
def psql_command(action: Action) -> Iterator[Found]:
    r"""Flag commands and variables of psql.

    Any driver calls them a syntax error, \! runs a shell, and newer versions of pg_dump write
    \restrict with a random key.
    """
    statement = action.parsed.statement
    if statement.kind == "psql":
        yield Found(f"'{statement.text.split(maxsplit=1)[0]}' is a command of psql")
    for variable in statement.variables[:1]:
        yield Found(f"'{variable.name}' is a variable of psql", line=variable.line)


@rule(
    "tx-copy",
    on="copy_stmt",
    breaks=("transaction",),
    lock=NONE,
    impact="patch",
    work="it fails in most drivers",
    instead="INSERT the rows, or let a runner send them that knows COPY.",
    example="COPY users (name) FROM STDIN",
    even_if_new=True,
)
def copied_inline(action: Action) -> Iterator[Found]:
    """Flag COPY … FROM STDIN with its data in the script.

    Most drivers refuse it, and most parsers stumble over the rows.
    """
    node = action.node
    if node.is_from and not (node.filename or node.is_program):
        yield Found(f"the rows of '{tree.relation(node.relation)}' are in the script")


@rule(
    "tx-dynamic",
    on=("do_stmt", "create_function_stmt"),
    breaks=("transaction",),
    lock=NONE,
    impact="unknown",
    work="unknown",
    instead="write the statements as they are, or say in the notes what they do.",
    example="DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'users'; END $$",
    even_if_new=True,
    unseen="statements that are put together at run time.",
)
def statement_hidden(action: Action) -> Iterator[Found]:
    """Flag DDL inside DO blocks and bodies of functions.

    What is put together at run time is not visible in the script. What is there as
    it is, in a DO block, is judged like any other statement.
    """
    if action.parsed.kind == "create_function_stmt" and not DDL.search(_body(action.node)):
        return
    found = action.body
    if found is None:
        yield Found("the body is in a language that cannot be read")
        return
    hidden = [inner for inner in found if inner.dynamic or DDL.match(inner.text.lstrip())]
    if hidden:
        yield Found(_hidden(hidden), line=hidden[0].line)


DDL = re.compile(r"(?<!\w)(?:execute|create|alter|drop|truncate)\s", re.IGNORECASE)


def _body(node: Node) -> str:
    """Give the text of a routine's body."""
    return bodies.body_of(node)[0]


def _hidden(hidden: Sequence[Inner]) -> str:
    """Say what a body hides."""
    dynamic = sum(inner.dynamic for inner in hidden)
    if dynamic:
        return f"{dynamic} of its statements are put together at run time"
    return f"the body changes the schema: {' '.join(hidden[0].text.split()[:3])} …"


@rule(
    "tx-ident",
    on=(
        "create_stmt",
        "index_stmt",
        "view_stmt",
        "alter_table_stmt",
        "rename_stmt",
        "create_seq_stmt",
        "create_trig_stmt",
        "create_enum_stmt",
    ),
    breaks=("transaction",),
    lock=NONE,
    impact="patch",
    work="none",
    instead="give it a short name in lower case.",
    example='CREATE TABLE "Logs" (id bigint)',
    even_if_new=True,
)
def awkward_name(action: Action) -> Iterator[Found]:
    """Flag names of more than 63 bytes, and names with capitals.

    A long name is cut with no more than a NOTICE, and then collides or is not found. One with
    capitals has to be quoted for ever; only the first of a script is shown.
    """
    text = action.parsed.statement.text
    if '"' not in text and max(map(len, text.split())) < SUSPICIOUS:
        return
    for found in NAME.finditer(text):
        name = found["name"]
        if name and len(name.strip('"').encode("utf-8", "replace")) > NAME_BYTES:
            yield Found(f"the name {name} is longer than {NAME_BYTES} bytes and is cut")
        elif name and name[0] == '"' and not name.islower():
            message = f"the name {name} has to be quoted wherever it is used"
            yield Found(message, severity="info", once=True)


# Strings, comments and other quoted names are passed over whole, so that no mark in them or at
# their end begins anything; a name counts if it is long or quoted with a capital.
NAME = re.compile(
    r"""
    '[^']*' | --[^\n]* | /\*.*?(?:\*/|\Z)
    | (?P<name>"[^"]{64,}" | "[^"]*[A-Z][^"]*" | [^\W\d]\w{31,})
    | "[^"]*"
    """,
    re.VERBOSE | re.DOTALL,
)


@rule(
    "tx-style",
    on=("create_stmt", "AT_AddColumn"),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="a rewrite, some day",
    instead="use bigint identities, text, timestamptz and numeric.",
    example="CREATE TABLE logs (id serial PRIMARY KEY, at timestamp)",
    even_if_new=True,
    severity="info",
)
def regretted_type(action: Action) -> Iterator[Found]:
    """Flag types that are regretted later.

    An int key runs out, serial has surprising rights, char(n) pads, varchar(n) has to be widened,
    timestamp has no time zone, money no currency.
    """
    if action.parsed.kind == "create_stmt":
        table = tree.relation(action.node.relation)
        nodes = [item.column_def for item in action.node.table_elts if item.HasField("column_def")]
    else:
        table, nodes = action.table, [action.part]
    found = [text for node in nodes if (text := _regretted(node))]
    if found:
        yield Found(f"'{table}': {', '.join(found)}")


SERIALS = {"serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"}
SMALL = {"integer", "smallint"}
# The parser's own names of types that may be regretted.
SUSPECTS = SERIALS | {"bpchar", "int2", "int4", "money", "timestamp", "varchar"}
REGRETTED = re.compile(r"(?:varchar\(|char\(|timestamp(?:\(|\Z)|money\Z)")


def _regretted(node: Node) -> str:
    """Give a column and its type where that is regretted; empty where it is not."""
    if not node.type_name.names or node.type_name.names[-1].string.sval not in SUSPECTS:
        return ""
    type_ = tree.type_name(node.type_name)
    regretted = type_ in SERIALS or bool(REGRETTED.match(type_))
    if not regretted and type_ in SMALL:
        kinds = enum_names("ConstrType")
        parts = {kinds[item.constraint.contype] for item in node.constraints}
        regretted = "CONSTR_PRIMARY" in parts
    return f"{tree.identifier(node.colname)} {type_}" if regretted else ""
