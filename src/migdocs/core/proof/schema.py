"""Hold a schema as a value, and say what two of them differ in.

Objects are known by their names, never by a server's numbers, so that two snapshots of one
database, or of two servers, can be laid side by side. Column order is kept apart: a column that was
dropped and added again stands last, which is a difference of its own kind (apply.md, "Proving a
rollback").
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migdocs.core.model import Change
from migdocs.core.sql.definitions import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Detail = str | tuple[str, ...]

# What belongs to a table is added to it and goes with it; all else is created.
ADDED = frozenset({"column", "constraint"})
TABLES = frozenset({"table", "foreign table"})
# Details that say what an object is in another form: compared where they are at home.
DERIVED = frozenset({"labels of", "base", "of"})
# Kind and detail → the verbs for: it is there now, it is gone, it is another.
VERBS = {
    ("column", "type"): ("retype", "retype", "retype"),
    ("column", "default"): ("set default", "drop default", "set default"),
    ("column", "generated"): ("set expression", "drop expression", "set expression"),
    ("column", "identity"): ("set identity", "drop identity", "set identity"),
}
NULLABILITY = {"no": "set not null", "yes": "drop not null"}
# The server's name of a type → the one that people write, as in what is read from scripts.
SHORT_TYPES = {
    "character varying": "varchar",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time with time zone": "timetz",
    "time without time zone": "time",
    "bit varying": "varbit",
    "character": "char",
}
REORDER = "reorder"


@dataclass(frozen=True, slots=True)
class Object:
    """One object of a schema.

    Attributes:
        kind: as a Change's: ``table``, ``column``, ``index``, ``function`` …
        name: qualified, the schema first unless it is public; a column's is ``table.column``.
        table: that it belongs to, None where it stands alone.
        details: what is true of it, by what it is about: ``type``, ``owner``, ``comment`` …
    """

    kind: str
    name: str
    table: str | None = None
    details: Mapping[str, Detail] = field(default_factory=dict, hash=False)

    @property
    def own_name(self) -> str:
        """Its name without its table's."""
        return self.name.removeprefix(f"{self.table}.")

    def text(self, detail: str) -> str:
        """Give a detail as text, empty where there is none."""
        value = self.details.get(detail, "")
        return value if isinstance(value, str) else ", ".join(value)

    def list(self, detail: str) -> tuple[str, ...]:
        """Give a detail that is a list, empty where there is none."""
        value = self.details.get(detail, ())
        return value if isinstance(value, tuple) else (value,)


