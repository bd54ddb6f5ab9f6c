"""Apply Changes of what is no relation: types, routines, triggers, schemas, comments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.core.catalog import extras
from migdocs.core.catalog.borrowed import all_seen
from migdocs.core.catalog.state import ROUTINES, Effect, lost, with_before
from migdocs.core.sql.definitions import Enum, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.catalog.state import State
    from migdocs.core.model import Change

PARTS = frozenset({"trigger", "policy", "rule", "statistics"})
COMMENTED = PARTS | {"column", "constraint"}


def create(state: State, change: Change) -> Effect:
    """Remember an object's definition; what it replaces is known now."""
    key = (change.kind, change.name)
    old = state.objects.get(key)
    if key in state.objects and change.verb == "create" and (change.guarded or change.conditional):
        return Effect(change, void=True)
    state.objects[key] = change.definition
    if change.kind in PARTS:
        state.parts.setdefault(change.table or "", set()).add(key)
    if change.verb == "replace" and isinstance(old, Source):
        return Effect(replace(change, before=old.sql))
    return Effect(change)


def drop(state: State, change: Change) -> Effect:
    """Forget an object; what it was is known now. Types take columns with them by CASCADE."""
    change = extras.with_table(state, change)
    key = (change.kind, change.name)
    if key not in state.objects and "(" not in change.name:
        # DROP FUNCTION f, without arguments, means the only one of that name.
        named = (k for k in state.objects if k[0] == change.kind)
        key = next((k for k in named if k[1].startswith(change.name + "(")), key)
    old = state.objects.pop(key, None)
    victims = (
        (*_columns_of_type(state, change), *_triggers_of(state, change, key[1]))
        if change.cascade
        else ()
    )
    victims = (*victims, *drop_comment(state, change, *key, change.table))
    if change.kind in PARTS and change.table:
        own = change.own_name
        said = extras.take_part(state, change.table, change.kind, own)
    else:
        said = extras.take(state, extras.key_of(*key))
    if isinstance(old, Source | Enum):
        before = old.sql if isinstance(old, Source) else old.sql(change.name)
        return Effect(with_before(change, before, old), victims, extras=said)
    return Effect(change, victims, extras=said)


def create_publication(state: State, change: Change) -> Effect:
    """Make a publication, and note what it takes in."""
    extras.publish(state, change)
    return create(state, change)


def alter_publication(state: State, change: Change) -> Effect:
    """Note what a publication takes in from now on."""
    extras.publish(state, change)
    return forget_source(state, change)


def drop_publication(state: State, change: Change) -> Effect:
    """Forget a publication."""
    extras.withdraw(state, change)
    return drop(state, change)


def _columns_of_type(state: State, cause: Change) -> Iterator[Change]:
    """Take away the columns of a dropped type, and give them."""
    if cause.kind not in {"type", "domain"}:
        return
    for relation in all_seen(state.relations):
        for name, column in list(relation.columns.items()):
            if column.type.removesuffix("[]") == cause.name:
                del state.relations[relation.name].columns[name]
                yield lost(cause, "column", f"{relation.name}.{name}", relation.name, column)


def _triggers_of(state: State, cause: Change, name: str) -> Iterator[Change]:
    """Take away the triggers that run a dropped function, and give them."""
    if cause.kind not in ROUTINES:
        return
    own = re.escape(name.partition("(")[0])
    called = re.compile(rf"(?i)\bexecute\s+\w+\s+(?:public\.)?{own}\(")
    for table, parts in state.parts.items():
        for kind, trigger in sorted(parts):
            definition = state.objects.get((kind, trigger))
            runs = kind == "trigger" and isinstance(definition, Source)
            if runs and isinstance(definition, Source) and called.search(definition.sql):
                del state.objects[kind, trigger]
                yield lost(cause, kind, trigger, table, definition)
                yield from drop_comment(state, cause, kind, trigger, table)
                part = trigger.removeprefix(f"{table}.")
                for sql in extras.take_part(state, table, kind, part):
                    yield lost(cause, kind, trigger, table, Source(sql))


def rename(state: State, change: Change) -> Effect:
    """Rename an object; columns of a renamed type follow."""
    head, dot, _ = change.name.rpartition(".")
    new = f"{head}{dot}{change.after}"
    move(state, change.kind, change.name, new)
    if change.kind in {"type", "domain"}:
        for relation in all_seen(state.relations):
            for name, column in list(relation.columns.items()):
                if column.type.removesuffix("[]") == change.name:
                    suffix = column.type[len(change.name) :]
                    state.relations[relation.name].columns[name] = replace(
                        column, type=new + suffix
                    )
    return Effect(change)


def comment(state: State, change: Change) -> Effect:
    """Set a comment; the text before is known now."""
    key = (change.kind, change.name)
    old = state.comments.get(key)
    state.comments[key] = change.after
    if change.kind in COMMENTED:
        state.parts.setdefault(change.table or "", set()).add(key)
    return Effect(replace(change, before=old) if old is not None else change)


