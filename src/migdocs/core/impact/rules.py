"""Judge one Change: what it means to readers and writers, what it adds, how dangerous it is.

Each verdict names its row of ``hazards.md``, whose column *semver* it repeats; ``minor`` for
readers or writers means that only rare clients notice.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from migdocs.core.sql.definitions import Column, Constraint, Index

if TYPE_CHECKING:
    from collections.abc import Callable

    from migdocs.core.model import Change, Impact

Danger = Literal["none", "brief", "scan", "rewrite"]


class Verdict(Struct, frozen=True):
    """What one Change means.

    Attributes:
        readers: of the schema before: ``major`` where their queries fail or mean something else.
        writers: ``major`` where their statements fail, or an invariant of theirs is gone.
        additions: ``minor`` where something new can be used.
        danger: to a running system: ``brief`` for a short lock on what is in use, ``scan`` for
            reading or indexing all rows under a lock, ``rewrite`` for writing them anew.
        row: of ``hazards.md``, empty where it needs none.
    """

    readers: Impact = "patch"
    writers: Impact = "patch"
    additions: Impact = "patch"
    danger: Danger = "none"
    row: str = ""


class New(Struct, frozen=True):
    """What the same Changes make, so that no client knows it yet.

    Attributes:
        relations: tables and views, by name.
        columns: ``table.column``, in tables that are not new.
        covered: the unique indexes that are dropped, and whose rule a primary key still holds.
    """

    relations: frozenset[str] = frozenset()
    columns: frozenset[str] = field(default_factory=frozenset)
    covered: frozenset[str] = field(default_factory=frozenset)

    def covers(self, table: str, columns: tuple[str, ...]) -> bool:
        """Tell whether all the columns are new, so that nobody writes them yet."""
        return bool(columns) and all(f"{table}.{column}" in self.columns for column in columns)


NOTHING = Verdict()
ADDED = Verdict(additions="minor")
UNKNOWN = Verdict("unknown", "unknown")


def judge(change: Change, new: New) -> Verdict:
    """Judge a Change, which the catalog has filled with what it replaces."""
    if change.opaque or change.verb == "unread":
        return replace(UNKNOWN, row="tx-dynamic")
    if change.name in new.relations or change.table in new.relations:
        adds = change.verb in {"create", "add", "replace"}
        return ADDED if adds else NOTHING
    rule = RULES.get((change.verb, change.kind)) or VERBS.get(change.verb)
    if rule is None:
        return UNKNOWN
    return rule if isinstance(rule, Verdict) else rule(change, new)


def _add_column(change: Change, _: New) -> Verdict:
    """Judge ADD COLUMN: a value that old writers must give breaks them."""
    column = change.definition
    if not isinstance(column, Column):
        return ADDED
    computed = column.generated is not None and not column.virtual
    if column.serial or column.identity or computed or _is_volatile(column.default):
        return Verdict(additions="minor", danger="rewrite", row="col-add-volatile")
    if column.nullable or column.default is not None or column.generated is not None:
        return Verdict(additions="minor", danger="brief", row="col-add-null")
    return Verdict("patch", "major", "minor", "scan", "col-add-notnull-nodef")


# Functions whose value differs from row to row, so that a default of them fills every row.
VOLATILE = re.compile(r"\b(?:clock_timestamp|random|gen_random_uuid|uuid_generate_\w+|nextval)\(")


def _is_volatile(default: str | None) -> bool:
    """Tell whether a default must be computed for each row."""
    return default is not None and VOLATILE.search(default) is not None


def _retype(change: Change, _: New) -> Verdict:
    """Judge ALTER COLUMN TYPE: what holds every old value is minor, all else is major."""
    after = change.definition.type if isinstance(change.definition, Column) else ""
    if change.before and widens(change.before, after) and " using " not in (change.after or ""):
        return Verdict("minor", "patch", "patch", "brief", "type-varchar-widen")
    return Verdict("major", "major", "patch", "rewrite", "type-int-bigint")


SIZED = re.compile(r"(?P<base>[a-z ]+?)(?:\((?P<size>\d+)(?:,(?P<scale>\d+))?\))?")
UNBOUNDED = {"varchar": {"text", "varchar"}, "text": {"varchar"}, "varbit": {"varbit"}}


def widens(before: str, after: str) -> bool:
    """Tell whether a type takes every value of another, stored as it is (hazards.md, B)."""
    if (before, after) == ("cidr", "inet") or before == after:
        return True
    old, new = SIZED.fullmatch(before), SIZED.fullmatch(after)
    if not old or not new:
        return False
    if new["size"] is None and old["base"] in {"numeric", "varchar", "varbit", "text"}:
        return new["base"] in UNBOUNDED.get(old["base"], {old["base"]})
    grows = {"varchar", "numeric", "varbit", "timestamp", "timestamptz", "time", "interval"}
    return (
        old["base"] == new["base"]
        and old["base"] in grows
        and (old["scale"] or "0") == (new["scale"] or "0")
        and old["size"] is not None
        and new["size"] is not None
        and int(old["size"]) <= int(new["size"])
    )


def _set_not_null(change: Change, _: New) -> Verdict:
    """Judge SET NOT NULL: also on a new column, since its old writers know nothing of it."""
    if change.before == "not null":
        return NOTHING
    return Verdict("patch", "major", "patch", "scan", "nn-set")


def _add_constraint(change: Change, new: New) -> Verdict:
    """Judge ADD CONSTRAINT: on columns that are new as well it binds nobody."""
    constraint = change.definition
    danger: Danger = "scan"
    if not isinstance(constraint, Constraint):
        return Verdict("patch", "major", "patch", danger, "ck-add")
    if constraint.not_valid or constraint.index:
        danger = "brief"
    row = {"foreign key": "fk-add", "unique": "uq-add", "primary key": "pk-add"}.get(
        constraint.type, "ck-add"
    )
    if new.covers(change.table or "", constraint.columns):
        return Verdict("patch", "patch", "minor", danger, "col-add-ref")
    return Verdict("patch", "major", "patch", danger, row)


def _create_index(change: Change, new: New) -> Verdict:
    """Judge CREATE INDEX: a unique one refuses what was accepted before."""
    index = change.definition
    if isinstance(index, Index) and index.unique and not new.covers(index.table, index.columns):
        return Verdict("patch", "major", "minor", "scan", "ix-create")
    return Verdict("patch", "patch", "minor", "scan", "ix-create")


def _drop_index(change: Change, new: New) -> Verdict:
    """Judge DROP INDEX: a unique one took ON CONFLICT and duplicates along.

    Where the primary key holds the same rows apart, only ON CONFLICT with more columns than the
    key's misses it.
    """
    index = change.definition
    if isinstance(index, Index):
        held: Impact = "minor" if change.name in new.covered else "major"
        writers: Impact = held if index.unique else "patch"
    else:
        writers = "unknown"
    return Verdict("patch", writers, "patch", "brief", "ix-drop")


def _replace(change: Change, _: New) -> Verdict:
    """Judge CREATE OR REPLACE: new, the same, or with a meaning that only people know."""
    if change.before is None:
        return ADDED
    return Verdict("unknown", "unknown", "patch", "brief", "fn-replace")


def _policy(change: Change, _: New) -> Verdict:
    """Judge CREATE POLICY: a restrictive one hides rows."""
    if (change.after or "").startswith("restrictive"):
        return Verdict("major", "major", "patch", "brief", "rls-policy")
    return Verdict("minor", "minor", "minor", "brief", "rls-policy")


def _sequence(change: Change, _: New) -> Verdict:
    """Judge ALTER SEQUENCE: another start or type collides with numbers given."""
    if re.search(r"\b(?:restart|as|increment|cycle)\b", change.after or ""):
        return Verdict("patch", "major", "patch", "brief", "seq-alter")
    return Verdict(danger="brief", row="seq-alter")


def _call(change: Change, _: New) -> Verdict:
    """Judge a call: of the server's own functions few matter, of others nothing is known."""
    own = change.name.startswith(("pg_", "setval", "set_config", "current_"))
    return NOTHING if own else UNKNOWN


