"""Make values that a column takes: plain ones, non-ASCII ones, the longest, the largest.

Plain texts have capitals and blanks at both ends, so that lower-casing and trimming are seen;
modest ones have neither, for columns that refuse them.

Row ``k`` of a table has other values than row ``k + 1``, so that unique keys hold; the same ``k``
gives the same value, in any run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

Flavour = Literal["plain", "foreign", "extreme", "modest"]

LONGEST = 300  # characters: longer than what most columns are narrowed to
PADDED_FROM = 9  # characters: a shorter text has no place for a blank at its end
FOREIGN = "Żółć 日本 ß"
FIRST_NUMBER = 1000  # above what people seed by hand
INTEGER_MAXIMUM = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
NUMERIC = re.compile(r"numeric(?:\((?P<digits>\d+),(?P<scale>-?\d+)\))?")
SIZED = re.compile(r"(?P<name>[a-z ]+?)\((?P<size>\d+)\)(?P<rest>.*)")


class Limits(Struct, frozen=True):
    """What checks ask of a column, as far as they can be read.

    Attributes:
        choices: the only values, as text; empty where any will do.
        least: the smallest number, None where there is no bound; ``most`` the largest.
        longest: how many characters, None where there is no bound.
    """

    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    longest: int | None = None

    @property
    def any(self) -> bool:
        """Whether there is something that checks ask."""
        return self != Limits()


def value(type_: str, k: int, flavour: Flavour = "plain", limits: Limits | None = None) -> str:
    """Give an SQL expression of a type; empty where no value of it is known.

    Args:
        type_: as the server names it, with its modifiers: ``character varying(20)``.
        k: the row's number, from 1.
        flavour: what kind of value.
        limits: what checks ask.
    """
    limits = limits or Limits()
    if limits.choices:
        return literal(limits.choices[(k - 1) % len(limits.choices)])
    if type_.endswith("[]"):
        inner = value(type_.removesuffix("[]"), k, flavour)
        return f"ARRAY[{inner}]::{type_}" if inner else ""
    name, size = _parted(type_)
    maker = MAKERS.get(name)
    return maker(k, flavour, limits, size) if maker else _simple(name, type_, k)


def literal(text: str) -> str:
    """Give a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _parted(type_: str) -> tuple[str, str]:
    """Part a type's name from its modifiers: ``character varying(20)``."""
    if type_.startswith("numeric"):
        return "numeric", type_
    found = SIZED.fullmatch(type_)
    return (found["name"] + found["rest"], found["size"]) if found else (type_, "")


def _text(k: int, flavour: Flavour, limits: Limits, size: str) -> str:
    """Make a text: the row's number stands last, so that a cut one is still its own."""
    longest = min(int(size or LONGEST), limits.longest or LONGEST, LONGEST)
    padded = flavour == "plain" and longest >= PADDED_FROM
    plain = " Row" if padded else "Row"
    bodies = {"plain": plain, "foreign": FOREIGN, "extreme": "x" * LONGEST, "modest": "row"}
    end = f" {k} " if padded else f" {k}"
    return literal(bodies[flavour][: max(longest - len(end), 0)] + end[-longest:])


def _integer(name: str) -> Callable[[int, Flavour, Limits, str], str]:
    """Give the maker of an integer type."""

    def make(k: int, flavour: Flavour, limits: Limits, _: str) -> str:
        """Make a number within the bounds."""
        most = INTEGER_MAXIMUM[name] if limits.most is None else limits.most
        if flavour == "extreme":
            return str(most - k)
        least = FIRST_NUMBER if limits.least is None else limits.least
        return str(min(least + k, most))

    return make


def _numeric(k: int, flavour: Flavour, limits: Limits, type_: str) -> str:
    """Make a number that its digits can hold."""
    found = NUMERIC.match(type_)
    whole = int(found["digits"]) - int(found["scale"]) if found and found["digits"] else 20
    most = 10**whole - 1 if limits.most is None else limits.most
    least = 0 if limits.least is None else limits.least
    return str(max(most - k, least)) if flavour == "extreme" else str(min(least + k, most))


