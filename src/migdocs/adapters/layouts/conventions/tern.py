"""tern: one file, the rollback below `---- create above / drop below ----`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Naming
from migdocs.adapters.layouts.evidence import Manifest, Strength, go
from migdocs.adapters.layouts.markers import Markers
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import one_file
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

_SEPARATOR = r"----[ \t]*create above[ \t]*/[ \t]*drop below[ \t]*----"

LAYOUT = one_file(
    "tern",
    "tern: one file, the rollback below '---- create above / drop below ----'",
    Markers(
        way=re.compile(rf"(?P<down>{_SEPARATOR})"),
        no_transaction=re.compile(r"^----[ \t]*tern:[ \t]*disable-tx[ \t]*----", re.MULTILINE),
        whole_file=True,
        implicit=True,
        example="---- create above / drop below ----",
    ),
    manifests=(
        Manifest(r"tern\.conf", inside=True),
        Manifest(r"tern\.conf"),
        go("github.com/jackc/tern"),
    ),
    marker=re.compile(rf"^{_SEPARATOR}", re.MULTILINE),
    least=Strength.MANIFEST,
    naming=Naming(
        width=3,
        file="{forward}\n---- create above / drop below ----\n\n{rollback}",
        wrapped=True,
    ),
    tracking=Tracking(
        "schema_version",
        "version",
        "SELECT version::text FROM schema_version",
        latest_only=True,
        marks=(mark("version", "schema_version", only=True),),
        command="tern migrate",
    ),
    runner=foreign_runner(
        "tern",
        status='tern status --migrations {folder} --conn-string "$DATABASE_URL"',
        apply='tern migrate --migrations {folder} --conn-string "$DATABASE_URL"',
        rollback_one='tern migrate --migrations {folder} --conn-string "$DATABASE_URL"'
        " --destination -1",
    ),
)
