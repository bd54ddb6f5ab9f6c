"""Give a column the type back that it had, and refuse where a value would be cut or rounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.changes.conversions import INTEGERS, TEXTS, base, lost_in, numbers, precision
from migdocs.core.draft.inverse import Inverse
from migdocs.core.sql.definitions import Column
from migdocs.core.sql.tree import quoted

if TYPE_CHECKING:
    from migdocs.core.catalog import Effect

# Types that are cast into each other directly; others go by way of their text.
FAMILIES = (
    {"smallint", "integer", "bigint", "numeric", "real", "double precision"},
    {"date", "timestamp", "timestamptz"},
    {"json", "jsonb"},
    {"inet", "cidr"},
)
# Types whose casts into each other may change a value and say nothing.
FORGIVING = frozenset().union(TEXTS, *FAMILIES, {"time", "timetz", "interval", "bit", "varbit"})
LOSSLESS = frozenset((("date", "timestamp"), ("json", "jsonb"), ("jsonb", "json")))


def retype(effect: Effect) -> Inverse:
    """Undo ALTER COLUMN TYPE: the old type again, and no value other than it was written."""
    change = effect.change
    if not change.before:
        return Inverse(by_hand=f"give column {change.name} the type back that it had")
    column, old = change.own_name, change.before
    new = change.definition.type if isinstance(change.definition, Column) else ""
    _, _, using = (change.after or "").partition(" using ")
    loss = lost_in(change.name, old, new, using)
    if not loss and old == new:
        return Inverse()
    alter = f"ALTER TABLE {change.table} ALTER COLUMN {column} TYPE {old}"
    value = f"{column}::{old}" if _casts(new, old) else f"{column}::text::{old}"
    plain = _is_assigned(new, old)
    statements: tuple[str, ...] = (alter if plain else f"{alter} USING {value}",)
    stops = ""
    if not _holds_all(new, old):
        stops = f"a value of {change.name} that does not fit {old}"
        if not loss and not _refused_by_itself(new, old):
            statements = (guard(change.table or "", column, (value, old, new)), *statements)
    return Inverse(statements, loss=loss, stops=stops)


def guard(table: str, column: str, cast: tuple[str, str, str]) -> str:
    """Write a block that stops the rollback where the old type would change a value.

    Args:
        table: and
        column: whose type changes.
        cast: the value as it will be, the old type, and the type that it has now.
    """
    value, old, new = cast
    said = quoted(f"{table}.{column} holds values that {old} would change").replace("%", "%%")
    changed = f"{column}::text IS DISTINCT FROM ({value})::{new}::text"
    query = f"SELECT FROM {table}\n        WHERE {changed}"
    stop = f"IF EXISTS ({query}) THEN\n        RAISE EXCEPTION {said};\n    END IF;"
    return f"DO $migdocs$ BEGIN\n    {stop}\nEND $migdocs$"


def _holds_all(new: str, old: str) -> bool:
    """Tell whether the old type holds every value that the new one can."""
    one, other = base(new), base(old)
    if (one, other) in LOSSLESS or (one in INTEGERS and old == "numeric"):
        return True
    if one in INTEGERS and other in INTEGERS:
        return INTEGERS.index(one) <= INTEGERS.index(other)
    if old in {"text", "varchar"} or one != other:
        return old in {"text", "varchar"} and "[" not in new
    limited = bool(numbers(new))
    if one == "numeric":
        return old == "numeric" or (limited and _fits(numbers(new), numbers(old)))
    if one == "varchar":
        return limited and numbers(new) <= numbers(old)
    return precision(new) <= precision(old) and numbers(new) <= numbers(old)


def _fits(new: tuple[int, ...], old: tuple[int, ...]) -> bool:
    """Tell whether one numeric's digits, before and behind the point, fit another."""
    (precision, scale), (room, kept) = (*new, 0)[:2], (*old, 0)[:2]
    return scale <= kept and precision - scale <= room - kept


def _refused_by_itself(new: str, old: str) -> bool:
    """Tell whether the cast back fails on each value that does not fit, and changes none."""
    if base(new) in INTEGERS and base(old) in INTEGERS:
        return True
    return not {base(new), base(old)} <= FORGIVING or old in TEXTS


def _is_assigned(new: str, old: str) -> bool:
    """Tell whether the server itself casts back, without USING: it refuses what is too long."""
    one, other = base(new), base(old)
    numeric = set(INTEGERS) | {"numeric"}
    return {one, other} <= TEXTS or {one, other} <= numeric or one == other


def _casts(one: str, other: str) -> bool:
    """Tell whether a type is cast into another without a detour."""
    first, second = base(one), base(other)
    return TEXTS & {first, second} != set() or any({first, second} <= f for f in FAMILIES)
