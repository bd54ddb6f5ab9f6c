"""The script as a whole: transactions, settings, psql's own words (hazards.md, part L)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.changes import bodies
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found, names
from migdocs.core.hazards.transactions import is_outer_pair, refused_in_transaction
from migdocs.core.locks import ACCESS_EXCLUSIVE, NONE, blocks_writers
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.hazards.scene import Action, Scene
    from migdocs.core.sql.parser import Inner, Node, Parsed

NAME_BYTES = 63
SUSPICIOUS = 32  # characters of a word that may be more bytes than that
SET_CONFIG = 3  # arguments: name, value, whether it is local
LEAKING = ("search_path", "role", "session_authorization", "timezone")
# Statements that may stand beside one that refuses a transaction.
HARMLESS = {"variable_set_stmt", "variable_show_stmt", "comment_stmt", ""}


@rule(
    "tx-nontx-mix",
    on=(
        "index_stmt",
        "drop_stmt",
        "reindex_stmt",
        "AT_DetachPartition",
        "vacuum_stmt",
        "cluster_stmt",
        "createdb_stmt",
        "dropdb_stmt",
        "create_table_space_stmt",
        "drop_table_space_stmt",
        "create_subscription_stmt",
        "drop_subscription_stmt",
        "alter_system_stmt",
        "discard_stmt",
    ),
    breaks=("transaction",),
    lock=NONE,
    impact="patch",
    work="it fails, or is half applied",
    instead="give it a script of its own, with '-- migdocs: no-transaction' where needed.",
    example="CREATE TABLE logs (id bigint); CREATE INDEX CONCURRENTLY users_name ON users (name)",
    even_if_new=True,
)
def transactions_mixed(action: Action) -> Iterator[Found]:
    """Flag a statement that refuses a transaction and is not alone.

    In one transaction with others it fails (25001). Without one, an error in the middle leaves the
    script half applied.
    """
    name = refused_in_transaction(action.parsed)
    if not name:
        return
    scene = action.scene
    if scene.begun:
        message = f"{name} is between BEGIN and COMMIT: it is refused"
        yield Found(message, sqlstate="25001")
    elif scene.whole.count_without(HARMLESS) > 1:
        message = (
            f"{name} is in a script with other statements, and cannot share a transaction with them"
        )
        yield Found(message, sqlstate="" if _asks_for_none(scene) else "25001")


def _asks_for_none(scene: Scene) -> bool:
    """Tell whether a script asks to run without a transaction, or controls its own."""
    if scene.whole.of_kind("transaction_stmt") or not scene.wrapped:
        return True
    markers = (m for item in scene.whole.statements for m in item.statement.markers)
    return any(marker.word == "no-transaction" for marker in markers)


@rule(
    "tx-own",
    on="transaction_stmt",
    breaks=("transaction",),
    lock=NONE,
    impact="patch",
    work="none",
    instead="leave BEGIN and COMMIT to what runs the script.",
    example="BEGIN; DROP TABLE logs; COMMIT; DROP TABLE users",
    even_if_new=True,
)
def own_transaction(action: Action) -> Iterator[Found]:
    """Flag a script that controls its own transactions.

    A BEGIN inside the runner's transaction only warns (25001), and its COMMIT ends that: what
    follows, and the runner's own note of it, is committed statement by statement.
    """
    own = action.scene.whole.of_kind("transaction_stmt")
    if action.parsed is not own[0]:
        return
    if is_outer_pair(own, action.scene.whole.statements):
        return  # what runs the script can leave the pair out, and the template itself has it
    names = [item.statement.text.split(maxsplit=1)[0].upper() for item in own]
    yield Found(f"the script has its own {', '.join(dict.fromkeys(names))}")


@rule(
    "tx-many-ax",
    on="script",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="patch",
    work="none",
    instead="change one table in a transaction, always in the same order.",
    example="ALTER TABLE users ADD COLUMN a text; ALTER TABLE teams ADD COLUMN b text",
    severity="warning",  # each is brief; together they are not, and they deadlock
)
def many_tables_locked(action: Action) -> Iterator[Found]:
    """Flag a transaction that locks several tables against everybody.

    The times add up, and clients that use the tables in another order deadlock.
    """
    transactions: dict[int, dict[str, Parsed]] = {}
    for taken in action.scene.taken:
        if taken.lock == ACCESS_EXCLUSIVE:
            transactions.setdefault(taken.transaction, {}).setdefault(taken.name, taken.parsed)
    for tables in transactions.values():
        if len(tables) > 1:
            second = list(tables.values())[1]
            yield Found(
                f"one transaction locks {len(tables)} relations against everybody: {names(tables)}",
                tuple(tables),
                at=second,
            )


@rule(
    "tx-notimeout",
    on="script",
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="none",
    instead="let the runner set lock_timeout and retry, or SET it at the top of the script.",
    example="ALTER TABLE users ADD COLUMN locale text",
    severity="info",  # whoever runs the script may well have set it
    unseen="whether what runs the script sets it.",
)
def no_lock_timeout(action: Action) -> Iterator[Found]:
    """Flag a lock that is waited for without end.

    While an ALTER waits for one long query, every later SELECT queues up behind it.
    """
    waiting = (taken for taken in action.scene.taken if blocks_writers(taken.lock))
    first = next((taken for taken in waiting if not taken.has_timeout), None)
    if first and not action.scene.lock_timeout:
        yield Found(
            f"the {first.lock} lock on '{first.name}' is waited for without lock_timeout",
            of=(first.name,),
            at=first.parsed,
        )


@rule(
    "tx-setlocal",
    on="variable_set_stmt",
    breaks=("transaction",),
    lock=NONE,
    impact="patch",
    work="none",
    instead="SET it, and RESET it at the end.",
    example="SET LOCAL lock_timeout = '2s'; CREATE INDEX CONCURRENTLY users_name ON users (name)",
    even_if_new=True,
)
def local_outside_transaction(action: Action) -> Iterator[Found]:
    """Flag SET LOCAL outside a transaction.

    It warns (25P01) and has no effect.
    """
    if action.node.is_local and not action.scene.in_transaction:
        yield Found(f"SET LOCAL {action.node.name} has no effect: there is no transaction")


@rule(
    "tx-set-leak",
    on=("variable_set_stmt", "select_stmt"),
    breaks=("transaction",),
    lock=NONE,
    impact="patch",
    work="none",
    instead="SET LOCAL it, or give every script a session of its own.",
    example="SET search_path = app",
    even_if_new=True,
)
def setting_leaks(action: Action) -> Iterator[Found]:
    """Flag a setting that outlives its script.

    search_path, role, session authorization and time zone hold for whatever runs next in the
    session. RESET ALL does not reset the role, and DISCARD ALL drops the runner's advisory lock.
    """
    name = _set_config(action.node) if action.parsed.kind == "select_stmt" else _set(action.node)
    if name in LEAKING and not _is_reset(action, name):
        yield Found(f"{name} stays set for the scripts that run after this one")


def _set(node: Node) -> str:
    """Give the setting that a VariableSetStmt sets for the session; empty for none."""
    kind = enum_names("VariableSetKind")[node.kind]
    return "" if node.is_local or kind.startswith("VAR_RESET") else node.name.lower()


def _set_config(node: Node) -> str:
    """Give the setting that SELECT set_config(…, false) sets for the session; empty for none."""
    for item in node.target_list:
        call = item.res_target.val.func_call
        if (
            call.funcname
            and tree.dotted(call.funcname) == "set_config"
            and len(call.args) == SET_CONFIG
        ):
            name, _, local = (tree.expression(argument) for argument in call.args)
            return name.strip("'").lower() if local == "false" else ""
    return ""


def _is_reset(action: Action, name: str) -> bool:
    """Tell whether a later statement of the script resets the setting."""
    resets = (item.node for item in action.scene.whole.after(action.parsed, "variable_set_stmt"))
    kinds = enum_names("VariableSetKind")
    return any(
        (kinds[node.kind] == "VAR_RESET" and node.name.lower() == name)
        or (kinds[node.kind] == "VAR_RESET_ALL" and name != "role")
        for node in resets
    )


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
