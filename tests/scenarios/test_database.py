"""The commands that work in a database, run as a user runs them."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from migdocs.adapters import state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scenarios.conftest import Result, Workplace

FIRST, SECOND = "initial_schema", "20240103_add_activity_log_smart_fields"


def said(result: Result) -> dict[str, Any]:
    """Give a command's JSON document."""
    found: dict[str, Any] = json.loads(result.out)
    assert found["schema_version"] == 1
    return found


def one(url: str, query: str) -> Any:
    """Give the one value that a query finds."""
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


@pytest.fixture
def env(database: str) -> dict[str, str]:
    """Give the environment that names the database."""
    return {"DATABASE_URL": database}


def test_from_nothing_to_the_newest_and_back_to_a_version(
    sample: Workplace, env: dict[str, str]
) -> None:
    """status, apply, history, rollback --to: what each says is what programs read."""
    before = said(sample.migdocs("status", "--json", env=env))
    assert (before["current"], before["pending"]) == (None, [FIRST, SECOND])
    assert said(sample.migdocs("apply", "--json", env=env))["migrations"] == [FIRST, SECOND]
    after = said(sample.migdocs("status", "--json", env=env))
    assert (after["current"], after["applied"], after["pending"]) == (SECOND, [FIRST, SECOND], [])
    back = said(sample.migdocs("rollback", "--to", "v1.0.0", "--yes", "--json", env=env))
    steps = [(step["name"], step["outcome"]) for step in back["steps"]]
    assert steps == [("roll back", "done"), ("verify", "done"), ("check out", "declined")]
    found = said(sample.migdocs("status", "--json", env=env))
    assert (found["applied"], found["rolled_back"]) == ([FIRST], [SECOND])
    events = said(sample.migdocs("history", "--json", env=env))["events"]
    assert [(event["migration"], event["action"]) for event in events] == [
        (FIRST, "apply"),
        (SECOND, "apply"),
        (SECOND, "rollback"),
    ]
    fixed = {"migration", "action", "outcome", "at", "duration_ms", "by", "script_hash", "error"}
    assert all(fixed <= event.keys() for event in events)


def test_a_version_bounds_what_is_applied(sample: Workplace, env: dict[str, str]) -> None:
    """With its prefix or without."""
    done = said(sample.migdocs("apply", "--to", "1.0.0", "--json", env=env))
    assert done["migrations"] == [FIRST]
    wrong = sample.migdocs("apply", "--to", "v9", env=env)
    assert wrong.code == 2
    assert "neither a version nor a migration" in wrong.err
    assert "v1.1.0" in wrong.err


def test_a_dry_run_prints_the_statements(sample: Workplace, env: dict[str, str]) -> None:
    """As SQL for people, as data for programs, with locks and hazards; nothing runs."""
    text = sample.migdocs("apply", "--dry-run", env=env)
    assert text.out.startswith("-- apply migrations/initial_schema.sql (transaction)\n")
    steps = said(sample.migdocs("apply", "--dry-run", "--json", env=env))["steps"]
    assert [step["migration"] for step in steps] == [FIRST, SECOND]
    assert all(statement["line"] > 0 for step in steps for statement in step["statements"])
    locks = {
        hazard["lock"]
        for statement in steps[1]["statements"]
        for hazard in statement["hazards"]
        if "activity_logs" in hazard["on"]
    }
    assert "ACCESS EXCLUSIVE" in locks
    assert one(env["DATABASE_URL"], "select to_regclass('users')") is None


def test_a_broken_script_ends_with_4_and_its_place(sample: Workplace, env: dict[str, str]) -> None:
    """Then status ends with 1, and pending work waits."""
    sample.write("migrations/20260401_broken.sql", "select 1;\n\nselect nope;\n")
    done = sample.migdocs("apply", env=env)
    assert done.code == 4
    place = 'error: migrations/20260401_broken.sql:3:8: column "nope" does not exist (42703)'
    assert place in done.err
    assert "Hint: This script was rolled back whole." in done.err
    assert done.out == ""
    state = sample.migdocs("status", "--json", env=env)
    assert state.code == 1
    assert said(state)["failed"] == ["20260401_broken"]
    text = sample.migdocs("status", env=env).out
    assert 'failed      20260401_broken: column "nope" does not exist (42703) (line 3)' in text


def test_pending_work_is_an_answer_where_it_is_asked(
    sample: Workplace, env: dict[str, str]
) -> None:
    """A deployment waits for 0."""
    assert sample.migdocs("status", env=env).code == 0
    assert sample.migdocs("status", "--fail-on-pending", env=env).code == 1
    sample.migdocs("apply", env=env)
    assert sample.migdocs("status", "--fail-on-pending", env=env).code == 0


def test_a_script_that_may_be_a_rollback_stops_everything(
    sample: Workplace, env: dict[str, str]
) -> None:
    """A migration that was taken for a rollback would never run, in silence."""
    sample.write("migrations/20260105_fix_rollback.sql", "SELECT 1;")
    refused = sample.migdocs("apply", "--yes", env=env)
    assert refused.code == 2
    assert "this undoes '20260105_fix', which has no forward script" in refused.err
    assert one(env["DATABASE_URL"], "select to_regclass('migdocs_ledger')") is None


