"""Tables and their storage (hazards.md, part F)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards.actions import WITHOUT_EFFECT
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found, names
from migdocs.core.locks import (
    ACCESS_EXCLUSIVE,
    ACCESS_SHARE,
    NONE,
    SHARE_ROW_EXCLUSIVE,
    SHARE_UPDATE_EXCLUSIVE,
    STRENGTH,
    blocks_writers,
)
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action

CASCADE = 2  # DropBehavior
# Sub-commands of ALTER TABLE that are younger than the rules about them (their manual pages).
YOUNGER = {"AT_SetAccessMethod": 15, "AT_SetCompression": 14}
# What DROP … CASCADE may take along that no script names; schemas have a rule of their own.
TAKES_ALONG = (
    "drop_stmt.OBJECT_TABLE",
    "drop_stmt.OBJECT_FOREIGN_TABLE",
    "drop_stmt.OBJECT_VIEW",
    "drop_stmt.OBJECT_MATVIEW",
    "drop_stmt.OBJECT_SEQUENCE",
    "drop_stmt.OBJECT_INDEX",
    "drop_stmt.OBJECT_TYPE",
    "drop_stmt.OBJECT_DOMAIN",
    "drop_stmt.OBJECT_FUNCTION",
    "drop_stmt.OBJECT_PROCEDURE",
    "drop_stmt.OBJECT_ROUTINE",
    "drop_stmt.OBJECT_EXTENSION",
)


@rule(
    "tb-drop",
    on=("drop_stmt.OBJECT_TABLE", "drop_stmt.OBJECT_FOREIGN_TABLE"),
    breaks=("clients", "data"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="take the rights away or rename it first, and drop it a release later.",
    example="DROP TABLE logs",
    given="CREATE TABLE logs (id bigint);",
    unseen="the tables that its foreign keys reference, where no earlier migration made them.",
)
def table_dropped(action: Action) -> Iterator[Found]:
    """Flag a dropped table.

    Its rows are gone. The tables that its foreign keys reference are locked as strongly.
    """
    for item in action.node.objects:
        name = tree.object_name(item)
        table = action.schema.relation(name)
        keys = table.constraints.values() if table else ()
        parents = (key.references for key in keys if key.references)
        yield Found(
            f"the table '{name}' is dropped with its rows",
            tuple(dict.fromkeys((name, *parents))),
            of=(name,),
        )


@rule(
    "tb-drop-cascade",
    on=TAKES_ALONG,
    breaks=("clients", "data"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="drop every object by name.",
    example="DROP TABLE logs CASCADE",
    given="CREATE TABLE logs (id bigint);",
    unseen="what depends on it, where no earlier migration made it.",
)
def dropped_with_dependents(action: Action) -> Iterator[Found]:
    """Flag an object that is dropped with CASCADE.

    What depends on it is dropped too, and the script does not name it.
    """
    if action.node.behavior != CASCADE:
        return
    for item in action.node.objects:
        name = tree.object_name(item)
        keys = tuple(dict.fromkeys(table for table, _, _ in action.schema.references_to(name)))
        views = tuple(action.schema.views_over(name))
        victims = [f"the foreign key of '{table}'" for table in keys]
        victims += [f"the view '{view}'" for view in views]
        said = ", ".join(victims)
        yield Found(
            f"'{name}' is dropped, and with it {said or 'everything that depends on it'}",
            (name, *keys, *views),
            of=(name,),
        )


@rule(
    "tb-rename",
    on=(
        "rename_stmt.OBJECT_TABLE",
        "rename_stmt.OBJECT_FOREIGN_TABLE",
        "alter_object_schema_stmt.OBJECT_TABLE",
    ),
    breaks=("clients",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="rename it, and make a view of the old name in the same transaction.",
    example="ALTER TABLE users RENAME TO people",
)
def table_renamed(action: Action) -> Iterator[Found]:
    """Flag a table that gets another name or schema.

    Every client that uses the old one fails; after SET SCHEMA those whose search_path has both do
    not.
    """
    name = tree.relation(action.node.relation)
    moved = action.parsed.kind == "alter_object_schema_stmt"
    new = action.node.newschema if moved else action.node.newname
    what = "moves to the schema" if moved else "is renamed to"
    stays = not moved and _view_of_old_name(action, name)
    yield Found(
        f"the table '{name}' {what} '{tree.identifier(new)}'"
        + (", and a view has its old name" if stays else ""),
        (name,),
        impact="minor" if stays else None,
        severity="info" if stays else None,
    )


def _view_of_old_name(action: Action, name: str) -> bool:
    """Tell whether the script makes a view under a table's old name afterwards."""
    views = action.scene.whole.after(action.parsed, "view_stmt")
    return any(tree.relation(item.node.view) == name for item in views)


