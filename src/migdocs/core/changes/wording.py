"""Say Changes in plain words, for documents: one sentence each, or a script's in a few lines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from migdocs.core.changes.server import EVERY_TABLE
from migdocs.core.sql.definitions import Index

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from migdocs.core.model import Change

# Verb and kind → a sentence. {name}, {table}, {before} and {after} are the Change's; {column} is
# the part of the name behind the table's.
SENTENCES = {
    ("retype", "column"): "changes column {name} from {before} to {after}",
    ("retype", "attribute"): "changes attribute {name} to {after}",
    ("set default", "column"): "sets the default of column {name} to {after}",
    ("drop default", "column"): "drops the default of column {name}",
    ("set not null", "column"): "makes column {name} not null",
    ("drop not null", "column"): "makes column {name} nullable",
    ("set identity", "column"): "numbers column {name} as identity",
    ("drop identity", "column"): "drops the identity of column {name}",
    ("set expression", "column"): "changes the expression that column {name} is computed from",
    ("drop expression", "column"): "no longer computes column {name}",
    ("add", "column"): "adds column {name}, {after}",
    ("add", "constraint"): "adds constraint {part} to {table}: {after}",
    ("drop", "constraint"): "drops constraint {part} of {table}",
    ("validate", "constraint"): "validates constraint {part} of {table}",
    ("alter", "constraint"): "makes constraint {part} of {table} {after}",
    ("rename", "constraint"): "renames constraint {part} of {table} to {after}",
    ("create", "trigger"): "creates trigger {part} on {table}: {after}",
    ("replace", "trigger"): "replaces trigger {part} on {table}: {after}",
    ("drop", "trigger"): "drops trigger {part} of {table}",
    ("enable", "trigger"): "enables trigger {part} of {table}",
    ("disable", "trigger"): "disables trigger {part} of {table}",
    ("enable", "all triggers"): "enables all triggers of {table}",
    ("disable", "all triggers"): "disables all triggers of {table}",
    ("enable", "user triggers"): "enables the triggers of {table}",
    ("disable", "user triggers"): "disables the triggers of {table}",
    ("enable", "row security"): "enables row-level security on {table}",
    ("disable", "row security"): "disables row-level security on {table}",
    ("force", "row security"): "forces row-level security on {table}, for its owner too",
    ("unforce", "row security"): "no longer forces row-level security on the owner of {table}",
    ("create", "policy"): "creates policy {part} on {table}, {after}",
    ("drop", "policy"): "drops policy {part} of {table}",
    ("alter", "policy"): "changes policy {part} of {table}",
    ("attach", "index partition"): "attaches index {name} to {table}",
    ("attach", "partition"): "attaches {name} to {table} as a partition, {after}",
    ("detach", "partition"): "detaches partition {name} from {table}",
    ("inherit", "table"): "makes {name} inherit from {after}",
    ("disinherit", "table"): "stops {name} from inheriting from {after}",
    ("set not null", "domain"): "makes domain {name} not null",
    ("drop not null", "domain"): "makes domain {name} nullable",
    ("add value", "type"): "adds value {after} to type {name}",
    ("rename value", "type"): "renames value {before} of type {name} to {after}",
    ("set logged", "table"): "makes table {name} logged",
    ("set unlogged", "table"): "makes table {name} unlogged",
    ("insert", "rows"): "inserts {after} into {name}",
    ("copy", "rows"): "copies rows into {name}",
    ("merge", "rows"): "merges rows into {name}",
    ("update", "rows"): "updates {name}, setting {after}",
    ("delete", "rows"): "deletes {after} from {name}",
    ("truncate", "rows"): "empties {name}",
    ("call", "function"): "calls function {name}",
    ("call", "procedure"): "calls procedure {name}",
    ("lock", "table"): "locks {name}",
    ("refresh", "materialized view"): "refreshes materialized view {name}",
    ("set", "setting"): "sets {name} to {after}",
    ("reset", "setting"): "resets {name}",
    ("run", "body"): "runs {name}",
    ("run", "query"): "runs a query",
    ("run", "transaction"): "controls its transaction: {name}",
    ("run", "command"): "runs {name}",
    ("unread", "body"): "could not be read: the body of {name}, {after}",
    ("unread", "statement"): "could not be read: {name}",
}
THIRD_PERSON = {
    "create": "creates",
    "replace": "creates or replaces",
    "drop": "drops",
    "add": "adds",
    "alter": "changes",
    "validate": "validates",
    "enable": "enables",
    "disable": "disables",
    "update": "updates",
    "vacuum": "vacuums",
    "analyze": "analyzes",
    "cluster": "clusters",
    "reindex": "reindexes",
}
# What happens to nobody's schema or rows, and is left out of summaries.
SILENT = {("run", "query"), ("run", "command"), ("run", "transaction"), ("lock", "table")}


def describe(change: Change) -> str:
    """Say one Change in a sentence, without a full stop.

    ``adds column activity_logs.severity, varchar(20), not null, default 'INFORMATIONAL'``
    """
    return _sentence(change) + _reservations(change)


def _sentence(change: Change) -> str:
    """Say what is done."""
    if isinstance(change.definition, Index) and change.verb == "create":
        return f"creates {_index(change.definition)}"
    pattern = SENTENCES.get((change.verb, change.kind))
    if change.opaque and change.verb == "run":
        pattern = "runs SQL that {name} builds at run time"
    if pattern is None:
        return _general(change)
    known = {
        "name": change.name,
        "table": change.table or "",
        "part": change.own_name,
        "before": change.before or "",
        "after": change.after or "",
    }
    text = pattern.format_map(known)
    if not change.before:
        text = text.replace(" from  to ", " to ")
    return text.rstrip(" ,:")


def _index(index: Index) -> str:
    """Say what an index is: ``unique index users_email on users (email)``."""
    unique = "unique " if index.unique else ""
    return f"{unique}index {index.name} {index.describe().removeprefix('unique, ')}"


def _general(change: Change) -> str:
    """Say what has no sentence of its own, from verb, kind and name."""
    what = f"{change.kind} {change.name}"
    if change.table and change.kind in {"trigger", "policy", "rule", "constraint"}:
        what = f"{change.kind} {change.name.removeprefix(f'{change.table}.')} of {change.table}"
    elif change.name == EVERY_TABLE:
        what = EVERY_TABLE
    if change.verb == "rename":
        return f"renames {what} to {change.after}"
    if change.verb == "comment":
        return f"comments on {what}" if change.after else f"drops the comment on {what}"
    if change.verb in {"grant", "revoke"}:
        side = " to " if change.verb == "grant" else " from "
        privileges, _, roles = (change.after or "").rpartition(side)
        return f"{change.verb}s {privileges} on {what}{side}{roles}"
    if change.verb.startswith(("set ", "reset ", "drop ", "unset ")):
        verb, _, thing = change.verb.partition(" ")
        said = f" to {change.after}" if change.after and verb == "set" else ""
        return f"{verb}s the {thing} of {what}{said}"
    said = f", {change.after}" if change.after else ""
    return f"{THIRD_PERSON.get(change.verb, change.verb)} {what}{said}"


def _reservations(change: Change) -> str:
    """Say what a reader must know besides: what goes along, and on what terms."""
    said = ""
    if change.cascade:
        said += ", with all that depends on it"
    if change.conditional:
        said += " (on a condition)"
    return said


def summarise(changes: Sequence[Change]) -> list[str]:
    """Say a script's Changes in a few lines, in order: new tables whole, likes together."""
    new = {c.name for c in changes if (c.verb, c.kind) == ("create", "table")}
    lines: list[str] = []
    comments = 0
    for change in changes:
        if (change.verb, change.kind) in SILENT or change.kind == "setting":
            continue
        if change.verb == "comment":
            comments += 1
        elif (change.verb, change.kind) == ("create", "table"):
            lines.append(_new_table(change, changes))
        elif change.table not in new or change.kind == "rows":
            lines.append(describe(change))
    if comments:
        lines.append(f"comments on {_count(comments, 'object')}")
    return [
        f"{line} ({times} times)" if times > 1 else line for line, times in Counter(lines).items()
    ]


