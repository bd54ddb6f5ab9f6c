"""Judge a script: find every hazard of it, but those that somebody allowed with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.core.changes import bodies
from migdocs.core.hazards.actions import actions, is_foreign, passes, reaches_children
from migdocs.core.hazards.allowing import without_allowed
from migdocs.core.hazards.noting import NOTES
from migdocs.core.hazards.registry import BY_ACTION, severity
from migdocs.core.hazards.scene import Action, Scene, built_again
from migdocs.core.hazards.schema import Schema
from migdocs.core.hazards.transactions import runs_in_one
from migdocs.core.hazards.whole import Whole
from migdocs.core.locks import strongest
from migdocs.core.model import Hazard
from migdocs.core.sql import resolving
from migdocs.core.sql.parser import parse
from migdocs.core.sql.script import split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.catalog import Catalog
    from migdocs.core.hazards.registry import Rule
    from migdocs.core.hazards.scene import Found
    from migdocs.core.model import Change
    from migdocs.core.sql.parser import Node, Parsed

# Statements that take a table with all its partitions.
WHOLE_TREES = frozenset(("drop_stmt", "truncate_stmt", "lock_stmt"))
# Statements that may have others inside that change rows.
WITH_QUERIES = frozenset(
    ("select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt", "explain_stmt")
)
MOVES = "tb-am"  # the rule of files that are copied: no index is built for it
# What the server says to syntax that it does not know yet.
SYNTAX_ERROR = "42601"


def judge(  # noqa: PLR0913 - each is something that a script meets
    statements: Sequence[Parsed],
    *,
    postgres: int = 15,
    before: Catalog | None = None,
    transaction: bool = True,
    lock_timeout: bool = False,
    path: str = "",
    migration: str = "",
    whole_schema: bool = False,
    changes: Sequence[Change] | None = None,
) -> tuple[Hazard, ...]:
    """Find the hazards of a script, in the order of its statements.

    Args:
        statements: of ``parser.parse_all``.
        postgres: the major version that it will run on, 10 to 18.
        before: the schema that it meets, left as it is; what is not known is assumed to be the
            worse. A view or routine that it does not have does not exist.
        transaction: the runner puts the script into one transaction.
        lock_timeout: the runner sets one.
        path: of the script's file.
        migration: its id.
        whole_schema: ``before`` is all that there is, so that what it has not is not there.
        changes: what the script does, where that has been read already.
    """
    if resolving.is_needed(statements, before):
        # It takes a CREATE SCHEMA apart, so that what was read does not stand at its place.
        statements, changes = resolving.follow(statements, before), None
    scene = Scene(
        Whole(statements),
        postgres,
        Schema(before, path, is_whole=whole_schema, changes=changes),
        transaction and runs_in_one(statements),
        lock_timeout,
        path,
        transaction,
    )
    found: list[Hazard] = []
    for parsed in statements:
        _judge_statement(parsed, scene, found)
        scene.schema.pass_by(parsed)
        if not scene.in_transaction:
            scene.end_transaction()
    if statements:
        action = Action(scene, statements[0], None, None)
        _judge_action(action, BY_ACTION["script"], found)
    kept = without_allowed(found, statements, path)
    return tuple(replace(item, migration=migration) if migration else item for item in kept)


def _judge_statement(parsed: Parsed, scene: Scene, found: list[Hazard]) -> None:
    """Add the hazards of one statement, and of those in the body of a DO block."""
    if passes(parsed, scene.schema):
        return
    for key, action in actions(parsed, scene):
        rules = BY_ACTION.get(key)
        if rules:
            _judge_action(action, rules, found)
        note = NOTES.get(key)
        if note:
            note(action)
        if key in WITH_QUERIES:
            for nested in _changing_queries(parsed):
                _judge_statement(nested, scene, found)
        if key == "do_stmt":
            for inner, conditional in _inside(action):
                outer, scene.unsure = scene.unsure, scene.unsure or conditional
                _judge_statement(inner, scene, found)
                scene.unsure = outer


def _changing_queries(parsed: Parsed) -> Iterator[Parsed]:
    """Give the queries of a WITH that change rows, and what EXPLAIN ANALYZE runs."""
    if parsed.kind == "explain_stmt":
        if any(item.def_elem.defname == "analyze" for item in parsed.node.options):
            yield _nested(parsed, parsed.node.query)
    elif parsed.node.HasField("with_clause"):
        for item in parsed.node.with_clause.ctes:
            query = item.common_table_expr.ctequery
            if query.WhichOneof("node") in WITH_QUERIES - {"select_stmt"}:
                yield _nested(parsed, query)


def _nested(parsed: Parsed, query: Node) -> Parsed:
    """Give a query inside a statement as one of its own, at the same place."""
    kind = query.WhichOneof("node")
    return replace(parsed, kind=kind, node=getattr(query, kind))


def _inside(action: Action) -> Iterator[tuple[Parsed, bool]]:
    """Read the statements in a DO block that can be read, and whether each may not run."""
    for inner in action.body or ():
        text = bodies.constant(inner.text) if inner.dynamic else inner.text
        for statement in split(text, inner.line):
            parsed = parse(replace(statement, index=action.parsed.statement.index))
            scope = action.parsed.scope
            yield (scope.settle(parsed) if scope else parsed), inner.conditional


def _judge_action(action: Action, rules: Sequence[Rule], found: list[Hazard]) -> None:
    """Add the hazards of one action; what is new can be hurt by few rules only."""
    new = action.scene.new
    is_new = action.table in new
    for rule in rules:
        if is_new and not rule.even_if_new:
            continue
        for item in rule.check(action):
            if rule.even_if_new or not _all_new(item, new):
                if item.once and rule.id in action.scene.said:
                    continue
                action.scene.said.add(rule.id)
                found.append(_hazard(rule, action, item))


def _all_new(found: Found, new: set[str]) -> bool:
    """Tell whether everything that could be hurt was made by the script itself."""
    concerned = found.of or found.on
    if found.also and not found.of:
        concerned = (*found.on, *(name for name, _ in found.also))
    return bool(concerned) and new.issuperset(concerned)


def _on_what_is_old(
    locks: tuple[tuple[str, str], ...], action: Action
) -> tuple[tuple[str, str], ...]:
    """Give the locks on what the script has not made, on children of an altered parent too."""
    new = action.scene.new
    held = dict.fromkeys([pair for pair in locks if pair[0] not in new])
    if not held:
        return ()
    whole = action.parsed.kind in WHOLE_TREES
    if whole or (action.index >= 0 and reaches_children(action)):
        for name, lock in tuple(held):
            if whole or name == action.table:
                held |= dict.fromkeys((heir, lock) for heir in action.schema.heirs(name))
    return tuple(held)


def _indexes_of(tables: tuple[str, ...], action: Action) -> Iterator[str]:
    """Name the indexes of tables that are written anew, but those of this script."""
    for table in tables:
        relation = action.schema.relation(table)
        for name in relation.all_indexes() if relation else ():
            if name not in action.scene.new:
                yield name


def _hazard(rule: Rule, action: Action, found: Found) -> Hazard:
    """Give the finding that a report shows, and note the locks that it tells of."""
    scene, parsed = action.scene, found.at or action.parsed
    lock = rule.lock if found.lock is None else found.lock
    locks: tuple[tuple[str, str], ...] = ()
    if found.on or found.also:
        locks = (*[(name, lock) for name in found.on], *found.also)
        for name, own in locks:
            scene.hold(name, own, parsed)
        locks = _on_what_is_old(locks, action)
    foreign = parsed.kind == "alter_table_stmt" and is_foreign(parsed.node)
    if locks and lock:
        lock = strongest([own for _, own in locks])
    rewrite = found.rewrite and not foreign
    again = built_again(_indexes_of(found.on, action)) if rewrite and rule.id != MOVES else ""
    impact = found.impact or rule.impact
    since = max(rule.since, found.since)
    version, sqlstate = "", "" if scene.unsure else found.sqlstate
    if since > scene.postgres:
        version, sqlstate = f"; it needs PostgreSQL {since}", sqlstate or SYNTAX_ERROR
    level = "error" if sqlstate else found.severity
    return Hazard(
        rule.id,
        level or severity(rule, found, lock, impact),
        found.message + again + (f" ({sqlstate})" if sqlstate else "") + version,
        scene.path,
        found.line or (found.at.statement.line if found.at else action.line),
        rule.instead,
        lock=lock,
        on=tuple(dict.fromkeys([name for name, _ in locks])) or found.on,
        rewrite=rewrite,
        scan=found.scan and not foreign,
        impact=impact,
        breaks=rule.breaks,
        statement=parsed.statement.index,
        locks=tuple([pair for pair in locks if pair[1]]),
        sqlstate=sqlstate,
    )