def _rows(change: Change, _: New) -> Verdict:
    """Judge a statement that writes rows: which the schema allowed before and after."""
    everything = "every row" in (change.after or "")
    return Verdict(danger="scan" if everything else "none", row="dml-nowhere" if everything else "")


GONE = Verdict("major", "major", "patch", "brief")
READERS_BREAK = Verdict("major", "patch", "patch", "brief")
WRITERS_BREAK = Verdict("patch", "major", "patch", "brief")
QUIET = Verdict(danger="brief")

RULES: dict[tuple[str, str], Verdict | Callable[[Change, New], Verdict]] = {
    ("add", "column"): _add_column,
    ("drop", "column"): replace(GONE, row="col-drop"),
    ("rename", "column"): replace(GONE, row="col-rename"),
    ("retype", "column"): _retype,
    ("retype", "attribute"): replace(GONE, row="cp-attr"),
    ("drop", "attribute"): replace(GONE, row="cp-attr"),
    ("add", "attribute"): replace(READERS_BREAK, row="cp-attr"),
    ("set not null", "column"): _set_not_null,
    ("drop not null", "column"): replace(READERS_BREAK, row="nn-drop"),
    ("set default", "column"): replace(QUIET, row="def-set"),
    ("drop default", "column"): replace(WRITERS_BREAK, row="def-drop"),
    ("set identity", "column"): replace(WRITERS_BREAK, row="id-always"),
    ("drop identity", "column"): replace(WRITERS_BREAK, row="id-drop"),
    ("set expression", "column"): Verdict("major", "patch", "patch", "rewrite", "col-gen-set-expr"),
    ("drop expression", "column"): replace(WRITERS_BREAK, row="col-gen-drop-expr"),
    ("add", "constraint"): _add_constraint,
    ("drop", "constraint"): replace(GONE, readers="patch", row="con-drop"),
    ("rename", "constraint"): replace(WRITERS_BREAK, row="con-rename"),
    ("alter", "constraint"): replace(WRITERS_BREAK, row="fk-deferrable"),
    ("validate", "constraint"): Verdict(danger="scan", row="fk-validate"),
    ("create", "index"): _create_index,
    ("drop", "index"): _drop_index,
    ("rename", "index"): Verdict(danger="brief", row="ix-rename"),
    ("rename", "trigger"): QUIET,
    ("rename", "policy"): QUIET,
    ("drop", "statistics"): NOTHING,
    ("drop", "trigger"): replace(WRITERS_BREAK, row="tg-drop"),
    ("create", "trigger"): Verdict("patch", "minor", "minor", "brief", "tg-create"),
    ("create", "rule"): replace(WRITERS_BREAK, row="ru-create"),
    ("create", "policy"): _policy,
    ("alter", "policy"): replace(GONE, row="rls-policy"),
    ("alter", "sequence"): _sequence,
    ("alter", "publication"): Verdict("minor"),
    ("attach", "partition"): Verdict("minor", "patch", "minor", "scan", "pt-attach"),
    ("detach", "partition"): replace(READERS_BREAK, row="pt-detach"),
    ("inherit", "table"): replace(READERS_BREAK, row="tb-inherit"),
    ("disinherit", "table"): replace(READERS_BREAK, row="tb-inherit"),
    ("set logged", "table"): Verdict(danger="rewrite", row="tb-logged"),
    ("set unlogged", "table"): Verdict("minor", danger="rewrite", row="tb-logged"),
    ("set access method", "table"): Verdict(danger="rewrite", row="tb-am"),
    ("set tablespace", "table"): Verdict(danger="rewrite", row="tb-am"),
    ("set replica identity", "table"): Verdict("unknown", danger="brief", row="tb-replident"),
    ("add value", "type"): Verdict("minor", "patch", "minor", row="en-add"),
    ("rename value", "type"): replace(GONE, danger="none", row="en-rename"),
    ("add", "domain constraint"): Verdict("patch", "major", "patch", "scan", "dm-add"),
    ("drop", "domain constraint"): WRITERS_BREAK,
    ("validate", "domain constraint"): Verdict(danger="scan", row="dm-add"),
    ("set not null", "domain"): Verdict("patch", "major", "patch", "scan", "dm-add"),
    ("drop not null", "domain"): READERS_BREAK,
    ("create", "role"): ADDED,
    ("alter", "role"): replace(UNKNOWN, row="role-alter"),
    ("truncate", "rows"): Verdict("major", "patch", "patch", "brief", "tb-truncate"),
    ("refresh", "materialized view"): Verdict(danger="rewrite", row="mv-refresh"),
    ("cluster", "table"): Verdict(danger="rewrite", row="tb-cluster"),
    ("update", "extension"): replace(UNKNOWN, row="ext"),
    ("insert", "rows"): _rows,
    ("update", "rows"): _rows,
    ("delete", "rows"): _rows,
    ("merge", "rows"): _rows,
    ("copy", "rows"): _rows,
    ("run", "query"): NOTHING,
    ("run", "command"): NOTHING,
    ("run", "body"): NOTHING,
    ("run", "transaction"): NOTHING,
}
# What holds of a verb whatever its object is, unless a rule above says otherwise.
VERBS: dict[str, Verdict | Callable[[Change, New], Verdict]] = {
    "create": ADDED,
    "replace": _replace,
    "add": ADDED,
    "drop": replace(GONE, row="tb-drop"),
    "rename": replace(GONE, row="tb-rename"),
    "set schema": replace(GONE, row="tb-rename"),
    "set owner": replace(UNKNOWN, danger="brief", row="tb-owner"),
    "set options": QUIET,
    "reset options": QUIET,
    "set default": QUIET,
    "drop default": WRITERS_BREAK,
    "set statistics": NOTHING,
    "set storage": QUIET,
    "set compression": QUIET,
    "set cluster": NOTHING,
    "drop cluster": NOTHING,
    "comment": NOTHING,
    "grant": Verdict(additions="minor"),
    "revoke": replace(GONE, danger="none", row="gr-revoke"),
    "enable": replace(GONE, row="rls-enable"),
    "force": replace(GONE, row="rls-enable"),
    "disable": replace(GONE, row="tg-disable"),
    "unforce": READERS_BREAK,
    "lock": QUIET,
    "call": _call,
    "set": NOTHING,
    "reset": NOTHING,
    "analyze": NOTHING,
    "vacuum": Verdict(danger="scan", row="tb-cluster"),
    "reindex": Verdict(danger="scan", row="ix-reindex"),
}
