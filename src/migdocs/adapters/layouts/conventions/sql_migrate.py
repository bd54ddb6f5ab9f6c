"""sql-migrate: one file with `-- +migrate Up` and `Down`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Naming, no_number
from migdocs.adapters.layouts.evidence import Manifest, go
from migdocs.adapters.layouts.markers import Markers
from migdocs.adapters.layouts.ordering import seconds
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import one_file
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

_MARKERS = Markers(
    way=re.compile(r"--[ \t]*\+migrate[ \t]+(?:(?P<up>Up)|(?P<down>Down))\b"),
    no_transaction=re.compile(r"\bnotransaction\b"),
    example="-- +migrate Up",
    begin=re.compile(r"--[ \t]*\+migrate[ \t]+StatementBegin\b"),
    end=re.compile(r"--[ \t]*\+migrate[ \t]+StatementEnd\b"),
    statement=("-- +migrate StatementBegin", "-- +migrate StatementEnd"),
)

LAYOUT = one_file(
    "sql-migrate",
    "sql-migrate: one file with '-- +migrate Up' and 'Down'",
    _MARKERS,
    stem="[0-9][^/]*?",
    number=no_number,
    recorded=lambda migration_id: f"{migration_id}.sql",
    manifests=(Manifest(r"dbconfig\.ya?ml"), go("github.com/rubenv/sql-migrate")),
    marker=re.compile(r"^--[ \t]*\+migrate[ \t]+Up\b", re.MULTILINE),
    naming=Naming(
        stem="{number}-{name}",
        clock=seconds,
        file="-- +migrate Up\n{forward}\n-- +migrate Down\n{rollback}",
        wrapped=True,
    ),
    stands=(Manifest(r"dbconfig\.ya?ml"),),
    tracking=Tracking(
        "gorp_migrations",
        "id",
        marks=(mark("id applied_at", "gorp_migrations"),),
    ),
    runner=foreign_runner(
        "sql-migrate",
        status="sql-migrate status",
        apply="sql-migrate up",
        rollback_one="sql-migrate down",
    ),
)
