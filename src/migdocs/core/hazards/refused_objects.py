"""What PostgreSQL is sure to refuse of whole objects: there already, needed, not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.changes.routines import function_signature
from migdocs.core.hazards import sure
from migdocs.core.hazards.dependents import CASCADE, needing, query_tables
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import NONE
from migdocs.core.sql import tree
from migdocs.core.sql.definitions import Enum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.parser import Node

# Kind of statement → the name of the relation that it makes, and whether it may be there.
RELATIONS: dict[str, Callable[[Node], tuple[str, bool]]] = {
    "create_stmt": lambda node: (tree.relation(node.relation), node.if_not_exists),
    "create_table_as_stmt": lambda node: (tree.relation(node.into.rel), node.if_not_exists),
    "view_stmt": lambda node: (tree.relation(node.view), node.replace),
    "create_seq_stmt": lambda node: (tree.relation(node.sequence), node.if_not_exists),
    "index_stmt": lambda node: (_index_name(node), node.if_not_exists),
    "rename_stmt": lambda node: (_new_name(node), False),
}
TYPES: dict[str, Callable[[Node], str]] = {
    "create_enum_stmt": lambda node: tree.dotted(node.type_name),
    "create_domain_stmt": lambda node: tree.dotted(node.domainname),
    "composite_type_stmt": lambda node: tree.relation(node.typevar),
    "create_range_stmt": lambda node: tree.dotted(node.type_name),
}
OTHERS = (
    "create_schema_stmt",
    "create_trig_stmt",
    "create_policy_stmt",
    "create_function_stmt",
    "alter_enum_stmt",
)
# What a DROP calls what it drops → the SQLSTATE where there is none.
MISSING = {
    "table": "42P01",
    "view": "42P01",
    "materialized view": "42P01",
    "sequence": "42P01",
    "index": "42704",
    "type": "42704",
    "domain": "42704",
}
RENAMED = frozenset(("table", "view", "materialized view", "sequence", "index"))
SERVERS_OWN = ("pg_", "information_schema.")


def _index_name(node: Node) -> str:
    """Give the name of a new index, in its table's schema."""
    schema = tree.relation(node.relation).rpartition(".")[0]
    own = tree.identifier(node.idxname) if node.idxname else ""
    return f"{schema}.{own}" if schema and own else own


def _new_name(node: Node) -> str:
    """Give the name that a relation is renamed to; empty where something else is renamed."""
    if tree.object_kind(node.rename_type) not in RENAMED or not node.HasField("relation"):
        return ""
    schema = tree.relation(node.relation).rpartition(".")[0]
    own = tree.identifier(node.newname)
    return f"{schema}.{own}" if schema else own


@rule(
    "object-exists",
    on=(*RELATIONS, *TYPES, *OTHERS),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42P07, 42710)",
    instead="choose another name, or drop the old one before.",
    example="CREATE TABLE users (id int)",
    even_if_new=True,
)
def object_there(action: Action) -> Iterator[Found]:
    """Flag what is made under a name that is taken.

    Tables, views, sequences and indexes of a schema share their names, and every table is a type.
    """
    kind, node, schema = action.parsed.kind, action.node, action.schema
    if kind in RELATIONS:
        name, passes = RELATIONS[kind](node)
        found = "" if passes or not name else relation_there(action, name)
        if found:
            yield Found(f"there is {found} already", of=(name,), sqlstate="42P07")
    elif kind in TYPES:
        name = TYPES[kind](node)
        keys = (("type", name), ("domain", name))
        is_type = any(key in schema.catalog.objects for key in keys) and schema.is_sure(name)
        if is_type or schema.sure(name):
            yield Found(f"there is a type '{name}' already", of=(name,), sqlstate="42710")
    elif kind == "create_schema_stmt":
        name = tree.identifier(node.schemaname)
        if not node.if_not_exists and (
            name == "public" or ("schema", name) in schema.catalog.objects
        ):
            yield Found(f"there is a schema '{name}' already", of=(name,), sqlstate="42P06")
    elif kind == "alter_enum_stmt":
        yield from _value_there(action)
    elif kind == "create_function_stmt":
        name = function_signature(node)
        there = any((k, name) in schema.catalog.objects for k in ("function", "procedure"))
        if there and not node.replace and schema.is_sure(name):
            yield Found(f"there is a routine '{name}' already", of=(name,), sqlstate="42723")
    else:
        yield from _part_there(action)


def _value_there(action: Action) -> Iterator[Found]:
    """Flag a value that an enum has."""
    node, name = action.node, tree.dotted(action.node.type_name)
    found = action.schema.type_definition(name)
    new = tree.quoted(node.new_val)
    known = isinstance(found, Enum) and new in found.values and action.schema.is_sure(name)
    if known and not node.skip_if_new_val_exists:
        yield Found(f"the enum '{name}' has the value {new} already", of=(name,), sqlstate="42710")


def relation_there(action: Action, name: str) -> str:
    """Say what relation has a name; empty where none is known for certain."""
    catalog = action.schema.catalog
    if not action.schema.is_sure(name):
        return ""
    found = catalog.relations.get(name)
    if found is not None:
        return f"a {found.kind} '{name}'" if found.born[1] >= 0 else ""
    if ("sequence", name) in catalog.objects:
        return f"a sequence '{name}'"
    owner = catalog.of_index(name)
    return f"an index '{name}'" if owner and action.schema.is_sure(owner.name) else ""


