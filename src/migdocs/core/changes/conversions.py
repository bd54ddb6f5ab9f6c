"""Tell what a change of a column's type did to the values that it had."""

from __future__ import annotations

import re

TEXTS = {"text", "varchar", "char", "bpchar", "citext", "name"}
INTEGERS = ("smallint", "integer", "bigint")
# From → to, where the forward script itself changed values that cannot be told any more.
ROUNDS = {
    **{(each, "integer"): "fractions" for each in ("numeric", "real", "double precision")},
    **{(each, "bigint"): "fractions" for each in ("numeric", "real", "double precision")},
    **{(each, "smallint"): "fractions" for each in ("numeric", "real", "double precision")},
    ("double precision", "real"): "digits",
    ("numeric", "real"): "digits",
    ("numeric", "double precision"): "digits",
    ("bigint", "double precision"): "digits",
    ("timestamp", "date"): "times of day",
    ("timestamptz", "date"): "times of day",
    ("timestamptz", "time"): "dates",
    ("timestamp", "time"): "dates",
    ("json", "jsonb"): "the order of keys and repeated keys",
    ("inet", "cidr"): "host parts",
}
NUMBERS = re.compile(r"\d+")


def base(type_: str) -> str:
    """Give a type without its modifiers: ``numeric(10,2)`` is ``numeric``."""
    return re.sub(r"\([^()]*\)", "", type_).strip()


def numbers(type_: str) -> tuple[int, ...]:
    """Give a type's modifiers."""
    inside = re.search(r"\(([^()]*)\)", type_)
    return tuple(int(n) for n in NUMBERS.findall(inside[1])) if inside else ()


def lost_in(name: str, old: str, new: str, using: str) -> str:
    """Say what the forward script itself did to the values, empty where nothing.

    Args:
        name: of the column, behind its table's: ``users.email``.
        old: its type before.
        new: its type from then on.
        using: the expression that makes the new values, empty for a plain cast.
    """
    column = name.rpartition(".")[2]
    plain = using.removeprefix(column).startswith("::") or using == column
    if using and not plain:
        return f"{name} was made by {using}, which has no inverse"
    if using and base(new) in TEXTS and base(old) in TEXTS and numbers(new):
        return f"what {name} held beyond {new} was cut off"
    found = ROUNDS.get((base(old), base(new)), "")
    if not found and base(old) == base(new) == "numeric" and _scale(new) < _scale(old):
        found = f"digits beyond {new}"
    if not found and base(old) == base(new) and precision(new) < precision(old):
        found = f"digits beyond {new}"
    return f"{name} lost {found} when it became {new}" if found else ""


def _scale(type_: str) -> int:
    """Give how many digits a numeric has behind its point; many where it has no limit."""
    found = numbers(type_)
    return (found[1] if len(found) > 1 else 0) if found else 1000


def precision(type_: str) -> int:
    """Give the digits of a second that a time keeps."""
    found = numbers(type_)
    return (found[0] if found else 6) if base(type_).startswith(("time", "interval")) else 0