def test_a_script_of_psqls_is_refused_until_the_project_opts_in(
    empty: Workplace, env: dict[str, str]
) -> None:
    """The hint names the setting, and with it the script runs as it stands."""
    empty.write("migdocs.toml", 'layout = "native"\n')
    empty.write("migrations/20260101_book.sql", "\\set n 7\nCREATE TABLE book AS SELECT :n AS n;\n")
    refused = empty.migdocs("apply", "--yes", env=env)
    assert refused.code == 2
    assert "20260101_book.sql:1: '\\set' is a command of psql" in refused.err
    assert "'psql = true' under [database]" in refused.err
    empty.write("migdocs.toml", 'layout = "native"\n[database]\npsql = true\n')
    assert empty.migdocs("apply", "--yes", env=env).code == 0
    assert one(env["DATABASE_URL"], "select n from book") == 7


def test_nothing_is_undone_without_a_yes(sample: Workplace, env: dict[str, str]) -> None:
    """Without a terminal there is nobody to ask: exit code 2."""
    sample.migdocs("apply", env=env)
    for command in (("rollback",), ("rollback", "--to", "v1.0.0")):
        done = sample.migdocs(*command, env=env)
        assert done.code == 2
        assert "cannot ask without a terminal" in done.err
    sample.migdocs("backup", env=env)
    assert sample.migdocs("restore", env=env).code == 2
    assert said(sample.migdocs("status", "--json", env=env))["applied"] == [FIRST, SECOND]


def test_the_user_flow_with_all_default_answers(sample: Workplace, env: dict[str, str]) -> None:
    """It shows what to read, backs up, applies and verifies; the log keeps each step."""
    done = sample.migdocs("migrate", "--yes", "--json", env=env)
    names = [(step["name"], step["outcome"]) for step in said(done)["steps"]]
    assert names == [(name, "done") for name in ("read", "back up", "apply", "verify")]
    assert "2 pending, 0 breaking; see BREAKING_CHANGES.md and UPGRADE_GUIDE.md" in done.err
    log = (state.state_folder(sample.root) / "flow.log").read_text()
    assert not (sample.root / ".migdocs").exists()
    assert [line.split(" - ")[1].split(":")[0] for line in log.splitlines()] == [
        name for name, _ in names
    ]
    assert sample.git("status", "--porcelain").count("backups") == 0


def test_a_person_answers_at_a_terminal(sample: Workplace, env: dict[str, str]) -> None:
    """No means no, with exit code 1; the question is on stderr's side of the terminal."""
    code, text = sample.typed("n\n", "apply", env=env)
    assert code == 1
    assert f"Apply {FIRST}, {SECOND}? [Y/n]" in text
    assert "nothing was done" in text
    code, text = sample.typed("y\nn\ninteractive\ny\nn\n", "migrate", env=env)
    assert code == 0
    assert f"Apply {FIRST}? [Y/n]" in text
    assert said(sample.migdocs("status", "--json", env=env))["applied"] == [FIRST]


def test_a_backup_and_its_restore(sample: Workplace, env: dict[str, str]) -> None:
    """The path is the answer; the newest is restored by default."""
    sample.migdocs("apply", "--to", FIRST, env=env)
    path = sample.migdocs("backup", env=env).out.strip()
    sample.migdocs("apply", env=env)
    done = sample.migdocs("restore", "--yes", "--json", env=env)
    assert said(done)["restored"] == path
    assert said(sample.migdocs("status", "--json", env=env))["pending"] == [SECOND]


def test_an_environment_has_a_database_and_time_limits_of_its_own(
    sample: Workplace, env: dict[str, str]
) -> None:
    """A named environment never means another database than its own."""
    sample.write(
        "migdocs.toml",
        "[database]\nlock_timeout = 2.5\n[environments.production]\n"
        'database_url_env = "PRODUCTION_URL"\n[environments.production.database]\nattempts = 2\n',
    )
    missing = sample.migdocs("status", "--env", "production", env=env)
    assert missing.code == 2
    assert "needs its database's URL in PRODUCTION_URL" in missing.err
    unknown = sample.migdocs("status", "--env", "prod", env=env)
    assert unknown.code == 2
    assert "are: production" in unknown.err
    both = {"PRODUCTION_URL": env["DATABASE_URL"], "DATABASE_URL": "postgresql://nowhere:1/x"}
    assert sample.migdocs("apply", "--env", "production", env=both).code == 0


def test_the_ledger_comes_into_the_repository(sample: Workplace, env: dict[str, str]) -> None:
    """Under the name that people call the database."""
    sample.write("migdocs.toml", "[environments.production]\n")
    sample.migdocs("apply", "--env", "production", env=env)
    path = "migrations/history.jsonl"
    done = sample.migdocs("history", "--export", path, "--env", "production", env=env)
    assert "2 new events" in done.err
    lines = [json.loads(line) for line in sample.read(path).splitlines()]
    assert [(line["migration"], line["environment"]) for line in lines] == [
        (FIRST, "production"),
        (SECOND, "production"),
    ]


