"""Directory conventions: a list of paths and texts → migrations, for each that projects have.

A layout is a value (``convention.Layout``) with small functions beside it; ``registry`` lists
them. Nothing here touches a disk.
"""

from __future__ import annotations

from migdocs.adapters.layouts.completing import reads_back, with_rollback, with_statement_marks
from migdocs.adapters.layouts.convention import Identity, Layout
from migdocs.adapters.layouts.conventions.flyway import checksum as flyway_checksum
from migdocs.adapters.layouts.folders import Candidate, find_folders, former_folder, unrecognised
from migdocs.adapters.layouts.guessing import Guess, guess
from migdocs.adapters.layouts.naming import followed, lay, next_id, notes_path
from migdocs.adapters.layouts.reading import Reading, read
from migdocs.adapters.layouts.registry import LAYOUTS, TRACKERS, layout_named, runner
from migdocs.adapters.layouts.table import Tracking
from migdocs.adapters.layouts.tracking import Recorded, checksum_findings, due_again, recorded

__all__ = [
    "LAYOUTS",
    "TRACKERS",
    "Candidate",
    "Guess",
    "Identity",
    "Layout",
    "Reading",
    "Recorded",
    "Tracking",
    "checksum_findings",
    "due_again",
    "find_folders",
    "flyway_checksum",
    "followed",
    "former_folder",
    "guess",
    "lay",
    "layout_named",
    "next_id",
    "notes_path",
    "read",
    "reads_back",
    "recorded",
    "runner",
    "unrecognised",
    "with_rollback",
    "with_statement_marks",
]
