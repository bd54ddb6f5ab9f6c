"""``fill``: a triple is completed from its forward script, and tried on a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from migdocs.core.notes import derived

if TYPE_CHECKING:
    from conftest import Workplace
    from migdocs.adapters.sandbox import Server

FORWARD = """\
CREATE TYPE mood AS ENUM ('well', 'ill');
CREATE TABLE "Pets" (id bigint PRIMARY KEY, owner bigint NOT NULL, mood mood);
CREATE INDEX pets_owner ON "Pets" (owner);
ALTER TABLE users ADD COLUMN locale varchar(10) NOT NULL DEFAULT 'en';
ALTER TABLE users ALTER COLUMN email TYPE varchar(500);
ALTER TABLE users ADD CONSTRAINT short CHECK (length(locale) < 9);
ALTER TABLE activity_logs RENAME COLUMN is_anomaly TO is_odd;
ALTER TABLE activity_logs ALTER COLUMN severity DROP DEFAULT;
DROP INDEX activity_logs_severity_idx;
"""
ROOM = "-- [What changes; then fill existing rows, then tighten]"


def test_new_write_fill(sample: Workplace, postgres: Server) -> None:
    """Three steps to a triple that a server proves, its queries included; asked again, nothing."""
    sample.write("migrations/TEMPLATE.md", _fresh_template())
    made = sample.migdocs("new", "pets", "--no-input")
    forward, rollback, notes = made.out.split()
    assert "**" not in sample.read(notes)  # no header that somebody must delete
    assert "YYYY" not in sample.read(forward) + sample.read(rollback) + sample.read(notes)
    sample.write(forward, sample.read(forward).replace(ROOM, FORWARD))
    before = sample.files()
    assert sample.migdocs("fill", "--dry-run").out.split() == [rollback, notes]
    shown = sample.migdocs("fill", "--diff").out
    assert f"+++ b/{rollback}" in shown
    assert sample.files() == before
    id_ = forward.removeprefix("migrations/").removesuffix(".sql")
    done = json.loads(sample.migdocs("fill", id_, "--json").out)
    (one,) = done["migrations"]
    assert (one["id"], one["files"], one["refused"]) == (id_, [rollback, notes], None)
    assert one["filled"] == ["rollback", "What to check", "Read from the SQL"]
    told = derived.without(sample.read(notes))
    for line in (
        "- **Type:** Schema Change",
        "- **Dependencies:** 20240103_add_activity_log_smart",
    ):
        assert line in told
    assert told.count("```sql") == 8
    assert sample.migdocs("fill").err == "Nothing to fill.\n"
    seen = json.loads(sample.migdocs("verify", id_, "--json", "--server", postgres.base).out)
    (proof,) = (m for m in seen["migrations"] if m["id"] == id_)
    assert (proof["applied"], proof["rollback"]["verdict"]) == (True, "exact")
    assert proof["failed_checks"] == []
    listed = json.loads(sample.migdocs("list", "--json").out)["migrations"]
    (row,) = (m for m in listed if m["id"] == id_)
    assert row["breaking"] == {"declared": None, "computed": True}


def _fresh_template() -> str:
    """Give the template that ``init`` writes."""
    from migdocs.commands import project

    return project.default_template()


GOOSE = {
    "migdocs.toml": 'layout = "goose"\n',
    "migrations/1_users.sql": (
        "-- +goose Up\nCREATE TABLE users (id int);\n-- +goose StatementBegin\n"
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; SELECT 2; $$;\n"
        "-- +goose StatementEnd\n"
    ),
    "migrations/2_tidy.sql": (
        "-- +goose Up\n-- +goose StatementBegin\n"
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 3; $$;\n"
        "-- +goose StatementEnd\n\n-- +goose Down\n"
    ),
    "migrations/3_kept.sql": "-- +goose Up\nDROP TABLE users;\n-- +goose Down\n-- restore it\n",
}


def test_one_file_for_both_ways(empty: Workplace) -> None:
    """The rollback goes below the marker, which is written where it is missing."""
    for path, text in GOOSE.items():
        empty.write(path, text.replace("\n", "\r\n"))
    done = empty.migdocs("fill")
    assert done.code == 0
    first, second = (empty.read(f"migrations/{name}.sql") for name in ("1_users", "2_tidy"))
    assert first.startswith(GOOSE["migrations/1_users.sql"].replace("\n", "\r\n"))
    assert first.count("-- +goose Down\r\n") == second.count("-- +goose Down\r\n") == 1
    assert "DROP FUNCTION f();\r\n\r\nDROP TABLE users;\r\n" in first
    wrapped = "-- +goose StatementBegin\r\nCREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql"
    assert f"{wrapped} AS $$ SELECT 1; SELECT 2; $$;\r\n-- +goose StatementEnd\r\n" in second
    kept = GOOSE["migrations/3_kept.sql"].replace("\n", "\r\n")
    assert empty.read("migrations/3_kept.sql") == kept
    assert "3_kept: kept as you wrote it: rollback" in done.err
    assert empty.migdocs("fill").err.endswith("Nothing to fill.\n")


OTHERS = {
    "liquibase": ("a.sql", "--liquibase formatted sql\n--changeset x:1\nCREATE TABLE a ();\n"),
    "evolve": ("V1__a.sql", "CREATE TABLE a ();\n"),
    "knex": ("20240101000000_a.js", "exports.up = k => k.raw('CREATE TABLE a ()')\n"),
}


@pytest.mark.parametrize("layout", OTHERS)
def test_what_has_no_place_for_it_is_refused(empty: Workplace, layout: str) -> None:
    """In words, and the script stays as it is."""
    name, text = OTHERS[layout]
    empty.write("migdocs.toml", f'layout = "{layout}"\n')
    empty.write(f"migrations/{name}", text)
    done = empty.migdocs("fill")
    assert "not written" in done.err or "not SQL" in done.err
    assert empty.read(f"migrations/{name}") == text


def test_a_released_script_is_not_touched(empty: Workplace) -> None:
    """Its rollback would be a part of it; an id that nobody has is an error that helps."""
    for path, text in GOOSE.items():
        empty.write(path, text)
    empty.commit("feat: users", tag="v1.0.0")
    assert empty.migdocs("fill").err.endswith("Nothing to fill.\n")
    done = empty.migdocs("fill", "1_users")
    assert "1_users: its rollback is not written: it is released" in done.err
    assert empty.read("migrations/1_users.sql") == GOOSE["migrations/1_users.sql"]
    wrong = empty.migdocs("fill", "1_user")
    assert (wrong.code, "Did you mean 1_users?" in wrong.err) == (2, True)
