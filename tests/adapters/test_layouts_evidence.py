"""What a project's own files tell of its migrations: a tool, a database, programs elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from migdocs.adapters import layouts

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SQL = "CREATE TABLE t (id int);\n"
HOME = "src/main/resources/db/migration"
GOOSE = f"-- +goose Up\n{SQL}-- +goose Down\nDROP TABLE t;\n"


def read(texts: dict[str, str]) -> layouts.Reading:
    """Read the likeliest folder of a project."""
    folder = layouts.find_folders(tuple(texts), texts.__getitem__)[0].folder
    return layouts.read(texts, folder, texts.__getitem__)


# A project's files → its convention and its folder.
FOUND = [
    ({"supabase/migrations/20240101000000_a.sql": SQL, "package.json": '{"supabase": "1"}'}, 0),
    ({"src/main/resources/liquibase/changelog.xml": "<databaseChangeLog/>"}, 1),
    ({"db/changelog/all.json": '{"databaseChangeLog": []}'}, 1),
    ({"db/Scripts/20240101_a.sql": SQL, "x.csproj": '<PackageReference Include="dbup-core"/>'}, 2),
    ({"drizzle/0000_a.sql": SQL, "drizzle.config.ts": "export default {}"}, 3),
    ({"migrations/001_a.up.SQL": SQL, "migrations/001_a.down.SQL": SQL}, 4),
]
NAMES = ["supabase", "liquibase", "dbup", "drizzle", "golang-migrate"]


@pytest.mark.parametrize(("texts", "expected"), FOUND)
def test_a_tool_is_known_by_what_names_it(texts: dict[str, str], expected: int) -> None:
    """A dependency, a change log on one line, a journal that is gone, an end in capitals."""
    assert read(texts).layout == NAMES[expected]


def test_undo_scripts_in_a_folder_of_their_own_are_paired() -> None:
    """Flyway's settings may list several folders: the one above holds them all."""
    texts = {"flyway.conf": "", "db/sql/V1__a.sql": SQL, "db/undo/U1__a.sql": "DROP TABLE t;\n"}
    (migration,) = read(texts).migrations
    assert migration.rollback is not None


def test_a_plan_above_the_scripts_orders_them() -> None:
    """Sqitch's top_dir: the plan stays at the root, the scripts go below."""
    plan = "%project=x\n\nb 2024-01-01T00:00:00Z A <a@b.c>\na 2024-01-02T00:00:00Z A <a@b.c>\n"
    found = read({"sqitch.plan": plan, "sql/deploy/a.sql": SQL, "sql/deploy/b.sql": SQL})
    assert [m.id for m in found.migrations] == ["b", "a"]


# A file → the database that it says the scripts are for.
DIALECTS = [
    ("src/main/resources/application.yml", "url: ${URL:jdbc:mysql://x/y}", "mysql"),
    ("src/main/resources/application.properties", "url=jdbc:mariadb://x", "mysql"),
    ("src/main/resources/application.properties", "url=jdbc:h2:mem:x", "postgresql"),
    ("src/main/resources/application-mysql.yml", "url: jdbc:mysql://x", "postgresql"),
    ("src/main/resources/application.yml", "a: jdbc:mysql:x\nb: jdbc:postgresql:x", "postgresql"),
    ("pom.xml", "<artifactId>flyway-mysql</artifactId>", "mysql"),
    ("pom.xml", "flyway-mysql flyway-database-postgresql", "postgresql"),
    ("flyway.toml", 'url = "jdbc:sqlserver://x"', "mssql"),
    ("knexfile.ts", "export default { client: 'better-sqlite3' }", "sqlite"),
    ("knexfile.cjs", 'module.exports = {"client": "mysql2"}', "mysql"),
    ("alembic.ini", "sqlalchemy.url = mysql+pymysql://x", "mysql"),
    (".env", "export DATABASE_URL='mysql://x'", "mysql"),
    (".env.example", "DATABASE_URL=postgres://x", "postgresql"),
    (".env", "DATABASE_URL=$SOMETHING_MYSQL", "postgresql"),
    ("config/database.yml", "  adapter: mysql2", "postgresql"),
    ("src/data-source.ts", "new DataSource({ type: 'sqlite' })", "sqlite"),
]


@pytest.mark.parametrize(("path", "text", "expected"), DIALECTS)
def test_a_projects_settings_name_its_database(path: str, text: str, expected: str) -> None:
    """Scripts of another one are listed and not read: hundreds of syntax errors help nobody."""
    texts = {f"{HOME}/V1__a.sql": SQL, path: text}
    found = layouts.read(texts, HOME, texts.__getitem__)
    assert found.migrations[0].dialect == expected


