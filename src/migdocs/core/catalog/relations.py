"""Apply Changes of whole relations: tables, views, partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.core.catalog import extras, objects
from migdocs.core.catalog.borrowed import all_seen
from migdocs.core.catalog.constraints import inherit_constraint, inherit_index
from migdocs.core.catalog.state import Effect, Relation, lost, with_before
from migdocs.core.sql import chosen_names
from migdocs.core.sql.definitions import Column, Source, Table
from migdocs.core.sql.tree import identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.catalog.state import State
    from migdocs.core.model import Change


def create_table(state: State, change: Change) -> Effect:
    """Create a table, with what it takes from others; one that is there stays as it is."""
    if change.name in state.relations and (change.guarded or change.conditional):
        state.skipped = (change.path, change.statement, change.name)
        return Effect(change, void=True)
    table = change.definition if isinstance(change.definition, Table) else Table()
    born = (change.path, change.statement)
    sources = (*table.inherits, *(source for source, _ in table.like), table.partition_of)
    complete = all(state.relation(source).complete for source in sources if source)
    relation = Relation(change.name, "table", table, complete=complete, born=born)
    state.filled.discard(change.name)
    (state.guarded.add if change.guarded else state.guarded.discard)(change.name)
    state.relations[change.name] = relation
    if table.query is not None:
        _copy_query(state, relation, table)
    state.parents.update(table.inherits)
    for parent in table.inherits:
        relation.columns.update(state.relation(parent).columns)
    for source, parts in table.like:
        _copy(state, state.relation(source), relation, parts)
    if table.partition_of:
        _become_partition(state, relation, state.relation(table.partition_of))
    return Effect(change)


def _copy_query(state: State, relation: Relation, table: Table) -> None:
    """Give a table the columns of its query, if that takes those of one table that is known."""
    source = state.relations.get(table.copies)
    relation.complete = source is not None and source.complete
    if source is not None:
        for name, column in source.columns.items():
            relation.columns[name] = Column(name, column.type, collation=column.collation)


def _copy(state: State, source: Relation, target: Relation, parts: tuple[str, ...]) -> None:
    """Copy a table's columns (LIKE), and what else was asked for."""
    for name, column in source.columns.items():
        kept = column if "defaults" in parts else replace(column, default=None, serial=False)
        kept = kept if "identity" in parts else replace(kept, identity="")
        target.columns[name] = kept if "generated" in parts else replace(kept, generated=None)
    for name, constraint in source.constraints.items():
        if constraint.type == "check" and "constraints" in parts:
            state.put_constraint(target, name, constraint)
        elif constraint.type in {"primary key", "unique", "exclude"} and "indexes" in parts:
            own = chosen_names.of_constraint(target.name, constraint.type, constraint.columns)
            state.put_constraint(target, own, replace(constraint, name=""))
    if "indexes" in parts:
        for index in source.indexes.values():
            inherit_index(state, target, index)


def _become_partition(state: State, relation: Relation, parent: Relation) -> None:
    """Give a partition what its parent has."""
    state.parents.add(parent.name)
    for name, column in parent.columns.items():
        relation.columns.setdefault(name, column)
    for name, constraint in parent.constraints.items():
        if constraint.type == "check" or not _has_like(relation, constraint.columns):
            inherit_constraint(state, relation, name, constraint)
    for index in parent.indexes.values():
        inherit_index(state, relation, index)


def _has_like(relation: Relation, columns: tuple[str, ...]) -> bool:
    """Tell whether a table has a key over the same columns already."""
    return any(c.columns == columns and c.type != "check" for c in relation.constraints.values())


def create_view(state: State, change: Change) -> Effect:
    """Create a view, or replace it; the definition before is known now."""
    old = state.objects.get((change.kind, change.name))
    state.objects[change.kind, change.name] = change.definition
    relation = Relation(change.name, change.kind, needs=change.needs, complete=True)
    relation.born = (change.path, change.statement)
    state.relations[change.name] = relation
    if isinstance(old, Source) and change.verb == "replace":
        said = (*extras.statements(state, change.name), *_comments(state, change))
        return Effect(replace(change, before=old.sql), extras=said)
    return Effect(change)


def _comments(state: State, change: Change) -> Iterator[str]:
    """Give the statement that sets a view's comment, where it has one."""
    text = state.comments.get((change.kind, change.name))
    if text is not None:
        literal = "'" + text.replace("'", "''") + "'"
        yield f"COMMENT ON {change.kind.upper()} {change.name} IS {literal}"


def drop_relation(state: State, change: Change) -> Effect:
    """Drop a relation; by CASCADE also the views and foreign keys that need it."""
    relation = state.relations.pop(change.name, None)
    definition = state.objects.pop((change.kind, change.name), None)
    if relation is None:
        return Effect(change)
    partitions = [partition.name for partition in state.partitions(change.name)]
    for partition in partitions:
        state.relations.pop(partition, None)
    victims = tuple(_victims(state, change)) if change.cascade else ()
    victims = (*objects.drop_parts(state, change), *victims)
    said = extras.take(state, change.name)
    for victim in victims:
        if victim.kind in {"view", "materialized view"}:
            said += extras.take(state, victim.name)
    if isinstance(definition, Source):
        changed = with_before(change, definition.sql, definition)
    else:
        changed = with_before(change, _size(relation), relation.table)
    return Effect(changed, victims, gone=relation, extras=said)