def _float(k: int, flavour: Flavour, limits: Limits, _: str) -> str:
    """Make a number with a fraction."""
    least = 0 if limits.least is None else limits.least
    number = least + k + 0.5
    if limits.most is not None:
        return str(min(number, limits.most))
    return "1e30" if flavour == "extreme" else str(number)


def _moment(latest: str) -> Callable[[int, Flavour, Limits, str], str]:
    """Give the maker of a date or a time stamp."""

    def make(k: int, flavour: Flavour, _limits: Limits, _size: str) -> str:
        """Make a day of the year 2020, or one far away."""
        if flavour == "extreme":
            return literal(latest)
        return literal(f"2020-{k // 28 % 12 + 1:02d}-{k % 28 + 1:02d}")

    return make


def _bits(k: int, _flavour: Flavour, _limits: Limits, size: str) -> str:
    """Make a string of bits of the right length."""
    length = int(size or 1)
    return f"B'{k % 2**length:0{length}b}'"


MAKERS: dict[str, Callable[[int, Flavour, Limits, str], str]] = {
    "text": _text,
    "character varying": _text,
    "character": _text,
    "citext": _text,
    "public.citext": _text,
    "name": lambda k, flavour, limits, _: _text(k, flavour, limits, "60"),
    **{name: _integer(name) for name in INTEGER_MAXIMUM},
    "numeric": _numeric,
    "real": _float,
    "double precision": _float,
    "date": _moment("9999-12-31"),
    "timestamp without time zone": _moment("9999-12-31 23:59:59"),
    "timestamp with time zone": _moment("9999-12-31 23:59:59+00"),
    "bit": _bits,
    "bit varying": _bits,
}
# Type → a literal's pattern; {k} is the row's number, {b} one that fits a byte.
PATTERNS = {
    "uuid": "00000000-0000-4000-8000-{k:012d}",
    "json": '{{"row": {k}, "name": "日本"}}',
    "jsonb": '{{"row": {k}, "name": "日本"}}',
    "jsonpath": "$.row{k}",
    "bytea": "\\x00ff{k:08x}",
    "inet": "10.0.0.{b}",
    "cidr": "10.0.{b}.0/24",
    "macaddr": "08:00:2b:01:02:{b:02x}",
    "macaddr8": "08:00:2b:01:02:03:04:{b:02x}",
    "interval": "{k} days",
    "time without time zone": "12:00:{s:02d}",
    "time with time zone": "12:00:{s:02d}+00",
    "money": "{k}",
    "oid": "{k}",
    "xid": "{k}",
    "xml": "<row>{k}</row>",
    "tsvector": "row {k}",
    "tsquery": "row",
    "point": "({k},{k})",
    "line": "{{1,1,{k}}}",
    "lseg": "[(0,0),({k},{k})]",
    "box": "(0,0),({k},{k})",
    "path": "((0,0),({k},{k}))",
    "polygon": "((0,0),({k},{k}),({k},0))",
    "circle": "<(0,0),{k}>",
    "int4range": "[{k},{next})",
    "int8range": "[{k},{next})",
    "numrange": "[{k},{next})",
    "daterange": "[2020-01-01,2020-02-{day:02d})",
    "tsrange": "[2020-01-01,2020-02-{day:02d})",
    "tstzrange": "[2020-01-01,2020-02-{day:02d})",
    "pg_lsn": "0/{k:X}",
    "public.hstore": "row=>{k}",
    "public.ltree": "row.r{k}",
}


def _simple(name: str, type_: str, k: int) -> str:
    """Make a value of a type that has one pattern; empty where there is none."""
    if name == "boolean":
        return "true" if k % 2 else "false"
    if name not in PATTERNS:
        return ""
    text = PATTERNS[name].format(k=k, next=k + 1, b=k % 254 + 1, s=k % 60, day=k % 28 + 1)
    return f"{literal(text)}::{type_}"
