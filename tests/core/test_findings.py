"""Every finding that is no hazard can be explained."""

from __future__ import annotations

import re
from pathlib import Path

from migdocs.core.checking import findings

SOURCE = Path(__file__).parents[2] / "src" / "migdocs"
RULE = re.compile(r"\bFinding\(\s*\"([a-z]+(?:-[a-z]+)+)\"")


def test_every_rule_in_the_code_has_a_meaning() -> None:
    """A finding that `explain` does not know would leave its reader alone, and no other stays."""
    used = {rule for path in SOURCE.rglob("*.py") for rule in RULE.findall(path.read_text("utf-8"))}
    assert used
    assert used <= findings.MEANINGS.keys()


def test_an_explanation_says_what_and_what_to_do() -> None:
    """Markdown with the id as its heading."""
    text = findings.explain("missing-rollback") or ""
    assert text.startswith(
        "# missing-rollback\n\nA migration has no rollback: you can only go back"
    )
    assert "What to do: Write one, or say 'Reversible: No' in its notes." in text
    assert findings.explain("col-drop") is None
