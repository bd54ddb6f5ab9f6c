"""Ask values what they are made of; they are msgspec's structs.

A struct is made some forty times as fast as a frozen data class, and so is its class, which a run
pays for at every start: ``benchmarks/values.py`` measures both.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever a value's fields hold
    """Give a value as dictionaries, through all that it holds; tuples and lists stay such."""
    if isinstance(value, Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(plain, value))
    return value


def names(kind: type[Struct]) -> tuple[str, ...]:
    """Name the fields of a kind of value, in order."""
    return kind.__struct_fields__


def defaults(kind: type[Struct]) -> dict[str, Any]:
    """Give the fields of a kind of value that may be left out, each with its default.

    One that is made anew each time is given as what makes it, which equals no value.
    """
    given = kind.__struct_defaults__
    return dict(zip(names(kind)[len(names(kind)) - len(given) :], given, strict=True))
