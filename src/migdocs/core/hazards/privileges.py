"""Privileges, row-level security, and what is the whole cluster's (hazards.md, part J)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.catalog.borrowed import all_seen
from migdocs.core.changes.routines import function_signature
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import ACCESS_EXCLUSIVE, ACCESS_SHARE, NONE
from migdocs.core.sql import tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.parser import Node

CASCADE = 2  # DropBehavior
# Since this version REVOKE locks the table, as a reader would.
LOCKING_REVOKE = 18


@rule(
    "rls-enable",
    on=("AT_EnableRowSecurity", "AT_ForceRowSecurity"),
    breaks=("clients",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="none",
    instead="create the policies first.",
    example="ALTER TABLE users ENABLE ROW LEVEL SECURITY",
    unseen="policies that no earlier migration created.",
)
def row_security_enabled(action: Action) -> Iterator[Found]:
    """Flag row-level security that is switched on.

    Without a policy everybody but the owner sees no row at all.
    """
    policies = _has_policy(action)
    what = "its policies decide who sees what" if policies else "no policy lets anybody see a row"
    yield Found(f"row-level security of '{action.table}': {what}", (action.table,))


def _has_policy(action: Action) -> bool:
    """Tell whether a policy of the table is known, or made by the script."""
    made = (parsed.node for parsed in action.scene.whole.of_kind("create_policy_stmt"))
    return any(tree.relation(node.table) == action.table for node in made) or any(
        kind == "policy" and name.startswith(f"{action.table}.")
        for kind, name in action.schema.catalog.objects
    )


@rule(
    "rls-policy",
    on=("create_policy_stmt", "alter_policy_stmt", "drop_stmt.OBJECT_POLICY"),
    breaks=("clients",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="none",
    instead="try it as each role.",
    example="CREATE POLICY own ON users USING (name = current_user)",
)
def policy_changed(action: Action) -> Iterator[Found]:
    """Flag a policy that is made, altered or dropped.

    Rows appear or disappear; a restrictive one only takes away.
    """
    if action.parsed.kind == "drop_stmt":
        for item in action.node.objects:
            *path, policy = tree.strings(item.list.items)
            relation = tree.qualified(path)
            yield Found(f"the policy '{policy}' of '{relation}' is dropped", (relation,))
        return
    created = action.parsed.kind == "create_policy_stmt"
    table, name = tree.relation(action.node.table), tree.identifier(action.node.policy_name)
    yield Found(
        f"the policy '{name}' of '{table}' is {'made' if created else 'altered'}",
        (table,),
        impact="minor" if created and action.node.permissive else None,
    )


@rule(
    "gr-revoke",
    on=("grant_stmt", "grant_role_stmt", "alter_default_privileges_stmt"),
    breaks=("clients",),
    lock=NONE,
    impact="major",
    work="none",
    instead="release clients that do without the right first.",
    example="REVOKE SELECT ON users FROM public",
)
def rights_revoked(action: Action) -> Iterator[Found]:
    """Flag rights that are taken away.

    Clients are refused (42501). Since 18 the table is locked as by a reader.
    """
    kind = action.parsed.kind
    grant = action.node.action if kind == "alter_default_privileges_stmt" else action.node
    if grant.is_grant:
        return
    if kind != "grant_stmt":
        yield Found("a role or default rights are taken away")
        return
    names = tuple(tree.object_name(item) for item in action.node.objects)
    tables = tree.object_kind(action.node.objtype) == "table" and action.node.targtype == 1
    locked = tables and action.postgres >= LOCKING_REVOKE
    yield Found(
        f"rights on {', '.join(names)} are taken away",
        names if locked else (),
        of=names,
        lock=ACCESS_SHARE if locked else NONE,
    )


@rule(
    "gr-lost",
    on=(
        "create_stmt",
        "create_table_as_stmt",
        "view_stmt",
        "create_seq_stmt",
        "create_function_stmt",
        "create_enum_stmt",
        "composite_type_stmt",
        "create_domain_stmt",
    ),
    breaks=("clients",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="none",
    instead="note its rights, owner and comments before the drop, and give them again after it.",
    example="DROP VIEW names; CREATE VIEW names AS SELECT name, role FROM users",
    given="CREATE VIEW names AS SELECT name FROM users;",
    even_if_new=True,
    unseen="what rights, comments and publications it had.",
)
def made_anew(action: Action) -> Iterator[Found]:
    """Flag an object that is dropped and made again.

    Its grants, comments, owner, place in publications, row-level security and statistics targets
    are lost. A script that grants rights on it afterwards is taken to have thought of the rest.
    """
    kind = action.parsed.kind
    name = MADE[kind](action.node)
    if name in action.scene.dropped and name not in _granted_after(action):
        relation = kind in RELATIONS
        yield Found(
            f"'{name}' is dropped and created again: its grants and comments are lost",
            (name,) if relation else (),
            lock=ACCESS_EXCLUSIVE if relation else NONE,
        )


def _granted_after(action: Action) -> set[str]:
    """Name what the rest of the script grants rights on."""
    grants = action.scene.whole.after(action.parsed, "grant_stmt")
    return {
        tree.object_name(item)
        for parsed in grants
        if parsed.node.is_grant
        for item in parsed.node.objects
    }


# Kind of statement → the name of what it makes.
MADE: dict[str, Callable[[Node], str]] = {
    "create_stmt": lambda node: tree.relation(node.relation),
    "create_table_as_stmt": lambda node: tree.relation(node.into.rel),
    "view_stmt": lambda node: tree.relation(node.view),
    "create_seq_stmt": lambda node: tree.relation(node.sequence),
    "create_function_stmt": function_signature,
    "create_enum_stmt": lambda node: tree.dotted(node.type_name),
    "composite_type_stmt": lambda node: tree.relation(node.typevar),
    "create_domain_stmt": lambda node: tree.dotted(node.domainname),
}
# Those of them that are locked when they are dropped.
RELATIONS = {"create_stmt", "create_table_as_stmt", "view_stmt", "create_seq_stmt"}
# Kind of statement → what is the whole cluster's in it.
CLUSTER_WIDE = {
    "alter_role_stmt": "a role is altered",
    "alter_role_set_stmt": "a role's settings change",
    "create_role_stmt": "a role is made",
    "drop_role_stmt": "a role is dropped",
    "alter_database_stmt": "the database is altered",
    "alter_database_set_stmt": "the database's settings change",
    "alter_system_stmt": "the server's settings change",
}


@rule(
    "role-alter",
    on=tuple(CLUSTER_WIDE),
    breaks=("clients", "transaction"),
    lock=NONE,
    impact="major",
    work="none",
    instead="do it apart from migrations.",
    example="ALTER ROLE CURRENT_USER SET statement_timeout = '1min'",
)
def cluster_changed(action: Action) -> Iterator[Found]:
    """Flag what is the cluster's, not the database's: roles, settings of databases and the server.

    Other databases notice, dumps do not hold it, and ALTER SYSTEM is refused in a transaction
    (25001).
    """
    yield Found(f"{CLUSTER_WIDE[action.parsed.kind]}: the whole cluster's, in no dump")


@rule(
    "ext",
    on=(
        "create_extension_stmt",
        "alter_extension_stmt",
        "alter_extension_contents_stmt",
        "drop_stmt.OBJECT_EXTENSION",
    ),
    breaks=("clients",),
    lock=NONE,
    impact="minor",
    work="varies",
    instead="do it in a phase of its own, as a role that may.",
    example="CREATE EXTENSION pg_trgm",
)
def extension_changed(action: Action) -> Iterator[Found]:
    """Flag an extension that is made, updated or dropped.

    It needs a right and a package. DROP drops its types, and UPDATE may rewrite tables.
    """
    if action.parsed.kind == "drop_stmt":
        names = [tree.object_name(item) for item in action.node.objects]
    else:
        names = [tree.identifier(action.node.extname)]
    created = action.parsed.kind == "create_extension_stmt"
    what = "is made: it needs a right and a package" if created else "changes or goes"
    for name in names:
        yield Found(f"the extension '{name}' {what}", impact="minor" if created else "major")


@rule(
    "sch-drop",
    on=("drop_stmt.OBJECT_SCHEMA", "rename_stmt.OBJECT_SCHEMA"),
    breaks=("clients", "data"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="none",
    instead="drop what is in it by name first.",
    example="DROP SCHEMA archive CASCADE",
    given="CREATE SCHEMA archive;",
    unseen="what is in it, if no earlier migration created it.",
)
def schema_dropped(action: Action) -> Iterator[Found]:
    """Flag a schema that is dropped or renamed.

    Everything in it goes, or is found no more by those whose search_path names it.
    """
    if action.parsed.kind == "rename_stmt":
        name = tree.identifier(action.node.subname)
        new = tree.identifier(action.node.newname)
        yield Found(f"the schema '{name}' is renamed to '{new}'", of=(name,), lock=NONE)
        return
    for item in action.node.objects:
        name = tree.object_name(item)
        relations = all_seen(action.schema.catalog.relations)
        members = tuple(relation.name for relation in relations if relation.schema == name)
        if action.node.behavior == CASCADE:
            message = f"the schema '{name}' is dropped, with everything in it"
            yield Found(message, members, of=(name,))
        else:  # the server refuses it unless it is empty, so that nothing is lost
            yield Found(f"the schema '{name}' is dropped", members, of=(name,), severity="warning")


@rule(
    "db-drop",
    on=(
        "dropdb_stmt",
        "createdb_stmt",
        "create_table_space_stmt",
        "drop_table_space_stmt",
        "create_subscription_stmt",
        "drop_subscription_stmt",
    ),
    breaks=("data", "transaction"),
    lock=NONE,
    impact="major",
    work="none",
    instead="do it apart from migrations.",
    example="CREATE DATABASE other",
)
def database_made_or_dropped(action: Action) -> Iterator[Found]:
    """Flag a database, tablespace or subscription that is made or dropped.

    It is refused in a transaction (25001), and no part of this database's schema.
    """
    words = " ".join(action.parsed.statement.text.split()[:3])
    yield Found(f"{words}: this is not a schema migration")
