"""A new migration from the template: its name, its header, its skeletons."""

from __future__ import annotations

import pytest

from migdocs.core import notes
from migdocs.core.errors import UsageError
from migdocs.core.notes import scaffold, template

NAMES = {
    "add user locale": "add_user_locale",
    "Add_User-Locale!": "add_user_locale",
    "  déjà vu  ": "deja_vu",
    "../../etc/passwd": "etc_passwd",
    "x'; DROP TABLE users; --": "x_drop_table_users",
    "a\nb\x1b[31m": "a_b_31m",
    "2fa": "2fa",
}


@pytest.mark.parametrize(("words", "name"), NAMES.items())
def test_a_name_is_safe_in_every_file_system(words: str, name: str) -> None:
    """Letters, digits and single underscores; no path, no case, no accent."""
    assert scaffold.name(words) == name


@pytest.mark.parametrize("words", ["", "  ", "…", "日本語", "../.."])
def test_a_name_without_a_letter_is_refused(words: str) -> None:
    """There is nothing to call the file."""
    with pytest.raises(UsageError, match="gives no name for a file"):
        scaffold.name(words)


TITLES = {
    "add user locale": "Add user locale",
    "add_user_locale": "Add user locale",
    "support OAuth for API clients": "Support OAuth for API clients",
    "add oidc client": "Add OIDC client",
    "Add oidc client": "Add oidc client",
    "keep_case of_names": "Keep_case of_names",
    "a\nDROP TABLE users;": "A DROP TABLE users;",
}


@pytest.mark.parametrize(("words", "title"), TITLES.items())
def test_a_title_is_what_was_typed(words: str, title: str) -> None:
    """On one line, in the author's own case; a name alone becomes words."""
    assert scaffold.title(words) == title


SCRIPTS = """
## Scripts

### Forward

```sql
-- Migration: [id]
-- Date: YYYY-MM-DD
-- Version: vX.X.X
-- Description: [Short Description]
-- Owner: the core team

-- [What changes]
```

### Rollback

```sql
-- Rollback: Short description
```
"""
BOLD = """\
# Migration Template

How to use it.

## Migration: [Short description]

**Date:** YYYY-MM-DD  
**Version**: vX.X.X  
- **Breaking:** Yes / No
**Is it tested?** Yes / No
**Owner:**
**Risk:** [low / high]

## Overview
<!-- optional -->

Run `YYYYMMDD_HHMMSS_name.sql`; see [Short description].
"""  # noqa: W291 - the two spaces are Markdown's line break
TABLE = "# Migration: [x]\n\n| Field | Value |\n|---|---|\n| Date | YYYY-MM-DD |\n| Owner | |\n"
HEADINGS = "# Migration: [x]\n\n## Version\n\nvX.X.X\n\n## Overview\n\n[Why]\n"
FRONT = (
    "---\ndate: YYYY-MM-DD\nowner:\nbreaking: false\n---\nHow to.\n\n# Migration: [x]\n\n[Why]\n"
)
FIELDS = {"app version": "v1.2.0", "Breaking": "no", "OWNER": "Ada | Bob: both\nof them"}


def draft(text: str) -> scaffold.Draft:
    """Draft a migration from a template."""
    read = template.parse("TEMPLATE.md", text)
    return scaffold.draft(read, scaffold.New("20260301_x", r"Add \1 locale", "2026-03-01"), FIELDS)


def test_bold_fields_are_filled_and_the_rest_is_left() -> None:
    """The explanation above the title goes, and so do the skeletons; line breaks stay."""
    assert draft(BOLD + SCRIPTS).notes == (
        "# Migration: Add \\1 locale\n\n"
        "**Date:** 2026-03-01  \n"
        "**Version**: v1.2.0  \n"
        "- **Breaking:** No\n"
        "**Is it tested?** Yes / No\n"
        "**Owner:** Ada | Bob: both of them\n"
        "**Risk:** [low / high]\n\n"
        "## Overview\n\n"
        "Run `20260301_x.sql`; see Add \\1 locale.\n"
    )


def test_script_skeletons_are_filled() -> None:
    """What is known stands in their headers, a fixed value stays, the rest is the author's."""
    made = draft(BOLD + SCRIPTS)
    assert made.forward == (
        "-- Migration: 20260301_x\n-- Date: 2026-03-01\n-- Version: v1.2.0\n"
        "-- Description: Add \\1 locale\n-- Owner: the core team\n\n-- [What changes]\n"
    )
    assert made.rollback == "-- Rollback: Add \\1 locale\n"
    assert draft(BOLD).forward.startswith("-- Migration: 20260301_x\n-- Date: 2026-03-01\n")


@pytest.mark.parametrize(
    "text", [TABLE, HEADINGS, FRONT], ids=["table", "headings", "front matter"]
)
def test_other_headers_are_filled_in_their_own_shape(text: str) -> None:
    """What was filled in is read back from the notes as it was given."""
    made = draft(text + SCRIPTS).notes
    read = {f.name.lower(): f.value for f in notes.parse("x.md", made).fields}
    asked = {f.name.lower() for f in template.parse("T.md", text).fields}
    given = {
        "date": "2026-03-01",
        "version": "v1.2.0",
        "owner": "Ada | Bob: both of them",
        "breaking": "no",
    }
    assert read == {name: given[name] for name in asked}
    assert "# Migration: Add \\1 locale\n" in made
    assert "How to." not in made
    assert "Forward" not in made


def test_skeletons_in_the_middle_are_cut_out() -> None:
    """What follows them stays."""
    contract = template.parse("T.md", "# Migration: [x]\n" + SCRIPTS + "\n## Related\n\nNone.\n")
    made = scaffold.draft(contract, scaffold.New("x", r"Add \1 locale", "2026-03-01"), {}).notes
    assert made == "# Migration: Add \\1 locale\n\n## Related\n\nNone.\n"


def test_what_was_drafted_still_has_to_be_written() -> None:
    """A fresh draft fails the check until its author has said what only they know."""
    contract = template.parse("TEMPLATE.md", BOLD + SCRIPTS)
    made = scaffold.draft(contract, scaffold.New("20260301_x", "Add locale", "2026-03-01"), {})
    left = list(template.check(notes.parse("x.md", made.notes), contract))
    assert {f.rule for f in left} == {"notes-placeholder", "notes-field-missing"}


def test_a_template_without_a_header_takes_what_a_person_declares() -> None:
    """A planned version, for one: it is a choice, and is read back."""
    contract = template.parse("TEMPLATE.md", "# Migration: [x]\n\n## Why\n\n[Why]\n")
    made = scaffold.draft(contract, scaffold.New("a", "A", "2026-03-01"), {"Version": "v2.0.0"})
    assert made.notes == "# Migration: A\n\n**Version:** v2.0.0  \n\n## Why\n\n[Why]\n"
    assert notes.declared(notes.parse("a.md", made.notes), None).version == "v2.0.0"
