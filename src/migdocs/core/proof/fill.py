"""Put rows into every table of a schema: statements that satisfy types, keys and checks.

A rollback is only tried in earnest where there is something to lose. Each table gets a few plain
rows, one with non-ASCII text, one of extremes, one of nulls, each enum label, and *twins*: rows
that agree in all of a key's columns but one, which the schema allows and a narrower key would not.
What a check asks is read where it is a list of values or a comparison with a number; the server has
the last word, so a statement has alternatives, and one that fails is said, not fatal.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migdocs.core.proof import sample_values
from migdocs.core.proof.sample_values import Limits
from migdocs.core.sql.definitions import unqualified

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from migdocs.core.proof.sample_values import Flavour
    from migdocs.core.proof.schema import Object, Schema

ROWS = 4
TWIN_ATTEMPTS = 3
FLAVOURS: tuple[Flavour, ...] = ("plain", "foreign", "extreme", "plain")
OF_NULLS = 3  # the row, counted from 0, whose nullable columns are null
QUOTED = re.compile(r"'((?:[^']|'')*)'")
CAST = r"(?:::[a-z ]+(?:\(\d+\))?)?"
NUMBER = rf"\(?'?(?P<number>-?\d{{1,18}})(?!\d)(?:\.\d+)?'?\)?{CAST}"


@dataclass(frozen=True, slots=True)
class Insert:
    """One row for one table.

    Attributes:
        statements: to try in turn, until the server takes one.
        twin: it is made to agree with another row; nobody minds where the server refuses it.
    """

    table: str
    statements: tuple[str, ...]
    twin: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table as far as its rows are concerned.

    Attributes:
        columns: that are written; the others fill themselves.
        limits: what its checks ask, by column.
        keys: the columns of each unique key.
        references: column → the referenced table and column.
    """

    name: str
    columns: tuple[Object, ...]
    limits: Mapping[str, Limits] = field(hash=False)
    keys: tuple[tuple[str, ...], ...]
    references: Mapping[str, tuple[str, str]] = field(hash=False)


def inserts(schema: Schema, first: int = 1, rows: int = ROWS) -> tuple[Insert, ...]:
    """Give rows for every table, the referenced tables first.

    Args:
        schema: to be filled.
        first: the number of the first row; others than an earlier call's give other rows.
        rows: how many a table gets, twins apart; more where an enum has more labels.
    """
    tables = [table_of(schema, found) for found in _fillable(schema)]
    return tuple(
        insert for table in parents_first(tables) for insert in _rows_of(table, first, rows)
    )


def sql_name(name: str) -> str:
    """Give a relation's name with its schema, whatever the search_path."""
    return f"public.{name}" if unqualified(name) == name else name


def _fillable(schema: Schema) -> Iterator[Object]:
    """Give the tables that rows are put into: a partition gets its own from its parent."""
    return (t for t in schema.of_kind("table") if "bound" not in t.details)


def table_of(schema: Schema, found: Object) -> Table:
    """Gather what a table's rows must satisfy."""
    constraints = schema.parts(found.name, "constraint")
    columns = tuple(c for c in schema.parts(found.name, "column") if not _fills_itself(c))
    checks = [c.text("definition") for c in constraints if c.text("type") == "c"]
    keys = [c.list("columns") for c in constraints if c.text("type") in {"p", "u"}]
    unique = [i for i in schema.parts(found.name, "index") if "unique" in i.details]
    return Table(
        found.name,
        columns,
        {c.own_name: _limits(c.own_name, checks) for c in columns},
        tuple(dict.fromkeys([*keys, *(i.list("columns") for i in unique)])),
        {
            column: (c.text("references"), target)
            for c in constraints
            if c.text("type") == "f"
            for column, target in zip(c.list("columns"), c.list("referenced"), strict=True)
        },
    )


def _fills_itself(column: Object) -> bool:
    """Tell whether a column is numbered or computed by the server."""
    named = {"generated", "identity"} & column.details.keys()
    return bool(named) or "nextval(" in column.text("default")


def parents_first(tables: Sequence[Table]) -> list[Table]:
    """Put the tables in order: what a foreign key points at stands before, but for cycles."""
    by_name = {table.name: table for table in tables}
    ordered: dict[str, Table] = {}
    pending: set[str] = set()

    def visit(table: Table) -> None:
        """Place a table's parents, then itself."""
        if table.name in ordered or table.name in pending:
            return
        pending.add(table.name)
        for parent, _ in table.references.values():
            if parent in by_name:
                visit(by_name[parent])
        ordered[table.name] = table

    for table in tables:
        visit(table)
    return list(ordered.values())


# --- what checks ask ----------------------------------------------------------------------------


def _limits(column: str, checks: Iterable[str]) -> Limits:
    """Read what checks ask of a column: a list of values, bounds, a length."""
    about = re.escape(column)
    choices: list[str] = []
    bounds: dict[str, int] = {}
    for check in checks:
        choices += _choices(about, check)
        for found in re.finditer(
            rf"(?P<length>length\(++)?(?<![\w.]){about}\)*+{CAST}\)*+ (?P<sign>[<>]=?) {NUMBER}",
            check,
        ):
            _note_bound(bounds, found)
    return Limits(
        tuple(dict.fromkeys(choices)), bounds.get(">"), bounds.get("<"), bounds.get("length")
    )


