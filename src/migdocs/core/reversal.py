"""What a rollback gives back, as its script is read: both ways are replayed over the catalog.

No server is asked. What ``verify`` saw of the same scripts stands beside it, and counts more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from migdocs.core import impact
from migdocs.core.catalog import Catalog, Relation
from migdocs.core.catalog.borrowed import seen
from migdocs.core.changes.touches import TRACKERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from migdocs.core.catalog import Effect
    from migdocs.core.model import Change
    from migdocs.core.sql.definitions import Constraint

Outcome = Literal["restores", "leaves", "nothing", "unknown"]

# Verbs of statements that leave a database as it is.
IDLE = frozenset({"run", "set", "reset", "lock", "analyze", "vacuum"})
# Functions of PostgreSQL's own that change no schema; the first ones change nothing at all.
_SESSION = frozenset(
    {"set_config", "pg_catalog.set_config", "pg_sleep", "pg_advisory_xact_lock", "version", "now"}
)
HARMLESS = _SESSION | {"setval", "nextval", "currval", "pg_notify", "count", "max", "coalesce"}
_GONE = "which no script here creates"
_LONGEST = 4  # differences that a sentence names


class Reversal(Struct, frozen=True):
    """What undoing a migration gives back, as read.

    Attributes:
        outcome: None where there is no rollback script.
        left: what is not as it was: ``leaves column users.x``.
        why: why it is not known; empty where it is.
        breaks: whether the version before cannot run on what is left.
    """

    outcome: Outcome | None = None
    left: tuple[str, ...] = ()
    why: str = ""
    breaks: bool = False

    def __str__(self) -> str:
        """Say it, without a full stop; what a script does not say is not known."""
        if self.outcome == "leaves":
            more = len(self.left) - _LONGEST
            shown = (*self.left[:_LONGEST], *((f"{more} more",) if more > 0 else ()))
            return "; ".join(shown)
        return {
            None: "there is no rollback script",
            "restores": "restores the schema",
            "nothing": "does nothing",
            "unknown": f"not known: {self.why}" if self.why else "not known",
        }[self.outcome]


def idle(changes: Iterable[Change]) -> bool:
    """Tell whether a script that was read whole changes nothing: ``SELECT 1``, or remarks."""
    return all(_is_idle(change) for change in changes)


def _is_idle(change: Change) -> bool:
    """Tell whether a statement leaves a database as it is, but for its runner's own notes."""
    if change.opaque:
        return False
    if change.kind == "rows":
        return change.name in TRACKERS
    return change.verb in IDLE or (change.verb == "call" and change.name in _SESSION)


def read(before: Catalog, forward: Sequence[Change], back: Sequence[Change]) -> Reversal:
    """Replay a migration and its rollback, and compare the schema with what it was.

    Args:
        before: the schema that the migration meets; it is left as it is.
        forward: what the migration does; all of it was read.
        back: what its rollback does; all of it was read.
    """
    if idle(back):
        return Reversal("restores" if idle(forward) else "nothing")
    after = before.fork()
    done, failing = after.apply_all(forward), ""
    undone: list[Effect] = []
    for change in back:
        failing = failing or _failing(after, change)
        undone.append(after.apply(change))
    effects = (*done, *undone)
    differences = tuple(_differences(before, after, forward))
    unsure = next((item.unsure for item in differences if item.unsure), "")
    doubt = failing or unsure or _doubt((*forward, *back))
    sure = tuple(item.text for item in differences if not item.unsure)
    if doubt:
        return Reversal("unknown", sure, doubt)
    if sure:
        return Reversal("leaves", sure, "", _breaks(effects, {d.name for d in differences}))
    return Reversal("restores")


def _breaks(effects: Sequence[Effect], names: Iterable[str]) -> bool:
    """Tell whether what both ways leave different breaks those that ran on the schema before."""
    reasons = impact.assess(effects).reasons
    broken = {r.change.name for r in reasons if r.impact in {"major", "unknown"}}
    return any(
        name == other or name.startswith(f"{other}.") or other.startswith(f"{name}.")
        for name in names
        for other in broken
    )


def _failing(schema: Catalog, change: Change) -> str:
    """Say that a rollback drops what is not there, and so may fail; empty where it does not."""
    if change.verb != "drop" or change.guarded or change.conditional:
        return ""
    table = schema.relations.get(change.table or "")
    there = {
        "table": change.name in schema.relations,
        "view": change.name in schema.relations,
        "index": schema.of_index(change.name) is not None,
        "type": ("type", change.name) in schema.objects,
        "trigger": ("trigger", change.name) in schema.objects,
        "column": table is None
        or not table.complete
        or change.name.rpartition(".")[2] in table.columns,
    }.get(change.kind, True)
    return "" if there else f"line {change.line}: it drops {change.kind} {change.name}, {_GONE}"


