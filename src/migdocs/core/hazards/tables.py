"""Tables that are made, renamed, emptied and dropped (hazards.md, part F)."""

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
)
from migdocs.core.sql import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action

CASCADE = 2  # DropBehavior
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
    unseen="the tables that its foreign keys reference, if no earlier migration created them.",
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
    unseen="what depends on it, if no earlier migration created it.",
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
    unseen="the tables whose foreign keys point here, if no earlier migration created them.",
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
