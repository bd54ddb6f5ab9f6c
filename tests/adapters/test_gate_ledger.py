"""What the ledger says is what the server did: the lock, cut-off commits, untrue repairs."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.adapters.test_apply import BOOKS, TITLES, migration, rows

from migdocs.commands.apply import apply
from migdocs.commands.repair import repair
from migdocs.commands.rollback import rollback
from migdocs.commands.target import Target
from migdocs.core.errors import DatabaseError, MigdocsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

LEDGER = "select migration, action, outcome from migdocs_ledger order by id"
GIVEN_AWAY = (
    "select pg_advisory_unlock_all();",
    "do $$ begin perform pg_advisory_unlock_all(); end $$;",
    """create type mood as enum ('a'); alter type mood add value 'b';
    select pg_advisory_unlock_all(); select 'b'::mood;""",
)


@pytest.mark.parametrize("statement", GIVEN_AWAY)
def test_a_script_that_gives_the_lock_away_is_rolled_back(database: str, statement: str) -> None:
    """A second migdocs ran the rest again while the first went on."""
    bad = migration("20260103_bad", f"create table bad (id int); {statement}")
    later = migration("20260104_later", "create table later (id int);")
    with pytest.raises(DatabaseError, match="gave migdocs' lock away") as caught:
        apply([BOOKS, bad, later], Target(database))
    assert "20260103_bad.sql" in str(caught.value)
    assert rows(database, "select to_regclass('later')") == [(None,)]
    assert (bad.id, "apply", "succeeded") not in rows(database, LEDGER)
    assert rows(database, LEDGER)[0] == (BOOKS.id, "apply", "succeeded")
    if "enum" not in statement:
        assert rows(database, "select to_regclass('bad')") == [(None,)]


def test_outside_a_transaction_the_lock_is_asked_after_each_statement(database: str) -> None:
    """What follows is not run, and the script is half done."""
    text = "-- migdocs: no-transaction\nselect pg_advisory_unlock_all(); create table after_it ();"
    with pytest.raises(DatabaseError, match="gave migdocs' lock away"):
        apply([migration("1_a", text)], Target(database))
    assert rows(database, "select to_regclass('after_it')") == [(None,)]
    outcomes = [outcome for _, _, outcome in rows(database, LEDGER)]
    assert outcomes == ["started", "failed"]


@pytest.fixture
def standby(database: str) -> Iterator[str]:
    """Give a database whose server waits at each commit for a standby that never answers."""
    apply([BOOKS], Target(database))
    name = database.partition("?")[0].rpartition("/")[2]
    _set(database, f"alter database {name} set synchronous_commit = on")
    _set(database, "alter system set synchronous_standby_names = 'nobody'")
    yield database
    _set(database, "alter system reset synchronous_standby_names")


def _set(url: str, statement: str) -> None:
    """Change a setting of the server."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
        connection.execute("select pg_reload_conf()")
    time.sleep(0.3)


def test_a_commit_that_was_cut_off_is_asked_of_the_server(standby: str) -> None:
    """It took effect before the session ended: the ledger has it, and no failure after it."""
    told: list[BaseException] = []

    def work() -> None:
        """Apply one script, and keep what it says."""
        try:
            apply([BOOKS, TITLES], Target(standby))
        except MigdocsError as error:
            told.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    waiting = (
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where wait_event = 'SyncRep' and application_name = 'migdocs'"
    )
    end = time.monotonic() + 30
    while not rows(standby, waiting) and time.monotonic() < end:
        time.sleep(0.05)
    thread.join(60)
    assert "the connection was lost after the commit" in str(told[0])
    assert rows(standby, "select id, title from book") == []
    assert rows(standby, LEDGER)[-1] == (TITLES.id, "apply", "succeeded")


def test_a_session_that_ends_before_its_commit_leaves_nothing(database: str) -> None:
    """Neither table nor row that says so."""
    script = migration("1_a", "create table a (); select pg_terminate_backend(pg_backend_pid());")
    with pytest.raises(DatabaseError):
        apply([script], Target(database))
    assert rows(database, "select to_regclass('a')") == [(None,)]
    assert ("1_a", "apply", "succeeded") not in rows(database, LEDGER)


def test_more_than_there_is_cannot_be_rolled_back(database: str) -> None:
    """One of two was undone, and the command said nothing of the third."""
    apply([BOOKS, TITLES], Target(database))
    with pytest.raises(UsageError, match=r"3 migrations cannot be rolled back: 2 applied here"):
        rollback([BOOKS, TITLES], Target(database), last=3)
    assert rows(database, "select id, title from book") == []
    rollback([BOOKS, TITLES], Target(database), last=2)
    assert rows(database, "select to_regclass('book')") == [(None,)]


def test_a_script_that_was_rolled_back_whole_cannot_be_called_applied(database: str) -> None:
    """Nothing of it is there; a baseline is for what was run by hand."""
    broken = migration("1_a", "create table a (id int); select nope;", "drop table a;")
    with pytest.raises(DatabaseError):
        apply([broken], Target(database))
    with pytest.raises(MigdocsError, match=r"'1_a' is pending: .* rolled back whole") as caught:
        repair([broken], Target(database), "1_a", reason="because", state="applied")
    assert "'migdocs apply'" in caught.value.hint
    assert [outcome for _, _, outcome in rows(database, LEDGER)] == ["failed"]


def test_a_rollback_that_was_rolled_back_cannot_be_called_pending(database: str) -> None:
    """All of the migration is there still."""
    kept = migration("1_a", "create table a (id int);", "select nope;")
    apply([kept], Target(database))
    with pytest.raises(DatabaseError):
        rollback([kept], Target(database))
    with pytest.raises(MigdocsError, match="'1_a' is applied"):
        repair([kept], Target(database), "1_a", reason="because", state="pending")


def test_a_failed_concurrent_index_is_built_again_not_declared(database: str) -> None:
    """An INVALID index was called applied; apply finishes and checks it."""
    doubled = migration("1_a", "create table a (id int); insert into a values (1), (1);")
    index = migration("2_b", "create unique index concurrently one on a (id);")
    with pytest.raises(DatabaseError):
        apply([doubled, index], Target(database))
    with pytest.raises(MigdocsError, match="can be run again") as caught:
        repair([doubled, index], Target(database), "2_b", reason="because", state="applied")
    assert "'migdocs apply'" in caught.value.hint
    with psycopg.connect(database) as connection:
        connection.execute("delete from a where ctid = '(0,1)'")
    apply([doubled, index], Target(database))
    valid = "select indisvalid from pg_index where indexrelid = 'one'::regclass"
    assert rows(database, valid) == [(True,)]
