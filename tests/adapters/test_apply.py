"""Scripts run once, whole or visibly half, and the ledger says all of it."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from migdocs.commands.apply import apply, dry_run
from migdocs.commands.baseline import baseline
from migdocs.commands.history import export
from migdocs.commands.repair import repair
from migdocs.commands.rollback import rollback
from migdocs.commands.status import history, status
from migdocs.commands.target import Target
from migdocs.core.errors import DatabaseError, InputError, MigdocsError, SeveralErrors, UsageError
from migdocs.core.model import Check, Migration, Notes, Script
from migdocs.core.settings import SessionOptions

if TYPE_CHECKING:
    from pathlib import Path


def migration(name: str, forward: str, rollback: str | None = None, **more: Any) -> Migration:
    """Give a migration of two scripts' texts."""
    back = None if rollback is None else Script(f"migrations/{name}_rollback.sql", rollback)
    return Migration(name, Script(f"migrations/{name}.sql", forward), back, **more)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """Give what a query finds, from a session of its own."""
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def valid(url: str, index: str) -> bool | None:
    """Tell whether an index is valid; None where there is none."""
    found = dict(rows(url, "select indexrelid::regclass::text, indisvalid from pg_index"))
    return found.get(index)


BOOKS = migration("20260101_books", "create table book (id int);", "drop table book;")
TITLES = migration(
    "20260201_titles",
    "alter table book add title text;",
    "alter table book drop title;",
)


def test_applied_scripts_are_in_force_and_in_the_ledger(database: str) -> None:
    """The ledger says who, where, from which commit, with which scripts, how long."""
    events = apply([BOOKS, TITLES], Target(database, commit="0123abc"))
    assert [event.migration for event in events] == [BOOKS.id, TITLES.id]
    assert rows(database, "select id, title from book") == []
    first = history(Target(database))[0]
    assert BOOKS.forward is not None
    assert BOOKS.rollback is not None
    assert (first.action, first.outcome, first.commit) == ("apply", "succeeded", "0123abc")
    assert first.script_hash == BOOKS.forward.digest
    assert first.rollback_hash == BOOKS.rollback.digest
    assert first.duration_ms is not None
    assert all((first.by, first.host, first.role, first.server, first.tool))
    assert first.at.endswith("Z")


def test_a_second_run_has_nothing_to_do(database: str) -> None:
    """What the ledger has is not run again."""
    apply([BOOKS], Target(database))
    assert apply([BOOKS], Target(database)) == ()


def test_asking_for_the_status_makes_no_ledger(database: str) -> None:
    """Asking is free."""
    found = status([BOOKS], Target(database))
    assert found.state.pending == (BOOKS.id,)
    assert found.at_work == ""
    assert rows(database, "select to_regclass('migdocs_ledger')") == [(None,)]


def test_a_failed_script_is_rolled_back_whole_and_noted_with_its_place(database: str) -> None:
    """Line and column lead to the word that is wrong; what ran before it stays."""
    broken = migration("20260301_bad", "create table gone ();\n\nselect 1,\n       nope;\n")
    with pytest.raises(DatabaseError) as caught:
        apply([BOOKS, broken, TITLES], Target(database))
    error = caught.value
    assert str(error) == ('migrations/20260301_bad.sql:4:8: column "nope" does not exist (42703)')
    assert error.exit_code == 4
    assert rows(database, "select to_regclass('gone')") == [(None,)]
    found = status([BOOKS, broken, TITLES], Target(database))
    assert found.state.applied == (BOOKS.id,)
    assert found.state.failed == (broken.id,)
    assert found.state.pending == (broken.id, TITLES.id)
    assert (found.last[broken.id].line, found.last[broken.id].sqlstate) == (4, "42703")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("create table a (x int);\n  select 1;\nselect nope from a;\nselect 2;", "0.sql:3:8:"),
        ("create table a ();\nselect 1;\n create table a ();", "0.sql:3:"),
        ("create table a ();\nselect 1;\n  selekt 1;\nselect 2;", "0.sql:3:3:"),
        ("select 1;\n/* Ωδ */ select 'Ωδ', nope;\nselect 1;", "0.sql:2:23:"),
        (f"{'select 1;' * 9}\n{'x' * 300_000} ;\nselect 1;", "0.sql:2:1:"),
        ("create table a (x int);\ncopy a from stdin;\n1\n\\.\nselect 1;\nnope;", "0.sql:6:1:"),
    ],
)
def test_an_error_is_placed_among_statements_that_are_sent_together(
    database: str, text: str, place: str
) -> None:
    """Whether the server says where, how often it answered, or reads nothing at all."""
    with pytest.raises(DatabaseError) as error:
        apply([migration("0", text)], Target(database))
    assert str(error.value).startswith(f"migrations/{place}")
    assert rows(database, "select to_regclass('a')") == [(None,)]


