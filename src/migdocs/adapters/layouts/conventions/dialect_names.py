"""Names with a database inside: `x.up.sql` for any, `x.postgres.up.sql` for one of them."""

from __future__ import annotations

import re

from migdocs.adapters.layouts import dialects
from migdocs.adapters.layouts.convention import Layout, Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest, Strength
from migdocs.adapters.layouts.ordering import by_leading_number, leading_number, seconds
from migdocs.adapters.layouts.runners import unknown_runner
from migdocs.adapters.layouts.shapes import NUMBERED, notes

_NAMED = rf"(?P<id>{NUMBERED})(?:\.autocommit)?"

LAYOUT = Layout(
    name="dialect-names",
    title="a script for each database: x.up.sql, x.postgres.up.sql",
    rules=(
        Rule("forward", rf"{_NAMED}\.up\.sql"),
        Rule("rollback", rf"{_NAMED}\.down\.sql"),
        notes(NUMBERED),
    ),
    order=by_leading_number,
    number=leading_number,
    # Runners of two-file names refuse two of one number: whose these are is not known.
    manifests=(Manifest(dialects.SPECIAL, inside=True, strength=Strength.PAIRS),),
    least=Strength.PAIRS,
    no_transaction_name=re.compile(r"\.autocommit\."),
    naming=Naming(forward="{id}.up.sql", rollback="{id}.down.sql", clock=seconds),
    reads="SQL and rollbacks of one database, before those for any; other databases are named",
    runner=unknown_runner(),
)
