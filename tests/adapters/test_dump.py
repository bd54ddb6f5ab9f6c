"""A backup is complete or absent, and a restore brings back all of it, or nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from migdocs.adapters.database import dump
from migdocs.adapters.database.dump import folder as folders
from migdocs.adapters.sandbox import programs
from migdocs.commands.apply import apply
from migdocs.commands.backup import backup, newest, offered, restore
from migdocs.commands.rollback import rollback
from migdocs.commands.status import history, status
from migdocs.commands.target import Target, alone
from migdocs.core.backups import STAMP
from migdocs.core.errors import DatabaseError, MachineError, UsageError
from migdocs.core.model import Migration, Script
from migdocs.core.settings import SessionOptions

if TYPE_CHECKING:
    from pathlib import PurePath

    from migdocs.adapters import sandbox
    from migdocs.adapters.database.dump import Tools

BOOKS = Migration(
    "1",
    Script("1.sql", "create table book (title text); insert into book values ('Ulysses');"),
    Script("1_rollback.sql", "drop table book;"),
)
LOSS = Migration(
    "2",
    Script("2.sql", "alter table book drop title; create table page (); create type t as enum ();"),
    Script("2_rollback.sql", "alter table book add title text; drop table page; drop type t;"),
)
SLOW = Migration(
    "3",
    Script(
        "3.sql",
        "create table slow as select 1; create function nap() returns int language sql"
        " as 'select 1 from pg_sleep(0.7)'; create index on slow ((1));",
    ),
)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """Give what a query finds."""
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_a_backup_can_be_read_and_only_by_us(database: str, tmp_path: Path) -> None:
    """It has a name that says what it is of and when it was made."""
    apply([BOOKS], Target(database))
    made = backup(Target(database), tmp_path / "backups", 7).backup
    assert made.label
    assert made.path.name == f"{made.label.database}-{made.label.at}.dump"
    beside = f"{made.path.name}.json"
    there = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "backups").iterdir()}
    assert there.keys() == {made.path.name, beside, ".gitignore"}
    assert (there[made.path.name], there[beside]) == (0o600, 0o600)
    assert newest(Target(database), tmp_path / "backups") == made


def test_a_restore_brings_back_what_a_rollback_cannot(database: str, tmp_path: Path) -> None:
    """Rows that a migration dropped are there again; what it made is gone."""
    apply([BOOKS], Target(database))
    made = backup(Target(database), tmp_path, 7).backup
    apply([BOOKS, LOSS], Target(database))
    done = restore(Target(database), Path(made.path), tmp_path)
    assert rows(database, "select title from book") == [("Ulysses",)]
    assert rows(database, "select to_regclass('page'), to_regtype('t')") == [(None, None)]
    assert Path(done.before.path).exists()
    assert done.before.path != made.path


def test_a_restore_loses_no_line_of_the_ledger(database: str, tmp_path: Path) -> None:
    """What ran after the backup stays in it, and that it no longer holds."""
    apply([BOOKS], Target(database))
    made = backup(Target(database), tmp_path, 7).backup
    apply([BOOKS, LOSS], Target(database))
    before = history(Target(database))
    restore(Target(database), Path(made.path), tmp_path)
    after = history(Target(database))
    assert after[: len(before)] == before
    restored, last = after[len(before) :]
    assert (restored.migration, restored.action, restored.outcome) == ("", "restore", "succeeded")
    assert restored.reason.startswith(f"restored from {made.path.name} (made 20")
    assert restored.reason.endswith("with 1 migrations applied, the last is 1)")
    assert (last.migration, last.action) == ("2", "repair")
    assert last.reason == f"restored from {made.path.name}"
    found = status([BOOKS, LOSS], Target(database)).state
    assert (found.applied, found.pending) == (("1",), ("2",))


def test_a_restore_of_a_time_before_the_ledger_keeps_it(database: str, tmp_path: Path) -> None:
    """The first backup is older than the first migration."""
    made = backup(Target(database), tmp_path, 7).backup
    apply([BOOKS], Target(database))
    restore(Target(database), Path(made.path), tmp_path)
    assert status([BOOKS], Target(database)).state.pending == ("1",)
    assert [event.action for event in history(Target(database))] == ["apply", "restore", "repair"]


def test_a_restore_after_a_rollback_says_applied_again(database: str, tmp_path: Path) -> None:
    """The ledger follows the database both ways."""
    apply([BOOKS], Target(database))
    made = backup(Target(database), tmp_path, 7).backup
    rollback([BOOKS], Target(database))
    restore(Target(database), Path(made.path), tmp_path)
    assert status([BOOKS], Target(database)).state.applied == ("1",)
    assert rows(database, "select title from book") == [("Ulysses",)]


def test_a_restore_that_fails_leaves_the_database_as_it_is(database: str, tmp_path: Path) -> None:
    """All of it is one transaction; an open one of the application stands in the way."""
    apply([BOOKS], Target(database))
    made = backup(Target(database), tmp_path, 7).backup
    apply([BOOKS, LOSS], Target(database))
    limited = f"{database}&options=-c%20lock_timeout%3D200ms"
    with psycopg.connect(database) as application:
        application.execute("select from page")
        with pytest.raises(DatabaseError, match="lock timeout"):
            restore(Target(limited), Path(made.path), tmp_path)
    assert rows(database, "select to_regclass('page')::text") == [("page",)]
    assert status([BOOKS, LOSS], Target(database)).state.applied == ("1", "2")


def test_objects_of_every_kind_are_replaced(database: str, tmp_path: Path) -> None:
    """Schemas, views, functions, domains, sequences and partitions that came later are gone."""
    made = backup(Target(database), tmp_path, 7).backup
    with psycopg.connect(database) as connection:
        connection.execute(
            """
            create schema other; create table other.t ();
            create table parted (id int) partition by list (id);
            create table part partition of parted default;
            create view seen as select * from parted; create materialized view kept as select 1;
            create domain short as text; create sequence counted; create type pair as (a int);
            create function f(short) returns int language sql as 'select 1';
            create aggregate total (int) (sfunc = int4pl, stype = int);
            """
        )
    restore(Target(database), Path(made.path), tmp_path)
    tables = "select tablename from pg_tables where schemaname = 'public'"
    assert rows(database, tables) == [("migdocs_ledger",)]
    assert rows(database, "select to_regnamespace('other'), to_regtype('short')") == [(None, None)]
    left = "select proname from pg_proc where pronamespace = 'public'::regnamespace"
    assert rows(database, left) == []


def test_half_a_dump_is_no_backup(database: str, tmp_path: Path) -> None:
    """A file that breaks off is refused before anything is touched."""
    apply([BOOKS], Target(database))
    made = backup(Target(database), tmp_path, 7).backup
    half = tmp_path / "half.dump"
    half.write_bytes(Path(made.path).read_bytes()[:600])
    with pytest.raises(MachineError, match=r"half\.dump: is not a complete dump"):
        restore(Target(database), half, tmp_path)
    assert status([BOOKS], Target(database)).state.applied == ("1",)


def test_a_dump_that_is_not_there_is_named_as_such(database: str, tmp_path: Path) -> None:
    """Before anything is done: no backup either."""
    with pytest.raises(MachineError, match=r"nope\.dump: there is no such file"):
        restore(Target(database), tmp_path / "nope.dump", tmp_path)
    assert not list(tmp_path.iterdir())


def aged(path: PurePath, days: int) -> Path:
    """Make a dump and its label some days older, name and all; give its new path."""
    at = (datetime.now(UTC) - timedelta(days=days)).strftime(STAMP)
    dump_, beside = Path(path), Path(f"{path}.json")
    label = json.loads(beside.read_text())
    target = dump_.with_name(dump_.name.replace(label["at"], at))
    dump_.rename(target)
    Path(f"{target}.json").write_text(json.dumps(label | {"at": at}))
    beside.unlink()
    return target


def test_old_backups_go_and_the_newest_never_does(database: str, tmp_path: Path) -> None:
    """What is not proved to be of this database is not ours to remove."""
    old = aged(backup(Target(database), tmp_path, 7).backup.path, 8)
    unlabelled = tmp_path / old.name.replace("Z.dump", "Z-2.dump")
    unlabelled.write_bytes(old.read_bytes())
    (tmp_path / "notes.txt").write_text("x")
    assert backup(Target(database), tmp_path, 7).pruned == (old,)
    assert unlabelled.exists()
    assert (tmp_path / "notes.txt").exists()
    assert not Path(f"{old}.json").exists()
    (last,) = [item for item in folders.backups(tmp_path) if item.label]
    still = aged(last.path, 30)
    assert last.label
    assert dump.prune(tmp_path, last.label, 7) == ()
    assert still.exists()


def test_two_environments_that_share_a_folder_never_see_each_other(
    postgres: sandbox.Server, database: str, tmp_path: Path
) -> None:
    """Neither offers, removes or takes the other's dump, though all defaults are the same."""
    other = postgres.create_database(f"other_of_{tmp_path.name}")
    production, staging = Target(database), Target(other)
    apply([BOOKS], production)
    theirs = aged(backup(production, tmp_path, 7).backup.path, 20)
    assert offered(staging, tmp_path) == ()
    backup(staging, tmp_path, 7)
    assert theirs.exists()
    with pytest.raises(DatabaseError, match="this dump is of another database") as caught:
        restore(staging, theirs, tmp_path)
    assert "--foreign" in caught.value.hint
    assert rows(other, "select to_regclass('book')") == [(None,)]
    assert [item.path for item in offered(production, tmp_path)] == [theirs]


