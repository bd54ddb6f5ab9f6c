"""Rails: migrations in Ruby; placed, not read."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.evidence import Manifest, gem
from migdocs.adapters.layouts.ordering import leading_digits
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import NUMBERED, program
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

LAYOUT = program(
    "rails",
    "Rails: db/migrate/TIME_name.rb",
    stem=NUMBERED,
    ends="rb",
    manifests=(gem("rails"), gem("activerecord"), Manifest(r"bin/rails|config/application\.rb")),
    marker=re.compile(r"<\s*ActiveRecord::Migration\b"),
    recorded=leading_digits,
    stands=(
        Manifest(r"bin/rails"),
        Manifest(r"Gemfile"),
    ),
    tracking=Tracking(
        "schema_migrations",
        "version",
        marks=(mark("key value created_at updated_at", "ar_internal_metadata"),),
    ),
    command="bin/rails generate migration {name}",
    runner=foreign_runner(
        "Rails",
        status="bin/rails db:migrate:status",
        apply="bin/rails db:migrate",
        rollback_one="bin/rails db:rollback",
    ),
)
