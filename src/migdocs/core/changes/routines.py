"""Read functions, procedures, aggregates, triggers and rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.changes.columns import type_needs
from migdocs.core.sql import tree
from migdocs.core.sql.definitions import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.changes.place import Place
    from migdocs.core.model import Change
    from migdocs.core.sql.parser import Node

# FunctionParameterMode: those that are part of a function's name in a DROP.
INPUT_MODES = {1, 3, 4, 6}  # IN, INOUT, VARIADIC, DEFAULT
# pg_trigger.tgtype's bits (catalog/pg_trigger.h).
EVENTS = {4: "insert", 8: "delete", 16: "update", 32: "truncate"}
TIMINGS = {2: "before", 64: "instead of"}
RULE_EVENTS = {2: "select", 3: "update", 4: "insert", 5: "delete"}  # CmdType


def create_function(node: Node, place: Place) -> Iterator[Change]:
    """Read a CreateFunctionStmt."""
    name = function_signature(node)
    returns = tree.type_name(node.return_type) if node.HasField("return_type") else ""
    yield place.change(
        "replace" if node.replace else "create",
        "procedure" if node.is_procedure else "function",
        name,
        f"returns {returns}" if returns else None,
        definition=Source(place.text),
        needs=type_needs(returns),
    )


def function_signature(node: Node) -> str:
    """Give a CreateFunctionStmt's name with the types of what goes in: ``f(integer, text)``."""
    inputs = [
        tree.type_name(item.function_parameter.arg_type)
        for item in node.parameters
        if item.function_parameter.mode in INPUT_MODES
    ]
    return f"{tree.dotted(node.funcname)}({', '.join(inputs)})"


def alter_function(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterFunctionStmt."""
    name = tree.signature(node.func)
    yield place.change(
        "set options", tree.object_kind(node.objtype), name, tree.options(node.actions)
    )


def define(node: Node, place: Place) -> Iterator[Change]:
    """Read a DefineStmt: an aggregate, an operator, a type, a collation, a text search part."""
    kind = tree.object_kind(node.kind)
    # An operator's name is no identifier, and is never quoted.
    name = tree.dotted(node.defnames) if kind != "operator" else tree.strings(node.defnames)[-1]
    if kind == "aggregate":
        parts = node.args[0].list.items if node.args else ()
        types = [tree.type_name(item.function_parameter.arg_type) for item in parts]
        name += f"({', '.join(types) or '*'})"
    yield place.change(
        "replace" if node.replace else "create",
        kind,
        name,
        definition=Source(place.text),
        guarded=node.if_not_exists,
    )


def create_trigger(node: Node, place: Place) -> Iterator[Change]:
    """Read a CreateTrigStmt."""
    table = tree.relation(node.relation)
    function = f"{tree.dotted(node.funcname)}()"
    events = " or ".join(word for bit, word in EVENTS.items() if node.events & bit)
    timing = TIMINGS.get(node.timing, "after")
    yield place.change(
        "replace" if node.replace else "create",
        "trigger",
        f"{table}.{tree.identifier(node.trigname)}",
        f"{timing} {events}, calls {function}",
        table=table,
        definition=Source(place.text),
        needs=(table, function),
    )


def create_event_trigger(node: Node, place: Place) -> Iterator[Change]:
    """Read a CreateEventTrigStmt."""
    name, function = tree.identifier(node.trigname), f"{tree.dotted(node.funcname)}()"
    said = f"on {node.eventname}, calls {function}"
    source = Source(place.text)
    yield place.change("create", "event trigger", name, said, definition=source, needs=(function,))


def alter_event_trigger(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterEventTrigStmt."""
    verb = "disable" if node.tgenabled == "D" else "enable"
    yield place.change(verb, "event trigger", tree.identifier(node.trigname))


def create_rule(node: Node, place: Place) -> Iterator[Change]:
    """Read a RuleStmt."""
    table = tree.relation(node.relation)
    yield place.change(
        "replace" if node.replace else "create",
        "rule",
        f"{table}.{tree.identifier(node.rulename)}",
        f"on {RULE_EVENTS.get(node.event, 'write')}" + (", instead" if node.instead else ""),
        table=table,
        definition=Source(place.text),
        needs=(table,),
    )
