"""Derive which migration needs which, from the objects that their Changes touch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.sql.definitions import Constraint, Index

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from migdocs.core.model import Change

# Verbs that leave a schema as it was.
READING = frozenset({"run", "set", "reset", "lock", "call", "unread", "analyze", "vacuum"})
# Where runners note what has run: a script that writes there keeps their books, and moves no data.
TRACKERS = frozenset({"schema_migrations", "goose_db_version", "flyway_schema_history"})
# What a migration is, by whether it changes the schema and whether it changes rows.
TYPES = {
    (True, False): "Schema Change",
    (False, True): "Data Migration",
    (True, True): "Schema Change + Data Migration",
    (False, False): "",
}


def type_of(changes: Sequence[Change]) -> str:
    """Say whether Changes are of the schema, of rows, or of both.

    Empty where of neither, or where what could not be read may be of the other.
    """
    lasting = [c for c in changes if c.verb not in READING and c.name not in TRACKERS]
    rows = any(change.kind == "rows" for change in lasting)
    told = TYPES[any(change.kind != "rows" for change in lasting), rows]
    unread = any(change.verb == "unread" or change.opaque for change in changes)
    return "" if unread and told != TYPES[True, True] else told


def needed(change: Change) -> Iterator[str]:
    """Give the objects that a Change cannot do without, the most precise name first.

    A column's name is ``table.column``, a routine's ends with ``()``.
    """
    yield _key(change.name)
    if change.table:
        yield change.table
        definition = change.definition
        if isinstance(definition, Constraint | Index):
            yield from (f"{change.table}.{column}" for column in definition.columns)
    yield from map(_key, change.needs)


def left(change: Change) -> Iterator[str]:
    """Give the objects that are not the same after a Change."""
    if change.kind == "rows" or change.verb in READING:
        return
    yield _key(change.name)
    if change.verb == "rename":
        head, dot, _ = change.name.rpartition(".")
        yield _key(f"{head}{dot}{change.after}")


def _key(name: str) -> str:
    """Give an object's key: routines are known by name alone, since calls do not say types."""
    return name.partition("(")[0] + "()" if name.endswith(")") else name


def dependencies(changes: Mapping[str, Iterable[Change]]) -> dict[str, tuple[str, ...]]:
    """Give, for each migration, those that it needs directly.

    A migration needs the last ones that made or altered what it touches; one that writes rows
    needs the last that altered their table at all. What another needed one needs is left out.

    Args:
        changes: by migration id, in run order.
    """
    made: dict[str, str] = {}  # object → the last migration that left it changed
    shaped: dict[str, str] = {}  # table → the last migration that altered any part of it
    ancestors: dict[str, frozenset[str]] = {}
    found: dict[str, tuple[str, ...]] = {}
    position = {id_: index for index, id_ in enumerate(changes)}
    for id_, own in changes.items():
        listed = list(own)
        parents = {made[name] for change in listed for name in needed(change) if name in made}
        parents |= {shaped[c.name] for c in listed if c.kind == "rows" and c.name in shaped}
        parents.discard(id_)
        inherited = frozenset().union(*(ancestors[parent] for parent in parents))
        found[id_] = tuple(sorted(parents - inherited, key=position.__getitem__))
        ancestors[id_] = inherited | parents
        for change in listed:
            made.update(dict.fromkeys(left(change), id_))
            if change.table and change.kind != "rows" and change.verb not in READING:
                shaped[change.table] = id_
    return found
