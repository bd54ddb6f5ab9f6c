"""Apply Changes of constraints and indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.core.catalog import extras
from migdocs.core.catalog.objects import drop_comment
from migdocs.core.catalog.state import INDEXED, Effect, lost, with_before
from migdocs.core.sql import chosen_names
from migdocs.core.sql.definitions import Constraint, Index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.catalog.state import Relation, State
    from migdocs.core.model import Change


def add_constraint(state: State, change: Change) -> Effect:
    """Add a constraint; its columns are not null for a primary key, and its index may exist."""
    table = change.table or ""
    constraint = change.definition
    if (change.path, change.statement, table) == state.skipped:
        return Effect(change, void=True)
    if not isinstance(constraint, Constraint):
        return Effect(change)
    relation = state.relation(table)
    used = relation.indexes.get(relation.in_schema(constraint.index))
    if constraint.index:
        constraint = _of_index(relation, constraint)
    name = constraint.name or _unused(state, relation, change.own_name, constraint)
    implied = tuple(_made_not_null(relation, constraint, change))
    state.put_constraint(relation, name, constraint)
    for partition in state.partitions(table):
        inherit_constraint(state, partition, name, constraint)
    if change.own_name != name:
        change = replace(change, name=f"{table}.{name}")
    return Effect(change, implied=implied, used=used)


def _made_not_null(relation: Relation, constraint: Constraint, cause: Change) -> Iterator[Change]:
    """Give the columns that a primary key makes not null."""
    if constraint.type != "primary key":
        return
    for name in constraint.columns:
        column = relation.columns.get(name)
        if column and column.nullable:
            yield replace(
                cause,
                verb="set not null",
                kind="column",
                name=f"{relation.name}.{name}",
                before="null",
                after=None,
                definition=None,
                needs=(),
            )


def _of_index(relation: Relation, constraint: Constraint) -> Constraint:
    """Turn an index into a constraint's (USING INDEX)."""
    index = relation.indexes.pop(relation.in_schema(constraint.index), None)
    name = constraint.name or constraint.index
    return replace(constraint, name=name, index="", columns=index.columns if index else ())


def _unused(state: State, relation: Relation, name: str, constraint: Constraint) -> str:
    """Give the name that the server chooses: it counts up where one is taken."""
    if constraint.type in INDEXED:
        return state.unused_name(relation, name)
    taken, number = name, 0
    while taken in relation.constraints:
        number += 1
        taken = f"{name}{number}"
    return taken


def inherit_constraint(state: State, heir: Relation, name: str, constraint: Constraint) -> None:
    """Give a partition its parent's constraint; only a check keeps its name."""
    if constraint.type == "check":
        state.put_constraint(heir, name, constraint)
        return
    own = chosen_names.of_constraint(heir.name, constraint.type, constraint.columns)
    free = _unused(state, heir, own, constraint)
    state.put_constraint(heir, free, replace(constraint, name=""))


def inherit_index(state: State, heir: Relation, index: Index) -> None:
    """Give a partition an index like its parent's, unless it has one."""
    if any(own.keys == index.keys and own.where == index.where for own in heir.indexes.values()):
        return
    names = [chosen_names.plain(column) for column in index.columns] or ["expr"]
    name = heir.in_schema(state.unused_name(heir, chosen_names.of_object(heir.name, names, "idx")))
    state.put_index(heir, replace(index, name=name, table=heir.name))


def drop_constraint(state: State, change: Change) -> Effect:
    """Drop a constraint; with a key go, by CASCADE, the foreign keys that reference it."""
    relation = state.relation(change.table or "")
    name = change.own_name
    gone = relation.constraints.pop(name, None)
    if gone is None:
        return Effect(change)
    for partition in state.partitions(relation.name):
        for own, constraint in list(partition.constraints.items()):
            if constraint.type == gone.type and constraint.columns == gone.columns:
                del partition.constraints[own]
    victims = tuple(_pointing_at(state, relation, gone, change)) if change.cascade else ()
    return Effect(with_before(change, gone.sql(), gone), victims)


def _pointing_at(
    state: State, relation: Relation, key: Constraint, cause: Change
) -> Iterator[Change]:
    """Take away the foreign keys that need a key, and give them."""
    for owner, name, constraint in state.referencing(relation.name):
        referenced = constraint.referenced or (key.columns if key.type == "primary key" else ())
        if set(referenced) == set(key.columns):
            del owner.constraints[name]
            yield lost(cause, "constraint", f"{owner.name}.{name}", owner.name, constraint)


def rename_constraint(state: State, change: Change) -> Effect:
    """Rename a constraint, and with it its index."""
    relation = state.relation(change.table or "")
    old, new = change.own_name, change.after or ""
    if old in relation.constraints:
        renamed = replace(relation.constraints.pop(old), name=new)
        state.put_constraint(relation, new, renamed)
    return Effect(change)


def validate(state: State, change: Change) -> Effect:
    """Note that all rows were checked."""
    relation = state.relation(change.table or "")
    constraint = relation.constraints.get(change.own_name)
    if constraint:
        relation.constraints[change.own_name] = replace(constraint, not_valid=False)
    return Effect(change)


def create_index(state: State, change: Change) -> Effect:
    """Create an index, on the table's partitions too."""
    index = change.definition
    if not isinstance(index, Index):
        return Effect(change)
    relation = state.relation(index.table)
    taken = state.of_index(index.name)
    if taken and (change.guarded or change.conditional):
        return Effect(change, void=True)
    state.put_index(relation, index)
    if not index.only:
        for partition in state.partitions(index.table):
            inherit_index(state, partition, index)
    return Effect(change)


def drop_index(state: State, change: Change) -> Effect:
    """Drop an index, from the table's partitions too; what it was is known now."""
    relation = state.of_index(change.name)
    index = relation.indexes.pop(change.name, None) if relation else None
    if relation is None or index is None:
        return Effect(change)
    for partition in state.partitions(relation.name):
        for name, own in list(partition.indexes.items()):
            if own.keys == index.keys and own.where == index.where:
                del partition.indexes[name]
    key = set(relation.primary_key())
    known = replace(with_before(change, index.describe(), index), table=relation.name)
    comments = tuple(drop_comment(state, known, "index", change.name, None))
    said = extras.take_naming(state, relation.name, change.name.rpartition(".")[2])
    covered = bool(key) and key <= set(index.columns)
    return Effect(known, comments, covered=covered, extras=said)


def rename_index(state: State, change: Change) -> Effect:
    """Rename an index, or the constraint that it is of."""
    relation = state.of_index(change.name)
    if relation is None:
        return Effect(change)
    index = relation.indexes.pop(change.name, None)
    new = change.after or ""
    if index:
        state.put_index(relation, replace(index, name=relation.in_schema(new)))
    else:
        old = change.name.rpartition(".")[2]
        renamed = replace(relation.constraints.pop(old), name=new)
        state.put_constraint(relation, new, renamed)
    return Effect(replace(change, table=relation.name))
