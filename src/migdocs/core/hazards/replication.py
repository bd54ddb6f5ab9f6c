"""What others follow: publications, event triggers, attached indexes, concurrent refreshes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found, names
from migdocs.core.locks import ACCESS_EXCLUSIVE, EXCLUSIVE, NONE
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.hazards.schema import Schema

LOCKS_BEFORE = 12  # until this version SET WITHOUT OIDS may have something to do


@rule(
    "pub-no-key",
    on=("create_publication_stmt", "alter_publication_stmt"),
    breaks=("writers",),
    lock=NONE,
    impact="major",
    work="catalog only",
    instead="give the table a primary key, or a REPLICA IDENTITY, before it is published.",
    example="CREATE PUBLICATION outward FOR TABLE logs",
    given="CREATE TABLE logs (at date);",
    unseen="tables that no earlier migration created: not checked.",
)
def published_without_key(action: Action) -> Iterator[Found]:
    """Flag a published table whose rows have no identity.

    From then on every UPDATE and DELETE of it fails (55000), unless the publication leaves them
    out.
    """
    if not _sends_changes(action):
        return
    keyless = [name for name in _published(action) if _has_no_key(action.schema, name)]
    if keyless:
        said = f"UPDATE and DELETE of {names(keyless)} will fail: published, and without a key"
        yield Found(said, of=tuple(keyless))


def _sends_changes(action: Action) -> bool:
    """Tell whether a publication has UPDATE or DELETE among what it publishes."""
    for item in action.node.options:
        if item.def_elem.defname == "publish":
            sent = item.def_elem.arg.string.sval
            return "update" in sent or "delete" in sent
    return True


def _published(action: Action) -> tuple[str, ...]:
    """Name the tables that a statement publishes, as far as they are known."""
    node, schema = action.node, action.schema
    if action.parsed.kind == "alter_publication_stmt":
        added = enum_names("AlterPublicationAction")[node.action] != "AP_DropObjects"
        if not added:
            return ()
    elif node.for_all_tables:
        return tuple(r.name for r in schema.catalog.permanent() if r.kind == "table")
    objects = (item.publication_obj_spec.pubtable for item in node.pubobjects)
    return tuple(tree.relation(o.relation) for o in objects if o.HasField("relation"))


def _has_no_key(schema: Schema, name: str) -> bool:
    """Tell whether a table is known to have neither a primary key nor another identity."""
    table = schema.sure(name)
    if table is None or table.primary_key():
        return False
    said = schema.catalog.extras.get(name, ())
    return not any(extra.slot == "replica identity" for extra in said)


@rule(
    "event-trigger",
    on="create_event_trig_stmt",
    breaks=("operation",),
    lock=NONE,
    impact="minor",
    work="catalog only",
    instead="try the function on a copy first; a superuser in single-user mode runs without it.",
    example="CREATE EVENT TRIGGER noted ON ddl_command_end EXECUTE FUNCTION noted()",
    severity="warning",
)
def event_trigger_made(action: Action) -> Iterator[Found]:
    """Flag a new event trigger.

    Its function runs with every later change of the schema, by whomever: where it fails, none of
    them can be made, and no migration runs.
    """
    name = tree.identifier(action.node.trigname)
    yield Found(f"'{name}' runs with every change of the schema from now on")


@rule(
    "ix-attach",
    on="OBJECT_INDEX.AT_AttachPartition",
    breaks=("readers",),
    lock=ACCESS_EXCLUSIVE,
    impact="patch",
    work="catalog only",
    instead="set lock_timeout and retry.",
    example="ALTER INDEX events_at ATTACH PARTITION first_at",
    given="CREATE TABLE events (at date) PARTITION BY RANGE (at);"
    " CREATE TABLE first PARTITION OF events DEFAULT;"
    " CREATE INDEX events_at ON ONLY events (at); CREATE INDEX first_at ON first (at);",
)
def index_attached(action: Action) -> Iterator[Found]:
    """Flag an index that is attached to its parent's.

    The index is locked against everybody for a moment: queries that plan with it wait.
    """
    part = tree.relation(getattr(action.part, "def").partition_cmd.name)
    yield Found(f"the index '{part}' becomes a part of '{action.table}'", (part,))


@rule(
    "mv-refresh-conc",
    on="refresh_mat_view_stmt",
    breaks=("operation",),
    lock=EXCLUSIVE,
    impact="patch",
    work="the query runs whole, and its answer is compared with what is there",
    instead="refresh it outside of migrations.",
    example="REFRESH MATERIALIZED VIEW CONCURRENTLY roles",
    given="CREATE MATERIALIZED VIEW roles AS SELECT DISTINCT role FROM users;"
    " CREATE UNIQUE INDEX roles_role ON roles (role);",
)
def view_refreshed_concurrently(action: Action) -> Iterator[Found]:
    """Flag a materialized view that is refreshed while it is read.

    Readers go on, and no second refresh can run. It needs a unique index (55000 without one).
    """
    if action.node.concurrent:
        name = tree.relation(action.node.relation)
        yield Found(f"'{name}' is refreshed while it is read", (name,), scan=True)


@rule(
    "tb-oids",
    on="AT_DropOids",
    breaks=("operation",),
    lock=ACCESS_EXCLUSIVE,
    impact="minor",
    work="rewrite up to 11 where the table has OIDs; nothing since 12",
    instead="run it when the table is not in use.",
    example="ALTER TABLE users SET WITHOUT OIDS",
)
def oids_dropped(action: Action) -> Iterator[Found]:
    """Flag SET WITHOUT OIDS.

    The table is locked against everybody even where it has none; up to 11 it may be rewritten.
    """
    table = action.schema.whole(action.table)
    old = action.postgres < LOCKS_BEFORE and table is None  # what is known whole was made without
    said = "and may be rewritten" if old else "for nothing: it has no OIDs"
    yield Found(f"'{action.table}' is locked, {said}", (action.table,), rewrite=old)


@rule(
    "tx-lock-slots",
    on="script",
    breaks=("transaction",),
    lock=NONE,
    impact="patch",
    work="it fails (53200) where the slots do not suffice",
    instead="take the partitions in several transactions, or raise max_locks_per_transaction.",
    example="DROP TABLE many",
    given="CREATE TABLE many (id int) PARTITION BY HASH (id);"
    + "".join(
        f" CREATE TABLE many_{n} PARTITION OF many FOR VALUES WITH (MODULUS 120, REMAINDER {n});"
        for n in range(120)
    ),
    severity="warning",
    unseen="max_locks_per_transaction (64 is assumed) and how many locks others hold.",
)
def many_lock_slots(action: Action) -> Iterator[Found]:
    """Flag a transaction that locks more relations than one is meant to.

    Each partition and each index of it takes a slot of a table that all sessions share:
    max_locks_per_transaction (64) for every connection. Where it is full, the script fails, and
    so may others.
    """
    taken: dict[int, set[str]] = {}
    for lock in action.scene.taken:
        taken.setdefault(lock.transaction, set()).add(lock.name)
    for tables in taken.values():
        slots = sum(_slots(action.schema, name) for name in tables)
        if slots > SLOTS:
            yield Found(f"one transaction takes about {slots} locks, and {SLOTS} are meant for it")
            return


SLOTS = 64  # max_locks_per_transaction, unless somebody set it


def _slots(schema: Schema, name: str) -> int:
    """Count a table, what inherits from it, and all their indexes."""
    catalog = schema.before
    relation = catalog.relations.get(name)
    own = 1 + (len(relation.all_indexes()) if relation else 0)
    return own + sum(1 + len(heir.all_indexes()) for heir in catalog.heirs(name))
