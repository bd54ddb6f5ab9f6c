"""Foreign keys that are added or altered (hazards.md, part D)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import ACCESS_EXCLUSIVE, NONE, SHARE_ROW_EXCLUSIVE
from migdocs.core.sql import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.definitions import Constraint

# Since this version a partitioned table can have a foreign key that is NOT VALID.
NOT_VALID_ON_PARTITIONED = 18
TEAMS = "CREATE TABLE teams (id int PRIMARY KEY); ALTER TABLE users ADD COLUMN team_id int;"

OF_TEAM = " ALTER TABLE users ADD CONSTRAINT of_team FOREIGN KEY (team_id) REFERENCES teams;"


def both(action: Action) -> tuple[str, ...]:
    """Give the table and the one that its new foreign key points at."""
    return tuple(dict.fromkeys((action.table, tree.relation(action.part.pktable))))


@rule(
    "fk-add",
    on="AT_AddConstraint.CONSTR_FOREIGN",
    breaks=("operation", "writers"),
    lock=SHARE_ROW_EXCLUSIVE,
    impact="major",
    work="a scan of the foreign key",
    instead="ADD it as NOT VALID, and VALIDATE it in another transaction.",
    example="ALTER TABLE users ADD FOREIGN KEY (team_id) REFERENCES teams",
    given=TEAMS,
)
def foreign_key_added(action: Action) -> Iterator[Found]:
    """Flag a foreign key that is valid at once.

    Nobody can write to either table while every row is looked up.
    """
    part = action.part
    if not part.skip_validation and part.is_enforced:
        tables = both(action)
        yield Found(
            f"the foreign key from '{tables[0]}' to '{tables[-1]}' is checked for every row",
            tables,
            scan=True,
        )


@rule(
    "fk-notvalid",
    on="AT_AddConstraint.CONSTR_FOREIGN",
    breaks=("writers",),
    lock=SHARE_ROW_EXCLUSIVE,
    impact="major",
    work="none; on a partitioned table since 18 only (42809 before)",
    instead="set lock_timeout and retry, have an index on the columns, and VALIDATE it later.",
    example="ALTER TABLE users ADD FOREIGN KEY (team_id) REFERENCES teams NOT VALID",
    given=TEAMS,
    unseen="whether the table is partitioned, if no earlier migration created it.",
)
def unchecked_foreign_key_added(action: Action) -> Iterator[Found]:
    """Flag a foreign key that is NOT VALID.

    Nobody can write to either table for a moment. Old rows that violate it stay, and fail when
    their key is updated.
    """
    if not action.part.skip_validation or not action.part.is_enforced:
        return
    partitioned = action.schema.is_partitioned(action.table)
    refused = partitioned and action.postgres < NOT_VALID_ON_PARTITIONED
    why = f"; PostgreSQL {action.postgres} refuses it on a partitioned table" if refused else ""
    tables = both(action)
    yield Found(
        f"the foreign key from '{tables[0]}' to '{tables[-1]}' holds from now on{why}",
        tables,
        sqlstate="42809" if refused else "",
    )


@rule(
    "fk-noindex",
    on=("AT_AddConstraint.CONSTR_FOREIGN", "AT_AddColumn.CONSTR_FOREIGN", "create_stmt"),
    breaks=("operation",),
    lock=NONE,
    impact="minor",
    work="none now; a scan for each DELETE or UPDATE of a key on the other side",
    instead="CREATE INDEX CONCURRENTLY on the columns first.",
    example="CREATE TABLE notes (user_id bigint REFERENCES users)",
    even_if_new=True,
    unseen="the indexes of a table that no earlier migration created: not checked.",
)
def foreign_key_without_index(action: Action) -> Iterator[Found]:
    """Flag a foreign key whose columns have no index.

    To delete a row on the other side, or to change its key, this table is scanned.
    """
    table = action.table
    for columns, target in action.foreign_keys:
        if columns and _lacks_index(action, columns):
            said = ", ".join(columns)
            yield Found(f"the foreign key '{table}' ({said}) to '{target}' has no index")


def _lacks_index(action: Action, key: tuple[str, ...]) -> bool:
    """Tell whether no index begins with the key's columns, as far as all indexes are known."""
    indexed = action.scene.whole.indexed(action.table)
    if action.table not in action.scene.new and action.parsed.kind != "create_stmt":
        known = action.schema.glimpse(action.table)
        if known is None or not known.complete:
            return False
        gone = {index.name for index in action.scene.dropped_indexes}
        own = ((name, index.columns) for name, index in known.all_indexes().items())
        indexed = [*indexed, *(columns for name, columns in own if name not in gone)]
    return not any(set(columns[: len(key)]) == set(key) for columns in indexed)


