"""What undoing a migration cannot give back, as far as its Changes tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.changes.conversions import lost_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from migdocs.core.model import Change

SHOWN = 6  # names in a sentence; more are counted
NOTHING = "nothing"
EVERY_ROW = " of every row"  # how an UPDATE without a condition is told
REWRITING = frozenset({"update", "delete", "truncate", "merge"})


def brought(changes: Iterable[Change]) -> tuple[str, ...]:
    """Give the tables and columns that came with a migration, and go with all that is in them."""
    found = tuple(changes)
    new = {c.name for c in found if (c.verb, c.kind) == ("create", "table")}
    columns = (c for c in found if (c.verb, c.kind) == ("add", "column"))
    return (*sorted(new), *dict.fromkeys(c.name for c in columns if c.table not in new))


def sentence(changes: Sequence[Change]) -> str:
    """Say what is lost when a migration is undone: ``what was written to users.locale since``.

    Of what could not be read, nothing is said to be kept.
    """
    lost = [*_parts(changes)]
    if any(change.verb == "unread" or change.opaque for change in changes):
        lost.append("not known of what could not be read" if lost else "not known")
    return "; ".join(lost) or NOTHING


def _parts(changes: Sequence[Change]) -> Iterator[str]:
    """Yield what goes, what comes back empty, and what stays as the migration left it."""
    new = brought(changes)
    gone = [c.name for c in changes if c.verb == "drop" and c.kind in {"table", "column"}]
    left = [name for name in new if name not in gone]
    if left:
        yield f"what was written to {_listed(left)} since"
    missed = [name for name in gone if name not in new]
    if missed:
        yield f"what {_listed(missed)} held, unless the script fills it"
    yield from _converted(changes)
    kept = [c.name for c in changes if _rewrites(c, {*new, *gone})]
    if kept:
        yield f"the old values in {_listed(kept)}, unless the script restores them"


def _converted(changes: Iterable[Change]) -> Iterator[str]:
    """Yield what a change of type cut off, rounded or worked out anew."""
    for change in changes:
        if (change.verb, change.kind) == ("retype", "column") and change.before:
            new, _, using = (change.after or "").partition(" using ")
            said = lost_in(change.name, change.before, new, using)
            if said:
                yield said


def _rewrites(change: Change, passing: set[str]) -> bool:
    """Tell whether rows lose what they held, in columns that do not come or go themselves."""
    if change.kind != "rows" or change.verb not in REWRITING or change.name in passing:
        return False
    return not fills_only(change, passing)


def fills_only(change: Change, columns: AbstractSet[str]) -> bool:
    """Tell whether a Change writes to these columns and no others, as far as it can be told."""
    if (change.verb, change.kind) != ("update", "rows") or not change.after:
        return False
    written = change.after.removesuffix(EVERY_ROW).split(", ")
    return columns >= {f"{change.name}.{column}" for column in written}


def _listed(names: Iterable[str]) -> str:
    """Join names, each once; the last of many are counted."""
    each = list(dict.fromkeys(names))
    more = f" and {len(each) - SHOWN} more" if len(each) > SHOWN else ""
    return ", ".join(each[:SHOWN]) + more
