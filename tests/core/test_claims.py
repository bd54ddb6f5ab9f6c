"""Notes held against the script: names that one has and the other has not, and downtime."""

from __future__ import annotations

import pytest

from migdocs.core import notes
from migdocs.core.changes.reading import read_script
from migdocs.core.checking import claims
from migdocs.core.hazards import judge
from migdocs.core.model import Migration, Script
from migdocs.core.sql.parser import parse_all
from migdocs.core.sql.script import split

SQL = """
ALTER TABLE users ADD COLUMN locale varchar(10); -- not nickname
CREATE INDEX ON users (locale);
CREATE TABLE teams (id bigint PRIMARY KEY, owner bigint REFERENCES users (id));
"""
SAYS_IT = "Adds column `users.locale` and its index `users_locale_idx`; creates table `teams`."


def findings(text: str, sql: str = SQL) -> list[tuple[str, int, str]]:
    """Give what is found: rule, line, message."""
    script = Script("a.sql", sql)
    changes = read_script(script)
    hazards = judge(parse_all(split(sql), "a.sql"), postgres=15, path="a.sql")
    migration = Migration("a", script, notes=notes.parse("a.md", text))
    found = claims.of_notes(migration, changes, hazards, {"users", "teams", "orders"})
    return [(item.rule, item.line, item.message) for item in found]


def unknown(changes: str, sql: str = SQL) -> list[str]:
    """Give the names under *Changes* that the script does not touch."""
    found = findings(f"# A\n\n{SAYS_IT}\n\n## Changes\n\n{changes}\n", sql)
    return [message.split("'")[1] for rule, _, message in found if rule == "notes-unknown-name"]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ("- `users.locale`, and table `teams`", []),
        ("- Adds column `nickname` to table `users`", ["nickname"]),
        ("- `users.nickname` is added", ["users.nickname"]),
        ("- `public.users.locale` is added", []),
        ("- Adds column users.nickname, varchar(20)", ["users.nickname"]),
        ("- index `users_locale_idx`", []),
        ("- `idx_users_locale` makes it fast", ["idx_users_locale"]),
        ("**Indexes added:**\n- `by_locale` - for filtering", ["by_locale"]),
        ("### Tables\n\n| name | why |\n|---|---|\n| `groups` | more |", ["groups"]),
        ("- creates table `invoices`; `config.yaml` and `CRITICAL` are no columns", ["invoices"]),
        ("- the index is made for the column that users choose", []),
        ("```sql\nALTER TABLE users ADD nickname text;\n```", []),
    ],
)
def test_a_name_that_the_script_does_not_touch(changes: str, names: list[str]) -> None:
    """Told from common words by the word before it, its form, or the label of its list."""
    assert unknown(changes) == names


def test_a_script_that_cannot_be_read_whole_is_trusted() -> None:
    """What dynamic SQL touches is not known."""
    assert unknown("- table `invoices`", "DO $$ BEGIN EXECUTE make(); END $$") == []


def test_what_the_notes_do_not_say() -> None:
    """One finding for all; parts of a new table go without saying."""
    (found,) = findings("# A\n\nThe locale of a user.\n")
    assert found == (
        "notes-silent",
        0,
        "the script changes index 'users_locale_idx', table 'teams', and the notes do not say so",
    )
    assert findings(f"# A\n\n{SAYS_IT}\n") == []


REWRITE = "ALTER TABLE users ADD number bigserial"


@pytest.mark.parametrize(
    "promise",
    ["Runs with no downtime.", "**Downtime:** None  ", "zero-downtime", "- Downtime: no"],
)
def test_a_promise_that_a_rewrite_breaks(promise: str) -> None:
    """The line of the promise, and the statement that breaks it."""
    text = f"# A\n\n`users.number`\n{promise}\n"
    assert findings(text, REWRITE) == [
        (
            "notes-downtime",
            4,
            (
                "the notes promise no downtime, but 'users' is rewritten while nobody can read it"
                " (a.sql:1: col-add-serial)"
            ),
        )
    ]
    assert findings(text, "ALTER TABLE users ADD number bigint") == []


def test_what_promises_nothing() -> None:
    """A little downtime, and the template's own choices."""
    for said in ("Some downtime.", "**Downtime:** None / Brief / Required"):
        assert findings(f"# A\n\n`users.number`\n{said}\n", REWRITE) == []
