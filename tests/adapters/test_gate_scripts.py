"""What a script's own settings, psql and names do to what is recorded of it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from tests.adapters.test_apply import BOOKS, TITLES, migration, rows
from tests.adapters.test_gate_ledger import LEDGER

from migdocs.commands.apply import apply
from migdocs.commands.repair import rename
from migdocs.commands.rollback import rollback
from migdocs.commands.status import status
from migdocs.commands.target import Target
from migdocs.core.errors import DatabaseError, InputError, MigdocsError
from migdocs.core.settings import SessionOptions

if TYPE_CHECKING:
    from pathlib import Path

    from migdocs.core.model import Migration

TWO_ITEMS = """
create schema app; create type mood as enum ('a');
create table public.items (m text); insert into public.items values ('mine');
create table app.items (m text); insert into app.items values ('theirs');
"""


def test_a_parted_script_keeps_its_local_settings(database: str) -> None:
    """The second part updated public.items for app.items."""
    parted = migration(
        "2_b",
        "set local search_path = app, public; alter type public.mood add value 'b';"
        " update items set m = 'b'::mood::text;",
    )
    apply([migration("1_a", TWO_ITEMS), parted], Target(database))
    assert rows(database, "select m from public.items") == [("mine",)]
    assert rows(database, "select m from app.items") == [("b",)]


@pytest.mark.parametrize(
    "before",
    [
        "select set_config('search_path', 'app, public', true);",
        "lock table public.items;",
        "savepoint one;",
        "create temp table t (i int) on commit drop;",
    ],
)
def test_what_cannot_be_said_twice_is_not_parted(database: str, before: str) -> None:
    """The script is refused, and nothing of it ran."""
    apply([migration("1_a", TWO_ITEMS)], Target(database))
    text = f"{before} alter type public.mood add value 'b'; update items set m = 'b'::mood::text;"
    with pytest.raises(InputError, match="write two scripts"):
        apply([migration("1_a", TWO_ITEMS), migration("2_b", text)], Target(database))
    assert rows(database, "select m from public.items") == [("mine",)]
    assert len(rows(database, LEDGER)) == 1


def test_the_word_commit_in_a_string_is_no_commit(database: str) -> None:
    """The DO block and its ledger row stay one transaction."""
    text = """create table a (t text);
    do $$ begin -- commit;
        insert into a values ('commit;'); /* rollback; */
    end $$;
    select nope;"""
    with pytest.raises(DatabaseError):
        apply([migration("1_a", text)], Target(database))
    assert rows(database, "select to_regclass('a')") == [(None,)]
    assert [outcome for _, _, outcome in rows(database, LEDGER)] == ["failed"]


# --- a script of psql's -------------------------------------------------------------------------


def by_psql(root: Path, url: str, text: str, **beside: str) -> None:
    """Apply one script that psql runs, with other files beside it."""
    if not shutil.which("psql"):
        pytest.skip("no psql here")
    script = migration("1_a", text)
    assert script.forward is not None
    (root / "migrations").mkdir()
    (root / script.forward.path).write_text(text)
    for name, other in beside.items():
        (root / "migrations" / f"{name}.psql").write_text(other)
    apply([script], Target(url, SessionOptions(psql=True), root=root))


@pytest.mark.parametrize(
    "text",
    [
        "\\set n 1\nbegin;\ncreate table a as select :n;\n",
        "\\set AUTOCOMMIT off\ncreate table a ();\n",
    ],
)
def test_a_transaction_that_psql_left_open_is_a_failure(
    database: str, tmp_path: Path, text: str
) -> None:
    """It was counted as succeeded, and nothing of it was there."""
    with pytest.raises(DatabaseError, match="left a transaction open"):
        by_psql(tmp_path, database, text)
    assert rows(database, "select to_regclass('a')") == [(None,)]
    assert [outcome for _, _, outcome in rows(database, LEDGER)] == ["started", "failed"]


def test_a_script_that_ends_psql_half_way_is_refused(database: str, tmp_path: Path) -> None:
    """Its exit code would say that all is done."""
    with pytest.raises(InputError, match=r"1_a\.sql:2: '\\q' ends psql before the end"):
        by_psql(tmp_path, database, "create table a ();\n\\q\ncreate table b ();\n")
    assert rows(database, "select to_regclass('a')") == [(None,)]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("\\echo no \\q", r"1_a\.sql:2: '\\q' ends psql before the end"),
        ("\\set ON_ERROR_STOP 'of'", "'.set' makes psql continue after an error"),
        ("\\getenv ON_ERROR_STOP NO", "'.getenv' makes psql continue after an error"),
        ("\\c template1", "'.c' goes on in another database"),
        ("\\ir other.psql", r"other\.psql:2: '\\q' ends psql .*1_a\.sql:2 includes"),
        ("\\i migrations/other.psql", r"other\.psql:2: '\\q' ends psql"),
        ("\\include_relative 'outer.psql'", r"other\.psql:2: '\\q' .*outer\.psql:1 includes"),
        ("\\ir :name", "only psql knows which file this includes"),
        ("\\cd migrations\n\\i other.psql", "only psql knows which file this includes"),
        ("\\i nowhere.psql", "the included file 'nowhere.psql' cannot be read"),
        ("\\i /etc/passwd", "leads out of the project"),
    ],
)
def test_what_psqls_exit_code_does_not_tell_is_refused(
    database: str, tmp_path: Path, line: str, says: str
) -> None:
    """In the script, on a line with another command, and in whatever file it includes."""
    inner = "create table c ();\n\\q\ncreate table d ();\n"
    with pytest.raises(InputError, match=says):
        by_psql(
            tmp_path,
            database,
            f"create table a ();\n{line}\ncreate table b ();\n",
            other=inner,
            outer="\\ir other.psql\n\\ir outer.psql\n",
        )
    assert rows(database, "select to_regclass('a')") == [(None,)]
    assert not rows(database, LEDGER)


@pytest.mark.parametrize(
    "text",
    [
        "\\ir other.psql\ncreate table a ();\n",
        "\\set ON_ERROR_STOP on\n\\echo 'a \\\\q'\ncreate table a ();\n",
        "\\set n 1\ncreate table a as select :n;\n",
        "\\set n 1\nbegin;\ncreate table a as select :n;\ncommit;\n",
        "\\set AUTOCOMMIT off\ncreate table a ();\ncommit;\n",
    ],
)
def test_a_script_that_psql_ended_well_is_applied(database: str, tmp_path: Path, text: str) -> None:
    """With transactions of its own or without."""
    by_psql(tmp_path, database, text, other="create table o ();\n")
    assert rows(database, "select to_regclass('a') is not null") == [(True,)]
    assert [outcome for _, _, outcome in rows(database, LEDGER)] == ["started", "succeeded"]


# --- names --------------------------------------------------------------------------------------


def renamed(script: Migration, name: str) -> Migration:
    """Give a migration with the same texts under another name."""
    assert script.forward is not None
    assert script.rollback is not None
    return migration(name, script.forward.text, script.rollback.text)


def test_a_renamed_script_does_not_run_again(database: str) -> None:
    """A seed was there twice; one command records the new name, in the old one's place."""
    apply([BOOKS, TITLES], Target(database))
    moved = [renamed(BOOKS, "20260101_library"), TITLES]
    with pytest.raises(MigdocsError, match=r"'20260101_library' has the text of") as caught:
        apply(moved, Target(database), allow_late=True)
    assert f"repair 20260101_library --renamed-from {BOOKS.id}" in caught.value.hint
    assert status(moved, Target(database)).state.renamed == (("20260101_library", BOOKS.id),)
    rename(moved, Target(database), "20260101_library", BOOKS.id)
    found = status(moved, Target(database)).state
    assert (found.applied, found.pending) == (("20260101_library", TITLES.id), ())
    assert (found.unknown, found.renamed) == ((), ())
    assert apply(moved, Target(database)) == ()
    rollback(moved, Target(database))
    assert rows(database, "select id from book") == []


def test_another_text_is_another_migration(database: str) -> None:
    """No command makes it the applied one."""
    apply([BOOKS], Target(database))
    other = migration("2_b", "create table other ();")
    with pytest.raises(MigdocsError, match="is not '20260101_books' under another name"):
        rename([other], Target(database), "2_b", BOOKS.id)


# --- hints --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "state", "hint"),
    [
        (
            "create procedure p() language plpgsql as $$ begin commit; end $$;\ncall p();",
            "2D000",
            "A COMMIT or ROLLBACK is not allowed here",
        ),
        (
            (
                "create type mood as enum ('ok');\ncreate table t (m mood);\ncommit;\nbegin;\n"
                "alter type mood add value 'glad';\ninsert into t select ('gl' || 'ad')::mood;\n"
            ),
            "55P04",
            "use it in the next script",
        ),
    ],
)
def test_what_a_transaction_refuses_says_what_to_do(
    database: str, text: str, state: str, hint: str
) -> None:
    """A procedure that commits, and an enum's new value behind an expression."""
    with pytest.raises(DatabaseError, match=state) as caught:
        apply([migration("1_a", text)], Target(database))
    assert (caught.value.sqlstate, hint in caught.value.hint) == (state, True), caught.value.hint
