"""A folder a version, with scripts that run by number: `1.0/0001_name.sql`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Rule
from migdocs.adapters.layouts.ordering import natural
from migdocs.adapters.layouts.runners import unknown_runner

_IN_VERSION = r"[vV]?[0-9]+(?:\.[0-9]+)+/[0-9]+[^/]*?"

LAYOUT = Layout(
    name="version-folders",
    title="a folder a version: 1.0/0001_name.sql",
    rules=(
        Rule("rollback", rf"(?P<id>{_IN_VERSION})[._-](?:rollback|down|undo|revert)\.sql"),
        Rule("forward", rf"(?P<id>{_IN_VERSION})\.sql"),
        Rule("notes", rf"(?:notes/)?(?P<id>{_IN_VERSION})\.md"),
    ),
    order=natural,
    shape=re.compile(".*"),
    nested=r"(?:(?:prod|dev|demo)/)?[vV]?[0-9]+(?:\.[0-9]+)+",
    # LATEST.sql shows the whole schema for a new database.
    companions=r"(?:.*/)?LATEST(?:_[A-Z]+)?\.sql",
    naming=Naming(
        by_hand="write VERSION/NUMBER_name.sql below the migrations folder, for the next version.",
        notes="notes/{id}.md",
    ),
    reads="SQL; LATEST.sql shows the whole schema, and is not read",
    runner=unknown_runner(),
)
