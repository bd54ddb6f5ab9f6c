"""Apply Changes of columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from migdocs.core.catalog import extras, objects
from migdocs.core.catalog.borrowed import all_seen
from migdocs.core.catalog.state import Effect, lost, mentions, uses, with_before
from migdocs.core.sql.definitions import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migdocs.core.catalog.state import Relation, State
    from migdocs.core.model import Change
    from migdocs.core.sql.definitions import Constraint, Index

# What a Change of an identity says that it is from now on; SET GENERATED says a letter's number.
IDENTITIES = {
    "always": "always",
    "by default": "by default",
    "generated = 97": "always",
    "generated = 100": "by default",
}


def add_column(state: State, change: Change) -> Effect:
    """Add a column, and to the table's partitions and heirs too; one that is there stays."""
    table = change.table or ""
    if (change.path, change.statement, table) == state.skipped:
        return Effect(change, void=True)
    relation = state.relation(table)
    column = change.definition
    if not isinstance(column, Column):
        return Effect(change)
    if column.name in relation.columns and (change.guarded or change.conditional):
        return Effect(change, void=True)
    relation.columns[column.name] = column
    for heir in state.heirs(relation.name):
        heir.columns.setdefault(column.name, column)
    return Effect(change)


def drop_column(state: State, change: Change) -> Effect:
    """Drop a column, and with it every index and constraint that uses it."""
    relation = state.relation(change.table or "")
    name = change.own_name
    column = relation.columns.pop(name, None)
    for heir in state.heirs(relation.name):
        heir.columns.pop(name, None)
    gone = tuple(_lost_with(state, relation, name, change))
    gone += tuple(objects.drop_comment(state, change, "column", change.name, relation.name))
    said = extras.take_part(state, relation.name, "column", name)
    if change.cascade:  # views that read it go; which do is not known here
        state.doubtful |= {r.name for r in all_seen(state.relations) if relation.name in r.needs}
    if column is None:
        return Effect(change, gone, extras=said)
    return Effect(with_before(change, column.describe(), column), gone, extras=said)


def _lost_with(state: State, relation: Relation, column: str, cause: Change) -> Iterator[Change]:
    """Take away what cannot be without a column, and give it."""
    for name, index in list(relation.indexes.items()):
        if uses(index, column):
            del relation.indexes[name]
            yield lost(cause, "index", name, relation.name, index)
    for owner, name, constraint in state.referencing(relation.name):
        if column in (constraint.referenced or relation.primary_key()):
            del owner.constraints[name]
            yield lost(cause, "constraint", f"{owner.name}.{name}", owner.name, constraint)
    for name, constraint in list(relation.constraints.items()):
        if column in constraint.columns or mentions(constraint.expression, column):
            del relation.constraints[name]
            yield lost(cause, "constraint", f"{relation.name}.{name}", relation.name, constraint)


def rename_column(state: State, change: Change) -> Effect:
    """Rename a column, in every index and constraint that names it too."""
    relation = state.relation(change.table or "")
    old, new = change.own_name, change.after or ""
    objects.move_comment(state, "column", change.name, f"{relation.name}.{new}", relation.name)
    for each in (relation, *state.heirs(relation.name)):
        each.columns = {
            (new if name == old else name): replace(column, name=new) if name == old else column
            for name, column in each.columns.items()
        }
        each.indexes = {n: _index_renamed(i, old, new) for n, i in each.indexes.items()}
        each.constraints = {
            n: _constraint_renamed(c, old, new) for n, c in each.constraints.items()
        }
    for owner, name, constraint in state.referencing(relation.name):
        referenced = tuple(new if column == old else column for column in constraint.referenced)
        owner.constraints[name] = replace(constraint, referenced=referenced)
    return Effect(change)


def _word(old: str, new: str, text: str) -> str:
    """Replace a name in SQL text."""
    return re.sub(rf'(?<![\w$"]){re.escape(old)}(?![\w$"])', lambda _: new, text)


def _index_renamed(index: Index, old: str, new: str) -> Index:
    """Give an index after a column of its table was renamed."""
    if not uses(index, old):
        return index
    return replace(
        index,
        keys=tuple(_word(old, new, key) for key in index.keys),
        columns=tuple(new if column == old else column for column in index.columns),
        include=tuple(new if column == old else column for column in index.include),
        where=None if index.where is None else _word(old, new, index.where),
    )


def _constraint_renamed(constraint: Constraint, old: str, new: str) -> Constraint:
    """Give a constraint after a column of its table was renamed."""
    if old not in constraint.columns and not mentions(constraint.expression, old):
        return constraint
    return replace(
        constraint,
        columns=tuple(new if column == old else column for column in constraint.columns),
        expression=_word(old, new, constraint.expression),
    )


def _altered(state: State, change: Change, **values: Any) -> Column:  # noqa: ANN401 - fields
    """Give a column as it was, after changing it; its type is empty where it was not known."""
    relation = state.relation(change.table or "")
    name = change.own_name
    column = relation.columns.get(name) or Column(name, "")
    relation.columns[name] = replace(column, **values)
    for heir in state.heirs(relation.name):
        if name in heir.columns:
            heir.columns[name] = replace(heir.columns[name], **values)
    return column


def retype(state: State, change: Change) -> Effect:
    """Change a column's type."""
    new = change.definition
    values = {"type": new.type, "collation": new.collation} if isinstance(new, Column) else {}
    return Effect(with_before(change, _altered(state, change, **values).type or None))


def set_default(state: State, change: Change) -> Effect:
    """Set a column's default, or drop it."""
    old = _altered(state, change, default=change.after, serial=False)
    return Effect(with_before(change, old.default))


def nullability(*, nullable: bool) -> Callable[[State, Change], Effect]:
    """Make what sets whether a column may be null."""

    def act(state: State, change: Change) -> Effect:
        """Set it, and say what it was where the column was known."""
        old = _altered(state, change, nullable=nullable)
        was = "null" if old.nullable else "not null"
        return Effect(with_before(change, was if old.type else None))

    return act


def drop_identity(state: State, change: Change) -> Effect:
    """Stop numbering the rows of a column."""
    return Effect(with_before(change, _altered(state, change, identity="").identity or None))


def set_identity(state: State, change: Change) -> Effect:
    """Number the rows of a column."""
    kind = IDENTITIES.get((change.after or "").partition(",")[0])
    known = state.relation(change.table or "").columns.get(change.own_name)
    kept = known.identity if known and known.identity else "by default"
    old = _altered(state, change, identity=kind or kept, nullable=False)
    return Effect(with_before(change, old.identity or None))


def drop_expression(state: State, change: Change) -> Effect:
    """Turn a generated column into a plain one."""
    return Effect(with_before(change, _altered(state, change, generated=None).generated))
