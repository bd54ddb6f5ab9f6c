"""``migdocs`` alone says what comes next in a folder; ``decide`` takes what a script answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Workplace

DROPS = "ALTER TABLE users DROP COLUMN email;\n"
NULLABLE = "ALTER TABLE users ADD COLUMN locale text;\n"
UNREAD = "DO $$ BEGIN EXECUTE current_setting('app.script'); END $$;\n"


def next_of(place: Workplace) -> str:
    """Give what comes next, as it is said."""
    done = place.migdocs()
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("'migdocs --help' lists all commands.\n")
    return done.out


def test_each_step_leads_to_the_next(empty: Workplace) -> None:
    """From an empty folder to a release, by what it says and nothing else."""
    assert "Next: 'migdocs init'" in next_of(empty)
    assert empty.migdocs("init", "--yes", "-q", "--ci", "none").code == 0
    forward = json.loads(empty.migdocs("new", "users", "--json").out)["files"][0]
    empty.write(forward, "CREATE TABLE users (id int PRIMARY KEY, email text);\n")
    empty.write("migrations/20200101_old.sql", "SELECT 1;\n")
    assert "Next: 'migdocs generate'" in next_of(empty)
    assert json.loads(empty.migdocs("generate", "--json").out)["written"]
    assert "Without a rollback or notes: 20200101_old." in next_of(empty)
    (empty.root / "migrations/20200101_old.sql").unlink()
    empty.migdocs("fill", "-q")
    empty.migdocs("generate", "-q")
    assert "Next: 'migdocs check' looks for mistakes." in next_of(empty)
    assert empty.migdocs("check", "-q").code == 1
    assert "'migdocs check' found" in next_of(empty)
    empty.write("migdocs.toml", 'migrations = "nowhere"\n')
    assert "nowhere/: there is no such folder" in next_of(empty)


def test_decide_reads_a_script(sample: Workplace) -> None:
    """What the SQL answers is not asked; what it does not tell stays open."""
    for name, text in (("drops", DROPS), ("nullable", NULLABLE), ("unread", UNREAD)):
        sample.write(f"{name}.sql", text)
    done = sample.migdocs("decide", "drops.sql")
    assert "data: yes (drops column users.email)" in done.err
    assert done.out.startswith("SQL migration required.")
    found = json.loads(sample.migdocs("decide", "nullable.sql", "--json").out)
    assert (found["question"], found["outcome"]) == (None, "either")
    assert found["answers"]["not-null"] == {"yes": False, "why": "nothing in the script does"}
    asked = sample.migdocs("decide", "unread.sql")
    assert asked.code == 2
    assert "the question 'breaking' is open" in asked.err
    assert "--answer breaking=yes" in asked.err
    answered = sample.migdocs("decide", "unread.sql", "--answer", "breaking=yes", "--yes")
    assert answered.code == 0


def test_the_former_spelling_of_an_answer_is_understood(sample: Workplace) -> None:
    """And told how it is written now; what it cannot mean is an error that helps."""
    done = sample.migdocs("decide", "--no", "breaking", "--yes", "data")
    assert done.out.startswith("SQL migration required.")
    assert "Hint: write '--answer data=yes --answer breaking=no'" in done.err
    wrong = sample.migdocs("decide", "data")
    assert (wrong.code, "'--answer data=yes'" in wrong.err) == (2, True)
    assert "is neither a question nor a script" in sample.migdocs("decide", "--yes", "dta").err
    assert "is neither yes nor no" in sample.migdocs("decide", "--answer", "data").err
