"""Queries that are true once a migration has run: one for each object that it makes or drops.

They ask the catalogs (PostgreSQL manual, chapter 53) and never a table's rows, so that they are
fast on any database. What cannot be told from the schema alone has no query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.sql.chosen_names import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from migdocs.core.catalog import Catalog, Effect
    from migdocs.core.model import Change
    from migdocs.core.sql.definitions import Column

PROMISE = "Each query answers true once the migration has run."
_RELATIONS = frozenset({"table", "foreign table", "view", "materialized view", "index", "sequence"})
_TYPES = frozenset({"type", "domain"})


def queries(effects: Iterable[Effect], after: Catalog) -> tuple[str, ...]:
    """Give the queries for what a migration changed, in the order of its statements.

    Args:
        effects: of its Changes on the schema before it.
        after: the schema that it leaves: what it made and took away again is asked for once.
    """
    found: dict[str, None] = {}
    new: set[str] = set()  # whose parts came with them
    for effect in effects:
        change = effect.change
        if effect.void or change.opaque or change.conditional or change.name in new:
            continue
        if (change.verb, change.kind) == ("create", "table"):
            new.add(change.name)
        if change.table in new and change.kind != "trigger":
            continue
        rule = _RULES.get((change.verb, change.kind)) or _of_kind(change)
        for sql in rule(change, after) if rule else ():
            found.setdefault(f"SELECT {sql};")
    return tuple(found)


def section(asked: Iterable[str]) -> str:
    """Give the text of a section that holds queries; empty where there are none."""
    blocks = [f"```sql\n{sql}\n```" for sql in asked]
    return "\n\n".join((PROMISE, *blocks)) if blocks else ""


def _of_kind(change: Change) -> Callable[[Change, Catalog], Iterator[str]] | None:
    """Give the rule for objects that are asked for by their name."""
    if change.verb in {"create", "replace", "drop"}:
        if change.kind in _RELATIONS:
            return _relation
        if change.kind in _TYPES:
            return _type
    if change.verb == "rename" and change.kind in _RELATIONS:
        return _renamed_relation
    return None


def _relation(change: Change, after: Catalog) -> Iterator[str]:
    """Ask for a table, a view, an index or a sequence."""
    there = change.verb != "drop"
    if after.has("relation", change.name) == there:
        yield f"to_regclass({_literal(_full(change.name))}) IS {'NOT ' if there else ''}NULL"


def _type(change: Change, after: Catalog) -> Iterator[str]:
    """Ask for a type or a domain."""
    there = change.verb != "drop"
    if after.has("type", change.name) == there:
        yield f"to_regtype({_literal(_full(change.name))}) IS {'NOT ' if there else ''}NULL"


def _renamed_relation(change: Change, after: Catalog) -> Iterator[str]:
    """Ask for the new name of a relation."""
    schema = change.name.rpartition(".")[0]
    name = f"{schema}.{change.after}" if schema else str(change.after)
    if after.has("relation", name):
        yield f"to_regclass({_literal(_full(name))}) IS NOT NULL"


def _column(change: Change, after: Catalog) -> Iterator[str]:
    """Ask for a column as the migration left it."""
    name = change.after or "" if change.verb == "rename" else change.own_name
    relation = after.relations.get(change.table or "")
    column = relation.columns.get(name) if relation else None
    if change.verb == "drop":
        if relation and column is None:
            yield f"NOT EXISTS ({_of_column(change.table, name)})"
    elif column and (condition := _STATES[change.verb](column)) is not None:
        yield f"EXISTS ({_of_column(change.table, name)}{condition})"


# Verb → what is asked of the column besides its being there; None where it was changed again.
_STATES: dict[str, Callable[[Column], str | None]] = {
    "add": lambda _: "",
    "rename": lambda _: "",
    "set not null": lambda c: None if c.nullable else " AND attnotnull",
    "drop not null": lambda c: " AND NOT attnotnull" if c.nullable else None,
    "set default": lambda c: " AND atthasdef" if c.default else None,
    "drop default": lambda c: None if c.default else " AND NOT atthasdef",
    "retype": lambda c: f" AND atttypid = to_regtype({_literal(c.type)})" if c.type else None,
}


def _constraint(change: Change, after: Catalog) -> Iterator[str]:
    """Ask for a constraint."""
    relation = after.relations.get(change.table or "")
    there = change.verb != "drop"
    if relation is not None and (change.own_name in relation.constraints) == there:
        no = "" if there else "NOT "
        table = _literal(_full(change.table or ""))
        name = _literal(plain(change.own_name))
        where = f"conrelid = to_regclass({table}) AND conname = {name}"
        yield f"{no}EXISTS (SELECT FROM pg_constraint WHERE {where})"


def _named(catalog: str, column: str) -> Callable[[Change, Catalog], Iterator[str]]:
    """Make a rule for objects whose names no schema qualifies."""

    def rule(change: Change, after: Catalog) -> Iterator[str]:
        there = change.verb != "drop"
        if ((change.kind, change.name) in after.objects) == there:
            no, name = "" if there else "NOT ", _literal(plain(change.name))
            yield f"{no}EXISTS (SELECT FROM {catalog} WHERE {column} = {name})"

    return rule


def _of_column(table: str | None, name: str) -> str:
    """Give the query that finds a column which is there."""
    return (
        f"SELECT FROM pg_attribute WHERE attrelid = to_regclass({_literal(_full(table or ''))})"
        f" AND attname = {_literal(plain(name))} AND NOT attisdropped"
    )


def _full(name: str) -> str:
    """Give a name with its schema: what has none is public's."""
    return name if _is_qualified(name) else f"public.{name}"


def _is_qualified(name: str) -> bool:
    """Tell whether a name has a schema; dots between quotes are part of the name."""
    outside = name.split('"')[::2]
    return any("." in part for part in outside)


def _literal(text: str) -> str:
    """Write a text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


_RULES: dict[tuple[str, str], Callable[[Change, Catalog], Iterator[str]]] = {
    **{(verb, "column"): _column for verb in ("drop", *_STATES)},
    ("add", "constraint"): _constraint,
    ("drop", "constraint"): _constraint,
    ("create", "extension"): _named("pg_extension", "extname"),
    ("drop", "extension"): _named("pg_extension", "extname"),
    ("create", "schema"): _named("pg_namespace", "nspname"),
    ("drop", "schema"): _named("pg_namespace", "nspname"),
}
