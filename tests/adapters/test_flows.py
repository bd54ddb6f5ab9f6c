"""The two flows, walked with a person's answers: whatever is declined or fails, status explains."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import psycopg
import pytest
from msgspec.structs import replace

from migdocs.commands import guided, migrate, place, return_to
from migdocs.commands.apply import apply
from migdocs.commands.backup import backup
from migdocs.commands.rollback import rollback
from migdocs.commands.status import history, status
from migdocs.commands.target import Target
from migdocs.core.errors import DatabaseError, MachineError, MigdocsError
from migdocs.core.settings import Commands

if TYPE_CHECKING:
    from pathlib import Path

    from migdocs.commands.place import Place

SCRIPTS = {
    "1_book.sql": "create table book (title text); insert into book values ('Ulysses');",
    "1_book_rollback.sql": "drop table book;",
    "2_page.sql": "create table page (); alter table book drop title;",
    "2_page_rollback.sql": "drop table page; alter table book add title text;",
}
BROKEN = {"3_bad.sql": "create table gone ();\nselect nope;", "3_bad_rollback.sql": "select 1;"}


def write(root: Path, scripts: dict[str, str]) -> Place:
    """Make a project of some scripts."""
    (root / "migrations").mkdir(exist_ok=True)
    for name, text in scripts.items():
        (root / "migrations" / name).write_text(text)
    (root / "migdocs.toml").write_text('backup_dir = "backups"\n')
    return place.find(root)


class Person:
    """Somebody who answers, and what they were asked and told.

    Attributes:
        answers: step's question, as it begins → the answer; the default where it is not here.
    """

    def __init__(self, answers: dict[str, bool] | None = None) -> None:
        self.answers = answers or {}
        self.walked: list[tuple[str, str]] = []
        self.told: list[str] = []

    def ask(self, question: str, default: bool) -> bool:  # noqa: FBT001 - what `walk` calls
        """Answer by the question's beginning."""
        return next((a for q, a in self.answers.items() if question.startswith(q)), default)

    def log(self, walked: guided.Walked) -> None:
        """Note what came of a step."""
        self.walked.append((walked.name, walked.outcome))


def migrating(here: Place, url: str, person: Person, way: str = "at once") -> guided.Steps:
    """Give the user flow's steps."""
    target = Target(url, notify=person.told.append)
    return migrate.steps(
        migrate.Migrating(here, target, lambda ids: f"read {' '.join(ids)}", lambda: way)
    )


def applied(here: Place, url: str) -> tuple[str, ...]:
    """Give what the ledger says is applied."""
    return status(here.migrations, Target(url)).state.applied


# --- the user flow ------------------------------------------------------------------------------


def test_all_goes_well(database: str, tmp_path: Path) -> None:
    """Read, back up, apply, verify."""
    here, person = write(tmp_path, SCRIPTS), Person()
    guided.walk(migrating(here, database, person), person.ask, person.log)
    assert person.walked == [(n, "done") for n in ("read", "back up", "apply", "verify")]
    assert person.told[0] == "read 1_book 2_page"
    assert len(list(here.backups.glob("*.dump"))) == 1
    assert applied(here, database) == ("1_book", "2_page")


def test_who_has_not_read_goes_no_further(database: str, tmp_path: Path) -> None:
    """Nothing is backed up, nothing applied."""
    here, person = write(tmp_path, SCRIPTS), Person({"Go on": False})
    guided.walk(migrating(here, database, person), person.ask, person.log)
    assert person.walked == [("read", "declined")]
    assert applied(here, database) == ()


def test_a_backup_that_fails_stops_the_flow(database: str, tmp_path: Path) -> None:
    """Nobody goes on without the backup that was asked for."""
    here, person = write(tmp_path, SCRIPTS), Person()
    (tmp_path / "backups").write_text("a file")
    with pytest.raises(MachineError, match="no backup can be written"):
        guided.walk(migrating(here, database, person), person.ask, person.log)
    assert person.walked[-1] == ("back up", "failed")
    assert applied(here, database) == ()


