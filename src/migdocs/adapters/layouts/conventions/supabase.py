"""Supabase: `supabase/migrations/TIME_name.sql`."""

from __future__ import annotations

from migdocs.adapters.layouts.convention import Layout, Naming
from migdocs.adapters.layouts.evidence import Manifest, Strength, npm
from migdocs.adapters.layouts.ordering import (
    by_leading_number,
    leading_digits,
    leading_number,
    seconds,
)
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import NUMBERED, forward, notes
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

_REPAIR = 'supabase migration repair --db-url "$DATABASE_URL"{workdir}'

LAYOUT = Layout(
    name="supabase",
    title="Supabase: supabase/migrations/TIME_name.sql",
    rules=(forward(NUMBERED), notes(NUMBERED)),
    order=by_leading_number,
    number=leading_number,
    recorded=leading_digits,
    manifests=(Manifest(r"supabase/config\.toml"), npm("supabase")),
    least=Strength.DEPENDENCY,
    folder=r"(?:.*/)?supabase/migrations",
    naming=Naming(clock=seconds),
    tracking=Tracking(
        "supabase_migrations.schema_migrations",
        "version",
        marks=(mark("version statements", "schema_migrations"),),
        command="supabase db push",
    ),
    reads="SQL",
    runner=foreign_runner(
        "Supabase",
        status='supabase migration list --db-url "$DATABASE_URL"{workdir}',
        apply='supabase db push --db-url "$DATABASE_URL"{workdir}',
        record=f"{_REPAIR} --status applied {{value}}",
        unrecord=f"{_REPAIR} --status reverted {{value}}",
    ),
)
