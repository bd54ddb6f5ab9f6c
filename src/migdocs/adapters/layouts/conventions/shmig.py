"""shmig: one file with `==== UP ====` and `==== DOWN ====`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Tracking
from migdocs.adapters.layouts.evidence import Manifest, Strength
from migdocs.adapters.layouts.markers import Markers, splitter
from migdocs.adapters.layouts.ordering import (
    by_leading_number,
    leading_number,
    number_or_nothing,
    unix_seconds,
)
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import both, notes

LAYOUT = Layout(
    name="shmig",
    title="shmig: one file with '-- ==== UP ====' and '-- ==== DOWN ===='",
    rules=(both(r"[0-9]+-[^/]*?"), notes(r"[0-9]+-[^/]*?")),
    order=by_leading_number,
    number=leading_number,
    recorded=number_or_nothing,
    manifests=(Manifest(r"shmig\.conf"),),
    marker=re.compile(r"^--[ \t]*=+[ \t]*UP[ \t]*=+", re.MULTILINE),
    least=Strength.MARKER,
    split=splitter(
        Markers(
            way=re.compile(r"--[ \t]*=+[ \t]*(?:(?P<up>UP)|(?P<down>DOWN))[ \t]*=+"),
            example="-- ==== UP ====",
        )
    ),
    naming=Naming(
        stem="{number}-{name}",
        clock=unix_seconds,
        width=10,
        file="-- ==== UP ====\n\n{forward}\n-- ==== DOWN ====\n\n{rollback}",
    ),
    tracking=Tracking("shmig_version", "version", "SELECT version::text FROM shmig_version"),
    runner=foreign_runner(
        "shmig",
        status="shmig -m {folder} status",
        apply="shmig -m {folder} up",
        rollback_one="shmig -m {folder} rollback 1",
        by_hand=False,
    ),
)
