"""Sourcegraph: a directory with `up.sql`, `down.sql` and `metadata.yaml`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.adapters.layouts import graph
from migdocs.adapters.layouts.convention import Arrangement, Metadata, Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest, Strength
from migdocs.adapters.layouts.ordering import leading_number, number_or_nothing
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import DIRECTORY, directory
from migdocs.adapters.layouts.table import Tracking
from migdocs.core import foreign
from migdocs.core.errors import InputError
from migdocs.core.ledger.trackers import mark
from migdocs.core.model import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migdocs.core.model import Migration


def arrange(migrations: tuple[Migration, ...], metadata: Mapping[str, Metadata]) -> Arrangement:
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
    try:
        data, line = foreign.read(about.text, about.path), _line(about.text)
    except InputError as error:
        data, line = None, error.line or 1
    parents = data.get("parents") or [] if isinstance(data, dict) else None
    if not isinstance(parents, list):
        message = "the parents of this migration cannot be read"
        hint = "write 'parents: [number, number]'."
        return (), (Finding("unreadable-metadata", "error", message, about.path, line, hint),)
    return tuple(str(parent) for parent in parents), ()


def _line(text: str) -> int:
    """Give the line on which the parents are named; the first where they are not."""
    lines = text.split("\n")
    return next((n for n, line in enumerate(lines, 1) if line.startswith("parents")), 1)


LAYOUT = directory(
    "sourcegraph",
    "Sourcegraph: a directory with up.sql, down.sql and metadata.yaml",
    (
        Rule("forward", rf"{DIRECTORY}/up\.sql"),
        Rule("rollback", rf"{DIRECTORY}/down\.sql"),
        Rule("metadata", rf"{DIRECTORY}/metadata\.ya?ml"),
    ),
    number=leading_number,
    recorded=number_or_nothing,
    manifests=(Manifest(r"[^/]+/metadata\.ya?ml", inside=True),),
    least=Strength.MANIFEST,
    arrange=arrange,
    no_transaction_metadata=re.compile(r"^createIndexConcurrently:\s*true\b", re.MULTILINE),
    # Only its own runner knows which migrations are the newest ones' parents.
    naming=Naming(command="sg migration add {name}"),
    tracking=Tracking(
        "migration_logs",
        "version",
        # A row per event: the newest of each version counts.
        "SELECT version::text FROM (SELECT DISTINCT ON (version) * FROM migration_logs"
        " ORDER BY version, started_at DESC) AS newest WHERE up AND success",
        marks=(
            mark("migration_logs_schema_version schema version up started_at finished_at success"),
        ),
    ),
    runner=foreign_runner(
        "Sourcegraph's migrator",
        apply="migrator up",
        record="migrator add-log -schema {base} -version {value}",
        unrecord="migrator add-log -schema {base} -version {value} -up=false",
    ),
)