def _choices(about: str, check: str) -> Iterator[str]:
    """Yield the values that a check lists for a column."""
    start = rf"(?<![\w.]){about}\)*+{CAST}\)*+ = "
    for found in re.finditer(rf"{start}ANY \(++ARRAY\[", check):
        end = check.find("]", found.end())
        if end < 0:
            break
        listed = check[found.end() : end]
        yield from QUOTED.findall(listed) or (part.strip() for part in listed.split(","))
    for found in re.finditer(rf"{start}(?P<one>'(?:[^']|'')*')", check):
        yield from QUOTED.findall(found["one"])


def _note_bound(bounds: dict[str, int], found: re.Match[str]) -> None:
    """Note a comparison with a number; a strict one is a whole number further."""
    sign, number = found["sign"], int(found["number"])
    strict = 0 if sign.endswith("=") else 1
    if found["length"]:
        if sign[0] == "<":
            bounds["length"] = number - strict
        return
    bounds[sign[0]] = number + strict if sign[0] == ">" else number - strict


# --- the rows -----------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1000)  # most tables are the same from one migration to the next
def _rows_of(table: Table, first: int, rows: int) -> tuple[Insert, ...]:
    """Give twins of what is there already, a table's own rows, and the twins of those."""
    labels = max((len(c.list("labels")) for c in table.columns), default=0)
    return (
        *_twins(table, first),
        *(
            Insert(table.name, _alternatives(table, first + place, place))
            for place in range(max(rows, labels))
        ),
        *_twins(table, first + TWIN_ATTEMPTS),
    )


def _twins(table: Table, first: int) -> Iterator[Insert]:
    """Give rows that agree with the last one in all of a key's columns but one."""
    # The last row may be what a migration brought: a copy of it is somebody's own.
    for key, column in _twinned(table):
        ways = [_twin(table, key, column, first + 50 + step) for step in range(TWIN_ATTEMPTS)]
        yield Insert(table.name, tuple(ways), twin=True)


def _twin(table: Table, key: tuple[str, ...], column: str, k: int) -> str:
    """Write the statement that copies the last row with another value in one column of a key.

    Columns that are a key alone differ too.
    """
    name = sql_name(table.name)
    changed = {column, *(k[0] for k in table.keys if len(k) == 1 and k != key)}
    values = {
        own: _value(table, c, k) if own in changed else own
        for c in table.columns
        for own in (c.own_name,)
    }
    return (
        f"INSERT INTO {name} ({', '.join(values)}) SELECT {', '.join(values.values())}"  # noqa: S608 - as above
        f" FROM (SELECT * FROM {name} ORDER BY ctid DESC LIMIT 1) AS last_row"
    )


def _twinned(table: Table) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each key with the column in which a twin differs."""
    written = {column.own_name for column in table.columns}
    for key in table.keys:
        yield from ((key, column) for column in key if column in written)


def _alternatives(table: Table, k: int, place: int) -> tuple[str, ...]:
    """Give one row in several ways: as it is meant, plain, modest, with as little as will do."""
    flavour = FLAVOURS[place % len(FLAVOURS)]
    plain = {c.own_name: _value(table, c, k) for c in table.columns}
    meant = {
        c.own_name: _value(table, c, k, "plain" if _is_key(table, c) else flavour)
        for c in table.columns
    }
    if place % len(FLAVOURS) == OF_NULLS:
        meant |= {c.own_name: "NULL" for c in table.columns if c.text("nullable") == "yes"}
    modest = {c.own_name: _value(table, c, k, "modest") for c in table.columns}
    needed, less = (
        {c.own_name: values[c.own_name] for c in table.columns if _is_needed(table, c)}
        for values in (plain, modest)
    )
    ways = (meant, plain, modest, needed, less)
    return tuple(dict.fromkeys(_statement(table, values) for values in ways))


def _is_needed(table: Table, column: Object) -> bool:
    """Tell whether a row cannot do without a value of a column."""
    without = "default" not in column.details or _is_key(table, column)
    return column.text("nullable") == "no" and without


def _is_key(table: Table, column: Object) -> bool:
    """Tell whether a column is part of a unique key."""
    return any(column.own_name in key for key in table.keys)


def _value(table: Table, column: Object, k: int, flavour: Flavour = "plain") -> str:
    """Give a column's value in row ``k``; a key's is looked up where it points."""
    name = column.own_name
    if name in table.references:
        return _looked_up(*table.references[name], k)
    labels, type_ = column.list("labels"), column.text("type")
    if labels and not type_.endswith("[]"):
        return f"{sample_values.literal(labels[(k - 1) % len(labels)])}::{type_}"
    return (
        sample_values.value(column.text("base") or type_, k, flavour, table.limits[name]) or "NULL"
    )


def _looked_up(table: str, column: str, k: int) -> str:
    """Give the value of a row that a foreign key may point at: the k-th, counted round.

    Rows count as they were put in: keys that a server made up stand in another order each time.
    """
    name = sql_name(table)
    many = f"(SELECT greatest(count(*), 1) FROM {name})"  # noqa: S608 - names as the catalog quotes them
    put_in = "tableoid, ctid"
    return f"(SELECT {column} FROM {name} ORDER BY {put_in} OFFSET {k - 1} % {many} LIMIT 1)"  # noqa: S608 - as above


def _statement(table: Table, values: Mapping[str, str]) -> str:
    """Write the statement."""
    name = sql_name(table.name)
    if not values:
        return f"INSERT INTO {name} DEFAULT VALUES"
    return f"INSERT INTO {name} ({', '.join(values)}) VALUES ({', '.join(values.values())})"  # noqa: S608 - as above
