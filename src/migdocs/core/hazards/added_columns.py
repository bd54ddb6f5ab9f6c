"""Columns that are added to a table that is in use (hazards.md, part A)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.hazards.volatility import is_volatile
from migdocs.core.locks import ACCESS_EXCLUSIVE, SHARE_ROW_EXCLUSIVE
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.parser import Node

# Until this version a default was written into every row (release notes of PostgreSQL 11).
STORED_DEFAULTS = 11


def parts(action: Action, *kinds: str) -> list[Node]:
    """Give the constraints of these kinds in the column's definition."""
    names = enum_names("ConstrType")
    nodes = (item.constraint for item in action.part.constraints)
    return [node for node in nodes if names[node.contype] in kinds]


def has_default(action: Action) -> bool:
    """Tell whether the rows that exist get a value other than NULL."""
    column = action.column
    return column.default is not None or bool(column.identity)


@rule(
    "col-add-null",
    on="AT_AddColumn",
    breaks=("readers",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="catalog only",
    instead="let clients name the columns that they read, and drop cached plans when deploying.",
    example="ALTER TABLE users ADD COLUMN locale text",
)
def column_added(action: Action) -> Iterator[Found]:
    """Flag a new column that may be null.

    A prepared SELECT * fails (0A000), an unqualified name that two tables now share is ambiguous
    (42702), and INSERT … SELECT * has too many values (42601).
    """
    column = action.column
    if column.nullable and column.generated is None and not has_default(action):
        yield Found(f"'{action.full_name}' is added", (action.table,))


@rule(
    "col-add-const",
    on="AT_AddColumn.CONSTR_DEFAULT",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="rewrite up to 10; catalog only since 11",
    instead="nothing from 11 on; up to 10 add it without, SET DEFAULT, and fill it in batches.",
    example="ALTER TABLE users ADD COLUMN created_at timestamptz DEFAULT now()",
    unseen="a function that is neither PostgreSQL's own nor made by an earlier migration is taken"
    " for volatile: see col-add-volatile.",
)
def default_added(action: Action) -> Iterator[Found]:
    """Flag a new column whose default is one value for all rows.

    PostgreSQL 10 writes it into every row while nobody can read the table. Later versions store it
    once; now() counts as one value too.
    """
    column = action.column
    if column.default is None or _has_volatile_default(action):
        return
    rewrite = action.postgres < STORED_DEFAULTS
    effect = "and the table rewritten" if rewrite else "without touching the rows"
    yield Found(
        f"'{action.full_name}' is added with the default {column.default}, {effect}",
        (action.table,),
        rewrite=rewrite,
    )


@lru_cache(maxsize=1)  # two rules ask this of one action, one after the other
def _has_volatile_default(action: Action) -> bool:
    """Tell whether the column's default may differ for each row."""
    schema = action.schema
    return any(is_volatile(node.raw_expr, schema) for node in parts(action, "CONSTR_DEFAULT"))


@rule(
    "col-add-volatile",
    on="AT_AddColumn.CONSTR_DEFAULT",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="rewrite of the table and of every index, all versions",
    instead="add the column without a default, then SET DEFAULT, then fill it in batches.",
    example="ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid()",
    unseen="how volatile a function is that no earlier migration created: assumed to be volatile.",
)
def volatile_default_added(action: Action) -> Iterator[Found]:
    """Flag a new column whose default differs for each row.

    The whole table and all its indexes are rewritten, and nobody can read it meanwhile.
    """
    if _has_volatile_default(action):
        yield Found(
            f"'{action.full_name}' is added with the volatile default {action.column.default}",
            (action.table,),
            rewrite=True,
        )


@rule(
    "col-add-notnull-nodef",
    on="AT_AddColumn.CONSTR_NOTNULL",
    breaks=("writers",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="scan",
    instead="add it nullable, fill it, and only then make it NOT NULL (see nn-set).",
    example="ALTER TABLE users ADD COLUMN locale text NOT NULL",
    unseen="whether the table has rows: taken for filled.",
)
def required_column_added(action: Action) -> Iterator[Found]:
    """Flag a new column that is NOT NULL and has no default.

    It fails (23502) as soon as the table has a row: it passes on the empty database of a test and
    fails in production. Where it passes, every INSERT of the version before fails afterwards.
    """
    column = action.column
    if not has_default(action) and not column.serial and column.generated is None:
        filled = action.schema.is_filled(action.table)
        yield Found(
            f"'{action.full_name}' is added NOT NULL without a default"
            + (", and the table has rows" if filled else ""),
            (action.table,),
            scan=True,
            sqlstate="23502" if filled else "",
        )


@rule(
    "col-add-serial",
    on="AT_AddColumn",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="rewrite, all versions",
    instead="add a nullable bigint, default it to a sequence, and fill it in batches.",
    example="ALTER TABLE users ADD COLUMN number bigserial",
)
def serial_added(action: Action) -> Iterator[Found]:
    """Flag a new serial column.

    Every row gets a number of the new sequence, so the whole table is rewritten.
    """
    if action.column.serial:
        yield Found(f"'{action.full_name}' is added as a serial", (action.table,), rewrite=True)


@rule(
    "col-add-identity",
    on="AT_AddColumn.CONSTR_IDENTITY",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="rewrite, all versions",
    instead="add a nullable bigint, default it to a sequence, and fill it in batches.",
    example="ALTER TABLE users ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY",
    since=10,
)
def identity_added(action: Action) -> Iterator[Found]:
    """Flag a new identity column.

    Every row gets a number of the new sequence, so the whole table is rewritten.
    """
    yield Found(f"'{action.full_name}' is added as an identity", (action.table,), rewrite=True)


@rule(
    "col-add-gen-stored",
    on="AT_AddColumn.CONSTR_GENERATED",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="rewrite, since 12",
    instead="make it VIRTUAL (since 18), or add a plain column, a trigger, and fill it in batches.",
    example="ALTER TABLE users ADD COLUMN mail text GENERATED ALWAYS AS (lower(name)) STORED",
    since=12,
)
def stored_column_added(action: Action) -> Iterator[Found]:
    """Flag a new generated column that is stored.

    Its value is computed for every row, so the whole table is rewritten.
    """
    if not action.column.virtual:
        yield Found(
            f"'{action.full_name}' is added as a stored generated column",
            (action.table,),
            rewrite=True,
        )


@rule(
    "col-add-gen-virtual",
    on="AT_AddColumn.CONSTR_GENERATED",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="catalog only, since 18",
    instead="write STORED or VIRTUAL, so that every version reads the same.",
    example="ALTER TABLE users ADD COLUMN mail text GENERATED ALWAYS AS (lower(name)) VIRTUAL",
    since=18,
)
def virtual_column_added(action: Action) -> Iterator[Found]:
    """Flag a new generated column that is computed when it is read.

    It costs nothing from 18 on, where it is also what is meant when neither STORED nor VIRTUAL is
    written. Up to 17 the same script is a syntax error.
    """
    if action.column.virtual:
        yield Found(f"'{action.full_name}' is added as a virtual generated column", (action.table,))


@rule(
    "col-add-check",
    on="AT_AddColumn.CONSTR_CHECK",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="scan, all versions; with a default a rewrite up to 10",
    instead="add the column alone, ADD the CHECK as NOT VALID, and VALIDATE it later.",
    example="ALTER TABLE users ADD COLUMN age int CHECK (age > 0)",
)
def checked_column_added(action: Action) -> Iterator[Found]:
    """Flag a new column with a check.

    All rows are read while nobody else can read the table, even where the column is NULL in all.
    """
    yield Found(
        f"'{action.full_name}' is added with a check",
        (action.table,),
        rewrite=has_default(action) and action.postgres < STORED_DEFAULTS,
        scan=True,
    )


@rule(
    "col-add-ref",
    on="AT_AddColumn.CONSTR_FOREIGN",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="no scan where it is nullable and has no default, else a scan of the foreign key",
    instead="add the column alone, ADD the FOREIGN KEY as NOT VALID, and VALIDATE it later.",
    example="ALTER TABLE users ADD COLUMN team_id bigint REFERENCES teams",
    given="CREATE TABLE teams (id bigint PRIMARY KEY);",
)
def reference_added(action: Action) -> Iterator[Found]:
    """Flag a new column that refers to another table.

    The other table is locked too (SHARE ROW EXCLUSIVE): nobody can write to it until the
    transaction ends. A default makes every row be looked up.
    """
    for node in parts(action, "CONSTR_FOREIGN"):
        target = tree.relation(node.pktable)
        yield Found(
            f"'{action.full_name}' is added with a foreign key to '{target}', which is locked too",
            (action.table,),
            also=((target, SHARE_ROW_EXCLUSIVE),),
            scan=has_default(action),
        )


@rule(
    "col-add-unique",
    on=("AT_AddColumn.CONSTR_UNIQUE", "AT_AddColumn.CONSTR_PRIMARY"),
    breaks=("operation", "writers"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="an index is built; a serial or identity rewrites the table",
    instead="add the column alone, CREATE UNIQUE INDEX CONCURRENTLY, then ADD UNIQUE USING INDEX.",
    example="ALTER TABLE users ADD COLUMN email text UNIQUE",
)
def unique_column_added(action: Action) -> Iterator[Found]:
    """Flag a new column that is unique or a primary key.

    Its index is built while nobody can read the table, which a numbered column also rewrites.
    """
    numbered = action.column.serial or bool(action.column.identity)
    yield Found(
        f"'{action.full_name}' is added with a unique index",
        (action.table,),
        rewrite=numbered,
        scan=not numbered,  # a rewrite builds every index anew
    )


@rule(
    "col-add-domain-con",
    on="AT_AddColumn",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="rewrite, 10 to 18",
    instead="give the column the base type, and the table a CHECK that is NOT VALID at first.",
    example="ALTER TABLE users ADD COLUMN age positive",
    given="CREATE DOMAIN positive AS int CHECK (value > 0);",
    unseen="domains that no earlier migration created.",
)
def domain_column_added(action: Action) -> Iterator[Found]:
    """Flag a new column of a domain that has a check or is NOT NULL.

    The whole table is rewritten, even where the column is NULL in every row; nothing in the
    statement shows it.
    """
    domain = action.schema.domain(action.column.type)
    if domain and domain.constrained:
        yield Found(
            f"'{action.full_name}' is added with the domain '{domain.name}', which has constraints",
            (action.table,),
            rewrite=True,
        )


@rule(
    "col-add-json",
    on="AT_AddColumn",
    breaks=("readers",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="catalog only",
    instead="use jsonb.",
    example="ALTER TABLE users ADD COLUMN settings json",
)
def json_added(action: Action) -> Iterator[Found]:
    """Flag a new column of type json.

    It has no operator for equality: SELECT DISTINCT, UNION and GROUP BY over the row fail.
    """
    if action.column.type == "json":
        yield Found(f"'{action.full_name}' is added as json, not jsonb", (action.table,))