def test_the_same_database_under_two_names_is_kept_apart(database: str, tmp_path: Path) -> None:
    """A copy of a whole server has its identifier; the environment's name tells them apart."""
    production = Target(database, environment="production")
    made = backup(production, tmp_path, 7).backup
    assert offered(Target(database, environment="staging"), tmp_path) == ()
    assert offered(production, tmp_path) == (made,)


def test_a_copy_made_before_a_restore_is_never_offered(database: str, tmp_path: Path) -> None:
    """Restored twice, the database is what it was at the backup, both times."""
    target = Target(database)
    apply([BOOKS], target)
    made = backup(target, tmp_path, 7).backup
    apply([BOOKS, LOSS], target)
    for _ in range(2):
        found = newest(target, tmp_path)
        assert found == made
        restore(target, Path(found.path), tmp_path)
        assert rows(database, "select title from book") == [("Ulysses",)]
    copies = [i for i in folders.backups(tmp_path) if i.label and i.label.kind != "backup"]
    assert len(copies) == 2


def test_only_dumps_of_the_wanted_version_are_offered(database: str, tmp_path: Path) -> None:
    """A dump that is younger than the version, or older, is none of it."""
    target = Target(database)
    before = backup(target, tmp_path, 7).backup
    apply([BOOKS], target)
    at_one = backup(target, tmp_path, 7).backup
    apply([BOOKS, LOSS], target)
    backup(target, tmp_path, 7)
    assert offered(target, tmp_path, {"1"}) == (at_one,)
    assert offered(target, tmp_path, set()) == (before,)
    assert offered(target, tmp_path, {"2"}) == ()


