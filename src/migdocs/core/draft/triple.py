"""A forward script → what its triple says already: the rollback, the header, Changes and Impact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from migdocs.core import impact, reversal
from migdocs.core.changes import losses, touches, wording
from migdocs.core.changes.reading import read_changes
from migdocs.core.draft import Draft, draft_rollback
from migdocs.core.draft import queries as proving
from migdocs.core.locks import STRENGTH, blocks_readers, blocks_writers, stronger
from migdocs.core.markup.escape import prose
from migdocs.core.notes import PROOF_HEADINGS
from migdocs.core.sql import parser
from migdocs.core.sql.script import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from migdocs.core.catalog import Catalog, Effect
    from migdocs.core.impact import Assessment
    from migdocs.core.model import Change, Hazard
    from migdocs.core.reversal import Reversal

# How a draft is told that gives everything back; of any other what it leaves is named.
RESTORES = {
    "restores": "The rollback restores the schema.",
    "nothing": "The rollback does nothing yet.",
}
# Breaking, where only this application reads the database: marked as derived, it is no
# declaration, which would ask for a major version.
PRIVATE = "Yes (only for the release before: stop it first)"
# The headings, in lower case, under which templates ask for what was read of the SQL.
ROLLBACK_HEADINGS = ("way back", "rollback", "rolling back")
NOTHING = "-- Nothing to undo: the forward script leaves the schema as it was.\n"


class Content(Struct, frozen=True):
    """What is known of a new migration before a person has written a word.

    Attributes:
        forward: the script as it was drafted.
        rollback: what undoes it, as far as that can be drafted.
        by_hand: what a person must still write into the rollback.
        fields: header values by canonical name.
        sections: heading in lower case → its text: Markdown.
        labels: the same for lines ``- **Label:** …`` of a section, by label in lower case.
    """

    forward: str = ""
    rollback: str = ""
    by_hand: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


class Read(Struct, frozen=True):
    """What is known of a forward script.

    Attributes:
        forward: its text.
        before: the schema that it meets.
        effects: of its Changes on that schema.
        hazards: that it was judged to have.
        needs: ids of the migrations that it depends on.
        private: whether only this application reads the database: then nobody else breaks.
        written: what a rollback that is there already gives back; None where it is drafted.
    """

    forward: str
    before: Catalog
    effects: Sequence[Effect]
    hazards: Sequence[Hazard] = ()
    needs: Sequence[str] = ()
    private: bool = False
    written: Reversal | None = None

    @property
    def changes(self) -> list[Change]:
        """What it does."""
        return [effect.change for effect in self.effects]


def content(read: Read) -> Content:
    """Say of a forward script what its triple is to say."""
    changes, hazards, written = read.changes, read.hazards, read.written
    assessed = impact.assess(read.effects)
    after = read.before.fork()
    after.apply_all(changes)
    undo = draft_rollback(read.effects, after.search_path)
    lines = wording.summarise(changes) or ["changes neither the schema nor rows"]
    back = written or _read_back(read.before, changes, undo)
    told = _way_back(changes, None if written else undo, back)
    proof = proving.section(proving.queries(read.effects, after))
    return Content(
        read.forward,
        undo.text or NOTHING,
        undo.by_hand,
        dict(_fields(read, assessed)),
        {
            "changes": "\n".join(f"- {prose(line[:1].upper() + line[1:])}" for line in lines),
            **dict.fromkeys(ROLLBACK_HEADINGS, told),
            **(dict.fromkeys(PROOF_HEADINGS, proof) if proof else {}),
        },
        {
            "release before, new schema": prose(_old_release(assessed)),
            "while it runs": prose(_locks(hazards)),
            "existing rows": prose(_rows(changes, hazards)),
            "lost by the rollback": prose(losses.sentence(changes)),
        },
    )


def _fields(read: Read, assessed: Assessment) -> Iterator[tuple[str, str]]:
    """Yield the header values that the SQL is sure of."""
    if kind := touches.type_of(read.changes):
        yield "type", kind
    if assessed.breaking is not None:
        yield "breaking", "No" if not assessed.breaking else PRIVATE if read.private else "Yes"
    yield "dependencies", ", ".join(read.needs) or "none"
    waits = [hazard for hazard in read.hazards if blocks_writers(hazard.lock)]
    if not waits:
        yield "downtime", "None"
    elif not any(hazard.rewrite or hazard.scan for hazard in waits):
        yield "downtime", "Brief"
    yield "locks", prose(_locks(read.hazards))


def _old_release(assessed: Assessment) -> str:
    """Say whether the release before runs on the new schema, and what decides it."""
    causes = "; ".join(dict.fromkeys(wording.describe(change) for change in assessed.because()))
    if assessed.breaking:
        return f"breaks if it uses what this changes: {causes}"
    if assessed.breaking is None:
        return f"cannot be told from the SQL: {causes}"
    return "keeps running"


def _locks(hazards: Iterable[Hazard]) -> str:
    """Say which relations others wait for, the strongest locks first."""
    locks: dict[str, str] = {}
    work: dict[str, set[str]] = {}
    for hazard in hazards:
        if not blocks_writers(hazard.lock):
            continue
        for name, lock in hazard.locks:
            locks[name] = stronger(locks.get(name, ""), lock)
        if hazard.on:
            done = work.setdefault(hazard.on[0], set())
            done |= {"rewritten"} if hazard.rewrite else set()
            done |= {"scanned"} if hazard.scan else set()
    if not locks:
        return "no table that others use is locked"
    waited_for = (name for name, lock in locks.items() if blocks_writers(lock))
    names = sorted(waited_for, key=lambda name: (-STRENGTH[locks[name]], name))
    return "; ".join(_lock(name, locks[name], sorted(work.get(name, ()))) for name in names)


def _lock(name: str, lock: str, work: Sequence[str]) -> str:
    """Say who waits for one relation, and what for."""
    who = "nobody can read or write" if blocks_readers(lock) else "nobody can write to"
    long = f", and it is {' and '.join(work)}" if work else ""
    return f"{who} `{name}` ({lock}{long})"


def _rows(changes: Iterable[Change], hazards: Iterable[Hazard]) -> str:
    """Say what happens to the rows that are there already."""
    told = [wording.describe(c) for c in changes if c.kind == "rows" and c.verb != "insert"]
    told += [
        f"the data of {c.name} is lost"
        for c in changes
        if c.verb == "drop" and c.kind in {"table", "column"}
    ]
    rewritten = {h.on[0] for h in hazards if h.rewrite and h.on}
    told += [f"those of {name} are rewritten" for name in sorted(rewritten)]
    return "; ".join(dict.fromkeys(told)) or "nothing happens to them"


def _read_back(before: Catalog, changes: Sequence[Change], undo: Draft) -> Reversal:
    """Read the draft as any rollback is read: both ways over the schema before."""
    after = before.fork()
    after.apply_all(changes)
    back = read_changes(parser.parse_all(split(undo.text)), known=after)
    return reversal.read(before, changes, back)


def _way_back(changes: Sequence[Change], undo: Draft | None, read: Reversal) -> str:
    """Say what the rollback restores, and what it cannot; a person's is no draft."""
    lines = [
        RESTORES.get(read.outcome or "", f"According to its SQL, the rollback {prose(str(read))}.")
    ]
    if read.outcome == "unknown":
        lines = [f"Whether the rollback restores the schema is {prose(str(read))}."]
    if undo and undo.stops:
        lines += ["", "It stops and changes nothing if it finds:", ""]
        lines += [f"- {prose(item)}" for item in undo.stops]
    if undo and undo.by_hand:
        lines = ["The rollback is incomplete; write by hand:", ""]
        lines += [f"- {prose(item)}" for item in undo.by_hand]
    lost = losses.sentence(changes)
    lines += ["", f"Lost with it: {prose(lost)}."]
    return "\n".join(lines)
