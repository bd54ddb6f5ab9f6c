"""yoyo: `0001.name.sql` and `.rollback.sql`, which name what they depend on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.adapters.layouts import graph
from migdocs.adapters.layouts.convention import Arrangement, Layout, Metadata, Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest, Strength, python
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from migdocs.adapters.layouts.convention import Metadata
    from migdocs.core.model import Migration

_DEPENDS = re.compile(r"^--[ \t]*depends:(?P<ids>.*)$", re.MULTILINE)
_IN_PYTHON = re.compile(r"^__depends__\s*=\s*(?P<ids>[{\[(][^}\])]*[}\])])", re.MULTILINE)


def arrange(
    migrations: tuple[Migration, ...],
    metadata: Mapping[str, Metadata],  # noqa: ARG001 - all stands in the scripts
) -> Arrangement:
    """Put each migration behind those that it depends on, otherwise by name."""
    return graph.arrange(tuple(replace(m, parents=_parents(m)) for m in migrations))


def _parents(migration: Migration) -> tuple[str, ...]:
    """Read the ids behind ``-- depends:``, or in ``__depends__``."""
    text = migration.forward.text if migration.forward else ""
    if migration.forward and migration.forward.language == "python":
        match = _IN_PYTHON.search(text)
        return tuple(re.findall(r"['\"]([^'\"]+)['\"]", match["ids"])) if match else ()
    return tuple(name for match in _DEPENDS.finditer(text) for name in match["ids"].split())


def _day(now: datetime) -> str:
    """Give a day and the number of a migration on it, as yoyo begins names."""
    return f"{now:%Y%m%d}_01"


LAYOUT = Layout(
    name="yoyo",
    title="yoyo: 0001.name.sql and 0001.name.rollback.sql",
    rules=(
        Rule("rollback", r"(?P<id>(?![.])[^/]+?)\.rollback\.sql"),
        Rule("forward", r"(?P<id>(?![.]|post-apply)[^/]+?)(?<!\.rollback)(?<!_rollback)\.sql"),
        Rule("both", r"(?P<id>(?![.]|__init__|post-apply|conftest)[^/]+?)\.py"),
        Rule("notes", r"(?:notes/)?(?P<id>(?![.]|[A-Z][A-Z0-9_-]*[.])[^/]+?)\.md"),
    ),
    order=lambda migration_id: (0, migration_id),
    manifests=(Manifest(r"yoyo\.ini"), python("yoyo-migrations")),
    marker=re.compile(r"^--[ \t]*depends:|^from yoyo import", re.MULTILINE),
    least=Strength.DEPENDENCY,
    companions=r"post-apply.*",
    arrange=arrange,
    no_transaction=re.compile(r"^--[ \t]*transactional:[ \t]*false\b", re.MULTILINE),
    naming=Naming(
        stem="{number}.{name}",
        rollback="{id}.rollback.sql",
        clock=_day,
        width=4,
        head="-- depends: {newest}\n",
        ending="SELECT 1; -- yoyo refuses a script that ends in a remark\n",
        wrapped=True,
    ),
    tracking=Tracking(
        "_yoyo_migration",
        "migration_id",
        marks=(
            mark("migration_hash migration_id applied_at_utc"),
            mark("locked ctime pid", "yoyo_lock"),
        ),
        command="yoyo apply",
    ),
    reads="SQL and rollbacks, after what they depend on; Python is placed, not read",
    runner=foreign_runner(
        "yoyo",
        status='yoyo list --database "$DATABASE_URL" {folder}',
        apply='yoyo apply --batch --database "$DATABASE_URL" {folder}',
        # Without a revision it would go on to roll back all the others.
        rollback_one=(
            'yoyo rollback --batch --database "$DATABASE_URL" -r "$(psql "$DATABASE_URL" -XAtc'
            " 'SELECT migration_id FROM _yoyo_migration ORDER BY applied_at_utc DESC LIMIT 1')\""
            " {folder}"
        ),
        record='yoyo mark --batch --database "$DATABASE_URL" -r {id} {folder}',
        unrecord='yoyo unmark --batch --database "$DATABASE_URL" -r {id} {folder}',
    ),
)