def test_a_dump_without_a_label_needs_to_be_insisted_on(database: str, tmp_path: Path) -> None:
    """As an older version made them; so does one whose label is another file's."""
    target = Target(database)
    apply([BOOKS], target)
    made = Path(backup(target, tmp_path, 7).backup.path)
    Path(f"{made}.json").unlink()
    with pytest.raises(UsageError, match="it is not known which database this dump is from"):
        restore(target, made, tmp_path)
    with pytest.raises(UsageError, match="no backup of this database"):
        newest(target, tmp_path)
    apply([BOOKS, LOSS], target)
    restore(target, made, tmp_path, foreign=True)
    assert rows(database, "select title from book") == [("Ulysses",)]


def test_what_dead_runs_left_is_swept(tmp_path: Path) -> None:
    """Files that grew and folders of restores, but not those of a run that goes on."""
    (tmp_path / ".app-x.partial").write_text("half")
    left = tmp_path / ".restore-old"
    left.mkdir()
    (left / "lock").write_text("")
    (left / "restore.sql").write_text("rows of people")
    with folders.growing(tmp_path, "app") as alive, folders.scratch(tmp_path) as at_work:
        assert not left.exists()
        assert not (tmp_path / ".app-x.partial").exists()
        folders.sweep(tmp_path)
        assert alive.exists()
        assert at_work.exists()
    assert list(tmp_path.iterdir()) == []


def test_the_lock_comes_before_the_copy_of_what_is_there(database: str, tmp_path: Path) -> None:
    """What a running migdocs writes is in the copy, or the restore waits until it is refused."""
    target = Target(database, SessionOptions(patience=0.2))
    made = backup(target, tmp_path, 7).backup
    with alone(target), pytest.raises(DatabaseError, match="another migdocs is at work"):
        restore(target, Path(made.path), tmp_path)
    assert [item.path for item in folders.backups(tmp_path)] == [made.path]


