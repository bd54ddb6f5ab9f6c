"""shmig: one file with `==== UP ====` and `==== DOWN ====`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Naming
from migdocs.adapters.layouts.evidence import Manifest
from migdocs.adapters.layouts.markers import Markers
from migdocs.adapters.layouts.ordering import (
    unix_seconds,
)
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import one_file
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

LAYOUT = one_file(
    "shmig",
    "shmig: one file with '-- ==== UP ====' and '-- ==== DOWN ===='",
    Markers(
        way=re.compile(r"--[ \t]*=+[ \t]*(?:(?P<up>UP)|(?P<down>DOWN))[ \t]*=+"),
        example="-- ==== UP ====",
    ),
    stem=r"[0-9]+-[^/]*?",
    manifests=(Manifest(r"shmig\.conf"),),
    marker=re.compile(r"^--[ \t]*=+[ \t]*UP[ \t]*=+", re.MULTILINE),
    naming=Naming(
        stem="{number}-{name}",
        clock=unix_seconds,
        width=10,
        file="-- ==== UP ====\n\n{forward}\n-- ==== DOWN ====\n\n{rollback}",
    ),
    tracking=Tracking(
        "shmig_version",
        "version",
        "SELECT version::text FROM shmig_version",
        marks=(mark("version migrated_at", only=True),),
        command="shmig up",
    ),
    runner=foreign_runner(
        "shmig",
        status="shmig -m {folder} status",
        apply="shmig -m {folder} up",
        rollback_one="shmig -m {folder} rollback 1",
    ),
)
