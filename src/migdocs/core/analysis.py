"""What the scripts do, taken together: in words, by impact, and which needs which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from migdocs.core import impact
from migdocs.core.catalog import Catalog
from migdocs.core.changes import locking, losses, touches, wording

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from migdocs.core.impact import Assessment
    from migdocs.core.model import Change
    from migdocs.core.reversal import Reversal


class Analysis(Struct, frozen=True):
    """What reading the scripts gave, by migration id.

    Attributes:
        sentences: what each does, a line each.
        assessments: what it means for those who read, write and build on the schema.
        breaks: the changes that make it breaking, a line each.
        types: whether it changes the schema, rows, or both, in the words of TEMPLATE.md.
        losses: what undoing it cannot give back.
        dependencies: the migrations that each needs.
        locks: table and lock, of what each does to tables that were there.
        reversals: what each rollback gives back, as read.
        base: what the script does that makes what the migrations assume.
        gone: the ids that the checkout no longer has.
    """

    changes: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    sentences: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    assessments: Mapping[str, Assessment] = field(default_factory=dict)
    breaks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    losses: Mapping[str, str] = field(default_factory=dict)
    dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    base: tuple[Change, ...] = ()
    locks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    reversals: Mapping[str, Reversal] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()

    @property
    def present(self) -> dict[str, tuple[Change, ...]]:
        """What the scripts of the checkout do: these alone make the schema that it has."""
        return {id_: found for id_, found in self.changes.items() if id_ not in self.gone}


def analyse(
    changes: Mapping[str, tuple[Change, ...]],
    base: tuple[Change, ...] = (),
    gone: frozenset[str] = frozenset(),
    first: Collection[str] = (),
) -> Analysis:
    """Replay the migrations in order and say what each means where it stands.

    Args:
        changes: of the forward scripts, by migration id, in run order.
        base: of the script that makes what the migrations assume.
        gone: those that the checkout no longer has; the others are replayed without them.
        first: those of the first release: nobody has used what they make before all have run.
    """
    present = {id_: found for id_, found in changes.items() if id_ not in gone}
    met = _replayed(changes, base, first) if gone else {}
    met |= _replayed(present, base, first)
    assessments = {id_: assessed for id_, (assessed, _) in met.items()}
    locks = {id_: taken for id_, (_, taken) in met.items()}
    return Analysis(
        changes,
        {id_: tuple(wording.summarise(found)) for id_, found in changes.items()},
        assessments,
        {
            id_: tuple(wording.describe(change) for change in found.because())
            for id_, found in assessments.items()
            if found.impact == "major"
        },
        {id_: touches.type_of(found) for id_, found in changes.items()},
        {id_: losses.sentence(found) for id_, found in changes.items()},
        touches.dependencies(changes),
        base,
        locks,
        gone=gone,
    )


def _replayed(
    changes: Mapping[str, tuple[Change, ...]], base: tuple[Change, ...], first: Collection[str]
) -> dict[str, tuple[Assessment, dict[str, str]]]:
    """Assess each migration where it stands among these, and name what it locks there."""
    catalog = Catalog()
    catalog.apply_all(base)
    there = frozenset(catalog.relations)
    met = {}
    for id_, found in changes.items():
        unused = frozenset(catalog.relations) - there if id_ in first else frozenset()
        taken = locking.taken(catalog, found)
        met[id_] = impact.assess(catalog.apply_all(found), unused), taken
    return met
