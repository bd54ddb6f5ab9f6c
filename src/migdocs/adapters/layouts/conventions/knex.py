"""Knex: migrations in JavaScript or TypeScript; placed, not read."""

from __future__ import annotations

from migdocs.adapters.layouts.convention import the_id
from migdocs.adapters.layouts.evidence import Manifest, Strength, npm
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import LOOSELY_NUMBERED, program
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

LAYOUT = program(
    "knex",
    "Knex: TIME_name.js",
    stem=LOOSELY_NUMBERED,
    ends=r"(?:[cm]?[jt]s|coffee)(?<!\.d\.ts)",
    manifests=(Manifest(r"knexfile\.[cm]?[jt]s"), npm("knex")),
    least=Strength.DEPENDENCY,
    # Its rows end in the language: 20240101000000_users.js.
    recorded=the_id,
    stands=(
        Manifest(r"knexfile\.[cm]?[jt]s"),
        npm("knex"),
    ),
    tracking=Tracking(
        "knex_migrations",
        "name",
        r"SELECT regexp_replace(name, '\.[a-z]+$', '') FROM knex_migrations",
        marks=(
            mark("id name batch migration_time", only=True),
            mark("index is_locked", only=True),
        ),
    ),
    command="npx knex migrate:make {name}",
    runner=foreign_runner(
        "Knex",
        status="npx knex migrate:status",
        apply="npx knex migrate:latest",
        rollback_one="npx knex migrate:down",
    ),
)
