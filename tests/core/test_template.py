"""TEMPLATE.md is the contract: what it asks for, and where notes and scripts fall short of it."""

from __future__ import annotations

import pytest

from migdocs.core import notes
from migdocs.core.model import Migration, Script
from migdocs.core.notes import template
from migdocs.core.notes.template import TemplateField

TEMPLATE = """\
# Migration: [Short description]

**Date:** YYYY-MM-DD
**Version:** vX.X.X
**Type:** Schema Change / Data Migration
**Breaking:** Yes / No
**Duration:** [how long / on how many rows]
**Owner:**

## Overview

[What changes and why.] See [the guide](docs/guide.md), #XXX.

## Verification

```sql
SELECT [a question]; -- YYYY-MM-DD
```

## Related
<!-- optional: links -->

- [Links]

## Scripts

### Forward

```sql
-- Date: YYYY-MM-DD
-- [What changes]
```

### Rollback (in reverse order)

```sql
-- [The same in reverse]
```
"""
GOOD = """\
# Migration: Add locale

**Date:** 2026-03-01
**Version:** v1.2.0
**Type:** Schema Change
**Breaking:** No
**Duration:** 2 s
**Owner:** Ada

## Overview

Users choose.

## Verification

```sql
SELECT true;
```
"""
CONTRACT = template.parse("db/TEMPLATE.md", TEMPLATE)


def findings(text: str) -> list[str]:
    """Give what is wrong with notes: ``line rule: message``."""
    found = template.check(notes.parse("x.md", text), CONTRACT)
    return [f"{item.line} {item.rule}: {item.message}" for item in found]


def test_a_template_says_what_notes_must_have() -> None:
    """Fields with their choices, sections, placeholders, and the scripts' skeletons."""
    kinds = ("Schema Change", "Data Migration")
    assert CONTRACT.fields == (
        TemplateField("Date", "YYYY-MM-DD", (), 3),
        TemplateField("Version", "vX.X.X", (), 4),
        TemplateField("Type", "Schema Change / Data Migration", kinds, 5),
        TemplateField("Breaking", "Yes / No", ("Yes", "No"), 6),
        TemplateField("Duration", "[how long / on how many rows]", (), 7),
        TemplateField("Owner", "", (), 8),
    )
    assert [(s.heading, s.required) for s in CONTRACT.sections] == [
        ("Overview", True),
        ("Verification", True),
        ("Related", False),
    ]
    assert {"[Short description]", "[a question]", "#XXX", "vX.X.X"} <= CONTRACT.placeholders
    assert "[the guide]" not in CONTRACT.placeholders, "a link's text stays"
    assert CONTRACT.forward == "-- Date: YYYY-MM-DD\n-- [What changes]\n"
    assert CONTRACT.rollback == "-- [The same in reverse]\n"


def test_an_empty_template_asks_for_nothing() -> None:
    """Every part of the contract is the user's to leave out."""
    nothing = template.parse("TEMPLATE.md", "")
    assert (nothing.fields, nothing.sections, nothing.forward) == ((), (), "")
    assert list(template.check(notes.parse("x.md", ""), nothing)) == []


def test_good_notes_have_no_findings() -> None:
    """An optional section may be left out."""
    assert findings(GOOD) == []


