"""dbmate: one file with `-- migrate:up` and `-- migrate:down`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Tracking
from migdocs.adapters.layouts.evidence import Strength, npm
from migdocs.adapters.layouts.markers import Markers, splitter
from migdocs.adapters.layouts.ordering import as_text, leading_digits, leading_number, seconds
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import both, notes

_MARKERS = Markers(
    way=re.compile(r"--[ \t]*migrate:(?:(?P<up>up)|(?P<down>down))(?:[ \t].*)?$"),
    no_transaction=re.compile(r"transaction:false\b"),
    example="-- migrate:up",
)

LAYOUT = Layout(
    name="dbmate",
    title="dbmate: one file with '-- migrate:up' and 'down'",
    rules=(both("[0-9]+[^/]*?"), notes("[0-9]+[^/]*?")),
    order=as_text,
    number=leading_number,
    recorded=leading_digits,
    manifests=(npm("dbmate"),),
    marker=re.compile(r"^--[ \t]*migrate:up(?:[ \t]|$)", re.MULTILINE),
    least=Strength.MARKER,
    split=splitter(_MARKERS),
    naming=Naming(
        clock=seconds,
        file="-- migrate:up\n{forward}\n-- migrate:down\n{rollback}",
        wrapped=True,
    ),
    tracking=Tracking("schema_migrations", "version", "SELECT version FROM schema_migrations"),
    runner=foreign_runner(
        "dbmate",
        status="dbmate --migrations-dir {folder} status",
        apply="dbmate --migrations-dir {folder} up",
        rollback_one="dbmate --migrations-dir {folder} rollback",
        by_hand=False,
    ),
)