def _part_there(action: Action) -> Iterator[Found]:
    """Flag a trigger or policy that its table has."""
    node = action.node
    if action.parsed.kind == "create_trig_stmt":
        kind, table, own = "trigger", action.table, node.trigname
    else:
        kind, table, own = "policy", tree.relation(node.table), node.policy_name
    name = f"{table}.{tree.identifier(own)}"
    known = (kind, name) in action.schema.catalog.objects
    if known and action.schema.sure(table) and not getattr(node, "replace", False):
        message = f"'{table}' has a {kind} '{tree.identifier(own)}' already"
        yield Found(message, of=(table,), sqlstate="42710")


@rule(
    "needed-by-others",
    on=("drop_stmt", "AT_DropConstraint"),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (2BP01)",
    instead="drop or change what needs it first; CASCADE would take all of that too.",
    example="DROP TABLE users",
    given="CREATE VIEW names AS SELECT name FROM users;",
    unseen="what needs it and was created by no earlier migration.",
    even_if_new=True,
)
def still_needed(action: Action) -> Iterator[Found]:
    """Flag a DROP of what others cannot do without.

    Views that read a table, foreign keys that reference it, columns of a type, triggers that run a
    function: without CASCADE the server refuses.
    """
    if action.parsed.kind == "drop_stmt":
        if action.node.behavior == CASCADE:
            return
        kind = tree.object_kind(action.node.remove_type)
        dropped = {tree.object_name(item) for item in action.node.objects}
        for name in sorted(dropped):
            users = [user for user, of in needing(action.schema, kind, name) if of not in dropped]
            if users:
                message = f"the {kind} '{name}' is needed by {users[0]}"
                yield Found(message, of=(name,), sqlstate="2BP01")
    elif action.part.behavior != CASCADE:
        beside = sure.neighbours(action).dropped_constraints
        users = [
            user
            for user, of in needing(action.schema, "constraint", action.full_name)
            if of != action.table or user.partition("'")[2].removesuffix("'") not in beside
        ]
        if users:
            message = f"the constraint '{action.name}' is needed by {users[0]}"
            yield Found(message, of=(action.table,), sqlstate="2BP01")


@rule(
    "no-such-object",
    on=(
        "drop_stmt",
        "alter_table_stmt",
        "index_stmt",
        "update_stmt",
        "delete_stmt",
        "insert_stmt",
        "create_trig_stmt",
        "AT_DropConstraint",
        "AT_ValidateConstraint",
        "rename_stmt",
        "truncate_stmt",
    ),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42P01, 42704)",
    instead="name what is there; IF EXISTS lets a DROP pass.",
    example="ALTER TABLE users DROP CONSTRAINT gone",
    even_if_new=True,
    unseen="tables and types that no earlier migration created: not checked.",
)
def object_missing(action: Action) -> Iterator[Found]:
    """Flag a constraint, a table, an index or a type that is not there.

    Of tables and types this is said only where the whole schema was given.
    """
    kind, node = action.parsed.kind, action.node
    if kind == "alter_table_stmt" and action.index >= 0:
        table = sure.table_of(action)
        missing = table is not None and action.name not in table.constraints
        if missing and not action.part.missing_ok:
            message = f"'{action.table}' has no constraint '{action.name}'"
            yield Found(message, of=(action.table,), sqlstate="42704")
        return
    if not action.schema.is_whole or getattr(node, "missing_ok", False):
        return
    for what, name, sqlstate in _named(action):
        if not _is_there(action, what, name):
            message = f"there is no {what} '{name}'"
            yield Found(message, of=(name,), sqlstate=sqlstate)


def _named(action: Action) -> Iterator[tuple[str, str, str]]:
    """Give the relations and types that a statement names, with the SQLSTATE of a missing one."""
    node, kind = action.node, action.parsed.kind
    if kind == "drop_stmt":
        what = tree.object_kind(node.remove_type)
        if what in MISSING:
            for item in node.objects:
                yield what, tree.object_name(item), MISSING[what]
    elif kind == "truncate_stmt":
        for item in node.relations:
            yield "table", tree.relation(item.range_var), "42P01"
    elif kind == "rename_stmt":
        if node.HasField("relation"):
            yield "relation", tree.relation(node.relation), "42P01"
    elif kind in {"update_stmt", "delete_stmt", "insert_stmt"}:
        for name in query_tables(node):
            yield "table", name, "42P01"
    else:
        yield "table", action.table, "42P01"


def _is_there(action: Action, what: str, name: str) -> bool:
    """Tell whether an object may be there."""
    catalog = action.schema.catalog
    if name.startswith(SERVERS_OWN) or not action.schema.is_sure(name):
        return True
    if any(kind == "extension" for kind, _ in catalog.objects):
        return True  # an extension's own objects are not known
    if what in {"type", "domain"}:
        return catalog.has("type", name) or name in catalog.relations
    return catalog.has("relation", name) or catalog.is_sequence(name)


@rule(
    "truncate-referenced",
    on="truncate_stmt",
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (0A000)",
    instead="truncate the tables that reference it in the same statement, or DELETE its rows.",
    example="TRUNCATE teams",
    given="CREATE TABLE teams (id int PRIMARY KEY);"
    " CREATE TABLE members (team int REFERENCES teams);",
    even_if_new=True,
)
def referenced_truncated(action: Action) -> Iterator[Found]:
    """Flag TRUNCATE of a table that another table references.

    The server refuses it even where the other table is empty.
    """
    if action.node.behavior == CASCADE:
        return
    named = {tree.relation(item.range_var) for item in action.node.relations}
    for table in sorted(named):
        others = [n for n, _, _ in action.schema.references_to(table) if n not in named]
        if others:
            message = f"'{table}' cannot be truncated: '{others[0]}' references it"
            yield Found(message, of=(table,), sqlstate="0A000")
