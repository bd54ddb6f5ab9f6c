"""Remember what was said of an object after it was made: grants, owner, row security, storage.

Each is kept as the statement that said it. To make the object again as it was, these statements
run again, in their order.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.core.catalog.state import Effect
from migdocs.core.sql.definitions import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.catalog.state import State
    from migdocs.core.model import Change

GRANTS = "grants"
# Kinds that share their names with each other, so that the name alone says which is meant.
NAMED = frozenset(
    ("table", "view", "materialized view", "foreign table", "sequence", "function", "procedure")
)
# Verb → the slot that a statement goes into: of one slot the last statement counts. What has a name
# of its own (a column, a trigger) stands behind it.
SLOTS = {
    "grant": GRANTS,
    "revoke": GRANTS,
    "set owner": "owner",
    "enable": "state",
    "disable": "state",
    "force": "forced",
    "unforce": "forced",
    "set options": "options",
    "reset options": "options",
    "set storage": "storage",
    "set statistics": "statistics",
    "set compression": "compression",
    "set cluster": "cluster",
    "drop cluster": "cluster",
    "set replica identity": "replica identity",
    "set tablespace": "tablespace",
    "set access method": "access method",
}
OF_INDEXES = ("replica identity", "cluster")  # slots of a table that an index may stand in
PUBLISHED = {"adds": True, "drops": False}


class Extra(Struct, frozen=True):
    """One statement about an object.

    Attributes:
        slot: what it is about: ``grants``, ``state trigger t1``, ``storage column note``.
        verb: of its Change.
    """

    slot: str
    verb: str
    sql: str


def key_of(kind: str, name: str) -> str:
    """Give the word under which an object's statements are kept."""
    return name if kind in NAMED else f"{kind} {name}"


def _own(change: Change) -> str:
    """Give the name of the object that a Change is about, with its kind."""
    return change.table or key_of(change.kind, change.name)


def _slot(change: Change) -> str:
    """Give the slot of a Change."""
    slot = SLOTS[change.verb]
    if change.table and change.name != change.table:
        return f"{slot} {change.kind} {change.name.removeprefix(f'{change.table}.')}"
    return f"{slot} {change.kind}" if slot in {"state", "forced"} else slot


def note(state: State, change: Change) -> Effect:
    """Remember a statement about an object; give those that it replaces."""
    change = with_table(state, change)
    key, slot = _own(change), _slot(change)
    kept = state.extras.get(key, ())
    before = tuple(extra.sql for extra in kept if extra.slot == slot)
    if isinstance(change.definition, Source):
        state.extras[key] = (*kept, Extra(slot, change.verb, change.definition.sql))
    else:
        state.unread_extras.add(key)
    return Effect(change, extras=before, whole=is_whole(state, change))


def with_table(state: State, change: Change) -> Change:
    """Give a Change of statistics with their table, which only CREATE STATISTICS names."""
    if change.kind != "statistics" or change.table:
        return change
    key = (change.kind, change.name)
    table = next((name for name, parts in state.parts.items() if key in parts), None)
    return replace(change, table=table)


def is_whole(state: State, change: Change) -> bool:
    """Tell whether all that was ever said of an object was read."""
    own = change.table or change.name
    relation = state.relations.get(own)
    known = relation.complete if relation else (change.kind, own) in state.objects
    return known and _own(change) not in state.unread_extras


def publish(state: State, change: Change) -> Effect:
    """Remember which tables a publication takes in."""
    slot = f"publication {change.name}"
    side = (change.after or "").partition(" ")[0]
    for table in change.needs:
        kept = tuple(e for e in state.extras.get(table, ()) if e.slot != slot)
        if PUBLISHED.get(side, True):
            sql = f"ALTER PUBLICATION {change.name} ADD TABLE {table}"
            kept = (*kept, Extra(slot, "publish", sql))
        state.extras[table] = kept
    return Effect(change)


def withdraw(state: State, change: Change) -> None:
    """Forget a publication that is dropped."""
    slot = f"publication {change.name}"
    for key, kept in state.extras.items():
        if any(extra.slot == slot for extra in kept):
            state.extras[key] = tuple(extra for extra in kept if extra.slot != slot)


def take(state: State, key: str) -> tuple[str, ...]:
    """Forget an object's statements, and give them."""
    return tuple(extra.sql for extra in state.extras.pop(key, ()))


def take_part(state: State, table: str, kind: str, name: str) -> tuple[str, ...]:
    """Forget what was said of a column or trigger of a table, and give it."""
    kept = state.extras.get(table, ())
    gone = [extra for extra in kept if _is_about(extra, kind, name)]
    if gone:
        state.extras[table] = tuple(extra for extra in kept if extra not in gone)
    return tuple(extra.sql for extra in gone)


def take_naming(state: State, table: str, index: str) -> tuple[str, ...]:
    """Forget what an index was said to be to its table, and give it."""
    kept = state.extras.get(table, ())
    gone = [e for e in kept if e.slot in OF_INDEXES and e.sql.split()[-1].rstrip(";") == index]
    if gone:
        state.extras[table] = tuple(extra for extra in kept if extra not in gone)
    return tuple(extra.sql for extra in gone)


def _is_about(extra: Extra, kind: str, name: str) -> bool:
    """Tell whether a statement is about a part of a table."""
    if extra.slot.endswith(f" {kind} {name}"):
        return True
    if kind != "column" or extra.slot != GRANTS:
        return False
    lists = (part.partition(")")[0] for part in extra.sql.split("(")[1:])
    return any(re.search(rf"(?<![\w\"]){re.escape(name)}(?![\w\"])", part) for part in lists)


def move(state: State, old: str, new: str) -> None:
    """Let an object's statements follow it to another name."""
    kept = state.extras.pop(old, ())
    if kept:
        state.extras[new] = tuple(
            Extra(extra.slot, extra.verb, _renamed(extra.sql, old, new)) for extra in kept
        )


def _renamed(sql: str, old: str, new: str) -> str:
    """Put an object's new name into a statement about it: behind the words that name objects."""
    word = rf"(?<=\s){re.escape(old)}(?![\w\".$])"
    head, found, rest = sql.partition(" ON ")
    if found and not sql.upper().startswith("ALTER"):
        return head + found + re.sub(word, lambda _: new, f" {rest}", count=1)[1:]
    return re.sub(word, lambda _: new, sql, count=1)


def statements(state: State, key: str) -> Iterator[str]:
    """Give an object's statements, which stay."""
    yield from (extra.sql for extra in state.extras.get(key, ()))
