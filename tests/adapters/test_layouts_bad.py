"""What is wrong with a folder, its manifests and its markers: said by path, never guessed over."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from migdocs.adapters import layouts

ONE = "SELECT 1;\n"
CHANGE_SET = f"--liquibase formatted sql\n--changeset ann:1\n{ONE}"


class Case(NamedTuple):
    """A project's files; its layout, the ids that are read, and what is said of which file."""

    texts: dict[str, str]
    layout: str
    ids: list[str]
    said: list[tuple[str, str]]


BAD = {
    "two manifests that disagree": Case(
        {
            "supabase/config.toml": "",
            "supabase/migrations/atlas.sum": "h1:=\n20240101000000_a.sql h1:=\n",
            "supabase/migrations/20240101000000_a.sql": ONE,
        },
        "atlas",
        ["20240101000000_a"],
        [("contested-layout", "supabase/migrations")],
    ),
    "a journal that names what is not there, and the other way round": Case(
        {
            "drizzle/meta/_journal.json": '{"entries": [{"tag": "0000_a"}, {"tag": "0001_b"}]}',
            "drizzle/0000_a.sql": ONE,
            "drizzle/0002_c.sql": ONE,
        },
        "drizzle",
        ["0000_a"],
        [
            ("not-in-plan", "drizzle/0002_c.sql"),
            ("missing-script", "drizzle/meta/_journal.json"),
        ],
    ),
    "the same of Atlas's sums": Case(
        {
            "m/atlas.sum": "h1:=\n1_a.sql h1:=\n2_b.sql h1:=\n",
            "m/1_a.sql": ONE,
            "m/3_c.sql": ONE,
        },
        "atlas",
        ["1_a", "3_c"],
        [("not-in-plan", "m/3_c.sql"), ("missing-script", "m/atlas.sum")],
    ),
    "a journal that holds no names": Case(
        {
            "drizzle/meta/_journal.json": '{"entries": [{"tag": null}]}',
            "drizzle/0000_a.sql": ONE,
        },
        "drizzle",
        ["0000_a"],
        [("unreadable-metadata", "drizzle/meta/_journal.json")],
    ),
    "a journal that is cut off": Case(
        {"drizzle/meta/_journal.json": '{"entries": [', "drizzle/0000_a.sql": ONE},
        "drizzle",
        ["0000_a"],
        [("unreadable-metadata", "drizzle/meta/_journal.json")],
    ),
    "a plan that is none": Case(
        {"sqitch.plan": "\0garbage ][", "deploy/a.sql": ONE, "revert/a.sql": ""},
        "sqitch",
        ["a"],
        [("unreadable-metadata", "sqitch.plan")],
    ),
    "a change log that is cut off": Case(
        {
            "db/changelog/db.changelog-master.xml": "<databaseChangeLog><include",
            "db/changelog/a.sql": CHANGE_SET,
        },
        "liquibase",
        ["a"],
        [("unreadable-metadata", "db/changelog/db.changelog-master.xml")],
    ),
    "a manifest that is cut off": Case(
        {
            "package.json": '{"dependencies": {"node-pg-migrate": ',
            "migrations/1_a.sql": f"-- Up Migration\n{ONE}",
        },
        "node-pg-migrate",
        ["1_a"],
        [],
    ),
    "a marker twice": Case(
        {"migrations/001_a.sql": f"-- +migrate Up\n{ONE}-- +migrate Down\n{ONE}-- +migrate Up\n"},
        "sql-migrate",
        ["001_a"],
        [("repeated-marker", "migrations/001_a.sql")],
    ),
    "a folder of another tool's below": Case(
        {
            "migrations/00001_a.sql": f"-- +goose Up\n{ONE}",
            "migrations/legacy/V1__a.sql": ONE,
            "migrations/legacy/V2__b.sql": ONE,
        },
        "goose",
        ["00001_a"],
        [("nested-scripts", "migrations/legacy")],
    ),
}