def test_a_restore_says_whom_it_waits_for(database: str, tmp_path: Path) -> None:
    """Who holds a lock is named, and the restore goes on when it is gone."""
    apply([BOOKS], Target(database))
    made = backup(Target(database), tmp_path, 7).backup
    said: list[str] = []
    reader = psycopg.connect(database, application_name="the application")

    def heard(line: str) -> None:
        said.append(line)
        reader.close()

    reader.execute("select from book")
    target = Target(database, SessionOptions(lock_timeout=30), notify=heard)
    restore(target, Path(made.path), tmp_path)
    assert "waiting for process" in said[0]
    assert "the application" in said[0]


def test_sessions_of_ours_have_no_idle_limit(database: str, tmp_path: Path) -> None:
    """The server's own limit would end the session that holds the lock while psql works."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            f"alter database \"{connection.info.dbname}\" set idle_session_timeout = '300ms'"
        )
    apply([BOOKS, SLOW], Target(database))
    made = backup(Target(database), tmp_path, 7).backup
    restore(Target(database), Path(made.path), tmp_path)
    assert rows(database, "select count(*) from slow") == [(1,)]


def test_what_the_dump_does_not_have_is_named(database: str, tmp_path: Path) -> None:
    """Objects that belong to no schema stay, and the user is told; large objects go."""
    made = backup(Target(database), tmp_path, 7).backup
    with psycopg.connect(database) as connection:
        connection.execute(
            "create extension hstore; create foreign data wrapper nowhere;"
            "create server far foreign data wrapper nowhere; create publication told;"
            'create collation mine from "C"; select lo_create(0)'
        )
    beyond = restore(Target(database), Path(made.path), tmp_path).done.beyond
    assert [entry.rpartition(" ")[0] or entry for entry in beyond] == [
        "EXTENSION - hstore",
        "FOREIGN DATA WRAPPER - nowhere",
        "SERVER - far",
    ]
    assert rows(database, "select count(*) from pg_largeobject_metadata") == [(0,)]


def test_an_extension_of_another_role_does_not_stand_in_the_way(
    database: str, tmp_path: Path
) -> None:
    """An owner of the database who is no superuser can restore it; the extension stays."""
    with psycopg.connect(database, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(
            f'create role owner_{name} login; alter database "{name}" owner to owner_{name};'
            f"alter schema public owner to owner_{name}; create extension pg_trgm"
        )
    ours = database.replace("postgres@", f"owner_{name}@")
    target = Target(ours)
    apply([BOOKS], target)
    kept = backup(target, tmp_path, 7)
    assert kept.warnings == ("extensions of another role stay as they are in a restore: pg_trgm",)
    apply([BOOKS, LOSS], target)
    restore(target, Path(kept.backup.path), tmp_path)
    assert rows(database, "select title from book") == [("Ulysses",)]
    assert rows(database, "select count(*) from pg_extension where extname = 'pg_trgm'") == [(1,)]


def test_event_triggers_do_not_stop_a_restore(database: str, tmp_path: Path) -> None:
    """One that refuses every DROP is replaced first, and is there again afterwards."""
    target = Target(database)
    apply([BOOKS], target)
    with psycopg.connect(database) as connection:
        connection.execute(
            "create function no() returns event_trigger language plpgsql as"
            " 'begin raise exception ''never''; end';"
            "create event trigger never on sql_drop execute function no()"
        )
    made = backup(target, tmp_path, 7).backup
    restore(target, Path(made.path), tmp_path)
    assert rows(database, "select evtname from pg_event_trigger") == [("never",)]


def test_a_ledger_in_a_schema_younger_than_the_dump_stays(database: str, tmp_path: Path) -> None:
    """The schema is made again, and the ledger has every line."""
    target = Target(database, SessionOptions(ledger="ops.migdocs_ledger"))
    made = backup(Target(database), tmp_path, 7).backup
    with psycopg.connect(database) as connection:
        connection.execute("create schema ops")
    apply([BOOKS], target)
    restore(target, Path(made.path), tmp_path)
    assert [event.action for event in history(target)] == ["apply", "restore", "repair"]


def test_a_folder_that_git_would_commit_is_refused(database: str, tmp_path: Path) -> None:
    """Nor may rows of real people be published with the documentation."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    target = Target(database, root=tmp_path)
    (tmp_path / "dumps").mkdir()
    with pytest.raises(MachineError, match="backups here would be committed"):
        backup(target, tmp_path / "dumps", 7)
    (tmp_path / ".gitignore").write_text("dumps/\n")
    backup(target, tmp_path / "dumps", 7)
    backup(target, tmp_path / "made_by_us", 7)
    with pytest.raises(MachineError, match="backups here would be published"):
        backup(target, tmp_path / "docs" / "dumps", 7)


