"""How ids sort, as runners sort them, and how a new one begins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from migdocs.adapters.layouts.convention import Order


def natural(text: str) -> Order:
    """Give a key that sorts numbers inside names as numbers: ``V9.x`` before ``V10.x``."""
    pieces = re.split(r"([0-9]+)", text)
    return tuple(int(piece) if index % 2 else piece for index, piece in enumerate(pieces))


def leading_number(migration_id: str) -> str | None:
    """Give the number that an id begins with, without leading zeros."""
    match = re.match(r"[0-9]+", migration_id)
    return str(int(match[0])) if match else None


def by_leading_number(migration_id: str) -> Order:
    """Give a key that sorts ids by the number they begin with, then by name."""
    return (int(leading_number(migration_id) or 0), migration_id)


def as_text(migration_id: str) -> Order:
    """Give a key that sorts ids as text, as most runners that know points in time do."""
    return (migration_id,)


def number_or_nothing(migration_id: str) -> str:
    """Give the number that an id begins with; empty where it has none."""
    return leading_number(migration_id) or ""


def leading_digits(migration_id: str) -> str:
    """Give the digits that an id begins with, leading zeros and all: some runners keep text."""
    return (re.match(r"[0-9]*", migration_id) or [""])[0]


def seconds(now: datetime) -> str:
    """Give a point in time as fourteen digits."""
    return f"{now:%Y%m%d%H%M%S}"


def unix_seconds(now: datetime) -> str:
    """Give a point in time as Unix counts it."""
    return str(int(now.timestamp()))


def unix_milliseconds(now: datetime) -> str:
    """Give a point in time as JavaScript counts it."""
    return str(int(now.timestamp() * 1000))


# How many digits a point in time has → how it is written so.
TIMES: dict[int, Callable[[datetime], str]] = {
    8: lambda now: f"{now:%Y%m%d}",
    10: unix_seconds,
    12: lambda now: f"{now:%Y%m%d%H%M}",
    13: unix_milliseconds,
    14: seconds,
    17: lambda now: f"{now:%Y%m%d%H%M%S}{now.microsecond // 1000:03}",
}
