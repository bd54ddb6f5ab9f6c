"""sqlx: `NUMBER_name.sql`, or `.up.sql` and `.down.sql`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Rule, paired_by_number
from migdocs.adapters.layouts.evidence import Strength, cargo
from migdocs.adapters.layouts.ordering import (
    by_leading_number,
    leading_number,
    number_or_nothing,
    seconds,
)
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import NUMBERED, forward, notes
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import Unfinished, mark

LAYOUT = Layout(
    name="sqlx",
    title="sqlx: NUMBER_name.sql, or .up.sql and .down.sql",
    rules=(
        Rule("forward", rf"(?P<id>{NUMBERED})\.up\.sql"),
        Rule("rollback", rf"(?P<id>{NUMBERED})\.down\.sql"),
        forward(NUMBERED),
        notes(NUMBERED),
    ),
    order=by_leading_number,
    number=leading_number,
    recorded=number_or_nothing,
    settle=paired_by_number(leading_number),
    manifests=(cargo("sqlx"),),
    least=Strength.DEPENDENCY,
    no_transaction=re.compile(r"\A--[ \t]*no-transaction"),
    naming=Naming(
        forward="{id}.up.sql",
        rollback="{id}.down.sql",
        # sqlx refuses a folder in which some can be undone and some cannot.
        others=(("{id}.sql", ""),),
        wrapped=True,
        clock=seconds,
    ),
    tracking=Tracking(
        "_sqlx_migrations",
        "version",
        "SELECT version::text FROM _sqlx_migrations WHERE success",
        marks=(mark("version description installed_on success checksum execution_time"),),
        command="sqlx migrate run",
        unfinished=Unfinished(
            "NOT success", "failed half way", "undo by hand what it left, and delete its row"
        ),
    ),
    runner=foreign_runner(
        "sqlx",
        status="sqlx migrate info --source {folder}",
        apply="sqlx migrate run --source {folder}",
        rollback_one="sqlx migrate revert --source {folder}",
    ),
)
