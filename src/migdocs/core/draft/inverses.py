"""Give the inverse of one Change, as SQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.changes.wording import describe
from migdocs.core.draft import access, column_properties
from migdocs.core.draft.inverse import Inverse, comment_sql
from migdocs.core.draft.retyping import retype
from migdocs.core.draft.tables import table_sql
from migdocs.core.sql.definitions import Column, Constraint, Enum, Index, Source
from migdocs.core.sql.parser import parse_all
from migdocs.core.sql.script import split

if TYPE_CHECKING:
    from collections.abc import Callable

    from migdocs.core.catalog import Effect
    from migdocs.core.model import Change


def invert(effect: Effect) -> Inverse:
    """Give the inverse of what the catalog says that a Change did."""
    change = effect.change
    if change.opaque:
        return Inverse(by_hand=f"undo what this did: {describe(change)}")
    rule = RULES.get((change.verb, change.kind)) or VERBS.get(change.verb)
    inverse = rule(effect) if rule else None
    if inverse is None or not _is_readable(inverse):
        return Inverse(by_hand=f"undo what this did: {describe(change)}")
    return inverse


def _is_readable(inverse: Inverse) -> bool:
    """Tell whether PostgreSQL could read what was drafted: rare kinds are not spelled as usual."""
    texts = [statement for sql in inverse.sql for statement in split(sql)]
    return all(parsed.error is None for parsed in parse_all(texts))


def _sql(text: str) -> Callable[[Effect], Inverse]:
    """Make an inverse that is one statement, with the Change's parts filled in."""

    def rule(effect: Effect) -> Inverse:
        change = effect.change
        return Inverse(
            (
                text.format(
                    kind=change.kind.upper(),
                    name=change.name,
                    own=change.own_name,
                    table=change.table,
                    before=change.before,
                    after=change.after,
                ),
            )
        )

    return rule


def _nothing(_: Effect) -> Inverse:
    """Leave as it is what changed nothing that a rollback would have to undo."""
    return Inverse()


# What IF NOT EXISTS is written for: it often is there before all migrations, made by other hands.
OFTEN_THERE = frozenset({"schema", "extension"})
ALWAYS_THERE = frozenset({("schema", "public"), ("extension", "plpgsql")})


def _drop(effect: Effect) -> Inverse:
    """Undo the making of an object."""
    change = effect.change
    loss = ""
    if change.guarded and change.kind in OFTEN_THERE:
        if (change.kind, change.name) in ALWAYS_THERE:
            return Inverse()
        loss = f"{change.kind} {change.name} goes even if it was there before this script"
    guard = "IF EXISTS " if change.guarded or change.conditional else ""
    kind = change.kind.removeprefix("foreign ") if change.kind == "foreign server" else change.kind
    if change.kind in {"trigger", "policy", "rule"}:
        return Inverse((f"DROP {change.kind.upper()} {guard}{change.own_name} ON {change.table}",))
    return Inverse((f"DROP {kind.upper()} {guard}{change.name}",), loss=loss)


def _restore(effect: Effect) -> Inverse:
    """Undo the drop of an object whose source is known."""
    change = effect.change
    sources = sources_of(change)
    if not sources:
        return Inverse(by_hand=f"make {change.kind} {change.name} again, as it was before")
    by_hand = ""
    if change.kind.endswith("view") and re.search(
        r"(?:\bselect|\.)\s*\*", sources[0], re.IGNORECASE
    ):
        by_hand = f"{change.name} selects *, which may be other columns now: check"
    if effect.gone:
        sources += tuple(index.sql() for index in effect.gone.indexes.values())
    return Inverse(sources + _lost(effect) + effect.extras, by_hand)


def sources_of(change: Change) -> tuple[str, ...]:
    """Give the statements that made what a Change drops."""
    definition = change.definition
    if isinstance(definition, Source):
        return tuple(statement.text for statement in split(definition.sql))
    if isinstance(definition, Enum):
        return (definition.sql(change.name),)
    return ()


def _lost(effect: Effect) -> tuple[str, ...]:
    """Give the statements that make again what went along: keys before what points at them."""
    ordered = sorted(
        effect.lost, key=lambda c: (c.verb == "comment", "REFERENCES" in (c.before or ""))
    )
    return tuple(sql for change in ordered for sql in _made_again(change))


def _made_again(change: Change) -> tuple[str, ...]:
    """Give the statements that make a lost column, constraint, index or view again."""
    definition = change.definition
    if change.verb == "comment":
        return (comment_sql(change, change.before),)
    if isinstance(definition, Column):
        return (f"ALTER TABLE {change.table} ADD COLUMN {definition.sql()}",)
    if isinstance(definition, Constraint):
        return (f"ALTER TABLE {change.table} ADD CONSTRAINT {change.own_name} {definition.sql()}",)
    return (definition.sql(),) if isinstance(definition, Index) else sources_of(change)


