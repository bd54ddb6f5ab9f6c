"""Why a way is refused, and what to do instead."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from migdocs.core.upgrade import line, words
from migdocs.core.upgrade.ways import Route, Start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migdocs.core.facts import Facts
    from migdocs.core.timeline import History, Release

    Refused = tuple[str, str]  # the reason, and what to do instead


def unknown(history: History, name: str) -> Refused:
    """Refuse a version that there is not."""
    ignored = next((tag for tag in history.ignored_tags if tag.name == name), None)
    if ignored:
        return _refused("ignored", name=name, why=ignored.reason)
    names = [r.version for r in history.releases if r.status != "planned"]
    if not name.strip() and names:
        released = [r.version for r in history.releases if r.status == "released"]
        return _refused("empty", near=(released or names)[-1])
    if near := _nearest(name, names):
        return _refused("mistyped", name=name, near=near)
    return _refused("unknown", name=name, known=", ".join(names[-5:]) or "none yet")


def _nearest(name: str, names: Sequence[str]) -> str:
    """Give the newest version that begins so, else the most alike; empty where none is."""
    begun = name.lower().removeprefix("v")
    alike = [other for other in names if other.lower().removeprefix("v").startswith(begun)]
    return next(iter(alike[:-2:-1] or difflib.get_close_matches(name, names, n=1, cutoff=0.5)), "")


def planned(start: Start, target: Release) -> Refused | None:
    """Refuse versions that only notes speak of."""
    for release in (start.release, target):
        if release and release.status == "planned":
            return _refused("planned", version=release.version)
    return None


def there(start: Start, target: Release) -> Refused | None:
    """Refuse to go where one is already."""
    return _refused("there", before=start.name) if start.release is target else None


def step_back(history: History, start: Start, target: Release) -> Refused | None:
    """Refuse a release that does not know yet what a back-port has already run."""
    if start.applied <= line.shipped(target):
        return None
    seen = {id_ for release in line.chain(history, target) for id_ in line.shipped(release)}
    later = history.releases[line.position(history, target) + 1 :]
    unknown = start.applied - seen
    coming = sorted(id_ for id_ in unknown if any(id_ in line.shipped(r) for r in later))
    if not coming:
        return None
    return _refused(
        "step_back",
        before=start.name,
        version=target.version,
        ids=words.named(coming),
        later=next((r for r in later if line.shipped(r) >= set(coming)), later[-1]).version,
    )


def downgrade(facts: Facts, start: Start, target: Release) -> Route:
    """Refuse to go back by going forward, and say what undoes it."""
    ids = start.applied - line.shipped(target)
    undo = tuple(e for e in reversed(tuple(facts.entries.values())) if e.id in ids)
    command = facts.runner.filled("rollback_to", target.version, facts.last_of(target))
    kind = "downgrade" if command else "downgrade_by_hand"
    refused = _refused(
        kind if undo else "same_schema", before=start.name, version=target.version, command=command
    )
    return Route(start.name, target.version, *refused, undo=undo)


def _refused(kind: str, **values: str) -> Refused:
    """Give a refusal's reason and what to do instead."""
    refusal = words.REFUSALS[kind]
    return refusal.reason.format(**values), refusal.instead.format(**values)