def test_go_migrations_of_goose_are_placed_wherever_they_are() -> None:
    """The marker tells them from other Go; tests, and what others wrote, are none."""
    texts = {
        "db/00001_a.sql": GOOSE,
        "db/00003_c.sql": GOOSE,
        "internal/fill/00002_b.go": "func init() { goose.AddMigrationContext(up, down) }\n",
        "internal/fill/00002_b_test.go": "goose.AddMigrationContext\n",
        "internal/other/00004_d.go": "package other\n",
        "vendor/x/00005_e.go": "goose.AddMigration(up, down)\n",
    }
    found = read(texts)
    assert [m.id for m in found.migrations] == ["00001_a", "00002_b", "00003_c"]
    assert found.migrations[1].unread
    in_git = found.convention.identify("part/internal/fill/00002_b.go", "part/db")
    assert in_git is not None
    assert in_git.migration == "00002_b"


def test_programs_that_a_manifest_calls_data_migrations_are_named() -> None:
    """Only what package.json says, and only files that are there; comments in it name none."""
    manifest = """{"scripts": {
        "data-migration:names": "tsx scripts/names.ts --yes", "db:backfill": "node ../gone.js",
        "db:seed": "tsx scripts/seed.ts"}}"""
    texts = {
        "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
        "prisma/migrations/20240101000000_a/migration.sql": SQL,
        "package.json": manifest,
        "scripts/names.ts": "main();\n",
        "scripts/seed.ts": "main();\n",
        "node_modules/x/package.json": manifest,
        "apps/web/package.json": "{ // not JSON\n}",
    }
    named = [(f.path, f.message) for f in read(texts).findings if f.rule == "unread-program"]
    told = (
        "'package.json' runs this program as 'data-migration:names': what it changes is not known"
    )
    assert named == [("scripts/names.ts", told)]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("pgmigrate", "m/V0001__NONTRANSACTIONAL_index.sql"),
        ("fizz", "m/20240101000000_a.postgres.autocommit.up.sql"),
    ],
)
def test_a_name_can_ask_for_no_transaction(name: str, path: str) -> None:
    """These runners look at what a file is called, not at its text."""
    texts = {path: "CREATE INDEX CONCURRENTLY i ON t (id);\n"}
    (migration,) = layouts.read(texts, "m", texts.__getitem__, name).migrations
    assert migration.forward is not None
    assert not migration.forward.transaction


def test_numbered_scripts_of_no_convention_are_seen() -> None:
    """Seeds, queries and a server's first scripts are none; neither is what others wrote."""
    paths = ("sql/v1__a.sql", "sql/v2__b.sql", "db/seeds/01_a.sql", "db/seeds/02_b.sql")
    noise = ("docker-entrypoint-initdb.d/01.sql", "docker-entrypoint-initdb.d/02.sql", "q/a.sql")
    assert layouts.unrecognised((*paths, *noise)) == paths[:2]
    assert layouts.unrecognised(("migrations/001_a.SQL", *noise)) == ("migrations/001_a.SQL",)
    assert layouts.unrecognised(noise) == ()
    for program in (
        "database/migrations/2024_01_01_000000_a.php",
        "src/Data/Migrations/20240101000000_a.cs",
        "migration/src/m20240101_000001_a.rs",
        "migrations/Migration20240101.ts",
    ):
        others = (f"{program.rpartition('.')[0]}.Designer.cs", "migrations/index.ts", "src/1_a.go")
        assert layouts.unrecognised((program, *others)) == (program,)


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (("versions/V1__a.sql", "undo/U1__a.sql"), ["versions/V2__b.sql", "undo/U2__b.sql"]),
        (("V1__a.sql", "2024/V2__c.sql"), ["V3__b.sql", "U3__b.sql"]),
    ],
)
def test_the_next_one_lies_in_the_folder_below_that_most_lie_in(
    there: tuple[str, ...], expected: list[str]
) -> None:
    """Flyway's own settings may name each of them: beside them nothing is run."""
    texts = dict.fromkeys((f"db/{path}" for path in there), SQL)
    found = layouts.read(texts, "db", texts.__getitem__, "flyway")
    layout = layouts.followed(found.convention, "db", found.migrations)
    made = layouts.next_id(layout, "b", NOW, [m.id for m in found.migrations])
    assert list(layouts.lay(layout, "db", made, (SQL, SQL))) == [f"db/{p}" for p in expected]
