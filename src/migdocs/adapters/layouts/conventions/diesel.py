"""diesel: a directory with `up.sql` and `down.sql`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.adapters.layouts.convention import Naming, Order, Rule
from migdocs.adapters.layouts.evidence import Manifest, cargo
from migdocs.adapters.layouts.runners import by_row, foreign_runner
from migdocs.adapters.layouts.shapes import DIRECTORY, directory
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

if TYPE_CHECKING:
    from datetime import datetime

    from migdocs.adapters.layouts.convention import Order


def diesel_version(migration_id: str) -> str:
    """Give what diesel calls the version: up to the first ``_``, without dashes."""
    return migration_id.partition("_")[0].replace("-", "")


def diesel_order(migration_id: str) -> Order:
    """Give diesel's run order: its versions compare as text."""
    return (diesel_version(migration_id), migration_id)


def diesel_time(now: datetime) -> str:
    """Give a point in time as diesel's directories begin with."""
    return f"{now:%Y-%m-%d-%H%M%S}"


LAYOUT = directory(
    "diesel",
    "diesel: a directory with up.sql and down.sql",
    (
        Rule("forward", rf"{DIRECTORY}/up\.(?:sql|rs)"),
        Rule("rollback", rf"{DIRECTORY}/down\.(?:sql|rs)"),
        Rule("both", rf"{DIRECTORY}/mod\.rs"),
        Rule("metadata", rf"{DIRECTORY}/metadata\.toml"),
    ),
    order=diesel_order,
    number=diesel_version,
    recorded=diesel_version,
    manifests=(Manifest(r"diesel\.toml"), cargo("diesel")),
    shape=re.compile(".*"),
    no_transaction_metadata=re.compile(r"^[ \t]*run_in_transaction\s*=\s*false\b", re.MULTILINE),
    naming=Naming(
        forward="{id}/up.sql",
        rollback="{id}/down.sql",
        notes="{id}/{id}.md",
        clock=diesel_time,
        wrapped=True,
    ),
    tracking=Tracking(
        "__diesel_schema_migrations",
        "version",
        marks=(mark("version run_on", only=True),),
        command="diesel migration run",
    ),
    runner=foreign_runner(
        "diesel",
        status="diesel migration list --migration-dir {folder}",
        apply="diesel migration run --migration-dir {folder}",
        rollback_one="diesel migration revert --migration-dir {folder}",
        record=by_row("INSERT INTO __diesel_schema_migrations (version) VALUES (:'value')"),
    ),
)
