"""Views that are replaced, dropped, changed, refreshed (hazards.md, part I)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.hazards.typing_of import view_columns
from migdocs.core.locks import ACCESS_EXCLUSIVE
from migdocs.core.sql import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.model import Severity
    from migdocs.core.sql.parser import Node

NAMES = "CREATE VIEW names AS SELECT name FROM users;"


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
