"""Hasura: a directory with `up.sql` and `down.sql`, for each database."""

from __future__ import annotations

from migdocs.adapters.layouts.convention import Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest, Strength
from migdocs.adapters.layouts.ordering import (
    leading_digits,
    leading_number,
    unix_milliseconds,
)
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import DIRECTORY, NUMBERED, directory
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

LAYOUT = directory(
    "hasura",
    "Hasura: a directory with up.sql and down.sql",
    (
        Rule("forward", rf"{DIRECTORY}/up\.(?:sql|ya?ml)"),
        Rule("rollback", rf"{DIRECTORY}/down\.(?:sql|ya?ml)"),
        Rule("forward", rf"(?P<id>{NUMBERED})\.up\.sql"),
        Rule("rollback", rf"(?P<id>{NUMBERED})\.down\.sql"),
    ),
    number=leading_number,
    recorded=leading_digits,
    manifests=(
        Manifest(r"config\.ya?ml", r"(?m)^version:\s*[23]\b|^metadata_directory:"),
        Manifest(r"metadata/version\.ya?ml"),
    ),
    least=Strength.MANIFEST,
    naming=Naming(
        forward="{id}/up.sql",
        rollback="{id}/down.sql",
        notes="{id}/{id}.md",
        clock=unix_milliseconds,
        width=13,
        wrapped=True,
    ),
    tracking=Tracking(
        "hdb_catalog.schema_migrations",
        "version",
        "SELECT version::text FROM hdb_catalog.schema_migrations WHERE NOT dirty",
        marks=(mark("hasura_uuid version cli_state"),),
        command="hasura migrate apply",
    ),
    runner=foreign_runner(
        "Hasura",
        status="hasura migrate status --project {project}{database}",
        apply="hasura migrate apply --project {project}{database}",
        rollback_one="hasura migrate apply --project {project}{database} --down 1",
        record=(
            "hasura migrate apply --project {project}{database} --version {value} --skip-execution"
        ),
        unrecord=(
            "hasura migrate apply --project {project}{database}"
            " --version {value} --type down --skip-execution"
        ),
    ),
)
