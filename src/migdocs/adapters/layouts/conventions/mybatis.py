"""MyBatis Migrations: one file, the rollback below `-- //@UNDO`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Naming
from migdocs.adapters.layouts.evidence import Manifest, jvm
from migdocs.adapters.layouts.markers import Markers
from migdocs.adapters.layouts.ordering import (
    seconds,
)
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import one_file
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

LAYOUT = one_file(
    "mybatis",
    "MyBatis Migrations: one file, the rollback below '-- //@UNDO'",
    Markers(
        way=re.compile(r"--\s*//\s*@UNDO\b(?P<down>)"),
        example="-- //@UNDO",
        implicit=True,
    ),
    stem="[0-9]+(?:_[^/]*?)?",
    manifests=(
        Manifest(r"environments/development\.properties"),
        jvm("mybatis-migrations|migrations-maven-plugin"),
    ),
    marker=re.compile(r"^--\s*//\s*@UNDO\b", re.MULTILINE),
    companions=r"bootstrap\.sql|onabort\.sql|onAbort\.sql",
    naming=Naming(
        clock=seconds, width=3, file="-- // {name}\n{forward}\n-- //@UNDO\n{rollback}", wrapped=True
    ),
    stands=(Manifest(r"environments/development\.properties"),),
    tracking=Tracking(
        "changelog",
        "id",
        "SELECT id::text FROM changelog",
        marks=(mark("id applied_at description", "changelog", only=True),),
    ),
    runner=foreign_runner(
        "MyBatis Migrations",
        status="migrate status",
        apply="migrate up",
        rollback_one="migrate down",
    ),
)
