"""Atlas: `TIME_name.sql`, and `atlas.sum` over all of them."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Tracking
from migdocs.adapters.layouts.evidence import Manifest, Strength
from migdocs.adapters.layouts.ordering import as_text, leading_digits, leading_number, seconds
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import NUMBERED, forward, notes

LAYOUT = Layout(
    name="atlas",
    title="Atlas: TIME_name.sql with atlas.sum",
    rules=(forward("[0-9]+(?:_[^/]*?)?"), notes(NUMBERED)),
    order=as_text,
    number=leading_number,
    recorded=leading_digits,
    manifests=(Manifest(r"atlas\.sum", inside=True), Manifest(r"atlas\.hcl")),
    least=Strength.MANIFEST,
    no_transaction=re.compile(r"^--[ \t]*atlas:txmode[ \t]+none\b", re.MULTILINE),
    naming=Naming(clock=seconds, after="atlas migrate hash --dir file://{folder}"),
    tracking=Tracking(
        "atlas_schema_revisions.atlas_schema_revisions",
        "version",
        "SELECT version FROM atlas_schema_revisions.atlas_schema_revisions"
        " WHERE applied = total AND coalesce(error, '') = ''",
    ),
    reads="SQL",
    runner=foreign_runner(
        "Atlas",
        status='atlas migrate status --dir file://{folder} --url "$DATABASE_URL"',
        apply='atlas migrate apply --dir file://{folder} --url "$DATABASE_URL"',
        rollback_one='atlas migrate down --dir file://{folder} --url "$DATABASE_URL"'
        ' --dev-url "$DEV_DATABASE_URL"',
        record='atlas migrate set {value} --dir file://{folder} --url "$DATABASE_URL"',
    ),
)