SHORT = {
    "fields missing": (
        [("**Owner:** Ada\n", ""), ("**Date:** 2026-03-01\n", "**Date:**\n")],
        ["1 notes-field-missing: the header lacks 'Date' and 'Owner'"],
    ),
    "another name for the same": ([("**Version:**", "**App Version:**")], []),
    "a value outside the choices": (
        [("Schema Change", "Refactoring")],
        ["5 notes-value: Type is 'Refactoring', which db/TEMPLATE.md does not allow"],
    ),
    "choices joined, with a reason": (
        [("Schema Change", "schema change + Data Migration"), ("No\n", "No (a default)\n")],
        [],
    ),
    "a choice not made": (
        [("**Breaking:** No", "**Breaking:** Yes / No")],
        ["6 notes-placeholder: the template's placeholder 'Yes / No' is still here"],
    ),
    "a section missing": (
        [("## Overview", "## Summary")],
        ["0 notes-section-missing: the section 'Overview' is missing"],
    ),
    "two sections missing": (
        [("## Overview", "## Summary"), ("## Verification", "## Checks")],
        ["0 notes-section-missing: the sections 'Overview' and 'Verification' are missing"],
    ),
    "a section empty": (
        [("Users choose.\n", "---\n")],
        ["10 notes-section-empty: the section 'Overview' is empty"],
    ),
    "placeholders left": (
        [("Add locale", "[Short description]"), ("Users choose.", "For #XXX.")],
        [
            "1 notes-placeholder: the template's placeholder '[Short description]' is still here",
            "12 notes-placeholder: the template's placeholder '#XXX' is still here",
        ],
    ),
    "a check left": (
        [("SELECT true;", "SELECT [a question];")],
        ["17 notes-placeholder: the template's placeholder '[a question]' is still here"],
    ),
    "a date's format in a check is SQL": ([("true", "to_char(now(), 'YYYY-MM-DD')")], []),
    "brackets of one's own": ([("Users choose.", "Users [choose]. - [ ] x[1]")], []),
}


@pytest.mark.parametrize(("edits", "expected"), SHORT.values(), ids=SHORT)
def test_notes_that_fall_short_are_told_where(
    edits: list[tuple[str, str]], expected: list[str]
) -> None:
    """One finding for all missing fields, one for all missing sections, one for each other."""
    text = GOOD
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    assert findings(text) == expected


def test_scripts_that_still_hold_their_skeleton_are_told() -> None:
    """Words in brackets count everywhere, a date's format only in a comment."""
    forward = "-- Date: YYYY-MM-DD\nSELECT to_char(now(), 'YYYY-MM-DD'), x[1];\n-- [What changes]"
    migration = Migration(
        "x", Script("x.sql", forward, line=11), Script("x_rollback.sql", "-- fine")
    )
    found = template.check_scripts(migration, CONTRACT)
    assert [(f.rule, f.path, f.line) for f in found] == [
        ("script-placeholder", "x.sql", 11),
        ("script-placeholder", "x.sql", 13),
    ]
    both = Script("x.sql", "-- [What changes]")
    once = template.check_scripts(Migration("x", both, both), CONTRACT)
    assert len(list(once)) == 1, "one file holds both ways"
    assert list(template.check_scripts(Migration("x"), CONTRACT)) == []


def test_values_that_the_template_refuses_are_said_together() -> None:
    """An unknown field and a wrong value, each with what is allowed."""
    values = {"Team": "core", "type": "Refactoring", "breaking": "no", "App Version": "v1"}
    unknown, wrong = template.refused(CONTRACT, values)
    assert unknown.message == "db/TEMPLATE.md has no field 'Team'"
    assert unknown.hint == "it has: Date, Version, Type, Breaking, Duration, Owner."
    assert wrong.message == "Type is 'Refactoring', which db/TEMPLATE.md does not allow"
    assert wrong.hint == "give one of: Schema Change, Data Migration."


def test_an_array_of_the_same_word_is_no_placeholder() -> None:
    """``ARRAY[id]`` is SQL; the template's own ``[id]`` on its own is not."""
    contract = template.parse("T.md", "# T\n\n**File:** `[id].sql`\n")
    sql = "SELECT ARRAY[id], tags[id] FROM users;\nSELECT [id];\n"
    found = list(template.check_scripts(Migration("1", Script("1.sql", sql)), contract))
    assert [(f.rule, f.line) for f in found] == [("script-placeholder", 2)]


def test_a_remark_of_a_generator_is_no_skeleton() -> None:
    """The skeleton's own line is left over; a generator's remark with the same word is not."""
    contract = template.parse(
        "T.md", "# T\n\n## Scripts\n\n### Forward\n\n```sql\n-- Migration: [id]\n```\n"
    )
    sql = "-- Modifies the key [id], generated\n-- migration: [id]\n"
    found = list(template.check_scripts(Migration("1", Script("1.sql", sql)), contract))
    assert [(f.rule, f.line) for f in found] == [("script-placeholder", 2)]
