"""What records a step by hand: in the table that the project's own tool has, by its own command."""

from __future__ import annotations

import subprocess

import psycopg
import pytest

from migdocs.adapters import layouts
from migdocs.core import runner
from tracking_tables import TABLES

# A tool → an id of its own, what its table holds for it, and whether a row is put in by SQL.
ROWS = {
    "diesel": ("2024-01-03-000000_a", True),
    "fizz": ("20240103000000_a", True),
    "db-migrate": ("20240103000000-a", True),
    "sqlx": ("20240103000000_a", False),
    "prisma": ("20240103000000_a", False),
    "postgrator": ("003.a", True),
}


MADE = TABLES | {
    "fizz": "create table {s}.schema_migration (version varchar(14) not null);",
    "db-migrate": """
        create table {s}.migrations (
            id serial primary key, name varchar(255) not null, run_on timestamp not null);""",
}
HASURA = "hasura migrate apply --project hasura --database-name default"


def of(name: str, folder: str = "migrations") -> runner.Runner:
    """Give the commands of a tool."""
    return layouts.runner(layouts.layout_named(name), folder)


@pytest.mark.parametrize(
    ("name", "folder", "id_", "record", "unrecord"),
    [
        (
            "golang-migrate",
            "migrations",
            "000003_c",
            'migrate -path migrations -database "$DATABASE_URL" force 3',
            'migrate -path migrations -database "$DATABASE_URL" force -- 2',
        ),
        (
            "golang-migrate",
            "migrations",
            "000002_b",
            'migrate -path migrations -database "$DATABASE_URL" force 2',
            'migrate -path migrations -database "$DATABASE_URL" force -- -1',
        ),
        (
            "sqitch",
            ".",
            "a b;c",
            "sqitch deploy --log-only --to 'a b;c'",
            "sqitch revert -y --log-only",
        ),
        (
            "hasura",
            "hasura/migrations/default",
            "1700000000000_a",
            f"{HASURA} --version 1700000000000 --skip-execution",
            f"{HASURA} --version 1700000000000 --type down --skip-execution",
        ),
    ],
)
def test_its_own_command(name: str, folder: str, id_: str, record: str, unrecord: str) -> None:
    """The value that its table holds, quoted; and that of the one before, if there is one."""
    found, layout = of(name, folder), layouts.layout_named(name)
    value, before = layout.recorded(id_), "2" if id_.endswith("3_c") else ""
    assert runner.recording(found.record, id_, value, before) == record
    assert runner.recording(found.unrecord, id_, value, before) == unrecord


@pytest.mark.parametrize("layout", layouts.LAYOUTS, ids=lambda layout: layout.name)
def test_a_step_by_hand_is_recorded_or_it_is_said_that_it_is_not(layout: layouts.Layout) -> None:
    """And nobody is told to run a file with psql that holds both ways."""
    found = layouts.runner(layout, "migrations")
    if found.by_hand:
        assert bool(found.record) != bool(found.hand_note)
        assert bool(found.unrecord) != bool(found.back_note)
    elif layout.split or layout.unfold:
        assert "Do not run these files with `psql`" in found.hand_note
    said = f"{found.record}{found.unrecord}{found.hand_note}{found.back_note}"
    assert found.name == "migdocs" or "migdocs" not in said


@pytest.mark.parametrize("name", ROWS)
def test_rows_that_are_put_in_and_taken_out_are_the_tools(database: str, name: str) -> None:
    """The commands, as a shell runs them, change what its own query shows."""
    id_, puts_in = ROWS[name]
    found, layout = of(name), layouts.layout_named(name)
    value = layout.recorded(id_)
    with psycopg.connect(database, autocommit=True) as session:
        session.execute(MADE[name].format(s="public").encode())

        def shown() -> set[str]:
            return {str(row[0]) for row in session.execute(found.query.encode()).fetchall()}

        def run(command: str) -> None:
            told = runner.recording(command, id_, value, "")
            subprocess.run(
                ["sh", "-ec", told],
                env={"DATABASE_URL": database, "PATH": "/usr/bin:/bin"},
                check=True,
            )

        if puts_in:
            assert value not in shown()
            run(found.record)
            assert value in shown()
        else:
            assert shown()
            id_ = value = min(shown())
        run(found.unrecord)
        assert value not in shown()