def _size(relation: Relation) -> str | None:
    """Say how big a table was, where it was known."""
    return f"{len(relation.columns)} columns" if relation.complete else None


def _victims(state: State, cause: Change) -> Iterator[Change]:
    """Take away what cannot be without a relation, and give it."""
    for owner, name, constraint in state.referencing(cause.name):
        del owner.constraints[name]
        yield lost(cause, "constraint", f"{owner.name}.{name}", owner.name, constraint)
    for relation in list(all_seen(state.relations)):
        if cause.name in relation.needs and relation.name in state.relations:
            victim = replace(cause, kind=relation.kind, name=relation.name, after=None)
            said = state.extras.get(relation.name, ())
            effect = drop_relation(state, victim)
            state.extras[relation.name] = said  # for whoever drops what it needs
            yield effect.change
            yield from effect.lost


def rename_relation(state: State, change: Change) -> Effect:
    """Rename a relation; what points at it follows."""
    schema = change.name.rpartition(".")[0]
    new = f"{schema}.{change.after}" if schema else change.after or ""
    _move(state, change.kind, change.name, new)
    return Effect(change)


def set_schema(state: State, change: Change) -> Effect:
    """Move a relation to another schema; its indexes go along."""
    own = change.name.rpartition(".")[2]
    schema = "" if change.after == "public" else change.after
    new = f"{schema}.{own}" if schema else own
    relation = state.relations.get(change.name)
    _move(state, change.kind, change.name, new)
    if relation:
        relation.indexes = {
            (name := relation.in_schema(old.rpartition(".")[2])): replace(index, name=name)
            for old, index in relation.indexes.items()
        }
        state.put_all(relation)
    return Effect(change)


def keep_sequence(table: str, column: Column) -> Column:
    """Give an identity column that keeps its sequence's name when it or its table is renamed."""
    if not column.identity or column.sequence:
        return column
    schema, dot, own = table.rpartition(".")
    name = chosen_names.of_object(own, [chosen_names.plain(column.name)], "seq")
    return replace(column, sequence=f"{schema}{dot}{identifier(name)}")


def _move(state: State, kind: str, old: str, new: str) -> None:
    """Give a relation another name, everywhere."""
    relation = state.relations.pop(old, None)
    objects.move(state, kind, old, new)
    objects.move_parts(state, old, new)
    if relation is None:
        return
    relation.columns = {n: keep_sequence(old, c) for n, c in relation.columns.items()}
    relation.name = new
    relation.indexes = {n: replace(i, table=new) for n, i in relation.indexes.items()}
    for owner, name, constraint in state.referencing(old):
        state.put_constraint(owner, name, replace(constraint, references=new))
    state.put_all(relation)
    if old in state.parents:
        state.parents.add(new)
    for name, constraint in list(relation.constraints.items()):
        if constraint.references == old:
            state.put_constraint(relation, name, replace(constraint, references=new))
    for other in all_seen(state.relations):
        if old in other.needs or other.table.partition_of == old:
            _follow(state.relations[other.name], old, new)


def _follow(relation: Relation, old: str, new: str) -> None:
    """Let a relation need or be part of another under its new name."""
    relation.needs = tuple(new if need == old else need for need in relation.needs)
    if relation.table.partition_of == old:
        relation.table = replace(relation.table, partition_of=new)


def attach(state: State, change: Change) -> Effect:
    """Make a table a partition."""
    relation, parent = state.relation(change.name), state.relation(change.table or "")
    relation.table = replace(relation.table, partition_of=parent.name, bound=change.after or "")
    _become_partition(state, relation, parent)
    return Effect(change)


def detach(state: State, change: Change) -> Effect:
    """Make a partition a table of its own."""
    relation = state.relation(change.name)
    bound = relation.table.bound
    relation.table = replace(relation.table, partition_of="", bound="")
    return Effect(with_before(change, bound or None))


def drop_schema(state: State, change: Change) -> Effect:
    """Drop a schema, by CASCADE with all that is in it."""
    victims: list[Change] = []
    if change.cascade:
        for relation in list(state.relations.values()):
            if relation.schema == change.name and relation.name in state.relations:
                inside = replace(change, kind=relation.kind, name=relation.name)
                victims.append(drop_relation(state, inside).change)
        for kind, name in list(state.objects):
            if name.startswith(change.name + "."):
                state.objects.pop((kind, name))
    state.objects.pop(("schema", change.name), None)
    return Effect(change, tuple(victims))


def rename_schema(state: State, change: Change) -> Effect:
    """Rename a schema; all that is in it follows, and types of columns with it."""
    old, new = change.name, change.after or ""
    for name in [n for n in state.relations if n.startswith(f"{old}.")]:
        set_schema(state, replace(change, kind=state.relations[name].kind, name=name))
    for kind, name in [key for key in state.objects if key[1].startswith(f"{old}.")]:
        if kind not in objects.PARTS:
            state.objects[kind, new + name[len(old) :]] = state.objects.pop((kind, name))
    for relation in list(all_seen(state.relations)):
        for name, column in list(relation.columns.items()):
            if column.type.startswith(f"{old}."):
                state.relations[relation.name].columns[name] = replace(
                    column, type=new + column.type[len(old) :]
                )
    state.objects["schema", new] = state.objects.pop(("schema", old), None)
    return Effect(change)
