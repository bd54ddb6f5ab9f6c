"""Read what is not of a table: schemas, extensions, sequences, replication, settings, upkeep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.sql import search_path, tree
from migdocs.core.sql.definitions import Source
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from migdocs.core.changes.place import Place
    from migdocs.core.model import Change
    from migdocs.core.sql.parser import Node

EVERY_TABLE = "every table"


def create_schema(node: Node, place: Place) -> Iterator[Change]:
    """Read a CreateSchemaStmt; what it makes in the same breath is not looked into."""
    name = tree.identifier(node.schemaname or tree.role(node.authrole))
    yield place.change(
        "create",
        "schema",
        name,
        definition=Source(place.text),
        guarded=node.if_not_exists,
        opaque=bool(node.schema_elts),
    )


def create_extension(node: Node, place: Place) -> Iterator[Change]:
    """Read a CreateExtensionStmt."""
    name = tree.identifier(node.extname)
    source = Source(place.text)
    yield place.change("create", "extension", name, definition=source, guarded=node.if_not_exists)


def alter_extension(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterExtensionStmt: an update to another version."""
    said = tree.options(node.options) or None
    yield place.change("update", "extension", tree.identifier(node.extname), said)


def alter_extension_contents(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterExtensionContentsStmt: what belongs to an extension."""
    kind, name = tree.object_kind(node.objtype), tree.object_name(node.object)
    yield place.change("alter", "extension", tree.identifier(node.extname), f"{kind} {name}")


def create_sequence(node: Node, place: Place) -> Iterator[Change]:
    """Read a CreateSeqStmt."""
    yield place.change(
        "create",
        "sequence",
        tree.relation(node.sequence),
        tree.options(node.options) or None,
        definition=Source(place.text),
        guarded=node.if_not_exists,
    )


def alter_sequence(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterSeqStmt."""
    said = tree.options(node.options) or None
    guarded = node.missing_ok
    yield place.change("alter", "sequence", tree.relation(node.sequence), said, guarded=guarded)


def create_statistics(node: Node, place: Place) -> Iterator[Change]:
    """Read a CreateStatsStmt."""
    tables = tuple(tree.object_name(item) for item in node.relations)
    yield place.change(
        "create",
        "statistics",
        tree.dotted(node.defnames),
        table=tables[0] if tables else None,
        definition=Source(place.text),
        needs=tables,
        guarded=node.if_not_exists,
    )


def alter_statistics(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterStatsStmt."""
    name, source = tree.dotted(node.defnames), Source(place.text)
    yield place.change("set statistics", "statistics", name, definition=source)


def _published(node: Node) -> tuple[str, ...]:
    """Give the tables that a publication names."""
    objects = (item.publication_obj_spec for item in node.pubobjects)
    return tuple(tree.relation(o.pubtable.relation) for o in objects if o.HasField("pubtable"))


def create_publication(node: Node, place: Place) -> Iterator[Change]:
    """Read a CreatePublicationStmt."""
    tables = _published(node)
    said = (
        "of every table" if node.for_all_tables else f"of {', '.join(tables)}" if tables else None
    )
    name, source = tree.identifier(node.pubname), Source(place.text)
    yield place.change("create", "publication", name, said, definition=source, needs=tables)


def alter_publication(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterPublicationStmt."""
    action = enum_names("AlterPublicationAction")[node.action]
    verb = {"AP_AddObjects": "adds", "AP_DropObjects": "drops"}.get(action, "sets")
    tables = _published(node)
    said = f"{verb} {', '.join(tables)}" if tables else tree.options(node.options) or None
    yield place.change("alter", "publication", tree.identifier(node.pubname), said, needs=tables)


def set_variable(node: Node, place: Place) -> Iterator[Change]:
    """Read a VariableSetStmt: a setting of the session, or of the transaction (SET LOCAL)."""
    reset = enum_names("VariableSetKind")[node.kind] in {"VAR_RESET", "VAR_RESET_ALL"}
    values = ", ".join(tree.settings(node))
    name = node.name or "every setting"
    yield place.change("reset" if reset else "set", "setting", name, values or None)


def alter_database(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterDatabaseSetStmt: a setting of every session that begins later."""
    name, source = tree.identifier(node.dbname), Source(place.text)
    yield place.change(
        "alter", "database", name, search_path.described(node.setstmt), definition=source
    )


def transaction(node: Node, place: Place) -> Iterator[Change]:
    """Read a TransactionStmt."""
    verb = enum_names("TransactionStmtKind")[node.kind].removeprefix("TRANS_STMT_").lower()
    yield place.change("run", "transaction", verb.replace("_", " "))


def named(verb: str, kind: str, field: str) -> Callable[[Node, Place], Iterator[Change]]:
    """Make a reader for a statement whose object is a name in one field."""

    def read(node: Node, place: Place) -> Iterator[Change]:
        guarded = bool(getattr(node, "missing_ok", False))
        name = tree.identifier(getattr(node, field))
        yield place.change(verb, kind, name, definition=Source(place.text), guarded=guarded)

    return read


def on_relations(verb: str, field: str) -> Callable[[Node, Place], Iterator[Change]]:
    """Make a reader for upkeep of the tables in one field, or of all where it is empty."""

    def read(node: Node, place: Place) -> Iterator[Change]:
        names = _relation_names(getattr(node, field))
        for name in names:
            yield place.change(verb, "table", name, table=name)
        if not names:
            yield place.change(verb, "table", EVERY_TABLE)

    return read


def _relation_names(nodes: Iterable[Node]) -> list[str]:
    """Give the relations in a list of RangeVar or VacuumRelation nodes."""
    names = []
    for item in nodes:
        kind = item.WhichOneof("node")
        found = item.vacuum_relation.relation if kind == "vacuum_relation" else item.range_var
        names.append(tree.relation(found))
    return names


def vacuum(node: Node, place: Place) -> Iterator[Change]:
    """Read a VacuumStmt, which also is ANALYZE."""
    verb = "vacuum" if node.is_vacuumcmd else "analyze"
    yield from on_relations(verb, "rels")(node, place)


def refresh(node: Node, place: Place) -> Iterator[Change]:
    """Read a RefreshMatViewStmt."""
    name = tree.relation(node.relation)
    yield place.change("refresh", "materialized view", name, needs=(name,))


def reindex(node: Node, place: Place) -> Iterator[Change]:
    """Read a ReindexStmt."""
    kind = enum_names("ReindexObjectType")[node.kind].removeprefix("REINDEX_OBJECT_").lower()
    name = tree.relation(node.relation) if node.HasField("relation") else node.name
    yield place.change("reindex", kind, name)


def cluster(node: Node, place: Place) -> Iterator[Change]:
    """Read a ClusterStmt."""
    table = tree.relation(node.relation) if node.HasField("relation") else None
    yield place.change("cluster", "table", table or EVERY_TABLE, table=table)
