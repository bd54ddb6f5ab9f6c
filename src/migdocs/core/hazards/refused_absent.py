"""What PostgreSQL is sure to refuse as nothing has the name: types, schemas, routines, parts.

What extensions bring is not known: where there is one, only parts of known tables are looked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.changes.columns import BUILT_IN_TYPES
from migdocs.core.hazards.actions import ANY
from migdocs.core.hazards.not_yet import SINCE
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import NONE
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.parser import Node

    # The kind of an object, its name, and the table that it is a part of, or nothing.
    Wanted = tuple[str, str, str]

# Types that the server has besides those of columns (pg_type of PostgreSQL 10 to 18), and what the
# grammar makes a type of.
# fmt: off
SERVERS_TYPES = BUILT_IN_TYPES | frozenset((
    "abstime", "aclitem", "any", "anyarray", "anycompatible", "anycompatiblearray",
    "anycompatiblemultirange", "anycompatiblenonarray", "anycompatiblerange", "anyelement",
    "anyenum", "anymultirange", "anynonarray", "anyrange", "bool", "cid", "cstring",
    "event_trigger", "fdw_handler", "float4", "float8", "gtsvector", "index_am_handler", "int2",
    "int2vector", "int4", "int8", "internal", "language_handler", "oidvector", "opaque",
    "pg_ddl_command", "pg_node_tree", "pg_snapshot", "record", "refcursor", "regcollation",
    "regdictionary", "regoper", "regoperator", "reltime", "table_am_handler", "tinterval",
    "tsm_handler", "txid_snapshot", "unknown", "serial", "serial2", "serial4", "serial8",
    "smallserial", "bigserial",
))
# fmt: on
SERVERS_SCHEMAS = frozenset(("public", "pg_catalog", "information_schema", "pg_temp", "pg_toast"))
LANGUAGES = frozenset(("sql", "plpgsql", "c", "internal"))
PARTS = frozenset(("trigger", "policy", "rule"))
STATES = {
    "trigger": "42704",
    "policy": "42704",
    "rule": "42704",
    "statistics": "42704",
    "publication": "42704",
    "type": "42704",
    "language": "42704",
    "schema": "3F000",
    "routine": "42883",
    "relation": "42P01",
    "column": "42703",
}
ROUTINES = ("function", "procedure", "routine")
# What a statement calls an object → the kind that is looked for.
OTHERS = {
    **dict.fromkeys(ROUTINES, "routine"),
    "schema": "schema",
    "statistics": "statistics",
    "publication": "publication",
}
# The same, of which another rule tells where it is dropped.
NOT_DROPPED = {
    **dict.fromkeys(("type", "domain"), "type"),
    **dict.fromkeys(("table", "view", "materialized view", "index", "sequence"), "relation"),
}
# What a statement makes, and the field with its name: a RangeVar, or a list of words.
MADE = {
    "create_stmt": "relation",
    "view_stmt": "view",
    "create_seq_stmt": "sequence",
    "create_function_stmt": "funcname",
    "create_enum_stmt": "type_name",
    "create_domain_stmt": "domainname",
    "composite_type_stmt": "typevar",
}
# Kinds of statements that name types which have to be there.
TYPED = frozenset(("create_stmt", "alter_table_stmt", "create_domain_stmt", "create_function_stmt"))


@rule(
    "unknown-name",
    on=ANY,
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42704, 42883, 42P01, 42703, 3F000)",
    instead="name what is there; IF EXISTS lets a DROP pass.",
    example="DROP TRIGGER gone ON users",
    even_if_new=True,
    unseen="what extensions bring, and what no earlier migration created: not checked.",
)
def nothing_has_the_name(action: Action) -> Iterator[Found]:
    """Flag a type, schema, routine or part of a table that is not there.

    Parts of a table are looked for where all of the table is known, all else where the whole
    schema was given.
    """
    if getattr(action.node, "missing_ok", False):
        return
    for kind, name, table in _wanted(action):
        if not _is_there(action, kind, name, table):
            said = f"'{table}' has no {kind} '{name}'" if table else f"there is no {kind} '{name}'"
            yield Found(said, of=(table or name,), sqlstate=STATES[kind])
            return


def _is_there(action: Action, kind: str, name: str, table: str) -> bool:
    """Tell whether an object may be there."""
    schema = action.schema
    if kind in PARTS:
        return not schema.sure(table) or (kind, f"{table}.{name}") in schema.catalog.objects
    if kind == "column":
        relation = schema.sure(table)
        return relation is None or name in relation.columns
    if not schema.is_whole or not schema.is_sure(name):
        return True
    if any(k == "extension" and n != "plpgsql" for k, n in schema.catalog.objects):
        return True
    return THERE[kind](action, name)


def _type_there(action: Action, name: str) -> bool:
    """Tell whether a type is the server's or the project's; every relation is one."""
    catalog = action.schema.catalog
    if name.startswith(("pg_", "information_schema.")) or name.endswith("multirange"):
        return True
    known = name in SERVERS_TYPES or name in SINCE
    return known or name.startswith("_") or catalog.has("type", name) or name in catalog.relations


def _routine_there(action: Action, name: str) -> bool:
    """Tell whether a routine of these arguments, or where none are given of any, is there."""
    if name.startswith("pg_catalog."):
        return True
    catalog = action.schema.catalog
    if "(" not in name:
        return catalog.has("routine", name)
    if any((kind, name) in catalog.objects for kind in (*ROUTINES, "aggregate")):
        return True
    # Arguments with a length, or of a column's type, are found under other words.
    own = f"{name.partition('(')[0]}("
    signatures = (s for kind, s in catalog.objects if kind in ROUTINES and s.startswith(own))
    return any("%" in s or s.count("(") > 1 for s in signatures)


THERE: dict[str, Callable[[Action, str], bool]] = {
    "type": _type_there,
    "routine": _routine_there,
    "schema": lambda action, name: (
        name in SERVERS_SCHEMAS
        or name.startswith("pg_")
        or action.schema.catalog.has("schema", name)
    ),
    "relation": lambda action, name: (
        name.startswith(("pg_", "information_schema."))
        or action.schema.catalog.has("relation", name)
        or action.schema.catalog.is_sequence(name)
    ),
    "language": lambda _, name: name in LANGUAGES,
    "statistics": lambda action, name: ("statistics", name) in action.schema.catalog.objects,
    "publication": lambda action, name: ("publication", name) in action.schema.catalog.objects,
}


def _wanted(action: Action) -> Iterator[Wanted]:
    """Give what a statement names, that has to be there."""
    kind, node = action.parsed.kind, action.node
    if kind in NAMING:
        yield from NAMING[kind](action)
    if action.schema.is_whole:
        if kind in MADE:
            yield from _home(getattr(node, MADE[kind]))
        if kind in TYPED:
            yield from _types(node)


def _objects(action: Action) -> Iterator[Wanted]:
    """Give the objects of a DROP, COMMENT, GRANT or ALTER … OWNER."""
    node, kind = action.node, action.parsed.kind
    field = {"drop_stmt": "remove_type", "alter_owner_stmt": "object_type"}.get(kind, "objtype")
    what = tree.object_kind(getattr(node, field))
    named = node.objects if kind in {"drop_stmt", "grant_stmt"} else [node.object]
    wanted = OTHERS | (NOT_DROPPED if kind != "drop_stmt" else {})
    for item in named:
        name = tree.object_name(item)
        if what in PARTS or (what == "column" and kind == "comment_stmt"):
            table, _, own = name.rpartition(".")
            yield what, own, table
        elif what in wanted and name:
            yield wanted[what], name, ""


def _granted(action: Action) -> Iterator[Wanted]:
    """Give the objects and columns of a GRANT; one for all of a schema names none."""
    node = action.node
    if enum_names("GrantTargetType")[node.targtype] != "ACL_TARGET_OBJECT":
        return
    yield from _objects(action)
    if tree.object_kind(node.objtype) == "table":
        columns = [column for item in node.privileges for column in item.access_priv.cols]
        for table in map(tree.object_name, node.objects):
            yield from (("column", tree.identifier(c.string.sval), table) for c in columns)


def _routine(action: Action) -> Iterator[Wanted]:
    """Give the language of a new routine."""
    for item in action.node.options:
        if item.def_elem.defname == "language":
            yield "language", item.def_elem.arg.string.sval, ""


def _trigger(action: Action) -> Iterator[Wanted]:
    """Give the trigger that is renamed."""
    node = action.node
    if tree.object_kind(node.rename_type) == "trigger":
        yield "trigger", tree.identifier(node.subname), tree.relation(node.relation)


def _type(action: Action) -> Iterator[Wanted]:
    """Give the enum or domain that is altered."""
    yield "type", tree.dotted(action.node.type_name), ""


def _one(node: Node) -> Iterator[Wanted]:
    """Give the relation that a statement is about."""
    yield "relation", tree.relation(node), ""


def _read(query: Node) -> Iterator[Wanted]:
    """Give the relations that a query reads."""
    yield from (("relation", name, "") for name in tree.relations_in(query))


def _referenced(action: Action) -> Iterator[Wanted]:
    """Give the tables that an ALTER TABLE's foreign keys and INHERIT name."""
    for item in action.node.cmds:
        definition = getattr(item.alter_table_cmd, "def")
        if definition.constraint.HasField("pktable"):
            yield from _one(definition.constraint.pktable)
        elif definition.HasField("range_var"):
            yield from _one(definition.range_var)


