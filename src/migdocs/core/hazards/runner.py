"""The script as a whole: its transactions, locks and settings (hazards.md, part L)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found, names
from migdocs.core.hazards.transactions import is_outer_pair, refused_in_transaction
from migdocs.core.locks import ACCESS_EXCLUSIVE, NONE, blocks_writers
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action, Scene
    from migdocs.core.sql.parser import Node, Parsed

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
