"""db-migrate: a small program that runs `sqls/TIME-name-up.sql` and `-down.sql`."""

from __future__ import annotations

from migdocs.adapters.layouts.convention import Identity, Layout, Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest, Strength, npm
from migdocs.adapters.layouts.ordering import as_text, seconds
from migdocs.adapters.layouts.runners import by_row, foreign_runner
from migdocs.adapters.layouts.shapes import TIMED, notes
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

# It only runs programs: this one sends the two scripts.
_PROGRAM = """\
'use strict';

const fs = require('fs');
const path = require('path');

const send = (way) => (db) =>
  db.runSql(fs.readFileSync(path.join(__dirname, 'sqls', `{id}-${way}.sql`), 'utf8'));

exports.up = send('up');
exports.down = send('down');
exports._meta = { version: 1 };
"""


def settle(identities: dict[str, Identity]) -> dict[str, Identity]:
    """Leave out the programs that only send the scripts of the same name."""
    in_sql = {i.migration for path, i in identities.items() if path.endswith(".sql")}
    return {
        path: identity
        for path, identity in identities.items()
        if path.endswith((".sql", ".md")) or identity.migration not in in_sql
    }


LAYOUT = Layout(
    name="db-migrate",
    title="db-migrate: sqls/TIME-name-up.sql and -down.sql",
    rules=(
        Rule("forward", rf"sqls/(?P<id>{TIMED})-up\.sql"),
        Rule("rollback", rf"sqls/(?P<id>{TIMED})-down\.sql"),
        Rule("forward", rf"(?P<id>{TIMED})\.(?:[cm]?[jt]s)"),
        notes(TIMED),
    ),
    order=as_text,
    recorded=lambda migration_id: f"/{migration_id}",
    manifests=(npm("db-migrate"), Manifest(r"\.db-migraterc")),
    least=Strength.DEPENDENCY,
    nested="sqls",
    settle=settle,
    naming=Naming(
        stem="{number}-{name}",
        dashes=True,
        clock=seconds,
        forward="sqls/{id}-up.sql",
        rollback="sqls/{id}-down.sql",
        beside=(("{id}.js", _PROGRAM),),
    ),
    stands=(
        Manifest(r"database\.json"),
        Manifest(r"\.db-migraterc"),
        npm("db-migrate"),
    ),
    tracking=Tracking(
        "migrations",
        "name",
        marks=(mark("id name run_on", "migrations"),),
        command="npx db-migrate up",
    ),
    reads="SQL and rollbacks in sqls/; other programs are placed, not read",
    runner=foreign_runner(
        "db-migrate",
        status="npx db-migrate check -m {folder}",
        apply="npx db-migrate up -m {folder}",
        rollback_one="npx db-migrate down -m {folder}",
        record=by_row("INSERT INTO migrations (name, run_on) VALUES (:'value', now())"),
    ),
)