def _doubt(changes: Iterable[Change]) -> str:
    """Say what makes the outcome depend on the database; empty where nothing does."""
    for change in changes:
        if change.conditional:
            return f"line {change.line}: it runs only under a condition"
        if change.verb == "call" and change.name.removeprefix("pg_catalog.") not in HARMLESS:
            return f"line {change.line}: it calls {change.name}(), which is not read"
    return ""


class _Difference(Struct, frozen=True):
    """One thing that is not as it was; ``unsure`` says why that may be wrong."""

    verb: str
    kind: str
    name: str
    unsure: str = ""

    @property
    def text(self) -> str:
        """Say it in a few words."""
        return f"{self.verb} {self.kind} {self.name}"


def _differences(
    before: Catalog, after: Catalog, forward: Sequence[Change]
) -> Iterator[_Difference]:
    """Yield what both ways together changed."""
    made = {change.name for change in forward if change.verb in {"create", "add"}}
    replaced = {change.name for change in forward if change.verb == "replace"}
    new_names = made | {name.partition("(")[0] for name in made | replaced}
    for name in dict.fromkeys((*before.relations, *after.relations)):
        was, now = seen(before.relations, name), seen(after.relations, name)
        if was is now:
            continue
        if was != now and not _is_temporary(was) and not _is_temporary(now):
            yield from _of_relation(was, now, made)
    yield from _of_objects(before.objects, after.objects)
    for kind, name in dict.fromkeys((*before.comments, *after.comments)):
        new = name in new_names or name.partition("(")[0] in new_names
        if not new and before.comments.get((kind, name)) != after.comments.get((kind, name)):
            yield _Difference("changes the comment on", kind, name)


def _is_temporary(relation: Relation | None) -> bool:
    """Tell whether a relation is gone with its session."""
    return relation is not None and (
        relation.table.persistence == "temporary" or relation.schema == "pg_temp"
    )


def _of_relation(
    was: Relation | None, now: Relation | None, made: Iterable[str]
) -> Iterator[_Difference]:
    """Yield what of a relation is not as it was."""
    there = was or now
    if there is None:
        return
    if (was is None and now is not None and now.complete) or now is None:
        verb = "leaves" if was is None else "does not bring back"
        yield _Difference(verb, there.kind, there.name)
        return
    known = was.complete if was else False
    for kind, old, new in _parts(was or Relation(there.name), now):
        for name in dict.fromkeys((*old, *new)):
            if old.get(name) == new.get(name):
                continue
            full = f"{there.name}.{name}" if kind == "column" else name
            sure = known or (name not in old and full in made)
            verb = "changes" if name in old and name in new else "leaves"
            verb = verb if name in new else "does not bring back"
            why = "" if sure else f"the migrations that are read do not make {there.name}"
            yield _Difference(verb, kind, full, why)
    if known and was and was.table != now.table:
        yield _Difference("changes", there.kind, there.name)


def _parts(
    was: Relation, now: Relation
) -> Iterator[tuple[str, Mapping[str, object], Mapping[str, object]]]:
    """Yield the parts of a relation that are compared by name."""
    yield "column", was.columns, now.columns
    yield "constraint", _named(was.constraints), _named(now.constraints)
    yield "index", was.indexes, now.indexes


def _named(found: Mapping[str, Constraint]) -> dict[str, Constraint]:
    """Give constraints that compare by what they demand: who named them does not count."""
    return {name: replace(constraint, name="") for name, constraint in found.items()}


def _of_objects(
    before: Mapping[tuple[str, str], object], after: Mapping[tuple[str, str], object]
) -> Iterator[_Difference]:
    """Yield the types, functions, triggers … that are not as they were."""
    for key in dict.fromkeys((*before, *after)):
        kind, name = key
        if key not in after:
            yield _Difference("does not bring back", kind, name)
        elif key not in before:
            yield _Difference("leaves", kind, name)
        elif before[key] != after[key]:
            known = before[key] is not None and after[key] is not None
            why = "" if known else f"how {kind} {name} is made was not read"
            if known and kind in {"view", "materialized view"}:
                if _plain(before[key]) == _plain(after[key]):
                    continue
                why = f"{kind} {name} is written otherwise, and may mean the same"
            yield _Difference("changes", kind, name, why)


def _plain(definition: object) -> str:
    """Give a query without what its writer chose: white space and capitals."""
    return " ".join(str(definition).lower().split())
