"""dbmate: one file with `-- migrate:up` and `-- migrate:down`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Naming
from migdocs.adapters.layouts.evidence import npm
from migdocs.adapters.layouts.markers import Markers
from migdocs.adapters.layouts.ordering import as_text, leading_digits, seconds
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import one_file
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

_MARKERS = Markers(
    way=re.compile(r"--[ \t]*migrate:(?:(?P<up>up)|(?P<down>down))(?:[ \t].*)?$"),
    no_transaction=re.compile(r"transaction:false\b"),
    example="-- migrate:up",
)

LAYOUT = one_file(
    "dbmate",
    "dbmate: one file with '-- migrate:up' and 'down'",
    _MARKERS,
    stem="[0-9]+[^/]*?",
    order=as_text,
    recorded=leading_digits,
    manifests=(npm("dbmate"),),
    marker=re.compile(r"^--[ \t]*migrate:up(?:[ \t]|$)", re.MULTILINE),
    naming=Naming(
        clock=seconds,
        file="-- migrate:up\n{forward}\n-- migrate:down\n{rollback}",
        wrapped=True,
    ),
    tracking=Tracking(
        "schema_migrations",
        "version",
        marks=(mark("version", "schema_migrations", only=True),),
        command="dbmate up",
    ),
    runner=foreign_runner(
        "dbmate",
        status="dbmate --migrations-dir {folder} status",
        apply="dbmate --migrations-dir {folder} up",
        rollback_one="dbmate --migrations-dir {folder} rollback",
    ),
)
