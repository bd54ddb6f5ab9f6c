"""Which commits are one change: cherry-picked, or ported back to another line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.changelog import subjects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from migdocs.core.timeline import Commit

_PICKED = re.compile(r"^\(cherry picked from commit ([0-9a-f]{7,64})\)$", re.MULTILINE)


def same_changes(commits: Sequence[Commit]) -> dict[str, str]:
    """Tell which commits are one change: commit → the first commit of the same change.

    By the trailer of ``cherry-pick -x``; by who wrote what at which second, which a cherry-pick
    keeps; by the pull request that a back-port names.
    """
    ports = _back_ported(commits)
    ported = set(ports.values())
    firsts: dict[object, str] = {}
    changes: dict[str, str] = {}
    for commit in commits:
        marks: list[object] = [commit.id]
        if commit.authored:
            marks.append((commit.author, commit.authored, subjects.plain(commit.subject)))
        if "cherry picked" in commit.body:
            marks += _PICKED.findall(commit.body)
        if ported and (pull := ports.get(commit.id) or subjects.pull(commit.subject)) in ported:
            marks.append(pull)
        first = next((firsts[mark] for mark in marks if mark in firsts), commit.id)
        for mark in marks:
            firsts.setdefault(mark, first)
        changes[commit.id] = first
    return changes


def _back_ported(commits: Iterable[Commit]) -> dict[str, int]:
    """Find what forges and their robots port back: commit → the number of the pull request."""
    return {
        commit.id: number
        for commit in commits
        if "ackport" in commit.subject or "ackport" in commit.body
        if (number := subjects.back_ported(commit))
    }
