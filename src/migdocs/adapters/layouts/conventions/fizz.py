"""Pop and soda (fizz): `TIME_name.up.fizz`, `TIME_name.postgres.up.sql`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest, Strength, go
from migdocs.adapters.layouts.ordering import (
    by_leading_number,
    leading_digits,
    leading_number,
    seconds,
)
from migdocs.adapters.layouts.runners import by_row, foreign_runner
from migdocs.adapters.layouts.shapes import NUMBERED, notes
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

_NAMED = r"(?P<id>[0-9]+_[^/.]+)(?:\.autocommit)?"

LAYOUT = Layout(
    name="fizz",
    title="pop: TIME_name.up.fizz, or TIME_name.postgres.up.sql",
    rules=(
        Rule("forward", rf"{_NAMED}\.up\.(?:sql|fizz)"),
        Rule("rollback", rf"{_NAMED}\.down\.(?:sql|fizz)"),
        notes(NUMBERED),
    ),
    order=by_leading_number,
    number=leading_number,
    recorded=leading_digits,
    manifests=(
        Manifest(r"[0-9]+_[^/]*\.(?:up|down)\.fizz", inside=True),
        Manifest(r"(?:config/)?database\.yml", r"(?m)^[ \t]+dialect:"),
        go("github.com/gobuffalo/pop"),
        go("github.com/ory/pop"),
    ),
    least=Strength.DEPENDENCY,
    no_transaction_name=re.compile(r"\.autocommit\."),
    naming=Naming(
        forward="{id}.up.sql",
        rollback="{id}.down.sql",
        others=(("{id}.postgres.up.sql", "{id}.postgres.down.sql"),),
        clock=seconds,
        wrapped=True,
    ),
    tracking=Tracking(
        "schema_migration",
        "version",
        marks=(mark("version", "schema_migration", only=True),),
        command="soda migrate",
    ),
    reads="SQL and rollbacks, PostgreSQL's before those for any database; fizz is placed, not read",
    runner=foreign_runner(
        "soda",
        status="soda migrate status -p {folder}",
        apply="soda migrate up -p {folder}",
        rollback_one="soda migrate down -p {folder}",
        record=by_row("INSERT INTO schema_migration (version) VALUES (:'value')"),
    ),
)
