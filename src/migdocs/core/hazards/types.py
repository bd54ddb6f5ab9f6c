"""Columns that get another type (hazards.md, part B).

Which rule a statement falls under depends on the old type, which the history of the table says;
without it, a rewrite and a major impact are assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.catalog.state import mentions
from migdocs.core.hazards import sure
from migdocs.core.hazards.dependents import dependents, key_partners, refusal
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found, built_again
from migdocs.core.hazards.type_changes import Request, TypeChange, type_change
from migdocs.core.locks import ACCESS_EXCLUSIVE, NONE
from migdocs.core.sql import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action, Scene
    from migdocs.core.sql.parser import Node

CASCADE = 2  # DropBehavior
OLD_TYPE_UNSEEN = "the old type, where no earlier migration gave it: a rewrite is assumed."


def change_of(command: Node, table: str, scene: Scene) -> TypeChange:
    """Give what a sub-command ALTER COLUMN … TYPE does."""
    node = getattr(command, "def").column_def
    column = scene.schema.column(table, tree.identifier(command.name))
    collation = tree.dotted(node.coll_clause.collname) if node.HasField("coll_clause") else ""
    request = Request(
        column.type if column else "",
        tree.type_name(node.type_name),
        using=node.HasField("raw_default") and not _only_casts(node, command.name),
        collation=collation,
        postgres=scene.postgres,
        utc=scene.settings.get("timezone", "").lower() == "utc",
    )
    return type_change(request, scene.schema)


def _only_casts(node: Node, column: str) -> bool:
    """Tell whether a USING is the column itself, or its cast to the new type."""
    using = node.raw_default
    if using.WhichOneof("node") == "type_cast":
        if tree.type_name(using.type_cast.type_name) != tree.type_name(node.type_name):
            return False
        using = using.type_cast.arg
    return tree.expression(using) == tree.identifier(column)


def retyped(action: Action, why: str = "") -> Found:
    """Say from which type to which a column goes, and whether the rows go with it."""
    change = change_of(action.part, action.table, action.scene)
    column = action.schema.column(action.table, action.name)
    new = tree.type_name(getattr(action.part, "def").column_def.type_name)
    old = f"from {column.type} " if column and column.type else ""
    assumed = "" if old else ", from a type that is not known"
    built = () if change.rewrite else tuple(_built_anew(action))
    message = f"'{action.full_name}' changes {old}to {new}{assumed}{why}{built_again(built)}"
    return Found(message, (action.table,), rewrite=change.rewrite, scan=bool(built))


def _built_anew(action: Action) -> Iterator[str]:
    """Name the indexes that hold the column in an expression or condition.

    A plain key keeps its index where the bytes stay; these are computed again.
    """
    table = action.schema.relation(action.table)
    for name, index in table.indexes.items() if table else ():
        computed = [key for key in index.keys if key not in index.columns]
        texts = [*computed, *([index.where] if index.where else [])]
        if any(mentions(text, action.name) for text in texts):
            yield name


@rule(
    "type-int-bigint",
    on="AT_AlterColumnType.type-int-bigint",
    breaks=("operation", "readers"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="rewrite of the table and of all its indexes, all versions",
    instead="add a bigint column, keep it by a trigger, fill it in batches, and swap the two.",
    example="ALTER TABLE users ALTER COLUMN visits TYPE bigint",
    unseen=OLD_TYPE_UNSEEN,
)
def integer_widened(action: Action) -> Iterator[Found]:
    """Flag an integer that becomes a wider one.

    The table and all its indexes are rewritten. Clients that read 32 bits overflow, and sequences
    and columns of foreign keys keep the old type.
    """
    yield retyped(action)


@rule(
    "type-narrow",
    on="AT_AlterColumnType.type-narrow",
    breaks=("clients", "data"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="rewrite",
    instead="prove that the values fit with a CHECK, NOT VALID and then VALIDATE; then narrow it.",
    example="ALTER TABLE users ALTER COLUMN visits TYPE smallint",
    unseen=OLD_TYPE_UNSEEN,
)
def column_narrowed(action: Action) -> Iterator[Found]:
    """Flag a type that holds less than before.

    A value that does not fit makes it fail (22003, 22001); a smaller precision of a time rounds
    without a word.
    """
    yield retyped(action)


@rule(
    "type-varchar-widen",
    on="AT_AlterColumnType.type-varchar-widen",
    breaks=("readers",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="catalog only",
    instead="set lock_timeout and retry; drop and recreate its views in the same transaction.",
    example="ALTER TABLE users ALTER COLUMN name TYPE text",
    given="ALTER TABLE users ALTER COLUMN name TYPE varchar(20);",
)
def text_widened(action: Action) -> Iterator[Found]:
    """Flag a text that may be longer than before.

    It costs nothing on disk. Clients with buffers of a fixed size overflow, and it fails (0A000)
    where a view uses the column.
    """
    yield retyped(action)


@rule(
    "type-text-varcharn",
    on="AT_AlterColumnType.type-text-varcharn",
    breaks=("operation", "writers"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="rewrite",
    instead="keep text, and limit it with CHECK (length(c) <= n), NOT VALID at first.",
    example="ALTER TABLE users ALTER COLUMN name TYPE varchar(20)",
    unseen=OLD_TYPE_UNSEEN,
)
def text_limited(action: Action) -> Iterator[Found]:
    """Flag a text that gets a limit, or whose char(n) changes.

    The table is rewritten, and longer values are refused from then on.
    """
    yield retyped(action)


@rule(
    "type-numeric-up",
    on="AT_AlterColumnType.type-numeric-up",
    breaks=("readers",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="catalog only; another scale rewrites",
    instead="change the precision only, never the scale.",
    example="ALTER TABLE users ALTER COLUMN balance TYPE numeric(14,2)",
)
def numeric_widened(action: Action) -> Iterator[Found]:
    """Flag a numeric with more digits.

    Clients may hold fewer digits than the column now does. Another scale rewrites the table.
    """
    yield retyped(action)


@rule(
    "type-ts-tstz",
    on="AT_AlterColumnType.type-ts-tstz",
    breaks=("readers", "operation"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only since 12 where the session's time zone is UTC, else rewrite",
    instead="SET timezone = 'UTC' in the script, or add a new column.",
    example="ALTER TABLE users ALTER COLUMN seen_at TYPE timestamptz",
    unseen="the time zone of the session, where the script does not set it: not UTC is assumed.",
)
def time_zone_changed(action: Action) -> Iterator[Found]:
    """Flag a change between timestamp and timestamptz.

    The values' meaning depends on the time zone of the session that runs the script.
    """
    yield retyped(action)


@rule(
    "type-binary-ok",
    on="AT_AlterColumnType.type-binary-ok",
    breaks=("readers",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="catalog only",
    instead="set lock_timeout and retry.",
    example="ALTER TABLE users ALTER COLUMN address TYPE inet",
)
def bytes_kept(action: Action) -> Iterator[Found]:
    """Flag a change to a type that is stored alike.

    cidr to inet, a longer varbit, more precision of a time, a domain without constraints: next to
    nothing happens.
    """
    yield retyped(action)


@rule(
    "type-domain-con",
    on="AT_AlterColumnType.type-domain-con",
    breaks=("operation", "writers"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="rewrite",
    instead="keep the type, and give the table a CHECK that is NOT VALID at first.",
    example="ALTER TABLE users ALTER COLUMN visits TYPE positive",
    given="CREATE DOMAIN positive AS int CHECK (value > 0);",
    unseen="domains that no earlier migration created.",
)
def domain_taken(action: Action) -> Iterator[Found]:
    """Flag a change to a domain that has a check or is NOT NULL.

    The table is rewritten, and writers must follow a new rule.
    """
    yield retyped(action)


@rule(
    "type-using",
    on="AT_AlterColumnType.type-using",
    breaks=("operation", "readers"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="rewrite",
    instead="add a new column, keep it by a trigger, fill it in batches, and let clients change.",
    example="ALTER TABLE users ALTER COLUMN role TYPE integer USING length(role)",
    unseen=OLD_TYPE_UNSEEN,
)
def values_converted(action: Action) -> Iterator[Found]:
    """Flag a change of type that converts every value.

    The table is rewritten. From json to jsonb the order of keys and repeated keys are lost, and
    literals in clients' queries use other operators.
    """
    yield retyped(action)


@rule(
    "type-collate",
    on="AT_AlterColumnType.type-collate",
    breaks=("readers", "operation"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="the table is not rewritten; an index over the column is rebuilt",
    instead="add an index or an expression with the new collation, or a new column.",
    example='ALTER TABLE users ALTER COLUMN role TYPE text COLLATE "C"',
    unseen="indexes that no earlier migration created.",
)
def collation_changed(action: Action) -> Iterator[Found]:
    """Flag another collation.

    Order and equality change, and every index over the column is rebuilt.
    """
    change = change_of(action.part, action.table, action.scene)
    node = getattr(action.part, "def").column_def
    collation = tree.dotted(node.coll_clause.collname)
    yield Found(
        f"'{action.full_name}' gets the collation {collation}",
        (action.table,),
        rewrite=change.rewrite,
        scan=_is_indexed(action),
    )


def _is_indexed(action: Action) -> bool:
    """Tell whether an index holds the column; yes, where the table is not known."""
    table = action.schema.whole(action.table)
    indexes = table.all_indexes().values() if table else ()
    return table is None or any(action.name in index.columns for index in indexes)


@rule(
    "type-fk-col",
    on="AT_AlterColumnType",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="rewrite, and a scan of the foreign key",
    instead="drop the foreign key, change the type, and add it again as NOT VALID.",
    example="ALTER TABLE users ALTER COLUMN team_id TYPE bigint",
    given="CREATE TABLE teams (id int PRIMARY KEY);"
    " ALTER TABLE users ADD COLUMN team_id int REFERENCES teams;",
    unseen="foreign keys that no earlier migration created.",
)
def key_column_retyped(action: Action) -> Iterator[Found]:
    """Flag another type for a column of a foreign key, on either side.

    The table at the other end is locked as well, and the foreign key is checked again.
    """
    others = sorted(set(key_partners(action.schema, action.table, action.name)))
    if others:
        change = change_of(action.part, action.table, action.scene)
        named = ", ".join(f"'{other}'" for other in others)
        yield Found(
            f"'{action.full_name}' is in a foreign key with {named}, locked as well",
            (action.table, *others),
            rewrite=change.rewrite,
            scan=change.rewrite,
        )


@rule(
    "type-check-col",
    on="AT_AlterColumnType",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="scan, even where the bytes stay the same",
    instead="drop the check, change the type, and add it again as NOT VALID.",
    example="ALTER TABLE users ALTER COLUMN name TYPE text",
    given="ALTER TABLE users ALTER COLUMN name TYPE varchar(20),"
    " ADD CONSTRAINT named CHECK (name <> '');",
    unseen="checks that no earlier migration created.",
)
def checked_column_retyped(action: Action) -> Iterator[Found]:
    """Flag another type for a column that has a check.

    Every row is checked again while nobody can read the table.
    """
    table = action.schema.relation(action.table)
    for name, check in table.constraints.items() if table else ():
        if check.type == "check" and action.name in check.columns:
            yield Found(
                f"the check '{name}' on '{action.full_name}' is verified again",
                (action.table,),
                scan=True,
            )


@rule(
    "type-view-dep",
    on=("AT_AlterColumnType", "AT_DropColumn"),
    breaks=("clients",),
    lock=NONE,
    impact="major",
    work="it fails",
    instead="drop the view, change the column, and create the view again, in one transaction.",
    example="ALTER TABLE users ALTER COLUMN name TYPE varchar(20)",
    given="CREATE VIEW names AS SELECT name FROM users;",
    unseen="views, rules and policies that no earlier migration created.",
)
def viewed_column_changed(action: Action) -> Iterator[Found]:
    """Flag a column that a view or a generated column uses, and that is to change.

    PostgreSQL refuses (0A000 for another type, 2BP01 for a drop without CASCADE).
    """
    if action.part.behavior == CASCADE:
        return
    gone = {f"the generated column '{name}'" for name in sure.neighbours(action).dropped_columns}
    users = [u for u in dependents(action.schema, action.table, action.name) if u not in gone]
    if users:
        yield Found(
            f"'{action.full_name}' cannot change: it is used by {', '.join(users)}",
            of=(action.table,),
            severity="error",
            sqlstate=refusal(action, users) if action.schema.sure(action.table) else "",
        )
