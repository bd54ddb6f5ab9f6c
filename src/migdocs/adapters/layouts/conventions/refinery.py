"""refinery: `V1__name.sql` and `U1__name.sql`, both of which run forward."""

from __future__ import annotations

from migdocs.adapters.layouts.convention import Layout, Naming, Order, Rule
from migdocs.adapters.layouts.evidence import Manifest, Strength, cargo
from migdocs.adapters.layouts.ordering import by_leading_number, leading_number
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

_NAMED = r"[VU][0-9]+__[^/]+?"


def _number(migration_id: str) -> str | None:
    """Give the version: V and U count on together."""
    return leading_number(migration_id[1:])


def _order(migration_id: str) -> Order:
    """Give the run order: by version, whatever the letter."""
    return by_leading_number(migration_id[1:])


LAYOUT = Layout(
    name="refinery",
    title="refinery: V1__name.sql and U1__name.sql, both forward",
    rules=(
        Rule("forward", rf"(?:[^/]+/)*(?P<id>{_NAMED})\.(?:sql|rs)"),
        Rule("notes", rf"(?:notes/)?(?P<id>{_NAMED})\.md"),
    ),
    order=_order,
    number=_number,
    recorded=lambda migration_id: _number(migration_id) or "",
    manifests=(cargo("refinery"), Manifest(r"refinery\.toml")),
    least=Strength.DEPENDENCY,
    naming=Naming(stem="V{number}__{name}", width=1, wrapped=True),
    tracking=Tracking(
        "refinery_schema_history",
        "version",
        "SELECT version::text FROM refinery_schema_history",
        marks=(mark("version name applied_on checksum", only=True),),
        command="refinery migrate",
    ),
    reads="SQL; programs in Rust are placed, not read",
    runner=foreign_runner("refinery", apply="refinery migrate -e DATABASE_URL -p {folder}"),
)