def _drop_column(effect: Effect) -> Inverse:
    """Undo DROP COLUMN; the values are gone, and it comes back as the last column."""
    change = effect.change
    column = change.definition
    if not isinstance(column, Column) or not column.type:
        return Inverse(by_hand=f"add column {change.name} again, as it was before")
    sql = f"ALTER TABLE {change.table} ADD COLUMN {column.sql()}"
    filled = column.nullable or column.default is not None or column.serial or column.identity
    loss = f"the values of {change.name} do not come back; the column does, as the last one"
    row = f"a row of {change.table}"
    stops = "" if filled else f"{row}: {change.own_name} is not null and has no value"
    return Inverse((sql, *_lost(effect), *effect.extras), loss=loss, stops=stops)


def _add_constraint(effect: Effect) -> Inverse:
    """Undo ADD CONSTRAINT; columns that a primary key made not null may be null again."""
    change = effect.change
    sql: tuple[str, ...] = (f"ALTER TABLE {change.table} DROP CONSTRAINT {change.own_name}",)
    constraint = change.definition
    by_hand = ""
    if isinstance(constraint, Constraint) and constraint.index:
        by_hand = f"create index {constraint.index} again, which went with the constraint"
        if isinstance(effect.used, Index):
            sql, by_hand = (*sql, effect.used.sql()), ""
    for implied in effect.implied:
        sql += (f"ALTER TABLE {change.table} ALTER COLUMN {implied.own_name} DROP NOT NULL",)
    return Inverse(sql, by_hand)


def _drop_constraint(effect: Effect) -> Inverse:
    """Undo DROP CONSTRAINT."""
    change = effect.change
    if not isinstance(change.definition, Constraint):
        return Inverse(by_hand=f"add constraint {change.own_name} to {change.table} again")
    again = f"ALTER TABLE {change.table} ADD CONSTRAINT {change.own_name} {change.definition.sql()}"
    stops = f"a row of {change.table} that was written since and breaks {change.own_name}"
    return Inverse((again, *_lost(effect)), stops="" if change.definition.not_valid else stops)


def _drop_index(effect: Effect) -> Inverse:
    """Undo DROP INDEX."""
    index = effect.change.definition
    if not isinstance(index, Index):
        return Inverse(by_hand=f"create index {effect.change.name} again")
    stops = f"a value that occurs twice in {index.table} since" if index.unique else ""
    return Inverse((index.sql(), *_lost(effect), *effect.extras), stops=stops)


def _drop_table(effect: Effect) -> Inverse:
    """Undo DROP TABLE; the rows are gone."""
    change, gone = effect.change, effect.gone
    if gone is None or not gone.complete:
        return Inverse(by_hand=f"create table {change.name} again, as it was before")
    again = (*table_sql(gone), *_lost(effect), *effect.extras)
    return Inverse(again, loss=f"the rows of {change.name}")


def _replace(effect: Effect) -> Inverse:
    """Undo CREATE OR REPLACE: what was there before comes back, or the object goes."""
    change = effect.change
    if change.before is None:
        return _drop(effect)
    if change.kind in {"view", "materialized view"}:
        dropped = f"DROP {change.kind.upper()} {change.name}"
        return Inverse((dropped, change.before, *effect.extras))
    return Inverse((_or_replace(change.before),))


def _or_replace(source: str) -> str:
    """Let a CREATE replace what is there."""
    return re.sub(r"(?i)\A(create)\s+(?!or\s+replace)", r"\1 OR REPLACE ", source)


# A part → what it is a part of, and what ALTER calls it there.
WITHIN = {
    "column": ("TABLE", "COLUMN"),
    "constraint": ("TABLE", "CONSTRAINT"),
    "attribute": ("TYPE", "ATTRIBUTE"),
    "domain constraint": ("DOMAIN", "CONSTRAINT"),
}


def _rename(effect: Effect) -> Inverse:
    """Undo RENAME."""
    change = effect.change
    old, new = change.before or change.own_name, change.after
    if change.kind in WITHIN:
        owner, part = WITHIN[change.kind]
        whole = change.table or change.name.rpartition(".")[0]
        return Inverse((f"ALTER {owner} {whole} RENAME {part} {new} TO {old}",))
    if change.kind in {"trigger", "policy", "rule"}:
        kind = change.kind.upper()
        return Inverse((f"ALTER {kind} {new} ON {change.table} RENAME TO {old}",))
    schema, dot, rest = change.name.rpartition(".") if "(" not in change.name else ("", "", "")
    arguments = change.name[change.name.index("(") :] if "(" in change.name else ""
    now = f"{schema}{dot}{new}{arguments}"
    return Inverse(
        (f"ALTER {change.kind.upper()} {now} RENAME TO {(rest or old).partition('(')[0]}",)
    )


