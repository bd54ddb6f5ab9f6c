"""pgmigrate: `V0001__name.sql` beside `migrations.yml`; forward only."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest, Strength, python
from migdocs.adapters.layouts.ordering import by_leading_number, leading_number
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

LAYOUT = Layout(
    name="pgmigrate",
    title="pgmigrate: V0001__name.sql with migrations.yml",
    rules=(
        Rule("forward", r"(?P<id>V[0-9]+__[^/]+?)\.sql"),
        Rule("notes", r"(?:notes/)?(?P<id>V[0-9]+__[^/]+?)\.md"),
    ),
    order=lambda migration_id: by_leading_number(migration_id[1:]),
    number=lambda migration_id: leading_number(migration_id[1:]),
    recorded=lambda migration_id: leading_number(migration_id[1:]) or "",
    manifests=(Manifest(r"migrations\.ya?ml"), python("yandex-pgmigrate")),
    least=Strength.DEPENDENCY,
    no_transaction_name=re.compile("NONTRANSACTIONAL"),
    naming=Naming(stem="V{number}__{name}", width=4, wrapped=True),
    stands=(Manifest(r"migrations\.ya?ml"),),
    tracking=Tracking(
        "schema_version",
        "version",
        "SELECT version::text FROM schema_version",
        marks=(mark("version description type installed_by installed_on", only=True),),
        command="pgmigrate -t latest migrate",
    ),
    reads="SQL",
    runner=foreign_runner(
        "pgmigrate",
        status='pgmigrate -d . -c "$DATABASE_URL" info',
        apply='pgmigrate -d . -c "$DATABASE_URL" -t latest migrate',
    ),
)
