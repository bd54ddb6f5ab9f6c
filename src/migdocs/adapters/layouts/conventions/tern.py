"""tern: one file, the rollback below `---- create above / drop below ----`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Tracking
from migdocs.adapters.layouts.evidence import Manifest, Strength, go
from migdocs.adapters.layouts.markers import Markers, splitter
from migdocs.adapters.layouts.ordering import by_leading_number, leading_number, number_or_nothing
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import NUMBERED, both, notes

_SEPARATOR = r"----[ \t]*create above[ \t]*/[ \t]*drop below[ \t]*----"

LAYOUT = Layout(
    name="tern",
    title="tern: one file, the rollback below '---- create above / drop below ----'",
    rules=(both(NUMBERED), notes(NUMBERED)),
    order=by_leading_number,
    number=leading_number,
    recorded=number_or_nothing,
    manifests=(
        Manifest(r"tern\.conf", inside=True),
        Manifest(r"tern\.conf"),
        go("github.com/jackc/tern"),
    ),
    marker=re.compile(rf"^{_SEPARATOR}", re.MULTILINE),
    least=Strength.MANIFEST,
    split=splitter(
        Markers(
            way=re.compile(rf"(?P<down>{_SEPARATOR})"),
            no_transaction=re.compile(r"^----[ \t]*tern:[ \t]*disable-tx[ \t]*----", re.MULTILINE),
            whole_file=True,
            implicit=True,
            example="---- create above / drop below ----",
        )
    ),
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
    ),
    runner=foreign_runner(
        "tern",
        status='tern status --migrations {folder} --conn-string "$DATABASE_URL"',
        apply='tern migrate --migrations {folder} --conn-string "$DATABASE_URL"',
        rollback_one='tern migrate --migrations {folder} --conn-string "$DATABASE_URL"'
        " --destination -1",
        by_hand=False,
    ),
)