def move(state: State, kind: str, old: str, new: str) -> None:
    """Give an object another name; its source says how it came to it."""
    extras.move(state, extras.key_of(kind, old), extras.key_of(kind, new))
    if (kind, old) in state.comments:
        state.comments[kind, new] = state.comments.pop((kind, old))
    if (kind, old) not in state.objects:
        return
    definition = state.objects.pop((kind, old))
    if isinstance(definition, Source):
        own = new.rpartition(".")[2]
        definition = Source(f"{definition.sql};\nALTER {kind.upper()} {old} RENAME TO {own}")
    state.objects[kind, new] = definition


def drop_parts(state: State, cause: Change) -> Iterator[Change]:
    """Take away what belongs to a table that is gone, and give it: triggers, policies, comments."""
    for kind, name in sorted(state.parts.pop(cause.name, ())):
        definition = state.objects.pop((kind, name), None)
        if definition is not None:
            yield lost(cause, kind, name, cause.name, definition)
        yield from drop_comment(state, cause, kind, name, cause.name)
    yield from drop_comment(state, cause, cause.kind, cause.name, None)


def drop_comment(
    state: State, cause: Change, kind: str, name: str, table: str | None
) -> Iterator[Change]:
    """Take away an object's comment, and give it where there was one."""
    text = state.comments.pop((kind, name), None)
    if text is not None:
        yield replace(
            cause, verb="comment", kind=kind, name=name, before=text, after=None, table=table
        )


def move_comment(state: State, kind: str, old: str, new: str, table: str) -> None:
    """Let a comment follow what it is on."""
    if (kind, old) in state.comments:
        state.comments[kind, new] = state.comments.pop((kind, old))
        state.parts.setdefault(table, set()).add((kind, new))


def move_parts(state: State, old: str, new: str) -> None:
    """Let what belongs to a renamed table follow; the sources name the table as it was."""
    for kind, name in state.parts.pop(old, ()):
        key = (kind, name if kind == "statistics" else new + name[len(old) :])
        state.parts.setdefault(new, set()).add(key)
        if (kind, name) in state.objects:
            del state.objects[kind, name]
            state.objects[key] = None
        if (kind, name) in state.comments:
            state.comments[key] = state.comments.pop((kind, name))


# Of these roles the one that runs the migrations is surely one.
OWN_ROLES = frozenset({"ALL", "CURRENT_USER", "CURRENT_ROLE", "SESSION_USER"})


def set_search_path(state: State, change: Change) -> Effect:
    """Set where later sessions look for names, as far as that is the migrations' own."""
    setting, _, value = (change.after or "").partition(" = ")
    if setting == "search_path" and (change.kind == "database" or change.name in OWN_ROLES):
        state.search_path = tuple(value.split(", "))
    return Effect(change)


def add_value(state: State, change: Change) -> Effect:
    """Add a value to an enumerated type, at its place."""
    old = state.objects.get(("type", change.name))
    value, _, where = (change.after or "").partition("' ")
    value = value if not where else value + "'"
    if not isinstance(old, Enum):
        return Effect(change)
    if value in old.values:
        return Effect(change, void=True)
    side, _, neighbour = where.partition(" ")
    place = len(old.values)
    if neighbour in old.values:
        place = old.values.index(neighbour) + (side == "after")
    values = (*old.values[:place], value, *old.values[place:])
    state.objects["type", change.name] = Enum(values)
    return Effect(change)


def rename_value(state: State, change: Change) -> Effect:
    """Rename a value of an enumerated type."""
    old = state.objects.get(("type", change.name))
    if isinstance(old, Enum):
        values = tuple(change.after or "" if v == change.before else v for v in old.values)
        state.objects["type", change.name] = Enum(values)
    for relation in all_seen(state.relations):
        for name, column in list(relation.columns.items()):
            if column.type == change.name and column.default == change.before:
                state.relations[relation.name].columns[name] = replace(column, default=change.after)
    return Effect(change)


def fill(state: State, change: Change) -> Effect:
    """Note that a table holds rows, and those above it."""
    if not change.conditional:
        table: str | None = change.name
        while table and table not in state.filled:
            state.filled.add(table)
            relation = state.relations.get(table)
            table = relation.table.partition_of if relation else None
    return Effect(change)


def empty(state: State, change: Change) -> Effect:
    """Note that a table, and its parts, may hold no rows any more."""
    state.filled -= {change.name, *(heir.name for heir in state.heirs(change.name))}
    return Effect(change)


def forget_source(state: State, change: Change) -> Effect:
    """Note that an object, or the type that a part is of, is no longer what its source says."""
    whole = change.table or ""
    for key in ((change.kind, change.name), ("domain", whole), ("type", whole)):
        if key in state.objects:
            state.objects[key] = None
    return Effect(change)
