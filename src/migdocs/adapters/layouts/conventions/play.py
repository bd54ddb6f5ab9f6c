"""Play evolutions: `1.sql` with `# --- !Ups` and `# --- !Downs`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Rule, Tracking
from migdocs.adapters.layouts.evidence import Manifest, Strength, jvm
from migdocs.adapters.layouts.markers import Markers, splitter
from migdocs.adapters.layouts.ordering import by_leading_number, leading_number, number_or_nothing
from migdocs.adapters.layouts.runners import application_runner

_MARKERS = Markers(
    way=re.compile(r"(?:#|--).*!(?:(?P<up>Ups)|(?P<down>Downs))"),
    example="# --- !Ups",
)

LAYOUT = Layout(
    name="play",
    title="Play evolutions: 1.sql with '# --- !Ups' and '# --- !Downs'",
    rules=(
        Rule("both", r"(?P<id>[0-9]+)\.sql"),
        Rule("notes", r"(?:notes/)?(?P<id>[0-9]+)\.md"),
    ),
    order=by_leading_number,
    number=leading_number,
    recorded=number_or_nothing,
    manifests=(
        jvm(r"\bevolutions\b"),
        jvm(r"sbt-plugin|playframework"),
        Manifest(r"build\.sbt"),
    ),
    marker=re.compile(r"^(?:#|--).*!Ups", re.MULTILINE),
    least=Strength.MARKER,
    folder=r"(?:.*/)?evolutions/[^/]+",
    split=splitter(_MARKERS),
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
    ),
    runner=application_runner("Play"),
)
