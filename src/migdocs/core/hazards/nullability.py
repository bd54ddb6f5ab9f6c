"""NOT NULL, defaults, identities and sequences (hazards.md, part C)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import ACCESS_EXCLUSIVE, SHARE_ROW_EXCLUSIVE
from migdocs.core.sql import chosen_names, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.definitions import Constraint

# Since this version a check that proves it spares the scan of SET NOT NULL.
CHECK_IS_PROOF = 12


def proofs(action: Action) -> list[Constraint]:
    """Give the constraints that say of the column that it is never null, valid or not."""
    table = action.schema.relation(action.table)
    said = re.compile(rf"\(*{re.escape(action.name)} is not null\)*", re.IGNORECASE)
    return [
        constraint
        for constraint in (table.constraints.values() if table else ())
        if (constraint.type == "check" and said.fullmatch(constraint.expression))
        or (constraint.type == "not null" and action.name in constraint.columns)
    ]


@rule(
    "nn-set",
    on="AT_SetNotNull",
    breaks=("operation", "writers"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="scan; none since 12 where a valid CHECK (c IS NOT NULL) proves it",
    instead="ADD CHECK (c IS NOT NULL) NOT VALID, VALIDATE it, SET NOT NULL, and drop the check.",
    example="ALTER TABLE users ALTER COLUMN role SET NOT NULL",
    unseen="checks that no earlier migration created: none is assumed.",
)
def not_null_set(action: Action) -> Iterator[Found]:
    """Flag a column that becomes NOT NULL.

    All rows are read while nobody else can, and one NULL makes it fail (23502). Clients that leave
    the column out fail afterwards.
    """
    proven = action.postgres >= CHECK_IS_PROOF and any(
        not constraint.not_valid for constraint in proofs(action)
    )
    reading = "a valid check proves it" if proven else "all rows are read"
    yield Found(
        f"'{action.full_name}' becomes NOT NULL: {reading}",
        (action.table,),
        scan=not proven,
        severity="info" if proven else None,  # writers were refused by the check before
    )


@rule(
    "nn-notvalid-check",
    on="AT_SetNotNull",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="scan, all versions",
    instead="VALIDATE the check before SET NOT NULL.",
    example="ALTER TABLE users ALTER COLUMN role SET NOT NULL",
    given="ALTER TABLE users ADD CONSTRAINT has_role CHECK (role IS NOT NULL) NOT VALID;",
)
def unproven_not_null(action: Action) -> Iterator[Found]:
    """Flag a SET NOT NULL that counts on a check that is not valid yet.

    Only a check that was validated spares the scan.
    """
    unproven = [proof for proof in proofs(action) if proof.not_valid]
    if unproven and len(unproven) == len(proofs(action)):
        name = unproven[0].name
        yield Found(
            f"'{action.full_name}' becomes NOT NULL, and '{name}' is NOT VALID: it proves nothing",
            (action.table,),
            scan=True,
        )


@rule(
    "nn-18",
    on="AT_AddConstraint.CONSTR_NOTNULL",
    breaks=("writers",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="none where it is NOT VALID, else a scan; VALIDATE scans under SHARE UPDATE EXCLUSIVE",
    instead="ADD it as NOT VALID and VALIDATE it in a transaction of its own.",
    example="ALTER TABLE users ADD CONSTRAINT role_given NOT NULL role NOT VALID",
    since=18,
)
def not_null_constraint_added(action: Action) -> Iterator[Found]:
    """Flag a named NOT NULL constraint.

    New NULLs are refused at once, and an UPDATE of an old row with a NULL fails (23502).
    """
    column = ", ".join(tree.columns(action.part.keys))
    yield Found(
        f"'{action.table}.{column}' becomes NOT NULL for new rows",
        (action.table,),
        scan=not action.part.skip_validation,
    )


@rule(
    "nn-drop",
    on="AT_DropNotNull",
    breaks=("readers",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="look at what reads it first, or give readers a view with COALESCE.",
    example="ALTER TABLE users ALTER COLUMN name DROP NOT NULL",
)
def not_null_dropped(action: Action) -> Iterator[Found]:
    """Flag a column that may be null from now on.

    Readers get NULL for the first time.
    """
    yield Found(f"'{action.full_name}' may be null", (action.table,))


@rule(
    "def-drop",
    on="AT_ColumnDefault",
    breaks=("writers",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="release writers that give the value themselves first.",
    example="ALTER TABLE users ALTER COLUMN name DROP DEFAULT",
    unseen="whether the column is NOT NULL, where no earlier migration said so.",
)
def default_dropped(action: Action) -> Iterator[Found]:
    """Flag a default that is dropped.

    An INSERT without the column gets NULL, or fails (23502) where it is NOT NULL.
    """
    if action.part.HasField("def"):
        return
    column = action.schema.column(action.table, action.name)
    then = " and it is NOT NULL: INSERT without it fails" if column and not column.nullable else ""
    yield Found(f"'{action.full_name}' loses its default{then}", (action.table,))


@rule(
    "def-set",
    on="AT_ColumnDefault",
    breaks=("writers",),
    lock=ACCESS_EXCLUSIVE,
    impact="patch",
    work="catalog only",
    instead="fill the old rows in a migration of their own, if they should have it too.",
    example="ALTER TABLE users ALTER COLUMN name SET DEFAULT ''",
)
def default_set(action: Action) -> Iterator[Found]:
    """Flag a default that is set.

    Only new rows get it: the rows are of two kinds from then on.
    """
    if action.part.HasField("def"):
        default = tree.expression(getattr(action.part, "def"))
        yield Found(f"'{action.full_name}' gets the default {default}", (action.table,))


@rule(
    "id-always",
    on=("AT_AddIdentity", "AT_SetIdentity"),
    breaks=("writers",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="make it BY DEFAULT, and set its sequence to the greatest value first.",
    example="ALTER TABLE users ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY",
    given="ALTER TABLE users ADD COLUMN number bigint NOT NULL;",
)
def identity_set(action: Action) -> Iterator[Found]:
    """Flag a column that PostgreSQL numbers from now on.

    Where it is ALWAYS, an INSERT that gives the value fails (428C9). The sequence of a new identity
    starts at 1, whatever numbers the rows have: duplicates.
    """
    if _is_always(action):
        yield Found(f"'{action.full_name}' is generated always", (action.table,))
    elif getattr(action.part, "def").WhichOneof("node") == "constraint":
        message = f"'{action.full_name}' counts from 1, whatever numbers its rows have: the next"
        yield Found(f"{message} INSERT may collide", (action.table,))


def _is_always(action: Action) -> bool:
    """Tell whether the identity is ALWAYS; SET GENERATED has it among its options."""
    definition = getattr(action.part, "def")
    if definition.WhichOneof("node") == "constraint":
        return bool(definition.constraint.generated_when == "a")
    options = (item.def_elem for item in definition.list.items)
    return any(o.defname == "generated" and o.arg.integer.ival == ord("a") for o in options)


@rule(
    "id-drop",
    on=("AT_DropIdentity", "drop_stmt.OBJECT_SEQUENCE", "alter_seq_stmt"),
    breaks=("writers",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="give the column another default first.",
    example="DROP SEQUENCE numbers",
    given="CREATE SEQUENCE numbers;",
)
def identity_dropped(action: Action) -> Iterator[Found]:
    """Flag an identity or a sequence that goes, or that gets another owner.

    INSERT no longer gets an id.
    """
    if action.table:
        sequence = serial_sequence(action.table, action.name)
        yield Found(
            f"'{action.full_name}' is not an identity column any more", (action.table, sequence)
        )
    elif action.parsed.kind == "drop_stmt":
        for item in action.node.objects:
            name = tree.object_name(item)
            yield Found(f"the sequence '{name}' is dropped", (name,))
    elif "owned_by" in option_names(action):
        name = tree.relation(action.node.sequence)
        yield Found(f"the sequence '{name}' gets another owner", (name,), lock=SHARE_ROW_EXCLUSIVE)


def serial_sequence(table: str, column: str) -> str:
    """Give the name that PostgreSQL gives to an identity's sequence."""
    schema, _, relation = table.rpartition(".")
    name = chosen_names.of_object(relation, [chosen_names.plain(column)], "seq")
    return tree.qualified((chosen_names.plain(schema), name))


