"""Notes and rollbacks that are there are completed: nothing that a person wrote is touched."""

from __future__ import annotations

import re

import pytest

from migdocs.core import notes
from migdocs.core.catalog import Catalog
from migdocs.core.changes.reading import read_changes
from migdocs.core.draft import completion, placing, triple
from migdocs.core.notes import derived, template
from migdocs.core.sql.parser import parse_all
from migdocs.core.sql.script import split

BASE = "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, role text);"
FORWARD = "ALTER TABLE users ADD COLUMN locale text; ALTER TABLE users DROP COLUMN role;"
CONTRACT = """\
# Migration: [Short description]

**Type:** Schema Change / Data Migration
**Breaking:** Yes / No
**Owner:** [who]

## Why

[Why]

## Changes

- [One line for each]

## Impact

- **While it runs:** [what is locked]
- **Users:** [what they notice]

## Verification

Each query answers true.

```sql
SELECT [a question];
```

## Way back

[What the rollback restores]
"""
ASKED = template.parse("TEMPLATE.md", CONTRACT)
BARE = template.parse("TEMPLATE.md", "# Migration: [x]\n\n## Why\n\n[Why]\n")


def content(forward: str = FORWARD, *, private: bool = False) -> triple.Content:
    """Give what a script says on the schema."""
    before = Catalog()
    before.apply_all(read_changes(parse_all(split(BASE)), "base.sql"))
    effects = before.fork().apply_all(read_changes(parse_all(split(forward)), "a.sql", before))
    return triple.content(triple.Read(forward, before, effects, private=private))


def complete(
    text: str, contract: template.Template = ASKED, told: triple.Content | None = None
) -> completion.Completed:
    """Complete some notes."""
    return completion.complete("a.md", text, contract, told or content())


def test_what_is_empty_is_filled_and_marked() -> None:
    """In the places that the template has for it; what only a person knows stays open."""
    done = complete(CONTRACT)
    told = derived.without(done.text)
    for line in (
        "**Type:** Schema Change\n",
        "**Breaking:** Yes\n",
        "- Adds column users.locale, text\n",
        "- **While it runs:** ",
        "AND attname = 'locale' AND NOT attisdropped);\n```",
        "The rollback restores the schema.",
        "## Read from the SQL\n\n\n- **Dependencies:** none\n- **Downtime:** None\n",
    ):
        assert line in told
    assert "[One line" not in told
    for line in ("**Owner:** [who]", "\n[Why]\n", "- **Users:** [what they notice]"):
        assert line in told
    assert done.filled[:2] == ("Type", "Breaking")
    assert "Lost by the rollback" not in told.partition("Read from")[2]  # the way back says it


def test_filling_again_changes_nothing() -> None:
    """Not a byte, whatever the template."""
    for contract in (ASKED, BARE):
        done = complete(contract.text, contract)
        again = complete(done.text, contract)
        assert (again.text, again.filled) == (done.text, ())


def test_a_persons_words_stay() -> None:
    """Where the SQL says something else too: ``check`` is there to say so."""
    mine = CONTRACT.replace("Yes / No", "No").replace("- [One line for each]", "- What I did")
    mine = mine.replace("[what is locked]", "Nothing is.")
    done = complete(mine)
    for line in ("**Breaking:** No\n", "- What I did\n", "- **While it runs:** Nothing is.\n"):
        assert line in done.text
    assert done.kept == ("Breaking", "Changes", "While it runs")


def test_what_was_derived_is_renewed_unless_somebody_changed_it() -> None:
    """The hash beside it tells which."""
    done = complete(CONTRACT)
    edited = done.text.replace("- Adds column users.locale, text", "- Users choose a language")
    later = complete(edited, told=content("ALTER TABLE users ADD COLUMN zone text;"))
    assert "- Users choose a language\n" in later.text
    assert "**Breaking:** No <!--" in later.text
    assert "users.locale" not in later.text.partition("## Verification")[2]
    assert "Changes" in later.kept


def test_a_template_that_asks_for_nothing_gets_a_section() -> None:
    """All that the SQL says is in one place, at the end, and there are queries."""
    told = derived.without(complete(BARE.text, BARE).text)
    names = re.findall(r"^- \*\*(.+?):\*\*", told, re.MULTILINE)
    assert names == [
        "Type",
        "Breaking",
        "Dependencies",
        "Downtime",
        "Locks",
        "Release before, new schema",
        "Existing rows",
        "Lost by the rollback",
    ]
    read = notes.parse("a.md", told)
    assert [check.sql.split()[0:2] for check in read.checks] == [
        ["SELECT", "EXISTS"],
        ["SELECT", "NOT"],
    ]


HEADERS = [
    "---\ntype:\nbreaking: Yes / No\n---\n# Migration: x\n",
    "# Migration: x\n\n| Field | Value |\n|---|---|\n| Type | |\n| Breaking | Yes / No |\n",
    "# Migration: x\n\n**Type**:\n- **Breaking:** Yes / No  \n",
]


@pytest.mark.parametrize("header", HEADERS, ids=["yaml", "table", "bold"])
def test_every_shape_of_header_is_filled_and_read(header: str) -> None:
    """The mark is no part of the value, and the shape stays."""
    contract = template.parse("TEMPLATE.md", header)
    done = complete(header, contract)
    read = notes.parse("a.md", done.text)
    assert {f.name.lower(): f.value for f in read.fields} == {
        "type": "Schema Change",
        "breaking": "Yes",
    }
    assert complete(done.text, contract).filled == ()
    assert list(template.check(read, contract)) == []


def test_what_is_derived_is_not_declared() -> None:
    """It is no person's word: what counts is what the SQL says now."""
    done = complete(CONTRACT)
    assert notes.declared(notes.parse("a.md", done.text), None).breaking is None
    mine = done.text.replace("**Breaking:** Yes", "**Breaking:** No")
    assert notes.declared(notes.parse("a.md", mine), None).breaking is False


def test_a_private_schema_breaks_nobody_but_the_release_before() -> None:
    """Its notes say so."""
    assert content(private=True).fields["breaking"].startswith("Yes (only for the release before")


SKELETON = "-- Migration: x\n\nBEGIN;\n\n-- [The same in reverse]\n\nCOMMIT;\n"
EMPTY = ["", "\n\n", "-- Migration: x\n", SKELETON, "BEGIN;\nCOMMIT;\n", "SELECT 'down';\n"]
WRITTEN = ["DROP TABLE a;\n", "-- Cannot be undone: restore the backup.\n", "/* no */\n"]


@pytest.mark.parametrize("script", EMPTY)
def test_an_empty_rollback_gets_the_draft(script: str) -> None:
    """Where the skeleton leaves room for it; a second time it is renewed."""
    made = placing.placed(script, "DROP TABLE a;", SKELETON)
    assert made is not None
    assert "DROP TABLE a;" in made
    again = placing.placed(made, "DROP TABLE b;", SKELETON)
    assert again is not None
    assert "TABLE a" not in again
    assert placing.placed(made.replace("a;", "a CASCADE;"), "DROP TABLE b;", SKELETON) is None


@pytest.mark.parametrize("script", WRITTEN)
def test_a_rollback_that_somebody_wrote_is_left_alone(script: str) -> None:
    """Remarks are somebody's words too."""
    assert placing.placed(script, "DROP TABLE a;", SKELETON) is None
