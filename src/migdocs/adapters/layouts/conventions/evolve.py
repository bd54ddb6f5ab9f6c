"""Evolve: Flyway's names, another table; forward only."""

from __future__ import annotations

from msgspec.structs import replace

from migdocs.adapters.layouts.convention import Rule, nowhere
from migdocs.adapters.layouts.conventions.flyway import LAYOUT as FLYWAY
from migdocs.adapters.layouts.evidence import Manifest, Strength, dotnet
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import Unfinished, mark

LAYOUT = replace(
    FLYWAY,
    name="evolve",
    title="Evolve: V1_2__name.sql, R__name.sql",
    rules=(
        Rule("forward", r"(?:[^/]+/)*(?P<id>V[0-9]+(?:[._][0-9]+)*__[^/]*?)\.sql"),
        Rule("forward", r"(?:[^/]+/)*(?P<id>R__[^/]*?)\.sql"),
        Rule("notes", r"(?:[^/]+/)*(?P<id>(?:V[0-9]+(?:[._][0-9]+)*|R)__[^/]*?)\.md"),
    ),
    recorded=lambda migration_id: f"{migration_id}.sql",
    manifests=(dotnet("evolve"), Manifest(r"evolve\.json")),
    least=Strength.DEPENDENCY,
    shape=None,
    sibling=nowhere,
    naming=replace(FLYWAY.naming, rollback=""),
    tracking=Tracking(
        "changelog",
        "name",
        "SELECT name FROM changelog WHERE success AND name <> ''",
        marks=(
            mark("id type version description name checksum installed_by installed_on success"),
        ),
        command="evolve migrate",
        unfinished=Unfinished(
            "NOT success", "failed", "undo by hand what it left, then 'evolve repair'"
        ),
    ),
    reads="SQL",
    runner=foreign_runner(
        "Evolve",
        status='evolve info postgresql -c "$CONNECTION_STRING" -l {folder}',
        apply='evolve migrate postgresql -c "$CONNECTION_STRING" -l {folder}',
    ),
)
