"""Kysely: migrations in TypeScript; placed, not read."""

from __future__ import annotations

from migdocs.adapters.layouts.convention import no_number, the_id
from migdocs.adapters.layouts.evidence import Manifest, Strength, npm
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import program
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

LAYOUT = program(
    "kysely",
    "Kysely: TIME_name.ts",
    stem=r"[0-9][^/]*?",
    ends=r"(?:[cm]?[jt]s)(?<!\.d\.ts)",
    manifests=(
        Manifest(r"(?:\.config/)?kysely\.config\.[cm]?[jt]s"),
        npm("kysely"),
        npm("kysely-ctl"),
    ),
    least=Strength.DEPENDENCY,
    recorded=the_id,
    number=no_number,
    stands=(
        Manifest(r"kysely\.config\.[cm]?[jt]s"),
        Manifest(r"\.config/kysely\.config\.[cm]?[jt]s"),
        npm("kysely-ctl"),
        npm("kysely"),
    ),
    tracking=Tracking(
        "kysely_migration",
        "name",
        marks=(mark("name timestamp", "kysely_migration", only=True),),
    ),
    command="npx kysely migrate:make {name}",
    runner=foreign_runner(
        "Kysely",
        in_one=True,
        status="npx kysely migrate:list",
        apply="npx kysely migrate:latest",
        rollback_one="npx kysely migrate:down",
    ),
)
