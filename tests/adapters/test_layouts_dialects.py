"""Several databases in one project: one is documented, the others are named once each."""

from __future__ import annotations

import pytest

from migdocs.adapters import layouts
from migdocs.adapters.layouts import dialects

POP = {"go.mod": "module x\nrequire github.com/ory/pop/v6 v6.1.0\n"}
FLYWAY = {"pom.xml": "<artifactId>flyway-core</artifactId>"}
HOME = "src/main/resources/db/migration"
MYSQL = "ALTER TABLE `users` ENGINE=InnoDB;\n"


def of(texts: dict[str, str], layout: str = "auto", dialect: str = "") -> layouts.Reading:
    """Read the likeliest folder of a project."""
    folder = layouts.find_folders(tuple(texts), texts.__getitem__)[0].folder
    return layouts.read(texts, folder, texts.__getitem__, layout, dialect=dialect)


def paths(reading: layouts.Reading) -> dict[str, tuple[str, str]]:
    """Give the paths of both scripts of each migration."""
    return {
        m.id: (m.forward.path if m.forward else "", m.rollback.path if m.rollback else "")
        for m in reading.migrations
    }


def named(reading: layouts.Reading) -> list[tuple[str, str]]:
    """Give the findings, by rule."""
    return [(finding.rule, finding.message) for finding in reading.findings]


@pytest.mark.parametrize(
    ("path", "dialect", "plain"),
    [
        ("m/1_x.postgres.up.sql", "postgresql", "m/1_x.up.sql"),
        ("m/1_x.sqlite3.autocommit.down.sql", "sqlite", "m/1_x.autocommit.down.sql"),
        ("1_x.cockroach.up.fizz", "cockroachdb", "1_x.up.fizz"),
        ("1.2_x.mysql.sql", "mysql", "1.2_x.sql"),
        ("20240101_x.mysql_rollback.sql", "mysql", "20240101_x_rollback.sql"),
        ("1.postgres.up.sql", "postgresql", "1.up.sql"),
        # These are words of a name, not databases.
        ("0002.mysql.sql", "", "0002.mysql.sql"),
        ("001.do.oracle.sql", "", "001.do.oracle.sql"),
        ("1_x.mysql.support.sql", "", "1_x.mysql.support.sql"),
        ("1_add_mysql.sql", "", "1_add_mysql.sql"),
        ("mysql.up.sql", "", "mysql.up.sql"),
    ],
)
def test_a_name_says_its_database(path: str, dialect: str, plain: str) -> None:
    """A word of its own between dots, before the way; the name without it is the migration's."""
    assert dialects.parted(path) == (dialect, plain)


@pytest.mark.parametrize(
    ("folder", "dialect"),
    [
        ("db/postgres/migrations", "postgresql"),
        ("migrations_sqlite", "sqlite"),
        ("pg-migrations", "postgresql"),
        ("db/mysql/postgres", "postgresql"),
        ("services/oracle_prices/migrations", ""),
        ("mysql_to_postgres", ""),
        ("migrations", ""),
    ],
)
def test_a_folder_says_its_database(folder: str, dialect: str) -> None:
    """A folder's name, whole or beside words like migrations."""
    assert dialects.of_path(folder) == dialect


def test_the_special_one_overrides_the_generic() -> None:
    """Kratos' way: both ways on their own; other databases are named once, not as errors."""
    texts = {
        f"migrations/1_a{end}": text
        for end, text in {
            ".up.sql": "SELECT 1;",
            ".down.sql": "SELECT 2;",
            ".postgres.up.sql": "SELECT 3;",
            ".mysql.up.sql": MYSQL,
            ".mysql.down.sql": MYSQL,
            ".sqlite3.down.sql": "PRAGMA x;",
        }.items()
    } | {
        "migrations/2_b.up.fizz": "",
        "migrations/2_b.postgres.up.sql": "SELECT 4;",
        "migrations/2_b.down.sql": "SELECT 5;",
        "migrations/3_c.cockroach.autocommit.up.sql": "SELECT 6;",
    }
    reading = of(texts | POP)
    assert reading.layout == "fizz"
    assert paths(reading) == {
        "1_a": ("migrations/1_a.postgres.up.sql", "migrations/1_a.down.sql"),
        "2_b": ("migrations/2_b.postgres.up.sql", "migrations/2_b.down.sql"),
    }
    assert named(reading) == [
        ("other-dialect", "cockroachdb: 1 script, not documented"),
        ("other-dialect", "mysql: 2 scripts, not documented"),
        ("other-dialect", "sqlite: 1 script, not documented"),
    ]
    assert {f.severity for f in reading.findings} == {"info"}


