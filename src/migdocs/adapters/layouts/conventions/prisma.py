"""Prisma: a directory with `migration.sql`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest, npm
from migdocs.adapters.layouts.ordering import as_text, seconds
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import DIRECTORY, directory
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import Unfinished, mark

LAYOUT = directory(
    "prisma",
    "Prisma: a directory with migration.sql",
    (
        Rule("forward", rf"{DIRECTORY}/migration\.sql"),
        Rule("rollback", rf"{DIRECTORY}/down\.sql"),
        Rule("metadata", r"migration_lock\.toml"),
    ),
    order=as_text,
    manifests=(
        Manifest(r"migration_lock\.toml", inside=True),
        Manifest(r"schema\.prisma"),
        npm("prisma"),
    ),
    shape=re.compile(".*"),
    naming=Naming(
        forward="{id}/migration.sql",
        rollback="{id}/down.sql",
        notes="{id}/{id}.md",
        clock=seconds,
    ),
    stands=(
        Manifest(r"prisma\.config\.[cm]?[jt]s"),
        Manifest(r"prisma/schema\.prisma"),
        Manifest(r"schema\.prisma"),
        npm("prisma"),
    ),
    tracking=Tracking(
        "_prisma_migrations",
        "migration_name",
        "SELECT migration_name FROM _prisma_migrations"
        " WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL",
        marks=(
            mark(
                "id checksum finished_at migration_name rolled_back_at started_at"
                " applied_steps_count"
            ),
        ),
        unfinished=Unfinished(
            "finished_at IS NULL AND rolled_back_at IS NULL",
            "failed or is still running",
            "set the schema right by hand, then 'npx prisma migrate resolve' it",
        ),
    ),
    runner=foreign_runner(
        "Prisma",
        status="npx prisma migrate status",
        apply="npx prisma migrate deploy",
        record="npx prisma migrate resolve --applied {id}",
    ),
)
