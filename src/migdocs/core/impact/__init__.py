"""Judge what a migration or a release means: major, minor, patch or unknown.

Three axes are judged apart: those who read, those who write, and what is added. How dangerous it is
to run is a separate matter. Only what is left at the end counts: what is made and dropped again in
between cancels out, and what is new itself cannot break anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.core.impact.rules import New, Verdict, judge
from migdocs.core.model import Change, Finding, Impact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from migdocs.core.catalog import Effect
    from migdocs.core.impact.rules import Danger
    from migdocs.core.model import Declared
    from migdocs.core.sql.script import Marker

# What is not known may be major, so it weighs more than what is known to be minor.
IMPACTS: tuple[Impact, ...] = ("patch", "minor", "unknown", "major")
DANGERS: tuple[Danger, ...] = ("none", "brief", "scan", "rewrite")

RULE = "impact-understated"


class Reason(Struct, frozen=True):
    """A Change and its verdict."""

    change: Change
    verdict: Verdict

    @property
    def impact(self) -> Impact:
        """The worst of its three axes."""
        return worst((self.verdict.readers, self.verdict.writers, self.verdict.additions))


class Assessment(Struct, frozen=True):
    """What a migration or a release means as a whole: on each axis the worst of its Changes.

    Attributes:
        danger: to a running system while it is applied.
        reasons: every Change that is left at the end, with its verdict, in order.
    """

    readers: Impact = "patch"
    writers: Impact = "patch"
    additions: Impact = "patch"
    danger: Danger = "none"
    reasons: tuple[Reason, ...] = ()

    @property
    def impact(self) -> Impact:
        """The worst of the three axes: the part of the version that should go up."""
        return worst((self.readers, self.writers, self.additions))

    @property
    def breaking(self) -> bool | None:
        """Whether clients break; None where that cannot be known."""
        return {"major": True, "unknown": None}.get(self.impact, False)

    def because(self) -> tuple[Change, ...]:
        """Give the Changes that the impact comes from."""
        return tuple(reason.change for reason in self.reasons if reason.impact == self.impact)


def worst(impacts: Iterable[Impact]) -> Impact:
    """Give the worst of several impacts, ``patch`` where there are none."""
    return max(impacts, key=IMPACTS.index, default="patch")


def assess(effects: Sequence[Effect], unknown: AbstractSet[str] = frozenset()) -> Assessment:
    """Judge what the catalog says that a migration's or a release's Changes did, in order.

    Args:
        effects: of the Changes.
        unknown: relations that no release has shipped, so that no client knows them.
    """
    left = net(effects)
    new = _new(left)
    covered = frozenset(effect.change.name for effect in effects if effect.covered)
    new = replace(new, relations=new.relations | unknown, covered=covered)
    reasons = tuple(Reason(change, judge(change, new)) for change in left)
    verdicts = [reason.verdict for reason in reasons]
    return Assessment(
        worst(verdict.readers for verdict in verdicts),
        worst(verdict.writers for verdict in verdicts),
        worst(verdict.additions for verdict in verdicts),
        max((verdict.danger for verdict in verdicts), key=DANGERS.index, default="none"),
        reasons,
    )


def _new(changes: Iterable[Change]) -> New:
    """Give what the Changes make, so that no client knows it yet."""
    relations, columns = set(), set()
    for change in changes:
        if change.verb == "create" and change.kind in {"table", "view", "materialized view"}:
            relations.add(change.name)
        elif (change.verb, change.kind) == ("add", "column"):
            columns.add(change.name)
    return New(frozenset(relations), frozenset(columns))


MAKING = frozenset({"create", "add", "replace"})
# Verbs that set one property of a column, of which only the last word counts.
PROPERTIES = {
    "retype": "type",
    "set default": "default",
    "drop default": "default",
    "set not null": "nullability",
    "drop not null": "nullability",
}


def net(effects: Iterable[Effect]) -> tuple[Change, ...]:
    """Give the Changes that are left when what cancels out is taken away.

    What is made and dropped again leaves nothing, nor do the Changes of its parts. What is dropped
    and made again as it was leaves nothing either; made otherwise, a view, routine or trigger
    counts as replaced. Of several Changes of one property the last counts, against the first's
    ``before``.
    """
    left: dict[int, Change] = {}
    made: dict[tuple[str, str], int] = {}
    dropped: dict[tuple[str, str], int] = {}
    properties: dict[tuple[str, str], int] = {}
    parts: dict[str, list[int]] = {}  # table, or an object's own name → Changes of it
    changes = (c for e in effects if not e.void for c in (e.change, *e.lost))
    for position, change in enumerate(changes):
        key = (change.kind, change.name)
        left[position] = change
        parts.setdefault(change.name, []).append(position)
        if change.table and change.table != change.name:
            parts.setdefault(change.table, []).append(position)
        if change.verb == "drop" and key in made:
            _forget(left, made.pop(key), parts[change.name])
        elif change.verb == "drop":
            dropped[key] = position
        elif change.verb in MAKING and key in dropped:
            _remake(left, dropped.pop(key), position)
        elif change.verb in MAKING and not (change.verb == "replace" and change.before):
            made[key] = position
        elif change.verb in PROPERTIES:
            _set_again(left, properties, position)
    return tuple(left.values())


def _forget(left: dict[int, Change], made: int, changes: list[int]) -> None:
    """Take away the making of something, its drop, and all Changes of it and its parts between."""
    while changes and changes[-1] >= made:
        left.pop(changes.pop(), None)


def _remake(left: dict[int, Change], drop: int, position: int) -> None:
    """Take away a drop that is followed by the same thing made again; another is a replacement."""
    before, after = left.get(drop), left[position]
    if before is None:
        return
    if before.definition is not None and _same(before, after):
        del left[drop], left[position]
    elif after.kind in {"view", "materialized view", "function", "procedure", "trigger", "policy"}:
        del left[drop]
        left[position] = replace(after, verb="replace", before=before.before or "")


def _same(before: Change, after: Change) -> bool:
    """Tell whether two definitions are the same, but for white space."""
    one, other = (" ".join(str(c.definition).split()) for c in (before, after))
    return one == other


def _set_again(
    left: dict[int, Change], properties: dict[tuple[str, str], int], position: int
) -> None:
    """Let only the last Change of a property count, if it leaves another value than there was."""
    change = left[position]
    key = (change.name, PROPERTIES[change.verb])
    first = properties.setdefault(key, position)
    if first == position or first not in left:
        properties[key] = position
        return
    before = left.pop(first).before
    properties[key] = position
    left[position] = replace(change, before=before)
    if before is not None and before == _value(change):
        del left[position]


def _value(change: Change) -> str | None:
    """Give the value that a Change of a property leaves, in the words of ``before``."""
    if PROPERTIES[change.verb] == "nullability":
        return "not null" if change.verb == "set not null" else "null"
    return change.after


def understated(
    declared: Declared,
    assessed: Assessment,
    path: str,
    markers: Iterable[Marker] = (),
    *,
    private: bool = False,
) -> Iterator[Finding]:
    """Give a finding where the notes say that nothing breaks and the SQL breaks something.

    Args:
        declared: what the notes say.
        assessed: the migration's own Changes.
        path: of the script.
        markers: of the script; one that allows the rule with a reason is enough.
        private: whether only this application reads the database: then nobody else breaks.
    """
    if declared.breaking is not False or assessed.impact != "major":
        return
    if any(m.word == "allow" and m.rule == RULE and m.reason for m in markers):
        return
    cause = assessed.because()[0]
    if private:
        message = (
            f"the release before cannot run without '{cause.name}' ({cause.verb} {cause.kind})"
        )
        hint = "say in the notes that it has to be stopped first."
        yield Finding(RULE, "info", message, path, cause.line, hint)
        return
    yield Finding(
        RULE,
        "warning",
        f"the notes say 'Breaking: No', but '{cause.name}' is not the same for its clients"
        f" ({cause.verb} {cause.kind})",
        path,
        cause.line,
        "write 'Breaking: Yes' and what to do about it, or give the reason here with"
        f" '-- migdocs: allow {RULE}: <reason>'",
    )