@dataclass(frozen=True, slots=True)
class Schema:
    """All objects of a database, by kind and name."""

    objects: Mapping[tuple[str, str], Object] = field(default_factory=dict)
    _parts: Mapping[tuple[str | None, str], list[Object]] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Note what belongs to each table: it is asked for again and again."""
        parts: dict[tuple[str | None, str], list[Object]] = defaultdict(list)
        for found in self.objects.values():
            parts[found.table, found.kind].append(found)
        object.__setattr__(self, "_parts", dict(parts))

    def of_kind(self, *kinds: str) -> Iterator[Object]:
        """Give the objects of these kinds, by name."""
        return (found for (kind, _), found in self.objects.items() if kind in kinds)

    def parts(self, table: str, kind: str) -> tuple[Object, ...]:
        """Give the columns, constraints … of a table."""
        return tuple(self._parts.get((table, kind), ()))


def schema(objects: Iterable[Object]) -> Schema:
    """Make a schema of its objects, in any order."""
    ordered = sorted(objects, key=lambda item: (item.kind, item.name))
    return Schema({(item.kind, item.name): item for item in ordered})


def differences(before: Schema, after: Schema) -> tuple[Change, ...]:
    """Say what leads from one schema to another, as observed Changes.

    What goes with a dropped table is not said apart. Column order is, by the verb ``reorder``.
    """
    return tuple(_differences(before, after))


def order_only(changes: Iterable[Change]) -> bool:
    """Tell whether nothing but the order of columns differs."""
    return all(change.verb == REORDER for change in changes)


def _differences(before: Schema, after: Schema) -> Iterator[Change]:
    """Yield the Changes: what is gone, what is new, what is another."""
    for key, old in before.objects.items():
        if key not in after.objects and not _goes_with_table(old, before, after):
            yield _made("drop", old, before=_said(old))
    for key, new in after.objects.items():
        if key not in before.objects:
            yield _made("add" if new.kind in ADDED else "create", new, after=_said(new))
    for key, old in before.objects.items():
        if key in after.objects:
            yield from _altered(old, after.objects[key])


def _goes_with_table(part: Object, before: Schema, after: Schema) -> bool:
    """Tell whether the relation that a part belongs to is gone too."""
    relations = (*TABLES, "view", "materialized view", "type")
    was = any((kind, part.table) in before.objects for kind in relations)
    return was and not any((kind, part.table) in after.objects for kind in relations)


def _altered(old: Object, new: Object) -> Iterator[Change]:
    """Yield how an object that stayed is another now."""
    for detail in sorted({*old.details, *new.details} - DERIVED):
        was, now = old.details.get(detail), new.details.get(detail)
        if was == now:
            continue
        if detail == "columns" and old.kind in TABLES:
            yield from _reordered(old, new)
        elif old.kind == "column" and detail == "labels":
            continue  # the type's own
        else:
            yield _made(
                _verb(old.kind, detail, was, now),
                new,
                before=_wording(detail, old),
                after=_wording(detail, new),
            )


def _reordered(old: Object, new: Object) -> Iterator[Change]:
    """Yield that the columns which a table kept stand in another order."""
    was, now = old.list("columns"), new.list("columns")
    kept = set(was) & set(now)
    was, now = (tuple(name for name in names if name in kept) for names in (was, now))
    if was != now:
        yield _made(REORDER, new, before=", ".join(was), after=", ".join(now))


def _verb(kind: str, detail: str, was: Detail | None, now: Detail | None) -> str:
    """Name what was done to a detail."""
    if kind in {"column", "domain"} and detail == "nullable" and isinstance(now, str):
        return NULLABILITY[now]
    if detail == "comment":
        return "comment"
    there, gone, other = VERBS.get((kind, detail), ("alter", "alter", "alter"))
    if was is None:
        return there
    return gone if now is None else other


def _wording(detail: str, found: Object) -> str | None:
    """Say a detail: as it is where its verb names it, else with what it is about."""
    if detail not in found.details:
        return None
    text = found.text(detail)
    if detail == "type":
        return short_type(text)
    plain = {"definition", "comment", "default", "nullable", "generated", "identity"}
    return text if detail in plain else f"{detail} {text}"


def _made(
    verb: str, found: Object, *, before: str | None = None, after: str | None = None
) -> Change:
    """Make an observed Change about an object."""
    definition = column(found) if found.kind == "column" else None
    return Change(
        verb,
        found.kind,
        found.name,
        before,
        after,
        found.table,
        known="observed",
        definition=definition,
    )


def _said(found: Object) -> str | None:
    """Say what an object is."""
    if found.kind == "column":
        return column(found).describe()
    for detail in ("definition", "labels", "version", "base"):
        if detail in found.details:
            return found.text(detail)
    return None


def column(found: Object) -> Column:
    """Give a column's definition."""
    return Column(
        found.own_name,
        short_type(found.text("type")),
        nullable=found.text("nullable") != "no",
        default=found.text("default") or None,
        identity=found.text("identity"),
        generated=found.text("generated") or None,
        collation=found.text("collation"),
    )


def short_type(name: str) -> str:
    """Give a type's name as people write it: ``varchar(20)`` for ``character varying(20)``."""
    for long, short in SHORT_TYPES.items():
        head, _, rest = long.partition(" ")
        if name == long or name.startswith((f"{long}(", f"{long}[")):
            return short + name[len(long) :]
        if name.startswith(f"{head}(") and rest and name.partition(") ")[2].startswith(rest):
            size, _, _ = name[len(head) :].partition(" ")  # timestamp(3) with time zone
            return short + size + name.partition(") ")[2][len(rest) :]
    return name.removeprefix("public.")
