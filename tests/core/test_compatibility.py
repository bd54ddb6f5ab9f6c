"""Which release runs on which schema, as a drawing: one release a line, oldest first.

A line of the drawing is a release and what its migration says: ``x`` breaks, ``=`` does not, ``?``
does not say, ``<`` also runs on the schema before, ``.`` has no migration. A dash leads from the
release before; two spaces more begin a line of releases of its own. What is expected is the
schema it ships, the oldest and the newest that it runs on, and the notes.
"""

from __future__ import annotations

import pytest

from migdocs.core.known import Known, Unknown, of_scripts
from migdocs.core.model import Declared, Migration
from migdocs.core.releases import compatibility
from migdocs.core.timeline import Release

DRAWINGS = {
    "additions keep old releases running": """
        1.0 =   | 1.0 1.0 1.2 | first release
        1.1 =   | 1.1 1.1 1.2 | 1.0 keeps working
        1.2 =   | 1.2 1.2 1.2 | 1.1 keeps working
    """,
    "a breaking release ends what the older run on": """
        1.0 =   | 1.0 1.0 1.1 | first release
        1.1 =   | 1.1 1.1 1.1 | 1.0 keeps working
        2.0 x   | 2.0 2.0 2.1 | breaks 1.1 and older
        2.1 =   | 2.1 2.1 2.1 | 2.0 keeps working
    """,
    "forward compatible software runs on what was before": """
        1.0 =   | 1.0 1.0 1.2 | first release
        1.1 <   | 1.1 1.0 1.2 | 1.0 keeps working; also runs before its migrations
        1.2 <   | 1.2 1.0 1.2 | 1.1 keeps working; also runs before its migrations
    """,
    "one that is not forward compatible stops it": """
        1.0 =   | 1.0 1.0 1.2 | first release
        1.1 =   | 1.1 1.1 1.2 | 1.0 keeps working
        1.2 <   | 1.2 1.1 1.2 | 1.1 keeps working; also runs before its migrations
    """,
    "a breaking one may still start on the old schema": """
        1.0 =   | 1.0 1.0 1.0 | first release
        2.0 x<  | 2.0 1.0 2.0 | breaks 1.0 and older
    """,
    "a release without migrations shares its schema": """
        1.0 =   | 1.0 1.0 1.2 | first release
        1.1 .   | 1.0 1.0 1.2 | same schema as 1.0
        1.2 =   | 1.2 1.2 1.2 | 1.1 keeps working
    """,
    "one was not read": """
        1.0 ?   | 1.0 1.0 1.0?1.1 | first release
        1.1 ?   | 1.1 1.1 1.1 | ? (Go)
    """,
    "a line of its own leads elsewhere": """
        1.0 =   | 1.0 1.0 1.1 | first release
          1.0.1 x | 1.0.1 1.0.1 1.0.1 | breaks 1.0 and older
        1.1 =   | 1.1 1.1 1.1 | 1.0 keeps working
    """,
}


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)
def test_the_matrix_is_as_drawn(drawing: str) -> None:
    """As the issue defines it: its own schema, the oldest, and up to the next breaking release."""
    releases: list[Release] = []
    migrations: dict[str, Migration] = {}
    breaking: dict[str, Known[bool]] = {}
    expected = []
    for line in drawing.strip("\n").splitlines()[:-1]:
        drawn, schemas, notes = (part.strip() for part in line.split("|"))
        version, marks = drawn.split()
        main = not line.startswith(" " * 10)
        previous = [r.version for r in releases if r.lineage == "main"]
        ids = () if "." in marks else (f"m{version}",)
        for id_ in ids:
            migrations[id_] = Migration(id_, declared=Declared(forward_compatible="<" in marks))
            breaking[id_] = {"x": True, "?": Unknown("Go")}.get(marks[0], False)
        releases.append(
            Release(
                version,
                previous=previous[-1] if previous else None,
                lineage="main" if main else "other",
                migrations=ids,
            )
        )
        known = breaking[ids[0]] if ids else False
        broken = known if isinstance(known, bool) else of_scripts(1, 1, ["Go"])
        named = (name.replace("?", "; not known for ") for name in schemas.split())
        unread = f"whether {previous[-1]} keeps working is {broken}" if previous else ""
        notes = unread if notes == "? (Go)" else notes
        expected.append((version, *named, broken, notes))
    releases += [Release("Unreleased", "unreleased", migrations=("m",)), Release("3.0", "planned")]
    rows = compatibility.matrix(releases, migrations, breaking)
    assert [
        (r.version, r.schema, r.oldest, r.newest, r.breaking, r.notes) for r in rows
    ] == expected


def test_without_releases_there_is_no_matrix() -> None:
    """What is not released runs nowhere."""
    assert compatibility.matrix([Release("Unreleased", "unreleased")], {}, {}) == ()
