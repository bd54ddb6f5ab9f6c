"""node-pg-migrate: SQL with `-- Up Migration` and `-- Down Migration`, or JavaScript."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Naming, Rule, no_number, the_id
from migdocs.adapters.layouts.evidence import Strength, npm
from migdocs.adapters.layouts.markers import Markers
from migdocs.adapters.layouts.ordering import unix_milliseconds
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import LOOSELY_NUMBERED, both, notes, one_file
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

_MARKERS = Markers(
    way=re.compile(r"\s*--[\s-]*(?:(?P<up>up)|(?P<down>down))\s+migration", re.IGNORECASE),
    example="-- Up Migration",
    optional=True,
)

LAYOUT = one_file(
    "node-pg-migrate",
    "node-pg-migrate: one file with '-- Up Migration' and '-- Down Migration'",
    _MARKERS,
    rules=(
        both(),
        Rule("both", rf"(?P<id>{LOOSELY_NUMBERED})(?<!\.d)\.(?:[cm]?[jt]s)"),
        notes(),
    ),
    number=no_number,
    recorded=the_id,
    manifests=(npm("node-pg-migrate"),),
    marker=re.compile(r"^[ \t]*--[ \t-]*up[ \t]+migration", re.IGNORECASE | re.MULTILINE),
    least=Strength.DEPENDENCY,
    # It takes every file in the folder for a migration, and stops at what is none.
    tolerant=False,
    naming=Naming(
        stem="{number}_{name}",
        dashes=True,
        clock=unix_milliseconds,
        width=13,
        file="-- Up Migration\n{forward}\n-- Down Migration\n{rollback}",
        wrapped=True,
    ),
    stands=(npm("node-pg-migrate"),),
    tracking=Tracking(
        "pgmigrations",
        "name",
        marks=(mark("id name run_on", "pgmigrations"),),
        command="npx node-pg-migrate up",
    ),
    reads="SQL and rollbacks; JavaScript and TypeScript are placed, not read",
    runner=foreign_runner(
        "node-pg-migrate",
        in_one=True,
        status="npx node-pg-migrate up --dry-run -m {folder}",
        apply="npx node-pg-migrate up -m {folder}",
        rollback_one="npx node-pg-migrate down -m {folder}",
    ),
)
