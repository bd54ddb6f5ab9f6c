"""How tables are stored, whose they are, and what they inherit (hazards.md, part F)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found, names
from migdocs.core.locks import (
    ACCESS_EXCLUSIVE,
    NONE,
    SHARE_UPDATE_EXCLUSIVE,
    STRENGTH,
    blocks_writers,
)
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action

# Sub-commands of ALTER TABLE that are younger than the rules about them (their manual pages).
YOUNGER = {"AT_SetAccessMethod": 15, "AT_SetCompression": 14}


@rule(
    "tb-logged",
    on=("AT_SetLogged", "AT_SetUnLogged"),
    breaks=("operation", "data"),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="rewrite",
    instead="leave live tables as they are.",
    example="ALTER TABLE users SET UNLOGGED",
)
def logging_changed(action: Action) -> Iterator[Found]:
    """Flag a table that becomes LOGGED or UNLOGGED.

    It is rewritten. An unlogged table is empty after a crash, and absent from replicas.
    """
    yield Found(f"'{action.table}' is rewritten for its logging", (action.table,), rewrite=True)


def _since(action: Action) -> int:
    """Give the first major version that has a sub-command of ALTER TABLE, 0 where all have it."""
    return YOUNGER.get(enum_names("AlterTableType")[action.part.subtype], 0)


@rule(
    "tb-am",
    on=(
        "AT_SetAccessMethod",
        "AT_SetTableSpace",
        "OBJECT_INDEX.AT_SetTableSpace",
        "OBJECT_MATVIEW.AT_SetAccessMethod",
        "OBJECT_MATVIEW.AT_SetTableSpace",
    ),
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="patch",
    work="rewrite, or copy of the files",
    instead="use pg_repack, or fill a new table.",
    example="ALTER TABLE users SET TABLESPACE pg_default",
)
def storage_moved(action: Action) -> Iterator[Found]:
    """Flag a table that moves to another access method or tablespace.

    It is copied whole while nobody can read it.
    """
    yield Found(
        f"'{action.table}' is copied to '{action.name}'",
        (action.table,),
        rewrite=True,
        since=_since(action),
    )


@rule(
    "tb-cluster",
    on=("cluster_stmt", "vacuum_stmt"),
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="patch",
    work="rewrite",
    instead="use pg_repack.",
    example="CLUSTER users USING users_pkey",
)
def table_packed(action: Action) -> Iterator[Found]:
    """Flag CLUSTER and VACUUM FULL.

    The table is rewritten while nobody can read it. VACUUM is refused in a transaction (25001).
    """
    node = action.node
    if action.parsed.kind == "cluster_stmt":
        tables: tuple[str, ...] = ()
        if node.HasField("relation"):
            tables = (tree.relation(node.relation),)
        yield Found(f"CLUSTER rewrites {names(tables) or 'every table'}", tables, rewrite=True)
    elif any(item.def_elem.defname == "full" for item in node.options):
        tables = tuple(tree.relation(item.vacuum_relation.relation) for item in node.rels)
        yield Found(f"VACUUM FULL rewrites {names(tables) or 'every table'}", tables, rewrite=True)


@rule(
    "tb-storage",
    on=("AT_SetStorage", "AT_SetCompression"),
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="patch",
    work="catalog only",
    instead="set lock_timeout and retry.",
    example="ALTER TABLE users ALTER COLUMN name SET STORAGE EXTERNAL",
)
def column_storage_set(action: Action) -> Iterator[Found]:
    """Flag SET STORAGE and SET COMPRESSION.

    They are trivial, and yet lock the table against everybody.
    """
    yield Found(
        f"'{action.full_name}' is stored in another way from now on",
        (action.table,),
        since=_since(action),
    )


@rule(
    "tb-options",
    on=(
        "AT_SetRelOptions",
        "AT_ResetRelOptions",
        "AT_SetStatistics",
        "AT_SetOptions",
        "AT_ResetOptions",
        "OBJECT_INDEX.AT_SetRelOptions",
        "OBJECT_INDEX.AT_ResetRelOptions",
        "vacuum_stmt",
        "comment_stmt",
        "create_stats_stmt",
        "create_publication_stmt",
        "alter_publication_stmt",
    ),
    breaks=("operation",),
    lock=SHARE_UPDATE_EXCLUSIVE,
    impact="patch",
    work="none",
    instead="do not combine it with sub-commands that take a stronger lock.",
    example="ALTER TABLE users SET (fillfactor = 70)",
)
def options_set(action: Action) -> Iterator[Found]:
    """Flag what hardly disturbs: options, statistics, ANALYZE, COMMENT, a publication.

    Everybody goes on reading and writing. In one ALTER TABLE with other sub-commands the strongest
    lock of all is taken.
    """
    for name in OPTION_TABLES.get(action.parsed.kind, _altered)(action):
        held = action.scene.held.get(name, "")
        if STRENGTH[held] < STRENGTH[SHARE_UPDATE_EXCLUSIVE]:
            yield Found(f"'{name}' is locked against other DDL for a moment", (name,))


def _altered(action: Action) -> tuple[str, ...]:
    """Give the table of an ALTER TABLE."""
    return (action.table,)


def _analyzed(action: Action) -> tuple[str, ...]:
    """Give the tables of an ANALYZE; VACUUM FULL has a rule of its own."""
    if any(item.def_elem.defname == "full" for item in action.node.options):
        return ()
    return tuple(tree.relation(item.vacuum_relation.relation) for item in action.node.rels)


def _commented(action: Action) -> tuple[str, ...]:
    """Give the table that a COMMENT is about, itself or one of its columns."""
    kind = tree.object_kind(action.node.objtype)
    if kind not in {"table", "column"}:
        return ()
    names = tree.strings(action.node.object.list.items)
    return (tree.qualified(names if kind == "table" else names[:-1]),)


def _measured(action: Action) -> tuple[str, ...]:
    """Give the tables of a CREATE STATISTICS."""
    return tuple(tree.relation(item.range_var) for item in action.node.relations)


def _published(action: Action) -> tuple[str, ...]:
    """Give the tables that a CREATE PUBLICATION names."""
    tables = (item.publication_obj_spec.pubtable for item in action.node.pubobjects)
    return tuple(tree.relation(table.relation) for table in tables if table.HasField("relation"))


# Kind of statement → the tables that it hardly disturbs.
OPTION_TABLES = {
    "vacuum_stmt": _analyzed,
    "comment_stmt": _commented,
    "create_stats_stmt": _measured,
    "create_publication_stmt": _published,
    "alter_publication_stmt": _published,
}


@rule(
    "tb-replident",
    on="AT_ReplicaIdentity",
    breaks=("clients",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="agree on it with whoever reads the changes.",
    example="ALTER TABLE users REPLICA IDENTITY FULL",
)
def replica_identity_changed(action: Action) -> Iterator[Found]:
    """Flag another replica identity.

    Subscribers and readers of change data find other keys in it.
    """
    yield Found(f"'{action.table}' identifies its rows in another way", (action.table,))


@rule(
    "tb-inherit",
    on=("AT_AddInherit", "AT_DropInherit"),
    breaks=("readers",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="none",
    instead="look at every query of the parent first.",
    example="ALTER TABLE users INHERIT people",
    given="CREATE TABLE people (name text);",
)
def inheritance_changed(action: Action) -> Iterator[Found]:
    """Flag a table that inherits from another, or no longer does.

    Queries of the parent gain or lose its rows.
    """
    parent = tree.relation(getattr(action.part, "def").range_var)
    yield Found(
        f"queries of '{parent}' gain or lose the rows of '{action.table}'",
        (action.table,),
        ((parent, SHARE_UPDATE_EXCLUSIVE),),
    )


@rule(
    "tb-owner",
    on=(
        "AT_ChangeOwner",
        "OBJECT_VIEW.AT_ChangeOwner",
        "OBJECT_MATVIEW.AT_ChangeOwner",
        "OBJECT_SEQUENCE.AT_ChangeOwner",
        "alter_owner_stmt",
        "reassign_owned_stmt",
        "drop_owned_stmt",
    ),
    breaks=("clients",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="look at grants, row-level security and default privileges that hang on the owner.",
    example="ALTER TABLE users OWNER TO CURRENT_USER",
)
def owner_changed(action: Action) -> Iterator[Found]:
    """Flag another owner.

    Grants that the old owner made, the way past row-level security and default privileges change.
    """
    if action.parsed.kind == "alter_table_stmt":
        yield Found(f"'{action.table}' gets another owner", (action.table,))
    elif action.parsed.kind == "alter_owner_stmt":
        name = tree.object_name(action.node.object)
        yield Found(f"'{name}' gets another owner", of=(name,), lock=NONE)
    else:
        roles = ", ".join(f"'{tree.role(item.role_spec)}'" for item in action.node.roles)
        yield Found(f"what {roles} owns gets another owner, or goes")


@rule(
    "tb-lock",
    on="lock_stmt",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="patch",
    work="none",
    instead="name the weakest mode that does, and NOWAIT.",
    example="LOCK TABLE users",
)
def table_locked(action: Action) -> Iterator[Found]:
    """Flag LOCK TABLE.

    Without a mode it blocks everybody until the transaction ends.
    """
    lock = list(STRENGTH)[action.node.mode]
    tables = tuple(tree.relation(item.range_var) for item in action.node.relations)
    if blocks_writers(lock):
        yield Found(f"{names(tables)} is locked until the transaction ends", tables, lock=lock)
