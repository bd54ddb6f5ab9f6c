"""Play evolutions: `1.sql` with `# --- !Ups` and `# --- !Downs`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest, jvm
from migdocs.adapters.layouts.markers import Markers
from migdocs.adapters.layouts.runners import application_runner
from migdocs.adapters.layouts.shapes import one_file
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import Unfinished, mark

_MARKERS = Markers(
    way=re.compile(r"(?:#|--).*!(?:(?P<up>Ups)|(?P<down>Downs))"),
    example="# --- !Ups",
)

LAYOUT = one_file(
    "play",
    "Play evolutions: 1.sql with '# --- !Ups' and '# --- !Downs'",
    _MARKERS,
    rules=(
        Rule("both", r"(?P<id>[0-9]+)\.sql"),
        Rule("notes", r"(?:notes/)?(?P<id>[0-9]+)\.md"),
    ),
    manifests=(
        jvm(r"\bevolutions\b"),
        jvm(r"sbt-plugin|playframework"),
        Manifest(r"build\.sbt"),
    ),
    marker=re.compile(r"^(?:#|--).*!Ups", re.MULTILINE),
    folder=r"(?:.*/)?evolutions/[^/]+",
    naming=Naming(
        stem="{number}",
        width=1,
        file="# --- !Ups\n\n{forward}\n# --- !Downs\n\n{rollback}",
        wrapped=True,
    ),
    tracking=Tracking(
        "play_evolutions",
        "id",
        "SELECT id::text FROM play_evolutions WHERE state = 'applied'",
        marks=(mark("id hash applied_at apply_script revert_script state last_problem"),),
        unfinished=Unfinished(
            "state IN ('applying_up', 'applying_down')",
            "is in an inconsistent state: an evolution broke off",
            "set the schema right by hand, and resolve it in Play",
        ),
    ),
    runner=application_runner("Play"),
)