FLYWAY = "src/main/resources/db/migration"
BESIDE = {
    "classes of Flyway's, in any package and language of the module": Case(
        {
            "api/pom.xml": "<artifactId>flyway-core</artifactId>",
            f"api/{FLYWAY}/V1__a.sql": ONE,
            "api/src/main/java/db/migration/V2__B.java": "",
            "api/src/main/kotlin/com/x/migrations/V3__C.kt": "",
            "api/src/test/java/db/migration/V9__Test.java": "",
            "jobs/src/main/java/db/migration/V8__Other.java": "",
        },
        "flyway",
        ["V1__a", "V2__B", "V3__C"],
        [],
    ),
    "goose's in Go": Case(
        {
            "go.mod": "module x\n",
            "db/00001_a.sql": f"-- +goose Up\n{ONE}",
            "db/00002_b.go": "func init() { goose.AddMigrationContext(up, down) }\n",
            "db/embed.go": "package db\n",
            "db/00002_b_test.go": "package db\n",
        },
        "goose",
        ["00001_a", "00002_b"],
        [],
    ),
    "data migrations in TypeScript": Case(
        {
            "prisma/schema.prisma": "",
            "prisma/migrations/20240101000000_a/migration.sql": ONE,
            "prisma/migrations/20240101000000_a/data-migration.ts": "",
        },
        "prisma",
        ["20240101000000_a"],
        [("unread-program", "prisma/migrations/20240101000000_a/data-migration.ts")],
    ),
    "programs that no runner of SQL takes": Case(
        {
            "m/migrations/1_a.up.sql": ONE,
            "m/migrations/1_a.down.sql": ONE,
            "m/migrations/2_b.go": "",
            "m/migrations/migrations.go": "",
        },
        "golang-migrate",
        ["1_a"],
        [("unread-program", "m/migrations/2_b.go")],
    ),
    "the programs of db-migrate, which send scripts": Case(
        {
            "package.json": '{"dependencies": {"db-migrate": "1"}}',
            "migrations/20240101000000-a.js": "",
            "migrations/sqls/20240101000000-a-up.sql": ONE,
            "migrations/sqls/20240101000000-a-down.sql": ONE,
        },
        "db-migrate",
        ["20240101000000-a"],
        [],
    ),
}


@pytest.mark.parametrize("case", (BAD | BESIDE).values(), ids=BAD | BESIDE)
def test_what_is_wrong_is_said(case: Case) -> None:
    """Each where it is; the migrations that can be read are."""
    texts = case.texts
    folder = layouts.find_folders(tuple(texts), texts.__getitem__)[0].folder
    reading = layouts.read(texts, folder, texts.__getitem__)
    assert reading.layout == case.layout
    assert [m.id for m in reading.migrations] == case.ids
    assert [(finding.rule, finding.path) for finding in reading.findings] == case.said


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("m/migrations/00001_a.sql", "-- +goose Up\n{}-- +goose Down\n{}"),
        ("m/migrations/20240101000000_a.sql", "-- migrate:up\n{}-- migrate:down\n{}"),
        ("conf/evolutions/default/1.sql", "# --- !Ups\n{}# --- !Downs\n{}"),
        ("m/migrations/001_a.sql", "{}---- create above / drop below ----\n{}"),
        ("m/migrations/001_a.sql", "-- // a\n{}-- //@UNDO\n{}"),
        ("m/migrations/001_a.sql", "-- +migrate Up\n{}-- +migrate Down\n{}"),
        ("m/migrations/001_a.sql", "-- rambler up\n{}-- rambler down\n{}"),
        ("m/migrations/1-a.sql", "-- ==== UP ====\n{}-- ==== DOWN ====\n{}"),
        ("m/migrations/1_a.sql", "-- Up Migration\n{}-- Down Migration\n{}"),
    ],
)
def test_markers_end_their_lines_as_windows_does(path: str, text: str) -> None:
    """Both ways are found, and nothing is said."""
    texts = {path: text.format("SELECT 1;\n", "SELECT 2;\n").replace("\n", "\r\n")}
    folder = layouts.find_folders(tuple(texts), texts.__getitem__)[0].folder
    reading = layouts.read(texts, folder, texts.__getitem__)
    (migration,) = reading.migrations
    assert reading.findings == ()
    assert migration.forward is not None
    assert migration.rollback is not None
    assert "SELECT 1;" in migration.forward.text
    assert "SELECT 1;" not in migration.rollback.text
    assert "SELECT 2;" not in migration.forward.text


@pytest.mark.parametrize(
    ("layout", "folder", "command"),
    [
        ("hasura", "hasura/migrations", "hasura migrate apply --project hasura"),
        ("hasura", "migrations", "hasura migrate apply --project ."),
        (
            "hasura",
            "hasura/migrations/my db",
            "hasura migrate apply --project hasura --database-name 'my db'",
        ),
        ("supabase", "supabase/migrations", 'supabase db push --db-url "$DATABASE_URL"'),
        (
            "supabase",
            "apps/web/supabase/migrations",
            'supabase db push --db-url "$DATABASE_URL" --workdir apps/web',
        ),
    ],
)
def test_commands_name_the_project_and_the_database(layout: str, folder: str, command: str) -> None:
    """Hasura's older projects have no database's name; Supabase's may lie below."""
    assert layouts.runner(layouts.layout_named(layout), folder).apply == command
