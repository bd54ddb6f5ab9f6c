"""goose: one file with `-- +goose Up` and `Down`, or a program in Go."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest, Strength, go
from migdocs.adapters.layouts.markers import Markers
from migdocs.adapters.layouts.ordering import (
    seconds,
)
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import NUMBERED, both, notes, one_file
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark


def _goose(words: str) -> re.Pattern[str]:
    """Match a goose annotation: on a line of its own, in whatever case."""
    return re.compile(rf"--[ \t]*\+goose[ \t]+{words}[ \t]*$", re.IGNORECASE | re.MULTILINE)


_MARKERS = Markers(
    way=_goose("(?:(?P<up>up)|(?P<down>down))"),
    no_transaction=_goose(r"no[ \t]+transaction"),
    whole_file=True,
    example="-- +goose Up",
    begin=_goose("StatementBegin"),
    end=_goose("StatementEnd"),
    statement=("-- +goose StatementBegin", "-- +goose StatementEnd"),
)

LAYOUT = one_file(
    "goose",
    "goose: one file with '-- +goose Up' and 'Down'",
    _MARKERS,
    rules=(
        both(NUMBERED),
        Rule("both", rf"(?P<id>{NUMBERED})(?<!_test)\.go"),
        notes(NUMBERED),
    ),
    manifests=(go("github.com/pressly/goose"),),
    marker=re.compile(rf"^{_goose('up').pattern}|\bgoose\.Add", re.IGNORECASE | re.MULTILINE),
    naming=Naming(
        clock=seconds,
        width=5,
        file="-- +goose Up\n{forward}\n-- +goose Down\n{rollback}",
        wrapped=True,
    ),
    tracking=Tracking(
        "goose_db_version",
        "version_id",
        # A row per event: the newest of each version counts.
        "SELECT version_id::text FROM (SELECT DISTINCT ON (version_id) * FROM goose_db_version"
        " ORDER BY version_id, id DESC) AS newest WHERE is_applied",
        marks=(mark("id version_id is_applied tstamp"),),
        command="goose up",
    ),
    elsewhere=Manifest(
        r"[0-9]+_[^/]*(?<!_test)\.go", r"\bgoose\.Add(?:Named)?Migration", strength=Strength.MARKER
    ),
    reads="SQL and rollbacks; programs in Go are placed wherever they are, not read",
    runner=foreign_runner(
        "goose",
        status='goose -dir {folder} postgres "$DATABASE_URL" status',
        apply='goose -dir {folder} postgres "$DATABASE_URL" up',
        rollback_one='goose -dir {folder} postgres "$DATABASE_URL" down',
        log="goose: successfully migrated database to version",
    ),
)