@rule(
    "tb-create-fk",
    on=("create_stmt", "AT_AddConstraint.CONSTR_FOREIGN", "AT_AddColumn.CONSTR_FOREIGN"),
    breaks=("operation",),
    lock=SHARE_ROW_EXCLUSIVE,
    impact="minor",
    work="none",
    instead="make the table alone, and ADD the FOREIGN KEY in a short transaction of its own.",
    example="CREATE TABLE notes (user_id bigint REFERENCES users)",
    even_if_new=True,
)
def new_table_refers(action: Action) -> Iterator[Found]:
    """Flag a new table that refers to one in use.

    Nobody can write to that one until the transaction ends: long, if it does more than this.
    """
    table, new = action.table, action.scene.new
    if action.parsed.kind != "create_stmt" and table not in new:
        return
    for name in dict.fromkeys(target for _, target in action.foreign_keys):
        if name != table and name not in new:
            yield Found(f"the new table '{table}' refers to '{name}', which is locked", (name,))


@rule(
    "tb-create-ine",
    on=(
        "create_stmt",
        "index_stmt",
        "AT_AddColumn.IF_NOT_EXISTS",
        "drop_stmt",
        "AT_DropColumn",
        WITHOUT_EFFECT,
    ),
    breaks=("transaction",),
    lock=NONE,
    impact="minor",
    work="none",
    instead="let it fail, or check the definition afterwards.",
    example="CREATE TABLE IF NOT EXISTS logs (id bigint)",
    even_if_new=True,
    severity="info",  # the habit of most projects; it hides an error, it makes none
)
def guarded(action: Action) -> Iterator[Found]:
    """Flag IF NOT EXISTS and IF EXISTS.

    They hide drift: an object of that name that is not the one wanted is taken for it, and the
    rollback then drops what this script never made.
    """
    node, kind = action.node, action.parsed.kind
    if action.void:
        message = f"'{action.full_name}': nothing changes, and the table is locked all the same"
        yield Found(message, (action.table,), lock=ACCESS_EXCLUSIVE)
    elif kind == "alter_table_stmt":
        if action.part.DESCRIPTOR.name == "ColumnDef" or action.part.missing_ok:
            word = "IF EXISTS" if action.part.DESCRIPTOR.name != "ColumnDef" else "IF NOT EXISTS"
            yield Found(f"'{action.full_name}': {word} takes any column of that name")
    elif kind == "drop_stmt":
        if node.missing_ok:
            names = ", ".join(f"'{tree.object_name(item)}'" for item in node.objects)
            yield Found(f"{names}: IF EXISTS says nothing where it is not there")
    elif node.if_not_exists:
        name = tree.relation(node.relation) if kind == "create_stmt" else action.new_index.name
        yield Found(f"'{name}': IF NOT EXISTS takes any object of that name")


@rule(
    "tb-ctas",
    on=("create_table_as_stmt", "select_stmt"),
    breaks=("operation",),
    lock=ACCESS_SHARE,
    impact="minor",
    work="the source is scanned",
    instead="CREATE TABLE (LIKE … INCLUDING ALL), and copy in batches.",
    example="CREATE TABLE people AS SELECT * FROM users",
)
def table_made_by_query(action: Action) -> Iterator[Found]:
    """Flag a table that is made by a query.

    It has none of the constraints, indexes and grants of its source, and holds a snapshot as long
    as it takes.
    """
    node = action.node
    if action.parsed.kind == "select_stmt":
        if not node.HasField("into_clause"):
            return
        name = tree.relation(node.into_clause.rel)
        sources = tuple(other for other in tree.relations_in(node) if other != name)
    else:
        if tree.object_kind(node.objtype) != "table":
            return
        name, sources = tree.relation(node.into.rel), tree.relations_in(node.query)
    if sources:
        yield Found(f"'{name}' is made from {names(sources)}", sources, scan=True)


@rule(
    "tb-truncate",
    on="truncate_stmt",
    breaks=("data", "operation"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="new files",
    instead="DELETE in batches.",
    example="TRUNCATE users",
)
def truncated(action: Action) -> Iterator[Found]:
    """Flag a table that is emptied.

    All rows are gone, and transactions with an older snapshot see an empty table too.
    """
    for item in action.node.relations:
        name = tree.relation(item.range_var)
        yield Found(f"every row of '{name}' is removed", (name,))


@rule(
    "tb-truncate-cascade",
    on="truncate_stmt",
    breaks=("data",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="new files",
    instead="name every table.",
    example="TRUNCATE users CASCADE",
    unseen="the tables whose foreign keys point here, where no earlier migration made them.",
)
def truncated_with_dependents(action: Action) -> Iterator[Found]:
    """Flag TRUNCATE with CASCADE.

    Every table with a foreign key to this one is emptied too, and the script does not name it.
    """
    if action.node.behavior != CASCADE:
        return
    named = tuple(tree.relation(item.range_var) for item in action.node.relations)
    others = tuple(
        dict.fromkeys(
            table
            for name in named
            for table, _, _ in action.schema.references_to(name)
            if table not in named
        )
    )
    said = names(others) or "every table that refers to it"
    yield Found(f"{names(named)} is emptied, and with it {said}", (*named, *others), of=named)


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
