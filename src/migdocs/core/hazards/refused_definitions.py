"""What PostgreSQL is sure to refuse of a definition: columns named twice, defaults that do not fit.

Measured on PostgreSQL 10 to 18; parse_utilcmd.c and heap.c say the rest.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from migdocs.core.hazards import casts, sure
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.hazards.typing_of import type_of
from migdocs.core.locks import NONE
from migdocs.core.sql import tree
from migdocs.core.sql.definitions import Enum
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.parser import Node

    # What is wrong, and what the server says to it.
    Wrong = tuple[str, str]

SERIALS = frozenset({"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"})
COUNTABLE = frozenset({"smallint", "integer", "bigint"})
# What may say the columns of a table besides its own definition.
ELSEWHERE = ("inh_relations", "of_typename", "partbound")
REFERENCE_IN_DEFAULT = 12  # since this version one in a default is "not supported"
JSON = frozenset({"json", "jsonb"})
FORMS = {
    **dict.fromkeys(COUNTABLE, re.compile(r"\s*[+-]?[\w]*\d\w*\s*")),
    "uuid": re.compile(r"\{?(?:[\da-f]{4}-?){7}[\da-f]{4}\}?"),
    "boolean": re.compile(
        r"\s*(?:t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|of|off|0|1)\s*"
    ),
}


@rule(
    "bad-definition",
    on=("create_stmt", "AT_AddColumn", "AT_ColumnDefault"),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42701, 42P16, 42703, 42601, 42804, 22P02, 0A000)",
    instead="correct the definition.",
    example="CREATE TABLE notes (id int PRIMARY KEY, text text, text text)",
    even_if_new=True,
    unseen="columns that a parent or another table brings, types of unknown functions.",
)
def definition_refused(action: Action) -> Iterator[Found]:
    """Flag a definition that contradicts itself.

    A column named twice, a second primary key, a key or check of a column that is not there, a
    default of another type or that reads rows.
    """
    look = _table if action.parsed.kind == "create_stmt" else _altered
    for message, sqlstate in look(action):
        yield Found(message, of=(action.table,), sqlstate=sqlstate)
        return


def _altered(action: Action) -> Iterator[Wrong]:
    """Look at a column that is added, or at its new default."""
    if action.part.DESCRIPTOR.name == "ColumnDef":
        yield from _column(action, action.part, ())
        return
    columns = sure.columns_of(action)
    column = columns.get(action.name) if columns else None
    if column is not None and action.part.HasField("def"):
        yield from _default(action, getattr(action.part, "def"), column.type, tuple(columns or ()))


def _table(action: Action) -> Iterator[Wrong]:
    """Look at the parts of a new table."""
    node = action.node
    definitions = [item.column_def for item in node.table_elts if item.HasField("column_def")]
    constraints = [item.constraint for item in node.table_elts if item.HasField("constraint")]
    names = [tree.identifier(column.colname) for column in definitions]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield f"the column '{name}' is defined twice", "42701"
    for column in definitions:
        yield from _column(action, column, tuple(names))
    own = [part.constraint for column in definitions for part in column.constraints]
    kinds = [_kind(part) for part in (*own, *constraints)]
    if kinds.count("CONSTR_PRIMARY") > 1:
        yield f"'{action.table}' gets two primary keys", "42P16"
    alone = not any(_given(node, field) for field in ELSEWHERE)
    if alone and not any(item.HasField("table_like_clause") for item in node.table_elts):
        for name in _named(node, (*own, *constraints)):
            if name not in names and name not in sure.SYSTEM:
                yield f"'{action.table}' has no column '{name}'", "42703"


def _given(node: Node, field: str) -> bool:
    """Tell whether a part of a CREATE TABLE is there."""
    return bool(node.inh_relations) if field == "inh_relations" else bool(node.HasField(field))


def _kind(constraint: Node) -> str:
    """Name the kind of a constraint as the parser does."""
    name: str = enum_names("ConstrType")[constraint.contype]
    return name


def _named(node: Node, constraints: Sequence[Node]) -> Iterator[str]:
    """Give the columns that a table's keys, checks and partitions name."""
    for part in constraints:
        if _kind(part) in {"CONSTR_PRIMARY", "CONSTR_UNIQUE"}:
            yield from (*tree.columns(part.keys), *tree.columns(part.including))
        elif _kind(part) == "CONSTR_CHECK":
            yield from sure.unqualified_columns(part.raw_expr)
    if node.HasField("partspec"):
        for item in node.partspec.part_params:
            if item.partition_elem.name:
                yield tree.identifier(item.partition_elem.name)


