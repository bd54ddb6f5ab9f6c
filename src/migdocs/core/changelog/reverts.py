"""Which commits of a release were undone within it."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from migdocs.core.changelog import subjects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migdocs.core.timeline import Commit

_REVERTS = re.compile(r"\bThis reverts commit ([0-9a-f]{7,64})\b")
_REFERS = re.compile(r"(?<=[\s,])([0-9a-f]{7,40})\b")  # Conventional Commits: 'Refs: 676104e'
_CUT = re.compile(r"(.{10,})…")  # forges cut a long subject
_SHORT = 7  # characters of a commit's id that name it


def without_undone(
    commits: Sequence[Commit], joined: Mapping[str, tuple[str, ...]] | None = None
) -> list[Commit]:
    """Leave out each revert together with what it reverts, where both are here.

    The newest come first, so that a revert of a revert brings the first change back.

    Args:
        commits: newest first.
        joined: a merge's id → the ids of what it brought, which its revert takes back.
    """
    if not any(_may_revert(commit) for commit in commits):
        return list(commits)
    brought = joined or {}
    standing: dict[str, dict[str, None]] = defaultdict(dict)  # a short id or a subject → full ids
    for commit in commits:
        for name in _names(commit):
            standing[name][commit.id] = None
    undone: set[str] = set()
    for commit in commits:
        for name in _names(commit):
            standing[name].pop(commit.id, None)  # it is reached: what still stands is older
        if commit.id not in undone and (targets := _reverted(commit, standing, undone, brought)):
            undone |= {commit.id, *targets}
    return [commit for commit in commits if commit.id not in undone]


def _names(commit: Commit) -> tuple[str, str]:
    """Give what a revert may call a commit by."""
    return commit.id[:_SHORT], subjects.plain(commit.subject)


def _may_revert(commit: Commit) -> bool:
    """Tell whether a commit says that it reverts one: by its subject, or git's line alone.

    A feature that quotes the line reverts nothing.
    """
    if subjects.reverted(commit.subject):
        return True
    return "This reverts commit" in commit.body and not subjects.is_feature(commit.subject)


def _reverted(
    revert: Commit,
    standing: Mapping[str, Mapping[str, None]],
    undone: set[str],
    brought: Mapping[str, tuple[str, ...]],
) -> list[str]:
    """Find the ids of the commits that one reverts; none where one of them is not here.

    The id in a revert that was rebased or squashed is another's: then the subject tells.
    """
    subject = subjects.reverted(revert.subject)
    if not _may_revert(revert):
        return []
    named = set(_REVERTS.findall(revert.body))
    if subject:
        named |= set(_REFERS.findall(revert.body)) if "Refs:" in revert.body else set()
    found = []
    for name in named:
        merge = next((id_ for id_ in brought if id_.startswith(name)), "")
        of_it = brought.get(merge) or tuple(
            id_ for id_ in standing.get(name[:_SHORT], ()) if id_.startswith(name)
        )
        if not (there := [id_ for id_ in of_it if id_ not in undone]):
            break
        found += there
    else:
        if named:
            return found
    if not subject:
        return []
    if cut := _CUT.fullmatch(subject):
        subject = next((name for name in standing if name.startswith(cut[1])), subject)
    return [id_ for id_ in standing.get(subject, ()) if id_ not in undone][:1]
