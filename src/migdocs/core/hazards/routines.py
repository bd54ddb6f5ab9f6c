"""Functions, triggers, rules (hazards.md, part I)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.changes.routines import function_signature
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.hazards.schema import Routine
from migdocs.core.locks import ACCESS_EXCLUSIVE, NONE, SHARE_ROW_EXCLUSIVE
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action

DOUBLE = "CREATE FUNCTION double(n int) RETURNS int LANGUAGE sql AS 'SELECT 2 * n';"
TOUCH = (
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
    " CREATE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();"
)
# Sub-commands of ALTER TABLE that switch triggers off and on.
SWITCHES = (
    "AT_DisableTrig",
    "AT_DisableTrigAll",
    "AT_DisableTrigUser",
    "AT_EnableTrig",
    "AT_EnableTrigAll",
    "AT_EnableTrigUser",
    "AT_EnableAlwaysTrig",
    "AT_EnableReplicaTrig",
)
# Options of ALTER FUNCTION that change what a caller gets, or as whom it runs.
CALLERS_NOTICE = {"volatility", "security", "set", "strict", "leakproof"}


@rule(
    "fn-replace",
    on="create_function_stmt",
    breaks=("clients",),
    lock=NONE,
    impact="unknown",
    work="none",
    instead="keep the old body in the rollback.",
    example="CREATE OR REPLACE FUNCTION double(n int) RETURNS int LANGUAGE sql AS 'SELECT n + n'",
    given=DOUBLE,
    unseen="what another body means.",
)
def routine_replaced(action: Action) -> Iterator[Found]:
    """Flag a function or procedure that is replaced.

    Another return type, another name of an argument and a default taken away fail (42P13). Another
    body is seen by nobody, and the rollback has to bring the old one back.
    """
    node = action.node
    if not node.replace:
        return
    name, signature = tree.dotted(node.funcname), function_signature(node)
    old = next((r for r in action.schema.routines(name) if r.signature == signature), None)
    if old is None and action.schema.knows_all:
        return
    why = _refused(old, Routine(signature, node)) if old else ""
    yield Found(
        f"'{signature}' is replaced" + (f"; refused, as {why}" if why else ""),
        of=(name,),
        impact="major" if why else None,
        sqlstate="42P13" if why else "",
    )


def _refused(old: Routine, new: Routine) -> str:
    """Say why PostgreSQL refuses a routine for another; empty where it does not."""
    if old.returns != new.returns:
        return f"it returned {old.returns or 'nothing'}"
    if any(old.arguments) and old.arguments != new.arguments:
        return "an argument has another name"
    return "a default is gone" if new.defaults < old.defaults else ""


@rule(
    "fn-overload",
    on="create_function_stmt",
    breaks=("clients",),
    lock=NONE,
    impact="unknown",
    work="none",
    instead="give it another name.",
    example="CREATE FUNCTION double(n text) RETURNS text LANGUAGE sql AS 'SELECT n || n'",
    given=DOUBLE,
    unseen="functions that no earlier migration created.",
)
def routine_overloaded(action: Action) -> Iterator[Found]:
    """Flag a function of a name that another has already.

    A call with a literal, f('1'), moves to the new one without a word.
    """
    name, signature = tree.dotted(action.node.funcname), function_signature(action.node)
    others = [r.signature for r in action.schema.routines(name)]
    if others and signature not in others:
        yield Found(f"'{signature}' exists beside {', '.join(others)}", of=(name,))


@rule(
    "fn-drop",
    on=(
        "drop_stmt.OBJECT_FUNCTION",
        "drop_stmt.OBJECT_PROCEDURE",
        "drop_stmt.OBJECT_ROUTINE",
        "drop_stmt.OBJECT_AGGREGATE",
        "alter_function_stmt",
    ),
    breaks=("clients",),
    lock=NONE,
    impact="major",
    work="none",
    instead="release callers that do without it first.",
    example="DROP FUNCTION double(int)",
    given=DOUBLE,
)
def routine_dropped(action: Action) -> Iterator[Found]:
    """Flag a routine that is dropped, or runs otherwise: its volatility, SECURITY, search_path.

    Callers fail, and so do indexes over its values; or it runs with other rights.
    """
    if action.parsed.kind == "drop_stmt":
        for item in action.node.objects:
            name = tree.object_name(item)
            yield Found(f"'{name}' is dropped", of=(name.partition("(")[0],))
        return
    said = {item.def_elem.defname for item in action.node.actions} & CALLERS_NOTICE
    if said:
        name = tree.signature(action.node.func)
        of = (name.partition("(")[0],)
        yield Found(f"'{name}' gets another {', '.join(sorted(said))}", of=of)


@rule(
    "tg-create",
    on="create_trig_stmt",
    breaks=("writers", "operation"),
    lock=SHARE_ROW_EXCLUSIVE,
    impact="minor",
    work="none",
    instead="set lock_timeout, and limit it with WHEN.",
    example="CREATE TRIGGER touched_too BEFORE UPDATE ON users"
    " FOR EACH ROW EXECUTE FUNCTION touch()",
    given=TOUCH,
)
def trigger_created(action: Action) -> Iterator[Found]:
    """Flag a new trigger.

    Every write does more from then on, and none can happen until the transaction ends.
    """
    table, name = tree.relation(action.node.relation), tree.identifier(action.node.trigname)
    yield Found(f"the trigger '{name}' runs on writes to '{table}'", (table,))


@rule(
    "tg-drop",
    on="drop_stmt.OBJECT_TRIGGER",
    breaks=("writers",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="none",
    instead="put what replaces it in place first.",
    example="DROP TRIGGER touched ON users",
    given=TOUCH,
)
def trigger_dropped(action: Action) -> Iterator[Found]:
    """Flag a dropped trigger.

    What it kept true is kept no more.
    """
    for item in action.node.objects:
        *table, name = tree.strings(item.list.items)
        relation = tree.qualified(table)
        yield Found(f"the trigger '{name}' of '{relation}' is dropped", (relation,))


@rule(
    "tg-disable",
    on=SWITCHES,
    breaks=("writers", "data"),
    lock=SHARE_ROW_EXCLUSIVE,
    impact="major",
    work="none",
    instead="enable it again in the same transaction.",
    example="ALTER TABLE users DISABLE TRIGGER ALL",
)
def trigger_switched(action: Action) -> Iterator[Found]:
    """Flag triggers that are switched off or on.

    ALL has the triggers of foreign keys among them: nothing keeps references true meanwhile. The
    rollback usually forgets to switch them back.
    """
    subtype = enum_names("AlterTableType")[action.part.subtype]
    which = "all triggers" if subtype.endswith("All") else f"the trigger '{action.name}'"
    which = "its triggers" if subtype.endswith("User") else which
    off = subtype.startswith("AT_Disable")
    back = _is_switched_back(action, "AT_Enable" if off else "AT_Disable")
    how = f"{'off' if off else 'on'}, and {'on' if off else 'off'} elsewhere in the script"
    how = how if back else "off" if off else "on"
    yield Found(
        f"{which} of '{action.table}' switched {how}",
        (action.table,),
        impact="patch" if back else None,
    )


def _is_switched_back(action: Action, prefix: str) -> bool:
    """Tell whether the script also switches triggers of the table the other way."""
    subtypes = enum_names("AlterTableType")
    return any(
        subtypes[item.alter_table_cmd.subtype].startswith(prefix)
        and subtypes[item.alter_table_cmd.subtype] in SWITCHES
        for other in action.scene.whole.of_kind("alter_table_stmt")
        if tree.relation(other.node.relation) == action.table
        for item in other.node.cmds
    )


@rule(
    "ru-create",
    on="rule_stmt",
    breaks=("writers",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="none",
    instead="use a trigger.",
    example="CREATE RULE kept AS ON DELETE TO users DO INSTEAD NOTHING",
)
def rule_created(action: Action) -> Iterator[Found]:
    """Flag a rewrite rule.

    It turns writes into others.
    """
    table, name = tree.relation(action.node.relation), tree.identifier(action.node.rulename)
    yield Found(f"the rule '{name}' rewrites statements on '{table}'", (table,))
