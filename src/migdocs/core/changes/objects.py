"""Read what is said of objects of any kind: DROP, RENAME, OWNER, SET SCHEMA, COMMENT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.sql import tree
from migdocs.core.sql.definitions import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.changes.place import Place
    from migdocs.core.model import Change
    from migdocs.core.sql.parser import Node

CASCADE = 2  # DropBehavior
# Kinds whose name is that of their table and their own.
PARTS = {"column", "constraint", "trigger", "policy", "rule"}


def drop(node: Node, place: Place) -> Iterator[Change]:
    """Read a DropStmt: a Change for each object it names."""
    kind = tree.object_kind(node.remove_type)
    for item in node.objects:
        name = tree.object_name(item)
        yield place.change(
            "drop",
            kind,
            name,
            table=name.rpartition(".")[0] if kind in PARTS else None,
            guarded=node.missing_ok,
            cascade=node.behavior == CASCADE,
        )


def rename(node: Node, place: Place) -> Iterator[Change]:
    """Read a RenameStmt: ``before`` and ``after`` are the object's own names, unqualified."""
    kind = tree.object_kind(node.rename_type)
    owner = _owner_of(node)
    name = ".".join(filter(None, (owner, tree.identifier(node.subname) if node.subname else "")))
    yield place.change(
        "rename",
        kind,
        name,
        tree.identifier(node.newname),
        before=tree.identifier(node.subname) if node.subname else name.rpartition(".")[2],
        table=owner if kind in PARTS else None,
        guarded=node.missing_ok,
        cascade=node.behavior == CASCADE,
    )


def _owner_of(node: Node) -> str:
    """Give the object that is renamed, or whose part is."""
    if node.HasField("relation"):
        return tree.relation(node.relation)
    return tree.object_name(node.object) if node.HasField("object") else ""


def set_schema(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterObjectSchemaStmt."""
    kind = tree.object_kind(node.object_type)
    schema = tree.identifier(node.newschema)
    yield place.change("set schema", kind, _owner_of(node), schema, guarded=node.missing_ok)


def set_owner(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterOwnerStmt."""
    kind = tree.object_kind(node.object_type)
    role, source = tree.role(node.newowner), Source(place.text)
    yield place.change("set owner", kind, _owner_of(node), role, definition=source)


def comment(node: Node, place: Place) -> Iterator[Change]:
    """Read a CommentStmt; ``after`` is the text, None where it is taken away."""
    kind, name = tree.object_kind(node.objtype), tree.object_name(node.object)
    table = name.rpartition(".")[0] if kind in PARTS else None
    source = Source(place.text)
    text = node.comment or None
    yield place.change("comment", kind, name, text, table=table, definition=source)