def test_one_by_one_each_migration_is_asked(database: str, tmp_path: Path) -> None:
    """The first no ends it; what was agreed to is applied."""
    here, person = write(tmp_path, SCRIPTS), Person({"Back": False, "Apply 2": False})
    guided.walk(migrating(here, database, person, "interactive"), person.ask, person.log)
    assert person.walked == [
        ("read", "done"),
        ("back up", "declined"),
        ("apply", "done"),
        ("apply", "declined"),
    ]
    assert applied(here, database) == ("1_book",)


def test_by_hand_the_commands_are_told(database: str, tmp_path: Path) -> None:
    """psql's, and the one that tells the ledger."""
    here, person = write(tmp_path, SCRIPTS), Person()
    guided.walk(migrating(here, database, person, "by hand"), person.ask, person.log)
    assert person.told[-1].splitlines() == [
        'psql "$URL" -X -v ON_ERROR_STOP=1 -1 -f migrations/1_book.sql',
        'psql "$URL" -X -v ON_ERROR_STOP=1 -1 -f migrations/2_page.sql',
        'migdocs baseline --to 2_page --database-url "$URL"',
    ]
    assert applied(here, database) == ()


def test_by_hand_the_commands_name_the_environment_in_hand(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of production were printed for the database of the general settings."""
    write(tmp_path, SCRIPTS)
    with (tmp_path / "migdocs.toml").open("a") as settings:
        settings.write('[environments.production]\ndatabase_url_env = "PRODUCTION_URL"\n')
    monkeypatch.setenv("PRODUCTION_URL", database)
    here, person = place.find(tmp_path, "production"), Person()
    guided.walk(migrating(here, database, person, "by hand"), person.ask, person.log)
    assert person.told[-1].splitlines() == [
        'psql "$PRODUCTION_URL" -X -v ON_ERROR_STOP=1 -1 -f migrations/1_book.sql',
        'psql "$PRODUCTION_URL" -X -v ON_ERROR_STOP=1 -1 -f migrations/2_page.sql',
        "migdocs baseline --to 2_page --env production",
    ]


def test_what_another_run_left_does_not_undo_a_good_one(database: str, tmp_path: Path) -> None:
    """A failed row of a script that is gone, and a rollback that failed: both are said."""
    gone = write(tmp_path, {"0_gone.sql": "select nope;"})
    with pytest.raises(DatabaseError):
        apply(gone.migrations, Target(database))
    (tmp_path / "migrations" / "0_gone.sql").unlink()
    bad = write(tmp_path, {**SCRIPTS, "1_book_rollback.sql": "select nope;"})
    apply(bad.migrations, Target(database), only={"1_book"})
    with pytest.raises(DatabaseError):
        rollback(bad.migrations, Target(database))
    person = Person()
    guided.walk(migrating(bad, database, person, "at once"), person.ask, person.log)
    assert person.walked[-1] == ("verify", "done")
    assert applied(bad, database) == ("1_book", "2_page")
    assert "not of this run, and not well: 0_gone, 1_book" in "\n".join(person.told)


def test_a_failure_offers_the_way_back_and_still_is_one(database: str, tmp_path: Path) -> None:
    """What this run applied is rolled back; the error says what to mend."""
    here = write(tmp_path, SCRIPTS)
    apply(here.migrations, Target(database), only={"1_book"})
    here, person = write(tmp_path, BROKEN), Person()
    with pytest.raises(DatabaseError, match=r"3_bad\.sql:2:8"):
        guided.walk(migrating(here, database, person), person.ask, person.log)
    assert person.walked[2:] == [
        ("apply", "failed"),
        ("roll back", "done"),
        ("restore", "declined"),
    ]
    assert applied(here, database) == ("1_book",)


def test_a_failure_can_be_undone_by_the_backup(database: str, tmp_path: Path) -> None:
    """Also what a rollback cannot bring back."""
    here = write(tmp_path, SCRIPTS)
    apply(here.migrations, Target(database), only={"1_book"})
    here, person = write(tmp_path, BROKEN), Person({"Roll back": False, "Restore": True})
    with pytest.raises(DatabaseError):
        guided.walk(migrating(here, database, person), person.ask, person.log)
    assert person.walked[-1] == ("restore", "done")
    with psycopg.connect(database) as connection:
        assert connection.execute("select title from book").fetchall() == [("Ulysses",)]


def test_ctrl_c_at_a_question_leaves_what_status_explains(database: str, tmp_path: Path) -> None:
    """The log has it; nothing is half done."""
    here, person = write(tmp_path, SCRIPTS), Person()

    def ask(question: str, default: bool) -> bool:  # noqa: FBT001 - what `walk` calls
        if question.startswith("Apply 2"):
            raise KeyboardInterrupt
        return default

    with pytest.raises(KeyboardInterrupt):
        guided.walk(migrating(here, database, person, "interactive"), ask, person.log)
    assert person.walked[-1] == ("apply", "interrupted")
    found = status(here.migrations, Target(database)).state
    assert (found.applied, found.pending, found.half_done) == (("1_book",), ("2_page",), ())


def test_ctrl_c_at_the_choice_of_a_way_is_in_the_log_too(database: str, tmp_path: Path) -> None:
    """It is no step of its own, and every end of a flow is logged."""
    here, person = write(tmp_path, SCRIPTS), Person()

    def choose() -> str:
        raise KeyboardInterrupt

    flow = migrate.Migrating(here, Target(database), lambda _: "", choose)
    with pytest.raises(KeyboardInterrupt):
        guided.walk(migrate.steps(flow), person.ask, person.log)
    assert person.walked[-1] == ("what comes next", "interrupted")
    assert applied(here, database) == ()


# --- the rollback flow --------------------------------------------------------------------------


def returning(here: Place, url: str, tag: str = "", **commands: str) -> guided.Steps:
    """Give the steps of the way back to the first migration, with the project's own commands."""
    environment = replace(here.environment, commands=Commands(**commands))
    here = replace(here, environment=environment)
    return return_to.steps(
        return_to.Return(here, Target(url), frozenset({"1_book"}), tag, "slow page")
    )


def test_the_way_back_in_all_its_steps(database: str, tmp_path: Path) -> None:
    """Stop, roll back, verify, restore if need be, check out, start, see it work; in this order."""
    here = write(tmp_path, SCRIPTS)
    for command in (
        ["git", "init", "-q"],
        ["git", "add", "migrations", "migdocs.toml"],
        ["git", "commit", "-qm", "one"],
        ["git", "tag", "v1"],
        ["git", "commit", "-qm", "two", "--allow-empty"],
    ):
        subprocess.run(command, cwd=tmp_path, check=True)
    apply(here.migrations, Target(database), only={"1_book"})
    backup(Target(database), here.backups, 7)
    apply(here.migrations, Target(database))
    order = {word: f"echo {word} >> order" for word in ("stop", "start", "health")}
    person = Person({"Restore": True, "Check": True})
    guided.walk(returning(here, database, "v1", **order), person.ask, person.log)
    names = ("stop", "roll back", "verify", "restore", "verify", "check out", "start", "health")
    assert person.walked == [(name, "done") for name in names]
    assert (tmp_path / "order").read_text().split() == ["stop", "start", "health"]
    assert applied(here, database) == ("1_book",)
    undone = [event for event in history(Target(database)) if event.action == "rollback"]
    assert [(event.migration, event.reason) for event in undone] == [("2_page", "slow page")]
    told = ["git", "describe", "--tags", "--exact-match"]
    tag = subprocess.run(told, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert tag == "v1\n"


def test_an_application_that_does_not_stop_is_not_rolled_back_under(
    database: str, tmp_path: Path
) -> None:
    """The command's own words are above it; nothing was touched."""
    here, person = write(tmp_path, SCRIPTS), Person()
    apply(here.migrations, Target(database))
    with pytest.raises(MachineError, match="'exit 3' ended with 3"):
        guided.walk(returning(here, database, stop="exit 3"), person.ask, person.log)
    assert applied(here, database) == ("1_book", "2_page")


def test_what_has_no_rollback_is_restored_or_stays_a_failure(database: str, tmp_path: Path) -> None:
    """The application is not started on a schema that it does not know."""
    here = write(tmp_path, SCRIPTS)
    apply(here.migrations, Target(database), only={"1_book"})
    backup(Target(database), here.backups, 7)
    (tmp_path / "migrations" / "2_page_rollback.sql").unlink()
    here = place.find(tmp_path)
    apply(here.migrations, Target(database))
    person = Person()
    with pytest.raises(MigdocsError, match="'2_page' has no rollback"):
        guided.walk(returning(here, database, start="true"), person.ask, person.log)
    assert person.walked == [("roll back", "failed"), ("restore", "declined")]
    person = Person({"Restore": True})
    guided.walk(returning(here, database, start="true"), person.ask, person.log)
    assert person.walked == [
        ("roll back", "failed"),
        ("restore", "done"),
        ("verify", "done"),
        ("start", "declined"),  # nobody knows which code is checked out
    ]
    assert applied(here, database) == ("1_book",)


def test_a_rollback_that_leaves_something_behind_is_seen(database: str, tmp_path: Path) -> None:
    """The ledger says undone, the catalog does not; the application is not started on that."""
    here = write(tmp_path, {**SCRIPTS, "2_page_rollback.sql": "select 'I forgot';"})
    apply(here.migrations, Target(database))
    person = Person()
    left = "the table page is still there; the column book.title is not back"
    with pytest.raises(MigdocsError, match=left):
        guided.walk(returning(here, database, start="true"), person.ask, person.log)
    assert person.walked == [("roll back", "done"), ("verify", "failed")]


STOPPABLE = {word: f"echo {word} >> order" for word in ("stop", "start", "health")}


def order(folder: Path) -> list[str]:
    """Give the project's own commands that were run."""
    place_of = folder / "order"
    return place_of.read_text().split() if place_of.exists() else []


def test_what_has_no_rollback_is_known_before_the_stop(database: str, tmp_path: Path) -> None:
    """The application was stopped, and nobody said that it stayed so."""
    here = write(tmp_path, SCRIPTS)
    (tmp_path / "migrations" / "2_page_rollback.sql").unlink()
    here = place.find(tmp_path)
    apply(here.migrations, Target(database))
    person = Person()
    with pytest.raises(MigdocsError, match="'2_page' has no rollback"):
        guided.walk(returning(here, database, **STOPPABLE), person.ask, person.log)
    assert order(tmp_path) == []


def test_nothing_is_stopped_for_nothing(database: str, tmp_path: Path) -> None:
    """It asked whether to roll back nothing, and had stopped the application."""
    here, person = write(tmp_path, SCRIPTS), Person()
    apply(here.migrations, Target(database), only={"1_book"})
    guided.walk(returning(here, database, **STOPPABLE), person.ask, person.log)
    assert (person.walked, order(tmp_path)) == ([], [])


def test_a_declined_rollback_starts_the_application_again(database: str, tmp_path: Path) -> None:
    """Its schema is what it was."""
    here, person = write(tmp_path, SCRIPTS), Person({"Roll back": False})
    apply(here.migrations, Target(database))
    guided.walk(returning(here, database, **STOPPABLE), person.ask, person.log)
    assert order(tmp_path) == ["stop", "start"]
    assert applied(here, database) == ("1_book", "2_page")


def test_a_failed_rollback_that_changed_nothing_starts_it_again(
    database: str, tmp_path: Path
) -> None:
    """The script was rolled back whole, and the failure still is one."""
    here, person = write(tmp_path, {**SCRIPTS, "2_page_rollback.sql": "select nope;"}), Person()
    apply(here.migrations, Target(database))
    with pytest.raises(DatabaseError, match="nope"):
        guided.walk(returning(here, database, **STOPPABLE), person.ask, person.log)
    assert order(tmp_path) == ["stop", "start"]


def test_it_is_not_started_without_its_code(database: str, tmp_path: Path) -> None:
    """A check-out that is declined, as by --yes, ends with what to do and a failure."""
    here, person = write(tmp_path, SCRIPTS), Person()
    apply(here.migrations, Target(database))
    with pytest.raises(MigdocsError, match="the application is stopped still") as caught:
        guided.walk(returning(here, database, "v1", **STOPPABLE), person.ask, person.log)
    assert "Check v1 out and start the application" in caught.value.hint
    assert order(tmp_path) == ["stop"]
    assert applied(here, database) == ("1_book",)
