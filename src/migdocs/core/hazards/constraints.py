"""Constraints that are added, validated, altered, dropped, renamed (hazards.md, part D)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import (
    ACCESS_EXCLUSIVE,
    ROW_SHARE,
    SHARE_UPDATE_EXCLUSIVE,
    stronger,
)
from migdocs.core.sql import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.definitions import Constraint

CASCADE = 2  # DropBehavior


NOT_NULL_CHECK = re.compile(r"(?P<column>\S+) IS NOT NULL", re.IGNORECASE)
RANGE = re.compile(r"FOR VALUES FROM \((?P<low>[^,()]+)\) TO \((?P<high>[^,()]+)\)")


def implies(expression: str, bound: str, columns: tuple[str, ...]) -> bool:
    """Tell whether a check of one column is the bound of a partition by range."""
    found = RANGE.fullmatch(bound)
    if found is None or len(set(columns)) != 1:
        return False
    said = {part.strip(" ()") for part in re.split(r"\bAND\b", expression, flags=re.IGNORECASE)}
    return {f"{columns[0]} >= {found['low']}", f"{columns[0]} < {found['high']}"} <= said


def named(action: Action) -> str:
    """Give a constraint's name for a message, or that it has none."""
    return f"'{action.name}'" if action.name else "without a name"


def known(action: Action) -> Constraint | None:
    """Give the constraint that a sub-command names, None where it is not known."""
    index = action.parsed.statement.index
    return action.schema.constraint(
        action.table, action.name
    ) or action.scene.whole.added_constraint(action.table, action.name, index)


