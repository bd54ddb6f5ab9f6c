"""Apply Changes of what is no relation: types, routines, triggers, schemas, comments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migdocs.core.catalog.relations import drop_relation
from migdocs.core.catalog.state import Effect, lost, with_before
from migdocs.core.definitions import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.catalog.state import State
    from migdocs.core.model import Change


def create(state: State, change: Change) -> Effect:
    """Remember an object's definition; what it replaces is known now."""
    key = (change.kind, change.name)
    old = state.objects.get(key)
    if key in state.objects and change.verb == "create" and (change.guarded or change.conditional):
        return Effect(change, void=True)
    state.objects[key] = change.definition
    if change.verb == "replace" and isinstance(old, Source):
        return Effect(replace(change, before=old.sql))
    return Effect(change)


def drop(state: State, change: Change) -> Effect:
    """Forget an object; what it was is known now. Types take columns with them by CASCADE."""
    key = (change.kind, change.name)
    if key not in state.objects and "(" not in change.name:
        # DROP FUNCTION f, without arguments, means the only one of that name.
        named = (k for k in state.objects if k[0] == change.kind)
        key = next((k for k in named if k[1].startswith(change.name + "(")), key)
    old = state.objects.pop(key, None)
    victims = tuple(_columns_of_type(state, change)) if change.cascade else ()
    if isinstance(old, Source):
        return Effect(with_before(change, old.sql, old), victims)
    return Effect(change, victims)


def _columns_of_type(state: State, cause: Change) -> Iterator[Change]:
    """Take away the columns of a dropped type, and give them."""
    if cause.kind not in {"type", "domain"}:
        return
    for relation in state.relations.values():
        for name, column in list(relation.columns.items()):
            if column.type.removesuffix("[]") == cause.name:
                del relation.columns[name]
                yield lost(cause, "column", f"{relation.name}.{name}", relation.name, column)


def rename(state: State, change: Change) -> Effect:
    """Rename an object; columns of a renamed type follow."""
    head, dot, _ = change.name.rpartition(".")
    new = f"{head}{dot}{change.after}"
    if (change.kind, change.name) in state.objects:
        state.objects[change.kind, new] = state.objects.pop((change.kind, change.name))
    if change.kind in {"type", "domain"}:
        for relation in state.relations.values():
            for name, column in relation.columns.items():
                if column.type.removesuffix("[]") == change.name:
                    suffix = column.type[len(change.name) :]
                    relation.columns[name] = replace(column, type=new + suffix)
    return Effect(change)


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


def comment(state: State, change: Change) -> Effect:
    """Set a comment; the text before is known now."""
    key = (change.kind, change.name)
    old = state.comments.get(key)
    state.comments[key] = change.after
    return Effect(replace(change, before=old) if old is not None else change)
