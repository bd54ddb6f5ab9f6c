"""Read constraints, as CREATE TABLE, ALTER TABLE and the domains define them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from migdocs.core.changes.indexes import column_name, key
from migdocs.core.sql import chosen_names, tree
from migdocs.core.sql.definitions import Constraint, ConstraintType
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from migdocs.core.changes.place import Place
    from migdocs.core.model import Change
    from migdocs.core.sql.parser import Node

# The letters of pg_constraint.confdeltype; "a", no action, is the default and left out.
ACTIONS = {"r": "restrict", "c": "cascade", "n": "set null", "d": "set default"}
# Nodes that follow a constraint's own and say something of it.
TRAILING = {
    "CONSTR_ATTR_DEFERRABLE": "DEFERRABLE",
    "CONSTR_ATTR_NOT_DEFERRABLE": "NOT DEFERRABLE",
    "CONSTR_ATTR_DEFERRED": "INITIALLY DEFERRED",
    "CONSTR_ATTR_IMMEDIATE": "INITIALLY IMMEDIATE",
    "CONSTR_ATTR_ENFORCED": "ENFORCED",
    "CONSTR_ATTR_NOT_ENFORCED": "NOT ENFORCED",
}


def constraint_added(constraint: Constraint, table: str, place: Place) -> Change:
    """Give the Change that adds a constraint; one without a name has the server's."""
    name = constraint.name or tree.identifier(
        chosen_names.of_constraint(table, constraint.type, constraint.columns)
    )
    needs = (constraint.references,) if constraint.references not in {"", table} else ()
    return place.change(
        "add",
        "constraint",
        f"{table}.{name}",
        constraint.sql(),
        table=table,
        definition=constraint,
        needs=needs,
    )


def read_constraints(nodes: Iterable[Node], column: str = "") -> tuple[Constraint, ...]:
    """Give the constraints in a list of Constraint nodes; what else is in it is left out.

    Args:
        nodes: of a column, a table or a domain.
        column: that they are written in; empty where they stand in the table.
    """
    names = enum_names("ConstrType")
    found: list[Constraint] = []
    for node in nodes:
        kind = names[node.contype]
        if kind in READERS:
            found.append(read_constraint(node, column))
        elif kind in TRAILING and found:
            found[-1] = _with_option(found[-1], TRAILING[kind])
    return tuple(found)


def read_constraint(node: Node, column: str = "") -> Constraint:
    """Give a Constraint node's definition; its type is one of ``READERS``."""
    type_, read = READERS[enum_names("ConstrType")[node.contype]]
    options = _options(node)
    return Constraint(
        type_,
        tree.identifier(node.conname) if node.conname else "",
        options=" ".join(options) if options else "",
        not_valid=node.skip_validation,
        **read(node, (column,) if column else ()),
    )


def _with_option(constraint: Constraint, option: str) -> Constraint:
    """Add what else is said of a constraint."""
    return replace(constraint, options=f"{constraint.options} {option}".lstrip())


def _options(node: Node) -> list[str]:
    """Read what else a constraint's own node says, in the order that the grammar wants."""
    options = []
    if node.including:
        options.append(f"INCLUDE ({', '.join(tree.columns(node.including))})")
    if node.is_no_inherit:
        options.append("NO INHERIT")
    if node.deferrable:
        options.append("DEFERRABLE")
    if node.initdeferred:
        options.append("INITIALLY DEFERRED")
    return options


def _check(node: Node, columns: tuple[str, ...]) -> dict[str, Any]:
    """Read a check; one that stands in the table constrains the columns that it names."""
    expression = tree.expression(node.raw_expr)
    return {"columns": columns or tree.column_references(node.raw_expr), "expression": expression}


def _unique(node: Node, columns: tuple[str, ...]) -> dict[str, Any]:
    """Read a unique constraint or a primary key, possibly of an index that exists."""
    index = tree.identifier(node.indexname) if node.indexname else ""
    return {
        "columns": columns or tree.columns(node.keys),
        "index": index,
        "nulls_not_distinct": node.nulls_not_distinct,
    }


def _foreign_key(node: Node, columns: tuple[str, ...]) -> dict[str, Any]:
    """Read a foreign key."""
    return {
        "columns": columns or tree.columns(node.fk_attrs),
        "references": tree.relation(node.pktable),
        "referenced": tree.columns(node.pk_attrs),
        "on_delete": ACTIONS.get(node.fk_del_action, ""),
        "on_update": ACTIONS.get(node.fk_upd_action, ""),
        "match_full": node.fk_matchtype == "f",
    }


def _exclusion(node: Node, _: tuple[str, ...]) -> dict[str, Any]:
    """Read an exclusion: the elements and the operators that may not all hold."""
    pairs = [item.list.items for item in node.exclusions]
    elements = ", ".join(
        f"{key(element.index_elem)} WITH {'.'.join(tree.strings(operators.list.items))}"
        for element, operators in pairs
    )
    method = f"USING {node.access_method} " if node.access_method else ""
    has_where = node.HasField("where_clause")
    where = f" WHERE ({tree.expression(node.where_clause)})" if has_where else ""
    return {
        "columns": tuple(tree.identifier(column_name(element.index_elem)) for element, _ in pairs),
        "expression": f"{method}({elements}){where}",
    }


def _not_null(node: Node, columns: tuple[str, ...]) -> dict[str, Any]:
    """Read a not-null constraint that stands in the table (PostgreSQL 18)."""
    return {"columns": columns or tree.columns(node.keys)}


READERS: dict[str, tuple[ConstraintType, Callable[[Node, tuple[str, ...]], dict[str, Any]]]] = {
    "CONSTR_CHECK": ("check", _check),
    "CONSTR_UNIQUE": ("unique", _unique),
    "CONSTR_PRIMARY": ("primary key", _unique),
    "CONSTR_FOREIGN": ("foreign key", _foreign_key),
    "CONSTR_EXCLUSION": ("exclude", _exclusion),
    "CONSTR_NOTNULL": ("not null", _not_null),
}
