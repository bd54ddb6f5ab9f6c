"""How a script may be run (reference/apply.md)."""

from __future__ import annotations

import pytest

from migdocs.core.sql.execution import Execution, execution
from migdocs.core.sql.script import split


def decide(script: str) -> Execution:
    """Decide for a script's text."""
    return execution(split(script))


def sent(decided: Execution) -> list[list[str]]:
    """Give the texts of each batch."""
    return [[statement.text for statement in batch] for batch in decided.batches]


def test_a_plain_script_is_one_transaction() -> None:
    """The only form that survives a crash at any point."""
    decided = decide("CREATE TABLE a ();\nSAVEPOINT s; ROLLBACK TO SAVEPOINT s;\nDROP TABLE a;")
    assert decided.mode == "transaction"
    assert sent(decided) == [
        ["CREATE TABLE a ()", "SAVEPOINT s", "ROLLBACK TO SAVEPOINT s", "DROP TABLE a"]
    ]
    assert decide("-- nothing").batches == ()


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("BEGIN", "COMMIT"),
        ("begin transaction", "end work"),
        ("START TRANSACTION", "COMMIT AND NO CHAIN"),
    ],
)
def test_an_outer_pair_is_dropped(begin: str, end: str) -> None:
    """Otherwise its COMMIT would end the runner's transaction."""
    decided = decide(f"{begin};\nDROP TABLE a;\n{end};")
    assert (decided.mode, sent(decided)) == ("transaction", [["DROP TABLE a"]])


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("DROP TABLE a;\nCOMMIT;\nDROP TABLE b;", 2),
        ("BEGIN;\nDROP TABLE a;\nCOMMIT;\nBEGIN;\nDROP TABLE b;\nCOMMIT;", 1),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE;\nDROP TABLE a;\nCOMMIT;", 1),
        ("BEGIN;\nDROP TABLE a;", 1),
        ("SELECT 1;\nABORT;", 2),
    ],
)
def test_other_transaction_control_runs_as_written(script: str, line: int) -> None:
    """Statement by statement, with nothing of ours around them."""
    decided = decide(script)
    assert (decided.mode, decided.line) == ("autocommit", line)
    assert "controls its own transactions" in decided.reason
    assert decided.statements == split(script)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        "create unique index\n concurrently if not exists i on t (a)",
        "DROP INDEX CONCURRENTLY IF EXISTS i",
        "REINDEX (VERBOSE, CONCURRENTLY) INDEX i",
        "REINDEX TABLE CONCURRENTLY t",
        "REINDEX DATABASE d",
        "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
        "VACUUM FULL t",
        "CLUSTER",
        "CREATE DATABASE d",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "DO $$ BEGIN UPDATE t SET a = 1; COMMIT; END $$",
    ],
)
def test_a_statement_that_refuses_a_transaction(statement: str) -> None:
    """PostgreSQL answers 25001 inside one, so the script runs statement by statement."""
    decided = decide(f"SELECT 1;\n{statement};")
    assert (decided.mode, decided.line, len(decided.batches)) == ("autocommit", 2, 2)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX i ON t (a)",
        "CLUSTER t USING i",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
        "DO $$ BEGIN UPDATE t SET a = 'commit'; END $$",
        "CREATE TABLE vacuum_log ()",
    ],
)
def test_a_statement_that_does_not(statement: str) -> None:
    """It looks like one of those and is none."""
    assert decide(statement).mode == "transaction"


@pytest.mark.parametrize(
    ("script", "line", "reason"),
    [
        ("SELECT 1;\n\\i other.sql\n", 2, "'\\i' is a command of psql"),
        ("\\connect postgres://u:secret@h/d", 1, "'\\connect' goes on in another database"),
        ("SELECT 1,\n :name;", 2, "':name' is a variable of psql"),
        ("COPY t FROM STDIN;", 1, "COPY … FROM STDIN has no data in the script, ended by '\\.'"),
        ("copy (select 1)\n to stdout;", 1, "COPY … TO STDOUT has nowhere to write to"),
        ("SELECT 1;\nSELECT '\0';", 2, "a NUL byte cannot be sent to PostgreSQL"),
    ],
)
def test_what_no_server_understands_is_refused(script: str, line: int, reason: str) -> None:
    """With the line, before anything runs; arguments are not repeated: they may hold a password."""
    decided = decide(script)
    assert (decided.mode, decided.line, decided.reason) == ("refused", line, reason)
    assert decided.batches == ()


def test_every_refusal_is_named() -> None:
    """All errors of one kind in one run."""
    assert [r.line for r in decide("\\set a 1\nSELECT :a;\n\\gexec").refusals] == [1, 2, 3]


def test_copy_with_data_runs() -> None:
    """Its lines travel with the statement."""
    decided = decide("COPY t FROM STDIN;\n1\n\\.\n")
    assert (decided.mode, decided.statements[0].data) == ("transaction", "1\n")


def test_a_new_enum_value_is_used_in_another_transaction() -> None:
    """PostgreSQL answers 55P04 in the same one."""
    decided = decide(
        "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'calm';\nSELECT 1;\nUPDATE t SET m = 'calm';"
    )
    assert (decided.mode, decided.line) == ("transactions", 3)
    assert [len(batch) for batch in decided.batches] == [2, 1]
    assert decide("ALTER TYPE mood ADD VALUE 'calm'; SELECT 'glad'").mode == "transaction"


def test_a_marker_asks_for_no_transaction() -> None:
    """Ours stands in a comment; a layout's is the caller's to say."""
    decided = decide("-- migdocs: no-transaction\nSELECT 1;")
    assert (decided.mode, decided.line) == ("autocommit", 1)
    assert execution(split("SELECT 1"), transaction=False).mode == "autocommit"
