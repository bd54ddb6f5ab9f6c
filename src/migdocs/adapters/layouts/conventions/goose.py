"""goose: one file with `-- +goose Up` and `Down`, or a program in Go."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Rule, Tracking
from migdocs.adapters.layouts.evidence import Strength, go
from migdocs.adapters.layouts.markers import Markers, splitter
from migdocs.adapters.layouts.ordering import (
    by_leading_number,
    leading_number,
    number_or_nothing,
    seconds,
)
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import NUMBERED, both, notes


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

LAYOUT = Layout(
    name="goose",
    title="goose: one file with '-- +goose Up' and 'Down'",
    rules=(
        both(NUMBERED),
        Rule("both", rf"(?P<id>{NUMBERED})(?<!_test)\.go"),
        notes(NUMBERED),
    ),
    order=by_leading_number,
    number=leading_number,
    recorded=number_or_nothing,
    manifests=(go("github.com/pressly/goose"),),
    marker=re.compile(rf"^{_goose('up').pattern}|\bgoose\.Add", re.IGNORECASE | re.MULTILINE),
    least=Strength.MARKER,
    split=splitter(_MARKERS),
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
    ),
    reads="SQL and rollbacks; programs in Go are placed, not read",
    runner=foreign_runner(
        "goose",
        status='goose -dir {folder} postgres "$DATABASE_URL" status',
        apply='goose -dir {folder} postgres "$DATABASE_URL" up',
        rollback_one='goose -dir {folder} postgres "$DATABASE_URL" down',
        by_hand=False,
        log="goose: successfully migrated database to version",
    ),
)
