"""Replay Changes in order: what a schema is after them, and what each replaced or lost.

The rules are PostgreSQL's: what goes with a dropped column, what follows a rename, what a partition
takes from its parent. A table that no Change made (an ORM may have) is known by what is said of it,
and marked as not known whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.catalog import columns, constraints, extras, objects, relations
from migdocs.core.catalog.borrowed import all_seen
from migdocs.core.catalog.state import Effect, Relation, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from migdocs.core.model import Change

__all__ = ["Catalog", "Effect", "Relation"]

TABLES = ("table", "foreign table")
VIEWS = ("view", "materialized view")
# Kinds that are known by their definition alone.
OTHERS = (
    "aggregate",
    "domain",
    "event trigger",
    "extension",
    "function",
    "policy",
    "procedure",
    "publication",
    "rule",
    "sequence",
    "statistics",
    "trigger",
    "type",
)
DOMAIN_VERBS = ("set default", "drop default", "set not null", "drop not null")
PART_VERBS = ("add", "drop", "rename", "retype")

# Verb and kind → what it does. A Change that is not here changes nothing that is kept.
ACTIONS: dict[tuple[str, str], Callable[[State, Change], Effect]] = {
    **{("create", kind): relations.create_table for kind in TABLES},
    **{(verb, kind): relations.create_view for verb in ("create", "replace") for kind in VIEWS},
    **{("drop", kind): relations.drop_relation for kind in (*TABLES, *VIEWS)},
    **{("rename", kind): relations.rename_relation for kind in (*TABLES, *VIEWS)},
    **{("set schema", kind): relations.set_schema for kind in (*TABLES, *VIEWS)},
    ("attach", "partition"): relations.attach,
    ("detach", "partition"): relations.detach,
    ("add", "column"): columns.add_column,
    ("drop", "column"): columns.drop_column,
    ("rename", "column"): columns.rename_column,
    ("retype", "column"): columns.retype,
    ("set default", "column"): columns.set_default,
    ("drop default", "column"): columns.set_default,
    ("set not null", "column"): columns.nullability(nullable=False),
    ("drop not null", "column"): columns.nullability(nullable=True),
    ("set identity", "column"): columns.set_identity,
    ("drop identity", "column"): columns.drop_identity,
    ("drop expression", "column"): columns.drop_expression,
    ("add", "constraint"): constraints.add_constraint,
    ("drop", "constraint"): constraints.drop_constraint,
    ("rename", "constraint"): constraints.rename_constraint,
    ("validate", "constraint"): constraints.validate,
    ("create", "index"): constraints.create_index,
    ("drop", "index"): constraints.drop_index,
    ("rename", "index"): constraints.rename_index,
    **{(verb, kind): objects.create for verb in ("create", "replace") for kind in OTHERS},
    **{("drop", kind): objects.drop for kind in OTHERS},
    **{("rename", kind): objects.rename for kind in OTHERS},
    ("insert", "rows"): objects.fill,
    ("copy", "rows"): objects.fill,
    ("delete", "rows"): objects.empty,
    ("truncate", "rows"): objects.empty,
    ("create", "schema"): objects.create,
    ("alter", "database"): objects.set_search_path,
    ("alter", "role"): objects.set_search_path,
    ("drop", "schema"): relations.drop_schema,
    ("rename", "schema"): relations.rename_schema,
    ("add value", "type"): objects.add_value,
    ("rename value", "type"): objects.rename_value,
    ("alter", "sequence"): objects.forget_source,
    ("alter", "policy"): objects.forget_source,
    ("create", "publication"): objects.create_publication,
    ("alter", "publication"): objects.alter_publication,
    ("drop", "publication"): objects.drop_publication,
    **{(verb, "domain"): objects.forget_source for verb in DOMAIN_VERBS},
    **{(verb, "domain constraint"): objects.forget_source for verb in PART_VERBS},
    **{(verb, "attribute"): objects.forget_source for verb in PART_VERBS},
}
# What any kind of object can be the object of.
BY_VERB = {"comment": objects.comment, **dict.fromkeys(extras.SLOTS, extras.note)}
# What may have been changed by what was not read.
ANYTHING = "*"


def doubted(change: Change) -> str:
    """Name what is not sure after a change that may not happen, or that was not read whole."""
    if not change.opaque:
        return change.table or change.name
    harmless = change.name.startswith("\\") and not change.name.startswith("\\i")
    return "" if harmless else ANYTHING


class Catalog(State):
    """A schema that Changes are applied to, one after the other."""

    def apply(self, change: Change) -> Effect:
        """Apply a Change; say what it replaced, and what went with it."""
        if change.opaque or change.conditional:
            self.doubtful.add(doubted(change))
        act = ACTIONS.get((change.verb, change.kind)) or BY_VERB.get(change.verb)
        return act(self, change) if act else Effect(change)

    def apply_all(self, changes: Iterable[Change]) -> tuple[Effect, ...]:
        """Apply Changes in order."""
        return tuple(self.apply(change) for change in changes)

    def is_sure(self, name: str) -> bool:
        """Tell whether nothing that was not read can have changed a relation, type or routine."""
        return not self.doubtful or self.doubtful.isdisjoint((name, ANYTHING))

    def permanent(self) -> Iterator[Relation]:
        """Give the relations that outlive a session."""
        return (r for r in all_seen(self.relations) if r.table.persistence != "temporary")


def is_new(catalog: Catalog, table: str, change: Change) -> bool:
    """Tell whether a table was made in the same script as a Change, so that nobody is in it yet."""
    relation = catalog.relations.get(table)
    return relation is not None and relation.born[1] >= 0 and relation.born[0] == change.path
