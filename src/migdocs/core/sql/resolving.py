"""Write into each tree the schema that the server would find a name in, where a path decides it.

Only scripts that set search_path, make temporary objects or make a schema with what is in it are
looked at: in all others a name without a schema is public's. What is not known to be anywhere is
taken for the first schema of the path, as a CREATE would be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from migdocs.core.sql import search_path, tree
from migdocs.core.sql.parser import deparse_statement, enum_names
from migdocs.core.sql.search_path import TEMPORARY, SearchPath

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from migdocs.core.sql.parser import Node, Parsed

RELATION, TYPE, ROUTINE, SCHEMA = "relation", "type", "routine", "schema"
# Objects whose name is a list, by what is looked up; those of a relation stand behind its name.
KINDS = {
    **dict.fromkeys(
        ("TABLE", "VIEW", "MATVIEW", "INDEX", "SEQUENCE", "FOREIGN_TABLE", "STATISTIC_EXT"),
        RELATION,
    ),
    **dict.fromkeys(("TYPE", "DOMAIN"), TYPE),
    **dict.fromkeys(("FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE"), ROUTINE),
}
PARTS = frozenset(("COLUMN", "TABCONSTRAINT", "TRIGGER", "POLICY", "RULE"))
# Kind of statement → the RangeVar of what it makes.
MADE: dict[str, Callable[[Node], Node]] = {
    "create_stmt": lambda node: node.relation,
    "create_foreign_table_stmt": lambda node: node.base_stmt.relation,
    "create_table_as_stmt": lambda node: node.into.rel,
    "view_stmt": lambda node: node.view,
    "create_seq_stmt": lambda node: node.sequence,
    "composite_type_stmt": lambda node: node.typevar,
}
# Kind of statement → the field with the name, a list, of what it makes or alters, and its kind.
LISTS = {
    "create_enum_stmt": ("type_name", TYPE, True),
    "create_range_stmt": ("type_name", TYPE, True),
    "create_domain_stmt": ("domainname", TYPE, True),
    "create_function_stmt": ("funcname", ROUTINE, True),
    "create_stats_stmt": ("defnames", RELATION, True),
    "alter_enum_stmt": ("type_name", TYPE, False),
    "alter_domain_stmt": ("type_name", TYPE, False),
    "alter_stats_stmt": ("defnames", RELATION, False),
}
# Kind of statement → the fields with its objects, and with their kind.
OBJECTS = {
    "drop_stmt": ("objects", "remove_type"),
    "comment_stmt": ("object", "objtype"),
    "rename_stmt": ("object", "rename_type"),
    "alter_object_schema_stmt": ("object", "object_type"),
    "alter_owner_stmt": ("object", "object_type"),
    "alter_extension_contents_stmt": ("object", "objtype"),
}


class Known(Protocol):
    """What is there before a script."""

    def has(self, kind: str, name: str) -> bool:
        """Tell whether there is a relation, type, routine or schema of a qualified name."""


class Scope(Struct, frozen=True):
    """Where the names of a body are looked for: the path, and what there is."""

    path: tuple[str, ...]
    names: Names

    def settle(self, parsed: Parsed) -> Parsed:
        """Give a statement of the body with its names in their schemas."""
        return _settled(parsed, self.path, self.names)


class Names(Struct):
    """What there is to be found: before the script, and what it has made and taken away."""

    known: Known | None
    made: set[tuple[str, str]] = field(default_factory=set)
    gone: set[tuple[str, str]] = field(default_factory=set)

    def has(self, kind: str, schema: str, name: str) -> bool:
        """Tell whether a name is to be found in a schema."""
        key = (kind, tree.qualified((schema, name)))
        if key in self.made:
            return True
        return key not in self.gone and self.known is not None and self.known.has(*key)

    def make(self, kind: str, schema: str, name: str) -> None:
        """Note what a statement makes."""
        self.made.add((kind, tree.qualified((schema, name))))

    def drop(self, kind: str, name: str) -> None:
        """Note what a statement takes away."""
        self.made.discard((kind, name))
        self.gone.add((kind, name))

    def home(self, path: tuple[str, ...]) -> str:
        """Give the schema that a CREATE without one goes to; empty where there is none."""
        present = (schema for schema in path if schema == "public" or self._there(schema))
        first = path[0] if path else ""
        return next(present, first) if first != "public" else first

    def _there(self, schema: str) -> bool:
        """Tell whether a schema is there, as far as that is known."""
        key = (SCHEMA, tree.identifier(schema))
        return key in self.made or self.known is None or self.known.has(*key)

    def find(self, kind: str, path: tuple[str, ...], name: str) -> str:
        """Give the schema that a name is found in; empty where it is not known."""
        return next((s for s in (TEMPORARY, *path) if self.has(kind, s, name)), "")


def follow(statements: Sequence[Parsed], known: Known | None = None) -> tuple[Parsed, ...]:
    """Give a script's statements with their names in their schemas.

    Args:
        statements: of ``parser.parse_all``; their trees are changed.
        known: what is there before the script; None where nothing is known.
    """
    if not is_needed(statements, known):
        return tuple(statements)
    start = _start(known)
    return tuple(_followed(statements, SearchPath(start, start), Names(known)))


def is_needed(statements: Sequence[Parsed], known: Known | None = None) -> bool:
    """Tell whether a name without a schema may be found anywhere but in public."""
    return _start(known) != search_path.DEFAULT or search_path.matters(statements)


def _start(known: Known | None) -> tuple[str, ...]:
    """Give the path of a new session."""
    start: tuple[str, ...] = getattr(known, "search_path", search_path.DEFAULT)
    return start


def _followed(statements: Sequence[Parsed], path: SearchPath, names: Names) -> Iterator[Parsed]:
    """Give statement after statement, with what each changes for the next."""
    for parsed in statements:
        if parsed.node is None:
            yield parsed
            continue
        yield from _with_elements(parsed, path.now, names)
        path.follow(parsed)


def _with_elements(parsed: Parsed, path: tuple[str, ...], names: Names) -> Iterator[Parsed]:
    """Give a statement; a CREATE SCHEMA and all that it makes in it, one after the other."""
    if parsed.kind == "create_schema_stmt":
        schema = str(parsed.node.schemaname or tree.role(parsed.node.authrole))
        elements = list(parsed.node.schema_elts)
        names.make(SCHEMA, "", schema)
        if elements:
            del parsed.node.schema_elts[:]
            yield replace(parsed, text=deparse_statement(parsed.kind, parsed.node))
            for item in elements:
                kind = item.WhichOneof("node")
                inner = replace(parsed, kind=kind, node=getattr(item, kind))
                inside = _settled(inner, (schema, *path), names)
                yield replace(inside, text=deparse_statement(kind, inside.node))
            return
    yield _settled(parsed, path, names)


def _settled(parsed: Parsed, path: tuple[str, ...], names: Names) -> Parsed:
    """Give a statement whose names stand in their schemas."""
    if parsed.node is None:
        return parsed
    own = None
    if parsed.kind == "create_function_stmt":
        own = search_path.of_routine(parsed.node)
    changed = _Settling(path, names).statement(parsed)
    scope = Scope(path if own is None else own, names)
    _note_gone(parsed, names)
    if not changed:
        return replace(parsed, scope=scope)
    return replace(parsed, scope=scope, text=deparse_statement(parsed.kind, parsed.node))


def _note_gone(parsed: Parsed, names: Names) -> None:
    """Note what a DROP takes away."""
    if parsed.kind == "drop_stmt":
        kind = KINDS.get(_object_kind(parsed.node, "remove_type"), "")
        for item in parsed.node.objects:
            names.drop(kind, tree.object_name(item).partition("(")[0])


def _object_kind(node: Node, name: str) -> str:
    """Give the kind of object that a field of a statement tells."""
    number: int = getattr(node, name)
    return enum_names("ObjectType")[number].removeprefix("OBJECT_")


class _Settling:
    """One statement's names, looked up one after the other."""

    def __init__(self, path: tuple[str, ...], names: Names) -> None:
        self.path = path
        self.names = names
        self.changed = False

    def statement(self, parsed: Parsed) -> bool:
        """Put every name into its schema; tell whether any was not public's."""
        node, kind = parsed.node, parsed.kind
        messages = list(tree.messages_in(node, tree.CONSTANTS - {"type_name"}))
        queries = {m.ctename for m in messages if m.DESCRIPTOR.name == "CommonTableExpr"}
        self.made(node, kind)
        self.objects(node, kind)
        for message in messages:
            settle = SETTLE.get(message.DESCRIPTOR.name)
            if settle:
                settle(self, message, queries)
        return self.changed

    def made(self, node: Node, kind: str) -> None:
        """Put what a statement makes into the first schema of the path."""
        if kind in MADE:
            target = MADE[kind](node)
            schema = target.schemaname or self._home(temporary=target.relpersistence == "t")
            self._qualify(target, schema)
            names = (RELATION, TYPE) if kind == "composite_type_stmt" else (RELATION,)
            for each in names:
                self.names.make(each, schema, target.relname)
        elif kind in LISTS:
            field_name, what, is_new = LISTS[kind]
            name = getattr(node, field_name)
            if len(name) == 1:
                self._prefix(name, self._home() if is_new else self._schema(what, name[0]))
            if is_new:
                self.names.make(what, *_two(name))
        elif kind == "index_stmt":
            schema = node.relation.schemaname or self._found(RELATION, node.relation.relname)
            self.names.make(RELATION, schema, node.idxname)

    def objects(self, node: Node, kind: str) -> None:
        """Put the objects that a statement names into their schemas."""
        if kind not in OBJECTS:
            return
        field_name, kind_field = OBJECTS[kind]
        named = _object_kind(node, kind_field)
        found = getattr(node, field_name)
        for item in found if kind == "drop_stmt" else (found,):
            parts: Sequence[Node] = item.list.items if item.WhichOneof("node") == "list" else ()
            if named in PARTS and len(parts) == 2:  # noqa: PLR2004 - table and part
                self._prefix(parts, self._schema(RELATION, parts[0]))
            elif named in KINDS and len(parts) == 1:
                self._prefix(parts, self._schema(KINDS[named], parts[0]))

    def relation(self, node: Node, queries: set[str]) -> None:
        """Put a RangeVar into its schema."""
        if not node.schemaname and node.relname not in queries:
            self._qualify(node, self._found(RELATION, node.relname))

    def type_name(self, node: Node, _: set[str]) -> None:
        """Put a TypeName into its schema, where it is known to be no type of the server's own."""
        self._known_only(TYPE, node.names)

    def call(self, node: Node, _: set[str]) -> None:
        """Put a FuncCall into its schema, where it is known to be none of the server's own."""
        self._known_only(ROUTINE, node.funcname)

    def trigger(self, node: Node, _: set[str]) -> None:
        """Put a trigger's function into its schema."""
        self._known_only(ROUTINE, node.funcname)

    def routine(self, node: Node, _: set[str]) -> None:
        """Put an ObjectWithArgs into its schema."""
        self._known_only(ROUTINE, node.objname)

    def _known_only(self, kind: str, name: Sequence[Node]) -> None:
        """Put a name into the schema that it is known to be in."""
        if len(name) == 1:
            self._prefix(name, self.names.find(kind, self.path, name[0].string.sval))

    def _home(self, *, temporary: bool = False) -> str:
        """Give the schema of what is made."""
        return TEMPORARY if temporary else self.names.home(self.path)

    def _found(self, kind: str, name: str) -> str:
        """Give the schema of what is there, or else would be."""
        return self.names.find(kind, self.path, name) or self.names.home(self.path)

    def _schema(self, kind: str, name: Node) -> str:
        """Give the schema of a String node's object."""
        return self._found(kind, str(name.string.sval))

    def _qualify(self, node: Node, schema: str) -> None:
        """Give a RangeVar its schema."""
        if schema and not node.schemaname:
            node.schemaname = schema
            self.changed = self.changed or schema != "public"

    def _prefix(self, name: Sequence[Node], schema: str) -> None:
        """Put a schema before the parts of a name."""
        if schema:
            rest = [part.SerializeToString() for part in name]
            del name[:]  # type: ignore[attr-defined]
            name.add().string.sval = schema  # type: ignore[attr-defined]
            for part in rest:
                name.add().ParseFromString(part)  # type: ignore[attr-defined]
            self.changed = self.changed or schema != "public"


def _two(name: Sequence[Node]) -> tuple[str, str]:
    """Give the schema and the name that a list spells."""
    parts = tree.strings(name)
    return ".".join(parts[:-1]), parts[-1]


SETTLE: dict[str, Callable[[_Settling, Node, set[str]], None]] = {
    "RangeVar": _Settling.relation,
    "TypeName": _Settling.type_name,
    "FuncCall": _Settling.call,
    "CreateTrigStmt": _Settling.trigger,
    "ObjectWithArgs": _Settling.routine,
}