def _column(action: Action, column: Node, names: tuple[str, ...]) -> Iterator[Wrong]:
    """Look at one column's definition."""
    name, type_ = tree.identifier(column.colname), tree.type_name(column.type_name)
    parts = [part.constraint for part in column.constraints]
    kinds = [_kind(part) for part in parts]
    defaults = kinds.count("CONSTR_DEFAULT") + (type_ in SERIALS or _serial(column))
    if "CONSTR_NULL" in kinds and {"CONSTR_NOTNULL", "CONSTR_IDENTITY", "CONSTR_PRIMARY"} & {
        *kinds
    }:
        yield f"'{name}' is both NULL and NOT NULL", "42601"
    if defaults > 1:
        yield f"'{name}' has two defaults", "42601"
    elif defaults and "CONSTR_IDENTITY" in kinds:
        yield f"'{name}' has a default and an identity", "42601"
    elif defaults and "CONSTR_GENERATED" in kinds:
        yield f"'{name}' has a default and is generated", "42601"
    known = casts.plain(type_) in casts.KNOWN
    if "CONSTR_IDENTITY" in kinds and known and casts.plain(type_) not in COUNTABLE:
        yield f"'{name}' cannot be an identity: it is {type_}", "22023"
    for part in parts:
        if _kind(part) == "CONSTR_DEFAULT":
            yield from _default(action, part.raw_expr, type_, names)


def _serial(column: Node) -> bool:
    """Tell whether a column is written as a serial."""
    parts = tree.strings(column.type_name.names)
    return len(parts) == 1 and parts[0] in SERIALS


def _default(action: Action, node: Node, type_: str, names: tuple[str, ...]) -> Iterator[Wrong]:
    """Look at a default, for a column of a type."""
    kinds = {message.DESCRIPTOR.name for message in tree.messages_in(node)}
    if "ColumnRef" in kinds:
        old = "42P10" if set(sure.unqualified_columns(node)) <= set(names) else "42703"
        state = "0A000" if action.postgres >= REFERENCE_IN_DEFAULT else old
        yield "a default cannot read columns", state
    elif "SubLink" in kinds:
        yield "a default cannot read rows", "0A000"
    elif node.WhichOneof("node") == "a_const" and node.a_const.HasField("sval"):
        text = node.a_const.sval.sval
        if not _fits(action, text, type_):
            yield f"{tree.quoted(text)} is no {type_}", "22P02"
    elif not _calls_own(action, node):
        found = type_of(node, {})
        if found and type_ and casts.assigned(found, type_, action.schema) is False:
            yield f"a default of type {found} is not cast to {type_}", "42804"


def _calls_own(action: Action, node: Node) -> bool:
    """Tell whether an expression calls a function of the project's, which may give any type."""
    calls = (m for m in tree.messages_in(node) if m.DESCRIPTOR.name == "FuncCall")
    return any(action.schema.routines(tree.dotted(call.funcname)) for call in calls)


def _fits(action: Action, text: str, type_: str) -> bool:
    """Tell whether a text may be a value of a type."""
    domain = action.schema.domain(casts.plain(type_))
    base = casts.plain(domain.type if domain and domain.type else type_)
    found = action.schema.type_definition(base)
    if isinstance(found, Enum):
        return tree.quoted(text) in found.values or not action.schema.is_sure(base)
    if base in JSON:
        return _is_json(text)
    form = FORMS.get(base)
    return form is None or form.fullmatch(text.lower()) is not None


def _is_json(text: str) -> bool:
    """Tell whether a text may be JSON."""
    try:
        json.loads(text)
    except ValueError:
        return False
    except RecursionError:
        return True
    return True
