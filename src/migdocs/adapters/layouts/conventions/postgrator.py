"""postgrator: `001.do.name.sql` and `001.undo.name.sql`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Rule, paired_by_number
from migdocs.adapters.layouts.evidence import Manifest, npm
from migdocs.adapters.layouts.ordering import by_leading_number, leading_number, number_or_nothing
from migdocs.adapters.layouts.runners import by_row, foreign_runner
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

_NUMBER = r"(?P<number>[0-9]+)"
_NAME = r"(?:\.(?P<name>[^/]+?))?"

LAYOUT = Layout(
    name="postgrator",
    title="postgrator: 001.do.name.sql and 001.undo.name.sql",
    rules=(
        Rule("forward", rf"{_NUMBER}\.do{_NAME}\.(?:sql|[cm]?js)", form="{number}.{name}"),
        Rule("rollback", rf"{_NUMBER}\.undo{_NAME}\.(?:sql|[cm]?js)", form="{number}.{name}"),
        Rule("notes", rf"(?:notes/)?{_NUMBER}(?:\.do)?{_NAME}\.md", form="{number}.{name}"),
    ),
    order=by_leading_number,
    number=leading_number,
    settle=paired_by_number(leading_number),
    recorded=number_or_nothing,
    manifests=(
        Manifest(r"\.?postgrator(?:rc)?(?:\.json|\.ya?ml|\.js)?"),
        npm("postgrator"),
        npm("postgrator-cli"),
    ),
    shape=re.compile(".*"),
    naming=Naming(
        stem="{number}.{name}",
        forward="{number}.do.{name}.sql",
        rollback="{number}.undo.{name}.sql",
        notes="{id}.md",
        width=3,
    ),
    stands=(
        Manifest(r"\.?postgrator(?:rc)?(?:\.json|\.ya?ml|\.js)?"),
        npm("postgrator-cli"),
        npm("postgrator"),
    ),
    tracking=Tracking(
        "schemaversion",
        "version",
        "SELECT version::text FROM schemaversion WHERE version > 0",
        marks=(mark("version run_at", "schemaversion"),),
    ),
    runner=foreign_runner(
        "postgrator",
        apply="npx postgrator",
        # It goes to a version: the one before the newest, or 0.
        rollback_one=(
            'npx postgrator "$(psql "$DATABASE_URL" -XAtc'
            " 'SELECT version FROM schemaversion ORDER BY version DESC OFFSET 1 LIMIT 1')\""
        ),
        record=by_row("INSERT INTO schemaversion (version, run_at) VALUES (:'value', now())"),
    ),
)