def test_a_setting_of_how_text_is_read_holds_from_the_next_statement_on(database: str) -> None:
    """As in psql, which sends one statement at a time; the server reads a message whole."""
    text = "create table a (x text); set standard_conforming_strings = off;"
    text += r" set escape_string_warning = off; insert into a values ('\\');"
    apply([migration("0", text), migration("1", r"insert into a values ('\\');")], Target(database))
    assert rows(database, "select length(x) from a") == [(1,), (2,)]


def test_an_error_in_a_block_of_code_names_the_line_in_the_script(database: str) -> None:
    """The server counts from where the block's quotes open."""
    script = "-- a comment\nselect 1;\ndo $$\nbegin\n  raise exception 'no %', 1;\nend $$;\n"
    with pytest.raises(DatabaseError, match=r"^migrations/x\.sql:5: no 1 \(P0001\)"):
        apply([migration("x", script)], Target(database))


def test_a_constraint_that_fails_at_the_commit_undoes_the_script(database: str) -> None:
    """Deferred checks come last; the ledger row goes with the rest."""
    script = (
        "create table a (id int primary key);\n"
        "create table b (a int references a deferrable initially deferred);\n"
        "insert into b values (1);\n"
    )
    with pytest.raises(DatabaseError, match="23503"):
        apply([migration("x", script)], Target(database))
    assert rows(database, "select to_regclass('a')") == [(None,)]
    assert [event.outcome for event in history(Target(database))] == ["failed"]


def test_what_is_put_off_until_the_commit_runs_as_the_script_and_leaves_nothing(
    database: str,
) -> None:
    """A deferred trigger has the script's settings; the next script is not read by its own."""
    script = r"""
        create table a (x text);
        create table seen (path text);
        create function late() returns trigger language plpgsql as $$ begin
            insert into public.seen values (current_setting('search_path'));
            perform set_config('standard_conforming_strings', 'off', false);
            return null;
        end $$;
        create constraint trigger late after insert on a deferrable initially deferred
            for each row execute function late();
        set search_path = public, pg_temp;
        insert into a values ('first');
    """
    after = migration("1", r"alter table a disable trigger late; insert into a values ('\\');")
    apply([migration("0", script), after], Target(database))
    assert rows(database, "select path from seen") == [("public, pg_temp",)]
    assert rows(database, "select length(x) from a") == [(5,), (2,)]


def test_a_script_cannot_leave_the_next_one_another_session(database: str) -> None:
    """Role, search path, time limits and temporary tables are as they were at the start."""
    nasty = migration(
        "1_nasty",
        "create role app; create schema other; set search_path = other; set role app;"
        "create temp table t (); set statement_timeout = 200; prepare p as select 1;",
        "reset role; drop schema other; drop role app;",
    )
    after = migration("2_after", "create table t (); select pg_sleep(0.5);")
    apply([nasty, after], Target(database))
    assert rows(database, "select to_regclass('public.t')::text") == [("t",)]
    rollback([nasty, after], Target(database), keep={"2_after"})


def test_rows_of_copy_are_sent_as_data(database: str) -> None:
    """pg_dump writes them so, with a search path of its own."""
    script = (
        "select pg_catalog.set_config('search_path', '', false);\n"
        "create table public.n (a text, b text);\n"
        "copy public.n (a, b) from stdin;\nÄ\t1\n\\N\t;--\n\\.\n\n"
        "insert into public.n values ('last', '3');\n"
    )
    apply([migration("x", script)], Target(database))
    assert rows(database, "select a, b from n") == [("Ä", "1"), (None, ";--"), ("last", "3")]


