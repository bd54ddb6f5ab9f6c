"""Scripts in `up/` and `down/`, of one name each."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import Layout, Naming, Rule, paired_by_number
from migdocs.adapters.layouts.evidence import Strength
from migdocs.adapters.layouts.ordering import leading_number, natural, seconds
from migdocs.adapters.layouts.runners import unknown_runner

_UP = ("up", "deploy", "upgrade", "forward", "apply")
_DOWN = ("down", "undo", "revert", "rollback", "rollbacks", "downgrade")

LAYOUT = Layout(
    name="up-down-folders",
    title="folders up/ and down/ with scripts of one name",
    rules=(
        Rule("forward", r"(?:up|deploy|upgrade|forward|apply)/(?P<id>[^/]+?)(?:[._-]up)?\.sql"),
        Rule(
            "rollback",
            r"(?:down|undo|revert|rollbacks?|downgrade)/(?P<id>[^/]+?)"
            r"(?:[._-](?:down|undo|revert|rollback))?\.sql",
        ),
        Rule("notes", r"(?:notes/|up/)?(?P<id>[0-9][^/]*?)\.md"),
    ),
    order=natural,
    number=leading_number,
    settle=paired_by_number(leading_number),
    shape=re.compile(".*"),
    least=Strength.PAIRS,
    nested="up|deploy|upgrade|forward|apply|down|undo|revert|rollbacks?|downgrade",
    naming=Naming(
        forward="up/{id}.sql",
        rollback="down/{id}.sql",
        notes="notes/{id}.md",
        others=tuple(
            (f"{up}/{{id}}{first}.sql", f"{down}/{{id}}{second}.sql")
            for up in _UP
            for down in _DOWN
            for first, second in (("", ""), (".up", ".down"), ("_up", "_down"))
        ),
        clock=seconds,
        width=3,
    ),
    runner=unknown_runner(),
)
