"""Read types and domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.changes.columns import read_column, type_needs
from migdocs.core.changes.constraints import read_constraint, read_constraints
from migdocs.core.sql import tree
from migdocs.core.sql.definitions import Enum, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.changes.place import Place
    from migdocs.core.model import Change
    from migdocs.core.sql.parser import Node


def create_enum(node: Node, place: Place) -> Iterator[Change]:
    """Read a CreateEnumStmt."""
    values = tuple(tree.quoted(value) for value in tree.strings(node.vals))
    name, said = tree.dotted(node.type_name), f"enum ({', '.join(values)})"
    yield place.change("create", "type", name, said, definition=Enum(values))


def alter_enum(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterEnumStmt: a new value, or another name for one."""
    name = tree.dotted(node.type_name)
    value = tree.quoted(node.new_val)
    if node.old_val:
        yield place.change("rename value", "type", name, value, before=tree.quoted(node.old_val))
        return
    if node.new_val_neighbor:
        side = "after" if node.new_val_is_after else "before"
        value += f" {side} {tree.quoted(node.new_val_neighbor)}"
    yield place.change("add value", "type", name, value, guarded=node.skip_if_new_val_exists)


def create_composite(node: Node, place: Place) -> Iterator[Change]:
    """Read a CompositeTypeStmt."""
    name = tree.relation(node.typevar)
    parts = [read_column(item.column_def, name) for item in node.coldeflist]
    said = ", ".join(f"{part.name} {part.type}" for part in parts)
    needs = tuple(need for part in parts for need in type_needs(part.type))
    source = Source(place.text)
    yield place.change("create", "type", name, f"({said})", definition=source, needs=needs)


def create_range(node: Node, place: Place) -> Iterator[Change]:
    """Read a CreateRangeStmt."""
    name, source = tree.dotted(node.type_name), Source(place.text)
    yield place.change("create", "type", name, "range", definition=source)


def create_domain(node: Node, place: Place) -> Iterator[Change]:
    """Read a CreateDomainStmt."""
    base = tree.type_name(node.type_name)
    constraints = read_constraints(item.constraint for item in node.constraints)
    said = ", ".join(
        [base, *("not null" if c.type == "not null" else c.sql() for c in constraints)]
    )
    yield place.change(
        "create",
        "domain",
        tree.dotted(node.domainname),
        said,
        definition=Source(place.text),
        needs=type_needs(base),
    )


# AlterDomainStmt.subtype, with the arguments that its Change takes from it.
DOMAIN_VERBS = {
    "O": ("set not null", "domain"),
    "N": ("drop not null", "domain"),
    "C": ("add", "domain constraint"),
    "X": ("drop", "domain constraint"),
    "V": ("validate", "domain constraint"),
}


def alter_domain(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterDomainStmt."""
    name = tree.dotted(node.type_name)
    value = getattr(node, "def") if node.HasField("def") else None
    if node.subtype == "T":
        verb, kind = ("set default" if value else "drop default"), "domain"
        said = tree.expression(value) if value else None
        yield place.change(verb, kind, name, said)
        return
    verb, kind = DOMAIN_VERBS.get(node.subtype, ("alter", "domain"))
    constraint = read_constraint(value.constraint) if value is not None else None
    part = (constraint.name if constraint else "") or tree.identifier(node.name or "check")
    yield place.change(
        verb,
        kind,
        f"{name}.{part}" if kind == "domain constraint" else name,
        constraint.sql() if constraint else None,
        table=name,
        definition=constraint,
        guarded=node.missing_ok,
    )


def alter_type(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterTypeStmt: a base type's properties."""
    yield place.change(
        "set options", "type", tree.dotted(node.type_name), tree.options(node.options)
    )
