"""How long the migrations of a step took where they were measured, on what, with how many rows.

``migdocs.js`` says it in the same words for any pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.counting import counted
from migdocs.core.upgrade.piece import SCRATCH
from migdocs.core.upgrade.words import MEASURED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.upgrade.piece import Piece

_SECOND, _MINUTE = 1000, 60_000  # milliseconds
_IN_TENTHS = 90_000  # below so many milliseconds a time is told in seconds with their tenths
_NAMED = 3  # so many tables are named; more are counted


def sentence(run: Sequence[Piece]) -> str:
    """Say how long migrations took where ``verify`` or a database timed them; empty where none."""
    return " ".join(told for told in (_by_verify(run), *_in_environments(run)) if told)


def took(milliseconds: int) -> str:
    """Write a time that was measured: ``840 ms``, ``1.2 s``, ``3 min 20 s``."""
    if milliseconds < _SECOND:
        return f"{milliseconds} ms"
    tenths = (milliseconds + 50) // 100
    if milliseconds < _IN_TENTHS:
        return f"{tenths // 10}.{tenths % 10} s"
    seconds = (milliseconds + 500) // _SECOND
    return f"{seconds // 60} min {seconds % 60} s"


def sizes(run: Sequence[Piece]) -> str:
    """Give each time that ``verify`` measured with its rows, ``1200/1000000``, for the page."""
    timed = (p for p in run if SCRATCH in p.measured)
    return " ".join(f"{p.measured[SCRATCH]}/{_most(p)}" for p in timed)


def _by_verify(run: Sequence[Piece]) -> str:
    """Say what ``verify`` measured, with the rows and the machine."""
    timed = [p for p in run if SCRATCH in p.measured]
    if not timed:
        return ""
    longest = max(timed, key=lambda p: p.measured[SCRATCH])
    values = {
        "took": took(sum(p.measured[SCRATCH] for p in timed)),
        "count": _counted(timed, run),
        "rows": _rows(timed),
        "on": "; ".join(dict.fromkeys(p.measured_on for p in timed)),
        "longest": longest.id,
        "longest_took": took(longest.measured[SCRATCH]),
    }
    return MEASURED["one" if len(run) == 1 else "some" if len(timed) == 1 else "many"].format(
        **values
    )


def _in_environments(run: Sequence[Piece]) -> Iterator[str]:
    """Say how long they took in the databases whose history is there."""
    for name in sorted({name for p in run for name in p.measured} - {SCRATCH}):
        timed = [p for p in run if name in p.measured]
        total = took(sum(p.measured[name] for p in timed))
        kind = "environment" if len(run) == 1 else "environment_many"
        yield MEASURED[kind].format(environment=name, took=total, count=_counted(timed, run))


def _counted(timed: Sequence[Piece], run: Sequence[Piece]) -> str:
    """Count migrations: ``5 migrations``, ``4 of 5 migrations``."""
    if len(timed) < len(run):
        return f"{len(timed)} of {len(run)} migrations"
    return counted(len(run), "migration")


def _rows(timed: Sequence[Piece]) -> str:
    """Say how many rows the tables held that these migrations touch."""
    tables = list(dict.fromkeys(table for p in timed for table in p.measured_rows))
    if not tables:
        return MEASURED["no_rows"]
    named = ", ".join(tables) if len(tables) <= _NAMED else f"{len(tables)} tables"
    most = max(map(_most, timed))
    return MEASURED["rows" if len(tables) == 1 else "up_to_rows"].format(rows=f"{most:,}", of=named)


def _most(found: Piece) -> int:
    """Give how many rows the largest table held while a migration was timed."""
    return max(found.measured_rows.values(), default=0)
