"""TypeORM: migrations in TypeScript; placed, not read."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.evidence import Manifest, Strength, npm
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import LOOSELY_NUMBERED, program
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

LAYOUT = program(
    "typeorm",
    "TypeORM: TIME-Name.ts",
    stem=LOOSELY_NUMBERED,
    ends=r"(?:[cm]?[jt]s)(?<!\.d\.ts)",
    manifests=(
        Manifest(r"ormconfig\.(?:json|[jt]s|ya?ml)|data-source\.[jt]s"),
        npm("typeorm"),
    ),
    marker=re.compile(r"\bimplements\s+MigrationInterface\b"),
    least=Strength.DEPENDENCY,
    stands=(npm("typeorm"),),
    tracking=Tracking(
        "migrations",
        "timestamp",
        'SELECT "timestamp"::text FROM migrations',
        marks=(mark("id timestamp name", only=True),),
        command="npx typeorm migration:run",
    ),
    command="npx typeorm migration:create {folder}/{name}",
    runner=foreign_runner(
        "TypeORM",
        in_one=True,
        status="npx typeorm migration:show -d PATH_OF_DATA_SOURCE",
        apply="npx typeorm migration:run -d PATH_OF_DATA_SOURCE",
        rollback_one="npx typeorm migration:revert -d PATH_OF_DATA_SOURCE",
    ),
)
