"""Read who may do what: grants, row-level security's policies, roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.sql import search_path, tree
from migdocs.core.sql.definitions import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migdocs.core.changes.place import Place
    from migdocs.core.model import Change
    from migdocs.core.sql.parser import Node

ALL_IN_SCHEMA, DEFAULTS = 2, 3  # GrantTargetType
ROLE_KINDS = {1: "role", 2: "user", 3: "group"}  # RoleStmtType


def grant(node: Node, place: Place) -> Iterator[Change]:
    """Read a GrantStmt: a Change for each object; ``after`` says what, and to whom."""
    kind = tree.object_kind(node.objtype)
    verb, side = ("grant", "to") if node.is_grant else ("revoke", "from")
    said = f"{_privileges(node.privileges)} {side} {_names(node.grantees)}"
    if node.targtype == ALL_IN_SCHEMA:
        kind = f"every {kind} in schema"
    for item in node.objects:
        name = tree.object_name(item)
        needs = (name,) if node.targtype != ALL_IN_SCHEMA else ()
        source = Source(place.text)
        yield place.change(verb, kind, name, said, definition=source, needs=needs)


def _privileges(nodes: Iterable[Node]) -> str:
    """Give the privileges that are granted: ``select, update (email)``."""
    said = []
    for item in nodes:
        node = item.access_priv
        parts = f" ({', '.join(tree.columns(node.cols))})" if node.cols else ""
        said.append((node.priv_name or "all") + parts)
    return ", ".join(said) or "all privileges"


def _names(nodes: Iterable[Node]) -> str:
    """Give the names of roles."""
    return ", ".join(tree.role(item.role_spec) for item in nodes)


def grant_role(node: Node, place: Place) -> Iterator[Change]:
    """Read a GrantRoleStmt."""
    verb, side = ("grant", "to") if node.is_grant else ("revoke", "from")
    for item in node.granted_roles:
        name = tree.identifier(item.access_priv.priv_name)
        said = f"membership {side} {_names(node.grantee_roles)}"
        yield place.change(verb, "role", name, said)


def default_privileges(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterDefaultPrivilegesStmt."""
    action = node.action
    kind = tree.object_kind(action.objtype)
    side = "to" if action.is_grant else "from"
    said = f"{_privileges(action.privileges)} {side} {_names(action.grantees)}"
    verb = "grant" if action.is_grant else "revoke"
    yield place.change(verb, "default privileges", f"of every new {kind}", said)


def create_policy(node: Node, place: Place) -> Iterator[Change]:
    """Read a CreatePolicyStmt."""
    table = tree.relation(node.table)
    mode = "" if node.permissive else "restrictive, "
    said = f"{mode}for {node.cmd_name} to {_names(node.roles)}"
    yield place.change(
        "create",
        "policy",
        f"{table}.{tree.identifier(node.policy_name)}",
        said,
        table=table,
        definition=Source(place.text),
        needs=(table,),
    )


def alter_policy(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterPolicyStmt."""
    table = tree.relation(node.table)
    name = f"{table}.{tree.identifier(node.policy_name)}"
    yield place.change("alter", "policy", name, table=table, definition=Source(place.text))


def create_role(node: Node, place: Place) -> Iterator[Change]:
    """Read a CreateRoleStmt; its options may hold a password and are not repeated."""
    yield place.change("create", ROLE_KINDS.get(node.stmt_type, "role"), tree.identifier(node.role))


EVERY_ROLE = "ALL"


def alter_role(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterRoleStmt; its options may hold a password."""
    yield place.change("alter", "role", tree.role(node.role))


def alter_role_set(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterRoleSetStmt: a setting of the sessions of one role, or of all."""
    role = tree.role(node.role) if node.HasField("role") else EVERY_ROLE
    yield place.change("alter", "role", role, search_path.described(node.setstmt))


def drop_role(node: Node, place: Place) -> Iterator[Change]:
    """Read a DropRoleStmt."""
    for item in node.roles:
        name = tree.role(item.role_spec)
        yield place.change("drop", "role", name, guarded=node.missing_ok)


def drop_owned(node: Node, place: Place) -> Iterator[Change]:
    """Read a DropOwnedStmt."""
    yield place.change("drop", "everything owned", f"by {_names(node.roles)}")


def reassign_owned(node: Node, place: Place) -> Iterator[Change]:
    """Read a ReassignOwnedStmt."""
    owners = f"by {_names(node.roles)}"
    yield place.change("set owner", "everything owned", owners, tree.role(node.newrole))