def test_another_database_can_be_documented() -> None:
    """The setting turns it round; then PostgreSQL's are named."""
    texts = {
        "migrations/1_a.up.sql": "",
        "migrations/1_a.mysql.up.sql": MYSQL,
        "migrations/1_a.pg.up.sql": "",
    }
    reading = of(texts, dialect="mysql")
    assert paths(reading) == {"1_a": ("migrations/1_a.mysql.up.sql", "")}
    assert [m.dialect for m in reading.migrations] == ["mysql"]
    assert named(reading) == [("other-dialect", "postgresql: 1 script, not documented")]


def test_names_of_one_other_database_only_are_its_own() -> None:
    """Nothing is for PostgreSQL: they are listed for what they say."""
    texts = {"migrations/1_a.mysql.up.sql": MYSQL, "migrations/1_a.mysql.down.sql": MYSQL}
    reading = of(texts)
    assert [(m.id, m.dialect) for m in reading.migrations] == [("1_a", "mysql")]
    assert named(reading) == []
    assert reading.convention.runner.apply == "", "nothing names the tool that runs them"


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("20240101_a.sql", ""),
        ("00001_a.sql", "-- +goose Up\n"),
        ("20240101000000_a.sql", "-- migrate:up\n"),
        ("001_a.up.sql", ""),
        ("V1__a.sql", ""),
    ],
)
def test_whatever_the_convention(name: str, mark: str) -> None:
    """A script for another database is no second one of its id, and no other convention's."""
    at = name.index(".")
    texts = {
        f"migrations/{name}": f"{mark}SELECT 1;\n",
        f"migrations/{name[:at]}.mysql{name[at:]}": f"{mark}{MYSQL}",
        f"migrations/{name[:at]}_rollback.sql": "SELECT 2;\n",
    }
    if name != "20240101_a.sql":
        texts.pop(f"migrations/{name[:at]}_rollback.sql")
    reading = of(texts | FLYWAY)
    assert [path for path, _ in paths(reading).values()] == [f"migrations/{name}"]
    assert named(reading) == [("other-dialect", "mysql: 1 script, not documented")]


@pytest.mark.parametrize(
    ("texts", "folder", "found", "others"),
    [
        (
            {
                f"migrations/{home}/1_a.{way}.sql": ""
                for home in ("postgres", "mysql", "sqlite3")
                for way in ("up", "down")
            },
            "migrations/postgres",
            ["migrations/postgres/1_a.up.sql"],
            [
                "mysql: 2 scripts in 'migrations/mysql', not documented",
                "sqlite: 2 scripts in 'migrations/sqlite3', not documented",
            ],
        ),
        (
            {
                f"db/{home}/migrations/1_a.{way}.sql": ""
                for home in ("pg", "mariadb")
                for way in ("up", "down")
            },
            "db/pg/migrations",
            ["db/pg/migrations/1_a.up.sql"],
            ["mysql: 2 scripts in 'db/mariadb/migrations', not documented"],
        ),
        (
            {
                f"migrations_{home}/1_a.{way}.sql": ""
                for home in ("pg", "h2")
                for way in ("up", "down")
            },
            "migrations_pg",
            ["migrations_pg/1_a.up.sql"],
            ["h2: 2 scripts in 'migrations_h2', not documented"],
        ),
        # Flyway looks into folders: what all databases have, and what is PostgreSQL's own.
        (
            {
                f"{HOME}/common/V1__a.sql": "",
                f"{HOME}/postgresql/V2__b.sql": "",
                f"{HOME}/mysql/V2__b.sql": MYSQL,
                **FLYWAY,
            },
            HOME,
            [f"{HOME}/common/V1__a.sql", f"{HOME}/postgresql/V2__b.sql"],
            [f"mysql: 1 script in '{HOME}/mysql', not documented"],
        ),
        (
            {f"{HOME}/{home}/V1__a.sql": "" for home in ("postgresql", "h2")} | FLYWAY,
            f"{HOME}/postgresql",
            [f"{HOME}/postgresql/V1__a.sql"],
            [f"h2: 1 script in '{HOME}/h2', not documented"],
        ),
    ],
)
def test_folders_of_databases(
    texts: dict[str, str], folder: str, found: list[str], others: list[str]
) -> None:
    """PostgreSQL's folder is read; its neighbours of other names are named."""
    assert layouts.find_folders(tuple(texts), texts.__getitem__)[0].folder == folder
    reading = of(texts)
    assert [path for path, _ in paths(reading).values()] == found
    assert [message for _, message in named(reading)] == others
