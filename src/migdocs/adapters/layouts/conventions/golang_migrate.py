"""golang-migrate: `NUMBER_name.up.sql` and `.down.sql`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Rule, paired_by_number
from migdocs.adapters.layouts.evidence import go
from migdocs.adapters.layouts.ordering import (
    by_leading_number,
    leading_number,
    number_or_nothing,
    seconds,
)
from migdocs.adapters.layouts.runners import by_row, foreign_runner
from migdocs.adapters.layouts.shapes import NUMBERED, notes
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import Unfinished, mark

LAYOUT = Layout(
    name="golang-migrate",
    title="golang-migrate: NUMBER_name.up.sql and .down.sql",
    rules=(
        Rule("forward", rf"(?P<id>{NUMBERED})\.up\.[A-Za-z]+"),
        Rule("rollback", rf"(?P<id>{NUMBERED})\.down\.[A-Za-z]+"),
        notes(NUMBERED),
    ),
    order=by_leading_number,
    number=leading_number,
    settle=paired_by_number(leading_number),
    recorded=number_or_nothing,
    manifests=(go("github.com/golang-migrate/migrate"),),
    # A release behind the number is a way of others.
    shape=re.compile(r"[0-9]+_(?![vV]?[0-9]+\.[0-9]).*"),
    naming=Naming(forward="{id}.up.sql", rollback="{id}.down.sql", clock=seconds, width=6),
    tracking=Tracking(
        "schema_migrations",
        "version",
        "SELECT version::text FROM schema_migrations WHERE NOT dirty",
        latest_only=True,
        marks=(mark("version dirty", only=True),),
        command="migrate up",
        unfinished=Unfinished(
            "dirty",
            "is dirty: it failed half way, and golang-migrate does not know what it left",
            "set the schema right by hand, then 'migrate force VERSION'",
        ),
    ),
    runner=foreign_runner(
        "golang-migrate",
        status='migrate -path {folder} -database "$DATABASE_URL" version',
        apply='migrate -path {folder} -database "$DATABASE_URL" up',
        rollback_one='migrate -path {folder} -database "$DATABASE_URL" down 1',
        record='migrate -path {folder} -database "$DATABASE_URL" force {value}',
        # As it writes it itself: one row, for the newest; none where nothing is applied.
        row_in=by_row(
            "DELETE FROM schema_migrations;"
            " INSERT INTO schema_migrations (version, dirty) VALUES (:'value', false)"
        ),
        row_out=by_row(
            "DELETE FROM schema_migrations;"
            " INSERT INTO schema_migrations (version, dirty)"
            " SELECT :'value', false WHERE :'value'::bigint >= 0"
        ).replace("{value}", "{previous|-1}"),
        unrecord='migrate -path {folder} -database "$DATABASE_URL" force -- {previous|-1}',
    ),
)
