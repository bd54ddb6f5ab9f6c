"""Write the statements that make a table as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.core.sql import chosen_names
from migdocs.core.sql.definitions import unqualified
from migdocs.core.sql.tree import identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.catalog import Relation
    from migdocs.core.sql.definitions import Column


def table_sql(relation: Relation) -> Iterator[str]:
    """Give the statements that make a table as it was: its columns, constraints and indexes."""
    table = relation.table
    named = [c for c in relation.columns.values() if c.serial and not _names_itself(relation, c)]
    for column in named:
        yield f"CREATE SEQUENCE {relation.in_schema(_sequence(column))} AS {column.type}"
    parts = [
        (replace(column, serial=False) if column in named else column).sql()
        for column in relation.columns.values()
    ]
    parts += [
        f"CONSTRAINT {name} {constraint.sql()}"
        for name, constraint in relation.constraints.items()
        if constraint.type != "not null"
    ]
    kind = f"{table.persistence.upper()} TABLE".lstrip()
    if table.partition_of:
        yield f"CREATE {kind} {relation.name} PARTITION OF {table.partition_of} {table.bound}"
        return
    inherits = f" INHERITS ({', '.join(table.inherits)})" if table.inherits else ""
    partition = f" PARTITION BY {table.partition_by}" if table.partition_by else ""
    body = ",\n    ".join(parts)
    yield f"CREATE {kind} {relation.name} (\n    {body}\n){inherits}{partition}"
    yield from (index.sql() for index in relation.indexes.values())
    for column in named:
        owner = f"{relation.name}.{column.name}"
        yield f"ALTER SEQUENCE {relation.in_schema(_sequence(column))} OWNED BY {owner}"


def _names_itself(relation: Relation, column: Column) -> bool:
    """Tell whether ``serial`` would name a column's sequence as it is named: not after a rename."""
    names = [chosen_names.plain(column.name)]
    return _sequence(column) == identifier(chosen_names.of_object(relation.name, names, "seq"))


def _sequence(column: Column) -> str:
    """Give the name of a serial column's sequence, without its schema."""
    return unqualified((column.default or "").removeprefix("nextval('").partition("'")[0])