def _set_schema(effect: Effect) -> Inverse:
    """Undo SET SCHEMA."""
    change = effect.change
    schema, _, rest = change.name.rpartition(".")
    now = f"{change.after}.{rest}"
    return Inverse((f"ALTER {change.kind.upper()} {now} SET SCHEMA {schema or 'public'}",))


def _comment(effect: Effect) -> Inverse:
    """Undo COMMENT."""
    return Inverse((comment_sql(effect.change, effect.change.before),))


def _add_value(effect: Effect) -> Inverse:
    """Say that a value of an enumerated type cannot be taken away."""
    change = effect.change
    said = f"PostgreSQL cannot drop value {change.after} of type {change.name}: it stays"
    return Inverse(by_hand=said)


def _rows(effect: Effect) -> Inverse:
    """Say that rows do not come back by themselves."""
    change = effect.change
    if change.verb in {"insert", "copy"}:
        return Inverse(by_hand=f"delete the rows that were put into {change.name}, by their keys")
    return Inverse(
        by_hand=f"restore the old values of {change.name}, if they are known",
        loss=describe(change),
    )


_ALTER_COLUMN = "ALTER TABLE {table} ALTER COLUMN {own} "
RULES: dict[tuple[str, str], Callable[[Effect], Inverse]] = {
    ("add", "column"): _sql("ALTER TABLE {table} DROP COLUMN {own}"),
    ("drop", "column"): _drop_column,
    ("retype", "column"): retype,
    ("set default", "column"): column_properties.default,
    ("drop default", "column"): column_properties.default,
    ("set not null", "column"): column_properties.nullability("DROP"),
    ("drop not null", "column"): column_properties.nullability("SET"),
    ("set identity", "column"): column_properties.identity,
    ("add", "constraint"): _add_constraint,
    ("drop", "constraint"): _drop_constraint,
    ("validate", "constraint"): _nothing,
    ("drop", "index"): _drop_index,
    ("drop", "table"): _drop_table,
    ("attach", "partition"): _sql("ALTER TABLE {table} DETACH PARTITION {name}"),
    ("detach", "partition"): _sql("ALTER TABLE {table} ATTACH PARTITION {name} {before}"),
    ("inherit", "table"): _sql("ALTER TABLE {name} NO INHERIT {after}"),
    ("disinherit", "table"): _sql("ALTER TABLE {name} INHERIT {after}"),
    ("set logged", "table"): _sql("ALTER TABLE {name} SET UNLOGGED"),
    ("set unlogged", "table"): _sql("ALTER TABLE {name} SET LOGGED"),
    ("enable", "row security"): access.again("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"),
    ("disable", "row security"): access.again("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"),
    ("force", "row security"): access.again("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"),
    ("unforce", "row security"): access.again("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"),
    ("enable", "trigger"): access.again("ALTER TABLE {table} ENABLE TRIGGER {own}"),
    ("disable", "trigger"): access.again("ALTER TABLE {table} ENABLE TRIGGER {own}"),
    ("enable", "rule"): access.again("ALTER TABLE {table} ENABLE RULE {own}"),
    ("disable", "rule"): access.again("ALTER TABLE {table} ENABLE RULE {own}"),
    ("set statistics", "column"): access.again(_ALTER_COLUMN + "SET STATISTICS -1"),
    ("set replica identity", "table"): access.again("ALTER TABLE {table} REPLICA IDENTITY DEFAULT"),
    ("set cluster", "table"): access.again("ALTER TABLE {table} SET WITHOUT CLUSTER"),
    ("rename value", "type"): _sql("ALTER TYPE {name} RENAME VALUE {after} TO {before}"),
    ("add value", "type"): _add_value,
    ("add", "attribute"): _sql("ALTER TYPE {table} DROP ATTRIBUTE {own}"),
    ("refresh", "materialized view"): _nothing,
    **{
        (verb, "rows"): _rows
        for verb in ("insert", "update", "delete", "truncate", "merge", "copy")
    },
}
VERBS: dict[str, Callable[[Effect], Inverse]] = {
    "create": _drop,
    "replace": _replace,
    "drop": _restore,
    "rename": _rename,
    "set schema": _set_schema,
    "comment": _comment,
    "grant": access.grant,
    "revoke": access.revoke,
    "set owner": access.again(""),
    "set storage": access.again(""),
    "set compression": access.again(""),
    **dict.fromkeys(
        ("run", "set", "reset", "lock", "analyze", "vacuum", "reindex", "cluster"), _nothing
    ),
}
