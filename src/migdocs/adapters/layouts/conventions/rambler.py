"""rambler: one file with `-- rambler up` and `-- rambler down`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Naming
from migdocs.adapters.layouts.evidence import Manifest
from migdocs.adapters.layouts.markers import Markers
from migdocs.adapters.layouts.ordering import seconds
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import one_file
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

LAYOUT = one_file(
    "rambler",
    "rambler: one file with '-- rambler up' and '-- rambler down'",
    Markers(
        way=re.compile(r"--[ \t]*rambler[ \t]+(?:(?P<up>up)|(?P<down>down))\b"),
        example="-- rambler up",
        joined=True,
    ),
    recorded=lambda migration_id: f"{migration_id}.sql",
    manifests=(Manifest(r"rambler\.(?:json|hjson)"),),
    marker=re.compile(r"^--[ \t]*rambler[ \t]+up\b", re.MULTILINE),
    naming=Naming(
        width=2,
        clock=seconds,
        file="-- rambler up\n\n{forward}\n-- rambler down\n\n{rollback}",
    ),
    stands=(Manifest(r"rambler\.h?json"),),
    tracking=Tracking(
        "migrations",
        "migration",
        marks=(mark("migration", "migrations", only=True),),
        command="rambler apply",
    ),
    runner=foreign_runner(
        "rambler",
        apply="rambler apply --all",
        rollback_one="rambler reverse",
    ),
)