def test_no_backup_to_restore_says_how_one_is_made(database: str, tmp_path: Path) -> None:
    """Also where the folder is not there."""
    with pytest.raises(UsageError, match="no backup") as caught:
        newest(Target(database), tmp_path / "none")
    assert "migdocs backup" in caught.value.hint


def test_a_folder_that_cannot_be_written_to(database: str, tmp_path: Path) -> None:
    """Exit code 3, with the folder's path."""
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="no backup can be written here") as caught:
        backup(Target(database), tmp_path / "file" / "backups", 7)
    assert caught.value.exit_code == 3
    assert "backup_dir" in caught.value.hint


def test_a_disk_that_is_full_leaves_nothing(database: str, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk."""
    apply([BOOKS], Target(database))
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from migdocs.commands.backup import backup; from migdocs.commands.target import Target\n"
        "from migdocs.core.errors import MachineError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))\n"
        "try: backup(Target(sys.argv[1]), Path(sys.argv[2]), 7)\n"
        "except MachineError as error: print(error)\n"
    )
    command = [sys.executable, "-c", code, database, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "pg_dump" in said
    assert list(tmp_path.iterdir()) == []


def test_an_older_pg_dump_is_refused_with_the_reason() -> None:
    """It would not know all that a newer server has."""
    with pytest.raises(MachineError, match=r"pg_dump \d+ is older than the server, PostgreSQL 99"):
        dump.find_tools(programs.folders(), 99)
    with pytest.raises(MachineError, match="no pg_dump here") as caught:
        dump.find_tools([], 15)
    assert "migdocs[embedded]" in caught.value.hint


def test_a_dump_of_a_newer_client_is_restored_by_one_that_reads_it(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Into the older server; where no such client is here, that is said, and nothing is done."""
    here = {folder: tools.major for folder in programs.folders() if (tools := _found(folder))}
    newest = max(here.values())
    new = tuple(folder for folder in here if here[folder] == newest)
    old = tuple(folder for folder in here if here[folder] < newest)
    if not old or newest < 17 or rows(database, "show server_version_num")[0][0] >= "170000":
        pytest.skip("needs a server, and a pg_dump of 17 or newer beside an older one")
    apply([BOOKS], Target(database))
    monkeypatch.setattr(programs, "folders", lambda: new)
    kept = backup(Target(database), tmp_path, 7)
    assert f"the client programs are of PostgreSQL {newest}" in kept.warnings[0]
    rollback([BOOKS], Target(database))
    monkeypatch.setattr(programs, "folders", lambda: old)
    with pytest.raises(MachineError, match=r"pg_dump 17 or newer made this dump") as caught:
        restore(Target(database), Path(kept.backup.path), tmp_path)
    assert caught.value.hint == "Install the client programs of PostgreSQL 17."
    monkeypatch.setattr(programs, "folders", lambda: (*old, *new))
    restore(Target(database), Path(kept.backup.path), tmp_path)
    assert rows(database, "select title from book") == [("Ulysses",)]
    text = Path(kept.backup.path).read_bytes()
    (tmp_path / "future.dump").write_bytes(b"PGDMP\x01\x63" + text[7:])
    with pytest.raises(MachineError, match="a newer pg_dump made this dump"):
        restore(Target(database), tmp_path / "future.dump", tmp_path, foreign=True)


def _found(folder: Path) -> Tools | None:
    """Give the client programs of a folder."""
    try:
        return dump.find_tools([folder], 0)
    except MachineError:
        return None


def test_the_name_of_a_database_cannot_lead_out_of_the_folder(
    postgres: sandbox.Server, tmp_path: Path
) -> None:
    """A name is anything, also a path."""
    url = postgres.create_database("../..//x y")
    made = backup(Target(url), tmp_path / "in", 7).backup
    assert Path(made.path).parent == tmp_path / "in"
    assert made.path.name.startswith("_.._x_y-") or made.path.name.startswith("_")
    assert os.listdir(tmp_path) == ["in"]  # noqa: PTH208 - what is there, hidden or not
