"""Say what a rollback left behind: what its migrations made is gone, what they dropped is back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from migdocs.core.model import Change

Key = tuple[str, str]
MADE, DROPPED = ("create", "add"), ("drop",)


def remains(undone: Iterable[Change], present: Collection[Key]) -> tuple[str, ...]:
    """Name what is not as it was before some migrations; empty where all went back.

    What a script makes or drops only if, or where IF [NOT] EXISTS lets it pass, may have been so
    before, and is not judged; nor is what was renamed on the way.

    Args:
        undone: what the migrations did, in the order in which they did it.
        present: kind and name of every object that is there now.
    """
    kinds = {kind for kind, _ in present}
    wrong = []
    for (kind, name), made in _net(undone).items():
        if made and (kind, name) in present:
            wrong.append(f"the {kind} {name} is still there")
        if not made and kind in kinds and (kind, name) not in present:
            wrong.append(f"the {kind} {name} is not back")
    return tuple(wrong)


def _net(changes: Iterable[Change]) -> dict[Key, bool]:
    """Tell what changes made (True) and dropped (False), all in all."""
    found: dict[Key, bool] = {}
    for change in changes:
        key = (change.kind, change.name)
        made = change.verb in MADE
        if change.verb == "rename" or change.guarded or change.conditional:
            found.pop(key, None)
        elif made or change.verb in DROPPED:
            if found.pop(key, made) != made:
                continue
            found[key] = made
        if change.verb in DROPPED:
            found = {one: was for one, was in found.items() if not _is_part(one[1], change.name)}
    return found


def _is_part(name: str, whole: str) -> bool:
    """Tell whether an object belongs to a table, and goes with it."""
    return name.startswith(f"{whole}.")
