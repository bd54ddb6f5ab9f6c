"""Names with a version inside: `V0001.Name.up.sql`, `0010_1.9.0_schema.up.sql`."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Rule
from migdocs.adapters.layouts.evidence import Strength
from migdocs.adapters.layouts.ordering import natural
from migdocs.adapters.layouts.shapes import NUMBERED, notes

# A release stands at the front, or behind a number: 1.9.0_schema, 0010_1.9.0_schema.
_RELEASED = r"(?:[0-9]+[-_])?[vV]?[0-9]+\.[0-9]+(?:\.[0-9]+)*(?:[-_][^/]*?)?"
_VERSIONED = rf"(?:[vV][0-9]+\.[^/]+?|{_RELEASED}|{NUMBERED})"
_UNDO = r"(?:[._-](?:rollback|down|undo|revert))"

LAYOUT = Layout(
    name="versioned",
    title="names with a version inside: V0001.Name.up.sql, 0010_1.9.0_schema.up.sql",
    rules=(
        Rule("forward", rf"(?P<id>{_VERSIONED})\.up\.sql"),
        Rule("rollback", rf"(?P<id>{_VERSIONED})(?:\.down|{_UNDO})\.sql"),
        Rule("forward", rf"(?P<id>{_VERSIONED})\.sql"),
        notes(_VERSIONED),
    ),
    order=natural,
    shape=re.compile(rf"[vV][0-9]+\..+|{_RELEASED}"),
    least=Strength.SHAPE,
    naming=Naming(
        stem="V{number}.{name}",
        bare_stem="{number}_{name}",
        forward="{id}.up.sql",
        rollback="{id}.down.sql",
        others=(("{id}.sql", "{id}.down.sql"), ("{id}.sql", "{id}_rollback.sql")),
        width=4,
    ),
)
