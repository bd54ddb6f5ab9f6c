"""Atlas: `TIME_name.sql`, and `atlas.sum` over all of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.adapters.layouts.convention import Arrangement, Layout, Naming, Rule, by_order
from migdocs.adapters.layouts.evidence import Manifest, Strength
from migdocs.adapters.layouts.ordering import as_text, leading_digits, leading_number, seconds
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import NUMBERED, forward, notes
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import Unfinished, mark
from migdocs.core.model import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migdocs.adapters.layouts.convention import Metadata
    from migdocs.core.model import Migration

_LISTED = re.compile(r"^(?P<id>\S[^\n]*)\.sql[ \t]+h1:", re.MULTILINE)


def arrange(migrations: tuple[Migration, ...], metadata: Mapping[str, Metadata]) -> Arrangement:
    """Sort by name, and compare with ``atlas.sum``: Atlas runs nothing where they disagree."""
    arranged, about = by_order(migrations, metadata), metadata.get("")
    if about is None:
        return arranged
    listed = {match["id"] for match in _LISTED.finditer(about.text)}
    ids = {m.id: m for m in migrations}
    hint = "run 'atlas migrate hash' where the files are right, or bring the file back."
    gone = (
        Finding(
            "missing-script",
            "error",
            f"atlas.sum names '{name}.sql', which is not here",
            about.path,
            1,
            hint,
        )
        for name in sorted(listed - ids.keys())
    )
    new = (
        Finding(
            "not-in-plan",
            "error",
            f"atlas.sum does not name '{name}': Atlas runs nothing until it does",
            m.forward.path if m.forward else about.path,
            1,
            hint,
        )
        for name, m in ids.items()
        if name not in listed
    )
    return Arrangement(arranged.migrations, (*gone, *new))


LAYOUT = Layout(
    name="atlas",
    title="Atlas: TIME_name.sql with atlas.sum",
    rules=(Rule("metadata", r"atlas\.sum"), forward("[0-9]+(?:_[^/]*?)?"), notes(NUMBERED)),
    order=as_text,
    number=leading_number,
    recorded=leading_digits,
    manifests=(Manifest(r"atlas\.sum", inside=True), Manifest(r"atlas\.hcl")),
    least=Strength.MANIFEST,
    arrange=arrange,
    no_transaction=re.compile(r"^--[ \t]*atlas:txmode[ \t]+none\b", re.MULTILINE),
    naming=Naming(clock=seconds, after="atlas migrate hash --dir file://{folder}"),
    tracking=Tracking(
        "atlas_schema_revisions.atlas_schema_revisions",
        "version",
        "SELECT version FROM atlas_schema_revisions.atlas_schema_revisions"
        " WHERE applied = total AND coalesce(error, '') = ''",
        marks=(
            mark("version description type applied total executed_at execution_time error hash"),
        ),
        command="atlas migrate apply",
        unfinished=Unfinished(
            "applied < total",
            "is partly applied: some of its statements ran",
            "finish it with 'atlas migrate apply'",
        ),
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
