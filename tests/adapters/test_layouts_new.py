"""New migrations in a project's own convention, and what its runner's own table says."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from migdocs.adapters import layouts
from migdocs.core.errors import UsageError

NOW = datetime(2026, 3, 1, 9, 30, 5, tzinfo=UTC)
# What there is already, by layout: a first id each.
FIRST = {
    "native": "20240103_first",
    "golang-migrate": "20240103000000_first",
    "sqlx": "20240103000000_first",
    "goose": "00001_first",
    "dbmate": "20240103000000_first",
    "flyway": "V1.2__first",
    "versioned": "V0001.first",
    "diesel": "2024-01-03-000000_first",
    "prisma": "20240103000000_first",
    "plain": "001-first",
    "sql-migrate": "20240103000000-first",
    "tern": "001_first",
    "node-pg-migrate": "1700000000000_first",
    "play": "1",
    "mybatis": "20240103000000_first",
    "rambler": "01_first",
    "shmig": "1485643154-first",
    "supabase": "20240103000000_first",
    "atlas": "20240103000000_first",
    "hasura": "1700000000000_first",
    "refinery": "V1__first",
    "evolve": "V1__first",
    "pgmigrate": "V0001__first",
    "postgrator": "001.first",
    "up-down-folders": "001_first",
    "yoyo": "0001.first",
    "db-migrate": "20240103000000-first",
    "dbup": "Script0001 - first",
    "fizz": "20240103000000_first",
    "pgroll": "01_first",
    "liquibase": "001-first",
    "dialect-names": "20240103000000_first",
}
# What these lay runs forward only.
FORWARD_ONLY = {"supabase", "atlas", "refinery", "evolve", "pgmigrate", "dbup"}
# Only their own runner, or a person, can make a migration.
NOT_BY_US = {
    *("sqitch", "sourcegraph", "alembic", "drizzle", "drizzle-v1", "graphile-migrate"),
    *("rails", "ecto", "knex", "kysely", "django", "typeorm", "sequelize"),
    *("version-folders", "declarative", "unknown"),
}


def test_every_layout_is_tried() -> None:
    """A layout that is added is tried below, or says who makes its migrations."""
    names = {layout.name for layout in layouts.LAYOUTS}
    assert names == set(FIRST) | NOT_BY_US


@pytest.mark.parametrize("name", FIRST)
def test_what_is_laid_in_is_read_again(name: str) -> None:
    """Two new migrations, one after the other, are read as they were written, in that order."""
    layout = layouts.layout_named(name)
    texts = layouts.lay(layout, "db/migrations", FIRST[name], ("SELECT 1;", "SELECT 2;"))
    ids = [FIRST[name]]
    for word, second in (("add_locale", 5), ("add_rbac", 6)):
        made = layouts.next_id(layout, word, NOW.replace(second=second), ids)
        texts |= layouts.lay(
            layout, "db/migrations", made, (f"SELECT '{word}';", f"SELECT 'no {word}';"), ids[-1]
        )
        texts[layouts.notes_path(layout, "db/migrations", made)] = f"# {word}\n"
        ids.append(made)
    reading = layouts.read(texts, "db/migrations", texts.__getitem__, name)
    assert [m.id for m in reading.migrations] == ids
    assert reading.findings == ()
    newest = reading.migrations[-1]
    assert newest.forward is not None
    assert newest.notes is not None
    assert newest.notes.title == "add_rbac"
    assert statements(newest.forward.text) == ["SELECT 'add_rbac';"]
    undone = statements(newest.rollback.text) if newest.rollback else []
    assert undone == ([] if name in FORWARD_ONLY else ["SELECT 'no add_rbac';"])


def statements(text: str) -> list[str]:
    """Give the lines of a script that are no remarks."""
    return [line for line in text.splitlines() if line and not line.startswith("--")]


@pytest.mark.parametrize(
    ("name", "existing", "expected"),
    [
        ("native", [], "20260301_add_locale"),
        ("native", ["00_tables", "20240103_a", "20240104_b"], "20260301_add_locale"),
        ("native", ["20240103_101500_a", "20240104_101500_b"], "20260301_093005_add_locale"),
        ("native", ["01_a", "02_b"], "03_add_locale"),
        ("golang-migrate", [], "20260301093005_add_locale"),
        ("golang-migrate", ["20260301093005_a"], "20260301093006_add_locale"),
        ("golang-migrate", ["20260301093005_a", "20270101000000_b"], "20270101000001_add_locale"),
        ("dbmate", ["20260301093005_a"], "20260301093006_add_locale"),
        ("diesel", ["2026-03-01-093005_a"], "2026-03-01-093006_add_locale"),
        ("native", ["20260301_a"], "20260301_add_locale"),
        ("golang-migrate", ["000009_a", "000010_b"], "000011_add_locale"),
        ("golang-migrate", ["1500360784_a"], "1772357405_add_locale"),
        ("goose", ["00001_a", "00002_b"], "00003_add_locale"),
        ("flyway", [], "V1__add_locale"),
        ("flyway", ["V9__a", "V10.2__b", "R__c"], "V11__add_locale"),
        ("versioned", ["V0009.A"], "V0010.add_locale"),
        ("versioned", ["0010_1.9.0_schema"], "0011_add_locale"),
        ("diesel", ["2018-07-10-061642_a"], "2026-03-01-093005_add_locale"),
        ("plain", [], "001_add_locale"),
        ("plain", ["9_a"], "10_add_locale"),
    ],
)
def test_numbers_go_on_as_they_are(name: str, existing: list[str], expected: str) -> None:
    """Counted numbers are counted on, as wide as they are; others take the time."""
    assert layouts.next_id(layouts.layout_named(name), "add_locale", NOW, existing) == expected


def test_an_id_that_is_taken_is_refused() -> None:
    """Two migrations of one name on one day."""
    with pytest.raises(UsageError, match="20260301_add_locale"):
        layouts.next_id(layouts.layout_named("native"), "add_locale", NOW, ["20260301_add_locale"])


@pytest.mark.parametrize("name", sorted(NOT_BY_US))
def test_some_runners_make_their_migrations_themselves(name: str) -> None:
    """The hint is the command that does, or what a person must do first."""
    layout = layouts.layout_named(name)
    with pytest.raises(UsageError) as caught:
        layouts.next_id(layout, "add_locale", NOW, [])
    assert caught.value.hint
    assert ("add_locale" in caught.value.hint) == bool(layout.naming.command)


def test_a_rollback_without_a_text_gets_no_file() -> None:
    """Two files become one; in one file the marker stays."""
    goose, native = layouts.layout_named("goose"), layouts.layout_named("native")
    assert layouts.lay(native, "m", "x", ("SELECT 1;", " \n")) == {"m/x.sql": "SELECT 1;\n"}
    assert layouts.lay(goose, ".", "1_x", ("SELECT 1;", "")) == {
        "1_x.sql": "-- +goose Up\nSELECT 1;\n\n-- +goose Down\n"
    }


# --- the runner's own commands and table --------------------------------------------------------


def test_runners_that_go_back_one_at_a_time_have_their_command() -> None:
    """The folder is filled in; a runner without one, or that goes back to a version, has none."""
    known = {layout.name: layouts.runner(layout, "db").rollback_one for layout in layouts.LAYOUTS}
    expected = {
        "alembic": "alembic downgrade -1",
        "dbmate": "dbmate --migrations-dir db rollback",
        "diesel": "diesel migration revert --migration-dir db",
        "golang-migrate": 'migrate -path db -database "$DATABASE_URL" down 1',
        "goose": 'goose -dir db postgres "$DATABASE_URL" down',
        "sqlx": "sqlx migrate revert --source db",
        "sql-migrate": "sql-migrate down",
        "node-pg-migrate": "npx node-pg-migrate down -m db",
        "flyway": "",
        "prisma": "",
        "native": "",
    }
    assert {name: known[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("name", "ids", "values", "applied", "unknown"),
    [
        # One row for the newest: all before it were run.
        ("golang-migrate", ["1_a", "2_b", "3_c"], ["2"], ["1_a", "2_b"], []),
        ("golang-migrate", ["1_a"], [], [], []),
        ("golang-migrate", ["1_a", "2_b"], ["9"], [], ["9"]),
        # A row each; goose's own first row is no migration.
        ("goose", ["00001_a", "00002_b"], ["0", "2"], ["00002_b"], []),
        ("dbmate", ["001_a", "002_b"], ["001"], ["001_a"], []),
        ("dbmate", ["001_a"], ["1"], [], ["1"]),
        ("flyway", ["V1__a", "R__v"], ["R__v.sql", "V7__z.sql"], ["R__v"], ["V7__z.sql"]),
        ("diesel", ["2024-01-03-000000_a"], ["20240103000000"], ["2024-01-03-000000_a"], []),
        ("sqlx", ["20240103000000_a"], ["20240103000000"], ["20240103000000_a"], []),
        ("prisma", ["20240103000000_a"], ["20240103000000_a"], ["20240103000000_a"], []),
        ("sourcegraph", ["100_a"], ["100"], ["100_a"], []),
        ("sqitch", ["users@v1", "users"], ["users"], ["users@v1", "users"], []),
        ("alembic", ["a_x", "b_y", "c_z"], ["b"], ["a_x", "b_y"], []),
    ],
)
def test_rows_of_a_runners_table_are_migrations(
    name: str, ids: list[str], values: list[str], applied: list[str], unknown: list[str]
) -> None:
    """What the table holds is mapped to ids; the rest is said."""
    recorded = layouts.recorded(layouts.layout_named(name), values, ids)
    assert (list(recorded.applied), list(recorded.unknown)) == (applied, unknown)


def test_layouts_without_a_runner_have_no_table() -> None:
    """Folders that people run by hand."""
    without = {layout.name for layout in layouts.LAYOUTS if layout.tracking is None}
    by_hand = {"native", "versioned", "plain", "up-down-folders", "version-folders"}
    by_hand |= {"dialect-names"}
    assert without == by_hand | {"unknown", "declarative"}


@pytest.mark.parametrize(
    ("text", "checksum"),
    [
        ("", 0),
        # The CRC-32 of "123456789" is 0xCBF43926 by every table; the number is signed.
        ("123456789", 0xCBF43926 - (1 << 32)),
        ("12345\n6789\n", 0xCBF43926 - (1 << 32)),
        ("\ufeff12345\r\n6789", 0xCBF43926 - (1 << 32)),
        ("1234\r56789\n\n", 0xCBF43926 - (1 << 32)),
    ],
)
def test_flyways_checksum(text: str, checksum: int) -> None:
    """Line ends, a byte-order mark and empty lines do not count."""
    assert layouts.flyway_checksum(text) == checksum


def test_a_flyway_table_that_disagrees() -> None:
    """A script that is not what Flyway ran is a finding; one it never ran is none."""
    texts = {"V1__a.sql": "123456789", "V2__b.sql": "SELECT 2;", "V3__c.sql": "SELECT 3;"}
    migrations = layouts.read(texts, "", texts.__getitem__, "flyway").migrations
    recorded = {"V1__a": 0xCBF43926 - (1 << 32), "V2__b": 42}
    findings = list(layouts.checksum_findings(migrations, recorded))
    assert [(f.rule, f.path) for f in findings] == [("flyway-checksum", "V2__b.sql")]
    assert "42" in findings[0].message


# --- runners and folders ------------------------------------------------------------------------


def test_runners_name_the_folder() -> None:
    """The commands that documents print are ready to be typed."""
    goose = layouts.runner(layouts.layout_named("goose"), "db/m")
    assert goose.apply == 'goose -dir db/m postgres "$DATABASE_URL" up'
    assert not goose.by_hand
    assert layouts.runner(layouts.layout_named("native"), "db/m").apply == "migdocs apply"


def test_every_foreign_runner_has_its_own_commands() -> None:
    """No document tells a user of another runner to type ours."""
    for layout in layouts.LAYOUTS:
        if layout.tracking:
            commands = layouts.runner(layout, "m")
            lines = (commands.status, commands.apply, commands.apply_to, commands.rollback_to)
            assert not any("migdocs" in line for line in lines), layout.name


def folders(paths: list[str], texts: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """List candidates as folder and layout."""
    text_of = (texts or {}).get
    found = layouts.find_folders(paths, lambda path: text_of(path) or "")
    return [(candidate.folder, candidate.layout.name) for candidate in found]


def test_the_likeliest_folder_stands_first() -> None:
    """PostgreSQL before SQLite, the project before its tests, migrations before queries."""
    paths = [
        *(f"db/migrations/sqlite/{n}_x.up.sql" for n in range(9)),
        *(f"db/migrations/postgres/{n}_x.up.sql" for n in range(5)),
        *(f"tests/migrations/{n}_x.up.sql" for n in range(9)),
        *(f"node_modules/lib/migrations/{n}_x.up.sql" for n in range(99)),
        "queries/users.sql",
        "queries/roles.sql",
    ]
    assert folders(paths) == [
        ("db/migrations/postgres", "golang-migrate"),
        ("db/migrations/sqlite", "golang-migrate"),
        ("tests/migrations", "golang-migrate"),
    ]
    reasons = [candidate.reason for candidate in layouts.find_folders(paths)]
    assert reasons[0].endswith("; its path names PostgreSQL")
    assert reasons[1].endswith("; they are for sqlite")
    assert reasons[2].endswith("; its path speaks of tests or examples")


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["store/migrations/2024-01-01-000000_a/up.sql"], ("store/migrations", "diesel")),
        (["prisma/migrations/2024_a/migration.sql"], ("prisma/migrations", "prisma")),
        (["db/sqitch.plan", "db/deploy/a.sql", "db/revert/a.sql"], ("db", "sqitch")),
        (
            ["src/main/resources/db/migration/V1__a.sql"],
            ("src/main/resources/db/migration", "flyway"),
        ),
        (["migrations/create.sql", "migrations/change.sql"], ("migrations", "unknown")),
        (["1_a.up.sql"], (".", "golang-migrate")),
    ],
)
def test_each_shape_of_folder_is_found(paths: list[str], expected: tuple[str, str]) -> None:
    """Directories and plans lead to the folder above them."""
    assert folders(paths) == [expected]


def test_markers_tell_folders_apart_where_texts_are_at_hand() -> None:
    """The same names are goose's or nobody's, as the texts have it."""
    paths = ["db/schema/1_a.sql", "db/schema/2_b.sql"]
    assert folders(paths) == [("db/schema", "unknown")]
    marked = dict.fromkeys(paths, "-- +goose Up\nSELECT 1;\n")
    assert folders(paths, marked) == [("db/schema", "goose")]


def test_names_are_compared_in_neighbouring_pairs() -> None:
    """Ids that a layout makes second by second sort in the order they were made."""
    for name in FIRST:
        layout = layouts.layout_named(name)
        ids: list[str] = []
        for second in range(12):
            ids.append(layouts.next_id(layout, f"x{second:02}", NOW.replace(second=second), ids))
        assert all(layout.order(a) < layout.order(b) for a, b in pairwise(ids)), name


@pytest.mark.parametrize(
    ("layout", "there", "laid"),
    [
        ("sqlx", ["1_a.sql"], ["2_b.sql"]),
        ("sqlx", ["1_a.up.sql", "1_a.down.sql"], ["2_b.up.sql", "2_b.down.sql"]),
        ("plain", ["1_a.sql", "1_a_down.sql"], ["2_b.sql", "2_b_down.sql"]),
        ("plain", ["1_a.sql", "undo/1_a.sql"], ["2_b.sql", "undo/2_b.sql"]),
        ("plain", ["1_a.sql"], ["2_b.sql", "2_b_rollback.sql"]),
        ("versioned", ["V1.a.sql", "V1.a.down.sql"], ["2_b.sql", "2_b.down.sql"]),
    ],
)
def test_new_files_are_named_as_those_that_are_there(
    layout: str, there: list[str], laid: list[str]
) -> None:
    """Most of the project decides: sqlx refuses simple and reversible ones in one folder."""
    texts = {f"m/{path}": "SELECT 1;\n" for path in there}
    read = layouts.read(texts, "m", texts.__getitem__, layout)
    followed = layouts.followed(layouts.layout_named(layout), "m", read.migrations)
    assert list(layouts.lay(followed, "m", "2_b", ("SELECT 1;", "SELECT 2;"))) == [
        f"m/{path}" for path in laid
    ]


@pytest.mark.parametrize("name", FIRST)
def test_a_runner_that_opens_a_transaction_gets_no_other(name: str) -> None:
    """A COMMIT inside would end goose's own before goose has noted the version."""
    text = "BEGIN;\n\nSELECT 1;\n\nCOMMIT;\n"
    layout = layouts.layout_named(name)
    laid = "".join(layouts.lay(layout, "m", FIRST[name], (text, text)).values())
    # Of a layout without a rollback, one script is laid.
    ways = 2 if layout.naming.rollback or layout.naming.file else 1
    expected = 0 if layout.naming.wrapped else ways
    assert laid.count("BEGIN;") == laid.count("COMMIT;") == expected
    assert laid.count("SELECT 1;") == ways
    assert layout.naming.wrapped or name not in {"goose", "dbmate", "flyway", "diesel", "sqlx"}


def test_a_dependency_alone_does_not_claim_scripts_of_another_form() -> None:
    """Our own triples stay ours beside a tool that the project only tests with."""
    texts = {
        "pyproject.toml": 'dependencies = ["yoyo-migrations>=9"]\n',
        **{
            f"migrations/2024010{n}_a{end}": "SELECT 1;\n"
            for n in (1, 2)
            for end in (".sql", "_rollback.sql")
        },
    }
    found = layouts.guess(texts, "migrations", texts.__getitem__)
    assert found.layout.name == "native"
