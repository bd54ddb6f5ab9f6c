"""Judge a script: find every hazard of it, but those that somebody allowed with a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migdocs.core import tree
from migdocs.core.catalog import Catalog
from migdocs.core.changes import bodies, read_changes
from migdocs.core.hazards.allowing import without_allowed
from migdocs.core.hazards.registry import BY_ACTION, severity
from migdocs.core.hazards.scene import Action, Scene
from migdocs.core.hazards.schema import Schema
from migdocs.core.hazards.transactions import runs_in_one
from migdocs.core.hazards.types import change_of
from migdocs.core.model import Hazard
from migdocs.core.parser import enum_names, parse
from migdocs.core.script import split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from migdocs.core.hazards.registry import Rule
    from migdocs.core.hazards.scene import Found
    from migdocs.core.model import Change
    from migdocs.core.parser import Node, Parsed


def judge(  # noqa: PLR0913 - each is something that a script meets
    statements: Sequence[Parsed],
    *,
    postgres: int = 15,
    before: Catalog | None = None,
    transaction: bool = True,
    lock_timeout: bool = False,
    path: str = "",
    migration: str = "",
) -> tuple[Hazard, ...]:
    """Find the hazards of a script, in the order of its statements.

    Args:
        statements: of ``parser.parse_all``.
        postgres: the major version that it will run on, 10 to 18.
        before: the schema that it meets; what is not known is assumed to be the worse.
        transaction: the runner puts the script into one transaction.
        lock_timeout: the runner sets one.
        path: of the script's file.
        migration: its id.
    """
    catalog = before.fork() if before else Catalog()
    scene = Scene(
        statements,
        postgres,
        Schema(catalog, knows_all=before is not None),
        transaction and runs_in_one(statements),
        lock_timeout,
        path,
    )
    found: list[Hazard] = []
    for parsed, changes in zip(statements, _steps(statements, path), strict=True):
        scene.enter(parsed)
        found += _of_statement(parsed, scene)
        scene.leave(parsed)
        catalog.apply_all(changes)
    found += _of_script(scene)
    kept = without_allowed(found, statements, path)
    return (
        tuple(replace(hazard, migration=migration) for hazard in kept) if migration else tuple(kept)
    )


def _steps(statements: Sequence[Parsed], path: str) -> Iterator[list[Change]]:
    """Give each statement's Changes."""
    by_statement: dict[int, list[Change]] = {}
    for change in read_changes(statements, path):
        by_statement.setdefault(change.statement, []).append(change)
    return (by_statement.get(parsed.statement.index, []) for parsed in statements)


def _of_script(scene: Scene) -> Iterator[Hazard]:
    """Find the hazards of the script as a whole."""
    if scene.statements:
        action = Action(scene, scene.statements[0], None, None)
        for rule in BY_ACTION["script"]:
            yield from _of_action(action, rule)


def _of_statement(parsed: Parsed, scene: Scene) -> Iterator[Hazard]:
    """Find the hazards of one statement, and of those in its body."""
    for action, rules in actions(parsed, scene):
        for rule in rules:
            yield from _of_action(action, rule)
    if parsed.kind == "do_stmt":
        for inner in _inside(parsed):
            yield from _of_statement(inner, scene)


def _inside(parsed: Parsed) -> Iterator[Parsed]:
    """Read the statements in a DO block that can be read."""
    for inner in bodies.statements_in(parsed) or ():
        text = bodies.constant(inner.text) if inner.dynamic else inner.text
        for statement in split(text, inner.line):
            yield parse(replace(statement, index=parsed.statement.index))


def _of_action(action: Action, rule: Rule) -> Iterator[Hazard]:
    """Find the hazards of an action that a rule sees."""
    scene = action.scene
    for found in rule.check(action):
        if rule.even_if_new or not _all_new(found, scene):
            settled = _settled(found, rule, scene.postgres)
            scene.hold(settled, action.parsed)
            yield _hazard(rule, action, settled)


