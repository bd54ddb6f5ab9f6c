"""Read what a script asks that is not its database's: roles, and extensions for administrators.

A script that is only tried must not make roles itself: before PostgreSQL 16 who may make them may
take almost any right. So what it asks is read here, and done for it from outside.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from migdocs.core.sql.words import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migdocs.core.sql.script import Statement

Verb = Literal["create", "drop", "rename", "change"]

# Extensions that only a superuser may make and that neither read files nor run programs.
HARMLESS_EXTENSIONS = frozenset({"postgres_fdw", "pg_stat_statements", "pgaudit", "vector"})
_MAKES = re.compile(
    r'\bextension\s+(?:if\s+not\s+exists\s+)?"?(?P<name>[a-z][\w-]*)', re.IGNORECASE
)
_ABOUT = re.compile(r"\b(?:role|user|group)\b", re.IGNORECASE)
_EXTENSION = re.compile(r"\bextension\b", re.IGNORECASE)
# What a DO block makes outright: an option's value is a word, a number or a text without quotes.
_OPTION = (
    r"(?:(?:no)?(?:superuser|createdb|createrole|inherit|login|replication|bypassrls)"
    r"|connection\s+limit\s+-?\d+|(?:encrypted\s+)?password\s+(?:null|'[^']*')"
    r"|valid\s+until\s+'[^']*')"
)
_IN_BODY = re.compile(
    r"\bcreate\s+(?:role|user|group)\s+(?P<name>\"(?:[^\"]|\"\")+\"|[a-z_][\w$]*)"
    rf"(?P<options>\s+(?:with\s+)?{_OPTION}(?:\s+{_OPTION})*)?\s*;",
    re.IGNORECASE,
)
_DO = re.compile(r"\s*do\b", re.IGNORECASE)
# In the messages of pg_query.proto.
_ROLE_OF_COMMENT = "OBJECT_ROLE"


class Asked(Struct, frozen=True):
    """What one statement asks of the roles of a server.

    Attributes:
        verb: ``change`` is anything that alters a role and is no rename.
        names: of the roles that it is about; of a rename the old one and the new one.
        groups: the roles that a new one is to be a member of; ``members`` the other way round.
        guarded: it passes where the role is not there.
    """

    verb: Verb
    names: tuple[str, ...]
    groups: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    guarded: bool = False


class Extension(Struct, frozen=True):
    """An extension that a statement makes, and the schema that it names, empty where none."""

    name: str
    schema: str = ""


def asked(statement: Statement) -> Asked | None:
    """Read what a statement asks of the server's roles; None where that is nothing."""
    if not _ABOUT.search(statement.text):
        return None
    node = _read(statement)
    reader = _READERS.get(type(node).__name__) if node is not None else None
    return reader(node) if reader else None


def extension(statement: Statement) -> Extension | None:
    """Give the extension that a statement makes; None where it makes none."""
    if not _EXTENSION.search(statement.text):
        return None
    node = _read(statement)
    if node is None or type(node).__name__ != "CreateExtensionStmt":
        return None
    options = dict(_options(node.options))
    schema = options.get("schema")
    return Extension(node.extname, schema.string.sval if schema else "")


def extensions(texts: Iterable[str]) -> frozenset[str]:
    """Name the harmless extensions that scripts speak of and that only a superuser may make."""
    named = {found["name"].lower() for text in texts for found in _MAKES.finditer(text)}
    return HARMLESS_EXTENSIONS & named


def in_body(text: str) -> tuple[tuple[str, ...], str]:
    """Give the roles that a DO block makes, and its text without the statements that make them."""
    if not _DO.match(text):
        return (), text
    names = [folded(found["name"]) for found in _IN_BODY.finditer(text)]
    return tuple(dict.fromkeys(names)), _IN_BODY.sub("NULL;", text)


def _read(statement: Statement) -> Any:  # noqa: ANN401 - messages whose classes are made at run time
    """Give a statement's message, None where it cannot be read."""
    from migdocs.core.sql import parser  # slow to import

    return parser.parse(statement).node


def _options(nodes: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - as above
    """Yield the options of a statement: name and value."""
    for node in nodes:
        yield node.def_elem.defname, node.def_elem.arg


def _roles(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - as above
    """Give the names in a list of roles."""
    return tuple(item.role_spec.rolename for item in value.list.items)


def _created(node: Any) -> Asked:  # noqa: ANN401 - as above
    """Read CREATE ROLE, USER and GROUP."""
    options = dict(_options(node.options))
    groups = _roles(options["addroleto"]) if "addroleto" in options else ()
    members = [
        name
        for key in ("rolemembers", "adminmembers")
        if key in options
        for name in _roles(options[key])
    ]
    return Asked("create", (node.role,), groups, tuple(members))


def _dropped(node: Any) -> Asked:  # noqa: ANN401 - as above
    """Read DROP ROLE, USER and GROUP."""
    names = tuple(item.role_spec.rolename for item in node.roles)
    return Asked("drop", names, guarded=bool(node.missing_ok))


def _altered(node: Any) -> Asked:  # noqa: ANN401 - as above
    """Read ALTER ROLE with options or settings."""
    return Asked("change", (node.role.rolename,))


def _renamed(node: Any) -> Asked | None:  # noqa: ANN401 - as above
    """Read ALTER ROLE … RENAME."""
    is_role = _kind(node, "rename_type") == _ROLE_OF_COMMENT
    return Asked("rename", (node.subname, node.newname)) if is_role else None


def _commented(node: Any) -> Asked | None:  # noqa: ANN401 - as above
    """Read COMMENT ON ROLE."""
    is_role = _kind(node, "objtype") == _ROLE_OF_COMMENT
    return Asked("change", (node.object.string.sval,)) if is_role else None


def _kind(node: Any, name: str) -> str:  # noqa: ANN401 - as above
    """Give the name of an enum's value."""
    described = node.DESCRIPTOR.fields_by_name[name].enum_type.values_by_number
    return str(described[getattr(node, name)].name)


_READERS = {
    "CreateRoleStmt": _created,
    "DropRoleStmt": _dropped,
    "AlterRoleStmt": _altered,
    "AlterRoleSetStmt": _altered,
    "RenameStmt": _renamed,
    "CommentStmt": _commented,
}