@rule(
    "ck-add",
    on="AT_AddConstraint.CONSTR_CHECK",
    breaks=("operation", "writers"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="scan",
    instead="ADD it as NOT VALID, and VALIDATE it in another transaction.",
    example="ALTER TABLE users ADD CONSTRAINT visited CHECK (visits > 0)",
)
def check_added(action: Action) -> Iterator[Found]:
    """Flag a check that all rows must pass at once.

    They are read while nobody else can, one that does not pass makes it fail (23514), and writers
    meet a new rule.
    """
    if not action.part.skip_validation and action.part.is_enforced:
        yield Found(
            f"the check {named(action)} is added to '{action.table}': all rows are read",
            (action.table,),
            scan=True,
        )


@rule(
    "ck-notvalid",
    on="AT_AddConstraint.CONSTR_CHECK",
    breaks=("writers",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="none",
    instead="fix the rows that violate it first, and VALIDATE it in a later transaction.",
    example="ALTER TABLE users ADD CONSTRAINT visited CHECK (visits > 0) NOT VALID",
)
def unchecked_check_added(action: Action) -> Iterator[Found]:
    """Flag a check that is NOT VALID, or NOT ENFORCED (since 18).

    Old rows stay as they are, but any UPDATE of one that violates it fails (23514), whichever
    column it sets.
    """
    if action.part.skip_validation and action.part.is_enforced:
        yield Found(
            f"the check {named(action)} on '{action.table}' holds for every write from now on",
            (action.table,),
        )
    elif not action.part.is_enforced:
        message = f"the check {named(action)} on '{action.table}' is noted, and nothing keeps it"
        yield Found(message, (action.table,), impact="patch")


@rule(
    "ck-validate",
    on="AT_ValidateConstraint",
    breaks=("operation",),
    lock=SHARE_UPDATE_EXCLUSIVE,
    impact="patch",
    work="scan",
    instead="VALIDATE in a transaction of its own, after the one that added it.",
    example="ALTER TABLE users VALIDATE CONSTRAINT visited",
    given="ALTER TABLE users ADD CONSTRAINT visited CHECK (visits > 0) NOT VALID;",
    unseen="what kind of constraint it is, where no earlier statement says so: a check is assumed.",
)
def check_validated(action: Action) -> Iterator[Found]:
    """Flag a check that is validated.

    Alone it lets everybody read and write. In the transaction that added the check, it reads all
    rows under the ACCESS EXCLUSIVE lock that this still holds.
    """
    constraint = known(action)
    if constraint is None or constraint.type != "foreign key":
        yield _validated(action)


@rule(
    "fk-validate",
    on="AT_ValidateConstraint",
    breaks=("operation",),
    lock=SHARE_UPDATE_EXCLUSIVE,
    impact="patch",
    work="a scan of the foreign key",
    instead="VALIDATE in a transaction of its own, after the one that added it.",
    example="ALTER TABLE users VALIDATE CONSTRAINT of_team",
    given="CREATE TABLE teams (id int PRIMARY KEY); ALTER TABLE users ADD COLUMN team_id int,"
    " ADD CONSTRAINT of_team FOREIGN KEY (team_id) REFERENCES teams NOT VALID;",
)
def key_validated(action: Action) -> Iterator[Found]:
    """Flag a foreign key that is validated.

    It takes long, but writers go on, unless the same transaction already holds a stronger lock.
    """
    constraint = known(action)
    if constraint and constraint.type == "foreign key":
        yield _validated(action, ((constraint.references, ROW_SHARE),))


def _validated(action: Action, also: tuple[tuple[str, str], ...] = ()) -> Found:
    """Say under which lock a constraint is validated."""
    held = action.scene.held.get(action.table, "")
    lock = stronger(held, SHARE_UPDATE_EXCLUSIVE)
    under = f", under the {lock} lock that the transaction holds already" if lock == held else ""
    message = f"'{action.name}' on '{action.table}' is validated: all rows are read{under}"
    return Found(message, (action.table,), also, lock=lock, scan=True)


@rule(
    "ex-add",
    on="AT_AddConstraint.CONSTR_EXCLUSION",
    breaks=("operation", "writers"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="an index is built",
    instead="take a maintenance window, or fill a new table that has it from the start.",
    example="ALTER TABLE users ADD EXCLUDE USING gist (address inet_ops WITH &&)",
)
def exclusion_added(action: Action) -> Iterator[Found]:
    """Flag an exclusion constraint.

    It can be neither NOT VALID nor built concurrently: nobody can use the table meanwhile.
    """
    yield Found(
        f"'{action.table}' gets an exclusion constraint, and its index is built under lock",
        (action.table,),
        scan=True,
    )


@rule(
    "con-drop",
    on="AT_DropConstraint",
    breaks=("writers", "clients"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="put what replaces it in place first.",
    example="ALTER TABLE users DROP CONSTRAINT users_pkey",
    unseen="what kind of constraint it is, where no earlier migration says so.",
)
def constraint_dropped(action: Action) -> Iterator[Found]:
    """Flag a dropped constraint.

    Nothing keeps the rows true to it any more, and ON CONFLICT finds no target (42P10). Dropping
    a foreign key locks the table that it references as strongly.
    """
    constraint = known(action)
    parent = (constraint.references,) if constraint and constraint.references else ()
    kind = f"{constraint.type} " if constraint else ""
    still = constraint is not None and constraint.type == "check" and _still_holds(action)
    again = action.scene.whole.adds_again(action.parsed, action.table, action.name)
    yield Found(
        f"the {kind}constraint '{action.name}' of '{action.table}' is dropped"
        + (": what it says still holds without it" if still else ""),
        tuple(dict.fromkeys((action.table, *parent))),
        impact="patch" if still else "minor" if again else None,
        severity="info" if still else "warning" if again else None,
    )


def _still_holds(action: Action) -> bool:
    """Tell whether a check says nothing that NOT NULL or the bound of a partition does not say."""
    table = action.schema.relation(action.table)
    check = table.constraints.get(action.name) if table else None
    if table is None or check is None:
        return False
    said = NOT_NULL_CHECK.fullmatch(check.expression)
    column = table.columns.get(said["column"]) if said else None
    if column is not None:
        return not column.nullable
    parent = table.table.partition_of
    return bool(parent) and implies(check.expression, table.table.bound, check.columns)


@rule(
    "con-drop-cascade",
    on="AT_DropConstraint",
    breaks=("clients", "data"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="drop the foreign keys by name.",
    example="ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE",
    unseen="the foreign keys that point here, if no earlier migration created them.",
)
def constraint_dropped_with_dependents(action: Action) -> Iterator[Found]:
    """Flag a constraint that is dropped with CASCADE.

    Every foreign key that references it is dropped without a word.
    """
    if action.part.behavior != CASCADE:
        return
    keys = action.schema.references_to(action.table)
    said = ", ".join(f"'{table}.{name}'" for table, name, _ in keys)
    yield Found(
        f"'{action.name}' of '{action.table}' is dropped, and with it"
        f" {said or 'every foreign key that references it'}",
        tuple(dict.fromkeys((action.table, *(table for table, _, _ in keys)))),
    )


@rule(
    "con-rename",
    on="rename_stmt.OBJECT_TABCONSTRAINT",
    breaks=("clients",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="let clients name columns in ON CONFLICT, and not match errors by name.",
    example="ALTER TABLE users RENAME CONSTRAINT users_pkey TO users_key",
)
def constraint_renamed(action: Action) -> Iterator[Found]:
    """Flag a renamed constraint.

    ON CONFLICT ON CONSTRAINT finds it no more (42704), and clients that know errors by the
    constraint's name miss them.
    """
    table = tree.relation(action.node.relation)
    old, new = tree.identifier(action.node.subname), tree.identifier(action.node.newname)
    yield Found(f"the constraint '{old}' of '{table}' is renamed to '{new}'", (table,))
