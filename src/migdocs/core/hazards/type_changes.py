"""Tell what ALTER COLUMN … TYPE does to the rows, from the old type and the new one.

The pairs were measured on PostgreSQL 10 to 18 (hazards.md, part B): where the stored bytes of every
old value are also those of the new type, and no check of a length is needed, only the catalog
changes. A USING that only casts the column to the new type makes no difference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from migdocs.core.hazards.schema import Schema

TYPE = re.compile(
    r"(?P<base>[^(\[]+?)(?P<arguments>\([-\d, ]+\))?(?P<fields> [^(\[]+)?(?P<array>(?:\[\])*)\Z"
)
INTEGERS = {"smallint": 2, "integer": 4, "bigint": 8}
TEXTS = frozenset(("text", "varchar", "char", "bpchar"))
WITH_PRECISION = frozenset(("timestamp", "timestamptz", "time", "timetz", "interval", "varbit"))
ZONED = {"timestamp", "timestamptz"}
# Other pairs whose bytes are the same (pg_cast.castmethod = 'b', and both are of one length).
SAME_BYTES = frozenset(
    (
        ("cidr", "inet"),
        ("bit", "varbit"),
        ("xml", "text"),
        ("xml", "varchar"),
        ("integer", "oid"),
        ("oid", "integer"),
        ("oid", "regclass"),
        ("regclass", "oid"),
    )
)
# Since this version timestamp and timestamptz are the same where the time zone is UTC.
SAME_IN_UTC = 12
# Where the old type is not known, the new one says which rule is nearest; the worse is assumed.
BY_TARGET = {
    "bigint": "type-int-bigint",
    "integer": "type-int-bigint",
    "smallint": "type-narrow",
    "numeric": "type-narrow",
    "char": "type-text-varcharn",
    "timestamp": "type-ts-tstz",
    "timestamptz": "type-ts-tstz",
}


class TypeChange(Struct, frozen=True):
    """What a change of type is: the id of its rule, and whether the table is rewritten."""

    rule: str
    rewrite: bool


class Type(Struct, frozen=True):
    """A type taken apart: ``numeric(10,2)`` is ``numeric`` with 10 and 2."""

    base: str
    arguments: tuple[int, ...] = ()
    array: bool = False


class Request(Struct, frozen=True):
    """A change of a column's type.

    Attributes:
        old: as ``definitions.Column`` has it; empty where it is not known.
        using: an expression that does more than cast the column.
        collation: that the column gets, empty for none.
        utc: the script sets the session's time zone to UTC.
    """

    old: str
    new: str
    using: bool = False
    collation: str = ""
    postgres: int = 15
    utc: bool = False


def type_change(request: Request, schema: Schema) -> TypeChange:
    """Give what a change of type does; the worse where the old type is not known."""
    target = schema.domain(request.new)
    if not request.old:
        return _of_target(request)
    if request.old == request.new and not request.using:
        return TypeChange("type-collate" if request.collation else "type-binary-ok", rewrite=False)
    if request.using:
        return TypeChange("type-using", rewrite=True)
    if target and target.constrained:
        return TypeChange("type-domain-con", rewrite=True)
    source = schema.domain(request.old)
    old = read_type(source.type if source else request.old)
    new = read_type(target.type if target else request.new)
    change = _between(old, new, request)
    return change if change.rewrite or not target else TypeChange("type-binary-ok", rewrite=False)


def _of_target(request: Request) -> TypeChange:
    """Give the nearest rule where the old type is not known."""
    new = read_type(request.new)
    if request.using:
        return TypeChange("type-using", rewrite=True)
    if request.collation:
        return TypeChange("type-collate", rewrite=True)
    if new.base == "varchar" and new.arguments:
        return TypeChange("type-text-varcharn", rewrite=True)
    return TypeChange(BY_TARGET.get(new.base, "type-using"), rewrite=True)


def _between(old: Type, new: Type, request: Request) -> TypeChange:
    """Give what lies between two known types."""
    if old == new:
        return TypeChange("type-binary-ok", rewrite=False)
    if not old.array and not new.array:
        for judge in FAMILIES:
            change = judge(old, new, request)
            if change:
                return change
    return TypeChange("type-using", rewrite=True)


def read_type(text: str) -> Type:
    """Take a type's text apart."""
    found = TYPE.match(text)
    if found is None:
        return Type(text)
    arguments = tuple(int(part) for part in (found["arguments"] or "()")[1:-1].split(",") if part)
    return Type(found["base"] + (found["fields"] or ""), arguments, bool(found["array"]))


def _integers(old: Type, new: Type, _: Request) -> TypeChange | None:
    """Judge two integers: another width is another layout of the row."""
    if old.base not in INTEGERS or new.base not in INTEGERS:
        return None
    wider = INTEGERS[new.base] > INTEGERS[old.base]
    return TypeChange("type-int-bigint" if wider else "type-narrow", rewrite=True)


def _texts(old: Type, new: Type, _: Request) -> TypeChange | None:
    """Judge two texts: char is padded, and a smaller limit must be checked."""
    if old.base not in TEXTS or new.base not in TEXTS:
        return None
    padded = {"char", "bpchar"} & {old.base, new.base} and new.base != "bpchar"
    if padded or (new.arguments and not old.arguments):
        return TypeChange("type-text-varcharn", rewrite=True)
    if not new.arguments or new.arguments >= old.arguments:
        return TypeChange("type-varchar-widen", rewrite=False)
    return TypeChange("type-narrow", rewrite=True)


def _numerics(old: Type, new: Type, _: Request) -> TypeChange | None:
    """Judge two numerics: more digits in front cost nothing, another scale does."""
    if old.base != "numeric" or new.base != "numeric":
        return None
    if not new.arguments:
        return TypeChange("type-numeric-up", rewrite=False)
    if not old.arguments:
        return TypeChange("type-narrow", rewrite=True)
    wider = new.arguments[0] >= old.arguments[0]
    same_scale = (*old.arguments, 0)[1] == (*new.arguments, 0)[1]
    return TypeChange("type-numeric-up" if wider else "type-narrow", not (wider and same_scale))


def _precisions(old: Type, new: Type, _: Request) -> TypeChange | None:
    """Judge two precisions of one type: a smaller one rounds or cuts."""
    if old.base != new.base or new.base not in WITH_PRECISION:
        return None
    return (
        TypeChange("type-binary-ok", rewrite=False)
        if _as_precise(old, new)
        else TypeChange("type-narrow", rewrite=True)
    )


def _as_precise(old: Type, new: Type) -> bool:
    """Tell whether no digit is lost; no precision is the greatest."""
    return not new.arguments or (bool(old.arguments) and new.arguments >= old.arguments)


def _zones(old: Type, new: Type, request: Request) -> TypeChange | None:
    """Judge timestamp against timestamptz: the same bytes in UTC, others elsewhere."""
    if {old.base, new.base} != ZONED:
        return None
    same = request.utc and request.postgres >= SAME_IN_UTC and _as_precise(old, new)
    return TypeChange("type-ts-tstz", rewrite=not same)


def _same_bytes(old: Type, new: Type, _: Request) -> TypeChange | None:
    """Judge the few other pairs that are stored alike."""
    if (old.base, new.base) in SAME_BYTES and not new.arguments:
        return TypeChange("type-binary-ok", rewrite=False)
    return None


FAMILIES: tuple[Callable[[Type, Type, Request], TypeChange | None], ...] = (
    _integers,
    _texts,
    _numerics,
    _precisions,
    _zones,
    _same_bytes,
)
