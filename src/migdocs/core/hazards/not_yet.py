"""What a version cannot do yet with what is there: partitioned tables, views, functions and types.

Measured on PostgreSQL 10 to 18; the syntax itself is that of ``younger``.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from migdocs.core.hazards.actions import ANY
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import NONE
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.parser import Node

# What is forbidden, the first version that allows it, and what an older one says.
Limit = tuple[str, int, str]

UNSUPPORTED = "0A000"
WRONG_KIND = "42809"
NO_FUNCTION = "42883"
NO_TYPE = "42704"
BEFORE = 2  # TRIGGER_TYPE_BEFORE
KEYS = frozenset({"CONSTR_PRIMARY", "CONSTR_UNIQUE", "CONSTR_EXCLUSION", "CONSTR_FOREIGN"})
OF_KEYS: dict[str, Limit] = {
    "CONSTR_PRIMARY": ("have a primary key on a partitioned table", 11, UNSUPPORTED),
    "CONSTR_UNIQUE": ("have a unique constraint on a partitioned table", 11, UNSUPPORTED),
    "CONSTR_EXCLUSION": ("have an exclusion constraint on a partitioned table", 17, UNSUPPORTED),
    "CONSTR_FOREIGN": ("have a foreign key on a partitioned table", 11, UNSUPPORTED),
}
TO_PARTITIONED: Limit = ("reference a partitioned table", 12, WRONG_KIND)
INDEX: Limit = ("index a partitioned table", 11, WRONG_KIND)
ROW_TRIGGER: Limit = ("have a row trigger on a partitioned table", 11, WRONG_KIND)
BEFORE_TRIGGER: Limit = ("have a BEFORE trigger of rows on a partitioned table", 13, WRONG_KIND)
PUBLISHED: Limit = ("publish a partitioned table", 13, UNSUPPORTED)
IDENTITY: Limit = ("add an identity column to a table with partitions", 17, "42P16")
MERGE = 15  # the first version that has it
MERGED_VIEW: Limit = ("MERGE into a view", 17, UNSUPPORTED)
ON_PARTITIONED: Limit = ("set the access method of a partitioned table", 17, WRONG_KIND)
USING: Limit = ("set the access method of a partitioned table", 17, UNSUPPORTED)
ONLY_NOT_NULL: Limit = ("set NOT NULL on a parent alone", 12, "42P16")
LOGGED_SEQUENCE: Limit = ("change whether a sequence is logged", 15, WRONG_KIND)

# Functions and types, by the first version that has them.
BROUGHT = {
    11: "sha224 sha256 sha384 sha512 starts_with websearch_to_tsquery",
    12: "jsonb_path_query jsonb_path_exists jsonb_path_match jsonb_path_query_array"
    " jsonb_path_query_first cosh sinh tanh log10 pg_partition_tree pg_partition_root jsonpath",
    13: "gen_random_uuid gcd lcm min_scale trim_scale jsonb_set_lax xid8 pg_snapshot regcollation",
    14: "string_to_table trim_array date_bin bit_xor bit_count range_agg unistr multirange"
    " int4multirange int8multirange nummultirange datemultirange tsmultirange tstzmultirange",
    15: "regexp_count regexp_instr regexp_like regexp_substr range_intersect_agg",
    16: "any_value array_shuffle array_sample random_normal erf erfc date_add date_subtract"
    " pg_input_is_valid pg_input_error_info",
    17: "to_bin to_oct xmltext uuid_extract_version uuid_extract_timestamp unicode_assigned",
    18: "uuidv4 uuidv7 array_sort array_reverse crc32 crc32c casefold gamma lgamma",
}
SINCE = {name: since for since, names in BROUGHT.items() for name in names.split()}
# Kind of a message → the field with its name.
NAMED = {"FuncCall": "funcname", "TypeName": "names"}


def _said(action: Action, limit: Limit) -> Iterator[Found]:
    """Report what the version in hand is too old for."""
    what, since, sqlstate = limit
    if action.postgres < since:
        yield Found(
            f"PostgreSQL {action.postgres} cannot {what}: PostgreSQL {since} can",
            sqlstate=sqlstate,
        )


@rule(
    "not-yet",
    on=(
        "AT_AddConstraint.CONSTR_PRIMARY",
        "AT_AddConstraint.CONSTR_UNIQUE",
        "AT_AddConstraint.CONSTR_EXCLUSION",
        "AT_AddConstraint.CONSTR_FOREIGN",
        "AT_AddColumn.CONSTR_IDENTITY",
        "AT_SetNotNull",
        "AT_SetAccessMethod",
        "OBJECT_SEQUENCE.AT_SetLogged",
        "OBJECT_SEQUENCE.AT_SetUnLogged",
        "create_stmt",
        "index_stmt",
        "create_trig_stmt",
        "create_publication_stmt",
        "merge_stmt",
    ),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails",
    instead="write it for the version that runs, or run a newer one; 'postgres' says which it is.",
    given="CREATE VIEW names AS SELECT id, name FROM users;",
    example="MERGE INTO names n USING users u ON n.id = u.id WHEN MATCHED THEN DELETE",
    even_if_new=True,
)
def not_yet(action: Action) -> Iterator[Found]:
    """Flag what an older version knows how to write, but cannot do here.

    Partitioned tables learned of keys, indexes and triggers one version after the other.
    """
    kind = action.parsed.kind
    for limit in LOOKED_AT[kind](action):
        yield from _said(action, limit)


def _is_partitioned(action: Action, table: str) -> bool:
    """Tell whether a table has, or may get, partitions."""
    relation = action.schema.relation(table)
    return bool(relation and relation.table.partition_by)


def _altered(action: Action) -> Iterator[Limit]:
    """Look at a sub-command of ALTER TABLE."""
    subtype = enum_names("AlterTableType")[action.node.cmds[action.index].alter_table_cmd.subtype]
    if subtype in {"AT_SetLogged", "AT_SetUnLogged"}:
        yield LOGGED_SEQUENCE
        return
    if subtype == "AT_AddConstraint":
        limit = OF_KEYS.get(enum_names("ConstrType")[action.part.contype])
        of = limit and action.postgres < limit[1] and _is_partitioned(action, action.table)
        yield from _of_key(action, action.part, of=bool(of))
    elif not _is_partitioned(action, action.table):
        return
    elif subtype == "AT_SetAccessMethod":
        yield ON_PARTITIONED
    elif action.schema.partitions(action.table):
        if subtype == "AT_AddColumn":
            yield IDENTITY
        elif not action.node.relation.inh:
            yield ONLY_NOT_NULL


def _created(action: Action) -> Iterator[Limit]:
    """Look at the constraints of a new table."""
    partitioned = action.node.HasField("partspec")
    if partitioned and action.node.access_method:
        yield USING
    for item in action.node.table_elts:
        if item.HasField("constraint"):
            yield from _of_key(action, item.constraint, of=partitioned)
        for own in item.column_def.constraints:
            yield from _of_key(action, own.constraint, of=partitioned)


def _of_key(action: Action, node: Node, *, of: bool) -> Iterator[Limit]:
    """Look at one constraint of a table, which is partitioned or not."""
    kind = enum_names("ConstrType")[node.contype]
    if of and kind in KEYS:
        yield OF_KEYS[kind]
    older = of and action.postgres < OF_KEYS["CONSTR_FOREIGN"][1]
    if (
        kind == "CONSTR_FOREIGN"
        and not older
        and action.postgres < TO_PARTITIONED[1]
        and _is_partitioned(action, tree.relation(node.pktable))
    ):
        yield TO_PARTITIONED


def _indexed(action: Action) -> Iterator[Limit]:
    """Look at the table of an index."""
    if action.postgres >= INDEX[1]:
        return
    if action.node.relation.inh and _is_partitioned(action, action.table):
        yield INDEX


def _triggered(action: Action) -> Iterator[Limit]:
    """Look at the table of a trigger."""
    if action.postgres >= max(ROW_TRIGGER[1], BEFORE_TRIGGER[1]):
        return
    if action.node.row and _is_partitioned(action, action.table):
        yield ROW_TRIGGER
        if action.node.timing & BEFORE and action.postgres >= ROW_TRIGGER[1]:
            yield BEFORE_TRIGGER


def _published(action: Action) -> Iterator[Limit]:
    """Look at the tables of a publication."""
    for item in action.node.pubobjects:
        table = item.publication_obj_spec.pubtable.relation
        if _is_partitioned(action, tree.relation(table)):
            yield PUBLISHED


def _merged(action: Action) -> Iterator[Limit]:
    """Look at what is merged into."""
    if action.postgres >= MERGE and action.schema.view(action.table) is not None:
        yield MERGED_VIEW


LOOKED_AT = {
    "alter_table_stmt": _altered,
    "create_stmt": _created,
    "index_stmt": _indexed,
    "create_trig_stmt": _triggered,
    "create_publication_stmt": _published,
    "merge_stmt": _merged,
}


@cache
def _names(postgres: int) -> tuple[str, ...]:
    """Give the names that a version has not."""
    return tuple(sorted(name for name, since in SINCE.items() if since > postgres))


@cache
def _word(postgres: int) -> re.Pattern[str]:
    """Give what finds a name that a version has not, in the text of a statement."""
    return re.compile(rf"\b(?:{'|'.join(_names(postgres)) or '(?!)'})\b")


def _may_name(text: str, postgres: int) -> bool:
    """Tell whether a text in small letters has such a name; of most, without the pattern."""
    for name in _names(postgres):
        if name in text:
            return _word(postgres).search(text) is not None
    return False


@rule(
    "unknown-function",
    on=ANY,
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42883, for a type 42704)",
    instead="use what the version that runs has, or an extension that brings it there.",
    example="ALTER TABLE users ALTER COLUMN role SET DEFAULT uuidv7()::text",
    severity="warning",
    even_if_new=True,
    unseen="what extensions bring: it is only an error where the whole schema is known",
)
def unknown_function(action: Action) -> Iterator[Found]:
    """Flag a function or type that a later version brings.

    The version that the script is judged for has none of this name, unless an extension or a
    function of your own has it.
    """
    if not _may_name(action.lowered, action.postgres):
        return
    told = set()
    for message in tree.messages_in(action.node):
        field = NAMED.get(message.DESCRIPTOR.name)
        parts = [item.string.sval for item in getattr(message, field)] if field else []
        name = parts[-1] if parts and parts[:-1] in ([], ["pg_catalog"]) else ""
        since = SINCE.get(name, 0)
        if since > action.postgres and name not in told and not _own(action, name):
            told.add(name)
            state = NO_FUNCTION if field == "funcname" else NO_TYPE
            yield Found(
                f"PostgreSQL {action.postgres} has no {name}: PostgreSQL {since} brings it",
                sqlstate=state if _all_known(action) else "",
            )


def _own(action: Action, name: str) -> bool:
    """Tell whether the project has a function or type of this name."""
    return bool(action.schema.routines(name)) or action.schema.catalog.has("type", name)


def _all_known(action: Action) -> bool:
    """Tell whether all of the schema is known, and no extension can bring what is not."""
    schema = action.schema
    kinds = {kind for kind, name in schema.catalog.objects if name != "plpgsql"}
    return schema.is_whole and "extension" not in kinds