@pytest.mark.parametrize("together", ["", "select 1;\n"], ids=["alone", "with another"])
@pytest.mark.parametrize("before", ["", "vacuum;\n"], ids=["in a transaction", "outside"])
def test_rows_that_a_script_gives_are_not_held(database: str, before: str, together: str) -> None:
    """A result of 600 MB takes next to nothing of ours, however it is sent."""
    big = "select repeat('x', 1000000) from generate_series(1, 600);\n"
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    events = apply([migration("1", before + together + big + together)], Target(database))
    assert [event.migration for event in events] == ["1"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - most < 150_000  # kB


def test_an_outer_begin_and_commit_are_part_of_our_transaction(database: str) -> None:
    """Its COMMIT would end ours before the ledger row."""
    script = "begin;\ncreate table t ();\nselect nope;\ncommit;\n"
    with pytest.raises(DatabaseError):
        apply([migration("x", script)], Target(database))
    assert rows(database, "select to_regclass('t')") == [(None,)]


def test_a_new_enum_value_is_used_in_a_transaction_after_the_one_that_adds_it(
    database: str,
) -> None:
    """PostgreSQL refuses it in one (55P04)."""
    kind = migration("1", "create type mood as enum ('ok'); create table m (mood mood);")
    value = migration("2", "alter type mood add value 'sad';\ninsert into m values ('sad');")
    apply([kind, value], Target(database))
    assert rows(database, "select mood::text from m") == [("sad",)]
    assert [event.outcome for event in history(Target(database))][1:] == ["started", "succeeded"]


def test_an_index_is_built_concurrently_between_two_ledger_rows(database: str) -> None:
    """It cannot be part of a transaction."""
    index = migration("2", "create index concurrently book_id on book (id);")
    apply([BOOKS, index], Target(database))
    assert valid(database, "book_id") is True
    events = [(event.outcome, event.migration) for event in history(Target(database))][1:]
    assert events == [("started", "2"), ("succeeded", "2")]


def test_a_failed_concurrent_index_is_dropped_and_built_by_the_next_run(database: str) -> None:
    """Else 'if not exists' succeeds for ever on a broken index."""
    index = migration("2", "create unique index concurrently if not exists u on book (id);")
    apply([BOOKS], Target(database))
    with psycopg.connect(database) as connection:
        connection.execute("insert into book values (1), (1)")
    with pytest.raises(DatabaseError, match=r"migrations/2\.sql:1: .*\(23505\)"):
        apply([BOOKS, index], Target(database))
    assert valid(database, "u") is None
    assert status([BOOKS, index], Target(database)).state.half_done == ("2",)
    with psycopg.connect(database) as connection:
        connection.execute("truncate book")
    apply([BOOKS, index], Target(database))
    assert valid(database, "u") is True
    assert status([BOOKS, index], Target(database)).state.failed == ()


def test_an_invalid_index_that_somebody_left_is_found_and_rebuilt(database: str) -> None:
    """It was there before migdocs came."""
    apply([BOOKS], Target(database))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("insert into book values (1), (1)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("create unique index concurrently u on book (id)")
        connection.execute("truncate book")
    said: list[str] = []
    index = migration("2", "create unique index concurrently if not exists u on book (id);")
    apply([BOOKS, index], Target(database, notify=said.append))
    assert valid(database, "u") is True
    assert said == ["dropping the invalid index 'u' that a failed build left"]


def test_a_failure_outside_a_transaction_waits_for_a_repair(database: str) -> None:
    """Nobody but a person knows what the script left."""
    script = migration("1", "begin; create table a (); commit; select nope;")
    with pytest.raises(DatabaseError) as caught:
        apply([script], Target(database))
    assert "part of it may stay" in caught.value.hint
    with pytest.raises(MigdocsError, match="half done"):
        apply([script, TITLES], Target(database))
    with psycopg.connect(database) as connection:
        connection.execute("drop table a; create table nope ()")
    repair([script], Target(database), "1", reason="dropped it", state="pending")
    assert status([script], Target(database)).state.pending == ("1",)
    repaired = migration("1", "begin; create table a (); commit;")
    apply([repaired], Target(database))
    assert status([repaired], Target(database)).state.applied == ("1",)


def test_psql_commands_are_refused_before_anything_runs(database: str) -> None:
    """All of them are named; a foreign script's shell commands never run."""
    bad = migration("2_bad", "\\set x `touch /tmp/owned`\nselect :x;\n\\i other.sql\n")
    with pytest.raises(SeveralErrors) as caught:
        apply([BOOKS, bad], Target(database))
    places = [(error.path, error.line) for error in caught.value.errors]
    assert places == [("migrations/2_bad.sql", line) for line in (1, 2, 3)]
    assert rows(database, "select to_regclass('book')") == [(None,)]


PSQL = SessionOptions(psql=True, search_path="shelf, public")


def test_psql_runs_its_own_commands_where_the_project_opts_in(
    database: str, tmp_path: Path
) -> None:
    """With our session's settings, in no transaction of ours, and both events in the ledger."""
    (tmp_path / "migrations").mkdir()
    text = "\\set title Ulysses\ncreate table book as select :'title' as title;\n\\i more.sql\n"
    (tmp_path / "migrations" / "0.sql").write_text(text)
    (tmp_path / "more.sql").write_text("insert into book values ('Emma');")
    with psycopg.connect(database) as connection:
        connection.execute("create schema shelf")
    target = Target(database, PSQL, root=tmp_path)
    assert [item.execution.mode for item in dry_run([migration("0", text)], target)] == ["psql"]
    apply([migration("0", text)], target)
    assert rows(database, "select title from shelf.book") == [("Ulysses",), ("Emma",)]
    assert [event.outcome for event in history(target)] == ["started", "succeeded"]
    assert status([migration("0", text)], target).state.applied == ("0",)


def test_what_psql_cannot_run_is_half_done_and_placed(database: str, tmp_path: Path) -> None:
    """Nobody but a person knows what it left; nothing waits for an answer at a terminal."""
    (tmp_path / "migrations").mkdir()
    text = "\\set x 1\ncreate table a ();\n\nselect nope;\ncreate table b ();\n"
    (tmp_path / "migrations" / "0.sql").write_text(text)
    target = Target(database, PSQL, root=tmp_path)
    with pytest.raises(DatabaseError) as error:
        apply([migration("0", text)], target)
    said = 'migrations/0.sql:4: column "nope" does not exist (42703)'
    assert (str(error.value), error.value.sqlstate) == (said, "42703")
    found = rows(database, "select to_regclass('a')::text, to_regclass('b')::text")
    assert found == [("a", None)]
    assert status([migration("0", text)], target).state.half_done == ("0",)


def test_a_dry_run_says_what_would_run_and_changes_nothing(database: str) -> None:
    """Statement by statement, and how."""
    (first, second) = dry_run([BOOKS, TITLES], Target(database))
    assert [s.text for s in second.execution.statements] == ["alter table book add title text"]
    assert first.execution.mode == "transaction"
    assert rows(database, "select count(*) from pg_tables where schemaname = 'public'") == [(0,)]


def test_rolling_back_undoes_the_last_and_keeps_the_reason(database: str) -> None:
    """The reason stands in the ledger."""
    apply([BOOKS, TITLES], Target(database))
    rollback([BOOKS, TITLES], Target(database), reason="slow page")
    assert status([BOOKS, TITLES], Target(database)).state.applied == (BOOKS.id,)
    last = history(Target(database))[-1]
    assert (last.action, last.migration, last.reason) == ("rollback", TITLES.id, "slow page")


def test_rolling_back_to_a_version_undoes_all_that_it_does_not_ship(database: str) -> None:
    """The last applied goes first, so each finds what it needs."""
    apply([BOOKS, TITLES], Target(database))
    events = rollback([BOOKS, TITLES], Target(database), keep=())
    assert [event.migration for event in events] == [TITLES.id, BOOKS.id]
    assert rows(database, "select to_regclass('book')") == [(None,)]


def test_a_failed_rollback_leaves_the_migration_applied(database: str) -> None:
    """Rolled back whole, and noted."""
    bad = migration("1", "create table t ();", "drop table nope;")
    apply([bad], Target(database))
    with pytest.raises(DatabaseError, match=r"1_rollback\.sql:1"):
        rollback([bad], Target(database))
    found = status([bad], Target(database)).state
    assert (found.applied, found.failed) == (("1",), ("1",))


def test_an_edited_script_stops_everything_until_it_is_repaired(database: str) -> None:
    """The reason goes into the ledger."""
    apply([BOOKS], Target(database))
    edited = migration(BOOKS.id, "create table book (id bigint);")
    with pytest.raises(MigdocsError, match="was applied with another text"):
        apply([edited, TITLES], Target(database))
    with pytest.raises(UsageError, match="needs a reason"):
        repair([edited], Target(database), BOOKS.id, reason=" ", state="applied")
    repair([edited], Target(database), BOOKS.id, reason="same by hand", state="applied")
    apply([edited, TITLES], Target(database))
    assert "same by hand" in [event.reason for event in history(Target(database))]


def test_a_repair_of_what_is_well_is_refused(database: str) -> None:
    """The ledger is no notebook."""
    apply([BOOKS], Target(database))
    with pytest.raises(MigdocsError, match="needs no repair"):
        repair([BOOKS], Target(database), BOOKS.id, reason="because", state="applied")


def test_the_checks_of_the_notes_run_where_asked(database: str) -> None:
    """A query that fails is named at its place in the notes; commands of psql are for people."""
    good = Notes("migrations/b.md", "Books", checks=(Check("\\d book\nselect 1 from book;", 9),))
    said: list[str] = []
    with_notes = migration("b", "create table book (id int);", notes=good)
    apply([with_notes], Target(database, notify=said.append), verify=True)
    assert said == ["check migrations/b.md:10: 0 rows"]
    bad = Notes("migrations/c.md", "C", checks=(Check("select nope from book;", 5),))
    with pytest.raises(DatabaseError, match=r"migrations/c\.md:5:8: column \"nope\""):
        apply([migration("c", "select 1;", notes=bad)], Target(database), verify=True)


def test_a_check_cannot_change_anything(database: str) -> None:
    """It runs in a transaction that only reads, and is rolled back."""
    notes = Notes("b.md", "B", checks=(Check("insert into book values (1);", 1),))
    with pytest.raises(DatabaseError, match="25006"):
        apply(
            [migration("b", "create table book (id int);", notes=notes)],
            Target(database),
            verify=True,
        )


def test_a_baseline_declares_without_running(database: str) -> None:
    """The schema was made by hand; only what follows is run."""
    with psycopg.connect(database) as connection:
        connection.execute("create table book (id int)")
    found = baseline([BOOKS, TITLES], Target(database), {BOOKS.id}, reason="made by hand")
    assert [event.migration for event in found.events] == [BOOKS.id]
    assert [event.migration for event in apply([BOOKS, TITLES], Target(database))] == [TITLES.id]


def test_an_export_adds_an_environment_and_loses_nothing(database: str, tmp_path: Path) -> None:
    """Exported again, the same bytes; another environment's lines stay."""
    other = '{"migration": "old", "action": "apply", "outcome": "succeeded", "at":'
    other += ' "2025-01-01T00:00:00Z", "environment": "staging"}\n'
    (tmp_path / "history.jsonl").write_text(other)
    apply([BOOKS, TITLES], Target(database))
    new = export(tmp_path, "history.jsonl", Target(database), "production")
    assert [event.migration for event in new] == [BOOKS.id, TITLES.id]
    assert {event.environment for event in new} == {"production"}
    text = (tmp_path / "history.jsonl").read_text()
    assert '"staging"' in text.splitlines()[0]
    assert len(text.splitlines()) == 3
    assert export(tmp_path, "history.jsonl", Target(database), "production") == ()
    assert (tmp_path / "history.jsonl").read_text() == text


def test_a_broken_line_of_the_history_stops_the_export(database: str, tmp_path: Path) -> None:
    """A merge's marks are named with their lines, and the file stays as it is."""
    (tmp_path / "history.jsonl").write_text("<<<<<<< ours\n\n=======\n")
    with pytest.raises(SeveralErrors) as caught:
        export(tmp_path, "history.jsonl", Target(database), "production")
    assert [error.line for error in caught.value.errors] == [1, 3]
    assert all(isinstance(error, InputError) for error in caught.value.errors)


def test_the_ledger_may_stand_in_a_schema_of_its_own(database: str) -> None:
    """Two applications in one database keep two ledgers, and do not wait for each other."""
    with psycopg.connect(database) as connection:
        connection.execute("create schema billing")
    options = SessionOptions(ledger="billing.migdocs_ledger")
    apply([BOOKS], Target(database, options))
    assert status([BOOKS], Target(database, options)).state.applied == (BOOKS.id,)
    assert status([BOOKS], Target(database)).state.applied == ()