def test_taking_over_what_ran_before(sample: Workplace, env: dict[str, str]) -> None:
    """By a version, or by the table of a hand-made runner."""
    done = said(sample.migdocs("baseline", "--to", "v1.0.0", "--json", env=env))
    assert done["migrations"] == [FIRST]
    with psycopg.connect(env["DATABASE_URL"]) as connection:
        connection.execute("create table schema_migrations (version text, success bool)")
        connection.execute("insert into schema_migrations values (%s, true)", (SECOND,))
    done = said(sample.migdocs("baseline", "--json", env=env))
    assert done["migrations"] == [SECOND]
    assert sample.migdocs("apply", env=env).err == "nothing to do\n"


def test_what_was_edited_is_shown_where_git_has_what_ran(
    sample: Workplace, env: dict[str, str]
) -> None:
    """The text is found by its hash, also some commits later; other texts are passed over."""
    path = f"migrations/{FIRST}.sql"
    sample.migdocs("apply", "--to", FIRST, "--yes", env=env)
    for text in ("-- one\n", "-- two\n"):
        sample.write(path, sample.read(path) + text)
        sample.commit(text.strip())
    sample.write(path, sample.read(path) + "\t-- three\n")
    refused = sample.migdocs("apply", "--yes", env=env)
    assert refused.code == 1
    assert f"--- {path} (as it was applied)\n+++ {path} (as it is)\n" in refused.err
    assert "\n+-- one\n+-- two\n+    -- three\n" in refused.err
    assert f"'{FIRST}' was applied with another text than it has now" in refused.err


def test_a_repair_says_why(sample: Workplace, env: dict[str, str]) -> None:
    """An edited script stops everything until then."""
    sample.migdocs("apply", env=env)
    path = f"migrations/{FIRST}.sql"
    sample.write(path, sample.read(path) + "-- a word\n")
    stopped = sample.migdocs("apply", env=env)
    assert stopped.code == 1
    assert f"{path}: '{FIRST}' was applied with another text" in stopped.err
    command = ("repair", FIRST, "--as", "applied", "--reason", "only a comment")
    assert sample.migdocs(*command, env=env).code == 0
    assert sample.migdocs("apply", env=env).code == 0


@pytest.fixture
def reachable(sample: Workplace) -> Iterator[Workplace]:
    """Give the sample in a folder that every user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        shutil.copytree(sample.root, Path(folder, "sample"), symlinks=True)
        yield replace(sample, root=Path(folder, "sample"))


@pytest.mark.usefixtures("postgres")
def test_without_a_database_there_is_one_of_our_own(reachable: Workplace) -> None:
    """It says so in one line, keeps its data, and is stopped when nobody uses it."""
    refused = reachable.migdocs("apply", env={"DATABASE_URL": ""})
    assert (refused.code, "DATABASE_URL is set, and empty" in refused.err) == (2, True)
    nowhere = {"MIGDOCS_DATABASE_URL_ENV": "NOT_SET"}
    done = reachable.migdocs("apply", env=nowhere)
    assert done.code == 0, done.err
    assert done.err.splitlines()[0].startswith("no database is configured: this is PostgreSQL")
    found = said(reachable.migdocs("status", "--json", env=nowhere))
    assert found["applied"] == [FIRST, SECOND]
    assert reachable.git("status", "--porcelain") == ""


def test_the_demo_touches_no_database_that_the_environment_names(
    tmp_path: Path, empty: Workplace, env: dict[str, str]
) -> None:
    """That one is somebody's; the demo has its own, and shows what the log says of it."""
    done = empty.migdocs("demo", "--directory", str(tmp_path / "demo"), env=env)
    assert done.code == 0
    assert f"rolled back {SECOND} in" in done.err
    assert f"applied {SECOND} again in" in done.err
    log = done.err[done.err.index("The log now says:") :]
    assert "2 of 2 applied" in log
    assert "| succeeded |" in log
    assert one(env["DATABASE_URL"], "select to_regclass('migdocs_ledger')") is None


def test_errors_are_json_where_json_was_asked(sample: Workplace) -> None:
    """With no password in them, and the environment's exit code."""
    env = {"DATABASE_URL": "postgresql://u:s3cr3t@127.0.0.1:1/x"}
    done = sample.migdocs("status", "--json", env=env)
    assert done.code == 3
    assert "s3cr3t" not in done.out + done.err
    assert said(done)["errors"][0]["message"].startswith("no connection")


def test_another_runners_project_is_left_to_it_unless_told_otherwise(empty: Workplace) -> None:
    """golang-migrate keeps its own table: two runners beside each other would both be wrong."""
    empty.write("migrations/0001_users.up.sql", "CREATE TABLE users (id bigint);\n")
    empty.write("migrations/0001_users.down.sql", "DROP TABLE users;\n")
    refused = empty.migdocs("apply", "--yes")
    assert refused.code == 2
    assert "golang-migrate applies this project's migrations" in refused.err
    assert "--take-over" in refused.err
    assert empty.migdocs("apply", "--yes", "--take-over").code == 0
    assert empty.migdocs("apply", "--yes").code == 0, "migdocs has taken over"
