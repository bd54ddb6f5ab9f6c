"""``migdocs upgrade``: what an operator gets, and that the script does what it says."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scenarios.conftest import Workplace

SMART_FIELDS = "20240103_add_activity_log_smart_fields"
# The points of the page, in the order in which an operator needs them.
POINTS = (
    "## Is this your version?",
    "## Verdict",
    "## Point of no return",
    "## Before you start",
    "## May run ahead of time",
    "## Steps",
    "## Checks",
    "## Rollback to v1.0.0",
    "## If something fails",
    "## Afterwards",
)
# A file's name that a careless script would run.
EVIL = "20240401_x';touch owned;echo '$(touch owned)"


def with_hostile_migration(project: Workplace) -> None:
    """Release v1.2.0 with a migration whose name and notes are an attack, and no rollback."""
    project.write(f"migrations/{EVIL}.sql", "SELECT 1;\n")
    project.write(
        f"migrations/{EVIL}.md",
        "# Migration: $(touch owned) `touch owned`\n\n**Breaking:** Yes\n\n"
        "## Configuration\n\n'; touch owned; echo '\n\n"
        "## Verification\n\n$(touch owned)\n\n```sql\nSELECT '$(touch owned)' <> '';\n```\n",
    )
    project.commit("feat: hostile", tag="v1.2.0", date="2024-04-01")


def run_script(project: Workplace, text: str, answers: str, folder: Path) -> tuple[int, list[str]]:
    """Run a script whose programs only write down how they were called."""
    folder.mkdir()
    for name in ("migdocs", "git", "psql"):
        program = folder / name
        program.write_text(
            f'#!/bin/sh\nfor word in {name} "$@"; do printf "%s|" "$word"; done >> "$CALLS"\n'
            'echo >> "$CALLS"\n'
        )
        program.chmod(0o755)
    calls = folder / "calls"
    calls.touch()
    done = subprocess.run(
        ["sh", "-c", text],
        cwd=project.root,
        input=answers.encode(),
        env={
            "PATH": f"{folder}:{os.environ['PATH']}",
            "CALLS": str(calls),
            "DATABASE_URL": "postgresql://here",
        },
        capture_output=True,
        check=False,
    )
    return done.returncode, calls.read_text().splitlines()


def test_the_page_has_every_point_in_order(sample: Workplace) -> None:
    """What is asked for at night comes first; there is no prose before the verdict."""
    page = sample.migdocs("upgrade", "1.0.0", "v1.1.0")
    assert page.code == 0
    places = [page.out.index(point) for point in POINTS]
    assert places == sorted(places)
    assert f"migrations/{SMART_FIELDS}_rollback.sql" in page.out
    assert "1.4 s on 100,000 rows" in page.out


def test_json_is_one_document_with_the_fixed_names(sample: Workplace) -> None:
    """Programs read it, by ``--json`` or ``--format json`` alike."""
    found = sample.migdocs("upgrade", "v1.0.0", "1.1.0", "--json")
    shape = json.loads(found.out)
    assert shape["schema_version"] == 1
    assert (shape["from"], shape["to"], shape["allowed"]) == ("v1.0.0", "v1.1.0", True)
    assert shape["migrations"] == shape["rollback"] == [SMART_FIELDS]
    assert found.out == sample.migdocs("upgrade", "1.0.0", "1.1.0", "--format", "json").out


@pytest.mark.parametrize("form", ["markdown", "json", "shell"])
def test_a_refused_way_exits_1_and_says_why(sample: Workplace, form: str) -> None:
    """A downgrade is answered in every form."""
    found = sample.migdocs("upgrade", "1.1.0", "1.0.0", "--format", form)
    assert found.code == 1
    assert "this is a rollback, not an upgrade" in found.out
    assert "migdocs rollback --to v1.0.0" in found.out


def test_a_way_can_start_from_what_a_database_has_applied(sample: Workplace) -> None:
    """The ids come from a file, a line each, or from ``status --json``."""
    sample.write("applied.txt", "initial_schema\n")
    sample.write("status.json", '{"schema_version": 1, "applied": ["initial_schema"]}')
    for name in ("applied.txt", "status.json"):
        found = sample.migdocs("upgrade", "--applied", name, "1.1.0", "--json")
        assert json.loads(found.out)["migrations"] == [SMART_FIELDS]
    for text in ('{"applied": 7}', "[7]", '{"a": 1}', "[" * 50_000, '["a", {"b": 1}]', "{"):
        sample.write("wrong.json", text)
        wrong = sample.migdocs("upgrade", "--applied", "wrong.json", "1.1.0")
        assert (wrong.code, "wrong.json" in wrong.err, "Hint:" in wrong.err) == (2, True, True)
    sample.write("applied.txt", "no_such_migration\n")
    wrong = sample.migdocs("upgrade", "--applied", "applied.txt", "1.1.0")
    assert wrong.code == 2
    assert "'no_such_migration' is not a migration" in wrong.err


def test_the_script_runs_the_steps_in_order(sample: Workplace, tmp_path: Path) -> None:
    """Every answer is yes: status, checkout, backup, apply, and the three checks."""
    script = sample.migdocs("upgrade", "1.0.0", "1.1.0", "--format", "shell").out
    code, calls = run_script(sample, script, "y\n" * 20, tmp_path / "bin")
    assert code == 0
    programs = [call.split("|")[:2] for call in calls if call.startswith(("migdocs|", "git|"))]
    assert programs == [
        ["migdocs", "status"],
        ["git", "checkout"],
        ["migdocs", "backup"],
        ["migdocs", "apply"],
    ]
    assert sum(call.startswith("psql|postgresql://here|") for call in calls) == 3
    assert f"# - {SMART_FIELDS}: migrations/{SMART_FIELDS}_rollback.sql" in script.splitlines()
    assert 'ERROR: relation "…" already exists' in script.partition("# If something fails:")[2]


def test_the_script_stops_before_the_point_of_no_return(sample: Workplace, tmp_path: Path) -> None:
    """A no to that question, and the migration is not run; nothing hostile is run either."""
    with_hostile_migration(sample)
    script = sample.migdocs("upgrade", "1.0.0", "1.2.0", "--format", "shell").out
    # identify twice, checkout, stop, backup, what can be undone; then the question.
    code, calls = run_script(sample, script, "y\n" * 6 + "n\n", tmp_path / "bin")
    assert code == 1
    assert calls[-1] == f"migdocs|apply|--to|{SMART_FIELDS}|"
    code, calls = run_script(sample, script, "y\n" * 30, tmp_path / "again")
    assert code == 0
    assert "migdocs|apply|--to|v1.2.0|" in calls
    assert not (sample.root / "owned").exists()


def test_hostile_names_and_notes_show_as_text(sample: Workplace) -> None:
    """Markdown of the page has no HTML, and no fence that its text could close."""
    with_hostile_migration(sample)
    sample.write(
        f"migrations/{EVIL}.md",
        "# Migration: </script><img src=x> {{ 7*7 }}\n\n**Breaking:** Yes\n\n"
        "## What to do\n\n<script>alert(1)</script> {{ 7*7 }}\n",
    )
    page = sample.migdocs("upgrade", "1.0.0", "1.2.0").out
    assert "<script>" not in page
    assert "<img" not in page
    assert "{{ 7*7 }}" not in page


def test_locks_that_a_runner_holds_to_the_end_are_said(empty: Workplace) -> None:
    """node-pg-migrate makes one transaction of all that is pending; one migration holds no more."""
    empty.write("package.json", '{"devDependencies": {"node-pg-migrate": "^7.0.0"}}\n')
    one = "-- Up Migration\n{}\n-- Down Migration\n{}\n"
    made = one.format("CREATE TABLE users (id bigint, name text);", "DROP TABLE users;")
    empty.write("migrations/1700000000001_users.sql", made)
    empty.commit("feat: users", tag="v1.0.0", date="2024-01-01")
    for number, column in ((2, "locale"), (3, "city")):
        added = f"ALTER TABLE users ADD COLUMN {column} text;"
        undone = f"ALTER TABLE users DROP COLUMN {column};"
        empty.write(f"migrations/170000000000{number}_{column}.sql", one.format(added, undone))
        empty.commit(f"feat: {column}", tag=f"v1.{number}.0", date=f"2024-0{number}-01")
    held = "node-pg-migrate runs them in one transaction, so all locks are held until the last one"
    assert held in empty.migdocs("upgrade", "v1.0.0", "v1.3.0").out
    assert held not in empty.migdocs("upgrade", "v1.0.0", "v1.2.0").out