def option_names(action: Action) -> set[str]:
    """Give the names of an ALTER SEQUENCE's options."""
    return {item.def_elem.defname for item in action.node.options}


@rule(
    "seq-alter",
    on=("alter_seq_stmt", "select_stmt"),
    breaks=("writers",),
    lock=SHARE_ROW_EXCLUSIVE,
    impact="minor",
    work="the sequence is rewritten",
    instead="do it in a transaction of its own.",
    example="ALTER SEQUENCE numbers RESTART WITH 1000",
    given="CREATE SEQUENCE numbers;",
)
def sequence_altered(action: Action) -> Iterator[Found]:
    """Flag a sequence that is set or altered.

    Ids may collide. nextval() waits until the transaction ends, and setval() is not undone by a
    rollback.
    """
    if action.parsed.kind == "select_stmt":
        yield from _setval(action)
        return
    options = option_names(action) - {"owned_by"}
    if options:
        name = tree.relation(action.node.sequence)
        major = bool(options & {"restart", "as"})
        said = ", ".join(sorted(options))
        yield Found(
            f"the sequence '{name}' is altered ({said})",
            (name,),
            rewrite=True,
            impact="major" if major else "minor",
        )


def _setval(action: Action) -> Iterator[Found]:
    """Find SELECT setval(…), which takes no lock on the sequence but is never undone."""
    for item in action.node.target_list:
        call = item.res_target.val.func_call
        if call.funcname and tree.dotted(call.funcname) == "setval":
            name = call.args[0].a_const.sval.sval if call.args else ""
            on = (tree.qualified(name.split(".")),) if name else ()
            yield Found("setval() is not undone by a rollback", on, lock="ROW EXCLUSIVE")