# What belongs to a new table and is counted in its line; the plural where an s is not enough.
PARTS = {"column": "columns", "index": "indexes", "trigger": "triggers", "policy": "policies"}


def _new_table(table: Change, changes: Iterable[Change]) -> str:
    """Say what a new table has: ``creates table users (8 columns) with 2 indexes``."""
    parts = [c for c in changes if c.table == table.name and c.verb in {"add", "create"}]
    counts = Counter(part.kind for part in parts)
    size = f" ({_count(counts['column'], 'column')})" if counts["column"] else ""
    others = [_count(counts[kind], kind) for kind in ("index", "trigger", "policy") if counts[kind]]
    keys = [
        c for c in parts if c.kind == "constraint" and (c.after or "").startswith("FOREIGN KEY")
    ]
    others += [_count(len(keys), "foreign key")] if keys else []
    said = f", {table.after}" if table.after else ""
    with_ = f" with {_and(others)}" if others else ""
    return f"creates table {table.name}{size}{with_}{said}" + _reservations(table)


def _count(number: int, kind: str) -> str:
    """Say how many: ``1 index``, ``2 indexes``."""
    return f"{number} {kind if number == 1 else PARTS.get(kind, kind + 's')}"


def _and(parts: list[str]) -> str:
    """Join with commas and a last ``and``."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
