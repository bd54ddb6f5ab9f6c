"""DbUp: `Script0001 - name.sql`, which the application runs; forward only."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Rule
from migdocs.adapters.layouts.evidence import dotnet
from migdocs.adapters.layouts.ordering import natural
from migdocs.adapters.layouts.runners import application_runner
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

_STEM = r"(?:[Ss]cript)?[0-9]+[^/]*?"

LAYOUT = Layout(
    name="dbup",
    title="DbUp: Script0001 - name.sql",
    rules=(
        Rule("forward", rf"(?:[^/]+/)*(?P<id>{_STEM})\.(?:sql|SQL|cs)"),
        Rule("notes", rf"(?:notes/)?(?P<id>{_STEM})\.md"),
    ),
    order=natural,
    manifests=(dotnet("dbup"),),
    shape=re.compile(r"[Ss]cript[0-9]+.*"),
    naming=Naming(
        stem="Script{number} - {name}", bare_stem="{number}_{name}", width=4, wrapped=True
    ),
    tracking=Tracking(
        "schemaversions",
        "scriptname",
        # Its rows hold 'Assembly.Folder.Script0001 - name.sql'.
        r"SELECT regexp_replace(scriptname, '^.*?([^.]+)\.(sql|cs)$', '\1') FROM schemaversions",
        marks=(mark("scriptname applied", "schemaversions"),),
    ),
    reads="SQL; scripts in C# are placed, not read",
    runner=application_runner("DbUp"),
)
