"""Lay what reading a script says beside what a server showed of it.

Both are Changes. Where a server showed more, either the script hides it from every reader (dynamic
SQL, a body in another language) or our reading has a defect; which of the two, `check` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from migdocs.core.catalog import Catalog
    from migdocs.core.model import Change

Fate = Literal["new", "gone", "other"]
Key = tuple[str, str]  # kind and name

# What both sides know by name: the rest is in no script, or worded by each in its own way.
FATES: dict[str, Fate] = {
    "create": "new",
    "add": "new",
    "drop": "gone",
    "retype": "other",
    "set not null": "other",
    "drop not null": "other",
}
KINDS = frozenset({"table", "column", "index"})
WORDS: dict[Fate, str] = {"new": "is new", "gone": "is gone", "other": "is another"}


class Disagreement(Struct, frozen=True):
    """What only one of the two says.

    Attributes:
        unread: observed Changes that reading did not see.
        unseen: what reading saw and no server showed: ``column users.age is new``.
    """

    unread: tuple[Change, ...] = ()
    unseen: tuple[str, ...] = ()


def disagreement(
    catalog: Catalog, read: Iterable[Change], observed: Iterable[Change]
) -> Disagreement:
    """Compare the Changes read from a script with those observed, and move the catalog on.

    Args:
        catalog: what was there before the script; it is brought to what is there after it.
        read: from the script; what is conditional need not have happened.
        observed: on a server.
    """
    said = tuple(read)
    before = _objects(catalog)
    catalog.apply_all(said)
    after = _objects(catalog)
    reading = dict(_delta(before, after))
    seeing = {c: (key, fate) for c in observed for key, fate in _fate(c, before.keys() | after)}
    seen = dict(seeing.values())
    maybe = {name for c in said if c.conditional for name in (c.name, c.table)}
    return Disagreement(
        tuple(change for change, (key, fate) in seeing.items() if reading.get(key) != fate),
        tuple(
            f"{kind} {name} {WORDS[fate]}"
            for (kind, name), fate in reading.items()
            if seen.get((kind, name)) != fate and not maybe & {name, name.rpartition(".")[0]}
        ),
    )


def _fate(change: Change, known: Collection[Key]) -> Iterator[tuple[Key, Fate]]:
    """Yield what an observed Change did, where reading could have said so.

    A view's columns are its query's, and those of a table that was not read go without saying.
    """
    part_of_unknown = change.kind == "column" and ("table", change.table) not in known
    if change.kind in KINDS and change.verb in FATES and not part_of_unknown:
        yield (change.kind, change.name), FATES[change.verb]


def _objects(catalog: Catalog) -> dict[Key, tuple[str, str]]:
    """Give what a catalog holds: kind and name → the table, and what a column is."""
    found: dict[Key, tuple[str, str]] = {}
    for relation in catalog.permanent():
        table = relation.name
        if relation.kind == "table":
            found["table", table] = table, ""
            for name, column in relation.columns.items():
                found["column", f"{table}.{name}"] = table, f"{column.type} {column.nullable}"
        found |= {("index", name): (table, "") for name in relation.all_indexes()}
    return found


def _delta(
    before: Mapping[Key, tuple[str, str]], after: Mapping[Key, tuple[str, str]]
) -> Iterator[tuple[Key, Fate]]:
    """Yield what became of each object; what goes with its table is not told apart."""
    for key, (table, was) in before.items():
        if key not in after:
            if key[0] == "table" or ("table", table) not in before or ("table", table) in after:
                yield key, "gone"
        elif after[key][1] != was:
            yield key, "other"
    yield from ((key, "new") for key in after if key not in before)
