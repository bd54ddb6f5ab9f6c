"""graphile-migrate: `committed/000001-name.sql`, one after the other; forward only."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest, Strength, npm
from migdocs.adapters.layouts.ordering import by_leading_number, leading_digits, leading_number
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

LAYOUT = Layout(
    name="graphile-migrate",
    title="graphile-migrate: committed/000001-name.sql",
    rules=(
        Rule("forward", r"committed/(?P<id>[0-9]{6}(?:-[^/]*?)?)\.sql"),
        Rule("notes", r"(?:committed/|notes/)?(?P<id>[0-9]{6}(?:-[^/]*?)?)\.md"),
    ),
    order=by_leading_number,
    number=leading_number,
    # Its rows name no words: 000001.sql.
    recorded=lambda migration_id: f"{leading_digits(migration_id)}.sql",
    manifests=(Manifest(r"\.gmrc(?:\.js|\.cjs|\.json)?"), npm("graphile-migrate")),
    marker=re.compile(r"^--! Previous: ", re.MULTILINE),
    least=Strength.DEPENDENCY,
    nested="committed|current",
    companions=r"current\.sql|current/.*|fixtures/.*|afterReset\.sql",
    # What is committed is signed and chained: only it can add one.
    naming=Naming(command="npx graphile-migrate commit --message {name}", notes="notes/{id}.md"),
    no_transaction=re.compile(r"^--! no-transaction", re.MULTILINE),
    stands=(
        Manifest(r"\.gmrc(?:\.js|\.cjs|\.json)?"),
        npm("graphile-migrate"),
    ),
    tracking=Tracking(
        "graphile_migrate.migrations",
        "filename",
        marks=(mark("hash previous_hash filename date"),),
        command="graphile-migrate migrate",
    ),
    reads="committed SQL; current.sql is work in progress, not read",
    runner=foreign_runner(
        "graphile-migrate",
        status="npx graphile-migrate status",
        apply="npx graphile-migrate migrate",
    ),
)
