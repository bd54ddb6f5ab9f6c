"""Give the inverse of one Change, as SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from migdocs.core.changes.wording import describe
from migdocs.core.sql import chosen_names
from migdocs.core.sql.definitions import (
    Column,
    Constraint,
    Enum,
    Index,
    Source,
    default_sql,
    unqualified,
)
from migdocs.core.sql.script import split
from migdocs.core.sql.tree import identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migdocs.core.catalog import Effect, Relation
    from migdocs.core.model import Change


@dataclass(frozen=True, slots=True)
class Inverse:
    """How to undo one Change.

    Attributes:
        sql: statements without their semicolons, in the order to run.
        by_hand: what a person must write, empty where nothing.
        loss: what data do not come back, empty where all do.
    """

    sql: tuple[str, ...] = ()
    by_hand: str = ""
    loss: str = ""


def invert(effect: Effect) -> Inverse:
    """Give the inverse of what the catalog says that a Change did."""
    change = effect.change
    if change.opaque:
        return Inverse(by_hand=f"undo what this did: {describe(change)}")
    rule = RULES.get((change.verb, change.kind)) or VERBS.get(change.verb)
    return rule(effect) if rule else Inverse(by_hand=f"undo what this did: {describe(change)}")


def own(change: Change) -> str:
    """Give the name alone of a column, a constraint or a trigger."""
    return change.name.removeprefix(f"{change.table}.")


def _sql(text: str) -> Callable[[Effect], Inverse]:
    """Make an inverse that is one statement, with the Change's parts filled in."""

    def rule(effect: Effect) -> Inverse:
        change = effect.change
        return Inverse(
            (
                text.format(
                    kind=change.kind.upper(),
                    name=change.name,
                    own=own(change),
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


def _drop(effect: Effect) -> Inverse:
    """Undo the making of an object."""
    change = effect.change
    guard = "IF EXISTS " if change.guarded or change.conditional else ""
    if change.kind in {"trigger", "policy", "rule"}:
        return Inverse((f"DROP {change.kind.upper()} {guard}{own(change)} ON {change.table}",))
    return Inverse((f"DROP {change.kind.upper()} {guard}{change.name}",))


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
    return Inverse(sources + _lost(effect), by_hand)


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
        return (f"ALTER TABLE {change.table} ADD CONSTRAINT {own(change)} {definition.sql()}",)
    return (definition.sql(),) if isinstance(definition, Index) else sources_of(change)


def _drop_column(effect: Effect) -> Inverse:
    """Undo DROP COLUMN; the values are gone, and it comes back as the last column."""
    change = effect.change
    column = change.definition
    if not isinstance(column, Column) or not column.type:
        return Inverse(by_hand=f"add column {change.name} again, as it was before")
    sql = f"ALTER TABLE {change.table} ADD COLUMN {column.sql()}"
    filled = column.nullable or column.default is not None or column.serial or column.identity
    loss = f"the values of {change.name} do not come back"
    if not filled:
        loss += "; it is not null, so rows that exist must be given a value first"
    return Inverse((sql, *_lost(effect)), loss=loss)


def _retype(effect: Effect) -> Inverse:
    """Undo ALTER COLUMN TYPE: cast back to the type that it had."""
    change = effect.change
    if not change.before:
        return Inverse(by_hand=f"give column {change.name} the type back that it had")
    column, old = own(change), change.before
    new = change.definition.type if isinstance(change.definition, Column) else ""
    value = f"{column}::{old}" if _casts(new, old) else f"{column}::text::{old}"
    sql = f"ALTER TABLE {change.table} ALTER COLUMN {column} TYPE {old} USING {value}"
    _, _, using = (change.after or "").partition(" using ")
    made = bool(using) and not using.startswith(f"{column}::")
    return Inverse(
        (sql,), loss=f"{column} was made by {using}, which has no inverse" if made else ""
    )


# Types that are cast into each other directly; others go by way of their text.
FAMILIES = (
    {"smallint", "integer", "bigint", "numeric", "real", "double precision"},
    {"date", "timestamp", "timestamptz"},
    {"json", "jsonb"},
)
TEXTS = {"text", "varchar", "char", "bpchar", "citext"}


def _casts(one: str, other: str) -> bool:
    """Tell whether a type is cast into another without a detour."""
    first, second = one.partition("(")[0], other.partition("(")[0]
    return TEXTS & {first, second} != set() or any({first, second} <= f for f in FAMILIES)


def _default(effect: Effect) -> Inverse:
    """Undo SET DEFAULT and DROP DEFAULT."""
    change = effect.change
    value = f"SET DEFAULT {default_sql(change.before)}" if change.before else "DROP DEFAULT"
    return Inverse((f"ALTER TABLE {change.table} ALTER COLUMN {own(change)} {value}",))


def _nullability(word: str) -> Callable[[Effect], Inverse]:
    """Make the inverse of SET NOT NULL or DROP NOT NULL, which may have changed nothing."""

    def rule(effect: Effect) -> Inverse:
        change = effect.change
        unchanged = (change.before == "not null") == (change.verb == "set not null")
        if change.before and unchanged:
            return Inverse()
        return Inverse((f"ALTER TABLE {change.table} ALTER COLUMN {own(change)} {word} NOT NULL",))

    return rule


def _add_constraint(effect: Effect) -> Inverse:
    """Undo ADD CONSTRAINT; columns that a primary key made not null may be null again."""
    change = effect.change
    sql: tuple[str, ...] = (f"ALTER TABLE {change.table} DROP CONSTRAINT {own(change)}",)
    constraint = change.definition
    by_hand = ""
    if isinstance(constraint, Constraint) and constraint.index:
        by_hand = f"create index {constraint.index} again, which went with the constraint"
    for implied in effect.implied:
        sql += (f"ALTER TABLE {change.table} ALTER COLUMN {own(implied)} DROP NOT NULL",)
    return Inverse(sql, by_hand)


def _drop_constraint(effect: Effect) -> Inverse:
    """Undo DROP CONSTRAINT."""
    change = effect.change
    if not isinstance(change.definition, Constraint):
        return Inverse(by_hand=f"add constraint {own(change)} to {change.table} again")
    again = f"ALTER TABLE {change.table} ADD CONSTRAINT {own(change)} {change.definition.sql()}"
    return Inverse((again, *_lost(effect)))


def _drop_index(effect: Effect) -> Inverse:
    """Undo DROP INDEX."""
    index = effect.change.definition
    if not isinstance(index, Index):
        return Inverse(by_hand=f"create index {effect.change.name} again")
    return Inverse((index.sql(),))


def _drop_table(effect: Effect) -> Inverse:
    """Undo DROP TABLE; the rows are gone."""
    change, gone = effect.change, effect.gone
    if gone is None or not gone.complete:
        return Inverse(by_hand=f"create table {change.name} again, as it was before")
    return Inverse((*table_sql(gone), *_lost(effect)), loss=f"the rows of {change.name}")


def table_sql(relation: Relation) -> Iterator[str]:
    """Give the statements that make a table as it was: its columns, constraints and indexes."""
    table = relation.table
    named = [c for c in relation.columns.values() if c.serial and not _names_itself(relation, c)]
    for column in named:
        yield f"CREATE SEQUENCE {relation.in_schema(_sequence(column))} AS {column.type}"
    parts = [
        (replace(column, serial=False) if column in named else column).sql()
        for column in relation.columns.values()
    ]
    parts += [
        f"CONSTRAINT {name} {constraint.sql()}"
        for name, constraint in relation.constraints.items()
        if constraint.type != "not null"
    ]
    kind = f"{table.persistence.upper()} TABLE".lstrip()
    if table.partition_of:
        yield f"CREATE {kind} {relation.name} PARTITION OF {table.partition_of} {table.bound}"
        return
    inherits = f" INHERITS ({', '.join(table.inherits)})" if table.inherits else ""
    partition = f" PARTITION BY {table.partition_by}" if table.partition_by else ""
    body = ",\n    ".join(parts)
    yield f"CREATE {kind} {relation.name} (\n    {body}\n){inherits}{partition}"
    yield from (index.sql() for index in relation.indexes.values())
    for column in named:
        owner = f"{relation.name}.{column.name}"
        yield f"ALTER SEQUENCE {relation.in_schema(_sequence(column))} OWNED BY {owner}"


def _names_itself(relation: Relation, column: Column) -> bool:
    """Tell whether ``serial`` would name a column's sequence as it is named: not after a rename."""
    names = [chosen_names.plain(column.name)]
    return _sequence(column) == identifier(chosen_names.of_object(relation.name, names, "seq"))


def _sequence(column: Column) -> str:
    """Give the name of a serial column's sequence, without its schema."""
    return unqualified((column.default or "").removeprefix("nextval('").partition("'")[0])


def _replace(effect: Effect) -> Inverse:
    """Undo CREATE OR REPLACE: what was there before comes back, or the object goes."""
    change = effect.change
    if change.before is None:
        return _drop(effect)
    if change.kind in {"view", "materialized view"}:
        return Inverse((f"DROP {change.kind.upper()} {change.name}", change.before))
    return Inverse((_or_replace(change.before),))


def _or_replace(source: str) -> str:
    """Let a CREATE replace what is there."""
    return re.sub(r"(?i)\A(create)\s+(?!or\s+replace)", r"\1 OR REPLACE ", source)


def _rename(effect: Effect) -> Inverse:
    """Undo RENAME."""
    change = effect.change
    old, new = change.before or own(change), change.after
    if change.kind == "column":
        return Inverse((f"ALTER TABLE {change.table} RENAME COLUMN {new} TO {old}",))
    if change.kind == "constraint":
        return Inverse((f"ALTER TABLE {change.table} RENAME CONSTRAINT {new} TO {old}",))
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


def comment_sql(change: Change, text: str | None) -> str:
    """Give the statement that sets an object's comment, or takes it away."""
    value = "NULL" if text is None else "'" + text.replace("'", "''") + "'"
    if change.kind in {"trigger", "policy", "rule", "constraint"}:
        return f"COMMENT ON {change.kind.upper()} {own(change)} ON {change.table} IS {value}"
    return f"COMMENT ON {change.kind.upper()} {change.name} IS {value}"


def _privileges(verb: str, old: str, new: str) -> Callable[[Effect], Inverse]:
    """Make the inverse of GRANT or REVOKE."""

    def rule(effect: Effect) -> Inverse:
        change = effect.change
        privileges, _, roles = (change.after or "").rpartition(f"{old} ")
        if change.kind == "role":
            return Inverse((f"{verb} {change.name} {new} {roles}",))
        if not privileges or change.kind == "default privileges":
            return Inverse(by_hand=f"undo what this did: {describe(change)}")
        kind = change.kind.removeprefix("every ").upper()
        kind = f"ALL {kind.replace(' IN', 'S IN')}" if change.kind.startswith("every") else kind
        return Inverse((f"{verb} {privileges.upper()}ON {kind} {change.name} {new} {roles}",))

    return rule


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
        by_hand=f"give {change.name} the values back that it had, if they can be told",
        loss=describe(change),
    )


_ALTER_COLUMN = "ALTER TABLE {table} ALTER COLUMN {own} "
RULES: dict[tuple[str, str], Callable[[Effect], Inverse]] = {
    ("add", "column"): _sql("ALTER TABLE {table} DROP COLUMN {own}"),
    ("drop", "column"): _drop_column,
    ("retype", "column"): _retype,
    ("set default", "column"): _default,
    ("drop default", "column"): _default,
    ("set not null", "column"): _nullability("DROP"),
    ("drop not null", "column"): _nullability("SET"),
    ("set identity", "column"): _sql(_ALTER_COLUMN + "DROP IDENTITY"),
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
    ("enable", "row security"): _sql("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"),
    ("disable", "row security"): _sql("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
    ("force", "row security"): _sql("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"),
    ("unforce", "row security"): _sql("ALTER TABLE {table} FORCE ROW LEVEL SECURITY"),
    ("enable", "trigger"): _sql("ALTER TABLE {table} DISABLE TRIGGER {own}"),
    ("disable", "trigger"): _sql("ALTER TABLE {table} ENABLE TRIGGER {own}"),
    ("enable", "all triggers"): _sql("ALTER TABLE {table} DISABLE TRIGGER ALL"),
    ("disable", "all triggers"): _sql("ALTER TABLE {table} ENABLE TRIGGER ALL"),
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
    "grant": _privileges("REVOKE", "to", "FROM"),
    "revoke": _privileges("GRANT", "from", "TO"),
    **dict.fromkeys(
        ("run", "set", "reset", "lock", "analyze", "vacuum", "reindex", "cluster"), _nothing
    ),
}
