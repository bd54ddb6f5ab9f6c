"""Tell reviewers what a change's migrations do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.commands import check
from migdocs.core.documents import review

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migdocs.commands.project import Project


def comment(project: Project, paths: Sequence[str]) -> str:
    """Write the comment about the migrations that these files are of; unreleased ones for none."""
    entries = project.facts.entries.values()
    chosen = review.touched(entries, paths) if paths else review.unreleased(entries)
    return review.comment(chosen, check.findings(project)) if chosen else ""
