"""A directory a migration: diesel, Prisma and Sourcegraph."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from migdocs.adapters.layouts import graph
from migdocs.adapters.layouts.convention import (
    Arrangement,
    Layout,
    Metadata,
    Naming,
    Order,
    Rule,
    Tracking,
    by_leading_number,
    foreign_runner,
    leading_number,
)
from migdocs.adapters.layouts.pairs import seconds
from migdocs.core.model import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from migdocs.core.model import Migration

_DIRECTORY = r"(?P<id>[0-9][^/]*)"
# The notes of a migration lie in its directory, beside it, or in a notes folder.
_NOTES = (
    Rule("notes", rf"{_DIRECTORY}/(?:(?P=id)|README|NOTES|notes)\.md"),
    Rule("notes", rf"(?:notes/)?{_DIRECTORY}\.md"),
)


def diesel_version(migration_id: str) -> str:
    """Give what diesel calls the version: up to the first ``_``, without dashes."""
    return migration_id.partition("_")[0].replace("-", "")


def diesel_order(migration_id: str) -> Order:
    """Give diesel's run order: its versions compare as text."""
    return (diesel_version(migration_id), migration_id)


def diesel_time(now: datetime) -> str:
    """Give a point in time as diesel's directories begin with."""
    return f"{now:%Y-%m-%d-%H%M%S}"


def sourcegraph(migrations: tuple[Migration, ...], metadata: Mapping[str, Metadata]) -> Arrangement:
    """Read each migration's parents from its ``metadata.yaml``, and put them first."""
    ids = {leading_number(m.id): m.id for m in migrations}
    found: list[Finding] = []
    linked = []
    for migration in migrations:
        about = metadata.get(migration.id)
        numbers, problems = _parents(about) if about else ((), ())
        found += problems
        parents = tuple(ids.get(number, number) for number in numbers)
        linked.append(replace(migration, parents=parents))
    arranged = graph.arrange(tuple(linked))
    return replace(arranged, findings=(*found, *arranged.findings))


def _parents(about: Metadata) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Read ``parents: [1, 2]``; a file that is not such YAML is a finding."""
    import yaml

    try:
        data = yaml.safe_load(about.text)
    except (yaml.YAMLError, ValueError, RecursionError):
        data = "what cannot be read as YAML"
    parents = data.get("parents") or [] if isinstance(data, dict) else None
    if not isinstance(parents, list):
        message = "the parents of this migration cannot be read"
        hint = "write 'parents: [number, number]'."
        return (), (Finding("unreadable-metadata", "error", message, about.path, 1, hint),)
    return tuple(str(parent) for parent in parents), ()


DIESEL = Layout(
    name="diesel",
    title="diesel: a directory with up.sql and down.sql",
    rules=(
        Rule("forward", rf"{_DIRECTORY}/up\.(?:sql|rs)"),
        Rule("rollback", rf"{_DIRECTORY}/down\.(?:sql|rs)"),
        Rule("both", rf"{_DIRECTORY}/mod\.rs"),
        Rule("metadata", rf"{_DIRECTORY}/metadata\.toml"),
        *_NOTES,
    ),
    order=diesel_order,
    number=diesel_version,
    recorded=diesel_version,
    hints=("diesel.toml", "Cargo.toml"),
    no_transaction_metadata=re.compile(r"^\s*run_in_transaction\s*=\s*false\b", re.MULTILINE),
    naming=Naming(
        forward="{id}/up.sql",
        rollback="{id}/down.sql",
        notes="{id}/{id}.md",
        clock=diesel_time,
        wrapped=True,
    ),
    tracking=Tracking(
        "__diesel_schema_migrations", "version", "SELECT version FROM __diesel_schema_migrations"
    ),
    runner=foreign_runner(
        "diesel",
        status="diesel migration list --migration-dir {folder}",
        apply="diesel migration run --migration-dir {folder}",
        rollback_one="diesel migration revert --migration-dir {folder}",
    ),
)

PRISMA = Layout(
    name="prisma",
    title="Prisma: a directory with migration.sql",
    rules=(
        Rule("forward", rf"{_DIRECTORY}/migration\.sql"),
        Rule("rollback", rf"{_DIRECTORY}/down\.sql"),
        *_NOTES,
    ),
    order=lambda migration_id: (migration_id,),
    signature=re.compile(r"[^/]+/migration\.sql"),
    naming=Naming(
        forward="{id}/migration.sql",
        rollback="{id}/down.sql",
        notes="{id}/{id}.md",
        clock=seconds,
    ),
    tracking=Tracking(
        "_prisma_migrations",
        "migration_name",
        "SELECT migration_name FROM _prisma_migrations"
        " WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL",
    ),
    runner=foreign_runner(
        "Prisma", status="npx prisma migrate status", apply="npx prisma migrate deploy"
    ),
)

SOURCEGRAPH = Layout(
    name="sourcegraph",
    title="Sourcegraph: a directory with up.sql, down.sql and metadata.yaml",
    rules=(
        Rule("forward", rf"{_DIRECTORY}/up\.sql"),
        Rule("rollback", rf"{_DIRECTORY}/down\.sql"),
        Rule("metadata", rf"{_DIRECTORY}/metadata\.ya?ml"),
        *_NOTES,
    ),
    order=by_leading_number,
    number=leading_number,
    recorded=lambda migration_id: leading_number(migration_id) or "",
    signature=re.compile(r"[^/]+/metadata\.ya?ml"),
    arrange=sourcegraph,
    no_transaction_metadata=re.compile(r"^createIndexConcurrently:\s*true\b", re.MULTILINE),
    # Only its own runner knows which migrations are the newest ones' parents.
    naming=Naming(command="sg migration add {name}"),
    tracking=Tracking(
        "migration_logs",
        "version",
        # A row per event: the newest of each version counts.
        "SELECT version::text FROM (SELECT DISTINCT ON (version) * FROM migration_logs"
        " ORDER BY version, started_at DESC) AS newest WHERE up AND success",
    ),
    runner=foreign_runner("Sourcegraph's migrator"),
)
