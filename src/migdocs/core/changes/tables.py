"""Read CREATE TABLE in all its forms, views, and tables made by a query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.changes.columns import column_added
from migdocs.core.changes.constraints import constraint_added, read_constraints
from migdocs.core.sql import tree
from migdocs.core.sql.definitions import Column, Source, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.changes.place import Place
    from migdocs.core.model import Change
    from migdocs.core.sql.parser import Node

PERSISTENCE = {"u": "unlogged", "t": "temporary"}
# The bits of TableLikeClause.options (nodes/parsenodes.h: TableLikeOption).
LIKE_BITS = {4: "constraints", 8: "defaults", 16: "generated", 32: "identity", 64: "indexes"}
STRATEGIES = {1: "LIST", 2: "RANGE", 3: "HASH"}


def create_table(node: Node, place: Place) -> Iterator[Change]:
    """Read a CreateStmt: the table, then each column and constraint."""
    name = tree.relation(node.relation)
    table = read_table(node)
    parents = (*table.inherits, *(like for like, _ in table.like))
    needs = (*parents, table.partition_of) if table.partition_of else parents
    yield place.change(
        "create",
        "table",
        name,
        table.describe() or None,
        definition=table,
        needs=needs,
        guarded=node.if_not_exists,
    )
    guarded = node.if_not_exists
    for item in node.table_elts:
        kind = item.WhichOneof("node")
        if kind == "column_def":
            yield from column_added(item.column_def, name, place, guarded=guarded)
    parts = (i.constraint for i in node.table_elts if i.WhichOneof("node") == "constraint")
    for constraint in read_constraints(parts):
        yield constraint_added(constraint, name, place)


def create_foreign_table(node: Node, place: Place) -> Iterator[Change]:
    """Read a CreateForeignTableStmt: as a table, of another server."""
    for change in create_table(node.base_stmt, place):
        if change.kind == "table":
            source = Source(place.text)
            yield place.change("create", "foreign table", change.name, definition=source)
        else:
            yield change


def read_table(node: Node) -> Table:
    """Give a CreateStmt's own definition, without its columns."""
    parents = tuple(tree.relation(item.range_var) for item in node.inh_relations)
    partition = node.HasField("partbound")
    return Table(
        persistence=PERSISTENCE.get(node.relation.relpersistence, ""),
        like=tuple(
            _like(item.table_like_clause)
            for item in node.table_elts
            if item.WhichOneof("node") == "table_like_clause"
        ),
        inherits=() if partition else parents,
        partition_of=parents[0] if partition else "",
        bound=bound(node.partbound) if partition else "",
        partition_by=_partition_by(node.partspec) if node.HasField("partspec") else "",
    )


def _like(node: Node) -> tuple[str, tuple[str, ...]]:
    """Give the table that a LIKE copies, and what comes along."""
    bits = node.options & 0xFFFFFFFF
    return tree.relation(node.relation), tuple(w for bit, w in LIKE_BITS.items() if bits & bit)


def _partition_by(node: Node) -> str:
    """Give how a table is partitioned: ``RANGE (created_at)``."""
    parts = [item.partition_elem for item in node.part_params]
    keys = [tree.identifier(p.name) if p.name else f"({tree.expression(p.expr)})" for p in parts]
    return f"{STRATEGIES.get(node.strategy, '')} ({', '.join(keys)})"


def bound(node: Node) -> str:
    """Give a partition's bound as SQL: ``FOR VALUES FROM (1) TO (10)``."""
    if node.is_default:
        return "DEFAULT"
    if node.strategy == "h":
        return f"FOR VALUES WITH (MODULUS {node.modulus}, REMAINDER {node.remainder})"
    if node.strategy == "l":
        return f"FOR VALUES IN ({_values(node.listdatums)})"
    return f"FOR VALUES FROM ({_values(node.lowerdatums)}) TO ({_values(node.upperdatums)})"


def _values(nodes: list[Node]) -> str:
    """Give a bound's values; MINVALUE and MAXVALUE stand as column names in the tree."""
    return ", ".join(tree.expression(node) for node in nodes)


def create_view(node: Node, place: Place) -> Iterator[Change]:
    """Read a ViewStmt."""
    name = tree.relation(node.view)
    yield place.change(
        "replace" if node.replace else "create",
        "view",
        name,
        definition=Source(place.text),
        needs=tree.relations_in(node.query),
    )


def create_table_as(node: Node, place: Place) -> Iterator[Change]:
    """Read a CreateTableAsStmt: a table or a materialized view made by a query."""
    into = node.into
    if tree.object_kind(node.objtype) == "materialized view":
        name, needs = tree.relation(into.rel), tree.relations_in(node.query)
        source = Source(place.text)
        yield place.change("create", "materialized view", name, definition=source, needs=needs)
        return
    yield from made_by_query(into, node.query.select_stmt, place, guarded=node.if_not_exists)


def made_by_query(
    into: Node, query: Node, place: Place, *, guarded: bool = False
) -> Iterator[Change]:
    """Give the table that a query makes, and its columns as far as their names are said.

    Args:
        into: an IntoClause.
        query: a SelectStmt, empty where the rows come from EXECUTE.
        place: of the statement.
        guarded: IF NOT EXISTS.
    """
    name = tree.relation(into.rel)
    table = Table(
        persistence=PERSISTENCE.get(into.rel.relpersistence, ""),
        query=place.text,
        copies=tree.copied_table(query),
    )
    yield place.change(
        "create",
        "table",
        name,
        table.describe(),
        definition=table,
        needs=tuple(need for need in tree.relations_in(query) if need != name),
        guarded=guarded,
    )
    for column in tree.columns(into.col_names) or tree.output_columns(query):
        yield place.change(
            "add", "column", f"{name}.{column}", table=name, definition=Column(column, "")
        )
