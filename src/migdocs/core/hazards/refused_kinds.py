"""What PostgreSQL is sure to refuse of a relation, as it is one of another kind.

Measured on PostgreSQL 10 to 18; its SQLSTATE is 42809 where no other is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import NONE
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from migdocs.core.hazards.scene import Action

    # What is refused: the relation, the kinds that would do, and what is done with it.
    Wanted = tuple[str, frozenset[str], str]

TABLE = frozenset({"table"})
TABLES = frozenset({"table", "foreign table"})
INDEXED = frozenset({"table", "materialized view"})
WRITTEN = frozenset({"table", "foreign table", "view"})
ANY_DROP = {
    "table": TABLE,
    "view": frozenset({"view"}),
    "materialized view": frozenset({"materialized view"}),
    "foreign table": frozenset({"foreign table"}),
    "index": frozenset({"index"}),
    "sequence": frozenset({"sequence"}),
}
CALLED = frozenset({"view", "materialized view", "sequence"})
# Sub-commands of ALTER TABLE that only a table has.
OF_TABLES = (
    "AT_AddColumn",
    "AT_DropColumn",
    "AT_AlterColumnType",
    "AT_SetNotNull",
    "AT_DropNotNull",
    "AT_AddIdentity",
)
OF_OWN_TABLES = ("AT_EnableRowSecurity", "AT_DisableRowSecurity", "AT_ForceRowSecurity")
INSTEAD, BEFORE = 64, 2  # TRIGGER_TYPE_…
STORAGE = frozenset({"fillfactor", "toast_tuple_target", "parallel_workers"})
STORAGE_IS_KNOWN = 16  # since this version the kind is what is wrong, not the name
LOGGED = 18  # since this version a partitioned table is neither


@rule(
    "wrong-kind",
    on=(
        *OF_TABLES,
        *OF_OWN_TABLES,
        "AT_SetLogged",
        "AT_SetUnLogged",
        "AT_SetRelOptions",
        "AT_AddConstraint.CONSTR_FOREIGN",
        "alter_table_stmt",
        "rename_stmt",
        "create_stmt",
        "create_trig_stmt",
        "create_policy_stmt",
        "index_stmt",
        "drop_stmt",
        "truncate_stmt",
        "insert_stmt",
        "update_stmt",
        "delete_stmt",
        "refresh_mat_view_stmt",
        "comment_stmt",
        "lock_stmt",
    ),
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42809)",
    instead="say what it is: DROP VIEW, ALTER VIEW, REFRESH MATERIALIZED VIEW.",
    example="DROP TABLE names",
    given="CREATE VIEW names AS SELECT name FROM users;",
    even_if_new=True,
    unseen="what no earlier migration created.",
)
def other_kind(action: Action) -> Iterator[Found]:
    """Flag what only a relation of another kind has, or takes.

    A view is not a table, even for DROP TABLE IF EXISTS; rows of a materialized view are its
    query's.
    """
    for name, kinds, what in _wanted(action):
        found = _kind_of(action, name)
        alike = found in TABLES and not TABLES.isdisjoint(kinds)  # a server's, or one of our own
        if found and found not in kinds and not alike:
            message = f"'{name}' is a {found}: {what}"
            yield Found(message, of=(name,), sqlstate="42809")
    yield from _partitioned(action)


def _kind_of(action: Action, name: str) -> str:
    """Give what a relation is; empty where that is not known for certain."""
    catalog = action.schema.catalog
    if not action.schema.is_sure(name):
        return ""
    relation = catalog.relations.get(name)
    if relation is not None:
        return relation.kind if relation.born[1] >= 0 else ""
    if ("sequence", name) in catalog.objects:
        return "sequence"
    owner = catalog.of_index(name)
    return "index" if owner is not None and action.schema.is_sure(owner.name) else ""


def _wanted(action: Action) -> Iterable[Wanted]:
    """Give what a statement takes a relation for."""
    kind = action.parsed.kind
    if kind == "alter_table_stmt" and action.index >= 0:
        subtype = enum_names("AlterTableType")[
            action.node.cmds[action.index].alter_table_cmd.subtype
        ]
        if subtype == "AT_AddConstraint":
            return ((tree.relation(action.part.pktable), TABLE, "no foreign key refers to it"),)
        kinds = TABLES if subtype in OF_TABLES else TABLE
        return ((action.table, kinds, "ALTER TABLE cannot do this with it"),)
    return LOOKED_AT[kind](action) if kind in LOOKED_AT else ()


def _dropped(action: Action) -> Iterator[Wanted]:
    """Look at what a DROP calls what it drops."""
    what = tree.object_kind(action.node.remove_type)
    if what in ANY_DROP:
        for item in action.node.objects:
            yield tree.object_name(item), ANY_DROP[what], f"DROP {what.upper()} is refused"


def _truncated(action: Action) -> Iterator[Wanted]:
    """Look at the tables of a TRUNCATE."""
    for item in action.node.relations:
        yield tree.relation(item.range_var), TABLES, "only tables are truncated"


def _triggered(action: Action) -> Iterator[Wanted]:
    """Look at the table, or the view, of a trigger."""
    node = action.node
    if node.timing == INSTEAD:
        yield action.table, frozenset({"view"}), "only a view has INSTEAD OF triggers"
    else:
        kinds = TABLES if node.row else WRITTEN
        yield action.table, kinds, "it has no such trigger"


def _commented(action: Action) -> Iterator[Wanted]:
    """Look at what a COMMENT calls a relation."""
    what = tree.object_kind(action.node.objtype)
    if what in ANY_DROP:
        yield tree.object_name(action.node.object), ANY_DROP[what], "the comment is refused"


def _locked(action: Action) -> Iterator[Wanted]:
    """Look at the relations of a LOCK."""
    views_too = action.postgres > 10  # noqa: PLR2004 - the first version that locks views is 11
    for item in action.node.relations:
        kinds = WRITTEN if views_too else TABLES
        yield tree.relation(item.range_var), kinds, "it cannot be locked"


def _written(action: Action) -> Iterator[Wanted]:
    """Look at what rows are changed of."""
    yield action.table, WRITTEN, "its rows cannot be changed"


def _altered(action: Action) -> Iterator[Wanted]:
    """Look at what an ALTER calls a relation; ALTER TABLE takes any."""
    node = action.node
    number = node.rename_type if action.parsed.kind == "rename_stmt" else node.objtype
    what = tree.object_kind(number)
    if what in CALLED and node.HasField("relation"):
        yield tree.relation(node.relation), ANY_DROP[what], f"ALTER {what.upper()} is refused"


LOOKED_AT: dict[str, Callable[[Action], Iterable[Wanted]]] = {
    "alter_table_stmt": _altered,
    "rename_stmt": _altered,
    "drop_stmt": _dropped,
    "truncate_stmt": _truncated,
    "create_trig_stmt": _triggered,
    "comment_stmt": _commented,
    "lock_stmt": _locked,
    "insert_stmt": _written,
    "update_stmt": _written,
    "delete_stmt": _written,
    "index_stmt": lambda action: ((action.table, INDEXED, "it has no indexes"),),
    "create_policy_stmt": lambda action: (
        (tree.relation(action.node.table), TABLE, "it has no policies"),
    ),
    "refresh_mat_view_stmt": lambda action: (
        (
            tree.relation(action.node.relation),
            frozenset({"materialized view"}),
            "it is not refreshed",
        ),
    ),
}


def _partitioned(action: Action) -> Iterator[Found]:
    """Flag what a partitioned table has not, as it has no rows of its own."""
    node, kind = action.node, action.parsed.kind
    if kind == "create_stmt":
        if node.HasField("partspec"):
            yield from _options(action, node.options)
            if node.relation.relpersistence == "u" and action.postgres >= LOGGED:
                message = f"'{action.table}' is partitioned: it cannot be unlogged"
                yield Found(message, of=(action.table,), sqlstate="0A000")
    elif kind == "truncate_stmt":
        for item in node.relations:
            name = tree.relation(item.range_var)
            if not item.range_var.inh and _has_partitions(action, name):
                message = f"'{name}' is partitioned: it has no rows to truncate alone"
                yield Found(message, of=(name,), sqlstate="42809")
    elif kind == "alter_table_stmt" and action.index >= 0 and _has_partitions(action, action.table):
        command = node.cmds[action.index].alter_table_cmd
        subtype = enum_names("AlterTableType")[command.subtype]
        if subtype == "AT_SetRelOptions":
            yield from _options(action, getattr(command, "def").list.items)
        elif subtype in {"AT_SetLogged", "AT_SetUnLogged"} and action.postgres >= LOGGED:
            message = f"'{action.table}' is partitioned: its partitions are logged, or not"
            yield Found(message, of=(action.table,), sqlstate="42809")


def _options(action: Action, items: Iterable[object]) -> Iterator[Found]:
    """Flag storage parameters of a partitioned table."""
    names = [item.def_elem.defname for item in items]  # type: ignore[attr-defined]
    if any(name in STORAGE or name.startswith("autovacuum_") for name in names):
        state = "42809" if action.postgres >= STORAGE_IS_KNOWN else "22023"
        message = f"'{action.table}' is partitioned: its partitions have storage parameters"
        yield Found(message, of=(action.table,), sqlstate=state)


def _has_partitions(action: Action, name: str) -> bool:
    """Tell whether a table is known to be partitioned."""
    relation = action.schema.relation(name)
    return bool(relation and relation.table.partition_by)
