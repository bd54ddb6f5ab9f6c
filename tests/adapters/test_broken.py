"""A file of a runner's that cannot be read is named with the line of its fault."""

from __future__ import annotations

import pytest

from migdocs.adapters import layouts

GOOD = "operations:\n- sql:\n    up: select 1\n"
LOG = "databaseChangeLog:\n- changeSet:\n    id: 1\n    author: ada\n"
CASES = {
    "pgroll's YAML": ("pgroll", "01_a.yaml", f"{GOOD}  down: [\n", 4, "expected"),
    "pgroll's JSON": ("pgroll", "01_a.json", '{\n"operations": [\n{]}', 3, "Expecting"),
    "pgroll's list": ("pgroll", "01_a.json", '{"operations": 1}', 1, "cannot be read"),
    "a tab in YAML": ("liquibase", "changelog.yaml", f"{LOG}\tx: 1\n", 5, "a tab character"),
    "a control character": ("liquibase", "changelog.yaml", f"{LOG}    x: \x01\n", 5, "not allowed"),
    "liquibase's JSON": ("liquibase", "changelog.json", '{\n"databaseChangeLog": [,]}', 2, "Expec"),
    "XML": (
        "liquibase",
        "changelog.xml",
        "<databaseChangeLog>\n<changeSet>\n</x>\n",
        3,
        "mismatch",
    ),
}


@pytest.mark.parametrize(("layout", "name", "text", "line", "says"), CASES.values(), ids=CASES)
def test_the_line_of_the_fault(layout: str, name: str, text: str, line: int, says: str) -> None:
    """And what the parser met there."""
    found = layouts.read([f"migrations/{name}"], "migrations", lambda _: text, layout)
    (finding,) = [f for f in found.findings if f.rule == "unreadable-metadata"]
    assert (finding.path, finding.line) == (f"migrations/{name}", line)
    assert says in finding.message
