"""``verify``, its evidence, and what the documents and ``check`` make of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Workplace
    from migdocs.adapters.sandbox import Server

EVIDENCE = "migrations/evidence.json"
LOG = "migrations/MIGRATIONS_LOG.md"
ROLLBACK = "migrations/20240103_add_activity_log_smart_fields_rollback.sql"


def test_what_was_seen_is_kept_and_printed(sample: Workplace, postgres: Server) -> None:
    """The sample's rollbacks are exact; what they take away is named; asked again, nothing runs."""
    done = sample.migdocs("verify", "--json", "--server", postgres.base)
    answer = json.loads(done.out)
    assert done.code == 0
    assert answer["server"].startswith("PostgreSQL ")
    assert [(m["id"], m["applied"], m["rollback"]["verdict"]) for m in answer["migrations"]] == [
        ("initial_schema", True, "exact"),
        ("20240103_add_activity_log_smart_fields", True, "exact"),
    ]
    assert {"lock": "ACCESS EXCLUSIVE", "on": "activity_logs"} in answer["migrations"][1]["locks"]

    kept = sample.read(EVIDENCE)
    again = sample.migdocs("verify", "--json", "--server", postgres.base)
    assert json.loads(again.out)["migrations"] == []
    assert sample.read(EVIDENCE) == kept

    sample.migdocs("generate")
    assert "its rollback restores the schema exactly; rows lost:" in sample.read(LOG)
    assert "ACCESS EXCLUSIVE on activity_logs, no rewrite" in sample.read("UPGRADE_GUIDE.md")


def test_scripts_may_read_the_table_of_their_own_runner(empty: Workplace, postgres: Server) -> None:
    """It is there and empty; it is no part of the schema, and gets no rows of ours."""
    empty.write("migrations/000001_book.up.sql", "create table book (id int);")
    empty.write("migrations/000001_book.down.sql", "drop table book;")
    reads = """do $$ begin
        if (select count(*) from schema_migrations where not dirty) > 0 then
            raise exception 'rows';
        end if;
    end $$;
    alter table book add title text;"""
    empty.write("migrations/000002_title.up.sql", reads)
    empty.write("migrations/000002_title.down.sql", "alter table book drop title;")
    answer = json.loads(empty.migdocs("verify", "--json", "--server", postgres.base).out)
    seen = [(m["id"], m["rollback"]["verdict"], len(m["changes"])) for m in answer["migrations"]]
    assert seen == [("000001_book", "exact", 2), ("000002_title", "exact", 1)]


def test_a_measured_time_stands_in_the_verdict(sample: Workplace, postgres: Server) -> None:
    """What nobody measured says so until ``--rows`` did, with the rows in the list of evidence."""
    sample.migdocs("verify", "--server", postgres.base)
    before = sample.migdocs("upgrade", "v1.0.0", "v1.1.0").out
    assert "| Time | not measured" in before
    sample.migdocs("verify", "--rows", "50", "--server", postgres.base)
    after = sample.migdocs("upgrade", "v1.0.0", "v1.1.0").out
    assert re.search(r"\| Time \| [\d.]+ s, measured in verify's scratch database \|", after)
    assert "50 rows in activity_logs" in after


def test_an_edited_script_is_not_verified(sample: Workplace, postgres: Server) -> None:
    """Its evidence is of another text: the documents and ``check`` say so, ``verify`` tries it."""
    sample.migdocs("verify", "--server", postgres.base)
    assert "no-evidence" not in sample.migdocs("check", "--require-evidence").out

    sample.write(ROLLBACK, sample.read(ROLLBACK) + "DROP TABLE nothing_of_this_name;\n")
    found = sample.migdocs("check", "--require-evidence")
    assert (found.code, "no-evidence" in found.out) == (1, True)

    done = sample.migdocs("verify", "--server", postgres.base)
    assert done.code == 1
    assert "nothing_of_this_name" in done.err
    assert "evidence-against" in sample.migdocs("check", "--require-evidence").out
    sample.migdocs("generate")
    assert "its rollback fails" in sample.read(LOG)


def test_what_a_script_hides_is_told_by_the_server(sample: Workplace, postgres: Server) -> None:
    """Dynamic SQL: the log says what was observed, and ``check`` why it could not be read."""
    hidden = "DO $$ BEGIN EXECUTE 'ALTER TABLE users ADD COLUMN ' || 'age' || ' int'; END $$;\n"
    sample.write("migrations/20260401_hide.sql", hidden)
    sample.write("migrations/20260401_hide_rollback.sql", "ALTER TABLE users DROP COLUMN age;\n")
    sample.migdocs("verify", "--server", postgres.base)
    sample.migdocs("generate")
    assert "Seen on a server, but not visible in the script:\n\n- adds column users.age" in (
        sample.read(LOG)
    )
    found = sample.migdocs("check", "migrations/20260401_hide.sql").out
    assert (
        "20260401_hide.sql:1: info: opaque-script: what it does cannot be read here: a server"
        in (found)
    )
    assert "misread-script" not in sample.migdocs("check", "--all").out


def test_what_a_script_hides_counts_as_the_server_showed_it(
    sample: Workplace, postgres: Server
) -> None:
    """Nobody can say what dynamic SQL breaks, until a server has: then it is breaking like any."""
    hidden = "DO $$ BEGIN EXECUTE 'ALTER TABLE users DROP COLUMN ' || 'email'; END $$;\n"
    sample.write("migrations/20260401_hide.sql", hidden)
    sample.write("migrations/20260401_hide_rollback.sql", "ALTER TABLE users ADD email text;\n")
    sample.migdocs("generate")
    unsure = sample.read("BREAKING_CHANGES.md").split("20260401_hide", 1)[1]
    assert "not known" in unsure
    assert "users.email" not in unsure
    sample.migdocs("verify", "--server", postgres.base)
    sample.migdocs("generate")
    breaking = sample.read("BREAKING_CHANGES.md").split("20260401_hide", 1)[1]
    assert "drops column users.email" in breaking


def test_a_name_that_is_no_migration_is_refused(sample: Workplace) -> None:
    """Before a server is started."""
    done = sample.migdocs("verify", "no_such_migration")
    assert (done.code, "no_such_migration" in done.err) == (2, True)


def test_the_demo_shows_the_proof(sample: Workplace) -> None:
    """Every rollback is tried, and the documents say so."""
    place = sample.root.parent / "shown"
    done = sample.migdocs("demo", "--directory", str(place))
    assert done.code == 0, done.err
    assert done.err.count("its rollback restores the schema exactly") == 2
    assert "Verified on PostgreSQL" in (place / "UPGRADE_GUIDE.md").read_text()
