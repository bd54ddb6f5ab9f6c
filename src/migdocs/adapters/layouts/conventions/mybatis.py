"""MyBatis Migrations: one file, the rollback below `-- //@UNDO`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Tracking
from migdocs.adapters.layouts.evidence import Manifest, Strength, jvm
from migdocs.adapters.layouts.markers import Markers, splitter
from migdocs.adapters.layouts.ordering import (
    by_leading_number,
    leading_number,
    number_or_nothing,
    seconds,
)
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import both, notes

LAYOUT = Layout(
    name="mybatis",
    title="MyBatis Migrations: one file, the rollback below '-- //@UNDO'",
    rules=(both("[0-9]+(?:_[^/]*?)?"), notes("[0-9]+(?:_[^/]*?)?")),
    order=by_leading_number,
    number=leading_number,
    recorded=number_or_nothing,
    manifests=(
        Manifest(r"environments/development\.properties"),
        jvm("mybatis-migrations|migrations-maven-plugin"),
    ),
    marker=re.compile(r"^--\s*//\s*@UNDO\b", re.MULTILINE),
    least=Strength.MARKER,
    companions=r"bootstrap\.sql|onabort\.sql|onAbort\.sql",
    split=splitter(
        Markers(
            way=re.compile(r"--\s*//\s*@UNDO\b(?P<down>)"),
            example="-- //@UNDO",
            implicit=True,
        )
    ),
    naming=Naming(
        clock=seconds, width=3, file="-- // {name}\n{forward}\n-- //@UNDO\n{rollback}", wrapped=True
    ),
    tracking=Tracking("changelog", "id", "SELECT id::text FROM changelog"),
    runner=foreign_runner(
        "MyBatis Migrations",
        status="migrate status",
        apply="migrate up",
        rollback_one="migrate down",
        by_hand=False,
    ),
)
