"""What a rollback gives back, as both scripts are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from migdocs.core import reversals
from migdocs.core.derive import derive
from migdocs.core.memory import Forgetful
from migdocs.core.model import Migration, Script
from migdocs.core.sources import Folder, Sources
from migdocs.core.undoing import Undoing, undoing

if TYPE_CHECKING:
    from migdocs.core.reversal import Reversal

START = "CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, email varchar(80) UNIQUE);"

# Forward script, rollback script → what is said.
READ: dict[str, tuple[str, str | None, str]] = {
    "added and dropped": (
        "ALTER TABLE users ADD x int;",
        "ALTER TABLE users DROP x;",
        "restores the schema",
    ),
    "dropped and made as it was": (
        "ALTER TABLE users DROP CONSTRAINT users_email_key;",
        "ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);",
        "restores the schema",
    ),
    "one of two": (
        "ALTER TABLE users ADD x int, ADD y int;",
        "ALTER TABLE users DROP x;",
        "leaves column users.y",
    ),
    "not brought back": (
        "ALTER TABLE users DROP name;",
        "CREATE INDEX i ON users (id);",
        "does not bring back column users.name; leaves index i",
    ),
    "brought back as another": (
        "ALTER TABLE users DROP email;",
        "ALTER TABLE users ADD email text;",
        "changes column users.email; does not bring back constraint users_email_key",
    ),
    "nothing but a query": ("ALTER TABLE users ADD x int;", "SELECT 1;", "does nothing"),
    "nothing but remarks": ("ALTER TABLE users ADD x int;", "-- nothing to do\n", "does nothing"),
    "nothing but a transaction": ("DROP TABLE users;", "BEGIN; COMMIT;", "does nothing"),
    "nothing but its runner's row": (
        "ALTER TABLE users ADD x int;",
        "DELETE FROM schema_migrations WHERE version = '1';",
        "does nothing",
    ),
    "nothing in both": ("SELECT 1;", "SELECT 1;", "restores the schema"),
    "no script": ("SELECT 1;", None, "there is no rollback script"),
    "a table that nothing made": (
        "ALTER TABLE orders ADD x int;",
        "ALTER TABLE orders DROP x;",
        "restores the schema",
    ),
    "left on a table that nothing made": (
        "ALTER TABLE orders ADD x int, ADD y int;",
        "ALTER TABLE orders DROP x;",
        "leaves column orders.y",
    ),
    "brought back to a table that nothing made": (
        "ALTER TABLE orders DROP x;",
        "ALTER TABLE orders ADD x int;",
        "not known: the migrations that are read do not make orders",
    ),
    "under a condition": (
        "ALTER TABLE users ADD x int;",
        "DO $$ BEGIN IF now() > '2020-01-01' THEN ALTER TABLE users DROP x; END IF; END $$;",
        "not known: line 1: it runs only under a condition",
    ),
    "built at run time": (
        "ALTER TABLE users ADD x int;",
        "DO $$ BEGIN EXECUTE format('DROP TABLE %I', current_user); END $$;",
        "not known: its rollback: line 1: the SQL is put together at run time",
    ),
    "does not parse": (
        "ALTER TABLE users ADD x int;",
        "ALTER users;",
        'not known: its rollback: line 1: syntax error at or near "users"',
    ),
    "drops what is not there": (
        "ALTER TABLE users ADD x int;",
        "DROP INDEX i; ALTER TABLE users DROP x;",
        "not known: line 1: it drops index i, which no script here creates",
    ),
    "a forward script with a placeholder": (
        "ALTER TABLE {{ schema }}.users ADD x int;",
        "ALTER TABLE users DROP x;",
        "not known: its forward script: '{{ schema }}' is filled in by something else",
    ),
    "a forward script with a placeholder, and nothing back": (
        "ALTER TABLE {{ schema }}.users ADD x int;",
        "SELECT 1;",
        "does nothing",
    ),
}


def migration(id_: str, forward: str, back: str | None, language: str = "sql") -> Migration:
    """Give a migration of these texts."""
    rollback = None if back is None else Script(f"{id_}.down.sql", back, language=language)
    return Migration(id_, Script(f"{id_}.up.sql", forward, language=language), rollback)


def read(*migrations: Migration) -> dict[str, Reversal]:
    """Read the ways back of a project."""
    return dict(derive(Sources(folder=Folder(migrations))).sql.reversals)


@pytest.mark.parametrize(("forward", "back", "said"), READ.values(), ids=READ)
def test_both_ways_are_replayed_and_compared(forward: str, back: str | None, said: str) -> None:
    """What is left is named; what cannot be read is not known, never good."""
    found = read(migration("1", START, None), migration("2", forward, back))
    assert str(found["2"]) == said


def test_another_language_is_the_runners_to_undo() -> None:
    """With one program for both ways, or with none that is named so."""
    both = migration("1", "package main", "package main", "go")
    alone = migration("2", "class A {}", None, "java")
    assert {id_: str(item) for id_, item in read(both, alone).items()} == {
        "1": "not known: it is written in Go: the project's runner decides",
        "2": "not known: it is written in Java: the project's runner decides",
    }


# Forward, rollback, what a server showed → whether it can be undone.
UNDONE = {
    "restored": ("ALTER TABLE users ADD x int;", "ALTER TABLE users DROP x;", "", "yes"),
    "does nothing": ("ALTER TABLE users ADD x int;", "SELECT 1;", "", "no"),
    "does nothing, and a server saw no change": ("UPDATE users SET id = 1;", "", "exact", "yes"),
    "leaves a column": (
        "ALTER TABLE users ADD x int, ADD y int;",
        "ALTER TABLE users DROP x;",
        "",
        "partly",
    ),
    "a column is missing": ("ALTER TABLE users DROP name;", "DROP TABLE IF EXISTS b;", "", "no"),
    "a name stays changed": (
        "ALTER TABLE users RENAME name TO n;",
        "LOCK users; ANALYZE;",
        "",
        "no",
    ),
    "seen to differ, harmless": (
        "ALTER TABLE users ADD x int;",
        "ALTER TABLE users DROP x;",
        "differs",
        "partly",
    ),
    "seen to differ, breaking": (
        "ALTER TABLE users DROP name;",
        "ALTER TABLE users ADD name text NOT NULL;",
        "differs",
        "no",
    ),
    "seen to differ, and not read": (
        "ALTER TABLE users ADD x int; ALTER TABLE nope DROP COLUM y;",
        "ALTER TABLE users DROP x;",
        "differs",
        "unknown",
    ),
    "seen to lose rows": (
        "ALTER TABLE users ADD x int;",
        "ALTER TABLE users DROP x;",
        "rows-lost",
        "no",
    ),
    "unknown, and seen to restore": (
        "ALTER TABLE orders DROP x;",
        "ALTER TABLE orders ADD x int;",
        "exact",
        "yes",
    ),
    "unknown": ("ALTER TABLE orders DROP x;", "ALTER TABLE orders ADD x int;", "", "unknown"),
}


@pytest.mark.parametrize(("forward", "back", "verdict", "can"), UNDONE.values(), ids=UNDONE)
def test_whether_it_can_be_undone(forward: str, back: str, verdict: str, can: str) -> None:
    """A server counts more than reading; what the version before cannot run on is no way back."""
    migrations = (migration("1", START, None), migration("2", forward, back))
    entry = derive(Sources(folder=Folder(migrations))).entries["2"]
    assert undoing(entry, verdict).can == can


def test_why_it_cannot_be_undone_is_said() -> None:
    """By its script, and by its notes."""
    made = derive(Sources(folder=Folder((migration("1", START, "SELECT 1;"),))))
    assert undoing(made.entries["1"]) == Undoing("no", "its rollback script does nothing")


def test_what_was_read_is_kept_until_a_script_before_it_changes() -> None:
    """The place of a script decides what undoing it means."""
    kept: dict[str, dict[str, object]] = {}

    class Memory(Forgetful):
        """Keeps everything."""

        def load(self, name: str) -> dict[str, object]:
            """Give it."""
            return kept.get(name, {})

        def store(self, name: str, data: dict[str, object]) -> None:
            """Keep it."""
            kept[name] = dict(data)

    two = migration("2", "ALTER TABLE users DROP name;", "ALTER TABLE users ADD name text;")
    for start, said in (
        (START, "changes column users.name"),
        ("CREATE TABLE users (name text);", "restores the schema"),
    ):
        migrations = (migration("1", start, None), two)
        folder = Folder(migrations)
        first = derive(Sources(folder=folder, memory=Memory())).sql.reversals["2"]
        again = derive(Sources(folder=folder, memory=Memory())).sql.reversals["2"]
        assert str(first) == str(again) == said
    assert reversals.read_all(Memory(), (), {}) == {}
