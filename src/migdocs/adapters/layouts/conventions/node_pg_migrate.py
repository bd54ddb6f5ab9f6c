"""node-pg-migrate: SQL with `-- Up Migration` and `-- Down Migration`, or JavaScript."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Rule, Tracking
from migdocs.adapters.layouts.evidence import Strength, npm
from migdocs.adapters.layouts.markers import Markers, splitter
from migdocs.adapters.layouts.ordering import by_leading_number, unix_milliseconds
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import LOOSELY_NUMBERED, both, notes

_MARKERS = Markers(
    way=re.compile(r"\s*--[\s-]*(?:(?P<up>up)|(?P<down>down))\s+migration", re.IGNORECASE),
    example="-- Up Migration",
    optional=True,
)

LAYOUT = Layout(
    name="node-pg-migrate",
    title="node-pg-migrate: one file with '-- Up Migration' and '-- Down Migration'",
    rules=(
        both(),
        Rule("both", rf"(?P<id>{LOOSELY_NUMBERED})(?<!\.d)\.(?:[cm]?[jt]s)"),
        notes(),
    ),
    order=by_leading_number,
    manifests=(npm("node-pg-migrate"),),
    marker=re.compile(r"^[ \t]*--[ \t-]*up[ \t]+migration", re.IGNORECASE | re.MULTILINE),
    least=Strength.DEPENDENCY,
    split=splitter(_MARKERS),
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
    tracking=Tracking("pgmigrations", "name", "SELECT name FROM pgmigrations"),
    reads="SQL and rollbacks; JavaScript and TypeScript are placed, not read",
    runner=foreign_runner(
        "node-pg-migrate",
        in_one=True,
        status="npx node-pg-migrate up --dry-run -m {folder}",
        apply="npx node-pg-migrate up -m {folder}",
        rollback_one="npx node-pg-migrate down -m {folder}",
        by_hand=False,
    ),
)