def actions(parsed: Parsed, scene: Scene) -> Iterator[tuple[Action, Sequence[Rule]]]:
    """Give what a statement does, each with the rules about it."""
    node = parsed.node
    kind = parsed.kind or parsed.statement.kind
    take_apart = PARTS.get(kind)
    if take_apart is None:
        if kind in BY_ACTION:
            yield Action(scene, parsed, node, node), BY_ACTION[kind]
        return
    table = tree.relation(node.relation) if kind == "alter_table_stmt" else ""
    for key, part, name in take_apart(node, scene):
        rules = BY_ACTION.get(key)
        if rules:
            yield Action(scene, parsed, node, part, table, _name(name)), rules


def _name(name: str) -> str:
    """Give a name as SQL needs it; none stays none."""
    return tree.identifier(name) if name else ""


# A key of the registry, the part of the tree that it is about, the name that the part names.
Part = tuple[str, "Node", str]


def _of_table(node: Node, scene: Scene) -> Iterator[Part]:
    """Take an ALTER TABLE apart; ALTER VIEW, INDEX, SEQUENCE and TYPE have the same grammar."""
    kind = enum_names("ObjectType")[node.objtype]
    prefix = "" if kind in {"OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"} else f"{kind}."
    subtypes, constraints = enum_names("AlterTableType"), enum_names("ConstrType")
    yield "alter_table_stmt", node, ""
    for item in node.cmds:
        command = item.alter_table_cmd
        key = prefix + subtypes[command.subtype]
        if key == "AT_AddConstraint":
            constraint = getattr(command, "def").constraint
            yield f"{key}.{constraints[constraint.contype]}", constraint, constraint.conname
        elif key == "AT_AddColumn":
            column = getattr(command, "def").column_def
            yield key, column, column.colname
            if command.missing_ok:
                yield f"{key}.IF_NOT_EXISTS", column, column.colname
            for part in column.constraints:
                yield f"{key}.{constraints[part.constraint.contype]}", column, column.colname
        else:
            yield key, command, command.name
            if key == "AT_AlterColumnType":
                change = change_of(command, tree.relation(node.relation), scene)
                yield f"{key}.{change.rule}", command, command.name


def _of_kind(prefix: str, field: str) -> Callable[[Node, Scene], Iterable[Part]]:
    """Make what names a statement by the kind of object that it is about."""
    return lambda node, _: (
        (prefix, node, ""),
        (f"{prefix}.{enum_names('ObjectType')[getattr(node, field)]}", node, ""),
    )


# Kind of statement → what takes it apart.
PARTS: dict[str, Callable[[Node, Scene], Iterable[Part]]] = {
    "alter_table_stmt": _of_table,
    "drop_stmt": _of_kind("drop_stmt", "remove_type"),
    "rename_stmt": _of_kind("rename_stmt", "rename_type"),
    "alter_object_schema_stmt": _of_kind("alter_object_schema_stmt", "object_type"),
    "alter_owner_stmt": _of_kind("alter_owner_stmt", "object_type"),
}


def _all_new(found: Found, scene: Scene) -> bool:
    """Tell whether everything that could be hurt was made by the script itself."""
    concerned = found.of or (*found.on, *(name for name, _ in found.also))
    return bool(concerned) and scene.new.issuperset(concerned)


def _settled(found: Found, rule: Rule, postgres: int) -> Found:
    """Fill in what a finding leaves to its rule's entry."""
    too_old = rule.since > postgres
    version = f"; PostgreSQL {postgres} cannot do it, {rule.since} can" if too_old else ""
    return replace(
        found,
        message=found.message + version,
        severity="error" if too_old else found.severity,
        lock=rule.lock if found.lock is None else found.lock,
        impact=found.impact or rule.impact,
    )


def _hazard(rule: Rule, action: Action, found: Found) -> Hazard:
    """Give the finding that a report shows."""
    statement = (found.at or action.parsed).statement
    return Hazard(
        rule.id,
        found.severity or severity(rule, found),
        found.message,
        action.scene.path,
        found.line or statement.line,
        rule.instead,
        lock=found.lock or "",
        on=(*found.on, *(name for name, _ in found.also)),
        rewrite=found.rewrite,
        scan=found.scan,
        impact=found.impact or "unknown",
        breaks=rule.breaks,
        statement=statement.index,
    )
