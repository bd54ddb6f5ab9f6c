"""``new --from``: a forward script becomes a triple, and its rollback is tried on a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from migdocs.core.notes import derived

if TYPE_CHECKING:
    from conftest import Workplace
    from migdocs.adapters.sandbox import Server

DRAFT = """\
-- Users choose a language.
ALTER TABLE users ADD COLUMN locale varchar(10) NOT NULL DEFAULT 'en';
CREATE INDEX users_locale ON users (locale);
UPDATE users SET locale = 'fr' WHERE email LIKE '%.fr';
ALTER TABLE activity_logs RENAME COLUMN is_anomaly TO is_odd;
DROP INDEX activity_logs_severity_idx;
"""

BREAKS = "breaks if it uses what this changes: renames column activity_logs.is_anomaly to is_odd"
LOCKED = (
    "nobody can read or write `activity_logs` (ACCESS EXCLUSIVE);"
    " nobody can read or write `users` (ACCESS EXCLUSIVE, and it is scanned)"
)


def made(sample: Workplace, draft: str, *arguments: str) -> dict[str, str]:
    """Make a triple of a draft; give its texts by what follows the id in their names."""
    sample.write("draft.sql", draft)
    done = sample.migdocs("new", "add user locale", "--from", "draft.sql", *arguments)
    assert done.code == 0, done.err
    return {path.partition("_add_user_locale")[2]: sample.read(path) for path in done.out.split()}


def test_a_drafted_rollback_brings_the_schema_back(sample: Workplace, postgres: Server) -> None:
    """On a real server: the verdict of ``verify`` is that nothing differs."""
    texts = made(sample, DRAFT)
    assert "migdocs: write by hand" not in texts["_rollback.sql"]
    forward = next(sample.root.glob("migrations/*_add_user_locale.sql")).stem
    done = sample.migdocs("verify", forward, "--json", "--server", postgres.base)
    (seen,) = (m for m in json.loads(done.out)["migrations"] if m["id"] == forward)
    assert (seen["applied"], seen["rollback"]["verdict"]) == (True, "exact")


def test_the_triple_says_what_the_sql_says(sample: Workplace) -> None:
    """The scripts stand in the template's frame; header, Changes, Impact and way back are told."""
    texts = made(sample, DRAFT)
    forward, rollback, notes = texts[".sql"], texts["_rollback.sql"], texts[".md"]
    assert forward.index("BEGIN;") < forward.index(DRAFT) < forward.index("COMMIT;")
    assert "-- Description: Undo: Add user locale" in rollback
    undone = [line for line in rollback.split("\n") if line.startswith(("ALTER", "CREATE", "DROP"))]
    assert undone == [
        "CREATE INDEX activity_logs_severity_idx ON activity_logs (severity, created_at DESC);",
        "ALTER TABLE activity_logs RENAME COLUMN is_odd TO is_anomaly;",
        "DROP INDEX users_locale;",
        "ALTER TABLE users DROP COLUMN locale;",
    ]
    for line in (
        "**Type:** Schema Change + Data Migration  ",
        "**Breaking:** Yes (only for the release before: stop it first)  ",
        "**Dependencies:** 20240103_add_activity_log_smart_fields  ",
        "- Adds column users.locale, varchar(10), not null, default 'en'",
        "- Renames column activity_logs.is_anomaly to is_odd",
        f"- **Release before, new schema:** {BREAKS}",
        f"- **While it runs:** {LOCKED}",
        "- **Existing rows:** updates users, setting locale",
        "Lost with it: what was written to users.locale since.",
    ):
        assert f"{line}\n" in derived.without(notes)
    assert "[What changes and why" in notes  # nobody but a person can say that


def test_what_a_person_must_write_is_marked(sample: Workplace) -> None:
    """In the rollback, in the notes, and by the command."""
    sample.write("draft.sql", "DELETE FROM users WHERE email = '';\n")
    done = sample.migdocs("new", "tidy", "--from", "draft.sql")
    told = "restore the old values of users, if they are known"
    rollback = next(sample.root.glob("migrations/*_tidy_rollback.sql")).read_text()
    assert f"-- migdocs: write by hand: {told}" in rollback
    assert f"To write by hand in the rollback: {told}" in done.err
    assert f"- {told}" in next(sample.root.glob("migrations/*_tidy.md")).read_text()


def test_what_runs_in_no_transaction_is_put_into_none(sample: Workplace) -> None:
    """The template's BEGIN and COMMIT would make PostgreSQL refuse it."""
    index = "CREATE INDEX CONCURRENTLY users_email2 ON users (email);"
    texts = made(sample, index)
    assert texts[".sql"].split("\n\n", 1)[1] == f"{index}\n"
    assert "BEGIN" in texts["_rollback.sql"]


def test_what_was_given_goes_before_what_was_computed(sample: Workplace) -> None:
    """A person's word stands; ``check`` will say where it is wrong."""
    assert "**Breaking:** No  \n" in made(sample, DRAFT, "--set", "Breaking=No")[".md"]


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("SELECT 1;\nALTER TABLE users ADD;\n", "draft.sql:2:22: syntax error at end of input"),
        ("\\i other.sql\n", "draft.sql:1: '\\i' is a command of psql"),
        (None, "draft.sql"),
    ],
)
def test_a_draft_that_cannot_be_read_is_refused(
    sample: Workplace, draft: str | None, said: str
) -> None:
    """With its place, and nothing is written."""
    if draft is not None:
        sample.write("draft.sql", draft)
    before = sample.files()
    done = sample.migdocs("new", "x", "--from", "draft.sql")
    assert done.code in {2, 3}
    assert said in done.err
    assert sample.files() == before
