"""Types: enums, domains, composites (hazards.md, part H)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import ACCESS_EXCLUSIVE, NONE, SHARE
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action

CASCADE = 2  # DropBehavior
# Since this version ADD VALUE may stand in a transaction; before it is refused (25001).
ADD_VALUE_IN_TRANSACTION = 12
MOOD = "CREATE TYPE mood AS ENUM ('calm', 'glad');"
POSITIVE = "CREATE DOMAIN positive AS int CHECK (value > 0);"
# Objects whose rename breaks those that call them by name.
RENAMED = ("TYPE", "DOMAIN", "SEQUENCE", "FUNCTION", "PROCEDURE", "ROUTINE", "VIEW", "MATVIEW")
# Those among them that are relations, and so are locked.
RELATIONS = {"sequence", "view", "materialized view"}


@rule(
    "en-add",
    on="alter_enum_stmt",
    breaks=("readers", "transaction"),
    lock=NONE,
    impact="minor",
    work="catalog only",
    instead="add it in a migration of its own, and let the rollback say that it does nothing.",
    example="ALTER TYPE mood ADD VALUE 'sad'",
    given=MOOD,
)
def enum_value_added(action: Action) -> Iterator[Found]:
    """Flag a new value of an enum.

    It cannot be undone. Clients that know every value get an unknown one. Up to 11 it is refused
    in a transaction (25001); later it cannot be used before that ends (55P04).
    """
    node = action.node
    if node.old_val:
        return
    name, value = tree.dotted(node.type_name), tree.quoted(node.new_val)
    refused = action.postgres < ADD_VALUE_IN_TRANSACTION and action.scene.in_transaction
    used = _is_used_later(action, value)
    why = "; used before it is committed" if used else ""
    why = "; refused in a transaction" if refused else why
    yield Found(
        f"the enum '{name}' gets the value {value}{why}",
        of=(name,),
        sqlstate="25001" if refused else "",
    )


def _is_used_later(action: Action, value: str) -> bool:
    """Tell whether a later statement of the same transaction has the value."""
    index = action.parsed.statement.index
    later = action.scene.whole.statements[index + 1 :]
    return action.scene.in_transaction and any(value in item.statement.text for item in later)


@rule(
    "en-rename",
    on="alter_enum_stmt",
    breaks=("clients",),
    lock=NONE,
    impact="major",
    work="catalog only",
    instead="add the new value, and change the rows to it.",
    example="ALTER TYPE mood RENAME VALUE 'glad' TO 'happy'",
    given=MOOD,
)
def enum_value_renamed(action: Action) -> Iterator[Found]:
    """Flag a value of an enum that gets another name.

    The old literal is refused from then on (22P02).
    """
    if action.node.old_val:
        name = tree.dotted(action.node.type_name)
        old, new = tree.quoted(action.node.old_val), tree.quoted(action.node.new_val)
        yield Found(f"the value {old} of '{name}' becomes {new}", of=(name,))


@rule(
    "en-recreate",
    on="AT_AlterColumnType",
    breaks=("operation", "clients"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="rewrite",
    instead="keep the values in a table, and refer to it.",
    example="CREATE TYPE feeling AS ENUM ('calm');"
    " ALTER TABLE users ALTER COLUMN role TYPE feeling USING role::feeling",
)
def enum_replaced(action: Action) -> Iterator[Found]:
    """Flag a column that changes to an enum which the script itself makes.

    The table is rewritten, and the default has to be dropped and set again around it.
    """
    new = tree.type_name(getattr(action.part, "def").column_def.type_name)
    if new in action.scene.new and action.schema.is_enum(new):
        yield Found(
            f"'{action.full_name}' changes to the new enum '{new}'", (action.table,), rewrite=True
        )


@rule(
    "ty-drop",
    on=("drop_stmt.OBJECT_TYPE", "drop_stmt.OBJECT_DOMAIN"),
    breaks=("clients", "data"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="never CASCADE: change the columns first.",
    example="DROP TYPE mood",
    given=MOOD,
    unseen="the columns of that type, if no earlier migration created them.",
)
def type_dropped(action: Action) -> Iterator[Found]:
    """Flag a dropped type or domain.

    With CASCADE every column of that type goes with it.
    """
    cascade = action.node.behavior == CASCADE
    for item in action.node.objects:
        name = tree.object_name(item)
        users = action.schema.users_of_type(name) if cascade else ()
        columns = f", and its columns in {', '.join(users)}" if users else ""
        yield Found(
            f"the type '{name}' is dropped{columns}",
            users,
            of=(name,),
            lock=ACCESS_EXCLUSIVE if cascade else NONE,
        )


@rule(
    "ty-rename",
    on=(
        *(f"rename_stmt.OBJECT_{kind}" for kind in RENAMED),
        *(f"alter_object_schema_stmt.OBJECT_{kind}" for kind in RENAMED),
    ),
    breaks=("clients",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="make something of the old name that leads to the new one.",
    example="ALTER TYPE mood RENAME TO feeling",
    given=MOOD,
)
def object_renamed(action: Action) -> Iterator[Found]:
    """Flag a type, sequence, routine or view that gets another name or schema.

    Casts, calls and queries by the old name fail.
    """
    node = action.node
    is_rename = action.parsed.kind == "rename_stmt"
    kind = tree.object_kind(node.rename_type if is_rename else node.object_type)
    named = node.HasField("relation")
    name = tree.relation(node.relation) if named else tree.object_name(node.object)
    new = node.newname if is_rename else node.newschema
    verb = "is renamed to" if is_rename else "moves to the schema"
    relation = kind in RELATIONS
    yield Found(
        f"the {kind} '{name}' {verb} '{tree.identifier(new)}'",
        (name,) if relation else (),
        of=(name.partition("(")[0],),
        lock=ACCESS_EXCLUSIVE if relation else NONE,
    )


@rule(
    "dm-add",
    on="alter_domain_stmt",
    breaks=("operation", "writers"),
    lock=SHARE,
    impact="major",
    work="scan of every table that uses it",
    instead="ADD it as NOT VALID, which locks no table, and VALIDATE it, which does.",
    example="ALTER DOMAIN positive ADD CONSTRAINT small CHECK (value < 100)",
    given=POSITIVE,
    unseen="the tables that use it, if no earlier migration created them.",
)
def domain_constrained(action: Action) -> Iterator[Found]:
    """Flag a constraint that a domain gets, or that is validated.

    Every table that uses the domain is read, and nobody can write to it meanwhile.
    """
    node = action.node
    if node.subtype not in {"C", "O", "V"}:  # a constraint, NOT NULL, VALIDATE
        return
    name = tree.dotted(node.type_name)
    unchecked = node.subtype == "C" and getattr(node, "def").constraint.skip_validation
    users = () if unchecked else action.schema.users_of_type(name)
    how = "is validated" if node.subtype == "V" else "gets a constraint"
    yield Found(
        f"the domain '{name}' {how}" + (f": {', '.join(users)} are read" if users else ""),
        users,
        of=(name,),
        lock=NONE if unchecked else SHARE,
        scan=not unchecked,
        impact="patch" if node.subtype == "V" else None,
    )


@rule(
    "dm-create",
    on="create_domain_stmt",
    breaks=("operation",),
    lock=NONE,
    impact="minor",
    work="none",
    instead="give the table a CHECK.",
    example="CREATE DOMAIN positive AS int CHECK (value > 0)",
    even_if_new=True,
)
def constrained_domain_created(action: Action) -> Iterator[Found]:
    """Flag a new domain with a constraint.

    Each column of it that is added later rewrites its table (col-add-domain-con), and each further
    constraint reads all tables that use it (dm-add).
    """
    kinds = enum_names("ConstrType")
    found = {kinds[item.constraint.contype] for item in action.node.constraints}
    if found & {"CONSTR_CHECK", "CONSTR_NOTNULL"}:
        yield Found(f"the domain '{tree.dotted(action.node.domainname)}' has a constraint")


@rule(
    "cp-attr",
    on=(
        "OBJECT_TYPE.AT_AddColumn",
        "OBJECT_TYPE.AT_DropColumn",
        "OBJECT_TYPE.AT_AlterColumnType",
        "rename_stmt.OBJECT_ATTRIBUTE",
    ),
    breaks=("clients",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="make a new type.",
    example="ALTER TYPE pair ADD ATTRIBUTE third int",
    given="CREATE TYPE pair AS (one int, two int);",
    unseen="the tables that use it, if no earlier migration created them.",
)
def attribute_changed(action: Action) -> Iterator[Found]:
    """Flag a composite type that changes its shape.

    Values of it look otherwise to clients, and it is refused (0A000) where a column uses it.
    """
    name = tree.relation(action.node.relation)
    users = action.schema.users_of_type(name)
    refused = f"; refused, as {', '.join(users)} uses it" if users else ""
    yield Found(
        f"the composite type '{name}' changes its attributes{refused}",
        (name, *users),
        sqlstate="0A000" if users else "",
    )
