"""Views, functions, triggers, rules (hazards.md, part I)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.changes.routines import function_signature
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.hazards.schema import Routine
from migdocs.core.hazards.typing_of import view_columns
from migdocs.core.locks import ACCESS_EXCLUSIVE, NONE, SHARE_ROW_EXCLUSIVE
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.model import Severity
    from migdocs.core.sql.parser import Node

NAMES = "CREATE VIEW names AS SELECT name FROM users;"
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
    "vw-replace",
    on="view_stmt",
    breaks=("clients",),
    lock=ACCESS_EXCLUSIVE,
    impact="unknown",
    work="none",
    instead="only append columns, or give the new view another name.",
    example="CREATE OR REPLACE VIEW names AS SELECT name, role FROM users",
    given=NAMES,
    unseen="what another query means, and the columns of a view that no earlier migration created.",
)
def view_replaced(action: Action) -> Iterator[Found]:
    """Flag a view that is replaced.

    It may only get more columns at its end: without one, or with another name or type for one, it
    fails (42P16). Another query changes what readers see without a word.
    """
    name = tree.relation(action.node.view)
    old = action.schema.view(name)
    if not action.node.replace or (old is None and action.schema.knows_all):
        return
    before = _output(old)
    after = _output(action.node)
    retyped = _retyped(action, old) if old is not None else ""
    if before and after and after[: len(before)] != before:
        message = f"the view '{name}' loses or renames a column: it is refused"
        yield Found(message, (name,), impact="major", sqlstate="42P16")
    elif retyped:
        message = f"the view '{name}' changes the type of {retyped}: it is refused"
        yield Found(message, (name,), impact="major", sqlstate="42P16")
    elif before and after:
        more = f" and gets {', '.join(after[len(before) :])}" if after != before else ""
        yield Found(
            f"the view '{name}' is replaced{more}",
            (name,),
            impact="minor" if more else "patch",
            severity="info" if more else None,
        )
    else:
        yield Found(f"the view '{name}' is replaced", (name,))


def _output(view: Node | None) -> tuple[str, ...]:
    """Give the names of a view's columns, those of its own list first."""
    if view is None:
        return ()
    names = tree.output_columns(view.query.select_stmt)
    own = tree.columns(view.aliases) if view.DESCRIPTOR.name == "ViewStmt" else ()
    return (*own, *names[len(own) :])


def _retyped(action: Action, old: Node) -> str:
    """Say which column of a view gets another type; empty where that is not sure."""
    before = view_columns(action.schema, old.query.select_stmt)
    after = view_columns(action.schema, action.node.query.select_stmt)
    for (name, was), (_, now) in zip(before or (), after or (), strict=False):
        if was and now and was != now:
            return f"'{name}' from {was} to {now}"
    return ""


@rule(
    "vw-drop",
    on=("drop_stmt.OBJECT_VIEW", "drop_stmt.OBJECT_MATVIEW"),
    breaks=("clients",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="none",
    instead="replace it (CREATE OR REPLACE VIEW) where its columns allow it.",
    example="DROP VIEW names",
    given=NAMES,
)
def view_dropped(action: Action) -> Iterator[Found]:
    """Flag a dropped view.

    Its readers fail. Created again, it has lost its grants.
    """
    made = action.scene.whole.after(action.parsed, "view_stmt")
    again = {tree.relation(parsed.node.view) for parsed in made}
    for item in action.node.objects:
        name = tree.object_name(item)
        back = ", and created again" if name in again else ""
        level: Severity | None = "warning" if back else None
        yield Found(f"the view '{name}' is dropped{back}", (name,), severity=level)


@rule(
    "vw-opt",
    on=("OBJECT_VIEW.AT_SetRelOptions", "OBJECT_VIEW.AT_ResetRelOptions"),
    breaks=("clients",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="none",
    instead="try it as each role that uses the view.",
    example="ALTER VIEW names SET (check_option = local)",
    given=NAMES,
)
def view_options_set(action: Action) -> Iterator[Found]:
    """Flag another option of a view.

    security_invoker changes whose rights count, check_option which rows can be written.
    """
    yield Found(f"the view '{action.table}' gets other options", (action.table,))


@rule(
    "mv-refresh",
    on="refresh_mat_view_stmt",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="patch",
    work="rewrite",
    instead="REFRESH … CONCURRENTLY, which needs a unique index and lets readers go on.",
    example="REFRESH MATERIALIZED VIEW roles",
    given="CREATE MATERIALIZED VIEW roles AS SELECT DISTINCT role FROM users;",
)
def view_refreshed(action: Action) -> Iterator[Found]:
    """Flag a materialized view that is refreshed.

    Nobody can read it meanwhile.
    """
    if not action.node.concurrent:
        name = tree.relation(action.node.relation)
        yield Found(f"readers of '{name}' wait until it is refreshed", (name,), rewrite=True)


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
