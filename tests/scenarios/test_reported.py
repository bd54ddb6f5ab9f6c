"""What databases reported (`migrations/history.jsonl`) stands in the log, without a database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.scenarios.conftest import Workplace

SMART = "20240103_add_activity_log_smart_fields"


def event(migration: str, action: str, at: str, environment: str, **more: object) -> str:
    """Write one line of an exported ledger."""
    fixed = {"outcome": "succeeded", "duration_ms": 12, "by": "ada", "script_hash": "", "error": ""}
    told = {"migration": migration, "action": action, "at": at, "environment": environment}
    return json.dumps(fixed | told | more) + "\n"


def test_the_log_says_what_ran_where_and_what_was_undone(sample: Workplace) -> None:
    """Per environment: the last migration, who applied it when, and every rollback's reason."""
    sample.write(
        "migrations/history.jsonl",
        event("initial_schema", "apply", "2024-01-01T08:00:00Z", "production")
        + event("initial_schema", "apply", "2024-01-02T08:00:00Z", "staging")
        + event(SMART, "apply", "2024-01-04T08:00:00Z", "staging")
        + event(SMART, "rollback", "2024-01-04T09:30:00Z", "staging", reason="sign-ins | waited"),
    )
    assert sample.migdocs("generate").code == 0
    log = sample.read("migrations/MIGRATIONS_LOG.md")
    assert "| In production | [`initial_schema`](#initial_schema), 1 of 2 applied |" in log
    assert "| In staging | [`initial_schema`](#initial_schema), 1 of 2 applied |" in log
    assert "applied in production on 2024-01-01 by ada in 12 ms" in log
    undone = "| 2024-01-04 09:30 | staging | [`20240103_add_activity_log_smart_fields`]"
    assert undone in log
    assert "sign-ins &#124; waited |" in log, "a reason cannot end its cell"


def test_a_ledger_that_cannot_be_read_names_its_line(sample: Workplace) -> None:
    """Nothing is written from half of a history."""
    sample.write("migrations/history.jsonl", "{}\nnot json\n")
    result = sample.migdocs("generate")
    assert result.code == 2
    assert "migrations/history.jsonl:1" in result.err
    assert "migrations/history.jsonl:2" in result.err
