"""Ecto: migrations in Elixir; placed, not read."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.evidence import Manifest, mix
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import NUMBERED, program
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

LAYOUT = program(
    "ecto",
    "Ecto: priv/repo/migrations/TIME_name.exs",
    stem=NUMBERED,
    ends="exs",
    manifests=(mix("ecto_sql"),),
    marker=re.compile(r"^[ \t]*use Ecto\.Migration\b", re.MULTILINE),
    stands=(Manifest(r"mix\.exs"),),
    tracking=Tracking(
        "schema_migrations",
        "version",
        "SELECT version::text FROM schema_migrations",
        marks=(mark("version inserted_at", only=True),),
    ),
    command="mix ecto.gen.migration {name}",
    runner=foreign_runner(
        "Ecto",
        status="mix ecto.migrations",
        apply="mix ecto.migrate",
        rollback_one="mix ecto.rollback",
    ),
)
