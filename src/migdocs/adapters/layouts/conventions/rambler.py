"""rambler: one file with `-- rambler up` and `-- rambler down`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Tracking
from migdocs.adapters.layouts.evidence import Manifest, Strength
from migdocs.adapters.layouts.markers import Markers, splitter
from migdocs.adapters.layouts.ordering import by_leading_number, leading_number, seconds
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import NUMBERED, both, notes

LAYOUT = Layout(
    name="rambler",
    title="rambler: one file with '-- rambler up' and '-- rambler down'",
    rules=(both(NUMBERED), notes(NUMBERED)),
    order=by_leading_number,
    number=leading_number,
    recorded=lambda migration_id: f"{migration_id}.sql",
    manifests=(Manifest(r"rambler\.(?:json|hjson)"),),
    marker=re.compile(r"^--[ \t]*rambler[ \t]+up\b", re.MULTILINE),
    least=Strength.MARKER,
    split=splitter(
        Markers(
            way=re.compile(r"--[ \t]*rambler[ \t]+(?:(?P<up>up)|(?P<down>down))\b"),
            example="-- rambler up",
            joined=True,
        )
    ),
    naming=Naming(
        width=2,
        clock=seconds,
        file="-- rambler up\n\n{forward}\n-- rambler down\n\n{rollback}",
    ),
    tracking=Tracking("migrations", "migration", "SELECT migration FROM migrations"),
    runner=foreign_runner(
        "rambler",
        apply="rambler apply --all",
        rollback_one="rambler reverse",
        by_hand=False,
    ),
)
