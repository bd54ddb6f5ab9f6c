"""Sequelize: migrations in JavaScript; placed, not read."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import the_id
from migdocs.adapters.layouts.evidence import Manifest, Strength, npm
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import LOOSELY_NUMBERED, program
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

LAYOUT = program(
    "sequelize",
    "Sequelize: TIME-name.js",
    stem=LOOSELY_NUMBERED,
    ends=r"(?:[cm]?[jt]s)(?<!\.d\.ts)",
    manifests=(Manifest(r"\.sequelizerc"), npm("sequelize-cli"), npm("sequelize")),
    marker=re.compile(r"\bqueryInterface\b"),
    least=Strength.DEPENDENCY,
    recorded=the_id,
    stands=(
        Manifest(r"\.sequelizerc"),
        npm("sequelize-cli"),
        npm("sequelize"),
    ),
    tracking=Tracking(
        '"SequelizeMeta"',
        "name",
        """SELECT regexp_replace(name, '\\.[a-z]+$', '') FROM "SequelizeMeta\"""",
        marks=(mark("name", "sequelizemeta", only=True),),
    ),
    command="npx sequelize-cli migration:generate --name {name}",
    runner=foreign_runner(
        "Sequelize",
        status="npx sequelize-cli db:migrate:status",
        apply="npx sequelize-cli db:migrate",
        rollback_one="npx sequelize-cli db:migrate:undo",
    ),
)