NAMING: dict[str, Callable[[Action], Iterator[Wanted]]] = {
    "drop_stmt": _objects,
    "comment_stmt": _objects,
    "alter_owner_stmt": _objects,
    "grant_stmt": _granted,
    "alter_policy_stmt": lambda action: iter(
        (("policy", tree.identifier(action.node.policy_name), tree.relation(action.node.table)),)
    ),
    "alter_enum_stmt": _type,
    "alter_domain_stmt": _type,
    "alter_seq_stmt": lambda action: iter((("relation", tree.relation(action.node.sequence), ""),)),
    "rename_stmt": _trigger,
    "create_stmt": lambda action: _parents(action.node),
    "view_stmt": lambda action: _read(action.node.query),
    "create_table_as_stmt": lambda action: _read(action.node.query),
    "create_policy_stmt": lambda action: _one(action.node.table),
    "rule_stmt": lambda action: _one(action.node.relation),
    "alter_table_stmt": _referenced,
    "alter_object_schema_stmt": lambda action: iter(
        (("schema", tree.identifier(action.node.newschema), ""),)
    ),
    "create_function_stmt": _routine,
}


def _home(field: Node) -> Iterator[Wanted]:
    """Give the schema that a new object is to stand in."""
    if hasattr(field, "schemaname"):
        if field.schemaname:
            yield "schema", tree.identifier(field.schemaname), ""
    elif len(field) > 1:
        yield "schema", tree.identifier(field[0].string.sval), ""


def _types(node: Node) -> Iterator[Wanted]:
    """Give the types that a definition names; those below pg_catalog are the server's."""
    for message in tree.messages_in(node):
        if message.DESCRIPTOR.name != "TypeName" or message.pct_type:
            continue
        parts = tree.strings(message.names)
        if parts and parts[0] != "pg_catalog":
            name = tree.dotted(message.names)
            schema = name.rpartition(".")[0]
            if schema:
                yield "schema", schema, ""
            yield "type", name, ""


def _parents(node: Node) -> Iterator[Wanted]:
    """Give the tables that a new one is made from."""
    for item in node.inh_relations:
        yield "relation", tree.relation(item.range_var), ""
    for item in node.table_elts:
        if item.HasField("table_like_clause"):
            yield "relation", tree.relation(item.table_like_clause.relation), ""
