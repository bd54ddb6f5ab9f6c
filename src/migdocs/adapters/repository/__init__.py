"""Git → tags, commits and what releases changed: one process a question, never an object at a time."""

from __future__ import annotations

from migdocs.adapters.repository.process import Repository, find
from migdocs.adapters.repository.questions import blobs, edits, log, remote, tags
from migdocs.adapters.repository.trees import differences

__all__ = ["Repository", "blobs", "differences", "edits", "find", "log", "remote", "tags"]