@rule(
    "fk-enforce-18",
    on=("AT_AddConstraint.CONSTR_FOREIGN", "AT_AlterConstraint"),
    breaks=("operation", "writers"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="NOT ENFORCED: none; ENFORCED: a scan of the foreign key",
    instead="drop the key, add it again as NOT VALID, and VALIDATE it.",
    example="ALTER TABLE users ALTER CONSTRAINT of_team ENFORCED",
    given=TEAMS + " ALTER TABLE users ADD CONSTRAINT of_team FOREIGN KEY (team_id) REFERENCES teams"
    " NOT ENFORCED;",
    since=18,
)
def enforcement_changed(action: Action) -> Iterator[Found]:
    """Flag a foreign key that is not enforced, or enforced later.

    To enforce it reads all rows while nobody else can, and there is no cheaper way to it.
    """
    if action.part.DESCRIPTOR.name == "Constraint":
        if not action.part.is_enforced:
            tables = both(action)
            yield Found(
                f"the foreign key from '{tables[0]}' to '{tables[-1]}' is not enforced",
                tables,
                lock=SHARE_ROW_EXCLUSIVE,
            )
        return
    node = getattr(action.part, "def").atalter_constraint
    if node.alter_enforceability and node.is_enforced:
        name = tree.identifier(node.conname)
        yield Found(
            f"'{name}' of '{action.table}' is enforced: all rows are read under lock",
            (action.table,),
            _parent(action, name),
            scan=True,
        )


def _parent(action: Action, constraint: str) -> tuple[tuple[str, str], ...]:
    """Give the table that a foreign key points at, with its lock, where it is known."""
    key = action.schema.constraint(action.table, constraint)
    return ((key.references, SHARE_ROW_EXCLUSIVE),) if key and key.references else ()


@rule(
    "fk-deferrable",
    on="AT_AlterConstraint",
    breaks=("writers",),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="catalog only",
    instead="add a new constraint beside the old one, and drop that later.",
    example="ALTER TABLE users ALTER CONSTRAINT of_team DEFERRABLE INITIALLY DEFERRED",
    given=TEAMS + OF_TEAM,
)
def deferrability_changed(action: Action) -> Iterator[Found]:
    """Flag a constraint that is checked at another time.

    Errors move to COMMIT, and ON CONFLICT cannot use a unique constraint that is deferrable.
    """
    node = getattr(action.part, "def").atalter_constraint
    if node.alter_deferrability:
        said = "deferrable" if node.deferrable else "not deferrable"
        name = tree.identifier(node.conname)
        yield Found(f"'{name}' of '{action.table}' becomes {said}", (action.table,))


@rule(
    "fk-action",
    on="AT_AddConstraint.CONSTR_FOREIGN",
    breaks=("writers", "data"),
    lock=ACCESS_EXCLUSIVE,
    impact="major",
    work="a scan of the foreign key",
    instead="add it as NOT VALID, VALIDATE it later, and say in the notes what is deleted now.",
    example="ALTER TABLE users DROP CONSTRAINT of_team, ADD CONSTRAINT of_team"
    " FOREIGN KEY (team_id) REFERENCES teams ON DELETE CASCADE",
    given=TEAMS + OF_TEAM,
    unseen="the old action, if no earlier migration created the key.",
)
def action_changed(action: Action) -> Iterator[Found]:
    """Flag a foreign key that is dropped and added with another ON DELETE or ON UPDATE.

    CASCADE deletes more than before, RESTRICT less. Dropping it locks both tables against readers.
    """
    new = action.constraint
    for old in action.scene.dropped_constraints.get(action.table, ()):
        if (old.columns, old.references) == (new.columns, new.references):
            differences = _differences(old, new)
            if differences:
                yield Found(
                    f"the foreign key from '{action.table}' to '{new.references}' changes:"
                    f" {differences}",
                    both(action),
                    scan=not new.not_valid,
                )


def _differences(old: Constraint, new: Constraint) -> str:
    """Say what two foreign keys do otherwise when their target goes or changes."""
    events = (
        ("delete", old.on_delete or "no action", new.on_delete or "no action"),
        ("update", old.on_update or "no action", new.on_update or "no action"),
    )
    return " and ".join(
        f"on {event} {after} instead of {before}"
        for event, before, after in events
        if before != after
    )
