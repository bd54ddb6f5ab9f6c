"""Git → tags, commits and what releases changed: one process a question."""

from __future__ import annotations

from migdocs.adapters.repository.process import Repository, find
from migdocs.adapters.repository.questions import (
    blobs,
    branch,
    check_tags,
    default_branch,
    edits,
    is_ignored,
    is_tracked,
    log,
    mailmap,
    merge_base,
    remote,
    state,
    tags,
    text_at,
    touching,
    versions,
    wrote,
)
from migdocs.adapters.repository.trees import differences
from migdocs.adapters.repository.writing import check_out, commit, tag, uncommitted

__all__ = [
    "Repository",
    "blobs",
    "branch",
    "check_out",
    "check_tags",
    "commit",
    "default_branch",
    "differences",
    "edits",
    "find",
    "is_ignored",
    "is_tracked",
    "log",
    "mailmap",
    "merge_base",
    "remote",
    "state",
    "tag",
    "tags",
    "text_at",
    "touching",
    "uncommitted",
    "versions",
    "wrote",
]
