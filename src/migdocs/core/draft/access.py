"""Take back what was said of an object after it was made: what had been said before, again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.changes.wording import describe
from migdocs.core.draft.inverse import Inverse

if TYPE_CHECKING:
    from collections.abc import Callable

    from migdocs.core.catalog import Effect

_WORDS_AND_LISTS = re.compile(r"\((?:\"[^\"]*+(?:\"|\Z)|[^)\"]|(?!))*+(?:\)|\Z)|[a-z ]+")
# Kinds that everybody may use until that is revoked (manual: 5.8 "Privileges").
OPEN = {"function": "EXECUTE", "procedure": "EXECUTE", "type": "USAGE", "domain": "USAGE"}


def grant(effect: Effect) -> Inverse:
    """Undo GRANT: revoke it, and give again what had been given before."""
    change = effect.change
    privileges, _, roles = (change.after or "").rpartition("to ")
    if change.kind == "role":
        return Inverse((f"REVOKE {change.name} FROM {roles}",))
    if not privileges or change.kind == "default privileges":
        return by_hand(effect)
    revoked = f"REVOKE {_upper(privileges)}ON {_on(effect)} FROM {roles}"
    if change.kind in OPEN and "public" in roles.lower().split(", ") and not effect.extras:
        return Inverse()
    return Inverse((revoked, *effect.extras))


def _upper(privileges: str) -> str:
    """Give privileges as SQL is written; the names of columns stay as they are."""
    return _WORDS_AND_LISTS.sub(
        lambda m: m[0] if m[0].startswith("(") else m[0].upper(), privileges
    )


def _on(effect: Effect) -> str:
    """Give what a GRANT is on, as SQL."""
    change = effect.change
    kind = change.kind.removeprefix("every ").upper()
    if change.kind.startswith("every"):
        kind = f"ALL {kind.replace(' IN', 'S IN')}"
    return f"{kind} {change.name}"


def revoke(effect: Effect) -> Inverse:
    """Undo REVOKE: give again what is known to have been given, and no more."""
    change = effect.change
    _, _, roles = (change.after or "").rpartition("from ")
    if change.kind == "role":
        return Inverse((f"GRANT {change.name} TO {roles}",))
    if not effect.whole:
        return Inverse(by_hand=f"grant again what {roles} could do on {change.name} before")
    first: tuple[str, ...] = ()
    if change.kind in OPEN and "public" in roles.lower().split(", "):
        first = (f"GRANT {OPEN[change.kind]} ON {_on(effect)} TO PUBLIC",)
    return Inverse((*first, *effect.extras))


def by_hand(effect: Effect) -> Inverse:
    """Leave to a person what cannot be told."""
    return Inverse(by_hand=f"undo what this did: {describe(effect.change)}")


def again(default: str) -> Callable[[Effect], Inverse]:
    """Make an inverse that says again what was said last, or else what holds from the start."""

    def rule(effect: Effect) -> Inverse:
        """Fill it in."""
        change = effect.change
        if effect.extras:
            return Inverse((effect.extras[-1],))
        if not effect.whole or not default:
            return by_hand(effect)
        return Inverse((default.format(table=change.table, own=change.own_name, name=change.name),))

    return rule
