"""A plain folder of scripts, paired as their authors pair them: chosen, never guessed."""

from __future__ import annotations

from migdocs.adapters.layouts.convention import Layout, Naming, Rule
from migdocs.adapters.layouts.evidence import Strength
from migdocs.adapters.layouts.languages import ANY_LANGUAGE
from migdocs.adapters.layouts.ordering import natural

_UNDO = r"(?:[._-](?:rollback|down|undo|revert))"
_PLAIN = r"(?![.])[^/]+?"

LAYOUT = Layout(
    name="plain",
    title="a plain folder of .sql files",
    rules=(
        Rule("rollback", rf"(?P<id>{_PLAIN}){_UNDO}\.sql"),
        Rule("rollback", rf"(?:down|rollback|rollbacks|undo|revert)/(?P<id>{_PLAIN})\.sql"),
        Rule("forward", rf"(?P<id>{_PLAIN})(?:[._-]up)?\.sql"),
        Rule("forward", rf"(?P<id>[0-9]+[-_][^/]*?)(?<!_test)\.{ANY_LANGUAGE}"),
        Rule("notes", rf"(?:notes/)?(?P<id>(?![.]|[A-Z][A-Z0-9_-]*[.]){_PLAIN})\.md"),
    ),
    order=natural,
    # It is chosen: nothing speaks for it.
    least=Strength.SETTING,
    nested="up|down|rollbacks?|undo|revert",
    naming=Naming(
        rollback="{id}_rollback.sql",
        others=(
            ("{id}.up.sql", "{id}.down.sql"),
            *(
                ("{id}.sql", f"{{id}}{mark}{word}.sql")
                for word in ("down", "rollback", "undo", "revert")
                for mark in "_.-"
            ),
            *(
                ("{id}.sql", f"{home}/{{id}}.sql")
                for home in ("down", "rollback", "rollbacks", "undo", "revert")
            ),
        ),
        width=3,
    ),
)
