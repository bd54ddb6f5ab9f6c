"""Give the names that PostgreSQL chooses for constraints, indexes and sequences left unnamed.

The rules are those of ``makeObjectName`` and ``ChooseIndexColumnNames`` (``commands/indexcmds.c``).
Where a name is taken, the server appends a number; ``catalog.py`` knows which are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME_BYTES = 63

# How each type of constraint ends its name.
SUFFIXES = {
    "check": "check",
    "unique": "key",
    "primary key": "pkey",
    "foreign key": "fkey",
    "exclude": "excl",
    "not null": "not_null",
}


def plain(identifier: str) -> str:
    """Give a name without the quotes that SQL needs around it."""
    if identifier.startswith('"'):
        return identifier[1:-1].replace('""', '"')
    return identifier


def of_constraint(table: str, type_: str, columns: Iterable[str]) -> str:
    """Give a constraint's name.

    Args:
        table: its table, possibly with a schema.
        type_: as in ``definitions.ConstraintType``.
        columns: that it constrains; for a check those that its expression names.
    """
    names = [plain(column) for column in columns]
    if type_ == "primary key" or (type_ == "check" and len(names) != 1):
        names = []
    return of_object(table, names, SUFFIXES[type_])


def of_object(table: str, columns: Iterable[str], suffix: str) -> str:
    """Give a name made of a table, columns and a suffix: ``users_email_idx``.

    Args:
        table: possibly with a schema, which is left out.
        columns: without quotes.
        suffix: ``idx``, ``seq``, ``key`` …
    """
    relation = plain(table.rpartition(".")[2])
    middle = "_".join(columns)
    room = NAME_BYTES - len(suffix) - 1 - (1 if middle else 0)
    while _bytes(relation) + _bytes(middle) > room:
        if _bytes(relation) > _bytes(middle):
            relation = relation[:-1]
        else:
            middle = middle[:-1]
    return "_".join(part for part in (relation, middle, suffix) if part)


def _bytes(name: str) -> int:
    """Give a name's length as the server stores it."""
    return len(name.encode("utf-8", "surrogateescape"))
