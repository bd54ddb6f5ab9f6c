"""Read statements that change rows: which table, and roughly what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.changes.tables import made_by_query
from migdocs.core.sql import tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migdocs.core.changes.place import Place
    from migdocs.core.model import Change
    from migdocs.core.sql.parser import Node

CASCADE = 2  # DropBehavior


def insert(node: Node, place: Place) -> Iterator[Change]:
    """Read an InsertStmt; ``after`` says how many rows, or that a query gives them."""
    yield from _in_with(node, place)
    count = len(node.select_stmt.select_stmt.values_lists)
    from_query = node.HasField("select_stmt") and not count
    name = tree.relation(node.relation)
    yield place.change(
        "insert",
        "rows",
        name,
        "rows from a query" if from_query else "1 row" if count <= 1 else f"{count} rows",
        table=name,
        needs=_others_in(node, name) if from_query else (),
        guarded=node.HasField("on_conflict_clause"),
    )


def update(node: Node, place: Place) -> Iterator[Change]:
    """Read an UpdateStmt; ``after`` names the columns, and says where every row is meant."""
    yield from _in_with(node, place)
    names = (tree.identifier(item.res_target.name) for item in node.target_list)
    said = ", ".join(dict.fromkeys(names))
    # Where no condition picks some rows, every row is meant.
    said += "" if node.HasField("where_clause") else " of every row"
    yield _rows("update", node, said, _needs(node, node.from_clause, place), place)


def delete(node: Node, place: Place) -> Iterator[Change]:
    """Read a DeleteStmt."""
    yield from _in_with(node, place)
    needs = _needs(node, node.using_clause, place)
    said = "rows" if node.HasField("where_clause") else "every row"
    yield _rows("delete", node, said, needs, place)


def _needs(node: Node, others: Iterable[Node], place: Place) -> tuple[str, ...]:
    """Give the other tables that a statement reads; looks into it only if there may be some."""
    if not others and "select" not in place.text.lower():
        return ()
    return _others_in(node, tree.relation(node.relation))


def _others_in(node: Node, own: str) -> tuple[str, ...]:
    """Give the tables in a statement besides its own."""
    return tuple(name for name in tree.relations_in(node) if name != own)


def merge(node: Node, place: Place) -> Iterator[Change]:
    """Read a MergeStmt."""
    yield from _in_with(node, place)
    needs = _needs(node, (node.source_relation,), place)
    yield _rows("merge", node, None, needs, place)


def copy(node: Node, place: Place) -> Iterator[Change]:
    """Read a CopyStmt; only COPY … FROM changes anything."""
    if not node.is_from:
        name = tree.relation(node.relation) if node.HasField("relation") else "a query"
        yield place.change("run", "query", f"copy of {name}")
        return
    source = "from a program" if node.is_program else "from a file" if node.filename else None
    yield _rows("copy", node, source, (), place)


def truncate(node: Node, place: Place) -> Iterator[Change]:
    """Read a TruncateStmt: a Change for each table."""
    for item in node.relations:
        name = tree.relation(item.range_var)
        cascade = node.behavior == CASCADE
        yield place.change("truncate", "rows", name, table=name, cascade=cascade)


def _rows(verb: str, node: Node, after: str | None, needs: tuple[str, ...], place: Place) -> Change:
    """Give the Change of the rows of a statement's table."""
    name = tree.relation(node.relation)
    return place.change(verb, "rows", name, after, table=name, needs=needs)


def _in_with(node: Node, place: Place) -> Iterator[Change]:
    """Read the data statements in a WITH clause, which run before the one they stand in."""
    if not node.HasField("with_clause"):
        return
    for item in node.with_clause.ctes:
        query = item.common_table_expr.ctequery
        kind = query.WhichOneof("node")
        if kind in DATA:
            yield from DATA[kind](getattr(query, kind), place)


def select(node: Node, place: Place) -> Iterator[Change]:
    """Read a SelectStmt: data statements in its WITH, a table it makes, functions it calls."""
    yield from _in_with(node, place)
    if node.HasField("into_clause"):
        yield from made_by_query(node.into_clause, node, place)
        return
    for function in called(node):
        yield place.change("call", "function", function, needs=(f"{function}()",))
    if not called(node):
        yield place.change("run", "query", "select")


def called(node: Node) -> tuple[str, ...]:
    """Give the functions that a SELECT calls for their own sake: as its rows, or without any."""
    targets = () if node.from_clause else (item.res_target.val for item in node.target_list)
    rows = (
        part
        for item in node.from_clause
        if item.WhichOneof("node") == "range_function"
        for functions in item.range_function.functions
        for part in functions.list.items[:1]
    )
    calls = (item for item in (*targets, *rows) if item.WhichOneof("node") == "func_call")
    return tuple(tree.dotted(item.func_call.funcname) for item in calls)


def call(node: Node, place: Place) -> Iterator[Change]:
    """Read a CallStmt."""
    name = tree.dotted(node.funccall.funcname)
    yield place.change("call", "procedure", name, needs=(f"{name}()",))


DATA = {
    "insert_stmt": insert,
    "update_stmt": update,
    "delete_stmt": delete,
    "merge_stmt": merge,
    "select_stmt": select,
}
